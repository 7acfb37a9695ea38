"""The gap ledger: its questions come with the product, its answers from headquarters."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.metrics.choices import GapState
from oversight.metrics.models import Gap
from oversight.trail.services import record

__all__ = ["ACTION", "gap_answer", "gap_reopen", "gaps_load"]

ACTION = "parameters.change"
GAPS = Path(settings.BASE_DIR) / "sample_data" / "reference" / "gaps.csv"
TEXTS = ("topic", "missing", "effect", "answerer", "question", "source", "order")


@transaction.atomic
def gaps_load() -> int:
    """Enter the questions that are not in the ledger, and their newer wording; answers stay. Run after
    every migrate. How many rows were new or changed."""
    with GAPS.open(encoding="utf-8", newline="") as file:
        lines = [{**line, "order": number} for number, line in enumerate(csv.DictReader(file), start=1)]
    known = {gap.key: gap for gap in Gap.objects.all()}
    new, changed = [], []
    for line in lines:
        gap = known.get(str(line["key"]))
        if gap is None:
            new.append(Gap(**line))
        elif any(getattr(gap, name) != line[name] for name in TEXTS):
            for name in TEXTS:
                setattr(gap, name, line[name])
            changed.append(gap)
    Gap.objects.bulk_create(new)
    Gap.objects.bulk_update(changed, TEXTS)
    return len(new) + len(changed)


@transaction.atomic
def gap_answer(
    *, actor: Actor, gap: Gap, answer: str, source: str, answered_on: date, reason: str = ""
) -> Gap:
    """Record an answer with its source and the day it was given; an earlier answer stays in the trail.

    Raises NotAllowed, ValidationError (nothing said, no source, a day in the future).
    """
    require(actor, ACTION)
    problems = {}
    if not answer.strip():
        problems["answer"] = "Enter the answer."
    if not source.strip():
        problems["source"] = "Enter who said it or where it is written."
    if answered_on > timezone.localdate():
        problems["answered_on"] = "The answer was given today or earlier."
    if problems:
        raise ValidationError(problems)
    gap = Gap.objects.select_for_update().get(pk=gap.pk)
    before = _values(gap)
    gap.state, gap.answer, gap.answer_source = GapState.ANSWERED, answer.strip(), source.strip()
    gap.answered_on, gap.answered_by, gap.entered_at = answered_on, actor.user, timezone.now()
    gap.full_clean()
    gap.save()
    record(actor=actor, verb="gap.answered", obj=gap, before=before, after=_values(gap), reason=reason)
    return gap


@transaction.atomic
def gap_reopen(*, actor: Actor, gap: Gap, reason: str) -> Gap:
    """Take an answer back: the question is open again. Raises NotAllowed, ValidationError."""
    require(actor, ACTION)
    gap = Gap.objects.select_for_update().get(pk=gap.pk)
    if gap.state != GapState.ANSWERED:
        raise ValidationError("This question is open.")
    if not reason.strip():
        raise ValidationError({"reason": "Say why the answer no longer holds."})
    before = _values(gap)
    gap.state, gap.answer, gap.answer_source = GapState.OPEN, "", ""
    gap.answered_on = gap.answered_by = gap.entered_at = None
    gap.save()
    record(actor=actor, verb="gap.reopened", obj=gap, before=before, after=_values(gap), reason=reason)
    return gap


def _values(gap: Gap) -> dict[str, object]:
    return {
        "state": gap.state,
        "answer": gap.answer,
        "answer_source": gap.answer_source,
        "answered_on": gap.answered_on,
    }
