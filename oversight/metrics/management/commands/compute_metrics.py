"""Compute and keep figures: `manage.py compute_metrics --as-of DATE | --from DATE --to DATE [--json]`."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from oversight.metrics.registry import all_metrics
from oversight.metrics.selectors import newest_snapshots
from oversight.metrics.services import range_fill


class Command(BaseCommand):
    help = "Fill days with snapshots. Days that are up to date stay; what differs is appended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, help="One day, YYYY-MM-DD. Default: today.")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="First day.")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, help="Last day, included.")
        parser.add_argument("--json", action="store_true", help="One JSON object per figure.")

    def handle(self, *args: Any, **options: Any) -> None:
        first = options["first"] or options["as_of"] or timezone.localdate()
        last = options["last"] or options["as_of"] or first
        if options["as_of"] and (options["first"] or options["last"]):
            raise CommandError("Give either --as-of, or --from and --to.")
        if last < first:
            raise CommandError(f"--to ({last}) is before --from ({first}).")
        for result in range_fill(first=first, last=last):
            if options["json"]:
                self._figures(result.as_of)
            else:
                self.stdout.write(
                    f"{result.as_of}: {result.n_metrics} metrics, {result.n_appended} new figures"
                )

    def _figures(self, as_of: date) -> None:
        keys = [metric.key for metric in all_metrics()]
        for (key, subject), row in sorted(newest_snapshots(as_of=as_of, metrics=keys).items()):
            figure = {
                "metric": key,
                "version": row.version,
                "as_of": as_of.isoformat(),
                "level": subject.level,
                "subject": subject.key,
                "numerator": _text(row.numerator),
                "denominator": _text(row.denominator),
                "value": _text(row.value),
                "n": row.n,
                "reason": row.reason,
                "computed_at": row.computed_at.isoformat(),
            }
            self.stdout.write(json.dumps(figure))


def _text(value: Any) -> str | None:
    return None if value is None else f"{value.normalize():f}"
