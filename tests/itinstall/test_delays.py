"""The page of delays, the panel, work items, what changed, search and readiness."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db.models import F

from agreements.models import AgencyOffice, RegisterState
from itinstall.choices import Party, Priority, RequestState
from itinstall.models import HoldReason, InstallationRequest, PublishedInstallation, StageTransition
from itinstall.selectors.delay_types import Asked
from itinstall.selectors.delays import delays
from itinstall.selectors.delays_kept import facts_mark, kept_delays
from itinstall.selectors.requests import next_stage
from itinstall.services import bulk, holds, requests
from oversight.console.attention import attention_of
from oversight.console.changes import ChangesRequest, sections_of
from oversight.console.panels import PanelRequest
from oversight.console.search import search_all
from oversight.metrics import services
from oversight.metrics.base import NATION
from oversight.metrics.choices import Level
from oversight.metrics.probes import Verdict, ask
from oversight.metrics.subjects import level_names
from oversight.periods.models import Parameter
from tests.factories import (
    AgencyOfficeFactory,
    AssignmentFactory,
    ProgramManagerFactory,
    SiteFactory,
    UserFactory,
)
from tests.itinstall.histories import ACTOR, TODAY, day, enter, world
from tests.itinstall.installations import agency_of, request_in
from tests.support.queries import baseline_queries

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.time_machine(dt.datetime(2026, 6, 1, 16, tzinfo=dt.UTC)),
]
PAGE = "/installations/delays/"
WAIT = "Counting every installation request"
ALL = [("run", n, 40, 0) for n in range(6)] + [("complete", n, 20 * n, 0) for n in range(5)]


@pytest.fixture
def hq(client):
    user = UserFactory()
    client.force_login(user)
    return user


@pytest.fixture
def made():
    found = world()
    enter(ALL, found)
    return found


def ago(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


def page(client, query=None) -> str:
    """The whole page, all its parts."""
    response = client.get(PAGE, query)
    assert response.status_code == 200
    return response.getvalue().decode()


class TestPage:
    def test_without_requests_it_says_so_and_shows_what_reports_publish(self, client, hq) -> None:
        for number in range(1, 23):
            PublishedInstallation.objects.create(
                report="OIG-18-77", label=f"Bar {number}", target_days=180, source="chart",
                days=143 if number < 3 else None,
            )  # fmt: skip
        text = page(client)
        assert "No installation request had been submitted" in text
        assert "143 and 143 (2 of 22)" in text
        assert "data-curve" not in text

    def test_stored_figures_are_shown_with_the_address_that_explains_them(self, client, hq, made) -> None:
        on = day(300)
        before = page(client, {"as_of": on.isoformat()})
        assert "are not stored: these are computed for this page" in before
        assert "/figures/itinstall.days_median/" not in before
        services.day_fill(as_of=on)
        text = page(client, {"as_of": on.isoformat()})
        assert "are not stored" not in text
        for subject in ("nation/-", "office/miami", "model/JEM", "year/2023", "stage/bids"):
            assert f"/{subject}/{on}/" in text
        link = text.split('href="/figures/itinstall.days_median/', 1)[1].split('"', 1)[0]
        assert client.get(f"/figures/itinstall.days_median/{link}").status_code == 200

    def test_what_is_computed_now_equals_what_is_stored(self, made) -> None:
        on = day(300)
        now = delays(asked=Asked(on))
        services.day_fill(as_of=on)
        stored = delays(asked=Asked(on))
        assert stored.is_stored
        for name in ("years", "offices", "models", "stages"):
            for a, b in zip(getattr(now, name), getattr(stored, name), strict=True):
                assert {k: c.words for k, c in a.cells.items()} == {k: c.words for k, c in b.cells.items()}
        assert {k: c.words for k, c in now.tiles.items()} == {k: c.words for k, c in stored.tiles.items()}

    def test_filters_cut_what_is_counted_and_can_be_taken_away(self, client, hq, made) -> None:
        on = day(250)
        whole = delays(asked=Asked(on))
        parts = [delays(asked=Asked(on, office=key)) for key, _ in whole.choices.offices]
        assert sum(part.n_requests for part in parts) == whole.n_requests == 6
        assert sum(line.n for part in parts for line in part.years) == sum(line.n for line in whole.years)
        response = client.get(PAGE, {"as_of": on.isoformat(), "model": "JEM", "year": "2023"})
        text = response.getvalue().decode()
        assert "FY 2023 <span" in text
        assert f'href="?as_of={on}&amp;year=2023"' in text
        assert "completed in FY 2023" in text
        assert "No agreement" not in text

    @pytest.mark.parametrize(
        ("query", "words"),
        [({"as_of": "soon"}, "year-month-day"), ({"as_of": "2030-01-01"}, "is in the future"),
         ({"as_of": "0001-01-01"}, "Choose a day from 1976-10-01 on"),
         ({"year": "12"}, "Choose a fiscal year from 1977 on"),
         ({"office": "nope"}, "There is no field office “nope”"),
         ({"model": "XXX"}, "There is no support model “XXX”"), ({"since": "9"}, "no filter called “since”")],
    )  # fmt: skip
    def test_what_cannot_be_read_is_said_and_the_rest_is_shown(self, client, hq, made, query, words) -> None:
        response = client.get(PAGE, query)
        assert response.status_code == 400
        text = response.getvalue().decode()
        assert words in text
        assert "How long it took" in text

    def test_the_stages_of_the_table_add_up_to_its_last_line(self, made) -> None:
        enter([("run", 5, 90, 0), ("complete", 5, 110, 0)], made)
        found = delays(asked=Asked(day(400)))
        assert found.total is not None
        lines = [line.bottleneck for line in found.stages if line.bottleneck]
        for part in ("late", "on_time", "difference"):
            assert sum(getattr(line, part) for line in lines) == getattr(found.total, part)
        assert sum(line.is_bottleneck for line in found.stages) == 1

    def test_months_before_twelve_points_say_too_few(self, made) -> None:
        months = delays(asked=Asked(TODAY)).months
        assert len(months) == 36
        assert {month.verdict for month in months[:12]} == {"too few months before it"}
        assert months[12].limits is not None
        assert months[-1].verdict == "not over yet"
        assert delays(asked=Asked(dt.date(2026, 5, 31))).months[-1].verdict != "not over yet"

    def test_bands_hold_every_open_request_once(self, made) -> None:
        found = delays(asked=Asked(day(60)))
        assert sum(band.n for band in found.bands) == 6 - sum(line.n + line.n_without for line in found.years)
        assert found.bands[-1].label == "No clock"

    def test_it_takes_the_same_queries_whatever_there_is(self, client, hq, made) -> None:
        services.day_fill(as_of=TODAY)
        page(client)  # asks for names
        for n in range(2):
            RegisterState.objects.update(version=F("version") + 1)
            with baseline_queries("installations.delays.first"):
                page(client)
            with baseline_queries("installations.delays"):
                page(client)
            enter([("hold", 5, 1 + n, 0)], made)

    def test_the_frame_is_sent_before_anything_is_counted(self, client, hq, made, monkeypatch) -> None:
        asked: list[Asked] = []

        def counted(*, asked: Asked, seen=asked):
            seen.append(asked)
            return delays(asked=asked)

        monkeypatch.setattr("itinstall.selectors.delays_kept.delays", counted)
        parts = iter(client.get(PAGE))
        head = next(parts).decode()
        assert WAIT in head
        assert "How long it took" not in head
        assert asked == []
        assert "How long it took" in next(parts).decode()
        assert len(asked) == 1

    def test_what_cannot_be_computed_is_said_with_the_number_of_the_request(
        self, client, hq, made, monkeypatch, caplog
    ) -> None:
        monkeypatch.setattr("itinstall.selectors.delays_kept.delays", lambda **_: 1 / 0)
        response = client.get(PAGE)
        text = response.getvalue().decode()
        assert "These figures could not be shown." in text
        assert response["X-Request-ID"] in text
        assert text.rstrip().endswith("</html>")
        assert "the page of delays cannot be drawn" in caplog.text


class TestKept:
    """What was computed stands until something that it was read from is written."""

    def test_it_is_computed_once_and_says_when(self, client, hq, made, time_machine) -> None:
        hq.time_zone = "Pacific/Honolulu"
        hq.save()
        first = page(client)
        assert "Computed" in first
        assert "2026-06-01 06:00</time>, and again after each change" in first
        time_machine.move_to(dt.datetime(2026, 6, 1, 16, 40, tzinfo=dt.UTC))
        assert "2026-06-01 06:00</time>, and again" in page(client)
        enter([("hold", 5, 1, 0)], made)
        assert "2026-06-01 06:40</time>, and again" in page(client)

    def test_filters_and_days_are_kept_apart(self, made) -> None:
        for asked in (
            Asked(TODAY), Asked(TODAY, office="houston"), Asked(TODAY, model="JEM"), Asked(TODAY, year=2023),
            Asked(day(100)),
        ):  # fmt: skip
            for _ in range(2):
                found, plain = kept_delays(asked=asked), delays(asked=asked)
                assert replace(found, computed_at=plain.computed_at) == plain

    @pytest.mark.parametrize("what", [
        "moved", "moved together", "corrected", "taken back", "put on hold", "cancelled", "another agreement",
        "created", "register", "area", "area gone", "figures",
    ])  # fmt: skip
    def test_every_write_that_it_reads_changes_the_mark(self, made, what) -> None:
        AgencyOfficeFactory()
        request = requests.request_create(actor=ACTOR, site=SiteFactory(), on=ago(30))
        other = made.requests[5]
        stage = next_stage(after=request.stage)
        assert stage is not None
        step = requests.request_move(actor=ACTOR, request=request, stage=stage, on=ago(20))
        later = next_stage(after=stage)
        assert later is not None
        why = HoldReason.objects.get(pk="isa-lea")
        writes: dict[str, Callable[[], object]] = {
            "moved": lambda: requests.request_move(actor=ACTOR, request=request, stage=later, on=TODAY),
            "moved together": lambda: bulk.requests_move(
                actor=ACTOR, moves=[bulk.Move(request.pk)], stage=later, on=TODAY
            ),
            "corrected": lambda: requests.entry_correct(actor=ACTOR, entry=step, on=ago(21), reason="typo"),
            "taken back": lambda: requests.entry_withdraw(actor=ACTOR, entry=step, reason="typo"),
            "put on hold": lambda: holds.hold_begin(
                actor=ACTOR, request=request, why=why, owner=Party.AGENCY, on=TODAY
            ),
            "cancelled": lambda: requests.request_cancel(
                actor=ACTOR, request=request, on=TODAY, reason="not needed"
            ),
            "another agreement": lambda: requests.request_describe(
                actor=ACTOR, request=other, priority=Priority(other.priority), note="", agreement=None
            ),
            "created": lambda: requests.request_create(actor=ACTOR, site=SiteFactory(), on=TODAY),
            "register": lambda: RegisterState.objects.update(version=F("version") + 1),
            "area": AgencyOfficeFactory,
            "area gone": AgencyOffice.objects.order_by("pk")[0].delete,
            "figures": lambda: services.day_fill(as_of=TODAY),
        }
        then = facts_mark(as_of=TODAY)
        assert facts_mark(as_of=TODAY) == then
        writes[what]()
        assert facts_mark(as_of=TODAY) != then


class TestSubjects:
    def test_fiscal_years_and_stages_have_names(self, made) -> None:
        assert list(level_names(Level.YEAR)) == ["2026", "2025", "2024", "2023"]
        assert level_names(Level.YEAR)["2026"] == "FY 2026"
        assert list(level_names(Level.STAGE).items())[:2] == [
            ("before-request", "Before the request"), ("request", "Request to OCIO"),
        ]  # fmt: skip

    def test_without_any_completion_there_is_the_present_fiscal_year(self) -> None:
        assert list(level_names(Level.YEAR)) == ["2026"]

    def test_pages_of_figures_know_the_new_levels(self, client, hq, made) -> None:
        services.day_fill(as_of=TODAY)
        for address in (
            "/figures/itinstall.days_median/?level=year", "/figures/itinstall.bottleneck_days/?level=stage",
            f"/figures/itinstall.days_median/v1/year/2023/{TODAY}/",
            f"/figures/itinstall.open/v1/stage/access/{TODAY}/",
            f"/figures/itinstall.stage_days_median/v1/stage/bids/{TODAY}/moved/?from=2023-06-01",
            "/targets/new/?metric=itinstall.days_median&where=year:2026", "/figures/",
        ):  # fmt: skip
            assert client.get(address).status_code == 200, address
        assert client.get(f"/figures/itinstall.days_median/v1/year/1950/{TODAY}/").status_code == 404
        shown = client.get("/figures/itinstall.days_median/?level=year").content.decode()
        assert "FY 2023" in shown


class TestHome:
    def test_the_panel_says_when_there_is_nothing_yet(self, client, hq) -> None:
        services.day_fill(as_of=TODAY)
        text = b"".join(client.get("/")).decode()
        assert "No installation request yet." in text

    def test_the_panel_names_the_stage_in_which_late_ones_lose_most(self, client, hq, made) -> None:
        enter([("run", 5, 90, 0), ("complete", 5, 110, 0)], made)
        made_late = max(s.on for s in StageTransition.objects.standing().filter(kind="completed"))
        today = made_late + dt.timedelta(days=10)
        services.day_fill(as_of=today)
        from itinstall.panels import delays_now

        data = delays_now(PanelRequest(user=hq, today=today))
        assert data is not None
        assert data["bottleneck"].value == max(
            s.value for (key, subject), s in data["figures"].figures.items()
            if key == "itinstall.bottleneck_days" and subject != NATION
        )  # fmt: skip
        assert data["bottleneck_name"] in level_names(Level.STAGE).values()
        assert not data["is_empty"]

    def test_without_computed_figures_there_is_no_panel(self, hq) -> None:
        from itinstall.panels import delays_now

        assert delays_now(PanelRequest(user=hq, today=TODAY)) is None


def items(user, today=TODAY):
    found = attention_of(PanelRequest(user=user, today=today))
    return {item.key: item for item in found if item.key.startswith("itinstall.")}


class TestAttention:
    def test_requests_past_their_target_and_old_holds_are_told_by_who_has_to_act(self, hq) -> None:
        made = world()
        why = HoldReason.objects.get(pk="isa-lea")
        request = made.requests[0]
        holds.hold_begin(actor=ACTOR, request=request, why=why, owner=Party.AGENCY, on=day(30))
        found = items(hq)
        # One is on hold with its agency, four wait for headquarters; two of those have no clock.
        assert found["itinstall.old_holds"].count == 1
        assert found["itinstall.old_holds"].owner == "Law enforcement agency"
        assert found["itinstall.old_holds"].since == day(60)
        assert found["itinstall.waiting_for_headquarters"].count == 5
        late = [
            i for i in attention_of(PanelRequest(user=hq, today=TODAY)) if i.key == "itinstall.past_target"
        ]
        assert sum(item.count for item in late) == 4
        assert {item.owner for item in late} == {"Law enforcement agency", "287(g) headquarters"}

    def test_the_age_of_a_hold_is_a_parameter(self, hq) -> None:
        made = world()
        why = HoldReason.objects.get(pk="isa-lea")
        holds.hold_begin(
            actor=ACTOR, request=made.requests[0], why=why, owner=Party.AGENCY, on=TODAY - dt.timedelta(20)
        )
        assert "itinstall.old_holds" not in items(hq)
        call_command("migrate", verbosity=0)
        Parameter.objects.filter(key="attention.hold_age_days").update(value=10)
        assert items(hq)["itinstall.old_holds"].count == 1

    def test_a_field_pm_is_told_of_own_agencies_only(self) -> None:
        made = world()
        user = UserFactory(role="field_pm")
        manager = ProgramManagerFactory(user=user, valid_from=ZERO_DAY)
        AssignmentFactory(program_manager=manager, agency=made.requests[4].site.agency, valid_from=ZERO_DAY)
        found = items(user)
        assert found["itinstall.past_target"].count == 1
        assert "itinstall.waiting_for_headquarters" not in found

    def test_nothing_open_needs_no_attention(self, hq) -> None:
        assert items(hq) == {}

    def test_the_lists_that_items_lead_to_show_as_many(self, client, hq) -> None:
        made = world()
        why = HoldReason.objects.get(pk="isa-lea")
        holds.hold_begin(actor=ACTOR, request=made.requests[0], why=why, owner=Party.AGENCY, on=day(30))
        for item in attention_of(PanelRequest(user=hq, today=TODAY)):
            if item.key.startswith("itinstall.") and item.key != "itinstall.waiting_for_headquarters":
                text = client.get(item.href).content.decode()
                assert text.count('href="/installations/ITR-') >= item.count, item


ZERO_DAY = dt.date(2023, 1, 1)


class TestChanges:
    def section(self, user, first, last, limit=50):
        drawn = {d.key: d.section for d in sections_of(ChangesRequest(user=user, limit=limit), first, last)}
        return drawn["itinstall.requests"]

    def test_what_happened_is_told_with_its_day_once(self, hq) -> None:
        made = world()
        request = made.requests[0]
        why = HoldReason.objects.get(pk="isa-lea")
        holds.hold_begin(actor=ACTOR, request=request, why=why, owner=Party.AGENCY, on=day(2), until=day(6))
        enter([("run", 0, 4, 0)], made)
        requests.request_complete(actor=ACTOR, request=request, on=day(14))
        section = self.section(hq, day(-5), day(14))
        told = [(row.on, row.what, row.after) for row in section.rows if row.href.endswith(f"{request.ref}/")]
        assert (day(0), "Submitted", "Request to OCIO") in told
        assert (day(2), "Put on hold", "ISA waiting on the agency") in told
        assert (day(6), "Hold ended", "ISA waiting on the agency") in told
        assert [row for row in told if row[1] == "Completed"] == [(day(14), "Completed", "")]
        assert section.n == len(section.rows)
        days = [row.on for row in section.rows]
        assert days == sorted(days, reverse=True)

    def test_the_count_is_of_all_and_the_rows_are_the_first(self, hq) -> None:
        made = world()
        enter([("run", n, 3, 0) for n in range(6)], made)
        whole, few = self.section(hq, day(-5), TODAY, None), self.section(hq, day(-5), TODAY, 3)
        assert (len(few.rows), few.n) == (3, len(whole.rows))
        assert list(whole.rows[:3]) == list(few.rows)

    def test_a_corrected_step_is_told_as_it_stands(self, hq) -> None:
        made = world()
        enter([("move", 0, 5, 0)], made)
        step = StageTransition.objects.standing().get(request=made.requests[0], stage="bids")
        requests.entry_correct(actor=ACTOR, entry=step, on=day(3), reason="typo")
        moved = [row for row in self.section(hq, day(0), day(9)).rows if row.what == "Moved"]
        assert [(row.on, row.why) for row in moved] == [(day(3), "typo")]

    def test_others_agencies_are_not_told_to_a_field_pm(self) -> None:
        world()
        user = UserFactory(role="field_pm")
        section = self.section(user, day(-5), TODAY)
        assert (section.n, list(section.rows)) == (0, [])


class TestSearch:
    def groups(self, user, text):
        return {
            group.provider.key: [hit.title for hit in group.hits]
            for group in search_all(user=user, text=text)
        }

    def test_requests_are_found_by_reference_and_sites_by_name(self, hq) -> None:
        made = world()
        request = made.requests[0]
        assert self.groups(hq, request.ref)["installation_requests"] == [request.ref]
        assert self.groups(hq, request.ref[:6].lower())["installation_requests"]
        site = SiteFactory(name="Annex of the courthouse")
        assert self.groups(hq, "annex courthouse")["sites"] == [str(site)]
        assert self.groups(hq, site.ref)["sites"] == [str(site)]

    def test_a_field_pm_finds_own_ones_only(self) -> None:
        made = world()
        user = UserFactory(role="field_pm")
        assert "installation_requests" not in self.groups(user, made.requests[0].ref)
        assert "sites" not in self.groups(user, made.requests[0].site.name)


class TestReadiness:
    def answer(self, **asked):
        found = ask("itinstall.readiness", **{"on": TODAY, "adds": 0, **asked})
        assert found is not None
        return {item.key: item for item in found}

    def test_it_tells_what_is_open_late_and_how_long_it_takes(self, made) -> None:
        enter([("hold", 5, 1, 0)], made)
        on = day(300)
        found = self.answer(on=on)
        figures = delays(asked=Asked(on))
        assert str(found["open"].value) == figures.tiles["open"].words
        assert found["past_target"].verdict == Verdict.SHORT
        assert found["days_median"].limit == 120  # of the policy in force, of which the world has two
        assert found["days_median"].verdict in (Verdict.READY, Verdict.SHORT)

    def test_an_office_and_a_model_are_their_own(self, made) -> None:
        on = day(60)
        whole = self.answer(on=on)["open"].value
        offices = [self.answer(on=on, office=key)["open"].value for key in ("houston", "miami", "unknown")]
        assert sum(offices) == whole
        assert "office=houston" in self.answer(on=on, office="houston")["open"].href
        assert self.answer(on=on, model="TFM")["open"].value <= whole

    def test_without_completions_or_installers_it_is_not_known(self) -> None:
        found = self.answer(adds=2)
        assert (found["days_median"].value, found["days_median"].verdict) == (None, Verdict.UNKNOWN)
        assert (found["installer_days"].value, found["installer_days"].verdict) == (None, Verdict.UNKNOWN)
        assert found["installer_days"].reason
        assert found["past_target"].verdict == Verdict.READY

    def test_more_agreements_than_installers_have_days_for_are_short(self, made) -> None:
        from itinstall.models import InstallationVisit, Installer

        one = Installer.objects.create(name="Installer 1", valid_from=ZERO_DAY)
        InstallationVisit.objects.create(
            request=made.requests[0], installer=one, begins_on=day(40), ends_on=day(44)
        )
        for _ in range(2):
            request_in("isa", agency=agency_of("miami"))
        open_ones = InstallationRequest.objects.filter(state=RequestState.OPEN)
        waiting = open_ones.exclude(pk=made.requests[0].pk).count()  # for the same installer
        assert waiting >= 2
        free = self.answer(adds=1)["installer_days"]
        assert (free.limit, free.verdict) == (Decimal(4 * (waiting + 1)), Verdict.READY)
        assert self.answer(adds=1, office="houston")["installer_days"].limit == free.limit
        assert free.value is not None
        many = int(free.value // 4) + 1
        assert self.answer(adds=many)["installer_days"].verdict == Verdict.SHORT
