"""Panels of the home page: each app registers its own, under a fixed key.

    register_panel(Panel(key="agreements.program", title="Program now", order=10, action="aggregates.view",
                         context=program, template="agreements/panels/program.html"))

`context` reads through selectors and returns what the template gets as `data`, or None when the panel has
nothing to say to this person today; then it is not shown. Panels are sent one after the other as soon as each
is drawn (oversight/console/home.py); one that fails shows a card that says so, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, TypeVar, cast

from oversight.access.actors import person
from oversight.access.models import User
from oversight.access.permissions import MATRIX, may
from oversight.console.figures import DayFigures, read_figures

__all__ = ["Panel", "PanelRequest", "all_panels", "panels_of", "register_panel"]

T = TypeVar("T")
Width = Literal["full", "wide", "narrow"]


@dataclass(slots=True)
class PanelRequest:
    """Who looks, on which day. `once` shares a reading between the panels of one page."""

    user: User
    today: date
    _read: dict[str, Any] = field(default_factory=dict)

    def once(self, key: str, read: Callable[[], T]) -> T:
        """What `read` returned the first time that a panel of this page asked for `key`."""
        if key not in self._read:
            self._read[key] = read()
        return cast(T, self._read[key])

    def figures(self) -> DayFigures:
        """The figures of the newest computed day, read once for all panels of the page."""
        return self.once("console.figures", lambda: read_figures(today=self.today))

    def may(self, action: str) -> bool:
        """Whether the person's role includes `action`."""
        return may(person(self.user), action)


def _no_mark(request: PanelRequest) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of the home page.

    `key`: fixed, "<app>.<name>"; also the anchor of its heading. `action`: the line of the permission matrix
    that shows it. `width`: full, wide (two thirds) or narrow (one third) on a wide screen. `scripts`: static
    files that it needs, loaded once and late. `mark`: another one whenever the panel would be drawn
    otherwise, the same for everybody who sees the same; "" where it must be drawn anew each time.
    """

    key: str
    title: str
    order: int
    action: str
    context: Callable[[PanelRequest], Any]
    template: str
    width: Width = "full"
    scripts: tuple[str, ...] = ()
    mark: Callable[[PanelRequest], str] = _no_mark

    @property
    def anchor(self) -> str:
        return self.key.replace(".", "-").replace("_", "-")


_panels: dict[str, Panel] = {}


def register_panel(panel: Panel) -> Panel:
    """Add a panel. Raises ValueError when the key is taken, KeyError for an action outside the matrix."""
    if panel.key in _panels:
        raise ValueError(f"Two panels have the key {panel.key!r}.")
    MATRIX[panel.action]
    _panels[panel.key] = panel
    return panel


def all_panels() -> list[Panel]:
    """In the order shown."""
    return sorted(_panels.values(), key=lambda panel: (panel.order, panel.key))


def panels_of(request: PanelRequest) -> list[Panel]:
    """The panels that the person's role opens, in the order shown."""
    return [panel for panel in all_panels() if request.may(panel.action)]
