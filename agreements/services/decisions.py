"""Keeping the importer's conclusions and questions as rows that people can open, answer and undo."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from agreements.choices import DecisionState, ListKind, Origin, Status, VerdictKind
from agreements.models import Agreement, AgreementStatus, Decision, Observation, Publication, Verdict
from agreements.reconciliation.types import Link, ListInfo, Register, Rule
from agreements.services.bulk import update_columns
from agreements.services.keys import AGENCY, AGREEMENT, key_to_text, subject_of
from agreements.services.waits import review_waits_sync

if TYPE_CHECKING:
    from agreements.services.register import Ids

__all__ = ["STAFF_STATEMENT", "decisions_sync", "questions_waiting"]

BATCH = 500
STAFF_STATEMENT = "staff_statement"
_ANSWERS = {
    VerdictKind.SAME: DecisionState.SAME,
    VerdictKind.DISTINCT: DecisionState.DISTINCT,
    VerdictKind.LATER: DecisionState.LATER,
}
WAITING = (DecisionState.OPEN, DecisionState.LATER)

Verdicts = Mapping[tuple[str, str, str], str]  # subject, left, right → kind
Key = tuple[str, str, str, str]  # subject, rule, left, right


@dataclass(frozen=True, slots=True)
class _Wanted:
    state: DecisionState
    evidence: Mapping[str, Any]
    publication: int | None
    left: int | None
    right: int | None


def decisions_sync(*, register: Register, ids: Ids) -> None:
    """Bring `Decision` rows to what the derivation concluded and asks; answered ones stay as answered."""
    wanted = _wanted(register, ids)
    for statement, publication in _contradicted():
        key, want = _of_statement(statement, publication.pk)
        wanted[key] = want
    verdicts = _standing_verdicts()
    rows: dict[Key, Decision] = {
        (row.subject, row.rule, row.left_key, row.right_key): row for row in Decision.objects.all()
    }
    changes: dict[int, dict[str, Any]] = {}
    new = []
    for key, want in wanted.items():
        row = rows.get(key)
        if row is None:
            subject, rule, left, right = key
            row = Decision(subject=subject, rule=rule, left_key=left, right_key=right)
            _fill(row, key, want, verdicts)
            new.append(row)
        elif differing := _fill(row, key, want, verdicts):
            changes[row.pk] = differing
    for key, row in rows.items():
        if key not in wanted and (differing := _rest(row, verdicts)):
            changes[row.pk] = differing
    Decision.objects.bulk_create(new, batch_size=BATCH)
    update_columns(Decision, changes)
    review_waits_sync()


def questions_waiting(*, register: Register, newest: ListInfo | None) -> int:
    """How many questions would wait for a person if `register` were written: what `decisions_sync` would
    leave open or put off. `newest`: its last participating list. Writes nothing.
    """
    from agreements.services.register import Ids

    wanted = {key: want.state for key, want in _wanted(register, Ids()).items()}
    for statement in _contradicted_by(register, newest) if newest else ():
        wanted[_of_statement(statement, None)[0]] = DecisionState.OPEN
    verdicts = _standing_verdicts()
    for row in Decision.objects.only("subject", "rule", "left_key", "right_key", "state"):
        key = (row.subject, row.rule, row.left_key, row.right_key)
        if key not in wanted and (row.subject, row.left_key, row.right_key) in verdicts:
            wanted[key] = DecisionState(row.state)  # an answer stands though lists ask no longer
    answers = ((state, verdicts.get((key[0], key[2], key[3]))) for key, state in wanted.items())
    states = [_ANSWERS[VerdictKind(answer)] if answer else state for state, answer in answers]
    return sum(state in WAITING for state in states)


def _standing_verdicts() -> Verdicts:
    rows = Verdict.objects.filter(undone_at__isnull=True)
    return {(row.subject, row.left_key, row.right_key): row.kind for row in rows}


def _wanted(register: Register, ids: Ids) -> dict[Key, _Wanted]:
    wanted: dict[Key, _Wanted] = {}
    for links, state in ((register.links, DecisionState.APPLIED), (register.proposals, DecisionState.OPEN)):
        for link in links:
            if link.rule not in (Rule.CANONICAL, Rule.VERDICT):
                key, want = _of_link(link, state, ids)
                wanted[key] = want
    return wanted


def _of_statement(statement: AgreementStatus, publication: int | None) -> tuple[Key, _Wanted]:
    root = statement.agreement.merged_into_id or statement.agreement_id
    key = (AGREEMENT, STAFF_STATEMENT, statement.agreement.key, f"statement:{statement.pk}")
    evidence = {"status": statement.status, "begins_on": statement.begins_on.isoformat()}
    return key, _Wanted(DecisionState.OPEN, evidence, publication, root, None)


def _of_link(link: Link, state: DecisionState, ids: Ids) -> tuple[Key, _Wanted]:
    # Sorted, so that the same pair is the same row whichever was printed more often by then.
    left, right = sorted((key_to_text(link.left), key_to_text(link.right)))
    subject = subject_of(link.left)
    where = ids.agency_keys if subject == AGENCY else ids.agreement_keys
    publication = ids.publications.get(link.list_digest)
    want = _Wanted(state, dict(link.evidence), publication, where.get(left), where.get(right))
    return (subject, link.rule.value, left, right), want


def _fill(row: Decision, key: Key, want: _Wanted, verdicts: Verdicts) -> dict[str, Any]:
    """Set what differs; what that was."""
    answer = verdicts.get((key[0], key[2], key[3]))
    prefix = "agency" if key[0] == AGENCY else "agreement"
    values = {
        f"left_{prefix}_id": want.left,
        f"right_{prefix}_id": want.right,
        "evidence": dict(want.evidence),
        "publication_id": want.publication,
        "state": _ANSWERS[VerdictKind(answer)] if answer else want.state,
        "is_standing": True,
    }
    differing = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in differing.items():
        setattr(row, name, value)
    return differing


def _rest(row: Decision, verdicts: Verdicts) -> dict[str, Any]:
    """A conclusion that lists no longer lead to: it rests, unless a person's answer is what ended it."""
    answer = verdicts.get((row.subject, row.left_key, row.right_key))
    state = _ANSWERS[VerdictKind(answer)] if answer else row.state
    standing = answer is not None
    if (row.state, row.is_standing) == (state, standing):
        return {}
    return {"state": state, "is_standing": standing}


def _contradicted() -> list[tuple[AgreementStatus, Publication]]:
    """Suspensions and terminations in force, of agreements that the newest list begun since still prints."""
    newest = Publication.objects.filter(kind=ListKind.PARTICIPATING).order_by("-sequence").first()
    if newest is None:
        return []
    printed = set(
        Agreement.objects.filter(
            pk__in=Observation.objects.filter(publication=newest).values("printed_row__agreement")
        ).values_list("pk", flat=True)
    )
    return [
        (statement, newest)
        for statement in _in_force(newest.published_on)
        if (statement.agreement.merged_into_id or statement.agreement_id) in printed
    ]


def _contradicted_by(register: Register, newest: ListInfo) -> list[AgreementStatus]:
    """The same for a register that is not written."""
    numbers = {found.agreement for row in newest.rows if (found := register.attributions.get(row))}
    printed = {key_to_text(key) for number in numbers for key in register.agreements[number].keys}
    return [row for row in _in_force(newest.published_on) if row.agreement.key in printed]


def _in_force(day: dt.date) -> QuerySet[AgreementStatus]:
    """Suspensions and terminations that staff entered, begun before `day` and in force on it."""
    return (
        AgreementStatus.objects.standing()
        .filter(origin=Origin.STAFF, status__in=[Status.SUSPENDED, Status.TERMINATED])
        .filter(begins_on__lt=day)
        .active_on(day)
        .select_related("agreement")
    )
