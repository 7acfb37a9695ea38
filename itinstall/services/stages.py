"""The order of stages. Names, owners and the rest of a stage are an administrator's (itinstall.admin)."""

from __future__ import annotations

from django.db import transaction

from itinstall.models import Stage
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.trail.services import Act, record_many

__all__ = ["stage_place"]

ACTION = "reference.change"
ASIDE = 10_000  # places that no stage has, while the others change


@transaction.atomic
def stage_place(*, actor: Actor, stage: Stage, place: int) -> None:
    """Put `stage` at `place` (from 1); the others close up and stay in their order. Raises NotAllowed.

    Histories stay as they are: what was entered under another order does not stop their requests
    (rules.new_violations).
    """
    require(actor, ACTION)
    rows = list(Stage.objects.select_for_update().order_by("place"))
    before = {row.key: row.place for row in rows}
    rows.sort(key=lambda row: row.place)
    moved = next(row for row in rows if row.key == stage.key)
    rows.remove(moved)
    rows.insert(max(1, place) - 1, moved)
    for number, row in enumerate(rows, start=1):
        row.place = ASIDE + number
    Stage.objects.bulk_update(rows, ["place"])
    for number, row in enumerate(rows, start=1):
        row.place = number
    Stage.objects.bulk_update(rows, ["place"])
    stage.place = moved.place
    acts = [
        Act("stage.placed", row, {"place": before[row.key]}, {"place": row.place})
        for row in rows
        if row.place != before[row.key]
    ]
    record_many(actor=actor, acts=acts)
