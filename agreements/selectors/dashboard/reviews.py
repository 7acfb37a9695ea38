"""Questions that wait for a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, Min, Sum, When
from django.db.models import Count as CountRows

from agreements.choices import DecisionState
from agreements.selectors.register import open_reviews as reviews_waiting

__all__ = ["REVIEW_COUNTS", "Reviews", "open_reviews"]

REVIEW_COUNTS: Mapping[str, Any] = {
    "n": CountRows("pk"),
    "put_off": Sum(Case(When(state=DecisionState.LATER, then=1), default=0)),
    "oldest_at": Min("created_at"),
}


@dataclass(frozen=True, slots=True)
class Reviews:
    """Questions that wait for a person; `put_off` of them were answered "later"."""

    n: int
    put_off: int
    oldest_at: datetime | None


def open_reviews() -> Reviews:
    """How many questions wait, and since when. One query; with the lists it is none (`Lists.reviews`)."""
    found = reviews_waiting().aggregate(**REVIEW_COUNTS)
    return Reviews(found["n"], found["put_off"] or 0, found["oldest_at"])
