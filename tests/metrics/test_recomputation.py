"""Four ways to one figure: the snapshot, its records, the file, and a plain walk over the facts."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from statistics import median
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agreements.choices import Origin, Status
from agreements.models import AgreementStatus
from oversight.access.actors import person
from oversight.exchange.exports import ExportContext
from oversight.metrics import services
from oversight.metrics.base import Kind, Subject, quotient
from oversight.metrics.choices import Part
from oversight.metrics.exports import ROWS, VALUES
from oversight.metrics.registry import get_metric
from oversight.metrics.selectors import newest_snapshots
from tests.factories import (
    AgencyFactory,
    AgencyOfficeFactory,
    AgreementFactory,
    AgreementStatusFactory,
    AssignmentFactory,
    FieldOfficeFactory,
    ProgramManagerFactory,
    StateFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
DAY = dt.date(2024, 2, 29)
NATION = Subject("nation")
Expected = dict[tuple[str, Subject], tuple[Any, int]]  # value, number of records


def day(number: int) -> dt.date:
    return DAY + dt.timedelta(days=number)


@dataclass
class Paper:
    """An agreement as a person would note it down."""

    model: str
    steps: list[tuple[str, int]]  # status of lists from a day on
    suspended: tuple[int, int] | None
    linked: int | None

    def on_list(self) -> str:
        return next((status for status, begins in reversed(self.steps) if begins <= 0), "")

    def status(self) -> str:
        ended = self.suspended and self.suspended[0] <= 0 < self.suspended[1]
        return "" if ended else self.on_list()

    def since(self) -> int:
        return max(begins for _, begins in self.steps if begins <= 0)


@dataclass
class Body:
    """An agency: its state, its office until and from a day on, its agreements, its program manager."""

    state: str
    office: str
    moves: int | None
    papers: list[Paper] = field(default_factory=list)
    held: tuple[int, int, int] | None = None  # number of the program manager, from, until

    def office_on(self, number: int) -> str:
        if self.moves is None or number < self.moves:
            return self.office
        return "miami" if self.office == "houston" else "houston"


papers = st.builds(
    Paper,
    model=st.sampled_from(["JEM", "TFM"]),
    steps=st.lists(
        st.tuples(
            st.sampled_from([Status.PENDING, Status.ACTIVE, Status.MISSING, Status.REMOVED]),
            st.integers(-50, 5),
        ),
        min_size=1,
        max_size=3,
        unique_by=lambda step: step[1],
    ).map(lambda steps: sorted(steps, key=lambda step: step[1])),
    suspended=st.none() | st.tuples(st.integers(-9, 2), st.integers(3, 5)),
    linked=st.none() | st.integers(-50, 5),
)
bodies = st.builds(
    Body,
    state=st.sampled_from(["TX", "FL"]),
    office=st.sampled_from(["houston", "miami", "unknown"]),
    moves=st.none() | st.integers(-20, 5),
    papers=st.lists(papers, min_size=1, max_size=3),
    held=st.none() | st.tuples(st.integers(0, 2), st.integers(-20, 2), st.integers(3, 9)),
)
people = st.lists(
    st.tuples(st.sampled_from(["houston", "miami"]), st.integers(-30, 3)), min_size=3, max_size=3
)


def enter(everybody: list[Body], managers: list[tuple[str, int]]) -> None:
    entered = [
        ProgramManagerFactory(office=FieldOfficeFactory(slug=office), valid_from=day(begins))
        for office, begins in managers
    ]
    for body in everybody:
        agency = AgencyFactory(state=StateFactory(code=body.state))
        edges = [(body.office, day(-99), day(body.moves) if body.moves is not None else None)]
        if body.moves is not None:
            edges.append((body.office_on(body.moves), day(body.moves), None))
        for office, begins, ends in edges:
            if office != "unknown":
                AgencyOfficeFactory(
                    agency=agency, office=FieldOfficeFactory(slug=office), valid_from=begins, valid_to=ends
                )
        if body.held:
            number, begins, ends = body.held
            AssignmentFactory(
                agency=agency, program_manager=entered[number], valid_from=day(begins), valid_to=day(ends)
            )
        for paper in body.papers:
            linked = None if paper.linked is None else day(paper.linked)
            agreement = AgreementFactory(agency=agency, model=paper.model, moa_linked_on=linked)
            ends_on = [day(begins) for _, begins in paper.steps[1:]] + [None]
            for (status, begins), ends in zip(paper.steps, ends_on, strict=True):
                AgreementStatusFactory(
                    agreement=agreement, status=status, begins_on=day(begins), ends_on=ends
                )
            if paper.suspended:
                AgreementStatus.objects.create(
                    agreement=agreement,
                    status=Status.SUSPENDED,
                    begins_on=day(paper.suspended[0]),
                    ends_on=day(paper.suspended[1]),
                    origin=Origin.STAFF,
                    reason="letter",
                )


def counted(paper: Paper) -> list[str]:
    """The counts in which an agreement stands."""
    status = paper.status()
    listed_on = [begins for said, begins in paper.steps if said == Status.ACTIVE]
    left_on = [begins for said, begins in paper.steps if said == Status.REMOVED]
    unlinked = paper.linked is None or paper.linked > 0
    told = {
        "agreements.listed": status == Status.ACTIVE,
        "agreements.in_force": status in {Status.ACTIVE, Status.MISSING},
        "agreements.pending": status == Status.PENDING,
        "agreements.additions_30d": bool(listed_on) and -30 < min(listed_on) <= 0,
        "agreements.exits_30d": any(-30 < begins <= 0 for begins in left_on),
        "agreements.moa_missing_share": status == Status.ACTIVE and unlinked,
    }
    return [key for key, holds in told.items() if holds]


def walk(everybody: list[Body], managers: list[tuple[str, int]]) -> Expected:
    """Every figure that has records, record by record."""
    counts: dict[tuple[str, Subject], int] = defaultdict(int)
    waits: dict[Subject, list[int]] = defaultdict(list)
    board = {number: office for number, (office, begins) in enumerate(managers) if begins <= 0}
    spans = dict.fromkeys(board, 0)
    for body in everybody:
        places = [NATION, Subject("office", body.office_on(0)), Subject("state", body.state)]
        for paper in body.papers:
            for cut in (*places, Subject("model", paper.model)):
                for key in counted(paper):
                    counts[key, cut] += 1
                if paper.status() == Status.PENDING:
                    waits[cut].append(-paper.since())
        if not any(paper.status() == Status.ACTIVE for paper in body.papers):
            continue
        held = body.held if body.held and body.held[1] <= 0 < body.held[2] else None
        for place in places:
            counts["agreements.agencies_listed", place] += 1
            counts["staffing.agencies_without_pm", place] += place.level != "state" and held is None
        if held and held[0] in spans:
            spans[held[0]] += 1
    found: Expected = {}
    for (key, cut), n in counts.items():
        whole = counts.get(("agreements.listed", cut), 0)
        if n:
            found[key, cut] = (quotient(n, whole) if key == "agreements.moa_missing_share" else Decimal(n), n)
    for cut, days in waits.items():
        found["agreements.pending_days_median", cut] = (Decimal(str(median(days))), len(days))
    return found | of_managers(counts, {number: (board[number], n) for number, n in spans.items()})


def of_managers(counts: dict[tuple[str, Subject], int], spans: dict[int, tuple[str, int]]) -> Expected:
    """`spans`: program manager on board → office, and how many listed agencies as primary."""
    found: Expected = {}
    for cut in (NATION, *(Subject("office", slug) for slug in ("houston", "miami", "unknown"))):
        own = sorted(n for office, n in spans.values() if cut.key in {"", office})
        for key, of in (("agencies_per_pm", "agencies_listed"), ("agreements_per_pm", "listed")):
            if n := counts.get((f"agreements.{of}", cut), 0):
                found[f"staffing.{key}", cut] = (quotient(n, len(own)), n)
        if own:
            found["staffing.span_max", cut] = (Decimal(own[-1]), len(own))
            found["staffing.span_median", cut] = (Decimal(own[(len(own) - 1) // 2]), len(own))
    return found


CHECKED = (
    "agreements.listed", "agreements.in_force", "agreements.pending", "agreements.pending_days_median",
    "agreements.agencies_listed", "agreements.moa_missing_share", "agreements.additions_30d",
    "agreements.exits_30d", "staffing.agencies_without_pm", "staffing.agencies_per_pm",
    "staffing.agreements_per_pm", "staffing.span_max", "staffing.span_median",
)  # fmt: skip


def context(actor, **parameters: str) -> ExportContext:
    return ExportContext(actor=actor, as_of=DAY, parameters=parameters)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(everybody=st.lists(bodies, max_size=5), managers=people)
def test_snapshot_rows_export_and_a_plain_recomputation_agree_for_any_facts(everybody, managers):
    with transaction.atomic():
        reader = person(UserFactory())
        enter(everybody, managers)
        expected = walk(everybody, managers)
        services.day_fill(as_of=DAY)
        shown = newest_snapshots(as_of=DAY, metrics=CHECKED)
        # What no record stands behind is 0, or has no value: never a figure of its own.
        told = {at: (row.value, row.n) for at, row in shown.items() if row.n}
        assert told == expected
        assert all(row.value in {None, Decimal(0)} for row in shown.values() if not row.n)
        for key in CHECKED:
            file = {(line[3], line[4]): line[6] for line in VALUES.rows(context(reader, metric=key)).rows()}
            assert file == {
                (subject.level, subject.key): row.value
                for (name, subject), row in shown.items()
                if name == key
            }
        for key, subject in list(expected)[:6]:
            rows_and_files_add_up(reader, key, subject, shown[key, subject])
        transaction.set_rollback(True)


def rows_and_files_add_up(reader, key: str, subject: Subject, row) -> None:
    metric = get_metric(key)
    parts = metric.part_rows(as_of=DAY, subject=subject)
    ratio = metric.kind == Kind.RATIO
    sizes = (
        {Part.NUMERATOR: row.numerator, Part.DENOMINATOR: row.denominator} if ratio else {Part.VALUE: row.n}
    )
    assert {part: records.count() for part, records in parts.items()} == sizes
    for part, size in sizes.items():
        asked = context(reader, metric=key, level=subject.level, subject=subject.key, part=part.value)
        assert len(list(ROWS.rows(asked).rows())) == size
