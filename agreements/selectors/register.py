"""Base reads of the register, cut to what a person may see."""

from __future__ import annotations

from django.db.models import QuerySet

from agreements.choices import DecisionState
from agreements.models import Agency, Agreement, Decision, Publication
from oversight.access.models import User
from oversight.access.scope import visible_to

__all__ = ["agencies", "agreements", "open_review_count", "open_reviews", "publications"]


def agencies(*, user: User) -> QuerySet[Agency]:
    """Agencies that stand for themselves, visible to `user`."""
    return visible_to(Agency.objects.current(), user)


def agreements(*, user: User) -> QuerySet[Agreement]:
    """Agreements that stand for themselves, visible to `user`."""
    return visible_to(Agreement.objects.current(), user)


def publications(*, user: User) -> QuerySet[Publication]:
    """All lists; they are national."""
    return visible_to(Publication.objects.all(), user)


def open_reviews() -> QuerySet[Decision]:
    """Questions that wait for a person: open, or put off."""
    return Decision.objects.filter(is_standing=True, state__in=[DecisionState.OPEN, DecisionState.LATER])


def open_review_count() -> int:
    return open_reviews().count()
