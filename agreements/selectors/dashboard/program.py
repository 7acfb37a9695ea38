"""The program now: agreements and agencies by model, state and field office."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count as CountRows
from django.db.models import OuterRef, Q, QuerySet, Subquery

from agreements.choices import IN_FORCE, LISTED, Status
from agreements.models import AgencyOffice, Agreement, Duplicate, FieldOffice
from agreements.selectors.dashboard.counts import Count, count_of, reached
from agreements.selectors.dashboard.lists import Lists, PublishedList
from oversight.access.models import User

__all__ = ["Figures", "Program", "program"]


NOTHING = Count()


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of one cut through the register. `agencies` and `agencies_in_force` count each agency once."""

    listed: Count = NOTHING
    missing: Count = NOTHING
    in_force: Count = NOTHING
    agencies: Count = NOTHING  # with at least one listed agreement
    agencies_in_force: Count = NOTHING

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.listed + other.listed,
            self.missing + other.missing,
            self.in_force + other.in_force,
            self.agencies + other.agencies,
            self.agencies_in_force + other.agencies_in_force,
        )

    @property
    def by_staff(self) -> Count:
        """What staff statements change: listed, plus missing, plus this is in force."""
        return self.in_force - self.listed - self.missing


# model, state, office. None: all of them. "": model or state not read, office not known.
Cut = tuple[str | None, str | None, str | None]


@dataclass(frozen=True, slots=True)
class Program:
    """Agreements and agencies by model, state and field office, as they stand."""

    cuts: Mapping[Cut, Figures]
    offices: Mapping[str, str]  # slug → name, all offices
    state_names: Mapping[str, str]  # code → name, of the states that occur
    repeated_rows: int  # rows of the last list that repeat an agreement

    def of(self, *, model: str | None = None, state: str | None = None, office: str | None = None) -> Figures:
        """The figures of one cut; with a model, an agency counts under each model that it holds."""
        return self.cuts.get((model, state, office), Figures())

    def states(self) -> list[str]:
        """States and territories with at least one listed agreement, by code."""
        return sorted(code for code in self.state_names if self.of(state=code).listed)

    def models(self) -> list[str]:
        """Models with an agreement listed or in force."""
        cuts = ((model, figures) for (model, state, office), figures in self.cuts.items()
                if model is not None and state is None and office is None)  # fmt: skip
        return sorted(model for model, figures in cuts if figures.listed or figures.in_force)


def program(*, user: User, today: date, lists: Lists) -> Program:
    """Counts of agreements and agencies by model, state and today's office. Four queries."""
    on_list, missing = Q(list_status__in=LISTED), Q(status=Status.MISSING)
    in_force = Q(status__in=IN_FORCE)
    agencies = {
        "n_agencies": CountRows("agency", filter=on_list, distinct=True),
        "n_agencies_in_force": CountRows("agency", filter=in_force, distinct=True),
    }
    rows = (
        _with_reach(Agreement.objects.current(), user, today)
        .filter(on_list | missing | in_force)
        .values("agency__state_id", "office", "reached")
    )
    by_model = rows.values("model", "agency__state_id", "agency__state__name", "office", "reached").annotate(
        n_listed=CountRows("pk", filter=on_list),
        n_missing=CountRows("pk", filter=missing),
        n_in_force=CountRows("pk", filter=in_force),
        **agencies,
    )
    by_agency = rows.annotate(**agencies)
    cells = list(by_model.order_by())
    return Program(
        cuts=_cuts(cells, by_agency.order_by()),
        offices=dict(FieldOffice.objects.order_by("name").values_list("slug", "name")),
        state_names={
            row["agency__state_id"]: row["agency__state__name"] for row in cells if row["agency__state_id"]
        },
        repeated_rows=_repeated_rows(lists.last),
    )


def _cuts(cells: Iterable[Mapping[str, Any]], by_agency: Iterable[Mapping[str, Any]]) -> dict[Cut, Figures]:
    """Add the cells up along model, state and office. An agency has one state and one office, but several
    models: across models agencies are counted by a statement of their own, `by_agency`."""
    cuts: dict[Cut, Figures] = defaultdict(Figures)
    for row in cells:
        agreements = Figures(*(count_of(row, name) for name in ("n_listed", "n_missing", "n_in_force")))
        agencies = Figures(
            agencies=count_of(row, "n_agencies"), agencies_in_force=count_of(row, "n_agencies_in_force")
        )
        for state, office in _places(row):
            cuts[None, state, office] += agreements
            cuts[row["model"], state, office] += agreements + agencies
    for row in by_agency:
        agencies = Figures(
            agencies=count_of(row, "n_agencies"), agencies_in_force=count_of(row, "n_agencies_in_force")
        )
        for state, office in _places(row):
            cuts[None, state, office] += agencies
    return dict(cuts)


def _places(row: Mapping[str, Any]) -> Iterable[tuple[str | None, str | None]]:
    state, office = row["agency__state_id"] or "", row["office"] or ""
    return (None, None), (state, None), (None, office)


def _with_reach(rows: QuerySet[Agreement], user: User, today: date) -> QuerySet[Any]:
    """Agreements with their agency's office of today, and whether the person may open them."""
    office = AgencyOffice.objects.active_on(today).filter(agency=OuterRef("agency")).values("office")[:1]
    return rows.annotate(office=Subquery(office), reached=reached(user, "agency"))


def _repeated_rows(last: PublishedList | None) -> int:
    """How many rows of the list repeat an agreement that another of its rows prints."""
    if last is None:
        return 0
    printed = Duplicate.objects.filter(publication=last.pk).values_list("rows", flat=True)
    return sum(len(rows) - 1 for rows in printed)
