"""What changed between two days: figures before and after, and the named records, section by section.

    register_change_section("agreements.came", 20, came)

A section's function gets the ChangesRequest and the two days and returns a Section, or None when the person's
role does not open it. A day's facts count as "after": the first day is excluded, the last included. Functions
read within the person's scope and heed `request.limit` (None for the export, which has every row).
"""

from __future__ import annotations

import datetime as dt
import logging
import zoneinfo
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers

from oversight.access.actors import person
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.permissions import may
from oversight.access.scope import sees_everything
from oversight.console.figures import NATION
from oversight.console.movements import day_movements
from oversight.metrics.addresses import movement_url
from oversight.metrics.movement import movement
from oversight.metrics.registry import get_metric
from oversight.metrics.services import days_compute_start

__all__ = [
    "ChangeRow",
    "ChangesForm",
    "ChangesPage",
    "ChangesRequest",
    "ChangesWhy",
    "Section",
    "all_sections",
    "register_change_section",
    "sections_of",
]

log = logging.getLogger(__name__)

ON_PAGE = 50  # rows of a kind
WEEK = dt.timedelta(days=7)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One thing that changed. `before` and `after` "" where there is none; `why`: rule, reason or source."""

    on: dt.date
    what: str
    subject: str
    href: str = ""
    before: str = ""
    after: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """`n`: how many there are in all; `rows` may be the first ones. `nothing`: the sentence without any."""

    title: str
    rows: Sequence[ChangeRow]
    n: int
    nothing: str
    note: str = ""


@dataclass(slots=True)
class ChangesRequest:
    """Who asks, and how many rows of a section are wanted; None: all."""

    user: User
    limit: int | None = ON_PAGE
    _read: dict[str, Any] = field(default_factory=dict)

    def once(self, key: str, read: Callable[[], T]) -> T:
        """What `read` returned the first time that a section asked for `key`."""
        if key not in self._read:
            self._read[key] = read()
        return cast(T, self._read[key])

    def may(self, action: str) -> bool:
        return may(person(self.user), action)

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        """The reader's, also where a worker makes the export."""
        return zoneinfo.ZoneInfo(self.user.time_zone)

    def instants(self, first: dt.date, last: dt.date) -> tuple[dt.datetime, dt.datetime]:
        """The moments after `first` up to the end of `last`, in the reader's zone: [start, end)."""
        after = (day + dt.timedelta(days=1) for day in (first, last))
        start, end = (dt.datetime.combine(day, dt.time(), tzinfo=self.zone) for day in after)
        return start, end

    def day(self, at: dt.datetime) -> dt.date:
        """The reader's day of a moment."""
        return at.astimezone(self.zone).date()


SectionFunction = Callable[[ChangesRequest, dt.date, dt.date], Section | None]
_sections: dict[str, tuple[int, SectionFunction]] = {}


def register_change_section(key: str, order: int, read: SectionFunction) -> None:
    """Add a section. Raises ValueError when the key is taken."""
    if key in _sections:
        raise ValueError(f"Two sections of changes have the key {key!r}.")
    _sections[key] = order, read


def all_sections() -> list[tuple[str, SectionFunction]]:
    """In the order shown."""
    ordered = sorted(_sections.items(), key=lambda item: (item[1][0], item[0]))
    return [(key, read) for key, (_, read) in ordered]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A section as read; `section` None: it failed."""

    key: str
    section: Section | None

    @property
    def anchor(self) -> str:
        return self.key.replace(".", "-").replace("_", "-")


def sections_of(request: ChangesRequest, first: dt.date, last: dt.date) -> list[Drawn]:
    """Every section that the person's role opens. One that fails says so; the others go on."""
    drawn = []
    for key, read in all_sections():
        try:
            section = read(request, first, last)
        except Exception:
            log.exception("section %s of changes cannot be read", key)
            drawn.append(Drawn(key, None))
            continue
        if section is not None:
            drawn.append(Drawn(key, section))
    return drawn


# --- the page


class ChangesForm(forms.Form):
    """Two days; without them the last seven days."""

    first = forms.DateField(
        label="From the end of", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(
        label="To the end of", required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if self.errors:
            return cleaned
        today = timezone.localdate()
        last = cleaned.get("last") or today
        first = cleaned.get("first") or last - WEEK
        if last > today:
            self.add_error("last", f"{last} is in the future. Choose today ({today}) or an earlier day.")
        elif first >= last:
            self.add_error("first", f"{first} is not before {last}. Choose an earlier day.")
        return {"first": first, "last": last}


def _days(form: ChangesForm) -> tuple[dt.date, dt.date]:
    """The two days asked for; the last week where they cannot be read."""
    if form.is_valid():
        return form.cleaned_data["first"], form.cleaned_data["last"]
    today = timezone.localdate()
    return today - WEEK, today


class ChangesPage(ActionRequired):
    """Since last week, or between any two days. Posting lets a worker compute the figures of both days."""

    action = "aggregates.view"

    def get(self, request: HttpRequest) -> HttpResponse:
        user = cast(User, request.user)
        today = timezone.localdate()
        form = ChangesForm(request.GET)
        first, last = _days(form)
        asked = ChangesRequest(user)
        context = {
            "form": form if form.errors else ChangesForm({"first": first, "last": last}),
            "first": first,
            "last": last,
            "n_days": (last - first).days,
            "movements": day_movements(first=first, last=last),
            "sections": sections_of(asked, first, last),
            "spans": [
                (words, today - dt.timedelta(days=days), today)
                for words, days in (("7 days", 7), ("30 days", 30), ("12 months", 365))
            ],
            "is_scoped": not sees_everything(user),
            "on_page": ON_PAGE,
        }
        return render(request, "console/changes.html", context)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = ChangesForm(request.POST)
        first, last = _days(form)
        job = days_compute_start(actor=self.actor, days=[first, last])
        if job.created_by_id == self.actor.user.pk:  # type: ignore[union-attr]
            return redirect("exchange:job", pk=job.pk)
        return redirect(f"{request.path}?first={first}&last={last}")


class ChangesWhy(ActionRequired):
    """Why one national figure moved, as a part of the page; without scripts, the page that tells it whole."""

    action = "aggregates.view"

    def get(self, request: HttpRequest, metric: str) -> HttpResponse:
        try:
            get_metric(metric)
        except KeyError:
            raise Http404("No such figure.") from None
        first, last = _days(ChangesForm(request.GET))
        page = movement_url(metric=metric, subject=NATION, first=first, last=last)
        if request.headers.get("HX-Request") != "true":
            return redirect(page)
        found = movement(metric=metric, subject=NATION, first=first, last=last, user=cast(User, request.user))
        context = {"movement": found, "metric": get_metric(metric), "page": page}
        response = render(request, "console/_changes_why.html", context)
        patch_vary_headers(response, ["HX-Request"])
        return response
