"""Writing a derived register into the tables: only what differs, in one transaction.

The caller holds the lock (`register_lock`). Rows of agencies and agreements are found by their keys: the
oldest row among a cluster's keys stands for it, the others point to it. Nothing is ever deleted but list
statements, spellings and other rows that are themselves derived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from agreements.models import Agency, Agreement, Publication, RegisterState
from agreements.reconciliation.types import AgreementState, Register
from agreements.refs import AGENCY, AGREEMENT, make_ref
from agreements.services import derived
from agreements.services.bulk import update_columns
from agreements.services.decisions import decisions_sync
from agreements.services.first_listed import first_listed_refresh
from agreements.services.keys import key_to_text
from agreements.services.offices import agency_offices_rebuild
from agreements.services.stale import figures_mark_stale
from agreements.services.statuses import effective_statuses_refresh
from agreements.services.store import Store
from oversight.access.actors import Actor
from oversight.trail.services import Act, record_many

__all__ = ["Ids", "register_lock", "register_sync"]

BATCH = 500
Wanted = Mapping[str, Any]  # attribute name → value
# What the trail tells of; the rest can be seen in the lists.
TRAILED = {
    "name", "state_id", "agency_type", "county_id", "merged_into_id", "agency_id", "model", "signed_on",
    "moa_url", "moa_linked_on", "list_status", "superseded_by_id",
}  # fmt: skip


@dataclass(slots=True)
class Ids:
    """Where the parts of a register are in the tables: index or key → pk."""

    agencies: list[int] = field(default_factory=list)  # by index in Register.agencies
    agreements: list[int] = field(default_factory=list)
    agency_keys: dict[str, int] = field(default_factory=dict)
    agreement_keys: dict[str, int] = field(default_factory=dict)
    publications: dict[str, int] = field(default_factory=dict)  # by content digest
    rows: Mapping[str, int] = field(default_factory=dict)  # PrintedRow digest → pk


def register_lock() -> RegisterState:
    """Lock the register for writing until the transaction ends; its state. Call inside a transaction."""
    return RegisterState.objects.select_for_update().get(pk=1)


def register_sync(
    *, actor: Actor, store: Store, register: Register, state: RegisterState, reason: str
) -> Ids:
    """Bring the tables to `register`. `reason` goes into the trail, e.g. "import of <file>"."""
    ids = Ids(
        publications={digest: item.pk for digest, item in store.lists.items()},
        rows=store.row_ids,
    )
    _sequences(store)
    acts = _agencies(store, register, ids)
    acts += _agreements(store, register, ids)
    touched = derived.statuses_sync(register, ids)
    derived.aliases_sync(register, ids)
    derived.addenda_sync(register, ids)
    moves = derived.attributions_sync(register, ids)
    acts += _orphans(store, ids, moves)
    rewritten = derived.changes_sync(register, ids)
    decisions_sync(register=register, ids=ids)
    first_listed_refresh()
    agency_offices_rebuild()
    figures_mark_stale(touched=touched, rewritten=rewritten, acts=acts, reason=reason)
    effective_statuses_refresh(on=timezone.localdate())
    record_many(actor=actor, acts=[Act(a.verb, a.obj, a.before, a.after, reason) for a in acts])
    state.version += 1
    state.hash = register.hash
    state.updated_at = timezone.now()
    state.save()
    store.register, store.version = register, state.version
    return ids


def _sequences(store: Store) -> None:
    """Number the lists of each kind in their order."""
    current = dict(Publication.objects.values_list("pk", "sequence"))
    places: dict[str, int] = {}
    moved: dict[int, dict[str, int]] = {}
    for item in sorted(store.lists.values(), key=lambda item: item.order):
        places[item.info.kind] = place = places.get(item.info.kind, 0) + 1
        if current.get(item.pk) != place:
            moved[item.pk] = {"sequence": place}
    update_columns(Publication, moved)


def _agencies(store: Store, register: Register, ids: Ids) -> list[Act]:
    if store.agencies is None:
        real = Agency.objects.filter(is_synthetic=False)
        store.agencies = {f"{row.key_state}|{row.key_name}": row for row in real}
    rows = store.agencies
    acts: list[Act] = []
    changed: dict[int, dict[str, Any]] = {}
    new: list[Agency] = []
    roots: list[Agency] = []
    used = {row.ref for row in rows.values()}
    for agency in register.agencies:
        keys = [key_to_text(key) for key in agency.keys]
        known = [rows[key] for key in keys if key in rows]
        values = {
            "state_id": agency.state or None,
            "name": agency.name[:200],
            "agency_type": agency.agency_type,
            "county_id": agency.county_fips or None,
            "ever_participating": agency.ever_participating,
            "merged_into_id": None,
        }
        if known:
            root = min(known, key=lambda row: row.pk)
            acts += _set(root, values, changed, "agency.changed")
            for double in known:
                if double is not root:
                    acts += _set(double, {"merged_into_id": root.pk}, changed, "agency.merged")
        else:
            state, name = agency.keys[0]
            root = Agency(ref=_free_ref(AGENCY, keys[0], used), key_state=state, key_name=name, **values)
            new.append(root)
        roots.append(root)
    Agency.objects.bulk_create(new, batch_size=BATCH)
    rows.update((f"{row.key_state}|{row.key_name}", row) for row in new)
    update_columns(Agency, changed)
    for agency, root in zip(register.agencies, roots, strict=True):
        ids.agencies.append(root.pk)
        ids.agency_keys.update((key_to_text(key), root.pk) for key in agency.keys)
    acts += [Act("agency.listed", row, {}, {"name": row.name, "state": row.state_id}) for row in new]
    return acts


def _agreements(store: Store, register: Register, ids: Ids) -> list[Act]:
    if store.agreements is None:
        holders = {row.pk: row for row in (store.agencies or {}).values()}
        real = Agreement.objects.filter(is_synthetic=False)
        store.agreements = {row.key: row for row in real}
        for row in store.agreements.values():
            if row.agency_id in holders:
                row.agency = holders[row.agency_id]
    rows = store.agreements
    acts: list[Act] = []
    changed: dict[int, dict[str, Any]] = {}
    new: list[Agreement] = []
    roots: list[Agreement] = []
    used = {row.ref for row in rows.values()}
    today = timezone.localdate()
    for agreement in register.agreements:
        keys = [key_to_text(key) for key in agreement.keys]
        known = [rows[key] for key in keys if key in rows]
        values = _agreement_values(agreement, ids)
        if known:
            root = min(known, key=lambda row: row.pk)
            values.pop("superseded_by_id")  # set below, when all have their ids
            acts += _set(root, values, changed, "agreement.changed")
            for double in known:
                if double is not root:
                    merged = {"merged_into_id": root.pk, "agency_id": values["agency_id"]}
                    acts += _set(double, merged, changed, "agreement.merged")
        else:
            root = Agreement(
                ref=_free_ref(AGREEMENT, keys[0], used),
                key=keys[0],
                status=values["list_status"],
                status_on=today,
                **values,
            )
            new.append(root)
        roots.append(root)
    Agreement.objects.bulk_create(new, batch_size=BATCH)
    rows.update((row.key, row) for row in new)
    for agreement, root in zip(register.agreements, roots, strict=True):
        ids.agreements.append(root.pk)
        ids.agreement_keys.update((key_to_text(key), root.pk) for key in agreement.keys)
    holders = {row.pk: row for row in (store.agencies or {}).values()}
    for agreement, root in zip(register.agreements, roots, strict=True):
        root.agency = holders[root.agency_id]  # known here; the trail's label must not ask for it
        later = None if agreement.superseded_by is None else ids.agreements[agreement.superseded_by]
        acts += _set(root, {"superseded_by_id": later}, changed, "agreement.changed")
    update_columns(Agreement, changed)
    return acts + [_listed(row) for row in new]


def _listed(row: Agreement) -> Act:
    told = {"model": row.model, "signed_on": row.signed_on, "list_status": row.list_status}
    return Act("agreement.listed", row, {}, told)


def _orphans(store: Store, ids: Ids, moves: Mapping[int, int]) -> list[Act]:
    """Rows whose key no list leads to any more, because cells are read otherwise now: they point to where
    their printed rows went. A row without any is left as it is: something may refer to it."""
    acts: list[Act] = []
    changed: dict[int, dict[str, Any]] = {}
    agreements = {row.pk: row for row in (store.agreements or {}).values()}
    standing, agencies = set(ids.agreements), set(ids.agencies)
    changed_agencies: dict[int, dict[str, Any]] = {}
    for row in agreements.values():
        target = moves.get(row.pk)
        if target in standing and row.pk not in standing and row.merged_into_id is None:
            old_agency, new_agency = row.agency, agreements[target].agency
            values = {"merged_into_id": target, "agency_id": new_agency.pk}
            acts += _set(row, values, changed, "agreement.merged")
            if old_agency.pk not in agencies and old_agency.merged_into_id is None:
                pointer = {"merged_into_id": new_agency.pk}
                acts += _set(old_agency, pointer, changed_agencies, "agency.merged")
    update_columns(Agreement, changed)
    update_columns(Agency, changed_agencies)
    return acts


def _agreement_values(agreement: AgreementState, ids: Ids) -> dict[str, Any]:
    return {
        "agency_id": ids.agencies[agreement.agency],
        "model": agreement.model,
        "signed_on": agreement.signed_on,
        "first_printed_on": agreement.first_printed_on,
        "signed_text": agreement.signed_text[:40],
        "moa_url": agreement.moa_url[:500],
        "moa_linked_on": agreement.moa_linked_on,
        "list_status": agreement.status.value,
        "ever_participating": agreement.ever_participating,
        "first_publication_id": ids.publications[agreement.first_list],
        "last_publication_id": ids.publications[agreement.last_list],
        "superseded_by_id": None,
        "merged_into_id": None,
    }


def _set(row: Any, values: Wanted, changed: dict[int, dict[str, Any]], verb: str) -> list[Act]:
    """Set what differs on `row`; the act for the trail when it tells something."""
    before = {name: getattr(row, name) for name, value in values.items() if getattr(row, name) != value}
    if not before:
        return []
    for name in before:
        setattr(row, name, values[name])
        changed.setdefault(row.pk, {})[name] = values[name]
    told = {name: value for name, value in before.items() if name in TRAILED}
    return [Act(verb, row, told, {name: values[name] for name in told})] if told else []


def _free_ref(prefix: str, key: str, used: set[str]) -> str:
    attempt = 0
    while (ref := make_ref(prefix, key, attempt=attempt)) in used:
        attempt += 1
    used.add(ref)
    return ref
