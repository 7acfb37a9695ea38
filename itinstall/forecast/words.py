"""What a forecast rests on, in words and numbers: sample sizes per stage, and every assumption."""

from __future__ import annotations

from typing import Any

import numpy as np

from itinstall.forecast.history import KNOWN_AHEAD_DAYS, Situation
from itinstall.forecast.newcomers import ARRIVAL_DAYS, Stream, streams_of
from itinstall.forecast.simulate import Minimums, WhatIf

__all__ = ["assumptions_of", "samples_of"]

PRIORITIES = {1: "urgent", 2: "high", 3: "normal", 4: "low"}  # itinstall.choices.Priority


def samples_of(situation: Situation) -> list[dict[str, Any]]:
    """One entry per stage: `n` ended visits (`n_open` more are counted as not over), their median in days,
    `by_model`: models with times of their own; for the stage that needs an installer, `n` requests with
    visits and the median in working days, and `rest`: [requests whose visits ended while another waited, mean
    working days from there to the next visit]. `beyond`: open requests that are in it for longer than all but
    a few took."""
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
    service, rest = situation.service, situation.rest
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
        "rest": [len(rest), round(float(rest.mean()), 1) if len(rest) else None],
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
            _between_visits(situation),
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
    found += _coming(situation, what_if)
    return found


def _between_visits(situation: Situation) -> str:
    if not len(situation.rest):
        return "An installer can begin the next visit at once: none was seen to end while somebody waited."
    return (
        "After a visit an installer lets as many working days pass as were seen between visits while "
        f"somebody waited ({situation.rest.mean():.1f} on the average of {len(situation.rest):,}): travel, "
        f"other work, and absences that were entered less than {KNOWN_AHEAD_DAYS} days ahead."
    )


def _coming(situation: Situation, what_if: WhatIf) -> list[str]:
    streams = streams_of(situation, new_per_month=what_if.new_per_month, by_clock=what_if.by_clock)
    found = [_overtaking(situation, stream) for stream in streams if not stream.is_asked]
    if what_if.new_per_month:
        found.append(
            f"New agreements come at random (Poisson), {what_if.new_per_month:g} a month for "
            f"{ARRIVAL_DAYS // 365} years; each is submitted on the day of its signature with normal "
            "priority."
        )
    elif what_if.new_per_month is not None:
        found.append("No new agreement of normal priority comes.")
    else:
        found.append(
            "Other requests that come later start their clock later and stand behind those open now."
        )
    return found


def _overtaking(situation: Situation, stream: Stream) -> str:
    n, days = situation.coming.counts[stream.priority], situation.coming.days
    return (
        f"Requests of {PRIORITIES[stream.priority]} priority that nobody has submitted yet go before open "
        f"ones of a lower one. They come at random (Poisson), as often as in the last {days:,} days ({n:,} "
        f"of them), for {stream.days:,} days."
    )


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
