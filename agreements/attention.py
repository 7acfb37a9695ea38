"""What of the register needs attention: old lists, open questions, agreements about to count as removed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from agreements.choices import Status
from agreements.panels.common import agreements_page, lists_of, reach_of, waiting_of
from oversight.console.attention import (
    AttentionItem,
    Severity,
    limits_of,
    register_attention,
)
from oversight.console.figures import NATION
from oversight.console.panels import PanelRequest

__all__ = ["register_items"]

HEADQUARTERS = "Headquarters"
Items = Iterator[AttentionItem]


def old_list(request: PanelRequest) -> Items:
    """The newest participating list is older than the limit; grave from twice the limit on."""
    last = lists_of(request).last
    limit = limits_of(request)["attention.list_age_days"]
    href = reverse(
        "agreements:import_list" if request.may("rosters.import") else "agreements:publication_list"
    )
    if last is None:
        yield AttentionItem(
            Severity.HIGH, "No participating list has been imported.", None, href, HEADQUARTERS, None
        )
        return
    age = (request.today - last.published_on).days
    if age > limit:
        severity = Severity.HIGH if age > 2 * limit else Severity.MEDIUM
        text = f"The newest participating list is {age} days old. ICE may have published newer ones."
        since = last.published_on + timedelta(days=limit)
        yield AttentionItem(severity, text, None, href, HEADQUARTERS, since)


def open_reviews(request: PanelRequest) -> Items:
    """Questions that the rules leave to a person."""
    found = lists_of(request).reviews
    if found.n and found.oldest_at:
        text = f"{found.n:,} open {_word(found.n, 'review waits', 'reviews wait')} for a decision."
        if found.put_off:
            text = f"{text[:-1]}; {found.put_off:,} of them put off."
        since = timezone.localtime(found.oldest_at).date()
        yield AttentionItem(
            Severity.MEDIUM, text, found.n, reverse("agreements:review_list"), HEADQUARTERS, since
        )


def near_removal(request: PanelRequest) -> Items:
    """Missing agreements that the next list removes when it does not print them either."""
    found = waiting_of(request).get(Status.MISSING)
    if found and found.n_near:
        agreements = _word(found.n_near, "missing agreement counts", "missing agreements count")
        text = (
            f"{found.n_near:,} {agreements} as removed with the next list that does not print "
            f"{_word(found.n_near, 'it', 'them')} either."
        )
        href = agreements_page(status=Status.MISSING.value)
        yield AttentionItem(Severity.MEDIUM, text, found.n_near, href, HEADQUARTERS, found.since)


def pending_longest(request: PanelRequest) -> Items:
    """Pending agreements, with the one that waits longest."""
    found = waiting_of(request).get(Status.PENDING)
    if found and found.longest:
        oldest = found.longest[0]
        at_least = "at least " if oldest.at_least else ""
        text = (
            f"{found.n:,} {_word(found.n, 'agreement is', 'agreements are')} pending; the longest, "
            f"{oldest.agency}, for {at_least}{oldest.days:,} days."
        )
        href = agreements_page(status=Status.PENDING.value)
        yield AttentionItem(Severity.LOW, text, found.n, href, HEADQUARTERS, oldest.since)


def without_moa(request: PanelRequest) -> Items:
    """Listed agreements without an MOA document: the nation's by snapshot, a field PM's own as they are."""
    mine = reach_of(request)
    page = agreements_page(status=Status.ACTIVE.value, moa="no")
    if mine is not None:
        n, href = mine.of(NATION).without_moa, page
    else:
        shown = request.figures().get("agreements.moa_missing_share")
        n = int(shown.numerator or 0) if shown else 0
        href = shown.href if shown else page
    if n:
        text = f"{n:,} listed {_word(n, 'agreement has', 'agreements have')} no MOA document linked."
        yield AttentionItem(Severity.LOW, text, n, href, HEADQUARTERS, None)


def _word(n: int, one: str, many: str) -> str:
    return one if n == 1 else many


def register_items() -> None:
    """Called once, when the app is ready."""
    register_attention("agreements.old_list", "imports.view", old_list)
    register_attention("agreements.open_reviews", "reviews.view", open_reviews)
    register_attention("agreements.near_removal", "records.view", near_removal)
    register_attention("agreements.pending", "records.view", pending_longest)
    register_attention("agreements.without_moa", "records.view", without_moa)
