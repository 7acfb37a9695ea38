"""What a list changed, in words: before → after per field, with the rule."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from agreements.models import RegisterChange
from agreements.presentation import CHANGE_ICONS
from agreements.wording import explain_rule, field_label

__all__ = ["ChangeLine", "FieldLine", "change_lines"]


@dataclass(frozen=True, slots=True)
class FieldLine:
    """One field. None: there was no value."""

    label: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class ChangeLine:
    change: RegisterChange
    icon: str
    fields: tuple[FieldLine, ...]
    rule: str
    rule_sentence: str


def change_lines(changes: Iterable[RegisterChange]) -> list[ChangeLine]:
    """Ready to show. The changes have their publication, agency and agreement joined."""
    return [_line(change) for change in changes]


def _line(change: RegisterChange) -> ChangeLine:
    names = [*change.before, *(name for name in change.after if name not in change.before)]
    fields = tuple(
        FieldLine(field_label(name), _text(change.before.get(name)), _text(change.after.get(name)))
        for name in names
        if change.before.get(name) != change.after.get(name)
    )
    rule = explain_rule(change.rule) if change.rule else None
    return ChangeLine(
        change=change,
        icon=CHANGE_ICONS.get(change.kind, "info"),
        fields=fields,
        rule=rule.label if rule else "",
        rule_sentence=rule.sentence if rule else "",
    )


def _text(value: Any) -> str | None:
    if value in (None, "", [], {}):
        return None
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
