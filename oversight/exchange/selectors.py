"""Reading jobs and packages: one's own; administrators see every job, but open nobody's package."""

from __future__ import annotations

from django.db.models import QuerySet

from oversight.access.actors import person
from oversight.access.models import User
from oversight.access.permissions import may
from oversight.exchange.models import ExportPackage, Job

__all__ = ["jobs_of", "packages_of"]


def jobs_of(*, user: User) -> QuerySet[Job]:
    """Jobs that `user` started; all of them for who keeps the machinery running."""
    jobs = Job.objects.select_related("created_by")
    return jobs if may(person(user), "operations.manage") else jobs.filter(created_by=user)


def packages_of(*, user: User) -> QuerySet[ExportPackage]:
    """Packages that `user` made, newest first. Nobody else's: they hold what that person may see."""
    return ExportPackage.objects.filter(created_by=user).order_by("-pk")
