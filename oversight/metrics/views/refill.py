"""The button of the operations page: compute what is missing or stale now."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from oversight.access.guards import ActionRequired
from oversight.metrics.services import figures_refill_start

__all__ = ["Refill"]


class Refill(ActionRequired):
    """Starts a job and leads to it; back to the operations page when every day is up to date."""

    action = "operations.manage"
    http_method_names = ["post", "options"]

    def post(self, request: HttpRequest) -> HttpResponse:
        job = figures_refill_start(actor=self.actor)
        if job is None:
            messages.info(request, "Nothing was started: the figures of every day are up to date.")
            return redirect("console:operations")
        return redirect("exchange:job", pk=job.pk)
