"""Check that the register is what its lists amount to: `manage.py verify_register`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from agreements.services.verification import register_verify


class Command(BaseCommand):
    help = "Derive the register again from all lists and compare. Exit status 0 only when it is whole."

    def handle(self, *args: Any, **options: Any) -> None:
        result = register_verify()
        if not result.is_whole:
            lines = "\n".join(result.differences[:20])
            raise CommandError(
                f"The register is not what its lists amount to: {len(result.differences)} differences; "
                f"stored hash {result.stored[:12]}…, derived {result.derived[:12]}….\n{lines}"
            )
        self.stdout.write(f"The register is whole. Hash {result.stored}")
