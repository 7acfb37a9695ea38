"""Reading published lists: what each changed, its files, its rows with the exact cells."""

from __future__ import annotations

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from agreements.choices import ChangeKind, ListKind
from agreements.models import Duplicate, Observation, Publication, PublicationFile, RegisterChange
from agreements.selectors import register
from oversight.access.models import User
from oversight.access.scope import visible_to

__all__ = [
    "ADDED",
    "CORRECTED",
    "LEFT",
    "neighbors",
    "publication_changes",
    "publication_duplicates",
    "publication_files",
    "publication_list",
    "publication_observation",
    "publication_observations",
]

ADDED = (ChangeKind.ADDED, ChangeKind.RETURNED, ChangeKind.PENDING_ADDED)
LEFT = (ChangeKind.REMOVED, ChangeKind.SUPERSEDED, ChangeKind.PENDING_LEFT)
CORRECTED = (
    ChangeKind.CHANGED,
    ChangeKind.RENAMED,
    ChangeKind.REATTRIBUTED,
    ChangeKind.DATE_CORRECTED,
)


def _changes(kinds: tuple[ChangeKind, ...]) -> Coalesce:
    rows = RegisterChange.objects.filter(publication=OuterRef("pk"), kind__in=kinds).order_by()
    n = rows.values("publication").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(n, output_field=IntegerField()), 0)


def publication_list(*, user: User) -> QuerySet[Publication]:
    """All lists with how much each changed (national figures) and how many files carried it."""
    files = PublicationFile.objects.filter(publication=OuterRef("pk")).order_by().values("publication")
    return (
        register.publications(user=user)
        .defer("packed_rows")
        .annotate(
            n_added=_changes(ADDED),
            n_missing=_changes((ChangeKind.MISSING,)),
            n_left=_changes(LEFT),
            n_corrected=_changes(CORRECTED),
            n_files=Coalesce(
                Subquery(files.annotate(n=Count("pk")).values("n"), output_field=IntegerField()), 0
            ),
        )
    )


def neighbors(publication: Publication) -> tuple[Publication | None, Publication | None]:
    """The list before and the list after it, of its kind. One query."""
    if publication.sequence is None:
        return None, None
    near = Publication.objects.filter(
        kind=publication.kind, sequence__in=[publication.sequence - 1, publication.sequence + 1]
    ).defer("packed_rows")
    by_sequence = {row.sequence: row for row in near}
    return by_sequence.get(publication.sequence - 1), by_sequence.get(publication.sequence + 1)


def publication_changes(*, user: User, publication: Publication) -> QuerySet[RegisterChange]:
    """What it changed, as far as `user` may see the agencies."""
    return visible_to(RegisterChange.objects.filter(publication=publication), user).select_related(
        "agency",
        "agency__merged_into",
        "agreement",
        "agreement__agency",
        "agreement__merged_into",
        "publication",
    )


def publication_files(*, user: User, publication: Publication) -> QuerySet[PublicationFile]:
    """The files that carried it."""
    return (
        visible_to(PublicationFile.objects.filter(publication=publication), user)
        .select_related("imported_by")
        .order_by("ordered_at", "file_name")
    )


def publication_duplicates(*, user: User, publication: Publication) -> QuerySet[Duplicate]:
    """Agreements printed on several of its rows."""
    return visible_to(Duplicate.objects.filter(publication=publication), user).select_related(
        "agreement", "agreement__agency"
    )


def publication_observations(*, user: User, publication: Publication) -> QuerySet[Observation]:
    """Its rows with the exact cells, as far as `user` may see the agencies."""
    return visible_to(Observation.objects.filter(publication=publication), user).select_related(
        "printed_row",
        "printed_row__agreement",
        "printed_row__agreement__merged_into",
        "printed_row__agreement__agency",
    )


def publication_observation(*, user: User, publication_id: int, row_number: int) -> Observation:
    """One row. Raises Observation.DoesNotExist, also when the agency lies outside the scope."""
    return (
        visible_to(Observation.objects.all(), user)
        .select_related(
            "publication",
            "printed_row",
            "printed_row__county",
            "printed_row__agreement",
            "printed_row__agreement__merged_into",
            "printed_row__agreement__agency",
            "printed_row__agreement__agency__merged_into",
        )
        .defer("publication__packed_rows")
        .get(publication_id=publication_id, row_number=row_number)
    )


def latest_publication(*, user: User, kind: ListKind = ListKind.PARTICIPATING) -> Publication | None:
    """The newest list of a kind, or None before the first."""
    rows = register.publications(user=user).filter(kind=kind).defer("packed_rows")
    return rows.order_by("-sequence").first()
