"""The register depends on what was imported, never on the order; and previews tell what changes."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from agreements.reconciliation.derive import derive
from agreements.reconciliation.diff import COUNTS, register_diff
from agreements.reconciliation.types import (
    PARTICIPATING,
    PENDING,
    DeriveInput,
    ListInfo,
    Parameters,
    Register,
)

from .support import START, History, geography, real_lists, real_register, real_rows, register_of, row

ROOT = Path(__file__).resolve().parents[3]
NAMES = ["Lampass PD", "Lampasas PD", "Alvin PD", "Alvin Police", "Alvin County Jail", "Davie PD", "Davis PD"]
ROWS = [
    row(name, signed=signed, moa=moa, state=state)
    for name in NAMES
    for signed, moa in (("2025-02-20", ""), ("2025-02-21", "AlvinPD.pdf"), ("2026-02-20", "AlvinPD.pdf"))
    for state in ("TEXAS", "OHIO")
]
WAITING = [row(name, kind=PENDING) for name in NAMES]


class Importer:
    """Imports lists one by one, as the product does: keeps what it has, orders it, derives."""

    def __init__(self, rows):
        self.rows, self.lists = rows, []
        self.register: Register | None = None

    def take(self, info: ListInfo) -> Register:
        if info not in self.lists:
            self.lists = sorted([*self.lists, info], key=lambda one: (one.published_on, one.digest))
        self.register = register_of(self.lists, self.rows)
        return self.register


@st.composite
def histories(draw):
    history = History()
    for i in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from([PARTICIPATING, PARTICIPATING, PENDING]))
        pool = ROWS if kind == PARTICIPATING else WAITING
        rows = draw(st.lists(st.sampled_from(pool), max_size=6))
        history.add(rows, START + timedelta(days=i * 3), kind)
    return history


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_any_order_of_import_gives_the_same_register(history, chance):
    order = list(history.lists)
    chance.shuffle(order)
    importer = Importer(history.rows)
    for info in order:
        importer.take(info)
    again = importer.take(order[0])
    assert again.hash == history.register().hash


@given(histories(), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_rows_changes_no_agreement(history, chance):
    def mixed(info):
        rows = list(info.rows)
        chance.shuffle(rows)
        return replace(info, rows=tuple(rows))

    one = history.register()
    two = register_of([mixed(info) for info in history.lists], history.rows)
    assert (one.agencies, one.agreements, one.links, one.proposals) == (
        two.agencies, two.agreements, two.links, two.proposals,
    )  # fmt: skip


@given(histories())
@settings(max_examples=60, deadline=None)
def test_no_agreement_is_on_a_list_twice_unless_named_and_every_row_is_taken_for_something(history):
    register = history.register()
    extra = {info.digest: 0 for info in history.lists}
    for duplicate in register.duplicates:
        extra[duplicate.list_digest] += len(duplicate.rows) - 1
    for info in history.lists:
        agreements = {register.attributions[digest].agreement for digest in info.rows}
        assert len(agreements) == len(info.rows) - extra[info.digest]
    keys = [key for agreement in register.agreements for key in agreement.keys]
    assert len(keys) == len(set(keys))


@given(histories())
@settings(max_examples=60, deadline=None)
def test_spans_follow_each_other_without_gap_or_repetition(history):
    for agreement in history.register().agreements:
        for before, after in zip(agreement.spans, agreement.spans[1:], strict=False):
            assert before.ends_on == after.begins_on
            assert before.status is not after.status
        assert agreement.spans[-1].ends_on is None
        assert agreement.status is agreement.spans[-1].status


@given(histories())
@settings(max_examples=60, deadline=None)
def test_a_register_compared_with_itself_differs_in_nothing(history):
    register = history.register()
    assert not any(register_diff(register, register).counts.values())
    assert set(register_diff(None, register).counts) == set(COUNTS)


def test_a_preview_counts_what_an_import_changes():
    a, b, c = row("Alvin PD"), row("Borger PD", moa="BorgerPD.pdf"), row("Cuero PD", signed="2025-03-05")
    before = History([a, b], [a, b])
    rows = dict(before.rows)
    later = row("Borger PD", moa="BorgerPD2.pdf")
    before.add([c, later], START + timedelta(days=8))
    diff = register_diff(register_of(before.lists[:2], rows), before.register())
    assert {name: n for name, n in diff.counts.items() if n} == {"added": 1, "changed": 1, "missing": 1}
    changed = next(entry for entry in diff.entries if entry.kind == "changed")
    assert changed.before["moa_url"].endswith("BorgerPD.pdf")
    assert changed.after["moa_url"].endswith("BorgerPD2.pdf")
    assert changed.row_digest == later.digest


def test_a_list_in_between_changes_the_past_only():
    a, b = row("Alvin PD"), row("Borger PD")
    history = History([a, b], [b], [a, b])
    without = register_of([history.lists[0], history.lists[2]], history.rows)
    diff = register_diff(without, history.register())
    assert {name: n for name, n in diff.counts.items() if n} == {"history": 1}


def test_real_lists_in_any_order_give_the_same_register():
    some = list(real_lists())[::6]
    whole = register_of(some, real_rows())
    order = list(some)
    random.Random(5).shuffle(order)
    importer = Importer(real_rows())
    position = {info.digest: i for i, info in enumerate(real_lists())}
    for count in (10, len(order)):
        importer.lists = sorted(order[:count], key=lambda info: position[info.digest])
        importer.register = register_of(importer.lists, real_rows())
    assert importer.register.hash == whole.hash
    again = derive(DeriveInput(real_lists(), real_rows(), (), geography(), Parameters()))
    assert again.hash == real_register().hash


def test_every_process_derives_the_same_register():
    """Sets of texts are walked in another order in every process; no rule may depend on it."""
    script = (
        "import django; django.setup();"
        "from tests.agreements.reconciliation.support import real_register; print(real_register().hash)"
    )
    found = {f"{real_register().hash}\n"}
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed, "DJANGO_SETTINGS_MODULE": "tests.settings"},
            capture_output=True,
            text=True,
            timeout=120,
        )
        found.add(done.stdout)
    assert len(found) == 1


def counted(before: Register | None, after: Register) -> dict[str, int]:
    return {kind: n for kind, n in register_diff(before, after).counts.items() if n}


def test_a_new_agreement_after_a_lapse_is_added_and_corrects_no_date():
    history = History()
    old, new = row("Butler PD", signed="2020-06-09"), row("Butler PD", signed="2025-02-24")
    for i in range(4):
        history.add([old, row("Alvin PD")], START + timedelta(days=i * 4))
    for i in range(4, 8):
        history.add([row("Alvin PD")], START + timedelta(days=i * 4))
    history.add([row("Butler PD", kind=PENDING)], START + timedelta(days=30), PENDING)
    before = history.register()
    history.add([new, row("Alvin PD")], START + timedelta(days=34))
    assert counted(before, history.register()).keys() <= {"added", "history"}
    assert counted(before, history.register())["added"] == 1


def test_another_copy_of_the_same_archived_link_changes_nothing():
    def archived(time: str):
        original = row("Alvin PD", moa="AlvinPD.pdf")
        return replace(original, moa_url=f"https://web.archive.org/web/{time}/{original.moa_url}")

    before = History([archived("20210131051500")])
    after = History([archived("20210131051500")], [archived("20210430051500mp_")])
    assert counted(before.register(), after.register()) == {}
    assert [change.kind for change in after.register().changes] == ["added"]
    assert after.register().agreements[0].moa_url == row("Alvin PD", moa="AlvinPD.pdf").moa_url


def test_a_date_that_cannot_be_read_is_a_question_and_corrects_none():
    before = History([row("Lady Lake PD", signed="2025-02-10", moa="LadyLakePD.pdf")])
    after = History(
        [row("Lady Lake PD", signed="2025-02-10", moa="LadyLakePD.pdf")],
        [row("Lady Lake PD", signed="13/45/2026", moa="LadyLakePD.pdf")],
    )
    register = after.register()
    assert counted(before.register(), register) == {"review": 1}
    (agreement,) = register.agreements
    assert (str(agreement.signed_on), agreement.signed_text) == ("2025-02-10", "13/45/2026")
    assert [(link.rule, link.left == link.right) for link in register.proposals] == [("unparsed", True)]
    assert [change.kind for change in register.changes] == ["added", "changed"]
