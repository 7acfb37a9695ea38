"""Load the sample: `manage.py load_sample [--if-empty]`."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from oversight.access.actors import system
from oversight.console.management.commands.serve import make_folders
from oversight.exchange.sample import sample_parts_load
from staffing import sample


class Command(BaseCommand):
    help = (
        "Import the sample lists; in development also make synthetic people and installations, and print one "
        "sign-in per role."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="Only where nothing was imported yet.")

    def handle(self, *args: Any, **options: Any) -> None:
        actor = system("load_sample")
        make_folders()  # that of the queue: the command may run before anything else has
        if not options["if_empty"] or sample.is_empty():
            for number, outcome in enumerate(sample.sample_lists_load(actor=actor), start=1):
                self.stdout.write(f"{number:3d}  {outcome.file}: {outcome.rows} rows")
        if settings.DEBUG:
            sample.sample_people_load(actor=actor)
        elif not options["if_empty"]:
            self.stderr.write("Demo accounts and synthetic people were left out: DEBUG is off.")
        for words in sample_parts_load(actor=actor):
            self.stdout.write(f"{words}.")
        if job := sample.sample_figures_start(actor=actor):
            self.stdout.write(f"Figures of {len(job.params['days'])} past days are left to the worker.")
        self._sign_ins()

    def _sign_ins(self) -> None:
        for account in sample.demo_accounts() if settings.DEBUG else []:
            self.stdout.write(f"Sign in as {account.username} / {sample.DEMO_PASSWORD} ({account.words})")
