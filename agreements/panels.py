"""The panels of agreements on the home page. What they say is read in selectors/dashboard.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from agreements.choices import IN_FORCE, ChangeKind, Status, SupportModel
from agreements.selectors import dashboard
from agreements.selectors.dashboard import Count, Lists, Program
from oversight.access.actors import person
from oversight.access.permissions import may
from oversight.console.panels import Panel, PanelRequest, register_panel
from oversight.console.usmap import MapState, us_map

__all__ = ["Line", "Lines", "Linked", "register_panels"]

# A month without a list is a gap worth naming; ICE has published every few days since February 2025.
GAP_DAYS = 31
TOP_STATES = 10
NOT_KNOWN = "unknown"  # the value of a filter for records without a state or office

CHANGE_COLUMNS = (
    ChangeKind.ADDED,
    ChangeKind.RETURNED,
    ChangeKind.MISSING,
    ChangeKind.REMOVED,
    ChangeKind.SUPERSEDED,
    ChangeKind.RENAMED,
    ChangeKind.REATTRIBUTED,
    ChangeKind.DATE_CORRECTED,
    ChangeKind.CHANGED,
)


def _lists(request: PanelRequest) -> Lists:
    return request.once("agreements.lists", dashboard.published_lists)


def _program(request: PanelRequest) -> Program:
    return request.once(
        "agreements.program",
        lambda: dashboard.program(user=request.user, today=request.today, lists=_lists(request)),
    )


@dataclass(frozen=True, slots=True)
class Linked:
    """A figure and the address of its rows."""

    count: Count
    href: str


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a panel's table: a model, a state or an office."""

    key: str
    label: str
    listed: Linked
    in_force: Linked
    agencies: Linked
    by_model: tuple[Linked, ...] = ()


class Lines:
    """Lines of figures with the addresses of their rows, in the words of the lists' filters."""

    def __init__(self, found: Program) -> None:
        self._found = found
        self._agreements = reverse("agreements:agreement_list")
        self._agencies = reverse("agreements:agency_list")
        # JEM, WSO and TFM always; the historic joint model, or one that could not be read, where they occur.
        usual = [SupportModel.JEM.value, SupportModel.WSO.value, SupportModel.TFM.value]
        self.models = [*usual, *sorted(set(found.models()) - set(usual), reverse=True)]

    def agreements(self, **filters: str | Sequence[str]) -> str:
        """The list of agreements cut to `filters`; "" for a model not read, which it has no filter for."""
        return "" if filters.get("model") == "" else _address(self._agreements, filters)

    def agencies(self, **filters: str | Sequence[str]) -> str:
        """The list of agencies, likewise."""
        return "" if filters.get("model") == "" else _address(self._agencies, filters)

    def line(self, key: str, label: str, *, with_models: bool = False, **where: str) -> Line:
        """A line cut to `where`: model, state or office."""
        filters = {name: value if value or name == "model" else NOT_KNOWN for name, value in where.items()}
        figures = self._found.of(**where)
        by_model = tuple(
            Linked(
                self._found.of(model=model, **where).listed,
                self.agreements(listed="yes", model=model, **filters),
            )
            for model in (self.models if with_models else ())
        )
        return Line(
            key=key,
            label=label,
            listed=Linked(figures.listed, self.agreements(listed="yes", **filters)),
            in_force=Linked(figures.in_force, self.agreements(status=IN_FORCE, **filters)),
            agencies=Linked(figures.agencies, self.agencies(listed="yes", **filters)),
            by_model=by_model,
        )


def _address(page: str, filters: dict[str, str | Sequence[str]]) -> str:
    return f"{page}?{urlencode(filters, doseq=True)}" if filters else page


def start(request: PanelRequest) -> dict[str, Any] | None:
    """What to do while no list is in; nothing afterwards."""
    if _lists(request).participating:
        return None
    return {"may_import": may(person(request.user), "rosters.import")}


def program(request: PanelRequest) -> dict[str, Any] | None:
    lists = _lists(request)
    if lists.last is None:
        return None
    found = _program(request)
    lines, total = Lines(found), found.of()
    return {
        "last": lists.last,
        "age_days": (request.today - lists.last.published_on).days,
        "total": lines.line("", "All models"),
        "models": [lines.line(model, _model_label(model), model=model) for model in lines.models],
        "missing": Linked(total.missing, lines.agreements(status=Status.MISSING)),
        "by_staff": total.by_staff.n,
        "n_states": len(found.states()),
        "repeated_rows": found.repeated_rows,
        "publication": _publication(lists.last.pk),
    }


def over_time(request: PanelRequest) -> dict[str, Any] | None:
    lists = _lists(request)
    if lists.last is None:
        return None
    found = dashboard.listed_over_time(lists=lists)
    points = found.points
    return {
        "models": [_model_label(model) for model in found.models],
        "rows": [
            {
                "day": point.day,
                "href": _publication(point.publication),
                "by_model": [point.listed.get(model, 0) for model in found.models],
                "total": point.total,
                "missing": point.missing,
            }
            for point in reversed(points)
        ],
        "chart": {
            "days": [point.day.isoformat() for point in points],
            "series": [
                {"name": _model_label(model), "values": [point.listed.get(model, 0) for point in points]}
                for model in found.models
            ],
        },
        "first": points[0],
        "last": points[-1],
        "gaps": found.gaps(longer_than_days=GAP_DAYS),
        "gap_days": GAP_DAYS,
    }


def last_lists(request: PanelRequest) -> dict[str, Any] | None:
    lists = _lists(request)
    if lists.last is None:
        return None
    rows = [
        {
            "published": item.published,
            "href": _publication(item.published.pk),
            "cells": [
                (kind.label, Linked(item.counts.get(kind, Count()), _publication(item.published.pk, kind)))
                for kind in CHANGE_COLUMNS
            ],
            "total": item.total,
        }
        for item in dashboard.last_changes(user=request.user, lists=lists)
    ]
    return {"columns": [kind.label for kind in CHANGE_COLUMNS], "rows": rows}


def by_state(request: PanelRequest) -> dict[str, Any] | None:
    last = _lists(request).last
    if last is None:
        return None
    found = _program(request)
    lines = Lines(found)
    rows = [
        lines.line(code, found.state_names[code], with_models=True, state=code) for code in found.states()
    ]
    rows.sort(key=_largest_first)
    drawn = us_map((_on_map(row) for row in rows), nothing="none listed")
    unread = lines.line("", "State not read", with_models=True, state="")
    rows += [unread] if unread.listed.count else []
    return {
        "rows": rows,
        "top": rows[:TOP_STATES],
        "largest": max((row.listed.count.n for row in rows), default=0),
        "models": lines.models,
        "map": drawn,
        "last": last,
    }


def by_office(request: PanelRequest) -> dict[str, Any] | None:
    if _lists(request).last is None:
        return None
    found = _program(request)
    lines = Lines(found)
    rows = [lines.line(slug, name, with_models=True, office=slug) for slug, name in found.offices.items()]
    rows.sort(key=_largest_first)
    rows.append(lines.line("", "Office not known", with_models=True, office=""))
    return {
        "rows": rows,
        "largest": max(row.listed.count.n for row in rows),
        "models": lines.models,
        "today": request.today,
    }


def _largest_first(line: Line) -> tuple[int, str]:
    return -line.listed.count.n, line.label


def _on_map(line: Line) -> MapState:
    count = line.listed.count
    label = f"{line.label}: {count.n:,} listed"
    if count.mine and not count.is_open:
        label += f", {count.mine:,} of them yours"
    return MapState(line.label, count.n, label, line.listed.href if count.mine else "")


def pending(request: PanelRequest) -> dict[str, Any] | None:
    lists = _lists(request)
    if lists.last is None:
        return None
    found = dashboard.pending(user=request.user, lists=lists)
    if found is None:
        return {"none": True}
    return {
        "found": found,
        "age_days": (request.today - found.as_of.published_on).days,
        # The list's own rows, where they are exactly those counted: a list can repeat an agreement.
        "rows": reverse("agreements:publication_rows", args=[found.as_of.pk])
        if found.n.n == found.as_of.row_count
        else "",
        "still_pending": Lines(_program(request)).agreements(status=Status.PENDING),
        "publication": _publication(found.as_of.pk),
    }


def reviews(request: PanelRequest) -> dict[str, Any] | None:
    if _lists(request).last is None:
        return None
    return {"found": dashboard.open_reviews(), "href": reverse("agreements:review_list")}


def _model_label(model: str) -> str:
    return model or "Model not read"


def _publication(pk: int, kind: str = "") -> str:
    """The address of a list, or of its changes of one kind."""
    address = reverse("agreements:publication_detail", args=[pk])
    return f"{address}?kind={kind}" if kind else address


def register_panels() -> None:
    """Called once, when the app is ready."""
    folder = "agreements/panels"
    chart = ("vendor/echarts/echarts.min.js", "js/charts.js")
    for panel in (
        Panel("agreements.start", "Start here", 0, "aggregates.view", start, f"{folder}/start.html"),
        Panel("agreements.program", "Program now", 10, "aggregates.view", program, f"{folder}/program.html"),
        Panel("agreements.over_time", "Listed agreements over time", 20, "aggregates.view", over_time,
              f"{folder}/over_time.html", "wide", chart),
        Panel("agreements.pending", "Pending", 30, "aggregates.view", pending,
              f"{folder}/pending.html", "narrow"),
        Panel("agreements.last_lists", "What the last lists changed", 50, "aggregates.view", last_lists,
              f"{folder}/last_lists.html"),
        Panel("agreements.reviews", "Open reviews", 40, "reviews.view", reviews,
              f"{folder}/reviews.html", "narrow"),
        Panel("agreements.by_state", "By state", 60, "aggregates.view", by_state, f"{folder}/by_state.html"),
        Panel("agreements.by_office", "By field office", 70, "aggregates.view", by_office,
              f"{folder}/by_office.html"),
    ):  # fmt: skip
        register_panel(panel)
