"""Rows that only repeat what the lists say; they are replaced where the derivation says otherwise."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from agreements.choices import Origin
from agreements.metrics import WINDOW_DAYS
from agreements.models import (
    Addendum,
    AgencyAlias,
    AgreementStatus,
    Duplicate,
    Observation,
    PrintedRow,
    Publication,
    RegisterChange,
)
from agreements.reconciliation.types import Change, Register
from agreements.reconciliation.types import Duplicate as DuplicatePrint
from agreements.services.affected import DayRange, changed_days, merged, window_days
from agreements.services.bulk import replace_rows, update_columns

if TYPE_CHECKING:
    from agreements.services.register import Ids

__all__ = [
    "Touched",
    "addenda_sync",
    "aliases_sync",
    "attributions_sync",
    "changes_sync",
    "statuses_sync",
]

BATCH = 500


@dataclass(frozen=True, slots=True)
class Touched:
    """What other list statements than before touch.

    `standing`: days on which a status is another; `window`: days on which what happened of late is another;
    `begins`: first days of the statements that came or went.
    """

    standing: list[DayRange] = field(default_factory=list)
    window: list[DayRange] = field(default_factory=list)
    begins: frozenset[date] = frozenset()


def statuses_sync(register: Register, ids: Ids) -> Touched:
    """List statements: one row per span of an agreement. What the ones that came or went touch.

    A statement that lists no longer make is kept with `replaced_at`, so that figures can be told as they
    were known before.
    """
    wanted = {
        (
            ids.agreements[i],
            span.status.value,
            span.begins_on,
            span.ends_on,
            ids.publications[span.list_digest],
        )
        for i, agreement in enumerate(register.agreements)
        for span in agreement.spans
    }
    fields = ("agreement_id", "status", "begins_on", "ends_on", "publication_id")
    rows = AgreementStatus.objects.filter(origin=Origin.LIST).values_list("pk", *fields)
    current = {tuple(row[1:]): row[0] for row in rows}
    gone = [values for values in current if values not in wanted]
    new = sorted((values for values in wanted if values not in current), key=repr)
    now = timezone.now()
    update_columns(AgreementStatus, {current[values]: {"replaced_at": now} for values in gone})
    AgreementStatus.objects.bulk_create(
        (
            AgreementStatus(origin=Origin.LIST, entered_at=now, **dict(zip(fields, values, strict=True)))
            for values in new
        ),
        batch_size=BATCH,
    )
    return _touched([*gone, *new], current, wanted)


def _touched(
    differing: list[tuple[Any, ...]], current: Iterable[tuple[Any, ...]], wanted: Iterable[tuple[Any, ...]]
) -> Touched:
    agreements = {values[0] for values in differing}
    lives: tuple[dict[int, list[tuple[Any, ...]]], ...] = (defaultdict(list), defaultdict(list))
    for life, rows in zip(lives, (current, wanted), strict=True):
        for agreement, *statement in rows:
            if agreement in agreements:
                life[agreement].append(tuple(statement))
    standing: list[DayRange] = []
    window: list[DayRange] = []
    for pk in agreements:
        spans = [[(status, begins, ends) for status, begins, ends, _ in life[pk]] for life in lives]
        standing += changed_days(*spans)
        events = [[(status, begins, of) for status, begins, _, of in life[pk]] for life in lives]
        window += window_days(*events, days=WINDOW_DAYS)
    return Touched(merged(standing), merged(window), frozenset(values[2] for values in differing))


def aliases_sync(register: Register, ids: Ids) -> None:
    """Every spelling of an agency, with the first and last list that printed it."""
    wanted = {
        (ids.agencies[i], name.name[:200]): (
            ids.publications[name.first_list],
            ids.publications[name.last_list],
        )
        for i, agency in enumerate(register.agencies)
        for name in reversed(agency.names)
    }  # fmt: skip
    fields = ("first_publication_id", "last_publication_id")
    changes: dict[int, dict[str, int]] = {}
    gone: list[int] = []
    for pk, agency, name, *ends in AgencyAlias.objects.values_list("pk", "agency_id", "name", *fields):
        if (agency, name) not in wanted:
            gone.append(pk)
            continue
        span = zip(fields, ends, wanted.pop((agency, name)), strict=True)
        changes[pk] = {field: new for field, old, new in span if old != new}
    for start in range(0, len(gone), BATCH):
        AgencyAlias.objects.filter(pk__in=gone[start : start + BATCH]).delete()
    update_columns(AgencyAlias, changes)
    AgencyAlias.objects.bulk_create(
        (
            AgencyAlias(agency_id=agency, name=name, first_publication_id=first, last_publication_id=last)
            for (agency, name), (first, last) in sorted(wanted.items())
        ),
        batch_size=BATCH,
    )


def addenda_sync(register: Register, ids: Ids) -> None:
    """Addenda linked from lists."""
    wanted = {
        (ids.agreements[i], url[:500])
        for i, agreement in enumerate(register.agreements)
        for url in agreement.addendum_urls
    }
    replace_rows(Addendum, ("agreement_id", "url"), wanted)


def attributions_sync(register: Register, ids: Ids) -> dict[int, int]:
    """What each printed row was taken for. Where rows of an agreement went: old pk → new pk."""
    current = {
        digest: (pk, agreement, rule)
        for pk, digest, agreement, rule in PrintedRow.objects.values_list(
            "pk", "digest", "agreement_id", "rule"
        )
    }
    changes: dict[int, dict[str, Any]] = {}
    moves: dict[int, int] = {}
    for digest, attribution in register.attributions.items():
        pk, agreement, rule = current[digest]
        target = ids.agreements[attribution.agreement]
        if agreement != target:
            changes.setdefault(pk, {})["agreement_id"] = target
            if agreement is not None:
                moves[agreement] = target
        if rule != attribution.rule.value:
            changes.setdefault(pk, {})["rule"] = attribution.rule.value
    update_columns(PrintedRow, changes)
    return moves


def changes_sync(register: Register, ids: Ids) -> list[int]:
    """What each list changed, and its duplicates; written again only for lists where that differs: which."""
    changes: dict[str, list[Change]] = defaultdict(list)
    duplicates: dict[str, list[DuplicatePrint]] = defaultdict(list)
    for change in register.changes:
        changes[change.list_digest].append(change)
    for duplicate in register.duplicates:
        duplicates[duplicate.list_digest].append(duplicate)
    stored = dict(Publication.objects.values_list("content_digest", "changes_digest"))
    rewritten: dict[int, dict[str, str]] = {}
    new_changes: list[dict[str, Any]] = []
    new_duplicates: list[dict[str, Any]] = []
    for digest, pk in ids.publications.items():
        change_rows = [_change_row(pk, change, ids) for change in changes[digest]]
        duplicate_rows = [_duplicate_row(pk, item, ids) for item in duplicates[digest]]
        fingerprint = _fingerprint([change_rows, duplicate_rows])
        if stored.get(digest) == fingerprint:
            continue
        rewritten[pk] = {"changes_digest": fingerprint}
        new_changes += change_rows
        new_duplicates += duplicate_rows
    pks = list(rewritten)
    RegisterChange.objects.filter(publication__in=pks).delete()
    Duplicate.objects.filter(publication__in=pks).delete()
    _number_rows(new_duplicates)
    RegisterChange.objects.bulk_create((RegisterChange(**row) for row in new_changes), batch_size=BATCH)
    Duplicate.objects.bulk_create((Duplicate(**row) for row in new_duplicates), batch_size=BATCH)
    update_columns(Publication, rewritten)
    return pks


def _change_row(publication: int, change: Change, ids: Ids) -> dict[str, Any]:
    return {
        "publication_id": publication,
        "kind": change.kind.value,
        "agency_id": None if change.agency is None else ids.agencies[change.agency],
        "agreement_id": None if change.agreement is None else ids.agreements[change.agreement],
        "rule": change.rule,
        "before": dict(change.before),
        "after": dict(change.after),
        "printed_row_id": ids.rows.get(change.row_digest),
    }


def _duplicate_row(publication: int, duplicate: DuplicatePrint, ids: Ids) -> dict[str, Any]:
    return {
        "publication_id": publication,
        "agreement_id": ids.agreement_keys["|".join(duplicate.listing)],
        "rows": list(duplicate.rows),
        "identical": duplicate.identical,
    }


def _number_rows(duplicates: list[dict[str, Any]]) -> None:
    """Turn places in the list into row numbers of the spreadsheet; one query."""
    numbers: dict[int, list[int]] = defaultdict(list)
    pks = {row["publication_id"] for row in duplicates}
    rows = Observation.objects.filter(publication__in=pks).order_by("publication", "row_number")
    for publication, number in rows.values_list("publication_id", "row_number"):
        numbers[publication].append(number)
    for row in duplicates:
        row["rows"] = [numbers[row["publication_id"]][place] for place in row["rows"]]


def _fingerprint(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
