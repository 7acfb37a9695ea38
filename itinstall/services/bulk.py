"""Moving several requests on at once: the same rules as for one, all or nothing, in a fixed number of
statements however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max, QuerySet
from django.utils import timezone

from itinstall.choices import EntryKind
from itinstall.history import Pause, Steps
from itinstall.models import Hold, InstallationRequest, Stage, StageTransition
from itinstall.rules import Timeline, new_violations
from itinstall.selectors.requests import pauses_of, stage_facts, steps_of
from itinstall.services.common import ACTION, requests_lock, step_of
from itinstall.services.stale import figures_mark_stale, pictures_of
from oversight.access.actors import Actor
from oversight.access.permissions import require
from oversight.access.scope import changeable_by
from oversight.trail.services import Act, record_many

__all__ = ["MOST", "Move", "MovesRefused", "Outcome", "moves_plan", "requests_move"]

MOST = 500  # requests at once
BATCH = 200
NOT_YOURS = "It is not there, or not yours to change. Take it out of the list."


@dataclass(frozen=True, slots=True)
class Move:
    """A request to move on, and the version of it that the person looked at; None: do not compare."""

    pk: int
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of one request. `problems`: why it is refused, each with its remedy; empty: it moves."""

    pk: int
    request: InstallationRequest | None
    problems: tuple[str, ...] = ()
    is_outdated: bool = False


class MovesRefused(ValidationError):
    """None of the moves was made. `outcomes`: of each request, in the order asked for."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        n = sum(1 for outcome in outcomes if outcome.problems)
        super().__init__(f"{n} of {len(outcomes)} cannot move. None was moved.", code="refused")
        self.outcomes = list(outcomes)


@dataclass(frozen=True, slots=True)
class _Histories:
    """Of many requests: steps and pauses that stand, and the last place that was ever used."""

    steps: Mapping[int, Steps]
    pauses: Mapping[int, Sequence[Pause]]
    last: Mapping[int, int]


def moves_plan(
    *, actor: Actor, moves: Sequence[Move], stage: Stage, on: date, reason: str = ""
) -> list[Outcome]:
    """What `requests_move` would do with each, in the order of `moves`. Writes nothing. Raises NotAllowed."""
    require(actor, ACTION)
    rows: QuerySet[InstallationRequest] = InstallationRequest.objects.filter(
        pk__in=[move.pk for move in moves]
    )
    if actor.user is not None:
        rows = changeable_by(rows, actor.user)
    found = {row.pk: row for row in rows.select_related("site__agency", "stage", "hold__why")}
    return _outcomes(found, _histories(found), moves, _entry(stage, on, reason))


@transaction.atomic
def requests_move(
    *, actor: Actor, moves: Sequence[Move], stage: Stage, on: date, reason: str = ""
) -> list[StageTransition]:
    """Begin `stage` on `on` for every one of `moves`, or for none of them.

    Raises NotAllowed; MovesRefused when one of them cannot move, with what is wrong with each: not the
    person's to change, changed by somebody else, or a history that could not be.
    """
    if not stage.is_active:
        raise ValidationError({"stage": f"{stage} is no longer used. Choose another stage."})
    if len(moves) > MOST:
        raise ValidationError(f"At most {MOST} requests at once; these are {len(moves)}. Send them in parts.")
    entry = _entry(stage, on, reason)
    locked = {row.pk: row for row in requests_lock(actor=actor, pks=[move.pk for move in moves])}
    histories = _histories(locked)
    outcomes = _outcomes(locked, histories, moves, entry)
    if any(outcome.problems for outcome in outcomes):
        raise MovesRefused(outcomes)
    return _write(actor, locked, histories.last, entry)


def _entry(stage: Stage, on: date, reason: str) -> StageTransition:
    return StageTransition(kind=EntryKind.STAGE, stage=stage, on=on, reason=reason.strip())


def _histories(requests: Mapping[int, InstallationRequest]) -> _Histories:
    """Three statements."""
    pks = list(requests)
    entries: dict[int, list[StageTransition]] = defaultdict(list)
    for entry in StageTransition.objects.standing().filter(request__in=pks).select_related("stage"):
        entries[entry.request_id].append(entry)
    holds: dict[int, list[Hold]] = defaultdict(list)
    for hold in Hold.objects.standing().filter(request__in=pks).select_related("why"):
        holds[hold.request_id].append(hold)
    last = StageTransition.objects.filter(request__in=pks).order_by().values("request")
    return _Histories(
        steps={pk: steps_of(entries[pk]) for pk in pks},
        pauses={pk: pauses_of(holds[pk], ()) for pk in pks},
        last={row["request"]: row["last"] for row in last.annotate(last=Max("sequence"))},
    )


def _outcomes(
    locked: Mapping[int, InstallationRequest],
    histories: _Histories,
    moves: Iterable[Move],
    entry: StageTransition,
) -> list[Outcome]:
    today, stages = timezone.localdate(), stage_facts()

    def outcome(move: Move) -> Outcome:
        request = locked.get(move.pk)
        if request is None:
            return Outcome(move.pk, None, (NOT_YOURS,))
        if move.version is not None and move.version != request.version:
            words = (
                f"Somebody changed it meanwhile: it is now in {request.stage} since {request.stage_on}. "
                "Look at it again."
            )
            return Outcome(move.pk, request, (words,), is_outdated=True)
        standing = histories.steps[move.pk]
        step = replace(step_of(entry), sequence=histories.last[move.pk] + 1)
        line = Timeline(Steps.of([*standing.steps, step]), histories.pauses[move.pk], stages, today)
        found = [violation.message for violation in new_violations(line, standing)]
        last = standing.last_stage
        if last is not None and step.place < last.place and not entry.reason:
            found.append(f"{entry.stage} comes before its present stage. Say why it goes back.")
        return Outcome(move.pk, request, tuple(found))

    return [outcome(move) for move in moves]


def _write(
    actor: Actor,
    requests: Mapping[int, InstallationRequest],
    last: Mapping[int, int],
    entry: StageTransition,
) -> list[StageTransition]:
    acts, entries = [], []
    then = pictures_of(requests)
    for pk, request in requests.items():
        entries.append(
            StageTransition(
                request=request,
                sequence=last[pk] + 1,
                kind=entry.kind,
                stage=entry.stage,
                on=entry.on,
                reason=entry.reason,
                entered_by=actor.user,
                is_synthetic=request.is_synthetic,
            )
        )
        before = {"stage": request.stage.name, "stage_on": request.stage_on, "state": request.state}
        after = {"stage": str(entry.stage), "stage_on": entry.on, "state": request.state}
        acts.append(Act("installation.moved", request, before, after, entry.reason))
    entries = StageTransition.objects.bulk_create(entries, batch_size=BATCH)
    InstallationRequest.objects.filter(pk__in=list(requests)).update(
        stage=entry.stage, stage_on=entry.on, version=F("version") + 1
    )
    figures_mark_stale(before=then, pks=requests, reason=f"{len(entries)} installation requests moved on")
    record_many(actor=actor, acts=acts)
    return entries
