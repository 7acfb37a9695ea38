"""Compute and keep figures: `manage.py compute_metrics --as-of DATE | --from DATE --to DATE [--json]`."""

from __future__ import annotations

import argparse
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
    help = (
        "Fill days with snapshots. Days that are up to date stay; what differs is appended. Progress goes to "
        "stderr, figures (--json) to stdout. Exit status 0 only when every figure could be computed."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--as-of", type=day, metavar="DATE", help="One day, YYYY-MM-DD. Default: today.")
        parser.add_argument("--from", dest="first", type=day, metavar="DATE", help="First day.")
        parser.add_argument(
            "--to", dest="last", type=day, metavar="DATE", help="Last day, included. Default: today."
        )
        parser.add_argument("--json", action="store_true", help="One JSON object per figure.")

    def handle(self, *args: Any, **options: Any) -> None:
        first, last = _range(options["as_of"], options["first"], options["last"])
        failed: set[str] = set()
        total = (last - first).days + 1
        for number, result in enumerate(range_fill(first=first, last=last), start=1):
            failed.update(result.failed)
            self.stderr.write(
                f"{result.as_of} ({number} of {total}): {result.n_metrics} metrics computed, "
                f"{result.n_appended} new figures"
            )
            if options["json"]:
                self._figures(result.as_of)
        if failed:
            raise CommandError(
                f"Could not be computed: {', '.join(sorted(failed))}. The log above says why. "
                "The other figures are kept; the same command tries again what is missing."
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


def day(text: str) -> date:
    """A day from the command line. Raises ArgumentTypeError with a sentence."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day. Write it as 2026-05-18.") from None


def _range(as_of: date | None, first: date | None, last: date | None) -> tuple[date, date]:
    """First and last day. Raises CommandError."""
    today = timezone.localdate()
    if as_of and (first or last):
        raise CommandError("Give either --as-of, or --from and --to.")
    if last and not first:
        raise CommandError(f"--to {last} needs a first day: give --from too.")
    begins = as_of or first or today
    ends = as_of or last or today
    if begins > today:
        raise CommandError(f"{begins} is in the future. Figures are of today ({today}) or earlier.")
    if ends > today:
        raise CommandError(f"{ends} is in the future. Figures are of today ({today}) or earlier.")
    if ends < begins:
        raise CommandError(f"--to ({ends}) is before --from ({begins}).")
    return begins, ends


def _text(value: Any) -> str | None:
    return None if value is None else f"{value.normalize():f}"
