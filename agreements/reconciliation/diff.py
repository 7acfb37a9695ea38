"""What an import would change in the register, for the preview shown before it is applied.

The comparison is between two derived registers, not between two lists, so it is also right for a list that
lies between two known ones. Agreements are matched by the listing keys they share; a spell on the pending
list, which may pass from a lapsed agreement to the one signed next, matches those only that were not signed.

Counts, each of agreements unless said:

- `added`: signed and printed now, but not (or only as pending) before
- `pending_added`, `pending_left`: new on, or gone from, the pending lists without having been signed
- `changed`: another MOA link or addendum, or its agency's respelled name, type or county
- `renamed`: its agency bears another name; `reattributed`: another agency holds it
- `date_corrected`: the current signing date is another
- `missing`, `removed`, `superseded`, `returned`: the status became so (`returned`: active again)
- `history`: the status today is the same, but its past spans are not (a list in between does this)
- `joined`: two or more agreements became one; `withdrawn`: no longer derived (after a verdict)
- `duplicates`: repeated rows, in lists; `review`: new questions for a person
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from .types import (
    AgencyKey,
    AgencyState,
    AgreementState,
    Change,
    ChangeKind,
    Link,
    ListingKey,
    Register,
    Status,
)

COUNTS = (
    "added",
    "pending_added",
    "pending_left",
    "changed",
    "renamed",
    "reattributed",
    "date_corrected",
    "missing",
    "removed",
    "superseded",
    "returned",
    "history",
    "joined",
    "withdrawn",
    "duplicates",
    "review",
)
_STATUS = {
    Status.MISSING: "missing",
    Status.REMOVED: "removed",
    Status.SUPERSEDED: "superseded",
    Status.ACTIVE: "returned",
}
_EVIDENCE = {
    "added": (ChangeKind.ADDED,),
    "pending_added": (ChangeKind.PENDING_ADDED,),
    "pending_left": (ChangeKind.PENDING_LEFT,),
    "changed": (ChangeKind.CHANGED,),
    "renamed": (ChangeKind.RENAMED,),
    "reattributed": (ChangeKind.REATTRIBUTED,),
    "date_corrected": (ChangeKind.DATE_CORRECTED,),
    "missing": (ChangeKind.MISSING,),
    "removed": (ChangeKind.REMOVED, ChangeKind.MISSING),
    "superseded": (ChangeKind.SUPERSEDED,),
    "returned": (ChangeKind.RETURNED, ChangeKind.ADDED),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the preview. `listing`: the key that identifies the agreement, () for none."""

    kind: str
    listing: ListingKey | tuple[()]
    state: str
    agency: str
    model: str
    before: Mapping[str, str] = field(default_factory=dict, hash=False)
    after: Mapping[str, str] = field(default_factory=dict, hash=False)
    rule: str = ""
    row_digest: str = ""
    list_digest: str = ""


@dataclass(frozen=True, slots=True)
class RegisterDiff:
    counts: Mapping[str, int]
    entries: tuple[Entry, ...]


def register_diff(before: Register | None, after: Register) -> RegisterDiff:
    """Compare two registers. `before` None: everything is new."""
    entries: list[Entry] = []
    old_of: dict[ListingKey, int] = {}
    for number, agreement in enumerate(before.agreements if before else ()):
        for key in agreement.keys:
            old_of[key] = number
    evidence = _evidence(after.changes)
    matched: set[int] = set()
    for number, agreement in enumerate(after.agreements):
        known = [key for key in agreement.keys if key in old_of]
        olds = sorted({old_of[key] for key in known if key[3] or not _was_signed(before, old_of[key])})
        matched.update(olds)
        if known and not olds and not agreement.ever_participating:
            continue  # pending as before, but no longer taken for a step of an agreement signed earlier
        for kind, was, becomes in _differences(before, after, agreement, olds):
            entries.append(_entry(after, number, kind, was=was, becomes=becomes, evidence=evidence))
    if before is not None:
        entries += [_withdrawn(before, n) for n in range(len(before.agreements)) if n not in matched]
    entries += _duplicates(before, after)
    entries += _questions(before, after)
    counts = dict.fromkeys(COUNTS, 0)
    for entry in entries:
        counts[entry.kind] += 1
    order = {name: i for i, name in enumerate(COUNTS)}
    entries.sort(key=lambda entry: (order[entry.kind], entry.state, entry.agency, entry.model, entry.listing))
    return RegisterDiff(counts, tuple(entries))


def _was_signed(before: Register | None, number: int) -> bool:
    return before is not None and before.agreements[number].ever_participating


def _evidence(changes: Iterable[Change]) -> dict[tuple[int, ChangeKind], Change]:
    """The newest change of a kind by agreement: it names the row and the rule."""
    return {(change.agreement, change.kind): change for change in changes if change.agreement is not None}


def _entry(
    after: Register,
    number: int,
    kind: str,
    *,
    was: dict[str, str],
    becomes: dict[str, str],
    evidence: Mapping[tuple[int, ChangeKind], Change],
) -> Entry:
    agreement = after.agreements[number]
    agency = after.agencies[agreement.agency]
    found = next(
        (evidence[number, name] for name in _EVIDENCE.get(kind, ()) if (number, name) in evidence), None
    )
    return Entry(
        kind,
        agreement.keys[-1],
        agency.state,
        agency.name,
        agreement.model,
        was,
        becomes,
        found.rule if found else "",
        found.row_digest if found else "",
        found.list_digest if found else "",
    )


_Difference = tuple[str, dict[str, str], dict[str, str]]


def _differences(
    before: Register | None, after: Register, agreement: AgreementState, olds: list[int]
) -> list[_Difference]:
    agency = after.agencies[agreement.agency]
    if before is None or not olds:
        kind = "added" if agreement.ever_participating else "pending_added"
        return [
            (kind, {}, {"name": agency.name, "signed": _signed(agreement), "status": agreement.status.value})
        ]
    found: list[_Difference] = []
    if len(olds) > 1:
        found.append(("joined", {"agreements": str(len(olds))}, {"agreements": "1"}))
    signed = [n for n in olds if before.agreements[n].ever_participating]
    old = before.agreements[(signed or olds)[-1]]
    old_agency = before.agencies[old.agency]
    if agreement.ever_participating and not signed:
        found.append(
            ("added", {"status": old.status.value}, {"name": agency.name, "signed": _signed(agreement)})
        )
    elif agreement.status is not old.status:
        if agreement.ever_participating:
            # One that had ended and waited again was not removed by the list that ends the waiting.
            kind = "history" if old.status is Status.PENDING else _STATUS.get(agreement.status, "history")
        else:
            kind = "pending_added" if agreement.status is Status.PENDING else "pending_left"
        found.append((kind, {"status": old.status.value}, {"status": agreement.status.value}))
    elif _dates(old) != _dates(agreement):
        found.append(("history", {"spans": _dates(old)}, {"spans": _dates(agreement)}))
    if signed and _signed(old) != _signed(agreement):
        found.append(("date_corrected", {"signed": _signed(old)}, {"signed": _signed(agreement)}))
    return found + _field_differences(old, old_agency, agreement, agency)


def _field_differences(
    old: AgreementState, old_agency: AgencyState, new: AgreementState, agency: AgencyState
) -> list[_Difference]:
    found: list[_Difference] = []
    pairs = {
        "moa_url": (old.moa_url, new.moa_url),
        "addendum_urls": (" ".join(old.addendum_urls), " ".join(new.addendum_urls)),
    }
    if not set(old_agency.keys) & set(agency.keys):
        found.append(("reattributed", {"name": old_agency.name}, {"name": agency.name}))
    else:
        pairs["agency_type"] = (old_agency.agency_type, agency.agency_type)
        pairs["county_fips"] = (old_agency.county_fips, agency.county_fips)
        if old_agency.name != agency.name:
            if old_agency.keys == agency.keys and len(agency.keys) == 1:
                pairs["name"] = (old_agency.name, agency.name)
            else:
                found.append(("renamed", {"name": old_agency.name}, {"name": agency.name}))
    changed = {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}
    if changed:
        was = {name: pair[0] for name, pair in changed.items()}
        found.append(("changed", was, {name: pair[1] for name, pair in changed.items()}))
    return found


def _signed(agreement: AgreementState) -> str:
    return agreement.signed_on.isoformat() if agreement.signed_on else agreement.signed_text


def _dates(agreement: AgreementState) -> str:
    return " ".join(f"{span.status.value}:{span.begins_on}..{span.ends_on or ''}" for span in agreement.spans)


def _withdrawn(before: Register, number: int) -> Entry:
    agreement = before.agreements[number]
    agency = before.agencies[agreement.agency]
    was = {"status": agreement.status.value, "signed": _signed(agreement)}
    return Entry("withdrawn", agreement.keys[-1], agency.state, agency.name, agreement.model, was)


def _duplicates(before: Register | None, after: Register) -> list[Entry]:
    known = {(d.list_digest, d.listing, d.rows) for d in before.duplicates} if before else set()
    found = []
    for duplicate in after.duplicates:
        if (duplicate.list_digest, duplicate.listing, duplicate.rows) in known:
            continue
        state, name, model, _ = duplicate.listing
        text = {
            "rows": " ".join(map(str, duplicate.rows)),
            "identical": "yes" if duplicate.identical else "no",
        }
        found.append(
            Entry(
                "duplicates", duplicate.listing, state, name, model, {}, text, "", "", duplicate.list_digest
            )
        )
    return found


def _questions(before: Register | None, after: Register) -> list[Entry]:
    known = {(link.rule, link.left, link.right) for link in before.proposals} if before else set()
    found = []
    for link in after.proposals:
        if (link.rule, link.left, link.right) in known:
            continue
        listing = link.left if len(link.left) == 4 else ()
        model = link.left[2] if len(link.left) == 4 else ""
        texts = {"left": _called(link, link.left)}, {"right": _called(link, link.right)}
        row = str(link.evidence.get("row", ""))
        rule = link.rule.value
        found.append(
            Entry("review", listing, link.left[0], link.left[1], model, *texts, rule, row, link.list_digest)
        )
    return found


def _called(link: Link, key: AgencyKey | ListingKey) -> str:
    """One side of a question as people write it: name, state, and for an agreement its model and date."""
    sides: Any = link.evidence.get("sides", ())
    names = {tuple(side["key"][:2]): side["name"] for side in sides}
    name = names.get(tuple(key[:2]), link.evidence.get("name") or key[1])
    return ", ".join([f"{name} ({key[0]})", *(part for part in key[2:] if part)])
