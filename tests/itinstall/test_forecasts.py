"""Forecasts as jobs and pages: computed once, kept, cut to what a person may see."""

from __future__ import annotations

import datetime as dt
import json

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.urls import reverse

from itinstall import tasks
from itinstall.choices import AbsenceKind, EntryKind, Priority, RequestState
from itinstall.forecast import NEVER
from itinstall.models import (
    Forecast,
    Hold,
    InstallationRequest,
    InstallationVisit,
    Installer,
    InstallerAbsence,
    StageTransition,
)
from itinstall.selectors import forecasts as selectors
from itinstall.selectors.observed import crew_read, history_read
from itinstall.services import forecasts as services
from itinstall.services.forecasts import Question
from oversight.access.actors import person, system
from oversight.access.permissions import NotAllowed
from oversight.exchange import jobs
from oversight.exchange.models import Job
from oversight.periods.calendars import federal_calendar
from oversight.periods.models import Parameter
from oversight.trail.models import TrailEntry
from tests.factories import UserFactory
from tests.itinstall.forecast_world import fill
from tests.support.queries import baseline_queries

TODAY = dt.date(2026, 6, 1)
pytestmark = [pytest.mark.django_db, pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC))]


@pytest.fixture(autouse=True)
def _few_runs() -> None:
    Parameter.objects.filter(key="itinstall.forecast_runs").update(value=20)


def computed(question: Question | None = None) -> Forecast:
    params = {"question": question.as_params()} if question else {}
    job = jobs.run_now(actor=system("test"), kind=selectors.FORECAST, params=params)
    assert job.state == "done", job.error
    return Forecast.objects.get(pk=job.result["forecast"])


class TestReading:
    def test_history_and_crew_are_read_in_a_constant_number_of_statements(self) -> None:
        fill(today=TODAY)
        calendar = federal_calendar()
        with baseline_queries("itinstall.forecast_facts"):
            history = history_read(as_of=TODAY, calendar=calendar)
            crew = crew_read(calendar=calendar).crew(as_of=TODAY, offices=history.facts.offices)
        assert len(history.facts.refs) == 42
        assert [len(days) > 3000 for days in crew.days] == [True, True]

    def test_what_is_open_is_in_the_stage_that_its_request_repeats(self) -> None:
        open_ones = {request.ref: request for request in fill(today=TODAY)}
        history = history_read(as_of=TODAY, calendar=federal_calendar())
        situation = history.situation(TODAY.toordinal(), min_visits=20, tail=10, window=1096)
        assert set(situation.refs) == set(open_ones)
        for ref, stage, since in zip(situation.refs, situation.stage, situation.since, strict=True):
            assert situation.stages[stage].key == open_ones[ref].stage_id
            assert dt.date.fromordinal(since) == open_ones[ref].stage_on
        signed = TODAY - dt.timedelta(days=300)
        assert set(situation.clock.tolist()) == {signed.toordinal()}
        assert set(situation.due.tolist()) == {signed.toordinal() + 180}
        assert {situation.offices[number] for number in situation.office} == {"houston", "miami"}

    def test_corrected_entries_and_cancelled_requests_are_read_as_they_stand(self) -> None:
        request = fill(today=TODAY, n_past=0, n_open=2)[1]
        wrong = StageTransition.objects.get(request=request, sequence=2)
        StageTransition.objects.create(
            request=request, sequence=2, stage=wrong.stage, on=TODAY, corrects=wrong, reason="Letter"
        )
        StageTransition.objects.create(request=request, sequence=3, kind=EntryKind.CANCELLED, on=TODAY)
        facts = history_read(as_of=TODAY, calendar=federal_calendar()).facts
        mine = facts.v_request == facts.refs.index(request.ref)
        assert facts.v_begins[mine].tolist()[1] == TODAY.toordinal()
        assert facts.v_ends[mine].tolist() == [TODAY.toordinal()] * 2
        assert facts.v_given_up[mine].tolist() == [False, True]

    def test_holds_that_stop_the_clock_move_the_target(self) -> None:
        first, second = fill(today=TODAY, n_past=0, n_open=2)
        for request, days in ((first, 20), (second, None)):
            Hold.objects.create(
                request=request,
                why_id="isa-lea",
                owner="agency",
                begins_on=TODAY - dt.timedelta(days=50),
                ends_on=TODAY - dt.timedelta(days=50 - days) if days else None,
            )
        facts = history_read(as_of=TODAY, calendar=federal_calendar()).facts
        assert len(set(facts.due.tolist())) == 1
        first.policy.pausing.add("isa-lea")
        due = dict(zip(facts.refs, facts.due.tolist(), strict=True))
        paused = history_read(as_of=TODAY, calendar=federal_calendar()).facts
        moved = {ref: day - due[ref] for ref, day in zip(paused.refs, paused.due.tolist(), strict=True)}
        assert moved == {first.ref: 20, second.ref: 50}

    def test_working_days_of_a_visit_leave_out_weekends_and_holidays(self) -> None:
        request = fill(today=TODAY, n_past=0, n_open=1)[0]
        InstallationVisit.objects.create(
            request=request,
            installer=Installer.objects.first(),
            begins_on=dt.date(2026, 5, 22),  # Friday before Memorial Day
            ends_on=dt.date(2026, 5, 28),
        )
        facts = history_read(as_of=TODAY, calendar=federal_calendar()).facts
        assert facts.s_workdays.tolist() == [3]

    def test_between_visits_count_business_days_without_absences_that_were_entered_early(self) -> None:
        requests = fill(today=TODAY, n_past=0, n_open=3, n_installers=2)
        one, other = Installer.objects.order_by("pk")
        for request, installer, day in zip(requests, (one, one, other), (18, 29, 27), strict=True):
            InstallationVisit.objects.create(
                request=request,
                installer=installer,
                begins_on=dt.date(2026, 5, day),
                ends_on=dt.date(2026, 5, day + 1),
            )

        def rests() -> dict[str, tuple[int, int]]:
            facts = history_read(as_of=TODAY, calendar=federal_calendar()).facts
            return {
                facts.refs[number]: (place, rest)
                for number, place, rest in zip(
                    facts.s_request, facts.s_next.tolist(), facts.s_rest.tolist(), strict=True
                )
            }

        # Tuesday 19 to Thursday 28 without a weekend and Memorial Day.
        assert rests() == {requests[0].ref: (1, 7), requests[1].ref: (-1, 0), requests[2].ref: (-1, 0)}
        for installer, ahead in ((one, 10), (other, 200)):
            InstallerAbsence.objects.create(
                installer=installer,
                kind=AbsenceKind.LEAVE,
                begins_on=dt.date(2026, 5, 20),
                ends_on=dt.date(2026, 5, 22),
                created_at=dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC) - dt.timedelta(days=ahead),
            )
        assert rests()[requests[0].ref] == (1, 7)
        InstallerAbsence.objects.filter(installer=one).update(
            created_at=dt.datetime(2026, 5, 20, 12, tzinfo=dt.UTC) - dt.timedelta(days=90)
        )
        assert rests()[requests[0].ref] == (1, 5)

    def test_holds_are_read_as_they_stand(self) -> None:
        request = fill(today=TODAY, n_past=0, n_open=1)[0]
        begins = TODAY - dt.timedelta(days=9)
        what = {"request": request, "why_id": "isa-lea", "owner": "agency", "begins_on": begins}
        first = Hold.objects.create(**what)
        facts = history_read(as_of=TODAY, calendar=federal_calendar()).facts
        assert [*facts.h_request, *facts.h_begins, *facts.h_ends] == [0, begins.toordinal(), NEVER]
        Hold.objects.create(**what, ends_on=TODAY, corrects=first)
        facts = history_read(as_of=TODAY, calendar=federal_calendar()).facts
        assert [*facts.h_request, *facts.h_begins, *facts.h_ends] == [
            0,
            begins.toordinal(),
            TODAY.toordinal(),
        ]

    def test_absences_take_days_and_of_a_past_day_only_what_had_been_entered(self) -> None:
        fill(today=TODAY, n_past=0, n_open=1, n_installers=1)
        installer = Installer.objects.get()
        InstallerAbsence.objects.create(
            installer=installer,
            kind=AbsenceKind.LEAVE,
            begins_on=dt.date(2026, 6, 2),
            ends_on=dt.date(2026, 6, 4),
        )
        installer.valid_to = dt.date(2026, 6, 10)
        installer.save()
        facts = crew_read(calendar=federal_calendar())
        days = facts.crew(as_of=TODAY, offices=()).days
        assert [dt.date.fromordinal(day).day for day in days[0]] == [4, 5, 8, 9]
        # On Friday the 29th nobody had entered the absence, nor that the installer leaves.
        then = facts.crew(as_of=dt.date(2026, 5, 29), offices=(), known_then=True).days
        assert [dt.date.fromordinal(day).day for day in then[0][:4]] == [1, 2, 3, 4]
        assert len(then[0]) > 3000
        added = facts.crew(as_of=TODAY, offices=(), added=1, added_from=dt.date(2026, 6, 29)).days
        assert [dt.date.fromordinal(own[0]).isoformat() for own in added] == ["2026-06-04", "2026-06-29"]

    def test_who_works_for_one_office_is_bound_to_it(self) -> None:
        request = fill(today=TODAY, n_past=0, n_open=1)[0]
        bound = Installer.objects.earliest("pk")
        bound.office_id = request.site.agency.offices.get().office_id
        bound.save()
        crew = crew_read(calendar=federal_calendar()).crew(as_of=TODAY, offices=("houston",))
        assert crew.offices == [0, -1]


class TestComputing:
    def test_a_forecast_has_days_for_every_open_request_and_says_what_it_rests_on(self) -> None:
        open_ones = fill(today=TODAY)
        found = computed()
        assert (found.as_of, found.seed, found.runs, found.is_what_if, found.refusal) == (
            TODAY, 287, 20, False, "",
        )  # fmt: skip
        results = found.results
        assert set(results["requests"]) == {request.ref for request in open_ones}
        assert all(0 < half <= most for half, most, _ in results["requests"].values())
        assert results["backlog"]["n"] == 12
        assert results["backlog"]["p80"] == max(results["backlog"]["p80"], results["backlog"]["p50"])
        assert sum(group["n"] for group in results["offices"].values()) == 12
        assert {key: group["n"] for key, group in results["priorities"].items()} == {"3": 12}
        assert results["months"][-1][2] == 12
        samples = {item["stage"]: item["n"] for item in found.samples["stages"]}
        assert samples["Bids and circuit"] >= 30
        assert samples["On-site installation"] >= 30
        assert TrailEntry.objects.filter(verb="installation_forecast.made").count() == 1
        assert len(json.dumps(results["requests"])) < 40 * len(open_ones)

    def test_run_again_a_job_leaves_one_forecast(self) -> None:
        fill(today=TODAY)
        found = computed()
        Job.objects.filter(pk=found.job_id).update(state="queued")
        assert jobs.run(job_id=found.job_id)
        assert Forecast.objects.count() == 1
        assert Job.objects.get().result == {"forecast": found.pk}

    def test_the_same_facts_give_the_same_forecast(self) -> None:
        fill(today=TODAY)
        assert computed().results["requests"] == computed().results["requests"]

    def test_with_too_little_it_says_so_instead_of_answering(self) -> None:
        fill(today=TODAY, n_past=3)
        found = computed()
        assert found.refusal.startswith("No forecast: ")
        assert "On-site installation has" in found.refusal
        assert "20 are needed" in found.refusal
        assert found.results == {}

    def test_minimums_are_parameters(self) -> None:
        fill(today=TODAY, n_past=3)
        Parameter.objects.filter(key="itinstall.forecast_min_visits").update(value=2)
        Parameter.objects.filter(key="itinstall.forecast_min_tail").update(value=1)
        assert computed().refusal == ""

    def test_a_what_if_stands_beside_the_same_without_its_changes(self) -> None:
        fill(today=TODAY, n_open=30, n_installers=1)
        base = computed()
        asked = computed(Question(added=3))
        assert asked.is_what_if
        assert asked.results["base"]["requests"] == base.results["requests"]
        assert asked.results["backlog"]["p50"] <= asked.results["base"]["backlog"]["p50"]
        assert asked.results["backlog"]["late"] <= asked.results["base"]["backlog"]["late"]
        longer = computed(Question(scales={"access": 300}))
        half, before = longer.results["requests"], longer.results["base"]["requests"]
        assert all(half[ref][0] >= before[ref][0] for ref in half)
        assert any(half[ref][0] > before[ref][0] for ref in half)

    def test_an_office_that_goes_first_is_done_earlier(self) -> None:
        fill(today=TODAY, n_open=40, n_installers=1)
        found = computed(Question(first_office="miami")).results
        assert found["offices"]["miami"]["p50"] <= found["base"]["offices"]["miami"]["p50"]
        assert found["offices"]["houston"]["p50"] >= found["base"]["offices"]["houston"]["p50"]

    def test_what_came_of_earlier_forecasts_is_told(self) -> None:
        done, gone, still, *_ = fill(today=TODAY)
        earlier = Forecast.objects.create(
            as_of=dt.date(2026, 4, 30),
            seed=1,
            runs=1,
            results={
                "backlog": {"p50": 5, "p80": 60},
                "requests": {done.ref: [10, 20, None], gone.ref: [10, 20, None], still.ref: [10, 90, None]},
            },
        )
        for request, kind, day in (
            (done, EntryKind.COMPLETED, dt.date(2026, 5, 15)),
            (gone, EntryKind.CANCELLED, dt.date(2026, 5, 15)),
        ):
            StageTransition.objects.create(request=request, sequence=9, kind=kind, on=day)
            state = RequestState.COMPLETED if kind == EntryKind.COMPLETED else RequestState.CANCELLED
            InstallationRequest.objects.filter(pk=request.pk).update(state=state, closed_on=day)
        (line,) = computed().results["record"]
        assert line == {
            "forecast": earlier.pk, "as_of": "2026-04-30", "n": 3, "backlog": [5, 60], "completed": 1,
            "cancelled": 1, "p50": [0, 2], "p80": [1, 1],
        }  # fmt: skip

    def test_every_day_has_one_forecast_once_there_are_requests(self) -> None:
        assert not tasks.forecast_today()
        fill(today=TODAY)
        assert tasks.forecast_today()
        assert tasks.forecast_today()
        (job,) = Job.objects.all()  # the one that waits is joined
        jobs.run(job_id=job.pk)
        assert not tasks.forecast_today()

    def test_of_a_request_the_newest_base_forecast_is_told(self) -> None:
        request = fill(today=TODAY)[0]
        assert selectors.newest_of_request(request=request) is None
        found = computed()
        computed(Question(added=1))
        with baseline_queries("itinstall.forecast_of_request"):
            told = selectors.newest_of_request(request=request)
        offsets = found.results["requests"][request.ref]
        assert told.forecast == found.pk
        assert [(day - TODAY).days for day in (told.p50, told.p80)] == offsets[:2]
        past = InstallationRequest.objects.filter(state=RequestState.COMPLETED).first()
        assert selectors.newest_of_request(request=past) is None


class TestAsking:
    @pytest.mark.parametrize(
        ("question", "field"),
        [
            (Question(), None),
            (Question(added=51), "added"),
            (Question(added=1, added_from=dt.date(2026, 5, 31)), "added_from"),
            (Question(new_per_month=301), "new_per_month"),
            (Question(scales={"bids": 0}), "scales"),
            (Question(scales={"nothing": 50}), "scales"),
            (Question(first=("ITR-NONE",)), "first"),
            (Question(first_office="atlantis"), "first_office"),
        ],
    )
    def test_what_cannot_be_is_refused_by_field(self, question, field) -> None:
        with pytest.raises(ValidationError) as refused:
            services.what_if_start(actor=system("test"), question=question)
        assert list(getattr(refused.value, "error_dict", {None: 0})) == [field]
        assert not Job.objects.exists()

    def test_headquarters_alone_asks(self) -> None:
        pm = person(UserFactory(role="field_pm"))
        with pytest.raises(NotAllowed):
            services.what_if_start(actor=pm, question=Question(added=1))
        with pytest.raises(NotAllowed):
            services.base_forecast_start(actor=pm)
        with pytest.raises(NotAllowed):
            services.backtest_start(actor=pm, first=TODAY, last=TODAY)

    def test_who_asks_for_the_same_while_it_waits_joins(self) -> None:
        first, second = (
            services.what_if_start(actor=system("test"), question=Question(added=1)) for _ in range(2)
        )
        other = services.what_if_start(actor=system("test"), question=Question(added=2))
        assert first == second != other
        assert services.what_if_start(actor=system("test"), question=Question(added=2)) == other

    @pytest.mark.parametrize(
        ("first", "last", "field"),
        [
            (dt.date(2026, 1, 1), dt.date(2026, 6, 2), "last"),
            (dt.date(2026, 6, 1), dt.date(2026, 5, 1), "first"),
            (dt.date(2020, 1, 1), dt.date(2026, 6, 1), "first"),
        ],
    )
    def test_days_of_a_back_test_are_checked(self, first, last, field) -> None:
        with pytest.raises(ValidationError) as refused:
            services.backtest_start(actor=system("test"), first=first, last=last)
        assert list(refused.value.error_dict) == [field]


class TestBacktest:
    def test_a_job_tells_past_months_one_by_one(self, client) -> None:
        fill(today=TODAY, n_past=80)
        params = {"first": "2026-01-15", "last": "2026-05-15"}
        job = jobs.run_now(actor=system("test"), kind=selectors.BACKTEST, params=params)
        assert [line["as_of"] for line in job.result["lines"]] == [
            "2026-02-01", "2026-03-01", "2026-04-01", "2026-05-01",
        ]  # fmt: skip
        assert all(line["n_open"] > 0 for line in job.result["lines"])
        client.force_login(UserFactory(role="auditor"))
        with baseline_queries("itinstall.forecast_backtest"):
            page = client.get(reverse("itinstall:forecast_backtest"))
        assert "2026-04-01" in page.text
        assert "All days" in page.text
        assert "Compute, one day a month" not in page.text

    def test_the_command_prints_the_same_as_a_table_and_as_json(self, capsys) -> None:
        fill(today=TODAY, n_past=80)
        call_command("backtest_forecast", "--from", "2026-03-01", "--to", "2026-04-30", "--json")
        told = json.loads(capsys.readouterr().out)
        assert [line["as_of"] for line in told["lines"]] == ["2026-03-01", "2026-04-01"]
        call_command("backtest_forecast", "--from", "2026-03-01", "--to", "2026-04-30")
        text = capsys.readouterr().out
        assert "2026-03-01" in text
        assert "all" in text


class TestPages:
    def page(self, client, user=None, **query):
        client.force_login(user or UserFactory(role="hq"))
        return client.get(reverse("itinstall:forecast"), query)

    def test_without_a_forecast_the_page_says_when_there_will_be_one(self, client) -> None:
        page = self.page(client)
        assert page.status_code == 200
        assert "No forecast yet" in page.text

    def test_priorities_stand_apart_with_who_is_expected_before_them(self, client) -> None:
        open_ones = fill(today=TODAY, n_past=80)
        low = [request.pk for request in open_ones[:4]]
        InstallationRequest.objects.filter(pk__in=low).update(priority=Priority.LOW)
        computed()
        page = self.page(client)
        normal, last = page.context["priorities"]
        assert (normal.label, normal.n, last.label, last.n) == ("Normal", 8, "Low", 4)
        assert "By priority" in page.text
        assert "Requests of normal priority that nobody has submitted yet" in page.text

    def test_too_little_is_said_in_words(self, client) -> None:
        fill(today=TODAY, n_past=3)
        computed()
        page = self.page(client)
        assert "There is too little to go by" in page.text
        assert "20 are needed" in page.text

    def test_the_newest_forecast_with_its_seed_runs_and_days(self, client) -> None:
        fill(today=TODAY)
        found = computed()
        client.force_login(UserFactory(role="hq"))
        with baseline_queries("itinstall.forecast"):
            page = client.get(reverse("itinstall:forecast"))
        assert "20 runs, seed 287" in page.text
        assert 'As of <span class="date">2026-06-01</span>' in page.text
        day = TODAY + dt.timedelta(days=found.results["backlog"]["p80"])
        assert day.isoformat() in page.text
        assert page.text.count("ITR-F") >= 12
        assert "What is assumed" in page.text
        assert "Synthetic" not in page.text
        InstallationRequest.objects.update(is_synthetic=True)
        assert self.page(client).text.count("badge--synthetic") >= 12

    def test_a_field_pm_sees_national_figures_and_requests_of_the_own_office(self, client) -> None:
        from tests.factories import ProgramManagerFactory

        open_ones = fill(today=TODAY)
        computed()
        user = UserFactory(role="field_pm")
        office = open_ones[0].site.agency.offices.get().office
        ProgramManagerFactory(user=user, office=office)
        page = self.page(client, user)
        own = {request.ref for request in open_ones if request.site.agency == open_ones[0].site.agency}
        shown = {request.ref for request in open_ones if request.ref in page.text}
        assert 0 < len(own) < len(open_ones)
        assert shown == own
        assert page.context["nation"].n == 12

    def test_requests_are_filtered_by_office_and_by_target(self, client) -> None:
        fill(today=TODAY)
        computed()
        page = self.page(client, office="miami")
        assert page.context["page"].paginator.count == 6
        assert self.page(client, office="unknown").context["page"].paginator.count == 0
        late = self.page(client, late="yes", sort="over").context["lines"]
        assert all(line.is_late for line, _ in late)
        assert len(late) == 12  # signed 300 days ago

    @pytest.mark.parametrize("asked", [{"office": "atlantis"}, {"late": "maybe"}, {"sort": "name"}])
    def test_a_filter_that_the_page_does_not_know_is_said_and_shows_no_request(self, client, asked) -> None:
        fill(today=TODAY)
        computed()
        page = self.page(client, **asked)
        assert page.context["page"].paginator.count == 0
        assert "This is not one of the choices" in page.text
        assert "ITR-F" not in page.text

    def test_a_what_if_shows_both_and_an_unknown_number_is_not_found(self, client) -> None:
        fill(today=TODAY)
        found = computed(Question(added=2, scales={"bids": 50}, new_per_month=1.5, by_clock=True))
        client.force_login(UserFactory(role="auditor"))
        with baseline_queries("itinstall.forecast_what_if"):
            page = client.get(reverse("itinstall:forecast_detail", args=[found.pk]))
        assert "2 installers added; Bids and circuit at 50 %; 1.5 new agreements a month" in page.text
        assert "Today’s resources" in page.text
        assert client.get(reverse("itinstall:forecast_detail", args=[found.pk + 1])).status_code == 404
        assert client.get(reverse("itinstall:forecast_detail", args=[10**18])).status_code == 404

    def test_the_form_starts_a_job_or_says_what_is_wrong(self, client) -> None:
        fill(today=TODAY, n_past=0, n_open=1)
        user = UserFactory(role="hq")
        client.force_login(user)
        address = reverse("itinstall:forecast_ask")
        form = client.get(address).context["form"]
        data = {name: field.initial or "" for name, field in form.fields.items()}
        data |= {"added": "0"}
        assert data["new_per_month"] == ""
        nothing = client.post(address, data)
        assert nothing.status_code == 422
        assert "Nothing is changed" in nothing.text
        bad = client.post(address, {**data, "first": "ITR-NONE", "added_from": "2020-01-01", "added": "1"})
        assert bad.status_code == 422
        assert "There is no request ITR-NONE" in bad.text
        assert "This day is over" in bad.text
        beyond = client.post(address, {**data, "added": "99", "new_per_month": "-3", "scale_bids": "0"}).text
        for words in ("0 to 50 installers", "0 to 300 agreements a month", "1 to 1,000 percent"):
            assert f"Enter {words}" in beyond
        assert "Ensure this value" not in beyond
        none = client.post(address, {**data, "new_per_month": "0"})
        assert none.status_code == 302
        job = Job.objects.get(created_by=user)
        assert job.params["question"]["new_per_month"] == 0
        job.delete()
        good = client.post(address, {**data, "added": "2", "first": "itr-f0000000"})
        job = Job.objects.get(created_by=user)
        assert good.url == reverse("exchange:job", args=[job.pk])
        assert job.params["question"]["first"] == ["ITR-F0000000"]
        assert job.params["question"]["new_per_month"] is None

    def test_the_button_joins_a_forecast_that_is_under_way(self, client) -> None:
        client.force_login(UserFactory(role="hq"))
        services.base_forecast_start(actor=system("night"))
        answer = client.post(reverse("itinstall:forecast_compute"), follow=True)
        assert "is being computed already" in answer.text
        assert Job.objects.count() == 1
