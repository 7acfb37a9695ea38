"""What of staffing needs attention: agencies and field offices without a program manager."""

from __future__ import annotations

from collections.abc import Iterator

from django.urls import reverse

from agreements.metrics import OFFICE_UNKNOWN
from agreements.selectors.reference import place_names
from oversight.access.scope import sees_everything
from oversight.console.attention import AttentionItem, Severity, missed_target, register_attention
from oversight.console.figures import NATION
from oversight.console.panels import PanelRequest
from oversight.metrics.base import Subject
from oversight.metrics.choices import Level
from staffing.selectors import program_managers_of

__all__ = ["register_items"]

Items = Iterator[AttentionItem]
NAMED = 3


def own_offices(request: PanelRequest) -> list[str]:
    """The offices that a field PM works for today, by slug. One query, read once for a page."""
    return request.once(
        "staffing.own_offices",
        lambda: sorted(
            set(program_managers_of(user=request.user, on=request.today).values_list("office", flat=True))
        ),
    )


def agencies_without(request: PanelRequest) -> Items:
    """Agencies with a listed agreement and no primary program manager, in the nation or one's own office."""
    figures, names = request.figures(), place_names().offices
    if sees_everything(request.user):
        subjects = [NATION]
    else:
        subjects = [Subject(Level.OFFICE, slug) for slug in own_offices(request)]
    for subject in subjects:
        shown = figures.get("staffing.agencies_without_pm", subject)
        n = int(shown.value or 0) if shown else 0
        if shown and n:
            where = f" in {names.get(subject.key, subject.key)}" if subject.key else ""
            have = "agency has" if n == 1 else "agencies have"
            text = f"{n:,} {have} no program manager{where}."
            owner = names.get(subject.key, "") or "Headquarters"
            yield AttentionItem(Severity.HIGH, text, n, shown.href, owner, None)


def offices_without(request: PanelRequest) -> Items:
    """Field offices with a listed agency and no program manager on board."""
    if not sees_everything(request.user):
        return
    figures, names = request.figures(), place_names().offices
    empty = []
    for subject in figures.subjects("staffing.agencies_per_pm", Level.OFFICE):
        shown = figures.get("staffing.agencies_per_pm", subject)
        if shown and not shown.denominator and shown.numerator and subject.key != OFFICE_UNKNOWN:
            empty.append(names.get(subject.key, subject.key))
    if empty:
        shown_names = ", ".join(empty[:NAMED]) + (
            f" and {len(empty) - NAMED} more" if len(empty) > NAMED else ""
        )
        have = "field office has" if len(empty) == 1 else "field offices have"
        text = f"{len(empty)} {have} agencies but no program manager: {shown_names}."
        href = reverse("agreements:office_list")
        yield AttentionItem(Severity.HIGH, text, len(empty), href, "Headquarters", None)


def missed_targets(request: PanelRequest) -> Items:
    """Figures of a field PM's own office that miss their target."""
    if sees_everything(request.user):
        return
    names, own = place_names().offices, set(own_offices(request))
    for (_, subject), shown in sorted(request.figures().figures.items()):
        if shown.met is False and subject.level == Level.OFFICE and subject.key in own:
            yield missed_target(shown, names.get(subject.key, subject.key))


def register_items() -> None:
    """Called once, when the app is ready."""
    register_attention("staffing.agencies_without_pm", "records.view", agencies_without)
    register_attention("staffing.missed_targets", "records.view", missed_targets)
    register_attention("staffing.offices_without_pm", "records.view", offices_without)
