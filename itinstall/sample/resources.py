"""ISAs and equipment of the made-up installations, on the days of their stages."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from itinstall.choices import EquipmentStatus, IsaStepKind
from itinstall.models import Equipment, InstallationRequest, Isa, IsaStep
from itinstall.sample.simulation import Run
from oversight.access.actors import Actor
from oversight.trail.services import Act, record_many

__all__ = ["sample_resources_add"]

BATCH = 500
RETURNED_SHARE, OWN_LINE_SHARE = 0.15, 0.6
IN_FORCE_DAYS = 3 * 365  # made up: no published rule says how long an ISA holds
Requests = Mapping[str, InstallationRequest]


def sample_resources_add(
    *, actor: Actor, chance: random.Random, runs: Sequence[Run], requests: Requests, until: date
) -> None:
    """Call inside the transaction of the requests."""
    isas, steps = [], []
    for run in runs:
        if "isa" in run.days:
            isa = Isa(site=requests[run.wish.key].site, is_synthetic=True)
            isas.append(isa)
            own = _isa_steps(chance, run, isa, until)
            isa.last_kind, isa.last_on = own[-1].kind, own[-1].on
            steps += own
    Isa.objects.bulk_create(isas, batch_size=BATCH)
    for step in steps:
        step.isa = step.isa  # its key is known only now
        step.entered_by = actor.user
    IsaStep.objects.bulk_create(steps, batch_size=BATCH)
    pieces = [piece for run in runs for piece in _pieces(chance, run, requests[run.wish.key])]
    for number, piece in enumerate(pieces, start=1):
        piece.serial = f"SYN-{number:05d}" if piece.status != EquipmentStatus.ORDERED else ""
    Equipment.objects.bulk_create(pieces, batch_size=BATCH)
    acts = [Act("sample.made", one, {}, {"is_synthetic": True}) for one in (*isas, *pieces)]
    record_many(actor=actor, acts=acts)


def _isa_steps(chance: random.Random, run: Run, isa: Isa, until: date) -> list[IsaStep]:
    """Spread over the stage; both have signed when the next stage begins."""
    first, end = run.days["isa"], run.days.get("equipment")
    span = ((end or first + timedelta(days=30)) - first).days
    marks = [(IsaStepKind.DRAFTED, 0.0), (IsaStepKind.SENT, 0.2)]
    if chance.random() < RETURNED_SHARE:
        marks += [(IsaStepKind.RETURNED, 0.4), (IsaStepKind.SENT, 0.5)]
    marks += [(IsaStepKind.AGENCY_SIGNED, 0.8), (IsaStepKind.ICE_SIGNED, 1.0)]
    last = min(run.cancelled or until, until)
    days = [(kind, first + timedelta(days=round(share * span))) for kind, share in marks]
    reached = [(kind, on) for kind, on in days if on <= last and (end or kind != IsaStepKind.ICE_SIGNED)]
    if reached[-1][0] == IsaStepKind.ICE_SIGNED:
        isa.expires_on = reached[-1][1] + timedelta(days=IN_FORCE_DAYS)
    return [
        IsaStep(isa=isa, sequence=place, kind=kind, on=on, is_synthetic=True)
        for place, (kind, on) in enumerate(reached, start=1)
    ]


def _pieces(chance: random.Random, run: Run, request: InstallationRequest) -> list[Equipment]:
    ordered = run.days.get("equipment")
    if ordered is None:
        return []
    status, on = EquipmentStatus.ORDERED, ordered
    if "install" in run.days:
        status, on = EquipmentStatus.DELIVERED, run.days["install"]
    if "access" in run.days:
        status, on = EquipmentStatus.INSTALLED, run.days["access"]
    kinds = ["workstation", "fingerprint"] + (["line"] if chance.random() < OWN_LINE_SHARE else [])
    return [
        Equipment(
            site=request.site, request=request, kind_id=kind, status=status, status_on=on, is_synthetic=True
        )
        for kind in kinds
    ]
