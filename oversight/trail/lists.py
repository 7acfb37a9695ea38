"""The trail as a list."""

from __future__ import annotations

from django.db.models import QuerySet

from oversight.access.actors import person
from oversight.access.models import User
from oversight.access.permissions import may
from oversight.console.lists import ListSpec
from oversight.trail.filters import TrailFilter
from oversight.trail.models import TrailEntry
from oversight.trail.selectors import entries
from oversight.trail.tables import TrailTable

__all__ = ["TRAIL", "trail_for"]


def trail_for(*, user: User) -> QuerySet[TrailEntry]:
    """The whole trail for those who may read it; nothing for anyone else."""
    return entries() if may(person(user), "trail.view") else TrailEntry.objects.none()


TRAIL = ListSpec(
    key="trail",
    page="trail:entry_list",
    title="Trail entries",
    one="trail entry",
    action="trail.view",
    selector=trail_for,
    filterset=TrailFilter,
    table=TrailTable,
    empty="Nothing has been recorded yet. Every change to a record appears here.",
)
