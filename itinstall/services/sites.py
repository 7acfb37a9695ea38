"""Sites of agencies."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import transaction

from agreements.models import Agency
from agreements.refs import make_ref
from itinstall.choices import RequestState
from itinstall.models import InstallationRequest, Site
from itinstall.services.common import ACTION
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.access.scope import changeable_by
from oversight.trail.services import record

__all__ = ["SITE_PREFIX", "free_ref", "site_change", "site_create"]

SITE_PREFIX = "SIT"


def free_ref(model: type[Site], prefix: str, key: str) -> str:
    """A public reference that nobody has. References are never reused."""
    for attempt in range(100):
        ref = make_ref(prefix, key, attempt=attempt)
        if not model._default_manager.filter(ref=ref).exists():
            return ref
    raise RuntimeError("No free reference in a hundred tries.")  # once in 10^180


@transaction.atomic
def site_create(
    *, actor: Actor, agency: Agency, name: str, note: str = "", is_synthetic: bool = False
) -> Site:
    """A site of an agency that the person may change. Raises NotAllowed, Agency.DoesNotExist,
    ValidationError (also for a name that the agency has already)."""
    require(actor, ACTION)
    rows = Agency.objects.select_for_update()
    agency = (changeable_by(rows, actor.user) if actor.user is not None else rows).get(pk=agency.pk)
    site = Site(agency=agency, name=" ".join(name.split()), note=note.strip(), is_synthetic=is_synthetic)
    site.ref = free_ref(Site, SITE_PREFIX, f"{agency.ref}|{site.name}")
    site.full_clean()
    site.save()
    after = {"agency": agency.pk, "name": site.name, "note": site.note}
    record(actor=actor, verb="site.created", obj=site, after=after)
    return site


@transaction.atomic
def site_change(*, actor: Actor, site: Site, name: str, note: str, is_closed: bool, reason: str = "") -> Site:
    """Rename, annotate, close or open a site again. Raises NotAllowed, Site.DoesNotExist, ValidationError."""
    require(actor, ACTION)
    rows = Site.objects.select_for_update(of=("self",))
    site = (changeable_by(rows, actor.user) if actor.user is not None else rows).get(pk=site.pk)
    before = {"name": site.name, "note": site.note, "is_closed": site.is_closed}
    _check_closing(site, is_closed)
    site.name, site.note, site.is_closed = " ".join(name.split()), note.strip(), is_closed
    site.full_clean()
    after = {"name": site.name, "note": site.note, "is_closed": site.is_closed}
    changed = [key for key, value in after.items() if value != before[key]]
    if changed:
        site.save(update_fields=changed)
        record(
            actor=actor,
            verb="site.changed",
            obj=site,
            before={key: before[key] for key in changed},
            after={key: after[key] for key in changed},
            reason=reason,
        )
    return site


def _check_closing(site: Site, is_closed: bool) -> None:
    """Raises ValidationError while a request is open: nothing would be left to complete it."""
    if not is_closed or site.is_closed:
        return
    open_request = InstallationRequest.objects.filter(site=site, state=RequestState.OPEN).first()
    if open_request is not None:
        raise ValidationError(
            {"is_closed": f"{open_request.ref} is open here. Complete or cancel it before closing the site."}
        )
