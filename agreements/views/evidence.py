"""How a pair's evidence is shown: sentences, the two sides, and when lists printed which."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from agreements.choices import AgencyType, DecisionState, ListKind, Status, SupportModel
from agreements.models import Decision
from agreements.selectors.reviews import STAFF_STATEMENT, ListPoint, Side
from agreements.tables.reviews import pair_names
from agreements.wording import GROUNDS, REASONS, explain_rule

__all__ = [
    "Comparison",
    "Run",
    "Strip",
    "Value",
    "answer_words",
    "comparison_of",
    "evidence_lines",
    "strips_of",
    "title_of",
    "values_of",
]

WEB: Final = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class Value:
    """One value as shown; `href` is "" for anything that is no link."""

    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One line of the side-by-side table. `differs`: the two have nothing in common there."""

    label: str
    left: list[Value]
    right: list[Value]
    differs: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Consecutive lists that printed a side; in units of one list. `both`: they printed the other as well."""

    x: int
    width: int
    both: bool


@dataclass(frozen=True, slots=True)
class Strip:
    """The lists of one kind over the time in question."""

    kind: str
    n: int
    first_on: dt.date
    last_on: dt.date
    left: list[Run]
    right: list[Run]
    points: list[ListPoint]
    n_left: int
    n_right: int
    n_both: int


def comparison_of(left: Side, right: Side) -> list[Comparison]:
    """What the two were printed with, field by field."""
    spellings = Comparison(
        "Spellings",
        values_of(_spellings(left)),
        values_of(_spellings(right)),
        differs=not {name for name, _ in left.spellings} & {name for name, _ in right.spellings},
    )
    lines: list[tuple[str, list[str], list[str]]] = [
        ("State", left.states, right.states),
        ("County", left.counties, right.counties),
        ("Type", _labels(left.types, AgencyType), _labels(right.types, AgencyType)),
        ("Model", _labels(left.models, SupportModel), _labels(right.models, SupportModel)),
        ("Signed", left.dates, right.dates),
        ("MOA links", left.moa_urls, right.moa_urls),
    ]
    return [spellings] + [
        Comparison(label, values_of(a), values_of(b), differs=bool(a and b and not set(a) & set(b)))
        for label, a, b in lines
        if a or b
    ]


def values_of(texts: Iterable[str]) -> list[Value]:
    """Texts as shown; web addresses as links."""
    return [_link(text) if text.startswith(WEB) else Value(text) for text in texts]


def _link(address: str) -> Value:
    """A web address under the name of its file: the name is what tells agencies apart."""
    return Value(unquote(address.rstrip("/").rsplit("/", 1)[-1]) or address, address)


def _spellings(side: Side) -> list[str]:
    return [f"{name} ({n} list{'' if n == 1 else 's'})" for name, n in side.spellings]


def _labels(values: Iterable[str], choices: type[AgencyType] | type[SupportModel]) -> list[str]:
    return [str(choices(value).label) if value in choices.values else value for value in values]


def evidence_lines(decision: Decision, left: Side, right: Side | None) -> list[str]:
    """Sentences: what the rule looks at, why it did or did not conclude, and what the lists show."""
    evidence = decision.evidence or {}
    rule = explain_rule(decision.rule)
    lines = [rule.sentence]
    if decision.rule == STAFF_STATEMENT:
        status = str(evidence.get("status", ""))
        label = Status(status).label.lower() if status in Status.values else status
        return [*lines, f"Staff entered: {label} from {evidence.get('begins_on', '–')}."]
    if reason := evidence.get("reason"):
        lines = [f"What the rule “{rule.label}” asks for: {_lower(rule.sentence)}"]
        lines.append(f"Why it is not enough here: {_lower(REASONS.get(str(reason), str(reason)))}")
    if ground := evidence.get("ground"):
        lines.append(GROUNDS.get(str(ground), str(ground)))
    if (days := evidence.get("days_apart")) is not None:
        lines.append(f"The two dates are {days} day{'' if days == 1 else 's'} apart.")
    if right is not None:
        together = len(left.publications & right.publications)
        lines.append(
            f"They stand together in {together} list{'' if together == 1 else 's'}."
            if together
            else "They never stand in one list."
        )
        shared = len(set(left.moa_urls) & set(right.moa_urls))
        if shared:
            lines.append("Both link the same MOA file.")
        elif left.moa_urls and right.moa_urls:
            lines.append("They link different MOA files.")
    return [line for line in lines if line]


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def strips_of(windows: dict[str, list[ListPoint]]) -> list[Strip]:
    """One strip per kind of list."""
    return [
        Strip(
            kind=str(ListKind(kind).label),
            n=len(points),
            first_on=points[0].published_on,
            last_on=points[-1].published_on,
            left=_runs([(point.left, point.right) for point in points]),
            right=_runs([(point.right, point.left) for point in points]),
            points=points,
            n_left=sum(point.left for point in points),
            n_right=sum(point.right for point in points),
            n_both=sum(point.left and point.right for point in points),
        )
        for kind, points in windows.items()
    ]


def _runs(points: list[tuple[bool, bool]]) -> list[Run]:
    runs: list[Run] = []
    for x, (here, there) in enumerate(points):
        if not here:
            continue
        last = runs[-1] if runs else None
        if last and last.x + last.width == x and last.both == there:
            runs[-1] = Run(last.x, last.width + 1, last.both)
        else:
            runs.append(Run(x, 1, there))
    return runs


def answer_words(decision: Decision) -> tuple[str, str]:
    """What "same" and "different" do to this pair, in one sentence each."""
    if is_about_one(decision):
        return "The row stays as printed and is not asked about again. It can be undone.", ""
    things = "agencies" if decision.subject == "agency" else "agreements"
    refs = _refs(decision)
    if len(set(refs)) == 2:
        same = (
            f"Merges {refs[1]} into {refs[0]}. {refs[1]} leads to {refs[0]} from then on. It can be undone."
        )
    else:
        same = f"The two stay one. {refs[0]} stands for both." if refs else f"The two {things} become one."
    if decision.state == DecisionState.APPLIED:
        return same, f"Overrules the rule: the two become two {things} again. It can be undone."
    return same, f"The two stay two {things}, and are not asked about again. It can be undone."


def is_about_one(decision: Decision) -> bool:
    """Whether the question is about one row that cannot be read, not about a pair."""
    return decision.left_key == decision.right_key


def _refs(decision: Decision) -> list[str]:
    """Public references, the older first: it is the one that stays."""
    pair = (
        (decision.left_agency, decision.right_agency)
        if decision.subject == "agency"
        else (decision.left_agreement, decision.right_agreement)
    )
    known = sorted((one for one in pair if one is not None), key=lambda one: one.pk)
    return [one.ref for one in known]


def title_of(decision: Decision) -> str:
    """A pair as a heading or a link."""
    return " and ".join(dict.fromkeys(pair_names(decision)))
