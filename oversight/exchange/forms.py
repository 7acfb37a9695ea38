"""The question before an export."""

from __future__ import annotations

from django import forms

from oversight.exchange.writers import Format

__all__ = ["ExportForm"]

_FORMATS = [
    (Format.CSV, "CSV: for programs and for other systems"),
    (Format.XLSX, "Excel workbook (XLSX)"),
    (Format.JSON, "JSON: for programs"),
]


class ExportForm(forms.Form):
    """Which kind of file. The rows themselves are given by the list's address."""

    format = forms.ChoiceField(choices=_FORMATS, widget=forms.RadioSelect, label="Kind of file")
    bom = forms.BooleanField(
        required=False,
        label="Mark the CSV as UTF-8 for Excel",
        help_text="Only if you open the CSV in Excel by double-click; some programs stumble over the mark.",
    )
