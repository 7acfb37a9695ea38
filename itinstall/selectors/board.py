"""The board: open requests in a column for each stage."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from itinstall.models import InstallationRequest, Stage
from oversight.console.keyset import Key, ordered

__all__ = ["CARDS", "Lane", "board_lanes"]

CARDS = 8  # shown in each column; the rest is a list away


@dataclass(frozen=True, slots=True)
class Lane:
    """One column. `n` and `n_late` count every request of the stage; `cards` are the first ones."""

    stage: Stage
    n: int
    n_late: int
    cards: Sequence[Any]

    @property
    def n_more(self) -> int:
        return self.n - len(self.cards)


def board_lanes(*, rows: QuerySet[InstallationRequest], keys: Sequence[Key]) -> list[Lane]:
    """`rows`: open requests of `request_list`, filtered; `keys`: their order. Four statements.

    A stage that is no longer used has a column while a request is in it.
    """
    counted = (
        rows.order_by().values("stage").annotate(n=Count("pk"), n_late=Count("pk", filter=Q(over_days__gt=0)))
    )
    counts = {row["stage"]: (row["n"], row["n_late"]) for row in counted}
    place = Window(
        RowNumber(), partition_by=[F("stage")], order_by=[key.order(backward=False) for key in keys]
    )
    first = rows.order_by().annotate(place=place).filter(place__lte=CARDS).values_list("pk", flat=True)
    cards = defaultdict(list)
    for card in ordered(_bare(rows).filter(pk__in=list(first)), keys):
        cards[card.stage_id].append(card)
    return [
        Lane(stage, *counts.get(stage.key, (0, 0)), cards[stage.key])
        for stage in Stage.objects.all()
        if stage.is_active or stage.key in counts
    ]


def _bare(rows: QuerySet[InstallationRequest]) -> QuerySet[InstallationRequest]:
    """The same annotations and joins without the conditions: those were asked when the cards were chosen."""
    bare = rows.order_by()
    bare.query.clear_where()
    return bare
