"""Uploading a spreadsheet of records."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings

from oversight.exchange.records.kinds import RecordImport
from oversight.exchange.uploads import MEGABYTE

__all__ = ["RecordUploadForm"]


class RecordUploadForm(forms.Form):
    """One file, and what it holds. `too_large`: names of files that were dropped while they arrived."""

    kind = forms.ChoiceField(label="What the file holds", widget=forms.RadioSelect)
    file = forms.FileField(
        label="Spreadsheet",
        required=False,  # `clean` asks for one, and knows of a file that was dropped
        help_text="Excel workbook (.xlsx) or CSV in UTF-8, with the headers of the template.",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv"}),
    )

    def __init__(
        self, *args: Any, kinds: list[RecordImport], too_large: list[str] | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large or []
        field = self.fields["kind"]
        field.choices = [(kind.key, kind.title) for kind in kinds]  # type: ignore[attr-defined]
        field.initial = kinds[0].key if kinds else None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.too_large:
            limit = settings.UPLOAD_MAX_BYTES / MEGABYTE
            text = f"“{self.too_large[0]}” is larger than {limit:g} MB and was not taken. Divide it."
            self.add_error("file", text)
        elif not self.errors.get("file") and not data.get("file"):
            self.add_error("file", "Choose an Excel workbook (.xlsx) or a CSV.")
        return data
