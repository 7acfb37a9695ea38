"""Made-up lists at national scale, put through the real path: the register is derived from them.

Nothing is written into the register by hand, so `verify_register` means here what it means everywhere.
Counties and field offices are the real reference data; every agency's name begins with "Synthetic" and a
number, which also keeps reconciliation from taking one for another. MOA links lead to `.example`, which
nobody owns.
"""

from __future__ import annotations

import bisect
import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from agreements.choices import LISTED, Origin, Status
from agreements.metrics import WINDOW_DAYS
from agreements.models import (
    Agency,
    AgencyOffice,
    Agreement,
    AgreementStatus,
    County,
    Observation,
    RegisterState,
)
from agreements.reconciliation.reading import DatedSheet
from agreements.reconciliation.types import (
    PARTICIPATING,
    PENDING,
    Finding,
    ListDating,
    PrintedRow,
    Sheet,
    SheetRow,
)
from agreements.services.publications import publication_store
from agreements.services.register import register_lock, register_sync
from agreements.services.statuses import effective_statuses_refresh
from agreements.services.store import Store
from oversight.access.actors import Actor, system
from oversight.exchange.scale import Made, ScaleRequest, digest_of
from oversight.trail.services import Act, record_many

__all__ = ["scale_lists_make"]

FIRST_LIST = date(2016, 10, 3)
# As in the published lists: quarterly captures first, then ICE's own lists; weekly at the end, so that pages
# about the last days have something to show.
MONTHLY_FROM = date(2025, 2, 3)
WEEKLY = 8
PENDING_FROM = date(2025, 3, 3)

AGREEMENTS_OF_AGENCY = {1: 0.56, 2: 0.38, 3: 0.06}  # 1.5 on average
EARLY_SHARE = 0.2  # signed before MONTHLY_FROM
REMOVED_SHARE, RENEWED_SHARE, MISSED_SHARE = 0.04, 0.015, 0.02
PENDING_ONLY_SHARE = 0.04
LINKED_SHARE, RESPELLED_SHARE, SUSPENDED_SHARE = 0.9, 0.03, 0.004
MODELS = ("Task Force Model", "Warrant Service Officer", "Jail Enforcement Model")
WEIGHTS = (0.55, 0.3, 0.15)
KINDS = {"County": 0.55, "Municipal": 0.4, "State": 0.05}

PARTICIPATING_HEADERS = (
    "STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE", "SIGNED", "MOA", "ADDENDUM",
)  # fmt: skip
PENDING_HEADERS = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE")
FLAG = Finding("synthetic", "Made up by make_scale_data; ICE never published this list.")


@dataclass(frozen=True, slots=True)
class _Body:
    """A made-up agency, as lists print it; `respelled` from a day on, for some."""

    number: int
    state: str
    name: str
    kind: str
    county: str
    respelled: date | None

    def name_on(self, day: date) -> str:
        # The same body for the rules: they fold apostrophes.
        return self.name.replace("'", "’") if self.respelled and day >= self.respelled else self.name


@dataclass(frozen=True, slots=True)
class _Term:
    """One agreement's time on the lists: participating over [begins, ends) but for `missed`."""

    body: _Body
    model: str
    signed: date
    pends: date | None  # first day on pending lists; until `begins`
    begins: date
    ends: date | None
    missed: tuple[date, date] | None
    linked: bool

    def listed_on(self, day: date) -> bool:
        inside = self.begins <= day and (self.ends is None or day < self.ends)
        return inside and not (self.missed and self.missed[0] <= day < self.missed[1])


def list_days(until: date) -> list[date]:
    """The days of participating lists: quarterly, then every 30 days, weekly over the last weeks.

    As many days as the window of the figures about what happened: its end is the day of a list then, and the
    days on which figures change are half as many.
    """
    days = []
    day = FIRST_LIST
    weekly_from = until - timedelta(weeks=WEEKLY)
    while day <= until:
        days.append(day)
        if day < MONTHLY_FROM:
            day = min(day + timedelta(weeks=13), MONTHLY_FROM)
        else:
            day += timedelta(days=WINDOW_DAYS if day < weekly_from else 7)
    return days


def _counties() -> list[tuple[str, str]]:
    rows = County.objects.filter(state__is_territory=False).order_by("fips")
    return list(rows.values_list("state__name", "name"))


def _bodies(chance: random.Random, n: int, until: date) -> list[_Body]:
    counties = _counties()
    bodies = []
    span = (until - MONTHLY_FROM).days
    for number in range(1, n + 1):
        state, county = chance.choice(counties)
        kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
        name = f"Synthetic {number:05d} "
        if kind == "County":
            name += f"{county} Sheriff's Office"
        else:
            name += "Police Department" if kind == "Municipal" else "Attorney General's Office"
        respelled = None
        if kind != "Municipal" and chance.random() < RESPELLED_SHARE:
            respelled = MONTHLY_FROM + timedelta(days=chance.randrange(span))
        bodies.append(_Body(number, state, name, kind, "" if kind == "State" else county, respelled))
    return bodies


def _signing_day(chance: random.Random, until: date) -> date:
    """Few in the early years, then more each month, as the published lists show."""
    if chance.random() < EARLY_SHARE:
        return FIRST_LIST + timedelta(days=chance.randrange((MONTHLY_FROM - FIRST_LIST).days) - 400)
    return MONTHLY_FROM + timedelta(days=int((until - MONTHLY_FROM).days * chance.random() ** 0.8))


def _terms(chance: random.Random, body: _Body, until: date) -> Iterator[_Term]:
    numbers, shares = list(AGREEMENTS_OF_AGENCY), list(AGREEMENTS_OF_AGENCY.values())
    models = list(MODELS)
    for _ in range(chance.choices(numbers, shares)[0]):
        weights = [WEIGHTS[MODELS.index(model)] for model in models]
        model = chance.choices(models, weights)[0]
        models.remove(model)
        yield from _terms_of(chance, body, model, until)


def _terms_of(chance: random.Random, body: _Body, model: str, until: date) -> Iterator[_Term]:
    signed = _signing_day(chance, until)
    begins = signed + timedelta(days=chance.randrange(3, 25))
    pends = signed - timedelta(days=chance.randrange(10, 120)) if chance.random() < 0.6 else None
    linked = chance.random() < LINKED_SHARE
    ends, missed = None, None
    fate = chance.random()
    room = (until - begins).days
    if room > 60:
        if fate < REMOVED_SHARE + RENEWED_SHARE:
            ends = begins + timedelta(days=chance.randrange(30, room))
        elif fate < REMOVED_SHARE + RENEWED_SHARE + MISSED_SHARE:
            start = begins + timedelta(days=chance.randrange(30, room + 1))
            missed = (start, start + timedelta(days=chance.randrange(7, 29)))
    if chance.random() < PENDING_ONLY_SHARE and signed >= MONTHLY_FROM:  # leaves pending, is never listed
        pends = pends or signed
        begins = ends = pends + timedelta(days=chance.randrange(60, 500))
        fate = 0.0
    elif room < 0:
        pends = pends or signed - timedelta(days=30)
    yield _Term(body, model, signed, pends, begins, ends, missed, linked)
    if ends is not None and fate >= REMOVED_SHARE:  # signed anew: takes over on the next list
        yield _Term(body, model, ends - timedelta(days=2), None, ends, None, None, linked)


class _Printer:
    """Rows of lists, each distinct one made once."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, str, str, str, date], tuple[str, PrintedRow]] = {}

    def row(self, term: _Term, kind: str, day: date) -> tuple[str, PrintedRow]:
        name = term.body.name_on(day)
        key = (term.body.number, name, term.model, kind, term.signed)
        if key not in self._rows:
            printed = self._printed(term, kind, name)
            self._rows[key] = (printed.digest, printed)
        return self._rows[key]

    @staticmethod
    def _printed(term: _Term, kind: str, name: str) -> PrintedRow:
        body, is_list = term.body, kind == PARTICIPATING
        linked = is_list and term.linked
        slug = f"{body.number:05d}-{MODELS.index(term.model)}-{term.signed:%Y%m%d}"
        return PrintedRow(
            kind=kind,
            state=body.state.upper(),
            agency=name,
            type=body.kind,
            county=body.county,
            support_type=term.model,
            signed=term.signed.isoformat() if is_list else None,
            signed_is_date=is_list,
            moa=("Link" if linked else "") if is_list else None,
            moa_url=f"https://moa.example/synthetic/{slug}.pdf" if linked else "",
            addendum="" if is_list else None,
            addendum_url="",
        )


@dataclass(frozen=True)
class _MadeSheet(DatedSheet):
    """A list whose row digests are known: they are made once for all lists."""

    row_digests: tuple[str, ...] = ()

    @property
    def digests(self) -> tuple[str, ...]:
        return self.row_digests


def _sheet(kind: str, day: date, rows: Sequence[tuple[str, PrintedRow]]) -> _MadeSheet:
    digests = tuple(digest for digest, _ in rows)
    content = hashlib.sha256(f"synthetic {kind} {day} {digest_of(sorted(digests))}".encode()).hexdigest()
    at = datetime(day.year, day.month, day.day, 13, tzinfo=UTC)
    sheet = Sheet(
        file_name=f"SYNTHETIC-{kind}Agencies{day:%m%d%Y}am.xlsx",
        sha256=content,
        size=80 * len(rows),
        kind=kind,
        headers=PARTICIPATING_HEADERS if kind == PARTICIPATING else PENDING_HEADERS,
        rows=tuple(SheetRow(place, False, printed) for place, (_, printed) in enumerate(rows, start=2)),
        modified_at=at,
        content_digest=content,
        warnings=(FLAG,),
    )
    dating = ListDating(at, 0, day, "modified", False)
    return _MadeSheet(sheet=sheet, dating=dating, row_digests=digests)


def _sheets(terms: Sequence[_Term], until: date) -> Iterator[_MadeSheet]:
    """Every list in order, made when asked for: one is in memory at a time, distinct rows only once."""
    printer = _Printer()
    terms = sorted(terms, key=lambda term: (term.body.state, term.body.number, term.model, term.signed))
    for day in list_days(until):
        yield _sheet(
            PARTICIPATING,
            day,
            [printer.row(term, PARTICIPATING, day) for term in terms if term.listed_on(day)],
        )
        if day >= PENDING_FROM:
            waiting = (term for term in terms if term.pends and term.pends <= day < term.begins)
            yield _sheet(PENDING, day, [printer.row(term, PENDING, day) for term in waiting])


def scale_lists_make(request: ScaleRequest) -> Made:
    """Lists and the register derived from them; some suspensions by staff. One transaction."""
    actor = system("make_scale_data")
    chance = request.chance("agreements")
    bodies = _bodies(chance, request.agencies, request.until)
    terms = [term for body in bodies for term in _terms(chance, body, request.until)]
    days = list_days(request.until)
    terms = [replace(term, begins=_on_list(days, term.begins, request.until)) for term in terms]
    with transaction.atomic():
        state = register_lock()
        store = Store.load()
        n_lists = n_rows = 0
        for dated in _sheets(terms, request.until):
            publication_store(actor=actor, store=store, dated=dated)
            n_lists, n_rows = n_lists + 1, n_rows + len(dated.row_digests)
            if n_lists % 20 == 0:
                request.tell(f"{n_lists} lists, {n_rows:,} rows")
        request.tell(f"{n_lists} lists, {n_rows:,} rows; deriving the register")
        register = store.derived()
        request.tell("writing the register")
        register_sync(actor=actor, store=store, register=register, state=state, reason="Synthetic lists")
        n_suspended = _suspend(actor, request)
    _note_days(request, days)
    counts = {
        "lists": n_lists,
        "rows of lists": Observation.objects.count(),
        "agencies": Agency.objects.current().count(),
        "agreements": Agreement.objects.current().count(),
        "dated statuses": AgreementStatus.objects.count(),
        "suspensions by staff": n_suspended,
    }
    request.tell(", ".join(f"{n:,} {name}" for name, n in counts.items()))
    by_status = Agreement.objects.order_by("status").values_list("status").annotate(n=Count("pk"))
    return Made(counts, digest_of([RegisterState.objects.get(pk=1).hash, *by_status]))


def _on_list(days: Sequence[date], begins: date, until: date) -> date:
    """The day of the first list that prints it. Who would begin after the last list stays pending."""
    place = bisect.bisect_left(days, begins)
    return days[place] if place < len(days) else until + timedelta(days=1)


def _suspend(actor: Actor, request: ScaleRequest) -> int:
    """Statements of staff that win over the lists, some ended again; all on days of lists, so that few days
    see facts change."""
    days = list_days(request.until)
    chance = request.chance("agreements.suspensions")
    rows = Agreement.objects.current().filter(list_status__in=LISTED).order_by("key")
    found = [row for row in rows.select_related("agency") if chance.random() < SUSPENDED_SHARE]
    statements = []
    for row in found:
        place = chance.randrange(bisect.bisect_left(days[:-1], row.signed_on or FIRST_LIST), len(days))
        ended = place + chance.randrange(1, 8)
        begins, ends = days[place], days[ended] if ended < len(days) else None
        statements.append(
            AgreementStatus(
                agreement=row,
                status=Status.SUSPENDED,
                begins_on=begins,
                ends_on=ends,
                origin=Origin.STAFF,
                reason="Synthetic: made up for measurements.",
                entered_at=timezone.now(),
            )
        )
    AgreementStatus.objects.bulk_create(statements, batch_size=500)
    effective_statuses_refresh(on=timezone.localdate(), only=[row.pk for row in found])
    acts = [Act("agreement.suspended", row.agreement, {}, {"on": row.begins_on}) for row in statements]
    record_many(actor=actor, acts=acts)
    return len(statements)


def _note_days(request: ScaleRequest, days: Sequence[date]) -> None:
    """When facts change: each list, the end of the window that counts its events, areas that begin."""
    request.changed_on.update(days)
    request.changed_on.update(day + timedelta(days=WINDOW_DAYS) for day in days)
    begins = AgencyOffice.objects.order_by().values_list("valid_from", flat=True).distinct()
    request.changed_on.update(begins)
