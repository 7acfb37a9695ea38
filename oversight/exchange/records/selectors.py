"""Reading imports of records: one's own; who sees all imports sees all of these."""

from __future__ import annotations

from django.db.models import QuerySet

from oversight.access.actors import person
from oversight.access.models import User
from oversight.access.permissions import may
from oversight.exchange.choices import Severity
from oversight.exchange.models import RecordFile, RowError
from oversight.exchange.records.kinds import RecordImport, all_record_imports, get_record_import
from oversight.exchange.records.services import ACTION

__all__ = ["changeable_record_files", "kinds_for", "record_files", "row_errors", "wrong_rows"]


def record_files(*, user: User) -> QuerySet[RecordFile]:
    """Newest first: what a field PM's file holds is cut to the own agencies only when it is applied, so
    nobody without sight of all imports opens another person's."""
    rows = RecordFile.objects.select_related("upload", "job", "created_by", "applied_by").order_by("-pk")
    return rows if may(person(user), "imports.view") else rows.filter(created_by=user)


def changeable_record_files(*, user: User) -> QuerySet[RecordFile]:
    """Those that `user` may decide about: of a kind whose records the person may write."""
    if not may(person(user), ACTION):
        return RecordFile.objects.none()
    return record_files(user=user).filter(kind__in=[kind.key for kind in kinds_for(user=user)])


def kinds_for(*, user: User) -> list[RecordImport]:
    """Kinds that the person may import."""
    actor = person(user)
    return [kind for kind in all_record_imports() if may(actor, ACTION) and may(actor, kind.action)]


def row_errors(*, file: RecordFile) -> QuerySet[RowError]:
    """What was found in a file, errors of the whole file first; `file` was resolved through scope."""
    return RowError.objects.filter(job=file.job_id).order_by("pk")


def wrong_rows(*, file: RecordFile) -> list[int]:
    """Numbers of the rows with an error, each once."""
    rows = RowError.objects.filter(job=file.job_id, severity=Severity.ERROR)
    return sorted({number for number in rows.values_list("row", flat=True) if number is not None})


def title_of(file: RecordFile) -> str:
    """What a file holds, in words; its key where that kind no longer exists."""
    try:
        return get_record_import(file.kind).title
    except KeyError:
        return file.kind
