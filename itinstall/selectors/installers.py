"""Installers and their days: what is planned, and what is left free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.utils import timezone

from itinstall.calendars import Busy, Workspan, business_days_within, days_taken
from itinstall.choices import AbsenceKind, RequestState
from itinstall.models import InstallationRequest, InstallationVisit, Installer, InstallerAbsence
from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.periods.calendars import CalendarUnknown, FederalCalendar

__all__ = [
    "MonthLine",
    "absences_within",
    "installer_by_pk",
    "installer_list",
    "month_lines",
    "requests_for_installers",
    "visit_by_pk",
    "visits_within",
    "working_spans",
    "works_on",
]


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One installer's month in business days. None: federal holidays of the month are not known.

    A business day that an absence and a visit take counts with the absence.
    """

    installer: Installer
    workdays: int | None
    other_program: int | None
    other_absence: int | None
    visits: int | None
    free: int | None


def installer_list(*, user: User) -> QuerySet[Installer]:
    return visible_to(Installer.objects.select_related("office"), user)


def installer_by_pk(*, user: User, pk: int) -> Installer:
    """Raises Installer.DoesNotExist."""
    return installer_list(user=user).get(pk=pk)


def visit_by_pk(*, user: User, pk: int) -> InstallationVisit:
    """Raises InstallationVisit.DoesNotExist outside what `user` may see."""
    rows = InstallationVisit.objects.select_related("installer", "request__site__agency", "request__stage")
    return visible_to(rows, user).get(pk=pk)


def requests_for_installers(*, user: User) -> QuerySet[InstallationRequest]:
    """Open requests in a stage that needs an installer, the most urgent and the longest there first."""
    rows = InstallationRequest.objects.filter(state=RequestState.OPEN, stage__needs_installer=True)
    return (
        visible_to(rows, user).select_related("site__agency", "stage").order_by("priority", "stage_on", "pk")
    )


def absences_within(*, installers: Iterable[int], first: date, end: date) -> list[InstallerAbsence]:
    """Absences that share a day with [first, end), in order. One query."""
    rows = InstallerAbsence.objects.filter(
        installer__in=list(installers), begins_on__lt=end, ends_on__gt=first
    )
    return list(rows.order_by("begins_on", "pk"))


def visits_within(*, installers: Iterable[int], first: date, end: date) -> list[InstallationVisit]:
    """Visits that share a day with [first, end), in order, wherever they lead. One query.

    Who shows where they lead asks first which of them the person may see.
    """
    rows = InstallationVisit.objects.filter(
        installer__in=list(installers), begins_on__lt=end, ends_on__gt=first
    )
    return list(rows.select_related("request__site__agency").order_by("begins_on", "pk"))


def working_spans(*, first: date, end: date, installers: Iterable[Installer] | None = None) -> list[Workspan]:
    """Installers who work on some day of [first, end), with what is planned for those days, for
    `calendars.free_days`. None: all of them. At most three queries."""
    if installers is None:
        installers = Installer.objects.filter(
            Q(valid_to__isnull=True) | Q(valid_to__gt=first), valid_from__lt=end
        ).order_by("pk")
    rows = list(installers)
    keys = [row.pk for row in rows]
    busy: dict[int, list[Busy]] = defaultdict(list)
    for away in absences_within(installers=keys, first=first, end=end):
        busy[away.installer_id].append(Busy(away.begins_on, away.ends_on))
    for key, visits in _visits_by_installer(keys, first, end).items():
        busy[key] += visits
    return [Workspan(row.pk, row.valid_from, row.valid_to, busy[row.pk], row.office_id or "") for row in rows]


def month_lines(
    *, installers: Iterable[Installer], first: date, end: date, calendar: FederalCalendar
) -> list[MonthLine]:
    """What each installer's days of [first, end) go to. Two queries."""
    rows = list(installers)
    keys = [row.pk for row in rows]
    away: dict[int, list[InstallerAbsence]] = defaultdict(list)
    for absence in absences_within(installers=keys, first=first, end=end):
        away[absence.installer_id].append(absence)
    visits = _visits_by_installer(keys, first, end)
    try:
        workdays = business_days_within(first, end, calendar)
    except CalendarUnknown:
        workdays = None
    return [_month_line(row, away[row.pk], visits[row.pk], (first, end), workdays) for row in rows]


def _month_line(
    row: Installer,
    absences: list[InstallerAbsence],
    visits: list[Busy],
    month: tuple[date, date],
    workdays: tuple[date, ...] | None,
) -> MonthLine:
    within = Workspan(row.pk, row.valid_from, row.valid_to).within(*month)
    if within is None:
        return MonthLine(row, 0, 0, 0, 0, 0)
    if workdays is None:
        return MonthLine(row, None, None, None, None, None)
    own = {day for day in workdays if within[0] <= day < within[1]}
    kinds = [(a.kind, Busy(a.begins_on, a.ends_on)) for a in absences]
    program = own & days_taken((busy for kind, busy in kinds if kind == AbsenceKind.OTHER_PROGRAM), *within)
    away = own & days_taken((busy for _, busy in kinds), *within)
    at_sites = own & days_taken(visits, *within) - away
    free = len(own) - len(away) - len(at_sites)
    return MonthLine(row, len(own), len(program), len(away) - len(program), len(at_sites), free)


def _visits_by_installer(installers: list[int], first: date, end: date) -> dict[int, list[Busy]]:
    """Days of visits that share a day with [first, end), in order. One query."""
    found: dict[int, list[Busy]] = defaultdict(list)
    rows = InstallationVisit.objects.filter(installer__in=installers, begins_on__lt=end, ends_on__gt=first)
    for key, begins_on, ends_on in rows.order_by("begins_on", "pk").values_list(
        "installer_id", "begins_on", "ends_on"
    ):
        found[key].append(Busy(begins_on, ends_on, is_visit=True))
    return found


def works_on(installer: Installer, day: date | None = None) -> bool:
    """Whether the installer works here on `day`, today by default."""
    day = day or timezone.localdate()
    return installer.valid_from <= day and (installer.valid_to is None or day < installer.valid_to)
