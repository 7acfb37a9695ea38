"""Checking that the tables hold what the lists and verdicts amount to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import transaction

from agreements.choices import Origin
from agreements.models import Agency, Agreement, AgreementStatus, RegisterState
from agreements.reconciliation.derive import derive
from agreements.reconciliation.types import Register
from agreements.services.first_listed import first_listed_differences
from agreements.services.keys import key_to_text
from agreements.services.store import Store

__all__ = ["Verification", "register_verify"]


@dataclass(frozen=True, slots=True)
class Verification:
    """`stored` is the hash kept with the register, `derived` the one that its lists give now."""

    stored: str
    derived: str
    differences: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        return self.stored == self.derived and not self.differences


@transaction.atomic
def register_verify() -> Verification:
    """Derive the register again and hold the tables against it: agencies, agreements, list statements."""
    state = RegisterState.objects.get(pk=1)
    store = Store.load()
    if not store.lists:
        return Verification(state.hash, state.hash, ())
    register = derive(store.derive_input())
    differences = [*_agency_differences(register), *_agreement_differences(register)]
    return Verification(state.hash, register.hash, tuple(differences))


def _agency_differences(register: Register) -> Iterator[str]:
    rows = Agency.objects.filter(is_synthetic=False)
    roots = {f"{row.key_state}|{row.key_name}": row.merged_into_id or row.pk for row in rows}
    for agency in register.agencies:
        keys = [key_to_text(key) for key in agency.keys]
        if len({roots[key] for key in keys if key in roots}) != 1:
            yield f"agency {keys[0]}"
    refs = dict(rows.values_list("pk", "ref"))
    yield from (f"agency {refs[pk]}: first listed" for pk in first_listed_differences() if pk in refs)


def _agreement_differences(register: Register) -> Iterator[str]:
    rows = {row.pk: row for row in Agreement.objects.filter(is_synthetic=False)}
    roots = {row.key: row.merged_into_id or row.pk for row in rows.values()}
    spans: dict[int, set[tuple[object, ...]]] = defaultdict(set)
    statements = AgreementStatus.objects.filter(origin=Origin.LIST)
    for pk, *span in statements.values_list("agreement_id", "status", "begins_on", "ends_on"):
        spans[pk].add(tuple(span))
    for agreement in register.agreements:
        keys = [key_to_text(key) for key in agreement.keys]
        found = {roots[key] for key in keys if key in roots}
        if len(found) != 1:
            yield f"agreement {keys[0]}: {len(found)} rows"
            continue
        row = rows[found.pop()]
        wanted = {(span.status.value, span.begins_on, span.ends_on) for span in agreement.spans}
        same = (row.signed_on, row.list_status, row.moa_linked_on) == (
            agreement.signed_on,
            agreement.status.value,
            agreement.moa_linked_on,
        )
        if not same or spans[row.pk] != wanted:
            yield f"agreement {keys[0]}: fields or statuses"
