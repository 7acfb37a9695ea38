"""Made-up national data: the same every time, honest about itself, and refused beside anything real; pages
cost the same number of queries whatever its size."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agreements.models import Agency, Agreement, Publication
from agreements.scale import list_days, scale_lists_make
from agreements.services.verification import register_verify
from benchmarks.national import MOST_QUERIES, fetch, pages
from itinstall.scale import scale_installations_make
from oversight.access.choices import Role
from oversight.exchange.scale import Made, ScaleRefused, ScaleRequest, scale_data_make
from oversight.metrics import scale as metrics_scale
from oversight.metrics.base import Facts
from oversight.metrics.models import DayFill, Snapshot
from oversight.metrics.registry import all_metrics
from oversight.metrics.scale import scale_snapshots_make
from oversight.metrics.selectors import days_without_snapshots
from staffing.scale import scale_people_make
from tests.factories import UserFactory

UNTIL = date(2026, 6, 15)
TEN_WEEKS = 10 / 52


def make(agencies: int, *, seed: int = 287) -> tuple[ScaleRequest, list[Made]]:
    """Lists, people, installations; no snapshots."""
    request = ScaleRequest(agencies=agencies, seed=seed, until=UNTIL, tell=lambda text: None)
    makers = (scale_lists_make, scale_people_make, scale_installations_make)
    return request, [maker(request) for maker in makers]


class _Undo(Exception):
    pass


@contextmanager
def undone() -> Iterator[None]:
    """What is written inside is taken back: history cannot be deleted, only never have been."""
    try:
        with transaction.atomic():
            yield
            raise _Undo
    except _Undo:
        return


def statements(client: Client, address: str) -> list[str]:
    fetch(client, address)  # what a process reads once
    with CaptureQueriesContext(connection) as captured:
        fetch(client, address)
    return [query["sql"] for query in captured.captured_queries]


@pytest.mark.django_db
def test_the_register_is_what_the_made_up_lists_amount_to() -> None:
    _, (lists, people, installations) = make(60)
    assert register_verify().is_whole
    assert lists.counts["lists"] == Publication.objects.count() > len(list_days(UNTIL))
    assert lists.counts["agencies"] >= 57  # one whose agreement no list has printed yet is not there
    assert lists.counts["agreements"] > lists.counts["agencies"]
    assert people.counts["assignments"] > 40
    assert installations.counts["stage transitions"] > 5 * installations.counts["installation requests"] > 500
    assert not Agency.objects.exclude(name__startswith="Synthetic ").exists()
    assert {flag["code"] for row in Publication.objects.all() for flag in row.flags} == {"synthetic"}
    assert (
        not Agreement.objects.exclude(moa_url="").exclude(moa_url__startswith="https://moa.example/").exists()
    )


@pytest.mark.django_db
def test_the_same_seed_gives_the_same_data_and_another_seed_other_data() -> None:
    digests = []
    for seed in (287, 287, 288):
        with undone():
            _, made = make(50, seed=seed)
            digests.append([part.digest for part in made])
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.django_db
def test_days_between_computed_ones_hold_what_the_metrics_compute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_scale, "YEARS", TEN_WEEKS)
    monkeypatch.setattr(metrics_scale, "THIN_DAYS", 5)
    request, _ = make(60)
    made = scale_snapshots_make(request)
    first = metrics_scale.first_day(UNTIL)
    days = [first + timedelta(days=n) for n in range((UNTIL - first).days + 1)]
    assert made.counts["days"] == len(days) > made.counts["days computed"]
    thin = metrics_scale.thin_days(UNTIL)  # figures of running clocks: on these days only
    assert set(days_without_snapshots(days=days)) == set(days) - set(thin)
    assert (
        Snapshot.objects.count()
        == made.counts["snapshots"]
        == sum(DayFill.objects.values_list("n_appended", flat=True))
    )
    for day in [*days[3::7], thin[0]]:
        kept = {
            (row.metric, row.level, row.subject): (
                row.value,
                row.numerator,
                row.denominator,
                row.n,
                row.reason,
            )
            for row in Snapshot.objects.filter(as_of=day)
        }
        facts = Facts(day)
        computed = {
            (metric.key, one.subject.level, one.subject.key): (
                one.value, one.numerator, one.denominator, one.n, one.reason,
            )
            for metric in all_metrics()
            if day in thin or not metrics_scale.is_thin(metric)
            for one in metric.figures(facts)
        }  # fmt: skip
        assert kept == computed, day


@pytest.mark.django_db
def test_made_up_data_is_refused_outside_development_and_beside_other_data(settings) -> None:
    request = ScaleRequest(agencies=50, seed=1, until=UNTIL, tell=lambda text: None)
    settings.DEBUG = False
    with pytest.raises(ScaleRefused, match="DEBUG is off"):
        scale_data_make(request)
    settings.DEBUG = True
    UserFactory()
    with pytest.raises(ScaleRefused, match="not empty"):
        scale_data_make(request)
    with pytest.raises(CommandError, match="not empty"):
        call_command("make_scale_data", agencies=50, stderr=StringIO())
    with pytest.raises(CommandError, match="at least"):
        call_command("make_scale_data", agencies=3, stderr=StringIO())


@pytest.mark.django_db
def test_a_page_costs_as_many_queries_with_four_times_the_data() -> None:
    runs = []
    for agencies in (50, 200):
        with undone():
            make(agencies)
            client = Client()
            client.force_login(UserFactory(role=Role.HQ))
            # Sorting is one code for all columns: make bench goes through them.
            some = {name: address for name, address in pages().items() if " by " not in name}
            runs.append({name: statements(client, address) for name, address in some.items()})
    for name, few in runs[0].items():
        many = runs[1][name]
        assert len(few) == len(many), "\n".join([name, "FEW", *few, "MANY", *many])
        assert len(many) <= MOST_QUERIES, name
