"""Requests and their history, as the person may see them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from agreements.models import Agreement
from itinstall.choices import RequestState
from itinstall.history import Clocks, Pause, Step, Steps, clocks_of
from itinstall.models import Hold, InstallationPolicy, InstallationRequest, Site, Stage, StageTransition
from itinstall.rules import StageFacts
from oversight.access.models import User
from oversight.access.scope import changeable_by, visible_to
from oversight.periods.calendars import FederalCalendar, federal_calendar

__all__ = [
    "changeable_request",
    "clock_agreement",
    "clocks_of_request",
    "entries_of",
    "holds_of",
    "installation_requests",
    "next_stage",
    "pauses_of",
    "policy_on",
    "request_by_ref",
    "stage_facts",
    "standing_holds",
    "standing_steps",
    "steps_of",
]


def installation_requests(*, user: User) -> QuerySet[InstallationRequest]:
    """Requests with what lists show: site, agency, stage, hold, `submitted_on`, `clock_on`."""
    rows = InstallationRequest.objects.with_clock().select_related(
        "site__agency", "agreement", "policy", "stage", "hold__why"
    )
    return visible_to(rows, user)


def request_by_ref(*, user: User, ref: str) -> InstallationRequest:
    """Raises InstallationRequest.DoesNotExist outside what `user` may see."""
    return installation_requests(user=user).get(ref=ref.upper())


def changeable_request(*, user: User, ref: str) -> InstallationRequest:
    """Raises InstallationRequest.DoesNotExist outside what `user` may change."""
    return changeable_by(installation_requests(user=user), user).get(ref=ref.upper())


def policy_on(*, day: date) -> InstallationPolicy:
    """The policy in force on `day`. Raises InstallationPolicy.DoesNotExist when none was."""
    return InstallationPolicy.objects.active_on(day).order_by("-valid_from")[:1].get()


def clock_agreement(*, site: Site, policy: InstallationPolicy) -> Agreement | None:
    """Whose signature starts the clock: the earliest agreement of the site's agency that needs equipment, and
    that no finished request of the site names; None when there is none (WSO MOAs have no IT clause).
    """
    root = site.agency.merged_into_id or site.agency_id
    finished = InstallationRequest.objects.filter(
        site=site, state=RequestState.COMPLETED, agreement__isnull=False
    ).values("agreement")
    rows = Agreement.objects.current().filter(
        agency=root, model__in=policy.models_with_equipment, signed_on__isnull=False
    )
    return rows.exclude(pk__in=finished).order_by("signed_on", "pk").first()


def entries_of(*, request: InstallationRequest) -> QuerySet[StageTransition]:
    """Every entry, also corrected ones, in order; `request` was resolved through scope."""
    rows = StageTransition.objects.filter(request=request).select_related(
        "stage", "entered_by", "corrected_by"
    )
    return rows.order_by("sequence", "pk")


def holds_of(*, request: InstallationRequest) -> QuerySet[Hold]:
    """Every hold, also corrected ones, in order; `request` was resolved through scope."""
    rows = Hold.objects.filter(request=request).select_related("why", "entered_by", "corrected_by")
    return rows.order_by("begins_on", "pk")


def steps_of(entries: Iterable[StageTransition]) -> Steps:
    """Standing entries as values."""
    return Steps.of(
        Step(
            entry.sequence,
            entry.kind,
            entry.on,
            entry.stage_id or "",
            entry.stage.place if entry.stage is not None else 0,
        )
        for entry in entries
    )


def pauses_of(holds: Iterable[Hold], stopping: Iterable[str]) -> list[Pause]:
    """Standing holds as values; `stopping`: keys of the reasons that the policy lets stop the clock."""
    keys = set(stopping)
    return [Pause(hold.begins_on, hold.ends_on, hold.why.name, hold.why_id in keys) for hold in holds]


def standing_steps(*, request: InstallationRequest) -> Steps:
    """One query."""
    return steps_of(StageTransition.objects.standing().filter(request=request).select_related("stage"))


def standing_holds(*, request: InstallationRequest) -> list[Hold]:
    """One query."""
    rows = Hold.objects.standing().filter(request=request).select_related("why")
    return list(rows.order_by("begins_on", "pk"))


def stage_facts() -> dict[str, StageFacts]:
    """Every stage by key. One query."""
    return {
        stage.key: StageFacts(stage.key, stage.name, stage.place, stage.is_mandatory, stage.is_active)
        for stage in Stage.objects.all()
    }


def clocks_of_request(
    *,
    request: InstallationRequest,
    as_of: date | None = None,
    calendar: FederalCalendar | None = None,
) -> Clocks:
    """The clocks of one request (with `clock_on`), today by default. Four queries."""
    stopping = request.policy.pausing.values_list("pk", flat=True)
    return clocks_of(
        steps=standing_steps(request=request),
        pauses=pauses_of(standing_holds(request=request), stopping),
        clock_on=request.clock_on,  # type: ignore[attr-defined]
        target_days=request.policy.target_days,
        as_of=as_of or timezone.localdate(),
        calendar=calendar or federal_calendar(),
    )


def next_stage(*, after: Stage) -> Stage | None:
    """The stage in use that follows; None after the last."""
    return Stage.objects.filter(is_active=True, place__gt=after.place).order_by("place").first()
