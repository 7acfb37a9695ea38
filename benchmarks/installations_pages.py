"""Pages of installations, and the import of a spreadsheet, at national scale.

    python -m benchmarks.installations_pages [--rows N] [--only PAGE]

measures on the database of the environment, which `make_scale_data` fills; the import is taken back. The
pages are among those that `make bench` measures and counts at two sizes (benchmarks.national).
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import statistics
import sys
import time
from datetime import date, timedelta

__all__ = ["installation_pages"]

ROWS = 2_000
IMPORT_SECONDS = 5.0


def installation_pages() -> dict[str, str]:
    """Name → address, for records that exist; none where there are no installations."""
    from django.urls import reverse

    from itinstall.models import InstallationRequest, Installer

    request = InstallationRequest.objects.filter(state="completed").order_by("ref").first()
    installer = Installer.objects.order_by("pk").first()
    if request is None or installer is None:
        return {}
    requests = reverse("itinstall:request_list")
    return {
        "installations, board": reverse("itinstall:board"),
        "installations, board of an office": f"{reverse('itinstall:board')}?office=houston",
        "installations": requests,
        "installations, search and filters": f"{requests}?q=sheriff&state=TX&late=yes&status=open",
        "installations, search": f"{requests}?q=sheriff",
        "installations by clock": f"{requests}?sort=-clock",
        "installations by due day": f"{requests}?sort=due",
        "installations on hold": f"{requests}?hold=yes&sort=-stage_days",
        "installations, last page": f"{requests}?before=end",
        "installations, stuck": reverse("itinstall:stuck"),
        "installations, delays": reverse("itinstall:delays"),
        "installations, delays of an office": f"{reverse('itinstall:delays')}?office=houston",
        "installation": reverse("itinstall:request_detail", args=[request.ref]),
        "sites": reverse("itinstall:site_list"),
        "site": reverse("itinstall:site_detail", args=[request.site.ref]),
        "ISAs": reverse("itinstall:isa_list"),
        "equipment": reverse("itinstall:equipment_list"),
        "installers": reverse("itinstall:installer_list"),
        "installer": reverse("itinstall:installer_detail", args=[installer.pk]),
        "installers by month": reverse("itinstall:installer_months"),
    }


def _spreadsheet(rows: int) -> bytes:
    """Requests for sites that are new, at agencies that exist, each with five stages and a hold."""
    from agreements.models import Agency

    refs = list(Agency.objects.current().order_by("ref").values_list("ref", flat=True)[:rows])
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(
        ["Agency", "Site", "Submitted", "Bids and circuit", "ISA", "Equipment", "On-site installation",
         "Hold 1 reason", "Hold 1 from", "Hold 1 until"]
    )  # fmt: skip
    for number in range(rows):
        first = date(2025, 9, 1) + timedelta(days=number % 90)
        days = [(first + timedelta(days=10 * step)).isoformat() for step in range(5)]
        hold = ["Waiting for bids", days[1], (first + timedelta(days=15)).isoformat()]
        writer.writerow([refs[number % len(refs)], f"Imported site {number}", *days, *hold])
    return out.getvalue().encode()


class _Undo(Exception):
    pass


def import_measure(rows: int = ROWS) -> tuple[float, float, int]:
    """Seconds of preview and of application of one file, and statements of both; taken back afterwards."""
    from django.db import connection, transaction
    from django.test.utils import CaptureQueriesContext

    from itinstall.record_imports import INSTALLATIONS
    from oversight.access.actors import system
    from oversight.exchange.records.services import check_table
    from oversight.exchange.records.tables import read_table

    actor, data = system("benchmark"), _spreadsheet(rows)
    times: list[float] = []
    try:
        with transaction.atomic(), CaptureQueriesContext(connection) as captured:
            start = time.perf_counter()
            table = read_table(data, file_name="a.csv", columns=INSTALLATIONS.columns(), max_bytes=50_000_000)
            checked = check_table(actor=actor, kind=INSTALLATIONS, table=table)
            times.append(time.perf_counter() - start)
            if checked.ready != rows:
                raise RuntimeError(f"{checked.ready} of {rows} rows are ready: {checked.errors[:1]}")
            start = time.perf_counter()
            INSTALLATIONS.apply(actor, checked, "a.csv")
            times.append(time.perf_counter() - start)
            n = len(captured)
            raise _Undo
    except _Undo:
        return times[0], times[1], n


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
    os.environ.setdefault("DEBUG", "1")  # so that no collected static files are needed
    import django
    from django.conf import settings

    settings.DEBUG = False  # as in production: no record of queries
    settings.ALLOWED_HOSTS = ["testserver"]
    django.setup()
    from benchmarks.national import measured_pages

    slow = []
    for page in measured_pages(20, only=asked.only, names=installation_pages()):
        slow += [] if page.holds else [page.name]
        median, p95 = round(page.median * 1000), round(page.p95 * 1000)
        sys.stdout.write(f"{page.name}: {page.queries} queries, {median} ms, p95 {p95} ms\n")
    if asked.only:
        return bool(slow)
    runs = [import_measure(asked.rows) for _ in range(3)]
    preview, apply = (statistics.median(run[at] for run in runs) for at in (0, 1))
    sys.stdout.write(
        f"import of {asked.rows:,} rows: preview {preview:.2f} s, applied {apply:.2f} s, "
        f"{runs[-1][2]} statements (limit {IMPORT_SECONDS:g} s)\n"
    )
    return bool(slow) or preview + apply > IMPORT_SECONDS


if __name__ == "__main__":
    sys.exit(main())
