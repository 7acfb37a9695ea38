"""History that is only ever added to: a correction is a new entry that names the one it corrects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

__all__ = ["Entry", "EntryQuerySet", "with_corrections"]

E = TypeVar("E", bound="Entry")


class EntryQuerySet(models.QuerySet[Any]):
    """Entries of one kind of history."""

    def standing(self) -> Self:
        """What is said now: entries that no later one corrects."""
        return self.filter(is_withdrawal=False, corrected_by__isnull=True)

    def known_at(self, at: datetime | None) -> Self:
        """What was said at `at` (aware); None: now."""
        if at is None:
            return self.standing()
        later = self.model._default_manager.filter(corrects=OuterRef("pk"), entered_at__lte=at)
        return self.filter(Q(entered_at__lte=at), ~Exists(later), is_withdrawal=False)


class Entry(models.Model):
    """Base of append-only histories; the database refuses to change or delete a row.

    An entry that `corrects` another takes its place. With `is_withdrawal` it only takes it away: the other
    was entered by mistake, and nothing takes its place.
    """

    corrects = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by"
    )
    is_withdrawal = models.BooleanField(default=False)
    reason = models.CharField(max_length=500, blank=True, help_text="Why, as entered.")
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: system.",
    )
    entered_at = models.DateTimeField(default=timezone.now)
    is_synthetic = models.BooleanField(default=False)

    objects = EntryQuerySet.as_manager()

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_withdraws_something",
                condition=Q(is_withdrawal=False) | Q(corrects__isnull=False),
            )
        ]


def with_corrections(entries: Iterable[E]) -> list[E]:
    """Entries of whole histories, in their order; each knows its `corrected_by` without a query.

    The join in its place reads all entries of the nation where hardly any is corrected: to a database's
    statistics a column that is empty nearly everywhere looks as if one value matched every row.
    """
    found = list(entries)
    later = {entry.corrects_id: entry for entry in found}  # type: ignore[attr-defined]
    for entry in found:
        entry._meta.get_field("corrected_by").set_cached_value(entry, later.get(entry.pk))  # type: ignore[union-attr]
    return found
