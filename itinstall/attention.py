"""What of installations needs attention: requests past target, old holds, what headquarters has to do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Min, Q, QuerySet
from django.urls import reverse

from itinstall.choices import Party, RequestState
from itinstall.models import InstallationRequest
from itinstall.selectors.listing import with_figures
from oversight.access.choices import Column
from oversight.access.scope import visible_to
from oversight.console.attention import AttentionItem, Severity, limits_of, register_attention
from oversight.console.panels import PanelRequest

__all__ = ["register_items"]

Items = Iterator[AttentionItem]
LIMIT = "attention.hold_age_days"


@lru_cache(maxsize=2)
def _open(today: dt.date) -> QuerySet[InstallationRequest]:
    """Open requests with their figures of a day. Kept as a question, never its answer: the home page asks it
    every time, and to put it together takes half as long as to answer it."""
    rows = with_figures(InstallationRequest.objects.with_clock(), on=today)
    return rows.filter(state=RequestState.OPEN).order_by()


def _by_party(request: PanelRequest) -> dict[Party, Mapping[str, Any]]:
    """Open requests that the person may see, by who has to act. One query, read once for a page."""

    def read() -> dict[Party, Mapping[str, Any]]:
        before = request.today - dt.timedelta(days=limits_of(request)[LIMIT])
        # An open one is past its target when the day on which that runs out is over.
        late, old = Q(due_on__lt=request.today), Q(hold__begins_on__lt=before)
        rows: QuerySet[Any] = visible_to(_open(request.today), request.user)
        counted = rows.values("acting").annotate(
            n=Count("pk"),
            n_late=Count("pk", filter=late),
            due=Min("due_on"),  # of a late one, where one is late
            n_old=Count("pk", filter=old),
            held_since=Min("hold__begins_on"),  # of an old one, where one is old
        )
        return {Party(row["acting"]): row for row in counted}

    return request.once("itinstall.by_party", read)


def past_target(request: PanelRequest) -> Items:
    """Open requests past their target, by who has to act."""
    for party, row in sorted(_by_party(request).items()):
        if row["n_late"]:
            n = row["n_late"]
            requests = (
                "installation request is past its" if n == 1 else "installation requests are past their"
            )
            text = f"{n:,} {requests} target. To act next: {party.label}."
            query = urlencode({"acting": party.value, "why": "target"})
            href = f"{reverse('itinstall:stuck')}?{query}"
            yield AttentionItem(Severity.HIGH, text, n, href, party.label, row["due"])


def old_holds(request: PanelRequest) -> Items:
    """Holds older than the limit, by who has to act."""
    limit = limits_of(request)[LIMIT]
    for party, row in sorted(_by_party(request).items()):
        if row["n_old"]:
            n = row["n_old"]
            holds = "installation has" if n == 1 else "installations have"
            text = f"{n:,} {holds} been on hold for more than {limit} days. To act next: {party.label}."
            query = urlencode({"status": RequestState.OPEN.value, "hold": "yes", "hold_owner": party.value})
            href = f"{reverse('itinstall:request_list')}?{query}"
            since = row["held_since"] + dt.timedelta(days=limit)
            yield AttentionItem(Severity.MEDIUM, text, n, href, party.label, since)


def waiting_for_headquarters(request: PanelRequest) -> Items:
    """For headquarters' people: open requests in which headquarters has to act."""
    row = _by_party(request).get(Party.HEADQUARTERS) if Column.HQ in request.user.roles else None
    if row:
        n = row["n"]
        text = f"{n:,} installation request{' waits' if n == 1 else 's wait'} for headquarters."
        href = f"{reverse('itinstall:board')}?{urlencode({'acting': Party.HEADQUARTERS.value})}"
        yield AttentionItem(Severity.LOW, text, n, href, Party.HEADQUARTERS.label, None)


def register_items() -> None:
    """Called once, when the app is ready."""
    register_attention("itinstall.past_target", "records.view", past_target)
    register_attention("itinstall.old_holds", "records.view", old_holds)
    register_attention("itinstall.waiting_for_headquarters", "records.view", waiting_for_headquarters)
