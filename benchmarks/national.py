"""National scale: all metrics of a date against one hand-written pass; pages; query counts; CSV.

    python -m benchmarks.national [--agencies N] [--only PAGE]

measures on the database of the environment, which `make_scale_data` fills when it is empty; `make bench`
gives it one of its own (`run`). Pages are measured as production serves them (no debugging), through all
middleware, signed in, against a view that answers "ok" through the same middleware in the same run.
"""

from __future__ import annotations

import argparse
import csv
import gc
import json
import os
import resource
import secrets
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from benchmarks import delays
from benchmarks.installations_pages import installation_pages
from benchmarks.measuring import Result, best_of

AGENCIES, SMALL = 20_000, 1_000
METRICS_LIMIT = 2.0
PAGE_SECONDS, HOME_SECONDS = 0.100, 0.050
MOST_QUERIES = 12
RUNS, METRIC_RUNS = 20, 5
CSV_LIMIT = {"postgresql": 2.0, "sqlite": 1.5}
MOST_MEMORY_MB, MOST_MINUTES = 1024, 5
HOME = "home"


@dataclass(frozen=True)
class PageTime:
    """One page: seconds of wall clock at the median and the 95th percentile of some requests, one after the
    other; queries of one request; `bare`: seconds of the bare view at the median."""

    name: str
    address: str
    queries: int
    median: float
    p95: float
    budget: float
    bare: float
    kilobytes: float

    @property
    def holds(self) -> bool:
        return self.p95 <= self.budget and self.queries <= MOST_QUERIES


@dataclass(frozen=True)
class National:
    """What one database showed."""

    words: str
    results: list[Result]
    pages: list[PageTime]
    same_counts: bool = True  # queries per page, at two sizes

    @property
    def holds(self) -> bool:
        """All but the ratios, which stand with the other promises."""
        return self.same_counts and all(page.holds for page in self.pages)


def pages() -> dict[str, str]:
    """Name → address of the pages that are measured, for records that exist."""
    from django.urls import reverse

    from agreements.models import Agency, Agreement, Publication
    from staffing.models import ProgramManager

    agency = Agency.objects.filter(agreements__status="active").order_by("ref").first()
    agreement = Agreement.objects.filter(status="active").order_by("ref").first()
    publication = Publication.objects.filter(kind="participating").order_by("-sequence").first()
    manager = ProgramManager.objects.filter(valid_to__isnull=True).order_by("pk").first()
    if agency is None or agreement is None or publication is None or manager is None:
        raise RuntimeError("There is nothing to show: make_scale_data comes first.")
    agencies, agreements = reverse("agreements:agency_list"), reverse("agreements:agreement_list")
    found = {
        HOME: reverse("console:home"),
        "agencies": agencies,
        "agencies, search and filters": f"{agencies}?q=sheriff+harris&in_force=yes&pm=yes",
        "agencies of a state": f"{agencies}?state=TX&model=TFM",
        "agencies of an office": f"{agencies}?office=houston",
        "agencies, last page": f"{agencies}?before=end",
        "agency": reverse("agreements:agency_detail", args=[agency.ref]),
        "agency, life line": reverse("agreements:agency_life", args=[agency.ref]),
        "agreements": agreements,
        "agreements, search and filters": f"{agreements}?q=police&state=TX&model=TFM&status=active",
        "agreements, many filters": f"{agreements}?office=houston&moa=no&days=90&listed=yes",
        "agreements, last page": f"{agreements}?before=end",
        "agreement": reverse("agreements:agreement_detail", args=[agreement.ref]),
        "agreement, prints": reverse("agreements:agreement_prints", args=[agreement.ref]),
        "offices": reverse("agreements:office_list"),
        "office": reverse("agreements:office_detail", args=["houston"]),
        "published lists": reverse("agreements:publication_list"),
        "published list": reverse("agreements:publication_detail", args=[publication.pk]),
        "published list, rows": reverse("agreements:publication_rows", args=[publication.pk]),
        "program managers": reverse("staffing:program_manager_list"),
        "program manager": reverse("staffing:program_manager_detail", args=[manager.pk]),
        "search": f"{reverse('console:search')}?q=synthetic+00042",
    }
    for key, sorts in _sorts().items():
        page = agencies if key == "agencies" else agreements
        found.update({f"{key} by {sort}": f"{page}?sort={sort}" for sort in sorts})
    return found | _figure_pages() | installation_pages()


def _sorts() -> dict[str, list[str]]:
    """Every column of the two long lists, in the direction that is not its own first."""
    from oversight.console.list_query import sort_paths
    from oversight.console.lists import get_list

    return {key: sorted(sort_paths(get_list(key))) for key in ("agencies", "agreements")}


def _figure_pages() -> dict[str, str]:
    from django.urls import NoReverseMatch, reverse
    from django.utils import timezone

    from oversight.metrics.addresses import figure_url
    from oversight.metrics.base import Subject
    from oversight.metrics.choices import Level
    from oversight.metrics.registry import get_metric
    from oversight.metrics.selectors import newest_filled_day

    day = newest_filled_day() or timezone.localdate()
    found = {}
    for name, url_name in (
        ("figures", "metrics:catalogue"),
        ("attention", "console:attention"),
        ("what changed", "console:changes"),
    ):
        try:
            found[name] = reverse(url_name)
        except NoReverseMatch:  # this page is not built yet
            continue
    listed = get_metric("agreements.listed")
    subjects = {"nation": Subject(Level.NATION), "state": Subject(Level.STATE, "TX")}
    for name, subject in subjects.items():
        found[f"explain, {name}"] = figure_url(metric=listed.key, subject=subject, as_of=day)
    return found


# --- metrics ----------------------------------------------------------------------------------------------

# Everything that one pass over the statements can tell: by state, office, model and status, how many, without
# MOA, agencies, agencies without a primary PM, days pending, begun in the last 30 days.
ONE_SWEEP = """
SELECT agency.state_id, office.office_id, agreement.model, statement.status,
       COUNT(*),
       SUM(CASE WHEN agreement.moa_linked_on IS NULL OR agreement.moa_linked_on > %(day)s THEN 1 ELSE 0 END),
       COUNT(DISTINCT agency.id),
       COUNT(DISTINCT CASE WHEN assigned.id IS NULL THEN agency.id END),
       COUNT(DISTINCT assigned.program_manager_id),
       MIN(statement.begins_on),
       SUM(CASE WHEN statement.begins_on > %(since)s THEN 1 ELSE 0 END)
  FROM agreements_agreementstatus statement
  JOIN agreements_agreement agreement ON agreement.id = statement.agreement_id
  JOIN agreements_agency agency ON agency.id = agreement.agency_id
  LEFT JOIN agreements_agencyoffice office ON office.agency_id = agency.id
       AND office.valid_from <= %(day)s AND (office.valid_to IS NULL OR office.valid_to > %(day)s)
  LEFT JOIN staffing_assignment assigned ON assigned.agency_id = agency.id AND assigned.role = 'primary'
       AND assigned.valid_from <= %(day)s AND (assigned.valid_to IS NULL OR assigned.valid_to > %(day)s)
 WHERE statement.replaced_at IS NULL AND statement.withdrawn_at IS NULL AND statement.origin = 'list'
   AND statement.begins_on <= %(day)s
   AND (statement.ends_on IS NULL OR statement.ends_on > %(day)s OR statement.begins_on > %(since)s)
   AND NOT EXISTS (
       SELECT 1 FROM agreements_agreementstatus staff
        WHERE staff.agreement_id = statement.agreement_id AND staff.origin = 'staff'
          AND staff.status IN ('suspended', 'terminated')
          AND staff.replaced_at IS NULL AND staff.withdrawn_at IS NULL AND staff.begins_on <= %(day)s
          AND (staff.ends_on IS NULL OR staff.ends_on > %(day)s))
 GROUP BY 1, 2, 3, 4
"""


def _metrics() -> Result:
    """All registered metrics of one day, all levels, into figures."""
    from datetime import timedelta

    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from oversight.metrics.base import Facts
    from oversight.metrics.registry import all_metrics

    day = timezone.localdate()
    n_figures = 0
    # Those of installations have a pass of their own (benchmarks.delays).
    own = [metric for metric in all_metrics() if not metric.key.startswith(delays.PREFIX)]

    def computed() -> None:
        nonlocal n_figures
        facts = Facts(day)
        n_figures = sum(len(list(metric.figures(facts))) for metric in own)

    def one_pass() -> None:
        with connection.cursor() as cursor:
            cursor.execute(ONE_SWEEP, {"day": day, "since": day - timedelta(days=30)})
            cursor.fetchall()

    with CaptureQueriesContext(connection) as captured:
        computed()
        n_statements = len(captured)
    reset_queries()
    seconds, reference = best_of(METRIC_RUNS, computed), best_of(METRIC_RUNS, one_pass)
    note = f"{len(own)} metrics, {n_figures:,} figures, {n_statements} statements"
    return Result("All metrics of one day", seconds, "one pass in SQL", reference, METRICS_LIMIT, note)


# --- pages ------------------------------------------------------------------------------------------------
def _client() -> Any:
    """Signed in as headquarters; a real account, because made-up ones are refused without DEBUG."""
    from django.test import Client

    from oversight.access.choices import Role
    from oversight.access.models import User

    user, _ = User.objects.get_or_create(username="bench", defaults={"role": Role.HQ})
    client = Client()
    client.force_login(user)
    return client


def fetch(client: Any, address: str) -> bytes:
    """The whole page, to its last byte: some are sent in parts. RuntimeError when it is no page."""
    response = client.get(address)
    body = b"".join(response.streaming_content) if response.streaming else response.content
    if response.status_code != 200:
        raise RuntimeError(f"{address} answered {response.status_code}")
    return bytes(body)


def _times(runs: int, work: Callable[[], object]) -> list[float]:
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return sorted(times)


def _p95(times: list[float]) -> float:
    """Nearest rank."""
    return times[-(-95 * len(times) // 100) - 1]


def measured_pages(runs: int, only: str = "", names: Mapping[str, str] | None = None) -> Iterator[PageTime]:
    """`names`: name → address; None: all."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext, override_settings

    gc.collect()
    gc.freeze()  # as production does (oversight.wsgi)
    client = _client()
    with override_settings(ROOT_URLCONF="benchmarks.bare_urls"):
        fetch(client, "/bare/")
        bare = statistics.median(_times(runs, lambda: fetch(client, "/bare/")))
    for name, address in (pages() if names is None else names).items():
        if only and only not in name:
            continue
        size = len(fetch(client, address))
        with CaptureQueriesContext(connection) as captured:
            fetch(client, address)
            n = len(captured)  # the next request forgets them
        times = _times(runs, lambda address=address: fetch(client, address))
        yield PageTime(
            name=name,
            address=address,
            queries=n,
            median=statistics.median(times),
            p95=_p95(times),
            budget=HOME_SECONDS if name == HOME else PAGE_SECONDS,
            bare=bare,
            kilobytes=size / 1024,
        )


# --- CSV --------------------------------------------------------------------------------------------------
def _csv(folder: Path) -> Result:
    """The export of every printed row of every list, against the database's own way to the same columns."""
    from django.db import connection

    from oversight.access.actors import system
    from oversight.exchange.exports import ExportContext, QueryRows, get_export
    from oversight.exchange.sql import statement
    from oversight.exchange.writers import Format, write

    export = get_export("observations")
    context = ExportContext(actor=system("bench"))
    columns, rows = export.columns(context), export.rows(context)
    assert isinstance(rows, QueryRows)
    plain = rows.queryset.values_list(*rows.fields)
    n = 0

    def exported() -> None:
        nonlocal n
        n = write(folder / "export.csv", file_format=Format.CSV, columns=columns, rows=rows)

    def copied() -> None:
        with connection.cursor() as cursor, (folder / "plain.csv").open("wb") as file:
            cursor.copy_expert(f"COPY ({statement(plain)}) TO STDOUT WITH (FORMAT csv)", file)

    def by_cursor() -> None:
        with connection.cursor() as cursor, (folder / "plain.csv").open("w", newline="") as file:
            cursor.execute(*plain.query.sql_with_params())
            writer = csv.writer(file)
            while batch := cursor.fetchmany(2000):
                writer.writerows(batch)

    is_pg = connection.vendor == "postgresql"
    seconds = best_of(2, exported)
    reference = best_of(2, copied if is_pg else by_cursor)
    tracemalloc.start()
    exported()
    peak = tracemalloc.get_traced_memory()[1] / 1024 / 1024
    tracemalloc.stop()
    words = "COPY of the same columns" if is_pg else "cursor and csv.writer, same columns"
    note = f"{n:,} rows, {len(columns)} columns, peak {peak:.0f} MB of Python"
    return Result("CSV of every printed row", seconds, words, reference, CSV_LIMIT[connection.vendor], note)


# --- the whole --------------------------------------------------------------------------------------------
def _made(agencies: int) -> tuple[float, float]:
    """(seconds, peak MB) of making the data in a process of its own; (0, 0) when it is there already."""
    from agreements.models import Agency

    if Agency.objects.exists():
        return 0.0, 0.0
    start = time.perf_counter()
    subprocess.run([sys.executable, "manage.py", "make_scale_data", "--agencies", str(agencies)], check=True)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024


def measure(*, agencies: int, folder: Path, runs: int = RUNS, only: str = "") -> National:
    """Everything on the database of this process. `runs` 1: query counts only."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    seconds, memory = _made(agencies)
    words = f"{agencies:,} agencies, {connection.vendor}"
    if seconds:
        words += f", made in {seconds:.0f} s with at most {memory:.0f} MB"
        if seconds > MOST_MINUTES * 60 or memory > MOST_MEMORY_MB:
            words += " (OVER the limit of 5 minutes and 1 GB)"
    times = list(measured_pages(runs, only))
    results = [] if only or runs == 1 else [_metrics(), delays.metrics(), _csv(folder)]
    return National(words, results, times)


def run(folder: Path, *, agencies: int = AGENCIES) -> National:
    """In processes of their own on databases of their own: small first, then national; equal query counts."""
    small = _run_child(folder / "small", agencies=min(SMALL, agencies // 2), runs=1)
    national = _run_child(folder / "national", agencies=agencies, runs=RUNS)
    counts = {page.name: page.queries for page in small.pages}
    different = [
        f"{page.name} ({counts[page.name]} and {page.queries})"
        for page in national.pages
        if counts[page.name] != page.queries
    ]
    few = min(SMALL, agencies // 2)
    words = f"{national.words}. Query counts with {few:,} agencies: " + (
        f"DIFFERENT for {', '.join(different)}." if different else "the same on every page."
    )
    return National(words, national.results, national.pages, same_counts=not different)


def _run_child(folder: Path, *, agencies: int, runs: int) -> National:
    folder.mkdir()
    env = {**os.environ, "OVERSIGHT_VAR_DIR": str(folder), "DEBUG": "1", "LOG_LEVEL": "WARNING"}
    env.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    out = folder / "measured.json"
    command = [sys.executable, "-m", "benchmarks.national", "--agencies", str(agencies), "--out", str(out)]
    with _database(env, folder.name):
        subprocess.run([*command, "--runs", str(runs)], check=True, env=env)
    data = json.loads(out.read_text())
    return National(
        data["words"],
        [Result(**item) for item in data["results"]],
        [PageTime(**item) for item in data["pages"]],
    )


class _database:
    """On PostgreSQL: a database beside the one that DATABASE_URL names, dropped afterwards. On SQLite the
    folder is enough."""

    def __init__(self, env: dict[str, str], suffix: str) -> None:
        self.env, self.suffix = env, suffix
        self.url = env.get("DATABASE_URL", "")

    def __enter__(self) -> None:
        if not self.url.startswith("postgres"):
            return
        parts = urlsplit(self.url)
        self.name = f"{parts.path.lstrip('/')}_bench_{self.suffix}"
        self._maintain(f'DROP DATABASE IF EXISTS "{self.name}"', f'CREATE DATABASE "{self.name}"')
        self.env["DATABASE_URL"] = urlunsplit(parts._replace(path=f"/{self.name}"))

    def __exit__(self, *_: object) -> None:
        if self.url.startswith("postgres"):
            self._maintain(f'DROP DATABASE IF EXISTS "{self.name}"')

    def _maintain(self, *statements: str) -> None:
        import psycopg2

        connection = psycopg2.connect(self.url)
        connection.autocommit = True
        with connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)
        connection.close()


def report(national: National) -> list[str]:
    """Lines of Markdown: the pages; `results` go into the table of all promises."""
    lines = ["", "## National scale", "", national.words, ""]
    if not national.pages:
        return lines
    lines += [
        f"Seconds of wall clock of one request after the other, {RUNS} each. A bare view, through the same "
        f"middleware and signed in: {national.pages[0].bare * 1000:.1f} ms. At most {MOST_QUERIES} queries.",
        "",
        "| page | queries | median ms | 95th percentile ms | budget ms | times the bare view | kB | holds |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    lines += [
        f"| {page.name} | {page.queries} | {page.median * 1000:.0f} | {page.p95 * 1000:.0f} | "
        f"{page.budget * 1000:.0f} | {page.median / page.bare:.1f} | {page.kilobytes:.0f} | "
        f"{'yes' if page.holds else 'NO'} |"
        for page in national.pages
    ]
    return lines


def _main(arguments: Mapping[str, Any]) -> None:
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
    os.environ.setdefault("DEBUG", "1")  # so that no collected static files are needed
    from django.conf import settings

    settings.DEBUG = False  # as in production: no record of queries, templates without their debugging
    settings.ALLOWED_HOSTS = ["testserver"]
    django.setup()
    out: Path | None = arguments["out"]
    folder = out.parent if out else Path(os.environ["OVERSIGHT_VAR_DIR"])
    national = measure(
        agencies=arguments["agencies"], folder=folder, runs=arguments["runs"], only=arguments["only"]
    )
    if out:
        out.write_text(json.dumps(asdict(national)))
        return
    for r in national.results:
        print(
            f"{r.name} {r.seconds:.3f} s, {r.reference} {r.reference_seconds:.3f} s. {r.ratio:.2f}; {r.note}"
        )
    print("\n".join(report(national)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--agencies", type=int, default=AGENCIES)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--only", default="", help="Pages whose name holds this text.")
    parser.add_argument("--out", type=Path)
    _main(vars(parser.parse_args()))
