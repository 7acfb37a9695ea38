"""What happened in a period, cut to what a person may see: for the page of changes between two days."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import Count, F, Model, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from agreements.choices import Origin
from agreements.models import AgreementStatus, Decision, Publication, RegisterChange, Verdict
from agreements.selectors.register import open_reviews
from oversight.access.models import User
from oversight.access.scope import visible_to

__all__ = [
    "KindRows",
    "lists_imported",
    "register_changes",
    "reviews_opened",
    "staff_statements",
    "verdicts",
]

M = TypeVar("M", bound=Model)
# What a line of changes tells: wide rows are slow to sort, and slower to make instances of.
_AGENCY = ("ref", "name", "state")
_TOLD = (
    "kind", "rule", "before", "after", "publication__published_on",
    "agreement__ref", "agreement__model",
    *(f"{path}__{name}" for path in ("agency", "agreement__agency") for name in _AGENCY),
)  # fmt: skip
Found = tuple[Sequence[M], int]
_PERSON = ("username", "first_name", "last_name")
_STATED = (
    "status", "begins_on", "ends_on", "reason", "entered_at", "withdrawn_at",
    "agreement__ref", "agreement__model",
    *(f"agreement__agency__{name}" for name in _AGENCY),
    *(f"entered_by__{name}" for name in _PERSON), *(f"withdrawn_by__{name}" for name in _PERSON),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KindRows:
    """Changes by kind, the newest first, and how many there are of each kind in all."""

    rows: Mapping[str, Sequence[RegisterChange]]
    counts: Mapping[str, int]


def register_changes(*, user: User, first: dt.date, last: dt.date, most: int | None) -> KindRows:
    """What lists published after `first` and up to `last` changed; at most `most` of each kind. One query."""
    place = Window(
        RowNumber(), partition_by="kind", order_by=[F("publication__published_on").desc(), F("pk").desc()]
    )
    found = (
        visible_to(RegisterChange.objects.all(), user)
        .filter(publication__published_on__gt=first, publication__published_on__lte=last)
        .annotate(place=place, n_of_kind=Window(Count("pk"), partition_by="kind"))
    )
    if most is not None:
        found = found.filter(place__lte=most)
    found = found.select_related("publication", "agency", "agreement", "agreement__agency").only(*_TOLD)
    rows: dict[str, list[RegisterChange]] = defaultdict(list)
    counts: dict[str, int] = {}
    for change in found.order_by("kind", "place"):
        rows[change.kind].append(change)
        counts[change.kind] = change.n_of_kind
    return KindRows(rows, counts)


def _first(rows: QuerySet[M], most: int | None) -> Found[M]:
    """The rows in their order, at most `most`, and how many there are. One query."""
    ranked = rows.annotate(n_in_all=Window(Count("pk")))
    found = list(ranked if most is None else ranked[:most])
    return found, found[0].n_in_all if found else 0  # type: ignore[attr-defined]


def _within(field: str, since: dt.datetime, until: dt.datetime) -> Q:
    return Q(**{f"{field}__gte": since, f"{field}__lt": until})


def staff_statements(
    *, user: User, since: dt.datetime, until: dt.datetime, most: int | None
) -> Found[AgreementStatus]:
    """Statements by staff that were entered or withdrawn, the newest entry first."""
    happened = _within("entered_at", since, until) | _within("withdrawn_at", since, until)
    # No list stands behind what staff say, and that has an index: they are few among all statements.
    by_staff = AgreementStatus.ever.filter(happened, origin=Origin.STAFF, publication__isnull=True)
    rows = visible_to(by_staff, user)
    return _first(
        rows.select_related("agreement__agency", "entered_by", "withdrawn_by")
        .only(*_STATED)
        .order_by("-entered_at", "-pk"),
        most,
    )


def reviews_opened(
    *, user: User, since: dt.datetime, until: dt.datetime, most: int | None
) -> Found[Decision]:
    """Questions for a person that arose and still wait, the newest first."""
    rows = visible_to(open_reviews().filter(_within("created_at", since, until)), user)
    return _first(rows.order_by("-created_at", "-pk"), most)


def verdicts(*, user: User, since: dt.datetime, until: dt.datetime, most: int | None) -> Found[Verdict]:
    """Answers that people gave or undid, the newest first."""
    happened = _within("decided_at", since, until) | _within("undone_at", since, until)
    rows = visible_to(Verdict.objects.filter(happened), user).select_related("decided_by", "undone_by")
    return _first(rows.order_by("-decided_at", "-pk"), most)


def lists_imported(
    *, user: User, since: dt.datetime, until: dt.datetime, most: int | None
) -> Found[Publication]:
    """Lists that came in, the newest import first."""
    rows = visible_to(Publication.objects.filter(_within("imported_at", since, until)), user)
    return _first(rows.defer("packed_rows").order_by("-imported_at", "-pk"), most)
