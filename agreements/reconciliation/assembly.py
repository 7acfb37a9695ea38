"""From joined keys to agreements and agencies, in an order that depends on their keys alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from .corrections import Corrections
from .identity import Identity
from .index import Index, Listing, first_bit, last_bit
from .life import Life
from .types import AgencyKey, AgencyState, CleanRow, ListingKey, NameSpan


@dataclass(slots=True)
class Draft:
    """An agreement in the making. `listings`: signed ones, then pending ones."""

    listings: list[Listing]
    holder: AgencyKey  # the representative of the agency that holds it now
    model: str
    mask: int = 0
    pending: list[Listing] = field(default_factory=list)
    life: Life | None = None
    keys: tuple[ListingKey, ...] = ()

    @property
    def current(self) -> Listing:
        """The listing printed last; its date and agency are the current ones."""
        pool = self.listings or self.pending
        if len(pool) == 1:
            return pool[0]
        return max(pool, key=recency)


def recency(listing: Listing) -> tuple[int, int, ListingKey]:
    return last_bit(listing.mask), listing.mask.bit_count(), listing.key


def draft(index: Index, identity: Identity, corrections: Corrections) -> list[Draft]:
    """All agreements, sorted by holder, model, and first key. Pending listings are attached."""
    alias = _aliases(index, identity, corrections)

    def root(key: AgencyKey) -> AgencyKey:
        found = identity.joiner.find(key)
        return alias.get(found, found)

    clusters: dict[ListingKey, list[Listing]] = {}
    pending: dict[tuple[AgencyKey, str], list[Listing]] = {}
    for key, listing in index.listings.items():
        if key[3]:
            clusters.setdefault(corrections.joiner.find(key), []).append(listing)
    drafts = []
    attached: dict[ListingKey, Draft] = {}
    for listings in clusters.values():
        one = _draft_of(listings, corrections, root)
        drafts.append(one)
        for listing in listings:
            attached[corrections.joiner.find(listing.key)] = one
    for key, listing in index.listings.items():
        if key[3]:
            continue
        direct = attached.get(corrections.joiner.find(key))
        if direct is not None:  # a person said so
            direct.pending.append(listing)
            continue
        right = corrections.slipped.get(key, key)
        pending.setdefault((root((right[0], right[1])), key[2]), []).append(listing)
    _attach_pending(index, drafts, pending)
    for one in drafts:
        one.pending.sort(key=lambda listing: listing.key)
        one.mask = 0
        for listing in (*one.listings, *one.pending):
            one.mask |= listing.mask
        one.keys = tuple(sorted(listing.key for listing in (*one.listings, *one.pending)))
    drafts.sort(key=lambda one: (one.holder, one.model, one.keys))
    return drafts


def _draft_of(
    listings: list[Listing], corrections: Corrections, root: Callable[[AgencyKey], AgencyKey]
) -> Draft:
    if len(listings) == 1:
        return Draft(listings, root(listings[0].agency), listings[0].key[2])
    listings.sort(key=lambda listing: listing.key)
    proper = [listing for listing in listings if listing.key not in corrections.slipped] or listings
    last = max(proper, key=recency)
    return Draft(listings, root(last.agency), last.key[2])


def _aliases(index: Index, identity: Identity, corrections: Corrections) -> dict[AgencyKey, AgencyKey]:
    """Agencies that exist only as a slip into a wrong state belong to the right one."""
    alias: dict[AgencyKey, AgencyKey] = {}
    for short, right in sorted(corrections.slipped.items()):
        wrong = identity.joiner.find((short[0], short[1]))
        members = identity.joiner.cluster(wrong)
        if all(x.key in corrections.slipped for member in members for x in index.agency_listings[member]):
            alias[wrong] = identity.joiner.find((right[0], right[1]))
    return alias


def _attach_pending(
    index: Index, drafts: list[Draft], pending: dict[tuple[AgencyKey, str], list[Listing]]
) -> None:
    """Pending spells belong to the first agreement of agency and model that was signed after they began."""
    by_agency: dict[tuple[AgencyKey, str], list[Draft]] = {}
    for one in drafts:
        by_agency.setdefault((one.holder, one.model), []).append(one)
    for place, listings in sorted(pending.items()):
        began = min(index.positions[first_bit(listing.mask)] for listing in listings)
        choices = []
        for one in by_agency.get(place, ()):
            start = min(first_bit(listing.mask) for listing in one.listings)
            first_key = min(listing.key for listing in one.listings)
            choices.append((index.positions[start] < began, index.positions[start], first_key, one))
        if choices:
            min(choices, key=lambda choice: choice[:3])[3].pending.extend(listings)
        else:
            one = Draft([], place[0], place[1], pending=listings)
            drafts.append(one)


@dataclass(slots=True)
class Agencies:
    states: list[AgencyState]
    of_key: dict[AgencyKey, int]


def assemble_agencies(
    index: Index, identity: Identity, corrections: Corrections, rows: Mapping[str, CleanRow]
) -> Agencies:
    """All agencies with their spellings, sorted by their smallest key."""
    alias = _aliases(index, identity, corrections)
    members: dict[AgencyKey, list[AgencyKey]] = {}
    for key in index.agencies:
        found = identity.joiner.find(key)
        members.setdefault(alias.get(found, found), []).append(key)
    states: list[AgencyState] = []
    of_key: dict[AgencyKey, int] = {}
    for _, keys in sorted(members.items()):
        keys.sort()
        for key in keys:
            of_key[key] = len(states)
        states.append(_agency(index, keys, corrections, rows))
    return Agencies(states, of_key)


def _agency(
    index: Index, keys: list[AgencyKey], corrections: Corrections, rows: Mapping[str, CleanRow]
) -> AgencyState:
    prints: list[tuple[bool, int, int, str, int]] = []
    ever = False
    positions, masks, slipped = index.positions, index.masks, corrections.slipped
    for key in keys:
        for listing in index.agency_listings[key]:
            ever = ever or bool(listing.key[3])
            proper = listing.key not in slipped
            for digest in listing.digests:
                mask = masks[digest]
                prints.append((proper, positions[mask.bit_length() - 1], mask.bit_count(), digest, mask))
    prints.sort(reverse=True)
    newest = rows[prints[0][3]]
    return AgencyState(
        keys=tuple(keys),
        state=newest.state,
        name=newest.name,
        names=_spellings(index, prints, rows),
        agency_type=next((text for item in prints if (text := rows[item[3]].agency_type)), ""),
        county_fips=next((text for item in prints if (text := rows[item[3]].county_fips)), ""),
        ever_participating=ever,
    )


def _spellings(
    index: Index, prints: list[tuple[bool, int, int, str, int]], rows: Mapping[str, CleanRow]
) -> tuple[NameSpan, ...]:
    masks: dict[str, int] = {}
    for item in prints:
        name = rows[item[3]].name
        masks[name] = masks.get(name, 0) | item[4]
    found = []
    for name, mask in masks.items():
        first, last = ends(index, mask)
        found.append(
            (
                index.positions[first],
                name,
                NameSpan(name, index.lists[first].digest, index.lists[last].digest),
            )
        )
    if len(found) > 1:
        found.sort(key=lambda item: item[:2])
    return tuple(item[2] for item in found)


def ends(index: Index, mask: int) -> tuple[int, int]:
    """The bits of the first and the last list of a mask, in the order of all lists of both kinds."""
    signed, waiting = mask & index.participating_bits, mask >> index.n << index.n
    if not waiting or not signed:
        return first_bit(mask), last_bit(mask)
    place = index.positions.__getitem__
    return min(first_bit(signed), first_bit(waiting), key=place), max(
        last_bit(signed), last_bit(waiting), key=place
    )
