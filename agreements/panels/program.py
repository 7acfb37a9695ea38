"""The program now: agreements and agencies in the nation and by model, from snapshots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from agreements.choices import Status, SupportModel
from agreements.panels.common import (
    IN_FORCE_ROWS,
    MODELS,
    agencies_page,
    agreements_page,
    lists_of,
    publication_page,
    reach_of,
)
from agreements.selectors.dashboard import Mine
from oversight.console.figures import NATION, DayFigures, Shown
from oversight.console.panels import PanelRequest
from oversight.console.tiles import Rows, Tile
from oversight.metrics.base import Subject
from oversight.metrics.choices import Level

__all__ = ["ModelLine", "program", "start"]

ACTIVE = Status.ACTIVE.value


@dataclass(frozen=True, slots=True)
class ModelLine:
    """A support model with its figures."""

    label: str
    words: str
    listed: Shown | None
    in_force: Shown | None
    pending: Shown | None
    additions: Shown | None
    exits: Shown | None
    rows: Rows | None


def start(request: PanelRequest) -> dict[str, Any] | None:
    """What to do while no list is in; nothing afterwards."""
    if lists_of(request).participating:
        return None
    return {"may_import": request.may("rosters.import")}


def program(request: PanelRequest) -> dict[str, Any] | None:
    """Tiles and the table by model. None before the first list."""
    last = lists_of(request).last
    if last is None:
        return None
    figures = request.figures()
    return {
        "figures": figures,
        "tiles": _tiles(request, figures) if figures.as_of else [],
        "models": [_line(request, figures, model) for model in _models(figures)] if figures.as_of else [],
        "last": last,
        "age_days": (request.today - last.published_on).days,
        "publication": publication_page(last.pk),
    }


def _tiles(request: PanelRequest, figures: DayFigures) -> list[Tile]:
    mine = _mine(request, NATION)
    agencies = Rows(agencies_page(listed="yes"), mine.n_agencies) if mine and mine.n_agencies else None
    return [
        Tile(
            "Listed agreements",
            figures.get("agreements.listed"),
            rows=rows(request, agreements_page(status=ACTIVE), mine.listed if mine else None),
        ),
        Tile(
            "Agreements in force",
            figures.get("agreements.in_force"),
            note="listed, and missing from the last lists",
            rows=rows(request, agreements_page(status=IN_FORCE_ROWS), mine.in_force if mine else None),
        ),
        Tile("Agencies", figures.get("agreements.agencies_listed"), rows=agencies),
        Tile(
            "Without an MOA document",
            figures.get("agreements.moa_missing_share"),
            note="listed agreements",
            rows=rows(request, agreements_page(status=ACTIVE, moa="no"), mine.without_moa if mine else None),
        ),
        Tile("Added in 30 days", figures.get("agreements.additions_30d"), note="first listed"),
        Tile("Ended in 30 days", figures.get("agreements.exits_30d"), note="removed or superseded"),
    ]


def _mine(request: PanelRequest, subject: Subject) -> Mine | None:
    """The person's own share; None for who sees everything."""
    found = reach_of(request)
    return found.of(subject) if found else None


def rows(request: PanelRequest, href: str, n: int | None) -> Rows | None:
    """A link to the records: to one's own with their number, to all of them where the figures are today's.

    Lists show today's records: beside the figures of another day they would be others than those counted.
    """
    if reach_of(request) is not None:
        return Rows(href, n) if n else None
    return Rows(href) if request.figures().is_today else None


def _models(figures: DayFigures) -> list[str]:
    """The usual ones, then those that occur besides."""
    known = {subject.key for subject in figures.subjects("agreements.listed", Level.MODEL)}
    others = [model for model in SupportModel.values if model in known and model not in MODELS]
    return [*MODELS, *others]


def _line(request: PanelRequest, figures: DayFigures, model: str) -> ModelLine:
    subject = Subject(Level.MODEL, model)
    mine = _mine(request, subject)
    return ModelLine(
        label=model,
        words=SupportModel(model).label,
        listed=figures.get("agreements.listed", subject),
        in_force=figures.get("agreements.in_force", subject),
        pending=figures.get("agreements.pending", subject),
        additions=figures.get("agreements.additions_30d", subject),
        exits=figures.get("agreements.exits_30d", subject),
        rows=rows(request, agreements_page(status=ACTIVE, model=model), mine.listed if mine else None),
    )
