"""manage.py export NAME [--format csv] [--out FILE] [--as-of DATE] [--PARAMETER VALUE]…"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from oversight.access.actors import Actor, person, system
from oversight.access.models import User
from oversight.access.permissions import NotAllowed
from oversight.exchange.exports import BadParameters, all_exports, get_export
from oversight.exchange.jobs import JobError
from oversight.exchange.packages import ExportRequest, export_to_file
from oversight.exchange.writers import Format


class Command(BaseCommand):
    """Writes the data file and `FILE.manifest.json` beside it. Exit status 0 only when both are whole."""

    help = "Writes records to a file, with a manifest beside it that proves what was written."

    def add_arguments(self, parser: CommandParser) -> None:
        names = ", ".join(sorted(export.name for export in all_exports()))
        parser.add_argument("name", help=f"One of: {names}.")
        parser.add_argument("--format", choices=[item.value for item in Format], default=Format.CSV.value)
        parser.add_argument("--out", help="File to write. Left out: NAME.FORMAT in the current folder.")
        parser.add_argument("--as-of", help="A past date, YYYY-MM-DD, for exports that know the past.")
        parser.add_argument("--user", help="Write what this person may see. Left out: everything.")
        parser.add_argument(
            "--bom", action="store_true", help="Begin a CSV with a byte order mark, as Excel wants it."
        )
        for name, described in sorted(_parameters().items()):
            parser.add_argument(f"--{name.replace('_', '-')}", dest=f"parameter_{name}", help=described)

    def handle(self, *args: Any, **options: Any) -> None:
        prefix = "parameter_"
        parameters = {
            name.removeprefix(prefix): value
            for name, value in options.items()
            if name.startswith(prefix) and value is not None
        }
        request = ExportRequest(
            options["name"], Format(options["format"]), parameters, _date(options["as_of"]), options["bom"]
        )
        out = Path(options["out"] or f"{request.name.removeprefix('list:')}.{request.file_format}")
        named_folder = (options["out"] or "").endswith(("/", os.sep))  # a Path forgets the last slash
        if named_folder or out.is_dir() or not out.parent.is_dir():
            raise CommandError(f"{out} is a folder, or its folder does not exist. Name a file.")
        manifest = self._write(_actor(options["user"]), request, out)
        rows = sum(entry["rows"] for entry in manifest["files"])
        self.stdout.write(f"{rows} rows written to {out}; what proves them: {out.name}.manifest.json")

    def _write(self, actor: Actor, request: ExportRequest, out: Path) -> dict[str, Any]:
        try:
            return export_to_file(actor=actor, request=request, out=out)
        except KeyError:
            names = ", ".join(sorted(export.name for export in all_exports()))
            raise CommandError(f"There is no export “{request.name}”. There are: {names}.") from None
        except (BadParameters, NotAllowed, JobError) as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{out} cannot be written: {error.strerror or error}.") from error


def _parameters() -> dict[str, str]:
    """Name → description of every parameter that some export takes."""
    found: dict[str, str] = {}
    for export in all_exports():
        fields = export.form.base_fields if export.form else {}
        for name, field in fields.items():
            found[name] = str(field.help_text or field.label or f"For {get_export(export.name).title}.")
    return found


def _date(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise CommandError(f"“{text}” is no date. Write it as 2025-03-31.") from None


def _actor(username: str | None) -> Actor:
    if username is None:
        return system("export")
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no active user “{username}”.")
    return person(user)
