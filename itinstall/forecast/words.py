"""What a forecast rests on, in words and numbers: sample sizes per stage, and every assumption."""

from __future__ import annotations

from typing import Any

import numpy as np

from itinstall.forecast.history import Situation
from itinstall.forecast.simulate import ARRIVAL_DAYS, Minimums, WhatIf

__all__ = ["assumptions_of", "samples_of"]


def samples_of(situation: Situation) -> list[dict[str, Any]]:
    """One entry per stage: `n` ended visits (`n_open` more are counted as not over), their median in days,
    `by_model`: models with times of their own; for the stage that needs an installer, `n` requests with
    visits and the median in working days. `beyond`: open requests that are in it for longer than all but a
    few took."""
    return [
        _installer_sample(situation, number)
        if number == situation.installer_stage
        else _sample(situation, number)
        for number in range(len(situation.stages))
    ]


def _sample(situation: Situation, number: int) -> dict[str, Any]:
    stage, known = situation.stages[number], situation.durations.get(number)
    here = situation.stage == number
    elapsed = situation.as_of - situation.since[here]
    return {
        "stage": stage.name,
        "unit": "days",
        "n": known.n_ended if known else 0,
        "n_open": known.n_open if known else 0,
        "median": known.median if known else None,
        "by_model": {
            name: situation.durations[number, kind].n_ended
            for kind, name in enumerate(situation.models)
            if (number, kind) in situation.durations
        },
        "unseen": round(known.unseen_share, 3) if known else None,
        "here": int(here.sum()),
        "beyond": int(known.is_beyond(elapsed).sum()) if known else int(here.sum()),
        "entered": round(situation.entered[number], 3),
    }


def _installer_sample(situation: Situation, number: int) -> dict[str, Any]:
    service = situation.service
    return {
        "stage": situation.stages[number].name,
        "unit": "working days",
        "n": len(service),
        "n_open": 0,
        "median": float(np.median(service)) if len(service) else None,
        "by_model": {},
        "unseen": 0.0,
        "here": int((situation.stage == number).sum()),
        "beyond": 0,
        "entered": round(situation.entered[number], 3),
    }


def assumptions_of(situation: Situation, minimums: Minimums, what_if: WhatIf) -> list[str]:
    """Sentences, each of which may be wrong."""
    stages = situation.stages
    number = situation.installer_stage
    found = [
        f"Stages last as long as visits begun in the last {minimums.window:,} days did; visits that are "
        "not over "
        "are counted for as long as they have lasted (Kaplan-Meier). Days on hold are part of them.",
        "A stage lasts independently of the other stages, of the season and of how many requests are open.",
        "Nothing is cancelled from now on.",
    ]
    if situation.n_back:
        found.append(
            f"No request goes back to an earlier stage, although {situation.n_back:,} of "
            f"{situation.n_visits:,} "
            "observed visits led back."
        )
    else:
        found.append("No request goes back to an earlier stage. None did.")
    if number is not None:
        found += [
            f"{stages[number].name}: a request that is ready takes the first free installer, by "
            "priority, then "
            "the start of the clock, then reference. It takes as many working days as observed visits did, "
            "and ends with the last of them.",
            "Installers work on the business days on which nothing else is planned for them. Absences that "
            "nobody has entered yet are not known, and after the last year with known federal holidays every "
            "Monday to Friday counts.",
            "A planned visit takes place as planned when the request is ready by its first day; else "
            "the request "
            "queues, and the days kept for it are lost.",
        ]
    found += _tails(situation, minimums)
    for at, stage in enumerate(stages):
        if stage.is_active and not stage.is_mandatory:
            found.append(
                f"{stage.name} is entered by {situation.entered[at]:.0%} of the requests, as observed."
            )
    if what_if.new_per_month:
        found.append(
            f"New agreements come at random (Poisson), {what_if.new_per_month:g} a month for "
            f"{ARRIVAL_DAYS // 365} years; each is submitted on the day of its signature with normal "
            "priority."
        )
    else:
        found.append("No new agreements: later ones start their clock later and stand behind those open now.")
    return found


def _tails(situation: Situation, minimums: Minimums) -> list[str]:
    """What is assumed where too few visits lasted long enough."""
    found = []
    for sample in samples_of(situation):
        if sample["beyond"]:
            found.append(
                f"{sample['stage']}: {sample['beyond']:,} of {sample['here']:,} open requests are in it "
                "for longer "
                f"than all but {minimums.tail} observed visits took; what is left for them is drawn from "
                "by how "
                "much those exceeded the others."
            )
        if sample["unseen"]:
            found.append(
                f"{sample['stage']}: {sample['unseen']:.1%} of the visits outlast every one that was "
                "seen to end; "
                "they are taken to last as long as the longest so far."
            )
    return found
