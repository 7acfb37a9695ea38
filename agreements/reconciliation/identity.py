"""Which spellings are one agency: tiers 1 to 6 (docs/reconciliation.md, "Identity, in tiers").

Tier 2 is the key itself. Two spellings in one list, on different rows, are different agencies for tiers 3
to 6. Links are applied tier by tier in the order of their keys, never in the order of import.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .cleaning import edit_distance
from .index import Index, Listing, first_bit, last_bit
from .joining import Joiner
from .names import GENERIC, digits, distinctive, names_file
from .types import AgencyKey, Link, Parameters, Rule, Verdict, VerdictKind

_TYPO = 2  # edits
_ALIKE = 4  # edits
_MODIFIER_TIER = 4
_ROLES = frozenset(
    [
        "attorney", "board", "college", "commissioners", "constable", "correction", "detention",
        "jail", "marshal", "police", "prison", "prosecutor", "sheriff", "university",
    ]
)  # fmt: skip
_RARE = 4  # one print to so many of the other
_PENDING_GAP_DAYS = 90


@dataclass(slots=True)
class Identity:
    """Agency keys joined, the links that joined them and the questions that remained."""

    joiner: Joiner[AgencyKey]
    links: list[Link] = field(default_factory=list)
    proposals: list[Link] = field(default_factory=list)
    moves: list[Link] = field(default_factory=list)  # listing keys: re-attributions between standing agencies


@dataclass(frozen=True, slots=True, order=True)
class _Candidate:
    tier: int
    weight: int
    left: AgencyKey
    right: AgencyKey
    rule: Rule = field(compare=False)
    listings: tuple[Listing, Listing] = field(compare=False)
    sure: bool = field(compare=False, default=True)
    reason: str = field(compare=False, default="")


def identify(index: Index, verdicts: Iterable[Verdict], parameters: Parameters) -> Identity:
    """Join agency keys. Verdicts about listing keys are left to `corrections`."""
    joiner: Joiner[AgencyKey] = Joiner(index.agencies)
    result = Identity(joiner)
    _apply_verdicts(index, verdicts, result)
    candidates = [*_same_date(index), *_pending_spellings(index)]
    for candidate in sorted(candidates):
        _apply(index, candidate, result)
    result.proposals = _open_questions(joiner, result.proposals)
    return result


def _open_questions(joiner: Joiner[AgencyKey], proposals: list[Link]) -> list[Link]:
    """Without those that a later link answered, and one per pair of agencies."""
    seen: set[object] = set()
    kept = []
    for link in proposals:
        agency_keys = (link.left[0], link.left[1]), (link.right[0], link.right[1])
        pair = tuple(sorted(joiner.find(key) for key in agency_keys))
        question = pair if len(link.left) == 2 else (pair, link.left[2:], link.right[2:])
        if pair[0] != pair[1] and question not in seen:
            seen.add(question)
            kept.append(link)
    return kept


def _apply_verdicts(index: Index, verdicts: Iterable[Verdict], result: Identity) -> None:
    pairs = []
    for verdict in verdicts:
        if len(verdict.left) == 2 and len(verdict.right) == 2:
            left, right = sorted((verdict.left, verdict.right))
            pairs.append((verdict.kind.value, left, right))
    for kind, left, right in sorted(set(pairs)):
        if kind == VerdictKind.DISTINCT:
            result.joiner.keep_apart(left, right)
    for kind, left, right in sorted(set(pairs)):
        if kind != VerdictKind.SAME or left not in index.agencies or right not in index.agencies:
            continue
        if result.joiner.vetoed(left, right):
            continue  # a person said both; apart is the safe one
        if result.joiner.join(left, right):
            result.links.append(Link(Rule.VERDICT, left, right, {}))


def _apply(index: Index, candidate: _Candidate, result: Identity) -> None:
    joiner, left, right = result.joiner, candidate.left, candidate.right
    if joiner.find(left) == joiner.find(right):
        return
    if right in joiner.apart.get(left, ()) and candidate.tier <= _MODIFIER_TIER:
        return  # a person has answered this very question
    apart = joiner.co_listed(left, right) or joiner.vetoed(left, right)
    if candidate.sure and candidate.tier > _MODIFIER_TIER:
        alike = _alike(*candidate.listings)
        if apart or not alike or roles_differ(left[1], right[1]):
            _move(index, candidate, apart and not alike, result)
            return
    if candidate.sure and apart:
        # Two names that one list prints elsewhere stay two agencies, but this agreement runs on.
        _move_spelling(index, candidate, result)
    reason = candidate.reason
    if joiner.vetoed(left, right):
        reason = "joined_to_a_different_agency"
    elif joiner.co_listed(left, right):
        if not candidate.listings[0].key[3] or not candidate.listings[1].key[3]:
            return  # alike, but without a date in common and side by side in a list: no question
        # That both stand in one list says more than how often they do.
        reason = "printed_in_one_list" if reason in {"", "neither_is_rare"} else reason
    first, second = _by_age(index, left, right)
    link = Link(candidate.rule, first, second, _evidence(index, candidate, reason), _seen(index, candidate))
    if reason:
        result.proposals.append(link)
    else:
        joiner.join(left, right)
        result.links.append(link)


def _move(index: Index, candidate: _Candidate, doubtful: bool, result: Identity) -> None:
    """The agreement moves, the agencies stay two: a sheriff's agreement goes over to the county."""
    old, new = candidate.listings
    reason = "nothing_in_common" if doubtful else ""
    link = Link(
        candidate.rule, old.key, new.key, _evidence(index, candidate, reason), _seen(index, candidate)
    )
    (result.proposals if doubtful else result.moves).append(link)


def _alike(old: Listing, new: Listing) -> bool:
    """Whether two names may be one agency's; otherwise an agreement moved, if anything."""
    a, b = old.key[1], new.key[1]
    if old.counties & new.counties or distinctive(a) & distinctive(b) or set(old.files) & set(new.files):
        return True
    left, right = set(a.split()), set(b.split())
    return left <= right or right <= left or edit_distance(a, b, _ALIKE) <= _ALIKE


def _move_spelling(index: Index, candidate: _Candidate, result: Identity) -> None:
    """An agreement that passes on the next list to a like name stays one agreement when the MOA or the county
    stays, too. Whether the two names are one agency is asked: no tier may join what one list prints."""
    old, new = sorted(candidate.listings, key=lambda listing: (first_bit(listing.mask), listing.key))
    if not old.key[3] or not new.key[3] or old.mask & new.mask:
        return
    shared = set(old.files) & set(new.files) or old.counties & new.counties
    if shared and handover(index, old.mask, new.mask) >= 0:
        evidence = _evidence(index, candidate, "")
        result.moves.append(Link(Rule.REATTRIBUTION, old.key, new.key, evidence, _seen(index, candidate)))


def roles_differ(left: str, right: str) -> bool:
    """Whether two names are of bodies of different kinds: a sheriff is not a prison."""
    a, b = _ROLES & set(left.split()), _ROLES & set(right.split())
    return bool(a and b and not a & b)


def _seen(index: Index, candidate: _Candidate) -> str:
    return index.lists[_shows_on(candidate.listings)].digest


def _by_age(index: Index, left: AgencyKey, right: AgencyKey) -> tuple[AgencyKey, AgencyKey]:
    def age(key: AgencyKey) -> tuple[object, ...]:
        first = first_bit(index.agencies[key])
        return (index.positions[first], -index.n_lists(key), key)

    return (left, right) if age(left) <= age(right) else (right, left)


def _shows_on(pair: tuple[Listing, Listing]) -> int:
    return max(first_bit(pair[0].mask), first_bit(pair[1].mask))


def _evidence(index: Index, candidate: _Candidate, reason: str) -> dict[str, object]:
    evidence: dict[str, object] = {"sides": [side(index, listing) for listing in candidate.listings]}
    if reason:
        evidence["reason"] = reason
    return evidence


def side(index: Index, listing: Listing) -> dict[str, object]:
    """One candidate as a person needs to see it. JSON-ready."""
    first, last = first_bit(listing.mask), last_bit(listing.mask)
    return {
        "name": index.names[listing.agency],
        "key": list(listing.key),
        "counties": sorted(listing.counties),
        "moa_files": sorted(listing.files),
        "n_lists": listing.mask.bit_count(),
        "first_list": index.lists[first].digest,
        "first_on": index.days[first].isoformat(),
        "last_list": index.lists[last].digest,
        "last_on": index.days[last].isoformat(),
    }


def handover(index: Index, old: int, new: int) -> int:
    """The bit of the list on which `new` takes over from `old` for the first time; -1 when never."""
    moment = ((old & ~new) << 1) & new & ~old
    if old & index.participating_bits:
        moment &= index.participating_bits  # the last participating list is not followed by a pending one
    return first_bit(moment) if moment else -1


def counties_conflict(left: Listing, right: Listing) -> bool:
    return bool(left.counties and right.counties and not left.counties & right.counties)


def _same_date(index: Index) -> list[_Candidate]:
    """Pairs of one state, model and signing date (participating lists only)."""
    groups: dict[tuple[str, str, str], list[Listing]] = {}
    for key, listing in index.listings.items():
        if key[3]:
            groups.setdefault((key[0], key[2], key[3]), []).append(listing)
    found: list[_Candidate] = []
    for group in groups.values():
        if len(group) < 2:
            continue
        group.sort(key=lambda listing: listing.key)
        for i, left in enumerate(group):
            for right in group[i + 1 :]:
                candidate = _judge(index, left, right, group)
                if candidate is not None:
                    found.append(candidate)
    return found


def _judge(index: Index, left: Listing, right: Listing, group: list[Listing]) -> _Candidate | None:
    a, b = left.key[1], right.key[1]
    together = bool(left.mask & right.mask)
    same_numbers = digits(a) == digits(b)
    if abs(len(a) - len(b)) <= _TYPO and same_numbers:
        distance = edit_distance(a, b, _TYPO)
        if distance <= _TYPO:
            conflict = counties_conflict(left, right)
            if together and conflict:
                return None  # two counties side by side: neighbors, no question
            reason = "printed_in_one_list" if together else "counties_differ" if conflict else ""
            return _Candidate(
                3, distance, left.agency, right.agency, Rule.TYPO, (left, right), not reason, reason
            )
    if together:
        return None
    modifier = _modifier(left, right) if same_numbers else None
    if modifier and modifier.sure:
        return modifier
    succession = _succession(index, left, right, group) or _succession(index, right, left, group)
    return succession if succession and (succession.sure or not modifier) else modifier


def _modifier(left: Listing, right: Listing) -> _Candidate | None:
    """Tier 4: one name's words contain the other's, and one is rare; or the same words in another order."""
    a, b = set(left.key[1].split()), set(right.key[1].split())
    if not (a <= b or b <= a):
        return None
    if not (a & b) - GENERIC and not set(left.files) & set(right.files):
        return None
    few, many = sorted((left.mask.bit_count(), right.mask.bit_count()))
    reason = "" if few * _RARE <= many or a == b else "neither_is_rare"
    if counties_conflict(left, right):
        reason = "counties_differ"
    return _Candidate(4, 0, left.agency, right.agency, Rule.MODIFIER, (left, right), not reason, reason)


def _succession(index: Index, old: Listing, new: Listing, group: list[Listing]) -> _Candidate | None:
    """Tiers 5 and 6: `new` begins on the list on which `old` is gone."""
    moment = handover(index, old.mask, new.mask)
    if moment < 0 or first_bit(old.mask) > first_bit(new.mask):
        return None
    if digits(old.key[1]) and digits(new.key[1]) and digits(old.key[1]) != digits(new.key[1]):
        return None
    pair = (old, new) if old.key <= new.key else (new, old)
    shared = set(old.files) & set(new.files)
    if any(names_file(name, file) for name in (old.key[1], new.key[1]) for file in shared):
        return _Candidate(5, 0, pair[0].agency, pair[1].agency, Rule.RENAME, (old, new))
    if last_bit(old.mask) + 1 != moment or first_bit(new.mask) != moment:
        return None
    if shared:  # the link alone proves nothing
        return _Candidate(
            5, 0, pair[0].agency, pair[1].agency, Rule.RENAME, (old, new), False, "file_names_neither"
        )
    return None if old.linked else _relabel(index, old, new, group, moment)


def _relabel(
    index: Index, old: Listing, new: Listing, group: list[Listing], moment: int
) -> _Candidate | None:
    """Tier 6: `old` never linked an MOA, and nothing else ended or began on that list in the group."""
    pair = (old, new) if old.key <= new.key else (new, old)
    appeared = [x for x in group if first_bit(x.mask) == moment and not _continues(index, x, moment)]
    ended = [
        x
        for x in group
        if last_bit(x.mask) + 1 == moment and not x.linked and not _continues(index, x, moment)
    ]
    reason = "" if len(appeared) == 1 and len(ended) == 1 else "several_candidates"
    if reason and not distinctive(old.key[1]) & distinctive(new.key[1]):
        return None
    if not reason and roles_differ(old.key[1], new.key[1]) and not old.counties & new.counties:
        reason = "another_kind_of_agency"
    if not reason and counties_conflict(old, new):
        reason = "counties_differ"
    return _Candidate(6, 0, pair[0].agency, pair[1].agency, Rule.RELABEL, (old, new), not reason, reason)


def _continues(index: Index, listing: Listing, moment: int) -> bool:
    """Whether the agency itself goes on at this hand-over under another date: that is a date correction."""
    return any(
        other is not listing
        and other.key[2] == listing.key[2]
        and (
            (first_bit(other.mask) == moment and last_bit(listing.mask) + 1 == moment)
            or (
                last_bit(other.mask & index.participating_bits) + 1 == moment
                and first_bit(listing.mask) == moment
            )
        )
        for other in index.agency_listings[listing.agency]
        if other.key[3]
    )


def _pending_spellings(index: Index) -> list[_Candidate]:
    """Spellings on pending lists, which carry no date: the county takes its place."""
    groups: dict[tuple[str, str], list[Listing]] = {}
    for key, listing in index.listings.items():
        groups.setdefault((key[0], key[2]), []).append(listing)
    found: list[_Candidate] = []
    for group in groups.values():
        pending = sorted((x for x in group if not x.key[3]), key=lambda x: x.key)
        signed = sorted((x for x in group if x.key[3]), key=lambda x: x.key)
        known = {x.agency for x in signed}
        for i, left in enumerate(pending):
            rights = pending[i + 1 :] + ([] if left.agency in known else signed)
            for right in rights:
                candidate = _judge_pending(index, left, right)
                if candidate is not None:
                    found.append(candidate)
    return found


def _judge_pending(index: Index, left: Listing, right: Listing) -> _Candidate | None:
    a, b = left.key[1], right.key[1]
    if a == b or left.mask & right.mask:
        return None
    short = abs(len(a) - len(b)) <= _TYPO
    if short and (distance := edit_distance(a, b, _TYPO)) <= _TYPO:
        rule, tier = Rule.TYPO, 3
    elif left.counties & right.counties and _contains(a, b):
        rule, tier, distance = Rule.MODIFIER, 4, 0
    else:
        return None
    if digits(a) != digits(b) or counties_conflict(left, right):
        return None
    near = _near_in_time(index, left.mask, right.mask)
    if not near and rule is Rule.MODIFIER:
        return None
    agree = bool(left.counties & right.counties)
    if rule is Rule.TYPO and _differ_in_generic_word(a, b):
        agree = near = True
    reason = "" if agree and near else "no_county" if near else "far_apart"
    pair = (left, right) if left.agency <= right.agency else (right, left)
    return _Candidate(tier, 10 + distance, pair[0].agency, pair[1].agency, rule, pair, not reason, reason)


def _differ_in_generic_word(a: str, b: str) -> bool:
    """ "Polce Department" for "Police Department": the words that tell agencies apart are all equal."""
    left, right = a.split(), b.split()
    if len(left) != len(right):
        return False
    return all(x == y or x in GENERIC or y in GENERIC for x, y in zip(left, right, strict=True))


def _contains(a: str, b: str) -> bool:
    left, right = set(a.split()), set(b.split())
    return (left <= right or right <= left) and bool((left & right) - GENERIC)


def _near_in_time(index: Index, left: int, right: int) -> bool:
    """Whether the lists of one end at most 90 days before those of the other begin."""
    spans = [(index.days[first_bit(part)], index.days[last_bit(part)]) for part in (left, right)]
    (a_first, a_last), (b_first, b_last) = spans
    return max((b_first - a_last).days, (a_first - b_last).days) <= _PENDING_GAP_DAYS
