"""Forecasts of installations in a browser: axe at both widths, and a what-if asked for with the keyboard."""

from __future__ import annotations

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from itinstall.models import Forecast
from itinstall.selectors.forecasts import BACKTEST, FORECAST
from itinstall.services.forecasts import Question
from oversight.access.actors import system
from oversight.exchange import jobs
from oversight.exchange.models import Job
from oversight.periods.models import Parameter
from tests.factories import UserFactory
from tests.itinstall.forecast_world import fill
from tests.support.browser import axe_findings, too_wide

pytestmark = pytest.mark.django_db(transaction=True)
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


def test_pages_have_no_finding_and_a_what_if_is_asked_for_by_keyboard(page: Page, sign_in) -> None:
    sign_in(UserFactory(first_name="Hannah", last_name="Quill", role="hq"))
    Parameter.objects.filter(key="itinstall.forecast_runs").update(value=20)
    problems: list[str] = []

    def check(address: str) -> None:
        page.goto(address)
        for size in (WIDE, NARROW):
            page.set_viewport_size(size)
            problems.extend(f"{address} {size['width']}: {finding}" for finding in axe_findings(page))
            if wide := too_wide(page):
                problems.append(f"{address} {size['width']}: {wide} px too wide")
        page.set_viewport_size(WIDE)

    newest, ask = reverse("itinstall:forecast"), reverse("itinstall:forecast_ask")
    check(newest)
    expect(page.get_by_text("No forecast yet")).to_be_visible()
    today = timezone.localdate()
    fill(today=today, n_past=4, n_open=1)
    jobs.run_now(actor=system("test"), kind=FORECAST, params={})
    check(newest)
    expect(page.get_by_text("There is too little to go by")).to_be_visible()
    Parameter.objects.filter(key="itinstall.forecast_min_visits").update(value=2)
    Parameter.objects.filter(key="itinstall.forecast_min_tail").update(value=1)
    jobs.run_now(actor=system("test"), kind=FORECAST, params={})
    days = {"first": (today - dt.timedelta(days=365)).isoformat(), "last": today.isoformat()}
    jobs.run_now(actor=system("test"), kind=BACKTEST, params=days)
    check(newest)
    expect(page.locator("#forecast-chart svg")).to_be_visible()
    check(reverse("itinstall:forecast_backtest"))
    question = Question(added=1, new_per_month=2.0).as_params()
    jobs.run_now(actor=system("test"), kind=FORECAST, params={"question": question})
    check(reverse("itinstall:forecast_detail", args=[Forecast.objects.get(is_what_if=True).pk]))

    check(ask)
    page.get_by_role("button", name="Compute").press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    page.get_by_label("Installers added").fill("2")
    page.get_by_role("button", name="Compute").press("Enter")
    expect(page.get_by_role("heading", name="Forecast of installations")).to_be_visible()
    assert Job.objects.get(created_by__isnull=False).params["question"]["added"] == 2
    assert problems == []
