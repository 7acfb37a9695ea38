"""Pages of forecasts: the newest, an earlier one or a what-if, the form for one, the back-test."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.generic import View

from itinstall.forms.forecasts import BacktestForm, WhatIfForm
from itinstall.models import Forecast
from itinstall.selectors import forecasts as selectors
from itinstall.services import forecasts as services
from itinstall.services.common import PLAN_ACTION
from itinstall.views.forecast_parts import (
    backtest_context,
    change_words,
    comparison_context,
    forecast_context,
    lines_context,
    stage_names,
)
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.console.change_page import MAX_ID, add_errors
from oversight.exchange.models import Job

__all__ = ["BacktestPage", "ForecastCompute", "ForecastDetail", "ForecastPage", "WhatIfCreate"]


class _Page(ActionRequired):
    """The figures of the backlog are national aggregates; requests are cut to what the person may see."""

    action = "aggregates.view"

    @property
    def user(self) -> User:
        return cast(User, self.request.user)

    def context(self, forecast: Forecast | None) -> dict[str, Any]:
        found: dict[str, Any] = {"forecast": forecast, "may_plan": self.may(PLAN_ACTION)}
        if forecast is None or forecast.refusal:
            return found | ({"samples": forecast.samples.get("stages", [])} if forecast else {})
        found |= forecast_context(forecast)
        if forecast.is_what_if:
            found |= comparison_context(forecast)
        if self.may("records.view"):
            found |= lines_context(self.request, self.user, forecast)
        return found


class ForecastPage(_Page):
    """The newest forecast with today's resources."""

    def get(self, request: HttpRequest) -> HttpResponse:
        forecast, stages = selectors.newest_base(), stage_names()
        what_ifs = selectors.what_ifs(user=self.user)
        context = self.context(forecast) | {
            "is_newest": True,
            "under_way": selectors.job_under_way(kind=selectors.FORECAST),
            "what_ifs": [(row, change_words(row, stages)) for row in what_ifs],
        }
        return render(request, "itinstall/forecast.html", context)


class ForecastDetail(_Page):
    """A forecast by its number: as it was computed then."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        found = selectors.forecasts(user=self.user).filter(pk=pk).first() if pk <= MAX_ID else None
        if found is None:
            raise Http404("No forecast of this number.")
        template = "itinstall/forecast_what_if.html" if found.is_what_if else "itinstall/forecast.html"
        return render(request, template, self.context(found))


class ForecastCompute(ActionRequired):
    """The button that computes the forecast anew."""

    action = PLAN_ACTION

    def post(self, request: HttpRequest) -> HttpResponse:
        return _follow(self, services.base_forecast_start(actor=self.actor))


class WhatIfCreate(ActionRequired):
    """Ask what would be with other resources. The forecast as it is stands beside the answer."""

    action = PLAN_ACTION

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(self.form(None))

    def post(self, request: HttpRequest) -> HttpResponse:
        form = self.form(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            job = services.what_if_start(actor=self.actor, question=form.question())
        except ValidationError as error:
            add_errors(form, error, form.service_names)
            return self.show(form, status=422)
        return _follow(self, job)

    def form(self, data: Any) -> WhatIfForm:
        return WhatIfForm(data, user=cast(User, self.request.user))

    def show(self, form: WhatIfForm, *, status: int = 200) -> HttpResponse:
        return render(self.request, "itinstall/forecast_ask.html", {"form": form}, status=status)


class BacktestPage(ActionRequired):
    """How forecasts would have held: the newest back-test; sent, its form starts another."""

    action = "aggregates.view"
    action_by_method = {"POST": PLAN_ACTION}

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(BacktestForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        form = BacktestForm(request.POST)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            job = services.backtest_start(actor=self.actor, **form.cleaned_data)
        except ValidationError as error:
            add_errors(form, error)
            return self.show(form, status=422)
        return _follow(self, job)

    def show(self, form: BacktestForm, *, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "may_plan": self.may(PLAN_ACTION),
            "under_way": selectors.job_under_way(kind=selectors.BACKTEST),
            **backtest_context(selectors.backtest_newest()),
        }
        return render(self.request, "itinstall/forecast_backtest.html", context, status=status)


def _follow(view: View, job: Job) -> HttpResponse:
    """To the page of one's own job; somebody else's, joined, is told of."""
    if job.created_by_id == view.request.user.pk:
        return redirect("exchange:job", pk=job.pk)
    messages.info(view.request, "The same is being computed already. Look again in a minute.")
    page = "forecast_backtest" if job.kind == selectors.BACKTEST else "forecast"
    return redirect(reverse(f"itinstall:{page}"))
