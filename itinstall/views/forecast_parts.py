"""What the pages of forecasts show, ready to be laid out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest

from agreements.selectors.reference import place_names
from itinstall.choices import Priority
from itinstall.models import Forecast, Stage
from itinstall.selectors.forecasts import ForecastLine, lines_of, requests_of_lines
from oversight.access.models import User
from oversight.exchange.models import Job

__all__ = [
    "backtest_context",
    "change_words",
    "comparison_context",
    "forecast_context",
    "lines_context",
    "stage_names",
]

PAGE_SIZE = 25
UNKNOWN, UNKNOWN_WORDS = "", "Office not known"
OFFICE_UNKNOWN = "unknown"  # in an address
FAR = date.max
SORTS = {
    "p50": ("P50", lambda line: (line.p50 or FAR, line.ref)),
    "p80": ("P80", lambda line: (line.p80 or FAR, line.ref)),
    "over": ("Against target", lambda line: (-_over(line), line.ref)),
}


@dataclass(frozen=True, slots=True)
class Row:
    """Requests together, for one line of a table: the nation, or a field office. Days are dates; None: not
    within 20 years. `base`: the same without the changes of a what-if."""

    label: str
    slug: str
    n: int
    p50: date | None
    p80: date | None
    n_due: int
    n_late: int
    late: float
    base: Row | None = None

    @property
    def earlier50(self) -> str:
        return difference_words(self.base.p50, self.p50) if self.base else ""

    @property
    def earlier80(self) -> str:
        return difference_words(self.base.p80, self.p80) if self.base else ""

    @property
    def fewer_late(self) -> str:
        if self.base is None:
            return ""
        change = self.n_late - self.base.n_late
        return f"{-change:,} fewer" if change < 0 else f"{change:,} more" if change else "the same"

    @property
    def less_late(self) -> str:
        if self.base is None:
            return ""
        change = round(self.late - self.base.late, 1)
        return f"{-change:,} fewer" if change < 0 else f"{change:,} more" if change else "the same"


@dataclass(frozen=True, slots=True)
class Share:
    """How many forecasts held. Example: "82 %", 41 of 50."""

    words: str
    hits: int
    n: int


def _share(hits: int, n: int) -> Share:
    return Share(f"{hits / n:.0%}".replace("%", " %") if n else "", hits, n)


def difference_words(before: date | None, after: date | None) -> str:
    """Example: "32 days earlier"."""
    if before is None or after is None:
        return (
            "the same"
            if before == after
            else "only then within 20 years"
            if before is None
            else "beyond 20 years"
        )
    days = (before - after).days
    unit = "day" if abs(days) == 1 else "days"
    return f"{days:,} {unit} earlier" if days > 0 else f"{-days:,} {unit} later" if days else "the same"


def forecast_context(forecast: Forecast) -> dict[str, Any]:
    """Tiles, months, offices, samples and assumptions, what came of earlier ones."""
    results = forecast.results
    nation = _row("Nation", "nation", results["backlog"], forecast.as_of)
    return {
        "nation": nation,
        "share_late": nation.n_late / nation.n_due if nation.n_due else None,
        "offices": _offices(forecast),
        "priorities": _priorities(forecast),
        "months": _months(results),
        "chart": _chart(forecast),
        "samples": forecast.samples["stages"],
        "assumptions": forecast.samples["assumptions"],
        "minimums": forecast.parameters["minimums"],
        "installers": forecast.parameters["installers"],
        "record": [_record_line(item) for item in results.get("record", [])],
        "unknown_slug": OFFICE_UNKNOWN,
    }


def _row(label: str, slug: str, group: Mapping[str, Any], as_of: date, base: Row | None = None) -> Row:
    return Row(
        label=label,
        slug=slug,
        n=group["n"],
        p50=_day(as_of, group["p50"]),
        p80=_day(as_of, group["p80"]),
        n_due=group["n_due"],
        n_late=group["n_late"],
        late=group["late"],
        base=base,
    )


def _day(as_of: date, offset: int | None) -> date | None:
    return None if offset is None else as_of + timedelta(days=offset)


def _offices(forecast: Forecast) -> list[Row]:
    """By name; requests whose office is not known last."""
    names, as_of = place_names().offices, forecast.as_of
    base = forecast.results.get("base", {}).get("offices", {})
    rows = []
    for slug, group in forecast.results["offices"].items():
        label = names.get(slug, slug) if slug != UNKNOWN else UNKNOWN_WORDS
        before = _row(label, slug, base[slug], as_of) if slug in base else None
        rows.append(_row(label, slug or OFFICE_UNKNOWN, group, as_of, before))
    return sorted(rows, key=lambda row: (row.slug == OFFICE_UNKNOWN, row.label))


def _priorities(forecast: Forecast) -> list[Row]:
    """The most urgent first; none in a forecast that was made before they were told apart."""
    base = forecast.results.get("base", {}).get("priorities", {})
    rows = []
    for number, group in sorted(forecast.results.get("priorities", {}).items()):
        label, slug = Priority(int(number)).label, f"priority-{number}"
        before = _row(label, slug, base[number], forecast.as_of) if number in base else None
        rows.append(_row(label, slug, group, forecast.as_of, before))
    return rows


def _months(results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """By the end of each month: completed and open, for a what-if beside the same without its changes."""
    base = {item[0]: item for item in results.get("base", {}).get("months", [])}
    n = results["backlog"]["n"]
    mine = {item[0]: item for item in results["months"]}
    rows = []
    for day in sorted({*mine, *base}):
        # One of the two is over earlier: everything is complete from then on.
        own, other = mine.get(day, [day, n, n, 0]), base.get(day, [day, n, n, 0])
        rows.append(
            {
                "day": day, "done50": own[1], "done80": own[2], "open50": own[3] if day in mine else None,
                "base50": other[1], "base80": other[2],
            }
        )  # fmt: skip
    return rows


def _chart(forecast: Forecast) -> dict[str, Any] | None:
    """Lines of completed requests by month. None when nothing is open."""
    months = _months(forecast.results)
    if not months:
        return None
    start, n = forecast.as_of.isoformat(), forecast.results["backlog"]["n"]

    def line(name: str, key: str, look: str) -> dict[str, Any]:
        return {
            "name": name,
            "look": look,
            "points": [[start, 0], *([row["day"], row[key]] for row in months)],
        }

    if "base" in forecast.results:
        lines = [
            line("Changed, P50", "done50", "solid"),
            line("Changed, P80", "done80", "dashed"),
            line("Today’s, P50", "base50", "soft"),
            line("Today’s, P80", "base80", "soft-dashed"),
        ]
    else:
        lines = [line("P50", "done50", "solid"), line("P80", "done80", "dashed")]
    return {"lines": lines, "total": n}


def _record_line(item: Mapping[str, Any]) -> dict[str, Any]:
    as_of = date.fromisoformat(item["as_of"])
    return {
        "pk": item["forecast"],
        "as_of": as_of,
        "n": item["n"],
        "backlog50": _day(as_of, item["backlog"][0]),
        "backlog80": _day(as_of, item["backlog"][1]),
        "completed": item["completed"],
        "cancelled": item["cancelled"],
        "p50": _share(*item["p50"]),
        "p80": _share(*item["p80"]),
    }


def comparison_context(forecast: Forecast) -> dict[str, Any]:
    """The nation beside itself, and what was changed in words."""
    base = _row("Nation", "nation", forecast.results["base"]["backlog"], forecast.as_of)
    nation = _row("Nation", "nation", forecast.results["backlog"], forecast.as_of, base)
    return {"nation": nation, "changes": change_words(forecast, stage_names())}


def stage_names() -> dict[str, str]:
    """Key → name of each stage, as they are called today. One query."""
    return dict(Stage.objects.values_list("pk", "name"))


def change_words(forecast: Forecast, stages: Mapping[str, str]) -> list[str]:
    """What a what-if changes. Example: "2 installers added from 2026-10-01"."""
    asked = forecast.parameters
    found = []
    if asked["added"]:
        since = f" from {asked['added_from']}" if asked["added_from"] else ""
        found.append(f"{asked['added']} installer{'' if asked['added'] == 1 else 's'} added{since}")
    found += [f"{stages.get(key, key)} at {percent} %" for key, percent in asked["scales"].items()]
    new = asked["new_per_month"]
    if new is not None:
        found.append(f"{new:g} new agreements a month" if new else "no new agreements of normal priority")
    if asked["by_clock"]:
        found.append("priorities set aside")
    if asked["first_office"]:
        found.append(f"{place_names().offices.get(asked['first_office'], asked['first_office'])} goes first")
    if asked["first"]:
        found.append(f"{', '.join(asked['first'])} first")
    return found


def lines_context(request: HttpRequest, user: User, forecast: Forecast) -> dict[str, Any]:
    """The table of requests: `?office=`, `?late=yes`, `?sort=`, `?page=`. Another value is
    said and shows none: it would be no answer to what was asked."""
    offices = place_names().offices
    office, late, sort = (request.GET.get(name, "") for name in ("office", "late", "sort"))
    sort = sort or "p50"
    wrong = [
        label
        for label, is_known in (
            ("Field office today", office in {"", OFFICE_UNKNOWN, *offices}),
            ("Target", late in {"", "yes"}),
            ("In order of", sort in SORTS),
        )
        if not is_known
    ]
    found = [] if wrong else lines_of(forecast=forecast, user=user, office=office, late=bool(late))
    lines = found and sorted(found, key=SORTS[sort][1])
    page = Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page"))
    records = requests_of_lines(user=user, lines=page.object_list)
    return {
        "lines": [(line, records[line.ref]) for line in page.object_list if line.ref in records],
        "page": page,
        "sorts": [(key, label, key == sort) for key, (label, _) in SORTS.items()],
        "sort": sort,
        "office": office,
        "late": late == "yes",
        "wrong": wrong,
        "office_choices": [*offices.items(), (OFFICE_UNKNOWN, UNKNOWN_WORDS)],
    }


def _over(line: ForecastLine) -> int:
    """For sorting: the furthest past its target first, then those without a target."""
    if line.due is None:
        return -(10**9)
    return 10**9 if line.p50 is None else (line.p50 - line.due).days


def backtest_context(job: Job | None) -> dict[str, Any]:
    """The lines of a finished back-test, and all of them together."""
    if job is None:
        return {"job": None}
    lines = [_backtest_line(item) for item in job.result["lines"]]
    return {
        "job": job,
        "today": date.fromisoformat(job.result["today"]),
        "seed": job.result["seed"],
        "runs": job.result["runs"],
        "lines": lines,
        "all50": _sum([line["p50"] for line in lines]),
        "all80": _sum([line["p80"] for line in lines]),
    }


def _backtest_line(item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "as_of": date.fromisoformat(item["as_of"]),
        "n_open": item["n_open"],
        "n_cancelled": item["n_cancelled"],
        "p50": _share(*item["p50"]),
        "p80": _share(*item["p80"]),
        "refusal": item["refusal"],
    }


def _sum(parts: Sequence[Share]) -> Share:
    return _share(sum(part.hits for part in parts), sum(part.n for part in parts))
