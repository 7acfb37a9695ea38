"""Facts that one app needs of another that it may not import: apps register probes, whoever needs one asks.

    register_probe("itinstall.readiness", "IT installation", readiness)
    answers = ask("training.officers_waiting", office="houston", model="TFM", on=day)

A probe answers for one field office (or None: the nation) and one support model (or ""), on a day, and
says what
becomes of it with `adds` more agreements. It reads in a constant number of queries. A probe that nobody has
registered is not known: `ask` answers None, never an empty list, so that missing is not taken for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

__all__ = ["Probe", "ProbeItem", "Verdict", "all_probes", "ask", "register_probe"]


class Verdict(StrEnum):
    """Whether there is room. Shown as a word, never as a color alone."""

    READY = "ready"
    SHORT = "short"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        return {"ready": "Ready", "short": "Short", "unknown": "Not known"}[self.value]


@dataclass(frozen=True, slots=True)
class ProbeItem:
    """One fact. `value` None: not known, for `reason`. `limit` None: nothing is held against it.

    `href`: the address of the rows behind it, "" where there are none.
    """

    key: str
    label: str
    value: Decimal | None
    unit: str
    limit: Decimal | None = None
    verdict: Verdict = Verdict.UNKNOWN
    href: str = ""
    reason: str = ""


class Answer(Protocol):
    """The function behind a probe."""

    def __call__(self, *, office: str | None, model: str, on: date, adds: int) -> Sequence[ProbeItem]: ...


@dataclass(frozen=True, slots=True)
class Probe:
    key: str
    title: str
    answer: Answer


_probes: dict[str, Probe] = {}


def register_probe(key: str, title: str, answer: Answer) -> None:
    """Add a probe. Raises ValueError when the key is taken."""
    if key in _probes:
        raise ValueError(f"Two probes have the key {key!r}.")
    _probes[key] = Probe(key, title, answer)


def all_probes() -> list[Probe]:
    """In the order of their keys."""
    return [_probes[key] for key in sorted(_probes)]


def ask(
    key: str, *, office: str | None = None, model: str = "", on: date, adds: int = 0
) -> Sequence[ProbeItem] | None:
    """What the probe answers; None when no part of the product has registered it."""
    probe = _probes.get(key)
    return None if probe is None else probe.answer(office=office, model=model, on=on, adds=adds)
