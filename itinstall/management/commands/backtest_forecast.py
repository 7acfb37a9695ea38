"""How forecasts of past days held: `manage.py backtest_forecast --from DATE [--to DATE] [--json]`."""

from __future__ import annotations

import argparse
import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from itinstall.selectors.backtests import backtest_lines, month_days


class Command(BaseCommand):
    help = (
        "Forecast the requests that were open on the first of each past month from what had happened by "
        "then, and compare with what came: of those whose day has passed, the share that was complete by P50 "
        "and by P80. Nothing is kept."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--from", dest="first", type=_day, required=True, metavar="DATE", help="YYYY-MM-DD."
        )
        parser.add_argument("--to", dest="last", type=_day, metavar="DATE", help="Included. Default: today.")
        parser.add_argument("--json", action="store_true", help="One JSON object instead of a table.")

    def handle(self, *args: Any, **options: Any) -> None:
        today = timezone.localdate()
        first, last = options["first"], options["last"] or today
        if not first <= last <= today:
            raise CommandError(
                f"The days go from {first} to {last}; write an earlier one first, none after today."
            )
        found = backtest_lines(days=month_days(first, last), today=today)
        if options["json"]:
            facts = {"today": today.isoformat(), "seed": found.seed, "runs": found.runs}
            self.stdout.write(json.dumps({**facts, "lines": list(found.lines)}))
            return
        self.stdout.write(f"{'forecast of':<12}{'open':>7}{'given up':>10}{'by P50':>19}{'by P80':>19}")
        totals = {"p50": [0, 0], "p80": [0, 0]}
        for line in found.lines:
            if line["refusal"]:
                self.stdout.write(f"{line['as_of']:<12}{line['n_open']:>7}  {line['refusal']}")
                continue
            for name, (hits, n) in totals.items():
                totals[name] = [hits + line[name][0], n + line[name][1]]
            self.stdout.write(
                f"{line['as_of']:<12}{line['n_open']:>7}{line['n_cancelled']:>10}"
                f"{_words(*line['p50']):>19}{_words(*line['p80']):>19}"
            )
        self.stdout.write(f"{'all':<29}{_words(*totals['p50']):>19}{_words(*totals['p80']):>19}")


def _words(hits: int, n: int) -> str:
    return f"{hits / n:.0%} of {n:,}" if n else "none passed yet"


def _day(text: str) -> date:
    """Raises ArgumentTypeError with a sentence."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day. Write it as 2026-05-18.") from None
