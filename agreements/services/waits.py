"""Writing down since when a question waits for a person, and when it no longer does."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.utils import timezone

from agreements.choices import DecisionState
from agreements.models import Decision, ReviewWait
from oversight.metrics.services import days_mark_stale

__all__ = ["review_waits_sync"]

WAITING = (DecisionState.OPEN, DecisionState.LATER)
REVIEW_METRICS = "agreements.review"  # what their keys begin with
BATCH = 500


def review_waits_sync() -> None:
    """Bring `ReviewWait` to what waits now. Call it in the transaction that changes decisions; three
    statements, whatever their number."""
    now = timezone.now()
    waiting = Decision.objects.filter(state__in=WAITING, is_standing=True)
    running = ReviewWait.objects.filter(ends_at__isnull=True)
    ended = running.exclude(decision__in=waiting.order_by()).update(ends_at=now)
    new = waiting.exclude(Exists(running.filter(decision=OuterRef("pk")))).order_by("pk")
    begun = ReviewWait.objects.bulk_create(
        [ReviewWait(decision_id=pk, begins_at=now) for pk in new.values_list("pk", flat=True)],
        batch_size=BATCH,
    )
    if ended or begun:
        # A question arises and is answered today; the day is that of headquarters.
        today = timezone.localdate(now, timezone=timezone.get_default_timezone())
        days_mark_stale(ranges=[(today, None)], reason="reviews changed", prefix=REVIEW_METRICS)
