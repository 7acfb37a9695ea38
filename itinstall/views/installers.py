"""Installers: the list, a calendar by month, the month of all, adding and ending, absences."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from itinstall.choices import AbsenceKind
from itinstall.forms.plans import AbsenceForm, InstallerEndForm, InstallerForm
from itinstall.forms.sites import WithdrawForm
from itinstall.models import InstallationVisit, Installer, InstallerAbsence
from itinstall.months import Month, weeks_of
from itinstall.selectors.installers import (
    absences_within,
    installer_by_pk,
    installer_list,
    month_lines,
    requests_for_installers,
    visits_within,
)
from itinstall.services import installers as services
from itinstall.services.common import PLAN_ACTION
from itinstall.views.resource_base import numbered
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.scope import visible_to
from oversight.console.change_page import ChangePage
from oversight.console.list_views import ScopedListView
from oversight.periods.calendars import federal_calendar
from oversight.periods.models import Holiday

__all__ = [
    "AbsenceAdd",
    "AbsenceRemove",
    "InstallerCreate",
    "InstallerDetail",
    "InstallerEnd",
    "InstallerList",
    "InstallerMonths",
]

WAITING = 25
WRONG_MONTH = "“{}” is no month. Enter year and month, for example 2026-03."
LIST = ("Installers", "itinstall:installer_list")


def asked_month(request: HttpRequest) -> tuple[Month, str]:
    """The month in the address, today's without one; and what is wrong with it."""
    text = request.GET.get("month", "").strip()
    today = Month.of(timezone.localdate())
    if not text:
        return today, ""
    found = Month.parse(text)
    return (found, "") if found else (today, WRONG_MONTH.format(text[:20]))


class InstallerList(ScopedListView):
    action = "records.view"
    list_key = "installers"
    template_name = "itinstall/installer_list.html"

    def extra_context(self) -> dict[str, Any]:
        return {"may_plan": self.may(PLAN_ACTION)}


class InstallerMonths(ActionRequired):
    """What the days of all installers go to in one month, and which requests wait for one."""

    action = "records.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        month, problem = asked_month(request)
        rows = [
            row
            for row in installer_list(user=user).order_by("name", "pk")
            if row.valid_from < month.end and (row.valid_to is None or row.valid_to > month.first)
        ]
        calendar = federal_calendar()
        lines = month_lines(installers=rows, first=month.first, end=month.end, calendar=calendar)
        waiting = requests_for_installers(user=user)
        context = {
            "month": month,
            "problem": problem,
            "lines": lines,
            "free": None
            if any(line.free is None for line in lines)
            else sum(line.free or 0 for line in lines),
            "waiting": waiting.filter(visits__isnull=True)[:WAITING],
            "n_waiting": waiting.filter(visits__isnull=True).count(),
            "may_plan": self.may(PLAN_ACTION),
        }
        return render(request, "itinstall/installer_months.html", context, status=400 if problem else 200)


class InstallerDetail(ActionRequired):
    """One installer's month, day by day."""

    action = "records.view"

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        user = cast(User, request.user)
        one = numbered(
            lambda number: installer_by_pk(user=user, pk=number), pk, "No installer of this number."
        )
        month, problem = asked_month(request)
        calendar = federal_calendar()
        span = {"first": month.first, "end": month.end}
        absences = absences_within(installers=[one.pk], **span)
        visits = visits_within(installers=[one.pk], **span)
        seen = visible_to(InstallationVisit.objects.filter(installer=one), user)
        holidays = Holiday.objects.filter(day__gte=month.first, day__lt=month.end)
        context = {
            "installer": one,
            "month": month,
            "problem": problem,
            "weeks": weeks_of(
                month=month,
                installer=one,
                absences=absences,
                visits=visits,
                holidays=dict(holidays.values_list("day", "name")),
                calendar=calendar,
            ),
            "line": month_lines(installers=[one], calendar=calendar, **span)[0],
            "absences": absences,
            "visits": visits,
            "seen": set(seen.values_list("pk", flat=True)),
            "may_plan": self.may(PLAN_ACTION),
            "is_over": one.valid_to is not None and one.valid_to <= timezone.localdate(),
        }
        return render(request, "itinstall/installer_detail.html", context, status=400 if problem else 200)


class InstallerCreate(ChangePage):
    action = PLAN_ACTION
    title, button = "Add an installer", "Add installer"
    explanation = "Somebody of OCIO who installs equipment on site. In 2018 there was one (OIG-18-77)."
    created: Installer

    def make_form(self, data: Any) -> forms.Form:
        return InstallerForm(data, user=self.user)

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [(LIST[0], reverse(LIST[1]))]

    @property
    def back(self) -> str:
        return reverse(LIST[1])

    @property
    def after(self) -> str:
        return reverse("itinstall:installer_detail", args=[self.created.pk])

    def question(self, data: dict[str, Any]) -> str:
        where = f"for {data['office']} only" if data["office"] else "everywhere"
        return f"{data['name']} installs {where} from {data['valid_from']}."

    def perform(self, data: dict[str, Any]) -> None:
        self.created = services.installer_create(actor=self.actor, **data)

    def done(self, data: dict[str, Any]) -> str:
        return f"{self.created.name} is added. To undo, end it with a later day."


class InstallerPage(ChangePage):
    """One change of one installer."""

    action = PLAN_ACTION
    installer: Installer

    def find(self, **ids: Any) -> None:
        self.installer = numbered(
            lambda pk: installer_by_pk(user=self.user, pk=pk), ids["pk"], "No installer of this number."
        )

    @property
    def eyebrow(self) -> str:
        return self.installer.name

    @property
    def crumbs(self) -> list[tuple[str, str]]:
        return [(LIST[0], reverse(LIST[1])), (self.installer.name, self.back)]

    @property
    def back(self) -> str:
        return reverse("itinstall:installer_detail", args=[self.installer.pk])


class InstallerEnd(InstallerPage):
    title, button, danger = "End installer", "End installer", True
    explanation = "From that day nothing can be planned. The past stays as it was."

    def make_form(self, data: Any) -> forms.Form:
        return InstallerEndForm(data)

    def question(self, data: dict[str, Any]) -> str:
        return f"{self.installer.name} installs until {data['on']}, that day not included."

    def perform(self, data: dict[str, Any]) -> None:
        services.installer_end(actor=self.actor, installer=self.installer, **data)

    def done(self, data: dict[str, Any]) -> str:
        return (
            f"{self.installer.name} installs until {data['on']}. "
            "To undo, add the installer again from that day."
        )


class AbsenceAdd(InstallerPage):
    title, button = "Add an absence", "Add absence"
    explanation = "Days on which the installer does no 287(g) installation. The forecast leaves them out."

    def make_form(self, data: Any) -> forms.Form:
        return AbsenceForm(data)

    @property
    def after(self) -> str:
        return f"{self.back}?month={Month.of(self.began).text}"

    def question(self, data: dict[str, Any]) -> str:
        kind = AbsenceKind(data["kind"]).label.lower()
        note = f" ({data['note']})" if data["note"] else ""
        return (
            f"{self.installer.name} is away from {data['begins_on']} and back on {data['ends_on']}: "
            f"{kind}{note}."
        )

    def perform(self, data: dict[str, Any]) -> None:
        self.began = data["begins_on"]
        services.absence_add(
            actor=self.actor, installer=self.installer, **{**data, "kind": AbsenceKind(data["kind"])}
        )

    def done(self, data: dict[str, Any]) -> str:
        return "The absence is in the calendar. To undo, remove it below."


class AbsenceRemove(InstallerPage):
    title, button, danger = "Remove an absence", "Remove absence", True
    absence: InstallerAbsence

    def find(self, **ids: Any) -> None:
        rows = InstallerAbsence.objects.select_related("installer")
        self.absence = numbered(
            lambda pk: visible_to(rows, self.user).get(pk=pk), ids["pk"], "No absence of this number."
        )
        self.installer = self.absence.installer

    def make_form(self, data: Any) -> forms.Form:
        return WithdrawForm(data)

    @property
    def after(self) -> str:
        return f"{self.back}?month={Month.of(self.absence.begins_on).text}"

    def question(self, data: dict[str, Any]) -> str:
        away = self.absence
        return (
            f"{self.installer.name} is not away from {away.begins_on} until {away.ends_on} "
            f"({away.get_kind_display().lower()})."
        )

    def perform(self, data: dict[str, Any]) -> None:
        services.absence_remove(actor=self.actor, absence=self.absence, **data)

    def done(self, data: dict[str, Any]) -> str:
        return "The absence is removed. To undo, add it again."
