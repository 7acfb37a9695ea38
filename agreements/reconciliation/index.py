"""Who stands in which list: presence as bit masks, listings and agency keys.

A mask is a Python integer. Bit i is the i-th participating list; the pending lists follow above them. So
"ever printed in one list" is one `&`, and hand-overs between consecutive lists are a shift.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from .links import moa_file
from .types import PARTICIPATING, PENDING, AgencyKey, CleanRow, ListInfo, ListingKey

_YEAR_AHEAD = 366  # days: a signing date further ahead of its list is a slip


def bits(mask: int) -> Iterator[int]:
    """Positions of the set bits, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def runs(mask: int) -> list[tuple[int, int]]:
    """Half-open stretches of set bits: 0b0110 -> [(1, 3)]."""
    found = []
    while mask:
        start = (mask & -mask).bit_length() - 1
        rest = mask >> start
        length = (~rest & (rest + 1)).bit_length() - 1
        found.append((start, start + length))
        mask = rest >> length << (start + length)
    return found


def first_bit(mask: int) -> int:
    return (mask & -mask).bit_length() - 1


def last_bit(mask: int) -> int:
    return mask.bit_length() - 1


@dataclass(slots=True)
class Listing:
    """All prints of one listing key. Masks are over lists, see the module's docstring."""

    key: ListingKey
    mask: int = 0
    linked: int = 0  # lists in which it links an MOA
    files: dict[str, int] = field(default_factory=dict)  # linked file name -> mask
    digests: list[str] = field(default_factory=list)
    counties: set[str] = field(default_factory=set)
    flags: set[str] = field(default_factory=set)
    signed_on: date | None = None

    @property
    def agency(self) -> AgencyKey:
        return self.key[0], self.key[1]


@dataclass(slots=True)
class Index:
    """Everything the tiers ask about. `n` is the number of participating lists."""

    participating: list[ListInfo]
    pending: list[ListInfo]
    positions: list[int]  # by bit: place in the order of all lists
    lists: list[ListInfo]  # by bit
    days: list[date]  # by bit: publication date, never running backwards within a kind
    masks: dict[str, int]  # by digest
    listings: dict[ListingKey, Listing]
    agencies: dict[AgencyKey, int]  # mask
    agency_listings: dict[AgencyKey, list[Listing]]
    unkeyed: list[str]  # digests without state, agency or model
    too_late: set[str]  # digests signed more than a year after the first list that prints them
    n: int
    participating_bits: int
    names: dict[AgencyKey, str]  # a display name
    repeating: int  # lists that print one row twice

    def n_lists(self, key: AgencyKey) -> int:
        return self.agencies[key].bit_count()


def presence(lists: Sequence[ListInfo], shift: int, into: dict[str, int]) -> int:
    """Add the masks of all digests of these lists; returns the mask of lists that repeat a row.

    Works on differences: most rows stay from list to list.
    """
    repeating = 0
    opened: dict[str, int] = {}
    before: set[str] = set()
    for i, info in enumerate(lists):
        now = set(info.rows)
        if len(now) != len(info.rows):
            repeating |= 1 << i
        for digest in before - now:
            into[digest] = into.get(digest, 0) | (((1 << i) - (1 << opened.pop(digest))) << shift)
        for digest in now - before:
            opened[digest] = i
        before = now
    end = len(lists)
    for digest, start in opened.items():
        into[digest] = into.get(digest, 0) | (((1 << end) - (1 << start)) << shift)
    return repeating << shift


def _monotone(lists: Iterable[ListInfo]) -> list[date]:
    days: list[date] = []
    for info in lists:
        days.append(max(days[-1], info.published_on) if days else info.published_on)
    return days


def build_index(lists: Sequence[ListInfo], rows: Mapping[str, CleanRow]) -> Index:
    """Index ordered lists. `rows` must hold every digest that a list names (KeyError otherwise)."""
    place = {id(info): i for i, info in enumerate(lists)}
    participating = [info for info in lists if info.kind == PARTICIPATING]
    pending = [info for info in lists if info.kind == PENDING]
    n = len(participating)
    both = participating + pending
    masks: dict[str, int] = {}
    repeating = presence(participating, 0, masks) | presence(pending, n, masks)
    # In one order in every process: what `presence` walks are sets of texts.
    masks = dict(sorted(masks.items()))
    days = _monotone(participating) + _monotone(pending)
    index = Index(
        participating,
        pending,
        [place[id(info)] for info in both],
        both,
        days,
        masks,
        {},
        {},
        {},
        [],
        set(),
        n,
        (1 << n) - 1,
        {},
        repeating,
    )
    _fill(index, rows)
    return index


def _fill(index: Index, rows: Mapping[str, CleanRow]) -> None:
    split = _split_by_county(index, rows)
    listings = index.listings
    for digest, mask in index.masks.items():
        row = rows[digest]
        state, name, fips = row.state, row.canonical, row.county_fips
        if not (state and name and row.model):
            index.unkeyed.append(digest)
            continue
        if split and fips and (state, name) in split:
            name = f"{name} [{fips}]"
        key = (state, name, row.model, row.signed_key)
        listing = listings.get(key)
        if listing is None:
            listing = listings[key] = Listing(key, signed_on=row.signed_on)
        _print(index, listing, row, mask)
    for listing in index.listings.values():
        _file_under_agency(index, listing)
    for agency, found in index.agency_listings.items():
        first = min(found, key=lambda listing: (listing.mask & -listing.mask, listing.key))
        index.names[agency] = rows[first.digests[0]].name


def _print(index: Index, listing: Listing, row: CleanRow, mask: int) -> None:
    """Add one row, printed in the lists of `mask`, to its listing."""
    listing.mask |= mask
    listing.digests.append(row.digest)
    if row.county_fips:
        listing.counties.add(row.county_fips)
    if row.flags:
        listing.flags.update(row.flags)
    if row.moa_url:
        listing.linked |= mask
        file = moa_file(row.moa_url)
        listing.files[file] = listing.files.get(file, 0) | mask
    if row.signed_on is not None and (row.signed_on - index.days[first_bit(mask)]).days > _YEAR_AHEAD:
        index.too_late.add(row.digest)


def _file_under_agency(index: Index, listing: Listing) -> None:
    digests = listing.digests
    if len(digests) > 1:
        digests.sort(key=lambda digest: (first_bit(index.masks[digest]), digest))
    agency = listing.agency
    index.agencies[agency] = index.agencies.get(agency, 0) | listing.mask
    index.agency_listings.setdefault(agency, []).append(listing)
    if index.too_late and not index.too_late.isdisjoint(digests):
        listing.signed_on = None


def _split_by_county(index: Index, rows: Mapping[str, CleanRow]) -> set[AgencyKey]:
    """Names that one list prints for two counties: two agencies, e.g. two Union Townships in one state.

    Only when one list has both, for one model, and not as one agreement with one MOA: a county that merely
    changes from list to list is a correction.
    """
    seen: dict[AgencyKey, str] = {}
    several: dict[AgencyKey, list[str]] = {}
    for digest in index.masks:
        row = rows[digest]
        if (
            row.county_fips
            and seen.setdefault((row.state, row.canonical), row.county_fips) != row.county_fips
        ):
            several[(row.state, row.canonical)] = []
    if not several:
        return set()
    for digest in index.masks:
        row = rows[digest]
        if row.county_fips and (row.state, row.canonical) in several:
            several[(row.state, row.canonical)].append(digest)
    return {
        agency
        for agency, digests in several.items()
        if any(_two_agencies(index, rows, a, b) for i, a in enumerate(digests) for b in digests[i + 1 :])
    }


def _two_agencies(index: Index, rows: Mapping[str, CleanRow], left: str, right: str) -> bool:
    a, b = rows[left], rows[right]
    if a.county_fips == b.county_fips or a.model != b.model or not index.masks[left] & index.masks[right]:
        return False
    same_moa = bool(a.moa_url) and moa_file(a.moa_url) == moa_file(b.moa_url)
    return not (same_moa and a.signed_key == b.signed_key)
