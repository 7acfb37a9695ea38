"""Operations on sites, ISAs, equipment and forecasts."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from itinstall.api.serializers import (
    EquipmentSerializer,
    ForecastDetail,
    ForecastRow,
    IsaDetail,
    IsaRow,
    SiteDetail,
    SiteRow,
)
from itinstall.models import Equipment, Forecast, Isa, IsaStep, Site
from itinstall.selectors.forecasts import forecasts, lines_of
from itinstall.selectors.isas import isa_list, isas_of_site, steps_of_isas
from itinstall.selectors.sites import site_by_ref
from oversight.console.api.views import ListedViewSet, ReadViewSet

__all__ = ["EquipmentViewSet", "ForecastViewSet", "IsaViewSet", "SiteViewSet"]

NUMBER = "[0-9]{1,18}"


class SiteViewSet(ListedViewSet):
    """Places where equipment stands, with the state of their ISA."""

    list_key = "sites"
    queryset = Site.objects.none()
    serializer_class = SiteDetail
    list_serializer_class = SiteRow
    lookup_field = "ref"
    lookup_value_regex = r"SIT-[0-9A-Za-z]+"
    required_action = "records.view"

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "today": timezone.localdate()}

    def row(self, key: str) -> Site:
        site = site_by_ref(user=self.user, ref=key)
        found: Any = site
        found.api_isas = _with_steps(isas_of_site(site=site))
        return site


class IsaViewSet(ListedViewSet):
    """Interconnection agreements, with whom each lies, and their steps."""

    list_key = "isas"
    queryset = Isa.objects.none()
    serializer_class = IsaDetail
    list_serializer_class = IsaRow
    lookup_value_regex = NUMBER
    required_action = "records.view"

    def row(self, key: str) -> Isa:
        (isa,) = _with_steps([isa_list(user=self.user).get(pk=key)])
        return isa


def _with_steps(isas: list[Isa]) -> list[Isa]:
    """One query for all of them."""
    steps: dict[int, list[IsaStep]] = defaultdict(list)
    for step in steps_of_isas(isas=isas):
        steps[step.isa_id].append(step)
    for isa in isas:
        found: Any = isa
        found.api_steps = steps[isa.pk]
    return isas


class EquipmentViewSet(ListedViewSet):
    """Pieces of equipment at, or on their way to, sites."""

    list_key = "equipment"
    queryset = Equipment.objects.none()
    serializer_class = EquipmentSerializer
    lookup_value_regex = NUMBER
    required_action = "records.view"


class ForecastViewSet(ReadViewSet):
    """Forecasts of completion as they were computed, the newest first."""

    queryset = Forecast.objects.none()
    serializer_class = ForecastDetail
    list_serializer_class = ForecastRow
    lookup_value_regex = NUMBER
    required_action = "records.view"
    order_paths = ("-pk",)

    def rows(self) -> QuerySet[Forecast]:
        return forecasts(user=self.user).defer("results")

    def row(self, key: str) -> Forecast:
        forecast = forecasts(user=self.user).get(pk=key)
        found: Any = forecast
        found.api_lines = lines_of(forecast=forecast, user=self.user)
        return forecast
