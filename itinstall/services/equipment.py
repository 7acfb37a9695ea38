"""Equipment of sites: ordered, shipped, delivered, installed, moved. Its past is in the trail."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from itinstall.choices import EquipmentStatus
from itinstall.models import Equipment, EquipmentKind, InstallationRequest, Site
from itinstall.services.common import ACTION
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.access.scope import changeable_by
from oversight.trail.services import record

__all__ = ["equipment_add", "equipment_describe", "equipment_move", "equipment_status_set"]

# The usual way of a piece; a step back on it needs a reason.
ORDER = [
    EquipmentStatus.ORDERED,
    EquipmentStatus.SHIPPED,
    EquipmentStatus.DELIVERED,
    EquipmentStatus.INSTALLED,
    EquipmentStatus.RETURNED,
]


@transaction.atomic
def equipment_add(
    *,
    actor: Actor,
    site: Site,
    kind: EquipmentKind,
    on: date,
    status: EquipmentStatus = EquipmentStatus.ORDERED,
    serial: str = "",
    request: InstallationRequest | None = None,
    is_synthetic: bool = False,
) -> Equipment:
    """A piece for `site`, in `status` since `on`. `request`: the one of the site that it is for.

    Raises NotAllowed, Site.DoesNotExist outside the scope, ValidationError: a kind no longer used, a serial
    number entered already, a day in the future, a request of another site.
    """
    require(actor, ACTION)
    site = _site(actor, site)
    if not kind.is_active:
        raise ValidationError({"kind": f"“{kind}” is no longer used. Choose another kind."})
    _check_day(on, None)
    piece = Equipment(
        site=site,
        kind=kind,
        status=status,
        status_on=on,
        serial=_serial(serial),
        request=request,
        is_synthetic=is_synthetic,
    )
    _check(piece)
    piece.save()
    after = {
        "site": str(site), "kind": kind.name, "serial": piece.serial, "status": status, "status_on": on,
        "request": request.ref if request else None,
    }  # fmt: skip
    record(actor=actor, verb="equipment.added", obj=piece, after=after)
    return piece


@transaction.atomic
def equipment_status_set(
    *, actor: Actor, piece: Equipment, status: EquipmentStatus, on: date, reason: str = ""
) -> Equipment:
    """`status` since `on`. With a `reason` also a correction: a step back, as from installed to ordered, or
    another day for the same status.

    Raises NotAllowed, Equipment.DoesNotExist outside the scope, ValidationError.
    """
    piece = _locked(actor, piece)
    if (status, on) == (piece.status, piece.status_on) or (status == piece.status and not reason.strip()):
        raise ValidationError(
            {
                "status": f"It is {piece.get_status_display().lower()} since {piece.status_on} already. "
                "To correct that day, enter the other one and say why."
            }
        )
    _check_day(on, None if reason.strip() else piece)
    if _is_back(piece.status, status) and not reason.strip():
        raise ValidationError(
            {
                "reason": f"{status.label} comes before {piece.get_status_display().lower()}. "
                "Say why it goes back, or what was entered wrongly."
            }
        )
    before = {"status": piece.status, "status_on": piece.status_on}
    piece.status, piece.status_on = status, on
    piece.save(update_fields=["status", "status_on"])
    after = {"status": status, "status_on": on}
    record(actor=actor, verb="equipment.status_set", obj=piece, before=before, after=after, reason=reason)
    return piece


@transaction.atomic
def equipment_describe(
    *,
    actor: Actor,
    piece: Equipment,
    serial: str,
    request: InstallationRequest | None,
    reason: str = "",
) -> Equipment:
    """Enter or correct the serial number, or for which request of its site the piece is. Raises as
    `equipment_status_set`."""
    piece = _locked(actor, piece)
    before = {"serial": piece.serial, "request": piece.request.ref if piece.request else None}
    if piece.serial and _serial(serial) != piece.serial and not reason.strip():
        raise ValidationError({"reason": f"The serial number was {piece.serial}. Say why it changes."})
    piece.serial, piece.request = _serial(serial), request
    after = {"serial": piece.serial, "request": request.ref if request else None}
    changed = [key for key, value in after.items() if value != before[key]]
    if changed:
        _check(piece)
        piece.save(update_fields=changed)
        record(
            actor=actor,
            verb="equipment.changed",
            obj=piece,
            before={key: before[key] for key in changed},
            after={key: after[key] for key in changed},
            reason=reason,
        )
    return piece


@transaction.atomic
def equipment_move(*, actor: Actor, piece: Equipment, site: Site, reason: str) -> Equipment:
    """To another site that the person may change. The request of the old site no longer counts it.

    Raises as `equipment_status_set`, Site.DoesNotExist, ValidationError: no reason, closed, the same site.
    """
    piece = _locked(actor, piece)
    site = _site(actor, site)
    if not reason.strip():
        raise ValidationError({"reason": "Say why it is moved."})
    if site.pk == piece.site_id:
        raise ValidationError({"site": "It is at this site already. Choose another one."})
    before = {"site": str(piece.site), "request": piece.request.ref if piece.request else None}
    piece.site, piece.request = site, None
    piece.save(update_fields=["site", "request"])
    after = {"site": str(site), "request": None}
    record(actor=actor, verb="equipment.moved", obj=piece, before=before, after=after, reason=reason)
    return piece


def _locked(actor: Actor, piece: Equipment) -> Equipment:
    require(actor, ACTION)
    rows = Equipment.objects.select_for_update(of=("self",)).select_related("site__agency", "kind", "request")
    return (changeable_by(rows, actor.user) if actor.user is not None else rows).get(pk=piece.pk)


def _site(actor: Actor, site: Site) -> Site:
    rows = Site.objects.select_for_update(of=("self",)).select_related("agency")
    site = (changeable_by(rows, actor.user) if actor.user is not None else rows).get(pk=site.pk)
    if site.is_closed:
        raise ValidationError(
            {"site": f"{site.name} is closed. Open it again first, or choose another site."}
        )
    return site


def _check(piece: Equipment) -> None:
    """Raises ValidationError: serial number taken, or a request of another site. Locks the kind, so that two
    people cannot enter one number at the same moment."""
    EquipmentKind.objects.select_for_update().get(pk=piece.kind_id)
    if piece.request is not None and piece.request.site_id != piece.site_id:
        raise ValidationError({"request": f"{piece.request.ref} is a request of another site."})
    taken = Equipment.objects.filter(kind=piece.kind, serial=piece.serial).exclude(pk=piece.pk)
    if piece.serial and taken.exists():
        raise ValidationError(
            {
                "serial": f"A piece of this kind ({piece.kind}) with the serial number {piece.serial} is "
                "entered already. Check the number, or move that piece to this site."
            }
        )
    piece.full_clean(validate_constraints=False)  # the one constraint was checked in words of its own


def _check_day(on: date, piece: Equipment | None) -> None:
    if on > timezone.localdate():
        raise ValidationError({"on": f"{on} lies in the future. Enter the day on which it happened."})
    if piece is not None and on < piece.status_on:
        raise ValidationError(
            {
                "on": f"It is {piece.get_status_display().lower()} since {piece.status_on}; "
                "the next status begins that day or later. Check the year, or say what was entered wrongly."
            }
        )


def _is_back(old: str, new: str) -> bool:
    return old in ORDER and new in ORDER and ORDER.index(new) < ORDER.index(old)  # type: ignore[arg-type]


def _serial(text: str) -> str:
    """Serial numbers are compared as printed on the label: without blanks around, in capitals."""
    return " ".join(text.split()).upper()
