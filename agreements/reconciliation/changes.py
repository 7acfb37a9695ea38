"""What each list changed, compared with the list before it of its kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter

from .assembly import Draft
from .index import Index, bits
from .life import Gap, pending_runs
from .types import AgreementState, Change, ChangeKind, CleanRow, Rule

_FIELDS = ("name", "agency_type", "county_fips", "moa_url", "addendum_url")
_OPTIONAL = ("agency_type", "county_fips")
_Add = Callable[[int, ChangeKind, int, str, dict[str, str], dict[str, str]], None]


def find_changes(
    index: Index,
    *,
    drafts: Sequence[Draft],
    agreements: Sequence[AgreementState],
    rows: Mapping[str, CleanRow],
    rules: Mapping[str, Rule],
    agency_of: Mapping[tuple[str, str], int],
) -> tuple[Change, ...]:
    """All changes, ordered by list, kind, agreement. `rules`: by row digest; `agency_of`: by agency key."""
    found: list[tuple[tuple[int, str, int, str], Change]] = []

    def add(  # noqa: PLR0917
        bit: int, kind: ChangeKind, number: int, digest: str, before: dict[str, str], after: dict[str, str]
    ) -> None:
        info = index.lists[bit]
        # The row printed after a correction is the ordinary one; the correction is why it changed.
        by_row = rules.get(digest, Rule.CANONICAL)
        rule = str(Rule.DATE_CORRECTION if kind is ChangeKind.DATE_CORRECTED else by_row)
        change = Change(kind, info.digest, agreements[number].agency, number, rule, before, after, digest)
        found.append(((index.positions[bit], kind.value, number, digest), change))

    for number, one in enumerate(drafts):
        digests = [digest for listing in (*one.listings, *one.pending) for digest in listing.digests]
        stretches = one.life.stretches if one.life else []
        for i, (start, _) in enumerate(stretches):
            kind = ChangeKind.RETURNED if i else ChangeKind.ADDED
            digest = _printed_on(index, digests, start)
            add(start, kind, number, digest, {}, _shown(rows[digest]))
        for gap in one.life.gaps if one.life else ():
            _departure(index, gap, number, agreements=agreements, digests=digests, add=add)
        for start, end in pending_runs(index, one.mask) if one.pending else ():
            add(start, ChangeKind.PENDING_ADDED, number, _printed_on(index, digests, start), {}, {})
            if end < index.n + len(index.pending):
                signed = "yes" if stretches and index.days[stretches[0][0]] <= index.days[end] else "no"
                digest = _printed_on(index, digests, end - 1)
                add(end, ChangeKind.PENDING_LEFT, number, digest, {"status": "pending"}, {"listed": signed})
        if len(digests) > 1:
            _field_changes(index, digests, rows=rows, number=number, agency_of=agency_of, add=add)
    found.sort(key=lambda item: item[0])
    return tuple(change for _, change in found)


def _printed_on(index: Index, digests: Sequence[str], bit: int) -> str:
    """The row of an agreement on a list; the first by digest when the list prints it twice."""
    masks = index.masks
    printed = [digest for digest in digests if masks[digest] >> bit & 1]
    return printed[0] if len(printed) == 1 else min(printed, default="")


def _shown(row: CleanRow) -> dict[str, str]:
    return {"name": row.name, "model": row.model, "signed": row.signed_key}


def _departure(
    index: Index,
    gap: Gap,
    number: int,
    *,
    agreements: Sequence[AgreementState],
    digests: Sequence[str],
    add: _Add,
) -> None:
    digest = _printed_on(index, digests, gap.start - 1)
    heir = agreements[number].superseded_by
    if gap.final and heir is not None:
        after = {"superseded_by": "|".join(agreements[heir].keys[-1])}
        add(gap.start, ChangeKind.SUPERSEDED, number, digest, {"status": "active"}, after)
        return
    add(gap.start, ChangeKind.MISSING, number, digest, {"status": "active"}, {"status": "missing"})
    if gap.believed >= 0:
        after = {"status": "removed", "ended_on": index.days[gap.start].isoformat()}
        add(gap.believed, ChangeKind.REMOVED, number, digest, {"status": "missing"}, after)


def _field_changes(
    index: Index,
    digests: Sequence[str],
    *,
    rows: Mapping[str, CleanRow],
    number: int,
    agency_of: Mapping[tuple[str, str], int],
    add: _Add,
) -> None:
    """A row that gives way to another row of the same agreement on the next list of its kind."""
    masks = index.masks
    edge = 1 << index.n  # the first pending list is not after the last participating one
    before = [(masks[old] << 1) & ~masks[old] & ~edge for old in digests]
    for i, new in enumerate(digests):
        mask = masks[new]
        starts = mask & ~(mask << 1)
        for j, gone in enumerate(before):
            here = starts & gone
            if here and i != j:
                _compare(
                    rows[digests[j]],
                    rows[new],
                    moments=here,
                    number=number,
                    agency_of=agency_of,
                    digest=new,
                    add=add,
                )


_CONTENT = attrgetter("state", "canonical", "signed_key", *_FIELDS)


def _compare(
    before: CleanRow,
    after: CleanRow,
    *,
    moments: int,
    number: int,
    agency_of: Mapping[tuple[str, str], int],
    digest: str,
    add: _Add,
) -> None:
    was, becomes = _CONTENT(before), _CONTENT(after)
    if was == becomes:
        return
    found: list[tuple[ChangeKind, dict[str, str], dict[str, str]]] = []
    if was[2] != becomes[2]:
        # A date that cannot be read corrects none; which is meant is asked (Rule.UNPARSED).
        kind = ChangeKind.DATE_CORRECTED if after.signed_on else ChangeKind.CHANGED
        found.append((kind, {"signed": was[2]}, {"signed": becomes[2]}))
    named = False
    if was[0] != becomes[0]:
        found.append((ChangeKind.CHANGED, {"state": was[0]}, {"state": becomes[0]}))
    elif was[1] != becomes[1]:
        same = agency_of.get(was[:2]) == agency_of.get(becomes[:2])
        kind = ChangeKind.RENAMED if same else ChangeKind.REATTRIBUTED
        found.append((kind, {"name": before.name}, {"name": after.name}))
        named = True
    old: dict[str, str] = {}
    new: dict[str, str] = {}
    for name, x, y in zip(_FIELDS, was[3:], becomes[3:], strict=True):
        # Columns come and go: an empty type or county says nothing.
        if x != y and not (named and name == "name") and ((x and y) or name not in _OPTIONAL):
            old[name], new[name] = x, y
    if old:
        found.append((ChangeKind.CHANGED, old, new))
    for bit in bits(moments):
        for kind, left, right in found:
            add(bit, kind, number, digest, left, right)
