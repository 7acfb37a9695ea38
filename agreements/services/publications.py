"""Storing what was published: rows verbatim, once; lists; the files that carried them."""

from __future__ import annotations

import dataclasses
from array import array
from collections.abc import Iterable, Mapping
from typing import Any

from agreements.models import Observation, PrintedRow, Publication, PublicationFile
from agreements.reconciliation import types
from agreements.reconciliation.cleaning import clean
from agreements.reconciliation.reading import DatedSheet
from agreements.services.store import CLEANING_VERSION, Store, StoredList, list_order, printed_of
from oversight.access.actors import Actor
from oversight.exchange.models import Upload

__all__ = ["publication_store", "rows_read_again", "rows_understand", "stored_list"]

BATCH = 500


def rows_understand(store: Store, dated: DatedSheet) -> None:
    """Read the rows of a list that `store` has not met yet, in memory only."""
    for digest, row in zip(dated.digests, dated.sheet.rows, strict=True):
        if digest not in store.clean:
            store.clean[digest] = clean(row.printed, store.geography)


def list_order_of(dated: DatedSheet) -> tuple[Any, ...]:
    """`store.list_order` of a list that is not stored yet."""
    dating = dated.dating
    return (dating.ordered_at, dating.day_part, dated.sheet.content_digest, dating.published_on)


def stored_list(dated: DatedSheet, *, pk: int = 0) -> StoredList:
    """`dated` as the derivation needs it; `pk` 0 while it is only previewed."""
    sheet, dating = dated.sheet, dated.dating
    info = types.ListInfo(
        digest=sheet.content_digest,
        kind=sheet.kind,
        published_on=dating.published_on,
        rows=dated.digests,
    )
    return StoredList(pk, info, list_order_of(dated))


def publication_store(
    *, actor: Actor, store: Store, dated: DatedSheet, upload: Upload | None = None, overruled_reason: str = ""
) -> tuple[Publication, bool]:
    """Store a list's rows, publication and file, unless known. The publication, and whether it is new.

    A known content under another name adds the file; when that file is the earlier, the publication takes
    its date. The caller holds the register's lock and runs the transaction.
    """
    sheet = dated.sheet
    publication = Publication.objects.filter(content_digest=sheet.content_digest).first()
    is_new = publication is None
    if publication is None:
        _store_rows(store, dated)
        packed = array("I", (store.row_ids[digest] for digest in dated.digests))
        publication = Publication.objects.create(
            kind=sheet.kind,
            content_digest=sheet.content_digest,
            headers=list(sheet.headers),
            row_count=len(sheet.rows),
            packed_rows=packed.tobytes(),
            overruled_by=actor.user if overruled_reason else None,
            overruled_reason=overruled_reason,
            **_dating_fields(dated),
        )
        Observation.objects.bulk_create(
            (
                Observation(
                    publication=publication,
                    row_number=row.number,
                    hidden=row.hidden,
                    printed_row_id=store.row_ids[digest],
                )
                for digest, row in zip(dated.digests, sheet.rows, strict=True)
            ),
            batch_size=BATCH,
        )
    _store_file(actor, publication, dated, upload)
    if list_order(publication) > list_order_of(dated):
        for name, value in _dating_fields(dated).items():
            setattr(publication, name, value)
        publication.save(update_fields=list(_dating_fields(dated)))
        is_new = True  # its place among the lists has moved: derive again
    store.lists[sheet.content_digest] = dataclasses.replace(
        stored_list(dated, pk=publication.pk),
        order=list_order(publication),
        info=types.ListInfo(
            digest=sheet.content_digest,
            kind=sheet.kind,
            published_on=publication.published_on,
            rows=_known_rows(store, dated),
        ),
    )
    return publication, is_new


def _known_rows(store: Store, dated: DatedSheet) -> tuple[str, ...]:
    known = store.lists.get(dated.sheet.content_digest)
    return known.info.rows if known else dated.digests


def _dating_fields(dated: DatedSheet) -> dict[str, Any]:
    dating = dated.dating
    return {
        "ordered_at": dating.ordered_at,
        "day_part": dating.day_part,
        "published_on": dating.published_on,
        "basis": dating.basis,
        "resaved": dating.resaved,
        "flags": [finding_dict(finding) for finding in (*dating.flags, *dated.sheet.warnings)],
    }


def finding_dict(finding: types.Finding) -> dict[str, Any]:
    """A finding as it is stored."""
    return {"code": finding.code, "message": finding.message, "row": finding.row, "remedy": finding.remedy}


def _store_file(actor: Actor, publication: Publication, dated: DatedSheet, upload: Upload | None) -> None:
    sheet = dated.sheet
    PublicationFile.objects.get_or_create(
        file_name=sheet.file_name,
        sha256=sheet.sha256,
        defaults={
            "publication": publication,
            "size": sheet.size,
            "modified_at": sheet.modified_at,
            "upload": upload,
            "imported_by": actor.user,
            **_dating_fields(dated),
        },
    )


def _store_rows(store: Store, dated: DatedSheet) -> None:
    """Insert the printed rows that are new; fill `store.row_ids`."""
    rows_understand(store, dated)
    pairs = zip(dated.digests, dated.sheet.rows, strict=True)
    new = {digest: row.printed for digest, row in pairs if digest not in store.row_ids}
    created = PrintedRow.objects.bulk_create(
        (
            PrintedRow(
                digest=digest, kind=printed.kind, cells=cells_of(printed), **_reading(store.clean[digest])
            )
            for digest, printed in new.items()
        ),
        batch_size=BATCH,
    )
    store.row_ids.update((row.digest, row.pk) for row in created)


def cells_of(printed: types.PrintedRow) -> dict[str, Any]:
    """The cells as stored; `printed_of` is the way back."""
    cells = {name: getattr(printed, name) for name in printed.__dataclass_fields__ if name != "kind"}
    cells["extra"] = [list(pair) for pair in printed.extra]
    return cells


def _reading(row: types.CleanRow) -> Mapping[str, Any]:
    return {
        "cleaning_version": CLEANING_VERSION,
        "state_code": row.state,
        "name": row.name,
        "canonical": row.canonical,
        "agency_type": row.agency_type,
        "county_id": row.county_fips or None,
        "model": row.model,
        "signed_on": row.signed_on,
        "signed_key": row.signed_key,
        "moa_url": row.moa_url,
        "addendum_url": row.addendum_url,
        "flags": list(row.flags),
    }


def rows_read_again(*, store: Store) -> int:
    """Read rows whose reading is of an older version again. How many; the caller derives afterwards."""
    stale: Iterable[PrintedRow] = PrintedRow.objects.exclude(cleaning_version=CLEANING_VERSION)
    changed = []
    for row in stale:
        reading = clean(printed_of(row), store.geography)
        store.clean[row.digest] = reading
        for name, value in _reading(reading).items():
            setattr(row, name, value)
        changed.append(row)
    fields = [*_reading(next(iter(store.clean.values())))] if changed else []
    return PrintedRow.objects.bulk_update(changed, fields, batch_size=BATCH) if changed else 0
