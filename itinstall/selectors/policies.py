"""Versions of the installation policy, and what reports publish of installations. Both are national."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from itinstall.choices import RequestState
from itinstall.models import InstallationPolicy, PublishedInstallation
from oversight.access.models import User
from oversight.access.scope import visible_to

__all__ = ["Readable", "policy_versions", "published_installations", "readable_counts"]


@dataclass(frozen=True, slots=True)
class Readable:
    """Lines of one report: how many there are, and how many of them have a readable value."""

    report: str
    lines: int
    readable: int

    @property
    def unreadable(self) -> int:
        return self.lines - self.readable


def policy_versions(*, user: User) -> QuerySet[InstallationPolicy]:
    """Newest first, with the requests that keep each: `n_open`, `n_requests` in all, nationwide."""
    rows = InstallationPolicy.objects.select_related("author").prefetch_related("pausing")
    rows = rows.annotate(
        n_open=Count("requests", filter=Q(requests__state=RequestState.OPEN)),
        n_requests=Count("requests"),
    )
    return visible_to(rows, user).order_by("-valid_from")


def published_installations(*, user: User) -> QuerySet[PublishedInstallation]:
    """Lines of reports, in the order in which they were entered."""
    return visible_to(PublishedInstallation.objects.all(), user).order_by("report", "pk")


def readable_counts(*, user: User) -> list[Readable]:
    """By report. One query."""
    rows = published_installations(user=user).order_by("report").values("report")
    return [
        Readable(row["report"], row["n"], row["n_days"])
        for row in rows.annotate(n=Count("pk"), n_days=Count("days"))
    ]
