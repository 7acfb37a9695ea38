"""Requests in the database with a past to forecast from, written at once: no service, no trail."""

from __future__ import annotations

import datetime as dt

import numpy as np

from itinstall.choices import EntryKind, RequestState
from itinstall.models import (
    InstallationPolicy,
    InstallationRequest,
    InstallationVisit,
    Installer,
    Site,
    StageTransition,
)
from tests.factories import InstallerFactory
from tests.itinstall.installations import ORDER, agency_of

__all__ = ["fill"]

MEDIANS = (10, 40, 30, 20, 0, 8)  # calendar days in each stage; the installer's is made of working days


def fill(
    *,
    today: dt.date,
    n_past: int = 30,
    n_open: int = 12,
    offices: tuple[str, ...] = ("houston", "miami"),
    n_installers: int = 2,
    seed: int = 1,
) -> list[InstallationRequest]:
    """`n_past` completed requests over the 500 days before `today`, and `n_open` that are open in each stage
    in turn, of one agency per office. Returns the open ones."""
    rng = np.random.Generator(np.random.PCG64(seed))
    installers = [InstallerFactory(name=f"Installer {n + 1}") for n in range(n_installers)]
    agencies = [
        agency_of(office, signed_on=today - dt.timedelta(days=300), name=f"{office.title()} County Sheriff")
        for office in offices
    ]
    agreements = [agency.agreements.get() for agency in agencies]
    policy = InstallationPolicy.objects.earliest("valid_from")
    total = n_past + n_open
    sites = Site.objects.bulk_create(
        Site(ref=f"SIT-F{n:07d}", agency=agencies[n % len(agencies)], name=f"Site {n}") for n in range(total)
    )
    plans = [_plan(rng, today, n, n_past) for n in range(total)]
    requests = InstallationRequest.objects.bulk_create(
        InstallationRequest(
            ref=f"ITR-F{n:07d}",
            site=site,
            agreement=agreements[n % len(agreements)],
            policy=policy,
            stage_id=ORDER[plan["last"]],
            stage_on=plan["days"][plan["last"]],
            state=RequestState.COMPLETED if plan["done"] else RequestState.OPEN,
            closed_on=plan["days"][-1] if plan["done"] else None,
        )
        for n, (site, plan) in enumerate(zip(sites, plans, strict=True))
    )
    _write(requests, plans, installers)
    return requests[n_past:]


def _plan(rng: np.random.Generator, today: dt.date, number: int, n_past: int) -> dict:
    """Days on which each stage began, and of the end; `last`: number of the stage it is or was in."""
    work = int(rng.integers(1, 5))
    lengths = [max(1, int(rng.lognormal(np.log(days), 0.5))) if days else work for days in MEDIANS]
    if number < n_past:
        begin = today - dt.timedelta(days=sum(lengths) + int(rng.integers(1, 500)))
        last, done = 5, True
    else:
        last, done = number % 6, False
        begin = today - dt.timedelta(days=sum(lengths[:last]) + int(rng.integers(0, 10)))
    days = [begin]
    for length in lengths[: last + done]:
        days.append(days[-1] + dt.timedelta(days=length))
    return {"days": days, "last": last, "done": done, "work": work}


def _write(requests: list[InstallationRequest], plans: list[dict], installers: list[Installer]) -> None:
    entries, visits = [], []
    for number, (request, plan) in enumerate(zip(requests, plans, strict=True)):
        days = plan["days"]
        entries += [
            StageTransition(request=request, sequence=place + 1, stage_id=ORDER[place], on=days[place])
            for place in range(plan["last"] + 1)
        ]
        if plan["done"]:
            end = StageTransition(request=request, sequence=7, kind=EntryKind.COMPLETED, on=days[-1])
            entries.append(end)
        if plan["last"] == 5 and installers:
            installer = installers[number % len(installers)]
            visits.append(
                InstallationVisit(request=request, installer=installer, begins_on=days[4], ends_on=days[5])
            )
    StageTransition.objects.bulk_create(entries)
    InstallationVisit.objects.bulk_create(visits)
