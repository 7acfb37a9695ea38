"""docs/roles.md says what the permission matrix says."""

from __future__ import annotations

import re

from django.conf import settings

from oversight.access.choices import Column
from oversight.access.permissions import MATRIX, WORDS, NotAllowed

COLUMNS = (Column.HQ, Column.FIELD_PM, Column.AUDITOR, Column.ADMINISTRATOR)
ROW = re.compile(r"^\| (?P<words>[^|]+) \(`(?P<action>[a-z_.]+)`\) \|(?P<cells>.+)\|$", re.MULTILINE)


def test_the_table_is_the_matrix() -> None:
    text = (settings.BASE_DIR / "docs" / "roles.md").read_text(encoding="utf-8")
    written = {}
    for row in ROW.finditer(text):
        cells = [cell.strip() for cell in row["cells"].split("|")]
        assert len(cells) == len(COLUMNS), row["action"]
        written[row["action"]] = frozenset(
            column for column, cell in zip(COLUMNS, cells, strict=True) if cell != "no"
        )
        assert row["words"] == WORDS[row["action"]]
    assert written == dict(MATRIX)


def test_every_action_has_words_and_refusals_use_them() -> None:
    assert set(WORDS) == set(MATRIX)
    assert "decide reviews" in str(NotAllowed("reviews.decide"))
