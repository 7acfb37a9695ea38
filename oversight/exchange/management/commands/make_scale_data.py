"""A made-up national data set: `manage.py make_scale_data [--agencies N] [--seed N] [--until DATE]`."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from oversight.exchange.scale import ScaleRefused, ScaleRequest, digest_of, scale_data_make

SMALLEST = 50


class Command(BaseCommand):
    help = (
        "Fill an empty development database with a national data set that is made up, and says so on every "
        "record. The same numbers give the same data; the hash at the end proves it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--agencies", type=int, default=20_000, help="Default: 20,000.")
        parser.add_argument("--seed", type=int, default=287, help="Default: 287.")
        parser.add_argument(
            "--until", type=date.fromisoformat, help="The last day of the data, YYYY-MM-DD. Default: today."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["agencies"] < SMALLEST:
            raise CommandError(f"--agencies: at least {SMALLEST}.")
        start = time.monotonic()
        request = ScaleRequest(
            agencies=options["agencies"],
            seed=options["seed"],
            until=options["until"] or timezone.localdate(),
            tell=lambda text: self.stderr.write(f"{time.monotonic() - start:6.1f} s  {text}"),
        )
        try:
            made = scale_data_make(request)
        except ScaleRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        for key, part in made.items():
            words = ", ".join(f"{n:,} {name}" for name, n in part.counts.items())
            self.stdout.write(f"{key}: {words}. Hash {part.digest}")
        total = digest_of(f"{key} {part.digest}" for key, part in made.items())
        self.stdout.write(
            f"{request.agencies:,} agencies, seed {request.seed}, until {request.until}. Hash {total}"
        )
