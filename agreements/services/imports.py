"""Lists on their way into the register: read, preview, apply. Page, job and command come through here."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from agreements.choices import ImportState
from agreements.models import Publication, RegisterState, RosterImport
from agreements.reconciliation.diff import COUNTS, RegisterDiff, register_diff
from agreements.reconciliation.lists import list_guard
from agreements.reconciliation.memory import no_collection
from agreements.reconciliation.reading import DatedSheet, read_dated
from agreements.reconciliation.types import Refused, Register
from agreements.services.preview import preview_entries
from agreements.services.publications import (
    finding_dict,
    publication_store,
    rows_read_again,
    rows_understand,
    stored_list,
)
from agreements.services.register import register_lock, register_sync
from agreements.services.store import Store
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.exchange.models import Upload
from oversight.trail.services import record

__all__ = [
    "Plan",
    "PreviewOutdated",
    "roster_apply",
    "roster_discard",
    "roster_import",
    "roster_plan",
    "roster_preview",
    "roster_refuse",
]


class PreviewOutdated(Exception):
    """The register has moved since the preview was made."""

    def __init__(self) -> None:
        super().__init__("The register has changed since this preview was made. Preview again, then apply.")


@dataclass(frozen=True, slots=True)
class Plan:
    """What taking over a list would do. `register` is the register with it."""

    dated: DatedSheet
    register: Register
    is_known: bool
    counts: dict[str, int] = field(default_factory=dict)
    diff: RegisterDiff | None = None


def roster_plan(*, store: Store, dated: DatedSheet, overruled: bool = False, compare: bool = True) -> Plan:
    """What the register becomes with `dated`; writes nothing. Raises Refused by `list_guard`.

    Without `compare` there are no counts: for the apply of a preview that has them already.
    """
    item = stored_list(dated)
    known = store.lists.get(item.info.digest)
    if store.register is None and compare:
        store.register = store.derived()
    if known is not None and known.order <= item.order:
        store.register = store.register or store.derived()
        return Plan(dated=dated, register=store.register, is_known=True, counts=dict.fromkeys(COUNTS, 0))
    if known is None and not overruled:
        before = [
            other
            for other in store.lists.values()
            if other.info.kind == item.info.kind and other.order < item.order
        ]
        previous = max(before, key=lambda other: other.order, default=None)
        rows_before = len(previous.info.rows) if previous else None
        list_guard(
            len(dated.sheet.rows),
            rows_before,
            dated.dating,
            kind=item.info.kind,
            now=timezone.now(),
            parameters=store.parameters,
        )
    rows_understand(store, dated)
    register = store.derived(item)
    if not compare:
        return Plan(dated=dated, register=register, is_known=False)
    diff = register_diff(store.register, register)
    return Plan(dated=dated, register=register, is_known=False, counts=dict(diff.counts), diff=diff)


@no_collection()
def roster_preview(*, actor: Actor, upload: Upload, kind: str = "auto") -> RosterImport:
    """Read an uploaded list and keep what it would change, for a person to look at. The register stays.

    A file that cannot be taken gives an import in state REFUSED with its sentence. Raises NotAllowed.
    """
    require(actor, "rosters.import")
    version = RegisterState.objects.get(pk=1)
    store = Store.load()
    try:
        dated = _read_upload(upload, kind, store)
        plan = roster_plan(store=store, dated=dated)
    except Refused as refusal:
        if refusal.overridable:
            dated = _read_upload(upload, kind, store)
            plan = roster_plan(store=store, dated=dated, overruled=True)
            return _refused_preview(_preview_row(actor, upload, plan, version), refusal)
        return roster_refuse(
            actor=actor, file_name=upload.name, sha256=upload.sha256, refusal=refusal, upload=upload
        )
    if plan.is_known:  # nothing to look at: only its file under this name is new
        with transaction.atomic():
            register_lock()
            publication_store(actor=actor, store=store, dated=dated, upload=upload)
    return _preview_row(actor, upload, plan, version)


def _refused_preview(row: RosterImport, refusal: Refused) -> RosterImport:
    """A refusal that a person may overrule shows what it would do, so that the person can judge."""
    row.state = ImportState.REFUSED
    row.refusal_code, row.refusal, row.remedy = refusal.code, refusal.message, refusal.remedy
    row.overridable = True
    row.save()
    return row


def _read_upload(upload: Upload, kind: str, store: Store) -> DatedSheet:
    from django.conf import settings

    with upload.file.open("rb") as file:
        data = file.read(settings.UPLOAD_MAX_BYTES + 1)
    return read_dated(
        data,
        file_name=upload.name,
        kind=kind,
        parameters=store.parameters,
        max_bytes=settings.UPLOAD_MAX_BYTES,
    )


def _preview_row(actor: Actor, upload: Upload | None, plan: Plan, state: RegisterState) -> RosterImport:
    dated = plan.dated
    return RosterImport.objects.create(
        upload=upload,
        file_name=dated.sheet.file_name[:255],
        sha256=dated.sheet.sha256,
        kind=dated.sheet.kind,
        state=ImportState.KNOWN if plan.is_known else ImportState.PREVIEWED,
        publication=Publication.objects.filter(content_digest=dated.sheet.content_digest).first(),
        register_version=state.version,
        hash_before=state.hash,
        hash_after=plan.register.hash,
        counts={**plan.counts, "rows": len(dated.sheet.rows)},
        entries=preview_entries(diff=plan.diff, dated=plan.dated),
        dating=_dating(dated),
        created_by=actor.user,
    )


def _dating(dated: DatedSheet) -> dict[str, Any]:
    dating = dated.dating
    return {
        "published_on": dating.published_on.isoformat(),
        "ordered_at": dating.ordered_at.isoformat(),
        "basis": dating.basis,
        "resaved": dating.resaved,
        "flags": [finding_dict(finding) for finding in (*dating.flags, *dated.sheet.warnings)],
    }


@no_collection()
@transaction.atomic
def roster_apply(*, actor: Actor, roster_import: RosterImport, override_reason: str = "") -> RosterImport:
    """Apply a previewed import. Raises NotAllowed, PreviewOutdated, Refused (no preview, no reason)."""
    require(actor, "rosters.import")
    state = register_lock()
    row = RosterImport.objects.select_for_update(of=("self",)).get(pk=roster_import.pk)
    if row.state == ImportState.APPLIED:
        return row  # a job that was run twice
    if row.register_version != state.version:
        raise PreviewOutdated
    overruled = bool(row.overridable and override_reason.strip())
    if row.state != ImportState.PREVIEWED and not (row.state == ImportState.REFUSED and overruled):
        raise Refused("not_previewed", "Only a previewed list can be applied.", "Upload it again.")
    if row.upload is None:
        raise Refused("no_file", "The file of this preview is not kept.", "Upload it again.")
    store = Store.load()
    dated = _read_upload(row.upload, row.kind, store)
    reason = override_reason.strip() if overruled else ""
    plan = roster_plan(store=store, dated=dated, overruled=overruled, compare=False)
    return _write(actor, store, state, plan, row, override_reason=reason)


@no_collection()
@transaction.atomic
def roster_import(
    *, actor: Actor, store: Store, dated: DatedSheet, upload: Upload | None = None
) -> RosterImport:
    """Plan and apply in one step (commands). `store` must be fresh, or of this very batch.

    Raises NotAllowed for people without the role, Refused by `list_guard`.
    """
    require(actor, "rosters.import")
    state = register_lock()
    if store.version != state.version:
        raise PreviewOutdated
    plan = roster_plan(store=store, dated=dated)
    row = RosterImport(
        upload=upload,
        file_name=dated.sheet.file_name[:255],
        sha256=dated.sheet.sha256,
        kind=dated.sheet.kind,
        register_version=state.version,
        hash_before=state.hash,
        entries=preview_entries(diff=plan.diff, dated=plan.dated),
        dating=_dating(dated),
        created_by=actor.user,
    )
    return _write(actor, store, state, plan, row)


def _write(
    actor: Actor,
    store: Store,
    state: RegisterState,
    plan: Plan,
    row: RosterImport,
    *,
    override_reason: str = "",
) -> RosterImport:
    rows_read_again(store=store)
    publication, moved = publication_store(
        actor=actor, store=store, dated=plan.dated, upload=row.upload, overruled_reason=override_reason
    )
    if moved:
        reason = f"import of {plan.dated.sheet.file_name}"
        register_sync(actor=actor, store=store, register=plan.register, state=state, reason=reason)
    row.publication = publication
    row.state = ImportState.APPLIED if moved else ImportState.KNOWN
    row.counts = {**row.counts, **plan.counts, "rows": len(plan.dated.sheet.rows)}
    row.hash_after = plan.register.hash
    row.override_reason = override_reason
    row.applied_by, row.applied_at = actor.user, timezone.now()
    row.save()
    counts = {name: value for name, value in row.counts.items() if value}
    after = {"state": row.state, "publication": str(publication), **counts}
    record(actor=actor, verb="roster.imported", obj=row, after=after, reason=override_reason)
    return row


@transaction.atomic
def roster_refuse(
    *, actor: Actor, file_name: str, sha256: str, refusal: Refused, upload: Upload | None = None
) -> RosterImport:
    """Keep that a file was refused, and why. The register stays."""
    row = RosterImport.objects.create(
        upload=upload,
        file_name=file_name[:255],
        sha256=sha256,
        state=ImportState.REFUSED,
        register_version=RegisterState.objects.get(pk=1).version,
        refusal_code=refusal.code,
        refusal=refusal.message[:500],
        remedy=refusal.remedy[:500],
        overridable=refusal.overridable,
        created_by=actor.user,
    )
    record(
        actor=actor, verb="roster.refused", obj=row, after={"code": refusal.code, "message": refusal.message}
    )
    return row


@transaction.atomic
def roster_discard(*, actor: Actor, roster_import: RosterImport) -> RosterImport:
    """Put a preview aside. Raises NotAllowed; an applied import stays applied."""
    require(actor, "rosters.import")
    row = RosterImport.objects.select_for_update(of=("self",)).get(pk=roster_import.pk)
    if row.state in (ImportState.PREVIEWED, ImportState.REFUSED):
        before = row.state
        row.state = ImportState.DISCARDED
        row.save(update_fields=["state"])
        record(
            actor=actor,
            verb="roster.discarded",
            obj=row,
            before={"state": before},
            after={"state": row.state},
        )
    return row


def in_order(sheets: Iterable[DatedSheet]) -> list[DatedSheet]:
    """Lists in the order in which they are to be applied: as they were published."""
    return sorted(
        sheets,
        key=lambda d: (d.dating.ordered_at, d.dating.day_part, d.sheet.content_digest, d.sheet.file_name),
    )
