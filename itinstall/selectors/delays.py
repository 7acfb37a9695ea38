"""Where the time goes: durations by fiscal year, office, model, stage; the curve; what is open; throughput.

National, as all figures are. Facts of the day are read once; each number of a table that is a figure of its
own is the stored one where the day is stored, with the address that explains it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal

from django.utils import timezone

from agreements.choices import SupportModel
from agreements.metric_subjects import OFFICE_UNKNOWN
from agreements.selectors.reference import place_names
from itinstall.choices import Party, RequestState
from itinstall.facts import (
    LOOK_BACK_DAYS,
    BusinessDays,
    Case,
    Durations,
    Lasting,
    cases_of_day,
    stage_sums,
    stage_visits,
)
from itinstall.facts.day import CURVE_DAYS
from itinstall.kaplan_meier import Curve, curve_of
from itinstall.measures import mean, median, p90, spread, xmr
from itinstall.metrics.stages import Bottleneck, bottleneck_of
from itinstall.metrics.subjects import stage_names
from itinstall.models import PublishedInstallation
from itinstall.selectors.delay_types import (
    Asked,
    Band,
    Cell,
    Choices,
    Delays,
    DurationLine,
    Month,
    OwnerLine,
    Published,
    StageLine,
)
from oversight.metrics.addresses import figure_url
from oversight.metrics.base import NATION, Subject, quotient
from oversight.metrics.choices import Level
from oversight.metrics.models import Snapshot
from oversight.metrics.registry import get_metric
from oversight.metrics.selectors import newest_snapshots
from oversight.metrics.words import value_words
from oversight.periods.calendars import FederalCalendar
from oversight.periods.fiscal import FIRST_YEAR, FiscalYear

__all__ = ["STORED", "delays", "published"]

COLUMNS = {
    "median": "itinstall.days_median",
    "mean": "itinstall.days_mean",
    "p90": "itinstall.days_p90",
    "share": "itinstall.over_target_share",
}
STAGE_COLUMNS = {"median": "itinstall.stage_days_median", "p90": "itinstall.stage_days_p90"}
BOTTLENECK = "itinstall.bottleneck_days"
TILES = (
    "itinstall.open",
    "itinstall.open_past_target",
    "itinstall.on_hold",
    "itinstall.km_median",
    "itinstall.completed_30d",
)
STORED = (*COLUMNS.values(), *STAGE_COLUMNS.values(), BOTTLENECK, *TILES)
BANDS = ((0, 90), (91, 180), (181, 270), (271, 365), (366, 730), (731, None))
MONTHS = 36  # of throughput
NO_CALENDAR = BusinessDays(FederalCalendar((), None))


@dataclass
class _Stored:
    """Stored figures of the day, for the subjects that the page shows uncut."""

    asked: Asked
    rows: Mapping[tuple[str, Subject], Snapshot] = field(default_factory=dict)

    def cell(self, key: str, subject: Subject, value: Decimal | None) -> Cell:
        """The stored figure with its address; else `value`, computed now."""
        metric = get_metric(key)
        row = self.rows.get((key, subject))
        if row is None:
            return Cell(value_words(metric, value))
        address = figure_url(metric=key, subject=subject, as_of=self.asked.as_of, version=row.version)
        return Cell(value_words(metric, row.value), address)


def delays(*, asked: Asked) -> Delays:
    """Everything that the page shows. Eight queries, and the names of places and stages now and then."""
    every = cases_of_day(asked.as_of)
    cases = [case for case in every if _is_asked(case, asked)]
    rows = newest_snapshots(as_of=asked.as_of, metrics=STORED)
    stored = _Stored(asked, {} if asked.is_cut else rows)
    done = [case for case in cases if case.state == RequestState.COMPLETED]
    chosen, since = _chosen(done, asked)
    stages, total, n_late, n_on_time = _stages(asked, chosen, since, stored)
    still = [case for case in cases if case.closed is None]
    names = place_names().offices | {OFFICE_UNKNOWN: "Field office not known"}
    # A fiscal year that is chosen is no figure by office or model.
    by_place = _Stored(asked) if asked.year else stored
    return Delays(
        asked=asked,
        n_requests=len(cases),
        is_stored=bool(rows) and not asked.is_cut,
        tiles=_tiles(stored, cases, still),
        years=_years(done, asked, stored),
        offices=_by(chosen, lambda case: case.office, Level.OFFICE, names, by_place),
        models=_by(chosen, lambda case: case.model, Level.MODEL, dict(SupportModel.choices), by_place),
        stages=stages,
        total=total,
        n_late=n_late,
        n_on_time=n_on_time,
        curve=_curve(cases, asked.as_of),
        bands=_bands(still),
        owners=_owners(still),
        months=_months(done, asked.as_of),
        published=published(),
        choices=_choices(every, names),
        computed_at=timezone.now(),
    )


def _is_asked(case: Case, asked: Asked) -> bool:
    return (not asked.office or case.office == asked.office) and (
        not asked.model or case.model == asked.model
    )


def _chosen(done: Sequence[Case], asked: Asked) -> tuple[list[Case], date]:
    """Completed in the fiscal year asked for, else in the 365 days up to the day; and the day before that."""
    if asked.year is None:
        since = asked.as_of - timedelta(days=LOOK_BACK_DAYS)
        return [case for case in done if (case.closed or 0) > since.toordinal()], since
    days = FiscalYear(asked.year).days
    first, end = days.start.toordinal(), days.end.toordinal()
    return [case for case in done if first <= (case.closed or 0) < end], days.start - timedelta(days=1)


def _durations(cases: Iterable[Case]) -> Durations:
    found = Durations()
    for case in cases:
        found.add(case, NO_CALENDAR)
    return found


def _line(label: str, cases: Iterable[Case], subject: Subject, stored: _Stored) -> DurationLine:
    found = _durations(cases)
    values = {
        "median": median(found.elapsed),
        "mean": mean(found.elapsed),
        "p90": p90(found.elapsed),
        "share": quotient(found.n_late, len(found.elapsed)),
    }
    cells = {name: stored.cell(COLUMNS[name], subject, value) for name, value in values.items()}
    return DurationLine(subject.key, label, len(found.elapsed), found.n_without, cells)


def _years(done: Iterable[Case], asked: Asked, stored: _Stored) -> list[DurationLine]:
    """The newest first."""
    by_year: dict[int, list[Case]] = defaultdict(list)
    for case in done:
        day = case.closed_on
        if day is not None and day.year >= FIRST_YEAR:
            by_year[FiscalYear.of(day).year].append(case)
    return [
        _line(f"FY {year}", by_year[year], Subject(Level.YEAR, str(year)), stored)
        for year in sorted(by_year, reverse=True)
        if asked.year in (None, year)
    ]


def _by(
    cases: Iterable[Case],
    key_of: Callable[[Case], str],
    level: str,
    names: Mapping[str, str],
    stored: _Stored,
) -> list[DurationLine]:
    """By name."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[key_of(case)].append(case)
    keys = sorted(groups, key=lambda key: names.get(key, key or "~"))
    return [
        _line(names.get(key, key) or "No agreement", groups[key], Subject(level, key), stored) for key in keys
    ]


def _stages(
    asked: Asked, chosen: Sequence[Case], since: date, stored: _Stored
) -> tuple[list[StageLine], Bottleneck | None, int, int]:
    """Each stage with its visits and its part of the difference between late installations and the others;
    the whole of that difference; how many late ones and others there are."""
    is_chosen = bool(asked.is_cut or asked.year)
    days: dict[str, list[tuple[int, int]]] = defaultdict(list)
    if not is_chosen:
        for visits in stage_visits(asked.as_of):
            if not visits.is_open:
                days[visits.stage].append((visits.days, visits.n))
    found = _durations(chosen)
    n_late, n_on_time = found.n_late, len(found.elapsed) - found.n_late
    sums = stage_sums(chosen, asked.as_of, since=since, visits=days if is_chosen else None)
    lines = {line.stage: line for line in bottleneck_of(sums, n_late, n_on_time)}
    names = stage_names()
    shown = stored if asked.year is None else _Stored(asked)
    worst = max(lines.values(), key=lambda line: line.difference, default=None)
    table = [
        replace(
            _stage_line(key, name, days[key], lines.get(key), shown),
            is_bottleneck=worst is not None and worst.difference > 0 and worst.stage == key,
        )
        for key, name in names.items()
    ]
    whole = None
    if lines:
        every = list(lines.values())
        whole = Bottleneck(
            "",
            sum((line.late for line in every), Decimal(0)),
            sum((line.on_time for line in every), Decimal(0)),
            sum((line.difference for line in every), Decimal(0)),
        )
    return [line for line in table if line.n or line.bottleneck], whole, n_late, n_on_time


def _stage_line(
    key: str, name: str, counted: Sequence[tuple[int, int]], line: Bottleneck | None, stored: _Stored
) -> StageLine:
    days = spread(counted)
    subject = Subject(Level.STAGE, key)
    cells = {
        "median": stored.cell(STAGE_COLUMNS["median"], subject, median(days)),
        "p90": stored.cell(STAGE_COLUMNS["p90"], subject, p90(days)),
        "mean": Cell(value_words(get_metric(STAGE_COLUMNS["median"]), mean(days))),
    }
    difference = stored.cell(BOTTLENECK, subject, line.difference if line else None)
    return StageLine(key, name, len(days), cells, line, difference)


def _curve(cases: Iterable[Case], as_of: date) -> Curve:
    since = as_of.toordinal() - CURVE_DAYS
    found = Lasting()
    for case in cases:
        if case.elapsed is not None and case.clock is not None and case.clock > since:
            is_complete = case.state == RequestState.COMPLETED
            (found.complete if is_complete else found.censored).append(case.elapsed)
    return curve_of(complete=found.complete, censored=found.censored)


def _tiles(stored: _Stored, cases: Sequence[Case], still: Sequence[Case]) -> dict[str, Cell]:
    month = stored.asked.as_of.toordinal() - 30
    values = {
        "itinstall.open": len(still),
        "itinstall.open_past_target": sum(case.is_late for case in still),
        "itinstall.on_hold": sum(bool(case.hold_owner) for case in still),
        "itinstall.completed_30d": sum(
            case.state == RequestState.COMPLETED and (case.closed or 0) > month for case in cases
        ),
    }
    cells = {key: stored.cell(key, NATION, Decimal(value)) for key, value in values.items()}
    found = _curve(cases, stored.asked.as_of).median
    cells["itinstall.km_median"] = stored.cell(
        "itinstall.km_median", NATION, None if found is None else Decimal(found)
    )
    return {key.removeprefix("itinstall."): cell for key, cell in cells.items()}


def _bands(still: Iterable[Case]) -> list[Band]:
    """By days since the clock started; those without a clock last."""
    ages = [(case.elapsed, case.is_late) for case in still]
    bands = []
    for low, high in BANDS:
        inside = [late for age, late in ages if age is not None and low <= age <= (high or age)]
        label = f"{low:,} to {high:,} days" if high else f"{low:,} days or more"
        bands.append(Band(label, len(inside), sum(inside), low, high))
    return [*bands, Band("No clock", sum(age is None for age, _ in ages), 0)]


def _owners(still: Iterable[Case]) -> list[OwnerLine]:
    """Who has to act for the requests on hold, the most first."""
    counted = Counter(case.hold_owner for case in still if case.hold_owner)
    return [OwnerLine(owner, str(Party(owner).label), n) for owner, n in counted.most_common()]


def _months(done: Iterable[Case], as_of: date) -> list[Month]:
    """The last 36 months up to the day's, or from the first completion on; each against those before it."""
    counted = Counter(day.replace(day=1) for case in done if (day := case.closed_on))
    if not counted:
        return []
    last = as_of.replace(day=1)
    months = [last]
    while len(months) < MONTHS and months[-1] > min(counted):
        months.append((months[-1] - timedelta(days=1)).replace(day=1))
    months.reverse()
    series = [counted[month] for month in months]
    is_over = (as_of + timedelta(days=1)).month != as_of.month
    return [
        Month(month, series[place], xmr(series[:place]), is_over or month != last)
        for place, month in enumerate(months)
    ]


def published() -> list[Published]:
    """What reports publish of installations, by report. One query."""
    reports: dict[str, list[PublishedInstallation]] = defaultdict(list)
    for line in PublishedInstallation.objects.order_by("report", "pk"):
        reports[line.report].append(line)
    return [
        Published(
            report=report,
            n=len(lines),
            fiscal_years=", ".join(sorted({line.fiscal_years for line in lines if line.fiscal_years})),
            targets=sorted({line.target_days for line in lines if line.target_days}),
            days=[line.days for line in lines if line.days is not None],
        )
        for report, lines in reports.items()
    ]


def _choices(cases: Iterable[Case], names: Mapping[str, str]) -> Choices:
    offices: set[str] = set()
    years: set[int] = set()
    for case in cases:
        offices.add(case.office)
        if case.state == RequestState.COMPLETED and (day := case.closed_on) and day.year >= FIRST_YEAR:
            years.add(FiscalYear.of(day).year)
    return Choices(
        offices=sorted(((key, names.get(key, key)) for key in offices), key=lambda item: item[1]),
        models=[(value, label) for value, label in SupportModel.choices],
        years=[(str(year), f"FY {year}") for year in sorted(years, reverse=True)],
    )
