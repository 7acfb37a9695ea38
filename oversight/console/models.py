"""Saved views: a list's address under a name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

__all__ = ["SavedView"]


class SavedView(models.Model):
    """A list with its filters and sort, kept by a person. Example: "Texas, missing" on agreements.

    It stores the query string only; what it shows is always cut to the scope of who opens it.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="saved_views")
    page = models.CharField(max_length=80, help_text='URL name, e.g. "agreements:agreement_list".')
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True, help_text="Query string without the question mark.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "page", "name"],
                name="console_savedview_name_once",
                violation_error_message="You already have a view of this name here. Choose another name.",
            )
        ]

    def __str__(self) -> str:
        return self.name
