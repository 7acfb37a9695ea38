"""One figure explained: what it is, what it was, what it should be, and the records behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from oversight.metrics.base import Metric, Subject
from oversight.metrics.choices import FillState
from oversight.metrics.models import DayFill, Definition, Gap, Snapshot, Target
from oversight.metrics.selectors import points, snapshot_history
from oversight.metrics.targets import Point, Verdict, target_of, verdict_of

__all__ = [
    "Changed",
    "Cited",
    "Explained",
    "Redefined",
    "Run",
    "cited",
    "explain",
    "redefinitions",
    "runs_of",
]

FIELDS = ("name", "words", "formula", "unit", "source")


@dataclass(frozen=True, slots=True)
class Explained:
    """What is stored of one figure. `snapshot` None: there is none under the definition asked for.

    `history` is of this day under all definitions, the newest first; `points` of all days, in order.
    """

    metric: Metric
    subject: Subject
    as_of: date
    version: int
    snapshot: Snapshot | None
    history: list[Snapshot]
    fill: DayFill | None
    points: list[Point]
    targets: list[Target]
    verdict: Verdict | None
    definitions: list[Definition]
    gaps: list[Gap]

    @property
    def is_current(self) -> bool:
        """Whether the definition asked for is the one in use."""
        return self.version == self.metric.version

    @property
    def is_stale(self) -> bool:
        """Facts have changed since; the figure waits to be computed again."""
        return self.fill is not None and self.fill.state == FillState.STALE

    @property
    def is_filled(self) -> bool:
        """Whether the day has been computed under the present definition."""
        return self.fill is not None and self.fill.version == self.metric.version

    @property
    def definition(self) -> Definition | Metric:
        """The words of the definition asked for."""
        return next((item for item in self.definitions if item.version == self.version), self.metric)


def explain(*, metric: Metric, subject: Subject, as_of: date, version: int) -> Explained:
    """Everything stored about one figure. Six queries at most."""
    history = list(snapshot_history(metric=metric.key, subject=subject, as_of=as_of))
    targets = list(Target.objects.filter(metric=metric.key, level=subject.level).order_by("valid_from"))
    targets = [target for target in targets if target.for_every or target.subject == subject.key]
    known = points(metric=metric.key, subject=subject)
    target = target_of(targets, subject, as_of)
    gaps = metric.gaps_of(subject.level)
    return Explained(
        metric=metric,
        subject=subject,
        as_of=as_of,
        version=version,
        snapshot=next((row for row in history if row.version == version), None),
        history=history,
        fill=DayFill.objects.filter(metric=metric.key, as_of=as_of).first(),
        points=known,
        targets=targets,
        verdict=verdict_of(target, known, as_of) if target else None,
        definitions=list(Definition.objects.filter(metric=metric.key).order_by("-version")),
        gaps=list(Gap.objects.filter(key__in=gaps)) if gaps else [],
    )


# --- cited and changed


@dataclass(frozen=True, slots=True)
class Changed:
    """A figure was superseded: from what to what, when, and why."""

    before: Snapshot
    after: Snapshot
    why: str


@dataclass(frozen=True, slots=True)
class Cited:
    """What became of a figure since it was cited. `then` None: nothing was computed by that time."""

    at: datetime
    then: Snapshot | None
    now: Snapshot | None
    changes: tuple[Changed, ...] = ()

    @property
    def is_same(self) -> bool:
        """Whether value and parts are what they were, also where they changed and changed back."""
        return self.then is not None and self.now is not None and _parts(self.then) == _parts(self.now)


def cited(history: list[Snapshot], at: datetime) -> Cited:
    """`history` the newest first, of one figure; `at` (aware) as in its citation."""
    then = next((row for row in history if row.computed_at <= at), None)
    if then is None:
        return Cited(at, None, history[0] if history else None)
    later = [row for row in history if row.pk > then.pk][::-1]
    steps = zip([then, *later], later, strict=False)
    changes = tuple(Changed(old, new, _why(old, new)) for old, new in steps)
    return Cited(at, then, history[0], changes)


def _why(old: Snapshot, new: Snapshot) -> str:
    if old.version != new.version:
        return f"the definition changed from version {old.version} to {new.version}"
    return new.because or "facts of the past changed"


def _parts(row: Snapshot) -> tuple[object, ...]:
    return row.value, row.numerator, row.denominator, row.n, row.reason


# --- definitions


@dataclass(frozen=True, slots=True)
class Redefined:
    """A version of a definition, and what it changed against the one before: (field, before, after)."""

    definition: Definition
    changes: tuple[tuple[str, str, str], ...]


def redefinitions(definitions: list[Definition]) -> list[Redefined]:
    """`definitions` the newest first."""
    found = []
    for new, old in zip(definitions, [*definitions[1:], None], strict=False):
        changes = (
            tuple(
                (name, getattr(old, name), getattr(new, name))
                for name in FIELDS
                if getattr(old, name) != getattr(new, name)
            )
            if old
            else ()
        )
        found.append(Redefined(new, changes))
    return found


# --- the trend as runs of equal values


@dataclass(frozen=True, slots=True)
class Run:
    """Days with one value, from the first to the last of them; `n_days` of them have a figure stored."""

    first: date
    last: date
    value: Any
    n_days: int


def runs_of(found: list[Point]) -> list[Run]:
    """In order. A day without a value is a run of its own kind (value None)."""
    runs: list[Run] = []
    for at, value in found:
        if runs and runs[-1].value == value:
            runs[-1] = Run(runs[-1].first, at, value, runs[-1].n_days + 1)
        else:
            runs.append(Run(at, at, value, 1))
    return runs
