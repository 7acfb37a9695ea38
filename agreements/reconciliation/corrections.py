"""Which listings are one agreement: state slips and re-printed dates (docs/reconciliation.md, tiers 7 and 8).

A listing is what lists print: agency, model, signing date. Listings of joined agencies with one model and
date are one from the start; what is joined here differs in state, in date, or in the agency that holds it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from .identity import Identity, handover, side
from .index import Index, Listing, first_bit, last_bit
from .joining import Joiner
from .names import places_file
from .types import AgencyKey, Link, ListingKey, Parameters, Rule, Verdict, VerdictKind

_SHORT = 4  # a slip is printed in at most a quarter of the other's lists


@dataclass(slots=True)
class Corrections:
    """Listing keys joined into agreements."""

    joiner: Joiner[ListingKey]
    links: list[Link] = field(default_factory=list)
    proposals: list[Link] = field(default_factory=list)
    slipped: dict[ListingKey, ListingKey] = field(default_factory=dict)  # wrong-state print -> right one


@dataclass(slots=True)
class Node:
    """All listings of one agency, model and date, whatever their spelling."""

    root: AgencyKey
    model: str
    signed_key: str
    listings: list[Listing]
    mask: int
    linked: int
    files: dict[str, int]

    @property
    def key(self) -> ListingKey:
        return min(listing.key for listing in self.listings)

    @property
    def signed_on(self) -> date | None:
        return self.listings[0].signed_on


def correct(
    index: Index, identity: Identity, verdicts: Iterable[Verdict], parameters: Parameters
) -> Corrections:
    """Join listing keys, tier by tier, in an order fixed by the keys."""
    joiner: Joiner[ListingKey] = Joiner({key: listing.mask for key, listing in index.listings.items()})
    result = Corrections(joiner)
    _apply_verdicts(index, verdicts, result)
    nodes = _nodes(index, identity)
    for node in nodes:
        first = node.listings[0].key
        for listing in node.listings[1:]:
            if not joiner.vetoed(first, listing.key):
                joiner.join(first, listing.key)
    for move in sorted(identity.moves, key=lambda link: (link.rule, link.left, link.right)):
        _join(joiner, move, result)
    _state_slips(index, identity, nodes, result)
    _date_corrections(index, nodes, parameters, result)
    return result


def _apply_verdicts(index: Index, verdicts: Iterable[Verdict], result: Corrections) -> None:
    pairs: list[tuple[str, ListingKey, ListingKey]] = []
    for verdict in verdicts:
        if len(verdict.left) == 4 and len(verdict.right) == 4:
            left, right = sorted((verdict.left, verdict.right))
            pairs.append((verdict.kind.value, left, right))
    pairs.sort()
    for kind, left, right in pairs:
        if kind == VerdictKind.DISTINCT:
            result.joiner.keep_apart(left, right)
    for kind, left, right in pairs:
        known = left in index.listings and right in index.listings
        if kind != VerdictKind.SAME or not known or result.joiner.vetoed(left, right):
            continue
        if result.joiner.join(left, right):
            result.links.append(Link(Rule.VERDICT, left, right, {}))


def _join(joiner: Joiner[ListingKey], link: Link, result: Corrections) -> bool:
    left, right = link.left, link.right
    if joiner.vetoed(left, right):  # type: ignore[arg-type]
        if right not in joiner.apart.get(left, ()):  # type: ignore[arg-type]
            result.proposals.append(link)
        return False
    if joiner.find(left) == joiner.find(right):  # type: ignore[arg-type]
        return False
    if joiner.co_listed(left, right):  # type: ignore[arg-type]
        # One list prints both, perhaps through what was joined before: two agreements.
        result.proposals.append(replace(link, evidence={**link.evidence, "reason": "printed_in_one_list"}))
        return False
    joiner.join(left, right)  # type: ignore[arg-type]
    result.links.append(link)
    return True


def _nodes(index: Index, identity: Identity) -> list[Node]:
    """Participating listings grouped by joined agency, model and date; sorted."""
    groups: dict[tuple[AgencyKey, str, str], list[Listing]] = {}
    find = identity.joiner.find
    for key, listing in index.listings.items():
        if key[3]:
            groups.setdefault((find(listing.agency), key[2], key[3]), []).append(listing)
    nodes = []
    for (root, model, signed_key), listings in sorted(groups.items()):
        if len(listings) == 1:
            only = listings[0]
            nodes.append(Node(root, model, signed_key, listings, only.mask, only.linked, only.files))
            continue
        listings.sort(key=lambda listing: listing.key)
        mask = linked = 0
        files: dict[str, int] = {}
        for listing in listings:
            mask |= listing.mask
            linked |= listing.linked
            for file, where in listing.files.items():
                files[file] = files.get(file, 0) | where
        nodes.append(Node(root, model, signed_key, listings, mask, linked, files))
    return nodes


def _state_slips(index: Index, identity: Identity, nodes: list[Node], result: Corrections) -> None:
    """Tier 7: one agreement printed under a wrong state for a while."""
    groups: dict[tuple[str, str, str], list[Listing]] = {}
    for key, listing in index.listings.items():
        groups.setdefault(key[1:], []).append(listing)
    for (_, _, signed_key), group in sorted(groups.items()):
        states = {listing.key[0] for listing in group}
        if len(states) < 2:
            continue
        group.sort(key=lambda listing: (listing.mask.bit_count(), listing.key))
        for i, short in enumerate(group):
            for long in group[i + 1 :]:
                if short.key[0] != long.key[0] and not short.mask & long.mask:
                    _judge_slip(index, short, long, signed_key, result)


def _judge_slip(index: Index, short: Listing, long: Listing, signed_key: str, result: Corrections) -> None:
    if not _adjoin(index, short.mask, long.mask):
        return
    # A date printed anew may cut the right print short, so the whole agency counts.
    few, many = short.mask.bit_count(), max(long.mask.bit_count(), index.n_lists(long.agency))
    evidence: dict[str, object] = {"sides": [side(index, short), side(index, long)]}
    same_moa = bool(set(short.files) & set(long.files)) or _placed(short, long)
    # A county that the printed state does not have, but the other one does.
    foreign = bool({"county_of_another_state", "county_of_adjoining_state"} & short.flags) and bool(
        long.counties
    )
    supported = same_moa or foreign
    link = Link(Rule.STATE_SLIP, long.key, short.key, evidence, index.lists[first_bit(short.mask)].digest)
    if supported and (few * _SHORT <= many or few <= 3):
        if _join(result.joiner, link, result):
            result.slipped[short.key] = long.key
    elif signed_key and not short.counties and few * _SHORT <= many:
        evidence["reason"] = "no_county_or_moa_evidence"
        result.proposals.append(link)


def _placed(short: Listing, long: Listing) -> bool:
    """Whether the MOA says in its file's name that the agency is in the state of `long`, and nothing that is
    printed with `short`, neither MOA nor county, speaks for the other state."""
    if short.files or short.counties:
        return False
    return any(places_file(long.key[1], long.key[0], file) for file in long.files)


def _adjoin(index: Index, left: int, right: int) -> bool:
    """Whether one mask ends on a list and the other begins on the next, in either order."""
    return handover(index, left, right) >= 0 or handover(index, right, left) >= 0


def _date_corrections(index: Index, nodes: list[Node], parameters: Parameters, result: Corrections) -> None:
    """Tier 8: one agreement whose signing date was printed anew."""
    groups: dict[tuple[AgencyKey, str], list[Node]] = {}
    for node in nodes:
        groups.setdefault((node.root, node.model), []).append(node)
    found: list[tuple[tuple[object, ...], Link, str]] = []
    for _, group in sorted(groups.items()):
        if len(group) < 2:
            continue
        for old in group:
            for new in group:
                if old is not new:
                    _judge_dates(index, old, new, group=group, parameters=parameters, found=found)
    taken: set[tuple[str, ListingKey, int]] = set()
    for order, link, reason in sorted(found, key=lambda item: item[0]):
        moment = order[1]
        ends = ("old", link.left, moment), ("new", link.right, moment)
        if any(end in taken for end in ends):
            continue  # a listing is continued by one other only
        if reason:
            result.proposals.append(link)
            continue
        if _join(result.joiner, link, result):
            taken.update(ends)  # type: ignore[arg-type]


def _judge_dates(
    index: Index,
    old: Node,
    new: Node,
    *,
    group: list[Node],
    parameters: Parameters,
    found: list[tuple[tuple[object, ...], Link, str]],
) -> None:
    if old.mask & new.mask:
        return
    moment = handover(index, old.mask, new.mask)
    if moment < 0 or (first_bit(old.mask), old.key) > (first_bit(new.mask), new.key):
        return
    across = (1 << moment) | (1 << (moment - 1))
    if any(node is not old and node is not new and node.mask & across == across for node in group):
        return
    ground = _ground(old, new, moment, parameters)
    days = _days_apart(old, new)
    evidence: dict[str, object] = {
        "ground": ground,
        "days_apart": days,
        "sides": [side(index, old.listings[0]), side(index, new.listings[0])],
    }
    reason = ""
    if not ground:
        if days is None or days > parameters.date_near_days:
            return  # a renewal: `life` decides whether it superseded the old one
        reason = evidence["reason"] = "near_dates_without_moa_evidence"
    link = Link(Rule.DATE_CORRECTION, old.key, new.key, evidence, index.lists[moment].digest)
    found.append(
        ((bool(reason), moment, days if days is not None else 10**6, old.key, new.key), link, reason)
    )


def _days_apart(old: Node, new: Node) -> int | None:
    if old.signed_on is None or new.signed_on is None:
        return None
    return abs((new.signed_on - old.signed_on).days)


def _one_year_apart(old: Node, new: Node) -> bool:
    a, b = old.signed_on, new.signed_on
    return bool(a and b and abs(a.year - b.year) == 1 and (a.month, a.day) == (b.month, b.day))


def _ground(old: Node, new: Node, moment: int, parameters: Parameters) -> str:
    """Which condition of tier 8 holds, "" when none."""
    days = _days_apart(old, new)
    if not old.linked and new.linked:
        return "linked_only_later"
    if days is None:
        # One of the two dates is unreadable: the other is its reading.
        return "unreadable_date" if old.signed_on is None or new.signed_on is None else ""
    if not old.linked and days <= parameters.date_near_days:
        return "never_linked_and_near"
    if set(old.files) & set(new.files) and (days <= parameters.date_near_days or _one_year_apart(old, new)):
        return "same_moa"
    last = last_bit(old.mask & ((1 << moment) - 1))
    if not old.linked >> last & 1 and days <= parameters.date_unlinked_days:
        return "unlinked_at_the_end"
    return ""
