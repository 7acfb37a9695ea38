"""Installers with their days: absences, and visits to sites. Headquarters plans them (docs/roles.md).

Ranges are half-open. An installer is in one place at a time: visits overlap neither each other nor an
absence. The installer's row is locked while that is checked.
"""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q

from agreements.models import AgencyOffice, FieldOffice
from itinstall.choices import AbsenceKind, RequestState
from itinstall.models import InstallationRequest, InstallationVisit, Installer, InstallerAbsence, Stage
from itinstall.services.common import PLAN_ACTION
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.trail.services import record

__all__ = [
    "absence_add",
    "absence_remove",
    "installer_create",
    "installer_end",
    "visit_move",
    "visit_plan",
    "visit_remove",
]


@transaction.atomic
def installer_create(
    *,
    actor: Actor,
    name: str,
    valid_from: date,
    office: FieldOffice | None = None,
    is_synthetic: bool = False,
) -> Installer:
    """An installer from `valid_from`; `office`: works for this field office only. Raises NotAllowed,
    ValidationError (also for a name that somebody has who still works then)."""
    require(actor, PLAN_ACTION)
    one = Installer(
        name=" ".join(name.split()), valid_from=valid_from, office=office, is_synthetic=is_synthetic
    )
    one.full_clean()
    others = Installer.objects.filter(Q(valid_to__isnull=True) | Q(valid_to__gt=valid_from))
    other = others.filter(name__iexact=one.name).first()
    if other is not None:
        raise ValidationError(
            {"name": f"{other.name} is entered already, from {other.valid_from}. Add a number or first name."}
        )
    one.save()
    after = {"name": one.name, "valid_from": valid_from, "office": office}
    record(actor=actor, verb="installer.created", obj=one, after=after)
    return one


@transaction.atomic
def installer_end(*, actor: Actor, installer: Installer, on: date, reason: str = "") -> Installer:
    """`on` is the first day on which the installer no longer works here. Raises NotAllowed, ValidationError:
    ended already, before the first day, or visits that last longer (move or remove those first)."""
    one = _locked(actor, installer)
    if one.valid_to is not None:
        raise ValidationError({"on": f"{one.name} works here until {one.valid_to} already."})
    if on <= one.valid_from:
        raise ValidationError({"on": f"{one.name} works here from {one.valid_from}; the end is a later day."})
    later = InstallationVisit.objects.filter(installer=one, ends_on__gt=on)
    first = later.select_related("request__site").order_by("begins_on").first()
    if first is not None:
        count = later.count()
        raise ValidationError(
            {
                "on": f"{one.name} has {count} visit{'' if count == 1 else 's'} after that, the first at "
                f"{first.request.site.name} ({_days(first.begins_on, first.ends_on)}). "
                "Move or remove them first."
            }
        )
    one.valid_to = on
    one.save(update_fields=["valid_to"])
    before, after = {"valid_to": None}, {"valid_to": on}
    record(actor=actor, verb="installer.ended", obj=one, before=before, after=after, reason=reason)
    return one


@transaction.atomic
def absence_add(
    *,
    actor: Actor,
    installer: Installer,
    kind: AbsenceKind,
    begins_on: date,
    ends_on: date,
    note: str = "",
    is_synthetic: bool = False,
) -> InstallerAbsence:
    """The installer does no 287(g) installation over [begins_on, ends_on). `note`: for work for another
    program, which one. Raises NotAllowed, ValidationError: outside the installer's days, or something else
    is entered for them."""
    one = _locked(actor, installer)
    if kind == AbsenceKind.OTHER_PROGRAM and not note.strip():
        raise ValidationError({"note": "Say for which program."})
    away = InstallerAbsence(
        installer=one,
        kind=kind,
        begins_on=begins_on,
        ends_on=ends_on,
        note=note.strip(),
        is_synthetic=is_synthetic,
    )
    _check_range(begins_on, ends_on, "The first day back is after the first day away.")
    _check_works(one, begins_on, ends_on)
    _check_free(one, begins_on, ends_on)
    away.full_clean()
    away.save()
    record(actor=actor, verb="installer.absence_added", obj=one, after=_absence_words(away))
    return away


@transaction.atomic
def absence_remove(*, actor: Actor, absence: InstallerAbsence, reason: str = "") -> Installer:
    """Take an absence out of the calendar; it stays in the trail. Raises NotAllowed,
    InstallerAbsence.DoesNotExist."""
    one = _locked(actor, absence.installer)
    absence = InstallerAbsence.objects.get(pk=absence.pk)
    words = _absence_words(absence)
    record(actor=actor, verb="installer.absence_removed", obj=one, before=words, reason=reason)
    absence.delete()
    return one


@transaction.atomic
def visit_plan(
    *,
    actor: Actor,
    request: InstallationRequest,
    installer: Installer,
    begins_on: date,
    ends_on: date,
    is_synthetic: bool = False,
) -> InstallationVisit:
    """The installer works at the request's site over [begins_on, ends_on).

    Raises NotAllowed, ValidationError: the request is not in a stage that needs an installer, the installer
    works for another office, does not work here then, is away, or is somewhere else.
    """
    one = _locked(actor, installer)
    request = InstallationRequest.objects.select_related("site__agency", "stage").get(pk=request.pk)
    _check_request(request)
    visit = InstallationVisit(
        request=request, installer=one, begins_on=begins_on, ends_on=ends_on, is_synthetic=is_synthetic
    )
    _check_visit(visit)
    visit.save()
    after = _visit_values(visit)
    record(actor=actor, verb="installation.visit_planned", obj=visit.request, after=after)
    return visit


@transaction.atomic
def visit_move(
    *,
    actor: Actor,
    visit: InstallationVisit,
    installer: Installer,
    begins_on: date,
    ends_on: date,
    reason: str = "",
) -> InstallationVisit:
    """To other days, or to another installer. Raises as `visit_plan`."""
    one = _locked(actor, installer)
    rows = InstallationVisit.objects.select_for_update(of=("self",)).select_related(
        "request__site__agency", "request__stage", "installer"
    )
    visit = rows.get(pk=visit.pk)
    before = _visit_values(visit)
    visit.installer, visit.begins_on, visit.ends_on = one, begins_on, ends_on
    after = _visit_values(visit)
    changed = [key for key, value in after.items() if value != before[key]]
    if not changed:
        raise ValidationError({"begins_on": "That is what is planned already. Change the days or installer."})
    _check_visit(visit)
    visit.save(update_fields=["installer", "begins_on", "ends_on"])
    record(
        actor=actor,
        verb="installation.visit_moved",
        obj=visit.request,
        before={key: before[key] for key in changed},
        after={key: after[key] for key in changed},
        reason=reason,
    )
    return visit


@transaction.atomic
def visit_remove(*, actor: Actor, visit: InstallationVisit, reason: str) -> None:
    """Take a visit out of the plan; it stays in the trail. Raises NotAllowed, ValidationError."""
    _locked(actor, visit.installer)
    visit = InstallationVisit.objects.select_related("request__site", "installer").get(pk=visit.pk)
    if not reason.strip():
        raise ValidationError({"reason": "Say why the visit is removed."})
    values = _visit_values(visit)
    record(actor=actor, verb="installation.visit_removed", obj=visit.request, before=values, reason=reason)
    visit.delete()


def _locked(actor: Actor, installer: Installer) -> Installer:
    require(actor, PLAN_ACTION)
    return Installer.objects.select_for_update(of=("self",)).select_related("office").get(pk=installer.pk)


def _check_request(request: InstallationRequest) -> None:
    if request.state != RequestState.OPEN:
        raise ValidationError(
            {"request": f"{request.ref} is {request.get_state_display().lower()} since {request.closed_on}."}
        )
    if not request.stage.needs_installer:
        names = " or ".join(
            f"“{name}”" for name in Stage.objects.filter(needs_installer=True).values_list("name", flat=True)
        )
        raise ValidationError(
            {
                "request": f"{request.ref} is in {request.stage}. An installer is planned once it is in "
                f"{names or 'a stage that needs one'}."
            }
        )


def _check_visit(visit: InstallationVisit) -> None:
    one = visit.installer
    _check_range(visit.begins_on, visit.ends_on, "The day of leaving is after the first day there.")
    _check_works(one, visit.begins_on, visit.ends_on)
    if one.office_id is not None:
        held = AgencyOffice.objects.active_on(visit.begins_on).filter(
            agency=visit.request.site.agency, office=one.office_id
        )
        if not held.exists():
            raise ValidationError(
                {
                    "installer": f"{one.name} works for {one.office} only; {visit.request.site.agency.name} "
                    "is not in its area. Choose another installer."
                }
            )
    _check_free(one, visit.begins_on, visit.ends_on, except_visit=visit.pk)
    visit.full_clean()


def _check_range(begins_on: date, ends_on: date, words: str) -> None:
    if ends_on <= begins_on:
        raise ValidationError({"ends_on": f"{ends_on} is not after {begins_on}. {words}"})


def _check_works(one: Installer, begins_on: date, ends_on: date) -> None:
    if begins_on < one.valid_from or (one.valid_to is not None and ends_on > one.valid_to):
        until = f" until {one.valid_to}" if one.valid_to else ""
        raise ValidationError(
            {"begins_on": f"{one.name} works here from {one.valid_from}{until}. Choose days within."}
        )


def _check_free(one: Installer, begins_on: date, ends_on: date, *, except_visit: int | None = None) -> None:
    """Raises ValidationError with what stands in the way, if anything does."""
    away = InstallerAbsence.objects.filter(installer=one, begins_on__lt=ends_on, ends_on__gt=begins_on)
    if (other := away.order_by("begins_on").first()) is not None:
        note = f" ({other.note})" if other.note else ""
        raise ValidationError(
            {
                "begins_on": f"{one.name} is away {_days(other.begins_on, other.ends_on)}: "
                f"{other.get_kind_display().lower()}{note}. Choose other days, or remove that absence first."
            }
        )
    visits = InstallationVisit.objects.filter(installer=one, begins_on__lt=ends_on, ends_on__gt=begins_on)
    visits = visits.select_related("request__site").order_by("begins_on")
    if except_visit is not None:
        visits = visits.exclude(pk=except_visit)
    if (visit := visits.first()) is not None:
        raise ValidationError(
            {
                "begins_on": f"{one.name} is at {visit.request.site.name} ({visit.request.ref}) "
                f"{_days(visit.begins_on, visit.ends_on)}. Choose other days, or move that visit first."
            }
        )


def _days(begins_on: date, ends_on: date) -> str:
    return f"from {begins_on} until {ends_on}, that day not included"


def _absence_words(away: InstallerAbsence) -> dict[str, object]:
    return {
        "kind": away.get_kind_display(), "begins_on": away.begins_on, "ends_on": away.ends_on,
        "note": away.note,
    }  # fmt: skip


def _visit_values(visit: InstallationVisit) -> dict[str, object]:
    return {
        "request": visit.request.ref, "installer": visit.installer.name, "begins_on": visit.begins_on,
        "ends_on": visit.ends_on,
    }  # fmt: skip
