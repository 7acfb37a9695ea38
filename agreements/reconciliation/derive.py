"""The register that a set of lists and verdicts amounts to. A pure function: same input, same register.

`derive` is run after every imported file over all lists, so it works on differences between lists and on
bit masks; see `index`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from .assembly import Agencies, Draft, assemble_agencies, draft, ends, recency
from .changes import find_changes
from .corrections import Corrections, correct
from .fingerprint import fingerprint
from .identity import Identity, identify
from .index import Index, bits, build_index, first_bit, last_bit
from .life import Life, find_gaps, spans, supersede
from .memory import no_collection
from .types import (
    AgreementState,
    Attribution,
    CleanRow,
    DeriveInput,
    Duplicate,
    Link,
    ListInfo,
    ListingKey,
    Parameters,
    Register,
    Rule,
)


def derive(given: DeriveInput) -> Register:
    """Turn ordered lists into a register. `given.rows` must hold every digest the lists name."""
    with no_collection():
        return _derive(given)


def _derive(given: DeriveInput) -> Register:
    index = build_index(given.lists, given.rows)
    identity = identify(index, given.verdicts, given.parameters)
    corrections = correct(index, identity, given.verdicts, given.parameters)
    drafts = draft(index, identity, corrections)
    agencies = assemble_agencies(index, identity, corrections, given.rows)
    _live(index, drafts, given.parameters)
    agreements = tuple(_agreement(index, one, agencies, given.rows, given.parameters) for one in drafts)
    rules = _rules(index, identity, corrections, drafts)
    attributions = {
        digest: Attribution(listing.key, number, rules.get(digest, Rule.CANONICAL))
        for number, one in enumerate(drafts)
        for listing in (*one.listings, *one.pending)
        for digest in listing.digests
    }
    links = tuple(sorted((*identity.links, *corrections.links), key=_link_order))
    proposals = (*identity.proposals, *corrections.proposals, *_unparsed(index, drafts, given.rows))
    answered = {frozenset((verdict.left, verdict.right)) for verdict in given.verdicts}
    proposals = tuple(
        sorted((x for x in proposals if frozenset((x.left, x.right)) not in answered), key=_link_order)
    )
    duplicates = _duplicates(index, drafts, attributions)
    changes = find_changes(
        index,
        drafts=drafts,
        agreements=agreements,
        rows=given.rows,
        rules=rules,
        agency_of=agencies.of_key,
    )
    states = tuple(agencies.states)
    digest = fingerprint(states, agreements, links, proposals, duplicates)
    return Register(states, agreements, attributions, links, proposals, duplicates, changes, digest)


def _link_order(link: Link) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    return link.rule.value, link.left, link.right


def _live(index: Index, drafts: list[Draft], parameters: Parameters) -> None:
    """Give every agreement its absences and its heir."""
    groups: dict[tuple[tuple[str, str], str], list[Life]] = {}
    for number, one in enumerate(drafts):
        one.life = Life(one.mask, one.current.signed_on, number)
        if one.listings:
            find_gaps(index, one.life, parameters)
            groups.setdefault((one.holder, one.model), []).append(one.life)
    for lives in groups.values():
        if len(lives) > 1:
            supersede(index, lives, parameters)


def _agreement(
    index: Index, one: Draft, agencies: Agencies, rows: Mapping[str, CleanRow], parameters: Parameters
) -> AgreementState:
    if one.life is None:
        raise ValueError("An agreement needs its life first.")
    current = one.current
    pool = one.listings or one.pending
    earliest = pool[0] if len(pool) == 1 else min(pool, key=lambda x: (x.mask & -x.mask, x.key))
    masks = index.masks
    digests = [digest for listing in pool for digest in listing.digests]
    newest = digests[0]
    if len(digests) > 1:
        newest = max(
            digests, key=lambda digest: (masks[digest].bit_length(), masks[digest].bit_count(), digest)
        )
    first, last = ends(index, one.mask)
    history = spans(index, one.life, parameters)
    addenda = {rows[digest].addendum_url: (-last_bit(masks[digest]), digest) for digest in sorted(digests)}
    addenda.pop("", None)
    return AgreementState(
        keys=one.keys,
        agency=agencies.of_key[one.holder],
        model=one.model,
        first_printed_on=earliest.signed_on if one.listings else None,
        signed_on=_signed_on(one),
        signed_text="" if not one.listings or current.signed_on else current.key[3],
        moa_url=rows[newest].moa_url,
        addendum_urls=tuple(sorted(addenda, key=lambda url: addenda[url])),
        spans=history,
        status=history[-1].status,
        first_list=index.lists[first].digest,
        last_list=index.lists[last].digest,
        superseded_by=one.life.superseded_by,
        ever_participating=bool(one.listings),
        previous_agencies=_previous(index, one, agencies),
        moa_linked_on=min(
            (index.days[first_bit(masks[digest])] for digest in digests if rows[digest].moa_url), default=None
        ),
    )


def _signed_on(one: Draft) -> date | None:
    """The date printed last that can be read: an unreadable print is a question, no correction."""
    if not one.listings or one.current.signed_on:
        return one.current.signed_on if one.listings else None
    readable = [listing for listing in one.listings if listing.signed_on]
    return max(readable, key=recency).signed_on if readable else None


def _previous(index: Index, one: Draft, agencies: Agencies) -> tuple[tuple[int, str], ...]:
    """Agencies that held the agreement before, with the last list that printed it for them."""
    holder = agencies.of_key[one.holder]
    masks: dict[int, int] = {}
    for listing in one.listings:
        number = agencies.of_key[listing.agency]
        if number != holder:
            masks[number] = masks.get(number, 0) | listing.mask
    found = [(last_bit(mask), number) for number, mask in masks.items()]
    return tuple((number, index.lists[bit].digest) for bit, number in sorted(found))


def _rules(
    index: Index, identity: Identity, corrections: Corrections, drafts: list[Draft]
) -> dict[str, Rule]:
    """By which rule a row was attributed, where it was not by its canonical name. By row digest."""
    by_agency: dict[tuple[str, ...], Rule] = {}
    for link in sorted(identity.links, key=_link_order):
        rarer = min((link.left, link.right), key=lambda key: (index.agencies[key].bit_count(), key))  # type: ignore[index]
        by_agency.setdefault(rarer, link.rule)
    by_listing: dict[tuple[str, ...], Rule] = {}
    for link in sorted(corrections.links, key=_link_order):
        by_listing.setdefault(link.right if link.rule is Rule.STATE_SLIP else link.left, link.rule)
    rules: dict[str, Rule] = {}
    for one in drafts:
        for listing in (*one.listings, *one.pending):
            rule = by_listing.get(listing.key) or by_agency.get(listing.agency)
            if rule is None and not listing.key[3] and one.listings:
                rule = Rule.PENDING_TO_ACTIVE
            if rule is None and listing.key[3] and listing.signed_on is None:
                rule = Rule.UNPARSED
            if rule is not None:
                rules.update(dict.fromkeys(listing.digests, rule))
    return rules


def _unparsed(index: Index, drafts: list[Draft], rows: Mapping[str, CleanRow]) -> list[Link]:
    """Questions about rows that could not be keyed and dates that could not be read."""
    found = []
    for digest in index.unkeyed:
        row = rows[digest]
        key: ListingKey = (row.state, row.canonical, row.model, row.signed_key)
        bit = (index.masks[digest] & -index.masks[digest]).bit_length() - 1
        evidence = {"row": digest, "name": row.name, "flags": list(row.flags)}
        found.append(Link(Rule.UNPARSED, key, key, evidence, index.lists[bit].digest))
    for one in drafts:
        if one.listings and one.current.signed_on is None:
            key = one.current.key
            bit = (one.current.mask & -one.current.mask).bit_length() - 1
            evidence = {
                "name": index.names[one.current.agency],
                "flags": sorted(one.current.flags | {"date"}),
            }
            found.append(Link(Rule.UNPARSED, key, key, evidence, index.lists[bit].digest))
    return found


def _duplicates(
    index: Index, drafts: list[Draft], attributions: Mapping[str, Attribution]
) -> tuple[Duplicate, ...]:
    """Rows of a list beyond the first that state the same agreement."""
    suspects = index.repeating
    for one in drafts:
        seen = 0
        for listing in (*one.listings, *one.pending):
            for digest in listing.digests:
                mask = index.masks[digest]
                suspects |= seen & mask
                seen |= mask
    found: list[Duplicate] = []
    for bit in bits(suspects):
        found += _of_list(index.lists[bit], attributions)
    return tuple(
        sorted(found, key=lambda duplicate: (duplicate.list_digest, duplicate.listing, duplicate.rows))
    )


def _of_list(info: ListInfo, attributions: Mapping[str, Attribution]) -> list[Duplicate]:
    places: dict[int, list[int]] = {}
    for place, digest in enumerate(info.rows):
        if (attribution := attributions.get(digest)) is not None:
            places.setdefault(attribution.agreement, []).append(place)
    found = []
    for where in places.values():
        if len(where) < 2:
            continue
        listings = sorted({attributions[info.rows[place]].listing for place in where})
        digests = {info.rows[place] for place in where}
        found.append(Duplicate(info.digest, tuple(where), listings[0], len(digests) == 1))
    return found
