"""History of every change: who, when, what, before and after, why. Insert-only in the database."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

__all__ = ["TrailEntry"]


class TrailEntry(models.Model):
    """One act on one object. Never updated or deleted: triggers refuse it (migration 0002).

    Example: `agreement.suspended` on AG-7K3Q9XZP by A. Example, before {"status": "active"},
    after {"status": "suspended"}, reason "Letter of 2025-06-02".
    """

    at = models.DateTimeField(default=timezone.now, db_index=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="trail",
        help_text="Empty: system.",
    )
    actor_label = models.CharField(max_length=150)
    verb = models.CharField(max_length=80)
    object_type = models.CharField(max_length=80, help_text="app_label.model")
    object_id = models.CharField(max_length=64)
    object_label = models.CharField(max_length=300)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["object_type", "object_id", "-id"], name="trail_object_idx"),
            models.Index(fields=["actor", "-id"], name="trail_actor_idx"),
            models.Index(fields=["verb", "-id"], name="trail_verb_idx"),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_label}: {self.verb} {self.object_label}"
