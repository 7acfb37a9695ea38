"""What of the register changed between two days: lists, agreements by name, staff statements, reviews."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from agreements.choices import ChangeKind, DecisionState, Status, VerdictKind
from agreements.models import AgreementStatus, Publication, RegisterChange, Verdict
from agreements.selectors import period
from agreements.services.keys import key_from_text
from agreements.views.changes import change_lines
from agreements.wording import explain_rule
from oversight.console.addresses import record_url
from oversight.console.changes import (
    ChangeRow,
    ChangesRequest,
    Section,
    register_change_section,
)

__all__ = ["register_sections"]

CAME = (ChangeKind.ADDED, ChangeKind.RETURNED, ChangeKind.PENDING_ADDED)
WENT = (ChangeKind.MISSING, ChangeKind.REMOVED, ChangeKind.SUPERSEDED, ChangeKind.PENDING_LEFT)
CORRECTED = (
    ChangeKind.RENAMED,
    ChangeKind.REATTRIBUTED,
    ChangeKind.DATE_CORRECTED,
    ChangeKind.CHANGED,
)


def _kinds(
    request: ChangesRequest,
    days: tuple[dt.date, dt.date],
    kinds: Iterable[ChangeKind],
    title: str,
    nothing: str,
) -> Section:
    """A section of the kinds of change that lists made. The three sections share one query."""
    first, last = days
    found: period.KindRows = request.once(
        "agreements.changes",
        lambda: period.register_changes(user=request.user, first=first, last=last, most=request.limit),
    )
    rows = [change for kind in kinds for change in found.rows.get(kind, ())]
    rows.sort(key=lambda change: (change.publication.published_on, change.pk), reverse=True)
    n = sum(found.counts.get(kind, 0) for kind in kinds)
    return Section(title, [_change_row(change) for change in rows], n, nothing)


def _change_row(change: RegisterChange) -> ChangeRow:
    line = change_lines([change])[0]
    subject, href = _names(change)
    return ChangeRow(
        on=change.publication.published_on,
        what=ChangeKind(change.kind).label,
        subject=subject,
        href=href,
        before=_fields(change, ((part.label, part.before) for part in line.fields)),
        after=_fields(change, ((part.label, part.after) for part in line.fields)),
        why=line.rule,
    )


def _fields(change: RegisterChange, fields: Iterable[tuple[str, str | None]]) -> str:
    """Example: "Signed: 2026-05-12; MOA: linked". What the name of the row says already is left out."""
    known = {str(change.agency.name), change.agency.state_id} if change.agency else set()
    known |= {change.agreement.model} if change.agreement else set()
    parts = (
        f"{label}: {'linked' if value.startswith('http') else value}"
        for label, value in fields
        if value and (value not in known or change.kind in CORRECTED)
    )
    return "; ".join(parts)


def _names(change: RegisterChange) -> tuple[str, str]:
    agreement, agency = change.agreement, change.agency
    if agreement is not None:
        agency = agency or agreement.agency
        text = f"{agency}: {agreement.model or 'model not read'}"
        return text, record_url("agreements:agreement_detail", agreement.ref)
    if agency is not None:
        return str(agency), record_url("agreements:agency_detail", agency.ref)
    return "Not attributed", record_url("agreements:publication_detail", change.publication_id)


def came(request: ChangesRequest, first: dt.date, last: dt.date) -> Section:
    """Agreements added, back again, or new on the pending list."""
    nothing = "No list added an agreement in these days."
    return _kinds(request, (first, last), CAME, "Agreements that came", nothing)


def went(request: ChangesRequest, first: dt.date, last: dt.date) -> Section:
    """Agreements missing, removed, superseded, or gone from the pending list."""
    nothing = "No agreement went missing or ended on a list of these days."
    return _kinds(request, (first, last), WENT, "Agreements that went", nothing)


def corrected(request: ChangesRequest, first: dt.date, last: dt.date) -> Section:
    """Agencies renamed, agreements re-attributed, dates and other fields corrected."""
    nothing = "No list corrected a name, an attribution or a date in these days."
    return _kinds(request, (first, last), CORRECTED, "Renamed, re-attributed, corrected", nothing)


def statements(request: ChangesRequest, first: dt.date, last: dt.date) -> Section:
    """Suspensions, terminations and their ends, by the day on which they were entered or withdrawn."""
    since, until = request.instants(first, last)
    rows, n = period.staff_statements(user=request.user, since=since, until=until, most=request.limit)
    return Section(
        "Statements by staff",
        [row for item in rows for row in _statement_rows(request, item, since, until)],
        n,
        "Staff entered and withdrew no statement in these days.",
        note="Dated by the day of entry.",
    )


def _statement_rows(
    request: ChangesRequest, item: AgreementStatus, since: dt.datetime, until: dt.datetime
) -> Iterable[ChangeRow]:
    span = f"{Status(item.status).label} from {item.begins_on}" + (
        f" until {item.ends_on}" if item.ends_on else ""
    )
    agreement = item.agreement
    subject = f"{agreement.agency}: {agreement.model or 'model not read'}"
    href = record_url("agreements:agreement_detail", agreement.ref)
    who = item.entered_by.display_name if item.entered_by else ""
    if since <= item.entered_at < until:
        why = ": ".join(part for part in (who, item.reason) if part)
        yield ChangeRow(request.day(item.entered_at), "Entered", subject, href, after=span, why=why)
    if item.withdrawn_at and since <= item.withdrawn_at < until:
        who = item.withdrawn_by.display_name if item.withdrawn_by else ""
        yield ChangeRow(request.day(item.withdrawn_at), "Withdrawn", subject, href, before=span, why=who)


def reviews_opened(request: ChangesRequest, first: dt.date, last: dt.date) -> Section | None:
    """Questions that arose and still wait."""
    if not request.may("reviews.view"):
        return None
    since, until = request.instants(first, last)
    rows, n = period.reviews_opened(user=request.user, since=since, until=until, most=request.limit)
    return Section(
        "Reviews opened",
        [
            ChangeRow(
                request.day(item.created_at),
                DecisionState(item.state).label,
                _pair(item.left_key, item.right_key),
                record_url("agreements:review_detail", item.pk),
                why=explain_rule(item.rule).label,
            )
            for item in rows
        ],
        n,
        "No question for a person arose in these days.",
    )


def reviews_decided(request: ChangesRequest, first: dt.date, last: dt.date) -> Section | None:
    """Answers that people gave, and those undone."""
    if not request.may("reviews.view"):
        return None
    since, until = request.instants(first, last)
    rows, n = period.verdicts(user=request.user, since=since, until=until, most=request.limit)
    return Section(
        "Reviews decided",
        [row for item in rows for row in _verdict_rows(request, item, since, until)],
        n,
        "Nobody decided a review in these days.",
    )


def _verdict_rows(
    request: ChangesRequest, item: Verdict, since: dt.datetime, until: dt.datetime
) -> Iterable[ChangeRow]:
    answer = VerdictKind(item.kind).label
    subject, href = (
        _pair(item.left_key, item.right_key),
        record_url("agreements:review_detail", item.decision_id),
    )
    if since <= item.decided_at < until:
        why = ": ".join(part for part in (item.decided_by.display_name, item.reason) if part)
        yield ChangeRow(request.day(item.decided_at), "Decided", subject, href, after=answer, why=why)
    if item.undone_at and since <= item.undone_at < until:
        who = item.undone_by.display_name if item.undone_by else ""
        yield ChangeRow(request.day(item.undone_at), "Undone", subject, href, before=answer, why=who)


def _pair(left: str, right: str) -> str:
    """The two candidates of a question by state and name."""
    return " / ".join(" ".join(key_from_text(key)[:2]).strip() for key in (left, right) if key)


def lists_imported(request: ChangesRequest, first: dt.date, last: dt.date) -> Section:
    """Lists that came in, whenever ICE published them."""
    since, until = request.instants(first, last)
    rows, n = period.lists_imported(user=request.user, since=since, until=until, most=request.limit)
    return Section(
        "Lists imported",
        [_list_row(request, item) for item in rows],
        n,
        "No list was imported in these days.",
        note="Dated by the day of import.",
    )


def _list_row(request: ChangesRequest, item: Publication) -> ChangeRow:
    rows = "1 row" if item.row_count == 1 else f"{item.row_count:,} rows"
    return ChangeRow(
        request.day(item.imported_at), item.get_kind_display(), str(item),
        record_url("agreements:publication_detail", item.pk), after=rows,
    )  # fmt: skip


def register_sections() -> None:
    """Called once, when the app is ready."""
    register_change_section("agreements.came", 10, came)
    register_change_section("agreements.went", 20, went)
    register_change_section("agreements.corrected", 30, corrected)
    register_change_section("agreements.statements", 40, statements)
    register_change_section("agreements.reviews_opened", 60, reviews_opened)
    register_change_section("agreements.reviews_decided", 70, reviews_decided)
    register_change_section("agreements.lists_imported", 80, lists_imported)
