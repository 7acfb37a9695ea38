"""Random histories entered through the services, and what they say, told slowly by `itinstall.history`."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from hypothesis import HealthCheck, Phase
from hypothesis import strategies as st

from agreements.models import AgencyOffice
from itinstall.choices import ClockStart, Party
from itinstall.history import Clocks, Steps, clocks_of
from itinstall.models import Hold, HoldReason, InstallationPolicy, InstallationRequest, Stage, StageTransition
from itinstall.selectors.requests import pauses_of, steps_of
from itinstall.services import holds, requests
from oversight.access.actors import system
from oversight.metrics.base import NATION, Figure, Subject
from oversight.periods.calendars import federal_calendar
from oversight.periods.fiscal import FiscalYear
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    FieldOfficeFactory,
    SiteFactory,
)

ACTOR = system("tests")
# No shrinking: each example enters a world through the services, and a failing plan is short enough to read.
SLOW: dict[str, Any] = {
    "deadline": None,
    "suppress_health_check": [HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    "phases": [Phase.explicit, Phase.reuse, Phase.generate],
}
ZERO = dt.date(2023, 1, 2)
TODAY = dt.date(2026, 6, 1)
ORDER = ("request", "bids", "isa", "equipment", "install", "access")
WHY = ("isa-lea", "bids", "installer")

acts = st.tuples(
    st.sampled_from(
        ["move", "move", "move", "move", "run", "back", "hold", "hold", "pause", "end", "complete",
         "complete", "cancel", "correct", "correct", "withdraw", "hold correct", "hold withdraw"]
    ),
    st.integers(0, 5),  # which request
    st.integers(0, 110),  # days later, or which entry
    st.integers(-40, 40),  # by how many days a correction moves
)  # fmt: skip
plans = st.lists(acts, min_size=10, max_size=45)


def day(number: int) -> dt.date:
    return ZERO + dt.timedelta(days=number)


@dataclass
class World:
    """Six requests: two models, one without an agreement, one without a signing date; two offices."""

    requests: list[InstallationRequest]
    agreements: list[Any]


def world() -> World:
    """Every clock starts near `ZERO`; holds of the agency stop the clock of half of the requests."""
    houston, miami = FieldOfficeFactory(slug="houston"), FieldOfficeFactory(slug="miami")
    first = InstallationPolicy.objects.get()
    later = InstallationPolicy.objects.create(
        valid_from=ZERO + dt.timedelta(days=40),
        target_days=120,
        clock_start=ClockStart.SUBMITTED,
        models_with_equipment=["JEM", "TFM"],
        source="test",
    )
    later.pausing.add("isa-lea")
    first.pausing.add("bids")
    found, agreements = [], []
    for number, (model, signed) in enumerate(
        [("JEM", -20), ("TFM", 5), ("WSO", 0), ("JEM", None), ("JEM", 30), ("TFM", -60)]
    ):
        agency = AgencyFactory()
        if number % 3 == 0:
            AgencyOfficeFactory(agency=agency, office=houston, valid_from=ZERO, valid_to=day(300))
            AgencyOfficeFactory(agency=agency, office=miami, valid_from=day(300))
        elif number % 3 == 1:
            AgencyOfficeFactory(agency=agency, office=miami, valid_from=ZERO)
        on = None if signed is None else day(signed)
        agreement = AgreementFactory(agency=agency, model=model, signed_on=on)
        site = SiteFactory(agency=agency)
        chosen = None if model == "WSO" else agreement
        submitted = day(number * 12)
        found.append(requests.request_create(actor=ACTOR, site=site, on=submitted, agreement=chosen))
        agreements.append(agreement)
    return World(found, agreements)


def enter(plan: Iterable[tuple[str, int, int, int]], world_: World) -> None:
    """Enter what the rules take; what they refuse is not entered."""
    for what, which, number, delta in plan:
        request = world_.requests[which]
        request.refresh_from_db()
        try:
            _enter(what, request, number, delta)
        except ValidationError:
            continue


def _enter(what: str, request: InstallationRequest, number: int, delta: int) -> None:
    """One act. Raises ValidationError."""
    steps = list(StageTransition.objects.standing().filter(request=request).order_by("sequence"))
    pauses = list(Hold.objects.standing().filter(request=request).order_by("pk"))
    last = max([step.on for step in steps] + [hold.ends_on or hold.begins_on for hold in pauses])
    on = min(last + dt.timedelta(days=number), TODAY)
    if what in ("hold", "pause", "end", "hold correct", "hold withdraw"):
        _enter_hold(what, request, pauses, on=on, number=number, delta=delta)
        return
    base: dict[str, Any] = {"actor": ACTOR}
    place = ORDER.index(request.stage_id)
    if what == "move" and place + 1 < len(ORDER):
        requests.request_move(**base, request=request, stage=_stage(place + 1), on=on)
    elif what == "run":
        for later in range(place + 1, len(ORDER)):
            requests.request_move(**base, request=request, stage=_stage(later), on=on)
    elif what == "back" and place:
        requests.request_move(**base, request=request, stage=_stage(place - 1), on=on, reason="again")
    elif what == "complete":
        requests.request_complete(**base, request=request, on=on)
    elif what == "cancel":
        requests.request_cancel(**base, request=request, on=on, reason="given up")
    elif what == "correct":
        step = steps[number % len(steps)]
        requests.entry_correct(**base, entry=step, on=step.on + dt.timedelta(days=delta), reason="typo")
    elif what == "withdraw":
        requests.entry_withdraw(**base, entry=steps[-1], reason="mistake")


def _enter_hold(
    what: str, request: InstallationRequest, pauses: list[Hold], *, on: dt.date, number: int, delta: int
) -> None:
    if what in ("hold", "pause"):
        until = min(on + dt.timedelta(days=abs(delta) + 1), TODAY) if what == "pause" else None
        why = HoldReason.objects.get(pk=WHY[number % 3])
        holds.hold_begin(actor=ACTOR, request=request, why=why, owner=Party.AGENCY, on=on, until=until)
    elif what == "end" and pauses:
        holds.hold_end(actor=ACTOR, hold=pauses[-1], on=on)
    elif what == "hold correct" and pauses:
        hold = pauses[number % len(pauses)]
        holds.hold_correct(
            actor=ACTOR, hold=hold, begins_on=hold.begins_on + dt.timedelta(days=delta),
            ends_on=hold.ends_on, why=hold.why, owner=Party.OCIO, reason="typo",
        )  # fmt: skip
    elif what == "hold withdraw" and pauses:
        holds.hold_withdraw(actor=ACTOR, hold=pauses[number % len(pauses)], reason="mistake")


def _stage(place: int) -> Stage:
    return Stage.objects.get(pk=ORDER[place])


# --- what a day's figures are, told slowly


@dataclass
class Told:
    """A request on a day, by `itinstall.history`."""

    pk: int
    office: str
    model: str
    steps: Steps
    clocks: Clocks
    is_complete: bool
    on_hold: bool

    @property
    def subjects(self) -> list[Subject]:
        found = [NATION, Subject("office", self.office)]
        return [*found, Subject("model", self.model)] if self.model else found

    @property
    def year(self) -> Subject:
        return Subject("year", str(FiscalYear.of(self.clocks.until).year))


def told(as_of: dt.date) -> list[Told]:
    """Every request that had been submitted by then."""
    calendar = federal_calendar()
    found = []
    for request in InstallationRequest.objects.select_related("policy", "agreement", "site__agency"):
        steps = steps_of(StageTransition.objects.standing().filter(request=request).select_related("stage"))
        if steps.submitted_on is None or steps.submitted_on > as_of:
            continue
        standing = Hold.objects.standing().filter(request=request).select_related("why")
        stopping = request.policy.pausing.values_list("pk", flat=True)
        clock_on = steps.submitted_on
        if request.policy.clock_start == ClockStart.SIGNED:
            clock_on = request.agreement.signed_on if request.agreement else None
        known = steps.up_to(as_of)
        clocks = clocks_of(
            steps=steps, pauses=pauses_of(standing, stopping), clock_on=clock_on,
            target_days=request.policy.target_days, as_of=as_of, calendar=calendar,
        )  # fmt: skip
        office = next(
            (area.office_id for area in AgencyOffice.objects.filter(agency=request.site.agency)
             if area.valid_from <= as_of and (area.valid_to is None or area.valid_to > as_of)),
            "unknown",
        )  # fmt: skip
        found.append(
            Told(
                pk=request.pk, office=office, model=request.agreement.model if request.agreement else "",
                steps=known, clocks=clocks, is_complete=known.completed_on is not None,
                on_hold=not clocks.is_over
                and any(h.begins_on <= as_of and (not h.ends_on or h.ends_on > as_of) for h in standing),
            )
        )  # fmt: skip
    return found


Values = dict[Subject, Any]


def expected(as_of: dt.date) -> dict[str, Values]:
    """Metric → subject → value (None: a figure without one). Counts of 0 are left out but for the nation."""
    cases = told(as_of)
    alive = [case for case in cases if not case.clocks.is_over]
    done = [case for case in cases if case.is_complete]
    since = as_of - dt.timedelta(days=365)
    recent = [case for case in done if case.clocks.until > since]
    month = [case for case in done if case.clocks.until > as_of - dt.timedelta(days=30)]
    found: dict[str, Values] = {
        "itinstall.open": _counts(alive),
        "itinstall.on_hold": _counts(case for case in alive if case.on_hold),
        "itinstall.completed_30d": _counts(month),
    }
    for case in alive:
        assert case.steps.last_stage
        key = Subject("stage", case.steps.last_stage.stage)
        found["itinstall.open"][key] = found["itinstall.open"].get(key, 0) + 1
    late: Values = {NATION: 0}
    ages: dict[Subject, list[int]] = defaultdict(list, {NATION: []})
    for case in alive:
        for subject in case.subjects:
            ages[subject] += [] if case.clocks.elapsed_days is None else [case.clocks.elapsed_days]
            late[subject] = late.get(subject, 0) + bool(case.clocks.is_late)
    found["itinstall.open_past_target"] = {
        subject: None if subject in ages and not ages[subject] and alive else n for subject, n in late.items()
    }
    found["itinstall.open_age_median"] = {s: _median(days) for s, days in ages.items()}
    found["itinstall.open_age_oldest"] = {s: Decimal(max(days)) if days else None for s, days in ages.items()}
    return found | _durations(done, recent) | _stages(cases, recent, as_of) | _lasting(cases, as_of)


def _counts(cases: Iterable[Told]) -> Values:
    found: Values = {NATION: 0}
    for case in cases:
        for subject in case.subjects:
            found[subject] = found.get(subject, 0) + 1
    return found


def _median(values: list[int]) -> Decimal | None:
    return Decimal(str(median(values))) if values else None


def _p90(values: list[int]) -> Decimal | None:
    """The smallest value that at least nine in ten do not exceed."""
    for value in sorted(values):
        if 10 * sum(1 for other in values if other <= value) >= 9 * len(values):
            return Decimal(value)
    return None


def _durations(done: list[Told], recent: list[Told]) -> dict[str, Values]:
    groups: dict[Subject, list[Told]] = defaultdict(list, {NATION: []})
    for case in recent:
        for subject in case.subjects:
            groups[subject].append(case)
    for case in done:
        groups[case.year].append(case)
    found: dict[str, Values] = defaultdict(dict)
    for subject, cases in groups.items():
        clocks = [case.clocks for case in cases if case.clocks.elapsed_days is not None]
        elapsed = [c.elapsed_days for c in clocks if c.elapsed_days is not None]
        n = len(elapsed)
        late = sum(1 for c in clocks if c.is_late)
        found["itinstall.days_median"][subject] = _median(elapsed)
        found["itinstall.days_mean"][subject] = round6(Fraction(sum(elapsed), n)) if n else None
        found["itinstall.days_p90"][subject] = _p90(elapsed)
        found["itinstall.over_target_share"][subject] = round6(Fraction(late, n)) if n else None
        business = [c.business_days for c in clocks if c.business_days is not None]
        found["itinstall.business_days_median"][subject] = _median(business)
        found["itinstall.net_days_median"][subject] = _median([c.net_days for c in clocks])  # type: ignore[misc]
    return found


def _stages(cases: list[Told], recent: list[Told], as_of: dt.date) -> dict[str, Values]:
    since = as_of - dt.timedelta(days=365)
    days: dict[Subject, list[int]] = defaultdict(list, {NATION: []})
    for case in cases:
        for span in case.steps.spans:
            if span.ends_on is not None and since < span.ends_on <= as_of:
                for subject in (NATION, Subject("stage", span.stage)):
                    days[subject].append((span.ends_on - span.begins_on).days)
    clocked = [case for case in recent if case.clocks.elapsed_days is not None]
    groups = [[c for c in clocked if bool(c.clocks.is_late) is late] for late in (True, False)]
    stages = {"before-request"} | {span.stage for case in clocked for span in case.steps.spans}
    slow: Values = {NATION: None}
    if all(groups):
        means = [Fraction(sum(c.clocks.elapsed_days or 0 for c in group), len(group)) for group in groups]
        slow[NATION] = round6(means[0] - means[1])
    for stage in stages if clocked else ():
        parts = [Fraction(sum(_in_stage(c, stage) for c in g), len(g)) if g else None for g in groups]
        whole = parts[0] - parts[1] if all(groups) else None  # type: ignore[operator]
        slow[Subject("stage", stage)] = None if whole is None else round6(whole)
    return {
        "itinstall.stage_days_median": {s: _median(found) for s, found in days.items()},
        "itinstall.stage_days_p90": {s: _p90(found) for s, found in days.items()},
        "itinstall.bottleneck_days": slow,
    }


def _in_stage(case: Told, stage: str) -> int:
    """Days of the clock in a stage, counted one by one."""
    clock, submitted = case.clocks.clock_on, case.steps.submitted_on
    assert clock is not None
    assert submitted is not None
    total = 0
    for number in range((case.clocks.until - clock).days):
        on = clock + dt.timedelta(days=number)
        if on < submitted:
            total += stage == "before-request"
        else:
            total += any(s.stage == stage and s.begins_on <= on < (s.ends_on or on) for s in case.steps.spans)
    return total


def _lasting(cases: list[Told], as_of: dt.date) -> dict[str, Values]:
    groups: dict[Subject, list[tuple[int, bool]]] = defaultdict(list, {NATION: []})
    for case in cases:
        clock, elapsed = case.clocks.clock_on, case.clocks.elapsed_days
        if elapsed is not None and clock is not None and clock > as_of - dt.timedelta(days=1095):
            for subject in case.subjects:
                groups[subject].append((elapsed, case.is_complete))
    return {"itinstall.km_median": {s: product_limit_median(found) for s, found in groups.items()}}


def product_limit(found: list[tuple[int, bool]]) -> list[tuple[int, Fraction]]:
    """(day, share still open) at every day on which one was completed: the definition, in fractions."""
    share, points = Fraction(1), []
    for on in sorted({days for days, is_complete in found if is_complete}):
        at_risk = sum(1 for days, _ in found if days >= on)
        ended = sum(1 for days, is_complete in found if is_complete and days == on)
        share *= 1 - Fraction(ended, at_risk)
        points.append((on, share))
    return points


def product_limit_median(found: list[tuple[int, bool]]) -> Decimal | None:
    return next((Decimal(on) for on, share in product_limit(found) if share <= Fraction(1, 2)), None)


def round6(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.000001"))


def values(figures: Iterable[Figure]) -> Values:
    """Subject → value, as `expected` has it: counts of 0 are left out but for the nation."""
    return {figure.subject: figure.value for figure in figures}


def now() -> dt.datetime:
    return timezone.now()
