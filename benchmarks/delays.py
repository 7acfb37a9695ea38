"""All figures of installations for one date, against one hand-written pass over the same tables.

    python -m benchmarks.delays [--day DATE]

measures on the database of the environment, which `make_scale_data` fills.
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import date

from benchmarks.measuring import Result, best_of

METRICS_LIMIT = 2.0
RUNS = 5
PREFIX = "itinstall."

# Everything that one pass over requests, their steps and holds can tell: by stage, field office, model, state
# and year, how many visits, their days, requests, late ones, days elapsed and on hold, and what is open.
ONE_SWEEP = """
WITH steps AS (
    SELECT step.request_id, step.sequence, step.kind, step.stage_id, {day_of_step} AS begins,
           LEAD({day_of_step}) OVER (PARTITION BY step.request_id ORDER BY step.sequence) AS ends
      FROM itinstall_stagetransition step
     WHERE NOT step.is_withdrawal AND step."on" <= %(day)s
       AND NOT EXISTS (SELECT 1 FROM itinstall_stagetransition later WHERE later.corrects_id = step.id)),
held AS (
    SELECT hold.request_id, SUM({day_of_end} - {day_of_start}) AS days,
           MAX(CASE WHEN hold.ends_on IS NULL OR hold.ends_on > %(day)s THEN 1 ELSE 0 END) AS is_on
      FROM itinstall_hold hold
     WHERE NOT hold.is_withdrawal AND hold.begins_on <= %(day)s
       AND NOT EXISTS (SELECT 1 FROM itinstall_hold later WHERE later.corrects_id = hold.id)
     GROUP BY 1),
requests AS (
    SELECT step.request_id, MIN(step.begins) AS submitted,
           MAX(CASE WHEN step.kind = 'completed' THEN step.begins END) AS completed,
           MAX(CASE WHEN step.kind <> 'stage' THEN step.begins END) AS closed
      FROM steps step GROUP BY 1)
SELECT step.stage_id, office.office_id, agreement.model, request.state, told.completed / 365,
       COUNT(*), SUM(COALESCE(step.ends, {today}) - step.begins),
       SUM(CASE WHEN step.ends IS NULL THEN 1 ELSE 0 END),
       COUNT(DISTINCT step.request_id),
       SUM(CASE WHEN COALESCE(told.closed, {today}) - {day_of_signing} > policy.target_days THEN 1 END),
       SUM(COALESCE(told.closed, {today}) - {day_of_signing}),
       SUM(held.days), SUM(held.is_on)
  FROM steps step
  JOIN requests told ON told.request_id = step.request_id
  JOIN itinstall_installationrequest request ON request.id = step.request_id
  JOIN itinstall_installationpolicy policy ON policy.id = request.policy_id
  JOIN itinstall_site site ON site.id = request.site_id
  LEFT JOIN agreements_agreement agreement ON agreement.id = request.agreement_id
  LEFT JOIN agreements_agencyoffice office ON office.agency_id = site.agency_id
       AND office.valid_from <= %(day)s AND (office.valid_to IS NULL OR office.valid_to > %(day)s)
  LEFT JOIN held ON held.request_id = step.request_id
 WHERE step.kind = 'stage'
 GROUP BY 1, 2, 3, 4, 5
"""


def sweep_sql(vendor: str) -> str:
    """The hand-written pass in the words of a database."""

    def number(column: str) -> str:
        if vendor == "sqlite":
            return f"CAST(julianday({column}) AS INTEGER)"
        return f"(({column})::date - DATE '0001-01-01')"

    return ONE_SWEEP.format(
        day_of_step=number('step."on"'),
        day_of_start=number("hold.begins_on"),
        day_of_end=number("COALESCE(hold.ends_on, %(day)s)"),
        day_of_signing=number("agreement.signed_on"),
        today=number("%(day)s"),
    )


def metrics(asked: date | None = None, *, runs: int = RUNS) -> Result:
    """All figures of one day (default: today), all levels, against the pass."""
    from django.db import connection, reset_queries
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from itinstall.models import InstallationRequest, StageTransition
    from oversight.metrics.base import Facts
    from oversight.metrics.registry import all_metrics

    day = asked or timezone.localdate()
    own = [metric for metric in all_metrics() if metric.key.startswith(PREFIX)]
    sql = sweep_sql(connection.vendor)
    n_figures = 0

    def computed() -> None:
        nonlocal n_figures
        facts = Facts(day)
        n_figures = sum(len(list(metric.figures(facts))) for metric in own)

    def one_pass() -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"day": day})
            cursor.fetchall()

    with CaptureQueriesContext(connection) as captured:
        computed()
        n_statements = len(captured)
    reset_queries()
    seconds, reference = best_of(runs, computed), best_of(runs, one_pass)
    note = (
        f"{InstallationRequest.objects.count():,} requests, {StageTransition.objects.count():,} transitions, "
        f"{len(own)} metrics, {n_figures:,} figures, {n_statements} statements"
    )
    return Result(
        "All figures of installations of one day", seconds, "one pass in SQL", reference, METRICS_LIMIT, note
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.delays")
    parser.add_argument("--day", type=date.fromisoformat, help="Default: today.")
    arguments = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
    import django

    django.setup()
    result = metrics(arguments.day)
    print(
        f"{result.name} ({result.note}): {result.seconds:.2f} s; {result.reference}: "
        f"{result.reference_seconds:.2f} s; ratio {result.ratio:.2f}, limit {result.limit:g}"
    )
    return 0 if result.holds else 1


if __name__ == "__main__":
    sys.exit(main())
