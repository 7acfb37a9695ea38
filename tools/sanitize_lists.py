"""Copy published lists without what must not travel: wrapped links and the names in document properties.

    python tools/sanitize_lists.py OUT_FOLDER FILE…

Cells stay verbatim, hidden rows hidden, links point where they lead in the end; `dcterms:modified` stays,
because lists are ordered by it. Prints one line per file for sample_data/lists/ORIGINALS.csv: file name and
the SHA-256 of the original.
"""

from __future__ import annotations

import csv
import hashlib
import re
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import openpyxl

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from agreements.reconciliation.links import clean_text, public_url
from oversight.exchange.workbooks import MAX_BYTES, load_bytes, modified_at, open_package

CORE = "docProps/core.xml"
CORE_XML = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<cp:coreProperties xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dcterms="http://purl.org/dc/terms/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<dcterms:modified xsi:type="dcterms:W3CDTF">{modified}</dcterms:modified></cp:coreProperties>'
)
FIXED = (2000, 1, 1, 0, 0, 0)  # zip times, so that the same input gives the same bytes


def sanitize(source: Path, target: Path) -> str:
    """Write the clean copy; the SHA-256 (hex) of the original."""
    data = load_bytes(source, MAX_BYTES)
    modified = modified_at(open_package(data))
    workbook = openpyxl.load_workbook(BytesIO(data))
    sheet = workbook.worksheets[0]
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str):
                cell.value = clean_text(cell.value)
            if cell.hyperlink is not None:
                url = public_url(cell.hyperlink.target or "")
                cell.hyperlink.target = url or None
                cell.hyperlink.tooltip = cell.hyperlink.display = None
                if not url:
                    cell.hyperlink = None
    buffer = BytesIO()
    workbook.save(buffer)
    _pack(buffer, target, modified.strftime("%Y-%m-%dT%H:%M:%SZ") if modified else "")
    return hashlib.sha256(data).hexdigest()


def _pack(buffer: BytesIO, target: Path, modified: str) -> None:
    with (
        zipfile.ZipFile(buffer) as old,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as new,
    ):
        for name in sorted(old.namelist()):
            body = old.read(name)
            if name == CORE:
                text = CORE_XML.format(modified=modified)
                body = (text if modified else re.sub(r"<dcterms.*?</dcterms:modified>", "", text)).encode()
            new.writestr(zipfile.ZipInfo(name, FIXED), body, zipfile.ZIP_DEFLATED)


def main(out: str, *files: str) -> None:
    writer = csv.writer(sys.stdout)
    for name in files:
        source = Path(name)
        writer.writerow([source.name, sanitize(source, Path(out) / source.name)])


if __name__ == "__main__":
    main(*sys.argv[1:])
