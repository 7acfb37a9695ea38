"""`make bench`: every benchmark on a database of its own; writes the results, fails on a broken limit."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="oversight-bench-") as folder:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
        os.environ["OVERSIGHT_VAR_DIR"] = folder
        os.environ.setdefault("LOG_LEVEL", "WARNING")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        from benchmarks import rosters

        results = rosters.run(Path(folder))
        lines = [
            "# Results of `make bench`",
            "",
            f"Python {sys.version.split()[0]}, {connection.vendor}, {os.cpu_count()} cores. "
            "Seconds depend on the machine; ratios much less.",
            "",
            "| promise | seconds | reference | seconds | ratio | limit | holds |",
            "|---|---:|---|---:|---:|---:|---|",
        ]
        for r in results:
            lines.append(
                f"| {r.name}{f' ({r.note})' if r.note else ''} | {r.seconds:.2f} | {r.reference} | "
                f"{r.reference_seconds:.2f} | {r.ratio:.1f} | {r.limit:g} | {'yes' if r.holds else 'NO'} |"
            )
        text = "\n".join(lines) + "\n"
        print(text)
        (Path(__file__).parent / f"RESULTS-{connection.vendor}.md").write_text(text, encoding="utf-8")
        return 0 if all(result.holds for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
