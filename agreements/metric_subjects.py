"""What the subjects of figures are called: states, field offices, support models."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from agreements.choices import SupportModel
from agreements.models import FieldOffice, State
from oversight.metrics.choices import Level
from oversight.metrics.subjects import register_subjects

__all__ = ["AREA_GAPS", "OFFICE_UNKNOWN", "register_names"]

OFFICE_UNKNOWN = "unknown"
# Of every metric that places agreements in field offices: today's and earlier areas are not published.
AREA_GAPS: Mapping[str, tuple[str, ...]] = {Level.OFFICE: ("geography.areas",)}


def _states(keys: Collection[str] | None) -> Mapping[str, str]:
    rows = State.objects.order_by("name") if keys is None else State.objects.filter(pk__in=keys)
    return dict(rows.values_list("pk", "name"))


def _offices(keys: Collection[str] | None) -> Mapping[str, str]:
    rows = FieldOffice.objects.order_by("name") if keys is None else FieldOffice.objects.filter(pk__in=keys)
    names = {slug: f"{name} field office" for slug, name in rows.values_list("pk", "name")}
    if keys is None or OFFICE_UNKNOWN in keys:
        names[OFFICE_UNKNOWN] = "Field office not known"
    return names


def _models(keys: Collection[str] | None) -> Mapping[str, str]:
    return {value: label for value, label in SupportModel.choices if keys is None or value in keys}


def register_names() -> None:
    """Called once, with the app's metrics."""
    register_subjects(Level.STATE, _states)
    register_subjects(Level.OFFICE, _offices)
    register_subjects(Level.MODEL, _models)
