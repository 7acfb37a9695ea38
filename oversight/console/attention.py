"""What needs somebody's attention: parts register what they find, under a fixed key.

    register_attention("agreements.old_list", "rosters.import", old_list)

`read` gets the PanelRequest of the page (who looks, which day, the figures of the day, readings shared
through `once`) and yields items cut to what the person may see. The home page shows the first ones,
/attention/ all.
Nothing is stored: an item is gone when its cause is.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import IntEnum
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.permissions import MATRIX
from oversight.access.scope import sees_everything
from oversight.console.figures import Shown
from oversight.console.panels import Panel, PanelRequest, register_panel
from oversight.metrics.choices import Level
from oversight.metrics.words import target_words, value_words
from oversight.periods.models import Parameter
from oversight.periods.selectors import parameters_on

__all__ = [
    "AttentionItem",
    "AttentionPage",
    "Severity",
    "attention_of",
    "limits_load",
    "limits_of",
    "missed_target",
    "parameters_of",
    "register_attention",
    "register_attention_panel",
    "register_own_items",
]

log = logging.getLogger(__name__)

ON_HOME = 8


class Severity(IntEnum):
    """How soon somebody should act. Shown as a word with an icon, never as a color alone."""

    HIGH = 1
    MEDIUM = 2
    LOW = 3

    @property
    def words(self) -> str:
        return {1: "Act now", 2: "Act soon", 3: "Keep in view"}[self.value]

    @property
    def icon(self) -> str:
        return {1: "error", 2: "warning", 3: "info"}[self.value]


@dataclass(frozen=True, slots=True)
class AttentionItem:
    """One thing to see to.

    `text`: a sentence with its number. `count`: how many records it is about, None where it is one thing.
    `href`: where they are, or where to act; "" for nowhere. `owner`: whose it is. `since`: the day on which
    it began, None where that is not known. `key` is set by the registry.
    """

    severity: Severity
    text: str
    count: int | None
    href: str
    owner: str
    since: dt.date | None
    key: str = ""


Read = Callable[[PanelRequest], Iterable[AttentionItem]]


@dataclass(frozen=True, slots=True)
class _Reader:
    action: str
    read: Read


_readers: dict[str, _Reader] = {}


def register_attention(key: str, action: str, read: Read) -> None:
    """Add a reader. Raises ValueError when the key is taken, KeyError for an action outside the matrix."""
    if key in _readers:
        raise ValueError(f"Two readers of what needs attention have the key {key!r}.")
    MATRIX[action]
    _readers[key] = _Reader(action, read)


def attention_of(request: PanelRequest) -> list[AttentionItem]:
    """What the person should see to: the gravest first, then the oldest, then what has no known beginning."""
    found: list[AttentionItem] = []
    for key, reader in sorted(_readers.items()):
        if request.may(reader.action):
            found += _read(key, reader, request)
    return sorted(found, key=lambda item: (item.severity, item.since or dt.date.max, item.key))


def _read(key: str, reader: _Reader, request: PanelRequest) -> list[AttentionItem]:
    """A reader that fails is itself something to see to; the others go on."""
    try:
        return [_with_key(item, key) for item in reader.read(request)]
    except Exception:
        log.exception("attention %s cannot be read", key)
        text = f"Whether “{key}” needs attention could not be checked. The log says why."
        return [AttentionItem(Severity.MEDIUM, text, None, "", "Administrators", None, key)]


def _with_key(item: AttentionItem, key: str) -> AttentionItem:
    return AttentionItem(item.severity, item.text, item.count, item.href, item.owner, item.since, key)


# --- limits


# key → value, unit, where it comes from
LIMITS: Mapping[str, tuple[int, str, str]] = {
    "attention.list_age_days": (14, "days", "Own decision: ICE has published every few days since 2025-02"),
    "attention.backup_age_days": (7, "days", "Own decision: docs/operations.md"),
    "attention.hold_age_days": (30, "days", "Own decision: whether a hold still holds is asked every month"),
    "attention.failed_job_days": (7, "days", "Own decision: older failures are history"),
}
LIMITS_FROM = dt.date(2000, 1, 1)


def limits_load(**_: object) -> None:
    """Add limits that are not there yet. Run after every migrate; what was changed stays."""
    known = set(Parameter.objects.filter(key__startswith="attention.").values_list("key", flat=True))
    Parameter.objects.bulk_create(
        (
            Parameter(key=key, value=value, unit=unit, source=source, valid_from=LIMITS_FROM)
            for key, (value, unit, source) in LIMITS.items()
            if key not in known
        ),
        ignore_conflicts=True,
    )


def parameters_of(request: PanelRequest) -> Mapping[str, Decimal]:
    """Every parameter in force today, read once for a page."""
    return request.once("periods.parameters", lambda: parameters_on(day=request.today))


def limits_of(request: PanelRequest) -> Mapping[str, int]:
    """The limits in force today; those without a row at their seed."""
    rows = parameters_of(request)
    return {key: int(rows.get(key, Decimal(seed[0]))) for key, seed in LIMITS.items()}


# --- the panel and the page


def _panel(request: PanelRequest) -> dict[str, Any]:
    items = attention_of(request)
    return {"items": items[:ON_HOME], "n": len(items), "today": request.today}


def register_attention_panel() -> None:
    """Called once, when the app is ready."""
    register_panel(
        Panel(
            "console.attention", "Needs attention", 20, "aggregates.view", _panel,
            "console/panels/attention.html",
        )
    )  # fmt: skip


class AttentionPage(ActionRequired):
    """Everything that needs the person's attention."""

    action = "aggregates.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        asked = PanelRequest(user=user, today=timezone.localdate())
        context = {
            "items": attention_of(asked),
            "today": asked.today,
            "is_scoped": not sees_everything(user),
        }
        return render(request, "console/attention.html", context)


# --- what the figures themselves need


def figures_behind(request: PanelRequest) -> Iterable[AttentionItem]:
    """Today's figures are not computed, or days wait to be computed again after facts changed."""
    figures = request.figures()
    owner, page = "Administrators", reverse("console:home")
    if figures.as_of is None:
        text = "No figures of the last seven days are computed."
        yield AttentionItem(Severity.HIGH, text, None, page, owner, None)
    elif not figures.is_today:
        text = f"The newest figures are those of {figures.as_of}."
        yield AttentionItem(Severity.MEDIUM, text, None, page, owner, figures.as_of)
    elif figures.waiting:
        text = (
            f"{len(figures.waiting)} of today’s figures are not computed: {', '.join(figures.waiting[:3])}."
        )
        yield AttentionItem(Severity.MEDIUM, text, len(figures.waiting), page, owner, figures.as_of)
    if figures.n_stale:
        n = figures.n_stale
        days = "day waits" if n == 1 else "days wait"
        text = f"Figures of {n:,} past {days} to be computed again: facts changed."
        yield AttentionItem(Severity.LOW, text, n, "", owner, None)


def missed_targets(request: PanelRequest) -> Iterable[AttentionItem]:
    """Figures of the day that miss their target: the nation's one by one, others together by level.

    For who sees everything; of a field office its own people are told (staffing.attention).
    """
    if not sees_everything(request.user):
        return
    together: dict[tuple[str, str], list[Shown]] = {}
    for (key, subject), shown in sorted(request.figures().figures.items()):
        if shown.met is not False:
            continue
        if subject.level == Level.NATION:
            yield missed_target(shown)
        else:
            together.setdefault((key, subject.level), []).append(shown)
    for (key, level), found in together.items():
        if len(found) == 1:
            yield missed_target(found[0])
            continue
        subjects = f"{Level(level).label.lower()}s"
        text = f"{len(found)} {subjects} miss their target: {found[0].metric.name}."
        href = reverse("metrics:metric", args=[key])
        owners = {shown.target.owner for shown in found if shown.target}
        owner = owners.pop() if len(owners) == 1 else "Several"
        yield AttentionItem(Severity.MEDIUM, text, len(found), href, owner, None)


def missed_target(shown: Shown, where: str = "") -> AttentionItem:
    """One figure that misses its target. `where`: whose it is, when that is not the nation."""
    value = value_words(shown.metric, shown.value)
    place = where or ("" if shown.subject.level == Level.NATION else shown.subject.key)
    goal = target_words(shown.metric, shown.target) if shown.target else ""
    text = f"{shown.metric.name}{f', {place}' if place else ''}: {value}; the target is {goal}."
    owner = shown.target.owner if shown.target else ""
    return AttentionItem(Severity.MEDIUM, text, None, shown.href, owner, None)


def register_own_items() -> None:
    """Called once, when the app is ready."""
    register_attention("metrics.behind", "imports.view", figures_behind)
    register_attention("metrics.targets", "aggregates.view", missed_targets)
