"""The gap ledger: questions come with the product, answers stay."""

from __future__ import annotations

import datetime as dt
from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.html import escape

from oversight.access.actors import person
from oversight.access.choices import Role
from oversight.access.permissions import NotAllowed
from oversight.metrics.addresses import figure_url
from oversight.metrics.base import Subject
from oversight.metrics.choices import GapState
from oversight.metrics.models import Gap
from oversight.metrics.registry import all_metrics, get_metric
from oversight.metrics.services.gaps import gap_answer, gap_reopen, gaps_load
from oversight.trail.models import TrailEntry
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
SAID = {"answer": "41 positions", "source": "Memo of the Unit Chief", "answered_on": dt.date(2026, 1, 5)}


@pytest.fixture
def hq():
    return person(UserFactory(role=Role.HQ))


@pytest.fixture
def gap():
    return Gap.objects.get(key="staffing.positions")


def test_every_installation_has_the_ledger_and_loading_it_again_changes_nothing():
    assert Gap.objects.count() >= 25
    assert gaps_load() == 0
    assert not Gap.objects.exclude(state=GapState.OPEN).exists()


def test_every_gap_that_a_metric_names_is_in_the_ledger():
    named = {key for metric in all_metrics() for key in metric.all_gaps}
    assert named <= set(Gap.objects.values_list("key", flat=True))


def test_an_answer_is_kept_with_its_source_and_stays_when_the_wording_is_loaded_again(hq, gap):
    gap_answer(actor=hq, gap=gap, **SAID)
    Gap.objects.filter(pk=gap.pk).update(question="An older wording")
    assert gaps_load() == 1
    gap.refresh_from_db()
    assert (gap.state, gap.answer, gap.answer_source) == (GapState.ANSWERED, "41 positions", SAID["source"])
    assert "authorized" in gap.question


def test_an_earlier_answer_stays_in_the_trail(hq, gap):
    gap_answer(actor=hq, gap=gap, **SAID)
    gap_answer(actor=hq, gap=gap, **{**SAID, "answer": "43 positions"})
    gap_reopen(actor=hq, gap=gap, reason="The memo was withdrawn")
    entries = TrailEntry.objects.filter(object_type="metrics.gap").order_by("pk")
    assert [entry.verb for entry in entries] == ["gap.answered", "gap.answered", "gap.reopened"]
    assert [entry.before["answer"] for entry in entries] == ["", "41 positions", "43 positions"]
    gap.refresh_from_db()
    assert (gap.state, gap.answer) == (GapState.OPEN, "")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"answer": " "}, "Enter the answer"),
        ({"source": ""}, "Enter who said it"),
        ({"answered_on": timezone.localdate() + dt.timedelta(days=2)}, "today or earlier"),
    ],
)
def test_an_answer_without_source_or_from_the_future_is_refused(hq, gap, more, words):
    with pytest.raises(ValidationError, match=words):
        gap_answer(actor=hq, gap=gap, **{**SAID, **more})


def test_an_open_question_cannot_be_reopened_and_an_answer_is_not_taken_back_without_a_reason(hq, gap):
    with pytest.raises(ValidationError, match="is open"):
        gap_reopen(actor=hq, gap=gap, reason="x")
    gap_answer(actor=hq, gap=gap, **SAID)
    with pytest.raises(ValidationError, match="Say why"):
        gap_reopen(actor=hq, gap=gap, reason=" ")


def test_only_headquarters_answers(gap):
    for role in (Role.FIELD_PM, Role.AUDITOR):
        with pytest.raises(NotAllowed):
            gap_answer(actor=person(UserFactory(role=role)), gap=gap, **SAID)


def test_every_open_question_of_the_field_is_asked():
    """At least so many as the field leaves open by topic; parts may add theirs."""
    topics = Counter(Gap.objects.values_list("topic", flat=True))
    least = {
        "Staffing": 5,
        "IT installation": 4,
        "Training": 6,
        "Agreements": 4,
        "Inspections": 2,
        "Audits": 4,
        "Counts": 3,
        "Geography": 2,
        "Houston 2018": 2,
    }
    assert {topic: min(topics[topic], n) for topic, n in least.items()} == least


@pytest.mark.parametrize(
    ("metric", "level", "key"),
    [
        ("agreements.in_force", "nation", "agreements.vanished"),
        ("agreements.listed", "nation", "agreements.suspensions"),
        ("agreements.exits_30d", "nation", "agreements.vanished"),
        ("agreements.pending_days_median", "nation", "agreements.requests"),
        ("agreements.listed", "office", "geography.areas"),
        ("staffing.agencies_per_pm", "office", "geography.areas"),
    ],
)
def test_a_figure_that_depends_on_a_gap_names_it_and_the_gap_names_the_figure(client, metric, level, key):
    client.force_login(UserFactory(role=Role.HQ))
    subject = Subject(level, "houston" if level == "office" else "")
    gap = Gap.objects.get(key=key)
    text = client.get(figure_url(metric=metric, subject=subject, as_of=dt.date(2025, 6, 1))).content.decode()
    assert escape(gap.effect) in text
    assert get_metric(metric).name in client.get(f"/gaps/{key}/").content.decode()


def test_areas_are_not_named_where_a_figure_does_not_depend_on_them():
    assert get_metric("agreements.listed").gaps_of("nation") == ("agreements.suspensions",)
    assert "geography.areas" not in get_metric("staffing.span_max").all_gaps
