"""What subjects are called: apps register, per level, how keys are read as names.

    register_subjects(Level.STATE, state_names)   # state_names(["TX"]) → {"TX": "Texas"}; None: all

A key that the provider does not know is no subject of the level.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Protocol

from oversight.metrics.base import NATION, Subject
from oversight.metrics.choices import Level

__all__ = ["level_names", "register_subjects", "subject_name", "subject_names"]

NATION_NAME = "Nation"


class Names(Protocol):
    """Key → name of the keys asked for, or of all, in the order to be listed. One query."""

    def __call__(self, keys: Collection[str] | None) -> Mapping[str, str]: ...


_names: dict[str, Names] = {}


def register_subjects(level: str, names: Names) -> None:
    """Say how subjects of `level` are called. Raises ValueError when somebody did."""
    if level in _names:
        raise ValueError(f"Two parts name the subjects of {level!r}.")
    _names[level] = names


def level_names(level: str) -> dict[str, str]:
    """Key → name of every subject of a level. One query. Empty for a level nobody has registered."""
    if level == Level.NATION:
        return {NATION.key: NATION_NAME}
    return dict(_names[level](None)) if level in _names else {}


def subject_names(subjects: Iterable[Subject]) -> dict[Subject, str]:
    """The names of `subjects`; the key for one without. One query per level."""
    wanted: dict[str, set[str]] = {}
    for subject in subjects:
        wanted.setdefault(subject.level, set()).add(subject.key)
    found: dict[Subject, str] = {}
    for level, keys in wanted.items():
        named = {"": NATION_NAME} if level == Level.NATION else {}
        if level in _names:
            named = dict(_names[level](keys))
        found |= {Subject(level, key): named.get(key, key) for key in keys}
    return found


def subject_name(subject: Subject) -> str:
    """The name of one subject."""
    return subject_names([subject])[subject]
