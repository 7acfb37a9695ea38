"""Requests as lists, board and pages show them: with their clock, due day and office, counted in SQL.

Every figure here equals the pure one of `itinstall.history` (tests/itinstall/test_listing.py compares).
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DateField,
    Exists,
    F,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils import timezone

from agreements.models import Agency, AgencyOffice
from itinstall.choices import RequestState
from itinstall.models import Hold, InstallationPolicy, InstallationRequest, Stage
from itinstall.selectors.requests import installation_requests
from itinstall.selectors.usual import usual_days
from oversight.access.actors import person
from oversight.access.choices import Column
from oversight.access.models import User
from oversight.access.permissions import may
from oversight.access.scope import changeable_by
from oversight.periods.sql import AddDays, DaysBetween

__all__ = ["request_list", "stuck_list", "with_figures"]


def request_list(*, user: User) -> QuerySet[InstallationRequest]:
    """Requests that `user` may see, with `with_figures` of today and `may_change`: whether `user` may. Of
    what `installation_requests` brings along, without the agreement, which lists do not show."""
    rows = installation_requests(user=user).select_related(None)
    rows = rows.select_related("site__agency", "policy", "stage", "hold__why")
    return with_figures(rows, on=timezone.localdate()).annotate(may_change=_may_change(user))


def with_figures(rows: QuerySet[InstallationRequest], *, on: date) -> QuerySet[InstallationRequest]:
    """Annotates requests that have `clock_on`, days being those before `on`:

    `until` (the day it ended, else `on`), `stage_days`, `counted_days` (days of the clock held against the
    target; NULL without a clock), `over_days` (beyond the target; negative while time is left), `due_on` (the
    day the target runs out, later by pauses that stop the clock), `acting` and `acting_since` (who has to
    act: the hold's owner, else the stage's), `office_name` and `office_slug` (today's).
    """
    # Sites, offices and stages are looked up of the rows that are shown, not joined to all that are counted.
    office = AgencyOffice.objects.active_on(on).filter(agency__sites=OuterRef("site")).order_by("-valid_from")
    stage = Stage.objects.filter(pk=OuterRef("stage")).order_by()
    today = Value(on, output_field=DateField())
    running = Q(clock_on__lte=F("until"))  # not without a clock
    return (
        rows.annotate(until=Coalesce("closed_on", today))
        .annotate(
            stage_days=DaysBetween("stage_on", "until"),
            stopped_days=_stopped_days(),
            office_name=Subquery(office.values("office__name")[:1], output_field=CharField()),
            office_slug=Subquery(office.values("office")[:1], output_field=CharField()),
            acting=Coalesce("hold__owner", Subquery(stage.values("owner"))),
            acting_since=Coalesce("hold__begins_on", "stage_on"),
        )
        .annotate(
            counted_days=Case(
                When(running, then=DaysBetween("clock_on", "until") - F("stopped_days")),
                output_field=IntegerField(),
            ),
            due_on=AddDays("clock_on", F("policy__target_days") + F("stopped_days")),
        )
        .annotate(over_days=F("counted_days") - F("policy__target_days"))
    )


def _stopped_days() -> Combinable:
    """Days on hold for a reason that the request's policy lets stop the clock; 0 for none."""
    pausing = InstallationPolicy.pausing.through.objects.filter(
        installationpolicy=OuterRef("request__policy"), holdreason=OuterRef("why")
    )
    first = Greatest("begins_on", OuterRef("clock_on"), output_field=DateField())
    end = Least(
        Coalesce("ends_on", OuterRef("until"), output_field=DateField()),
        OuterRef("until"),
        output_field=DateField(),
    )
    days = (
        Hold.objects.standing()
        .filter(Exists(pausing), request=OuterRef("pk"))
        .order_by()
        .values("request")
        .annotate(sum=Sum(Greatest(DaysBetween(first, end), 0)))
        .values("sum")
    )
    # Asked only of requests whose policy lets something stop the clock; the first one lets nothing. Whether
    # any does is told once for all rows.
    pauses = InstallationPolicy.pausing.through.objects.order_by()
    has_pauses = Q(Exists(pauses)) & Q(policy__in=pauses.values("installationpolicy"))
    return Case(
        When(has_pauses, then=Coalesce(Subquery(days, output_field=IntegerField()), 0)),
        default=Value(0),
        output_field=IntegerField(),
    )


def _may_change(user: User) -> Any:
    if not may(person(user), "itinstall.change"):
        return Value(False, output_field=BooleanField())
    if Column.HQ in user.roles:
        return Value(True, output_field=BooleanField())
    return Exists(changeable_by(Agency.objects.filter(pk=OuterRef("site__agency")), user))


def stuck_list(*, user: User) -> QuerySet[InstallationRequest]:
    """Open requests beyond their target, or longer in their stage than is usual, with `usual_days` (P90 of
    the stage; NULL where it rests on too few), `over_usual` and `beyond_days` (the larger of the two).

    Two statements: the usual days, then the rows.
    """
    usual = usual_days(on=timezone.localdate())
    known = [
        When(stage=key, then=Value(found.days)) for key, found in usual.items() if found.days is not None
    ]
    rows = request_list(user=user).filter(state=RequestState.OPEN)
    rows = rows.annotate(
        usual_days=Case(*known, default=Value(None, output_field=IntegerField()), output_field=IntegerField())
    ).annotate(over_usual=F("stage_days") - F("usual_days"))
    beyond = Greatest(Coalesce("over_days", 0), Coalesce("over_usual", 0), output_field=IntegerField())
    return rows.annotate(beyond_days=beyond).filter(beyond_days__gt=0)
