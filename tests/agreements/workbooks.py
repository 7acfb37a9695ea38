"""Small real workbooks, as ICE publishes them, for tests that send files."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from openpyxl import Workbook

PARTICIPATING = (
    "STATE",
    "LAW ENFORCEMENT AGENCY",
    "TYPE",
    "COUNTY",
    "SUPPORT TYPE",
    "SIGNED",
    "MOA",
    "ADDENDUM",
)
PENDING = ("STATE", "LAW ENFORCEMENT AGENCY", "TYPE", "COUNTY", "SUPPORT TYPE")
COUNTIES = (
    "Anderson", "Andrews", "Angelina", "Aransas", "Archer", "Armstrong", "Atascosa", "Austin", "Bailey",
    "Bandera", "Bastrop", "Baylor",
)  # fmt: skip


def row(
    county: str = "Harris",
    *,
    state: str = "TEXAS",
    name: str = "",
    signed: Any = dt.date(2025, 2, 10),
    moa: str = "",
) -> list[Any]:
    """One agreement of a sheriff."""
    agency = name or f"{county} County Sheriff's Office"
    return [
        state,
        agency,
        "County",
        f"{county} County",
        "Task Force Model",
        signed,
        moa or "link pending",
        "",
    ]


def rows(n: int = 12) -> list[list[Any]]:
    """`n` sheriffs of Texas, at most 12."""
    return [row(county) for county in COUNTIES[:n]]


def workbook(
    lines: Iterable[Sequence[Any]],
    *,
    headers: Sequence[str] = PARTICIPATING,
    on: dt.date = dt.date(2025, 3, 3),
) -> bytes:
    """The bytes of an .xlsx with `headers` and `lines`, last saved at noon of `on`."""
    book = Workbook()
    sheet = book.active
    sheet.append(list(headers))
    for line in lines:
        sheet.append(list(line)[: len(headers)])
    out = io.BytesIO()
    book.save(out)
    return _saved_on(out.getvalue(), on)


def _saved_on(data: bytes, day: dt.date) -> bytes:
    """openpyxl writes its own moment of saving; this puts noon in New York of `day` there."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = re.sub(
                    rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>%sT17:00:00Z" % str(day).encode(), content
                )
            new.writestr(name, content)
    return out.getvalue()


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    """The workbook with one more part in its package."""
    out = io.BytesIO(data)
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()
