"""`make bench`: every benchmark on a database of its own; writes the results, fails on a broken limit.

`python -m benchmarks --only rosters|national|installations [--agencies N]` runs a part and only prints it.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

PARTS = ("rosters", "national", "installations")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", choices=PARTS, help="Default: all.")
    parser.add_argument("--agencies", type=int, default=20_000, help="National scale. Default: 20,000.")
    arguments = parser.parse_args()
    parts = (arguments.only,) if arguments.only else PARTS
    with tempfile.TemporaryDirectory(prefix="oversight-bench-") as folder:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "oversight.settings")
        os.environ["OVERSIGHT_VAR_DIR"] = folder
        os.environ.setdefault("LOG_LEVEL", "WARNING")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        from benchmarks import installations, national, rosters

        call_command("migrate", verbosity=0)
        results = rosters.run(Path(folder)) if "rosters" in parts else []
        nation = national.run(Path(folder), agencies=arguments.agencies) if "national" in parts else None
        results += nation.results if nation else []
        if "installations" in parts:
            results += [installations.measure(), installations.measure(bound=True)]
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
        lines += national.report(nation) if nation else []
        text = "\n".join(lines) + "\n"
        print(text)
        if parts == PARTS:
            (Path(__file__).parent / f"RESULTS-{connection.vendor}.md").write_text(text, encoding="utf-8")
        holds = all(result.holds for result in results) and (nation is None or nation.holds)
        return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
