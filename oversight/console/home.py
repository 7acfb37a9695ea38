"""The home page: a shell at once, then each registered panel as soon as it is drawn, in one answer.

The page needs no script for that: a browser shows what has come so far. What follows the shell runs after the
middleware is through, so the reader's time zone and the request's number are set again for each panel.
"""

from __future__ import annotations

import logging
import secrets
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_cache_control

from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.scope import sees_everything
from oversight.console.panels import Panel, PanelRequest, panels_of
from oversight.exchange.selectors import jobs_of
from oversight.metrics.services import days_compute_start
from oversight.trail.context import current_request_id, request_id

__all__ = ["FiguresCompute", "HomeView"]

log = logging.getLogger(__name__)

KEPT_SECONDS = 3600
_PROCESS = secrets.token_hex(8)  # what older code has drawn is not shown
PANELS_HERE = "<!-- panels -->"  # stands in console/home.html; an HTML comment no reader sees


class HomeView(ActionRequired):
    """Everyone with a role: national figures; rows as far as the person's scope reaches."""

    action = "aggregates.view"

    def get(self, request: HttpRequest) -> StreamingHttpResponse:
        user = cast(User, request.user)
        # Drawn before the answer begins: a failure here is an ordinary error page, and cookies are set.
        shell = render_to_string("console/home.html", {"is_scoped": not sees_everything(user)}, request)
        head, _, tail = shell.partition(PANELS_HERE)
        stream = _Stream(request, PanelRequest(user=user, today=timezone.localdate()), current_request_id())
        response = StreamingHttpResponse(stream.parts(head, tail))
        patch_cache_control(response, private=True, no_cache=True)
        response["X-Accel-Buffering"] = "no"  # a proxy passes each part on as it comes
        return response


@dataclass(slots=True)
class _Stream:
    """One page on its way."""

    http: HttpRequest
    request: PanelRequest
    number: str

    def parts(self, head: str, tail: str) -> Iterator[str]:
        """The shell's beginning, the panels in their order, their scripts, the shell's end."""
        yield head
        drawn = []
        for panel in panels_of(self.request):
            text = self._draw(panel)
            if text:
                drawn.append(panel)
                yield text
        scripts = list(dict.fromkeys(path for panel in drawn for path in panel.scripts))
        yield render_to_string("console/panels/_end.html", {"scripts": scripts, "is_empty": not drawn})
        yield tail

    def _draw(self, panel: Panel) -> str:
        """The panel's section; "" when it has nothing to say; a card with its name when it fails."""
        zone = zoneinfo.ZoneInfo(self.request.user.time_zone)
        with timezone.override(zone), request_id(self.number):
            try:
                return self._text(panel)
            except Exception:
                log.exception("panel %s cannot be drawn", panel.key)
                context = {"panel": panel, "number": self.number}
                return render_to_string("console/panels/_failed.html", context)

    def _text(self, panel: Panel) -> str:
        """As it was drawn of the same figures before, or anew."""
        mark = panel.mark(self.request)
        key = f"console.panel.{_PROCESS}.{panel.key}.{mark}"
        if mark and (kept := cache.get(key)):
            return str(kept)
        data = panel.context(self.request)
        if data is None:
            return ""
        context = {"panel": panel, "data": data, "template": panel.template}
        text = render_to_string("console/panels/_section.html", context, self.http)
        if mark:
            cache.set(key, text, KEPT_SECONDS)
        return text


class FiguresCompute(ActionRequired):
    """Lets a worker compute today's figures; shows its job to the one who started it, else the home page."""

    action = "aggregates.view"

    def post(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        try:
            job = days_compute_start(actor=self.actor, days=[timezone.localdate()])
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return redirect("console:home")
        if jobs_of(user=user).filter(pk=job.pk).exists():
            return redirect("exchange:job", pk=job.pk)
        messages.info(request, "These figures are being computed already. Reload this page in a moment.")
        return redirect("console:home")
