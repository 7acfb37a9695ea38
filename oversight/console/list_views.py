"""The page of a list: filters, sort, keyset pages, saved views, print; for htmx only its results."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, cast
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_cache_control, patch_vary_headers

from oversight.access.actors import person
from oversight.access.guards import ActionRequired
from oversight.access.models import User
from oversight.access.permissions import may
from oversight.console import keyset
from oversight.console.context import address_or_blank
from oversight.console.list_query import ListReading, Problem, filters_only, read_list, sort_paths
from oversight.console.lists import ListSpec, get_list
from oversight.console.saved_views import saved_views_of

__all__ = ["ChipLink", "ScopedListView", "SortHeader", "chip_links", "list_context", "render_list"]

PAGE_SIZE = 50
PRINT_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class SortHeader:
    """How a sortable column's header looks and where it leads. `state`: ascending, descending or ""."""

    query: str
    state: str


@dataclass(frozen=True, slots=True)
class ChipLink:
    label: str
    value: str
    query: str


class ScopedListView(ActionRequired):
    """One list. Subclasses say which: `list_key`; the page's own words go into `template_name`.

    htmx gets the results only, at the same address; everyone else the whole page.
    """

    list_key: ClassVar[str]
    template_name: ClassVar[str] = "console/list.html"
    partial_name: ClassVar[str] = "console/_list_results.html"
    print_name: ClassVar[str] = "console/list_print.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        spec = get_list(self.list_key)
        context = {**list_context(request, spec), **self.extra_context()}
        return render_list(
            request,
            context,
            page=self.print_name if "print" in request.GET else self.template_name,
            partial=self.print_name if "print" in request.GET else self.partial_name,
        )

    def extra_context(self) -> dict[str, Any]:
        """More for the page's template."""
        return {}


def render_list(request: HttpRequest, context: dict[str, Any], *, page: str, partial: str) -> HttpResponse:
    """The template `page`, or for htmx `partial`, at the same address."""
    htmx: Any = getattr(request, "htmx", None)
    swaps = bool(htmx) and not htmx.history_restore_request
    response = render(request, partial if swaps else page, context)
    # One address, two bodies: neither a cache nor the Back button may mix them up.
    patch_vary_headers(response, ["HX-Request"])
    patch_cache_control(response, private=True, no_store=True)
    return response


def list_context(request: HttpRequest, spec: ListSpec) -> dict[str, Any]:
    """Everything that the list's templates show. Constant in queries: rows, count, saved views, choices."""
    user = cast(User, request.user)
    reading = read_list(spec=spec, user=user, query=request.GET, request=request)
    problems = list(reading.problems)
    known = None
    if problems:
        count, exact = 0, True
    elif reading.is_filtered:
        count, exact, known = keyset.few_keys(reading.queryset)
    else:
        count, exact = keyset.count_up_to(reading.queryset)
    size = PRINT_LIMIT if "print" in request.GET else PAGE_SIZE
    try:
        page = keyset.page_of(
            reading.queryset,
            reading.keys,
            size=size,
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
            total=count if exact else None,
            in_two=spec.in_two,
            known=known,
        )
    except keyset.CursorError:
        first_page = filters_only(request.GET).urlencode()
        problems.append(
            Problem(
                "The address of this page of the list is damaged or belongs to another sort.",
                first_page,
                "after",
            )
        )
        page = keyset.Page([], None, "", "")
    query = filters_only(request.GET)
    table = spec.table(page.rows, order_by=(), request=request)
    table.sort_headers = sort_headers(reading, query)
    table.request_user = user
    table.before_render(request)  # a table may hide columns that are for files, or for other people
    return {
        "spec": spec,
        "page_url": reverse(spec.page),
        "reading": reading,
        "filterset": reading.filterset,
        "problems": problems,
        "table": table,
        "page": page,
        "count": count,
        "count_exact": exact,
        "count_text": _count_text(count, exact=exact),
        "count_words": f"1 {spec.one}"
        if count == 1
        else f"{_count_text(count, exact=exact)} {spec.title.lower()}",
        "last_place": (page.first + len(page.rows) - 1) if page.first and page.rows else None,
        "chips": chip_links(reading, query),
        "query": query.urlencode(),
        "first_query": query.urlencode(),
        "previous_query": _with(query, before=page.previous) if page.previous else "",
        "next_query": _with(query, after=page.next) if page.next else "",
        "last_query": _with(query, before=keyset.END) if page.next else "",
        "clear_query": _with(QueryDict(), sort=query.get("sort", "")),
        "print_query": _with(query, print="1"),
        "print_limit": PRINT_LIMIT,
        "saved_views": saved_views_of(user=user, page=spec.page),
        "exports": _export_links(spec, query) if may(person(user), "export.create") else [],
    }


def sort_headers(reading: ListReading, query: QueryDict) -> dict[str, SortHeader]:
    """Column → header. A first click sorts up, a second down."""
    headers = {}
    now, down = reading.sort.removeprefix("-"), reading.sort.startswith("-")
    for name in sort_paths(reading.spec):
        state = "" if name != now else ("descending" if down else "ascending")
        headers[name] = SortHeader(_with(query, sort=f"-{name}" if state == "ascending" else name), state)
    return headers


def chip_links(reading: ListReading, query: QueryDict) -> list[ChipLink]:
    """The filters in force, each with the query that leaves it out."""
    links = []
    for chip in reading.chips:
        rest = query.copy()
        rest.pop(chip.name, None)
        links.append(ChipLink(chip.label, chip.value, rest.urlencode()))
    return links


def _export_links(spec: ListSpec, query: QueryDict) -> list[tuple[str, str]]:
    """(label, address) of each format; none where exports are not installed."""
    start = address_or_blank("exchange:export_start")
    if not start:
        return []
    rest = query.urlencode()
    return [
        (label, f"{start}?{urlencode({'list': spec.key, 'format': key})}{'&' if rest else ''}{rest}")
        for key, label in (("csv", "CSV"), ("xlsx", "XLSX"))
    ]


def _with(query: QueryDict, **changes: str) -> str:
    changed = query.copy()
    for name, value in changes.items():
        if value:
            changed[name] = value
        else:
            changed.pop(name, None)
    return changed.urlencode()


def _count_text(count: int, *, exact: bool) -> str:
    return f"{count:,}" if exact else f"more than {count:,}"
