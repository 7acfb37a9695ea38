"""Uploading published lists, and taking over one that a guard refused."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from agreements.choices import ListKind
from oversight.exchange.uploads import clean_name, empty_text, too_large_text

__all__ = ["FILES_AT_ONCE", "OverrideForm", "UploadForm"]

FILES_AT_ONCE = 20
AUTO = "auto"


class MultipleFileInput(forms.FileInput):
    allow_multiple_selected = True


class MultipleFileField(forms.FileField):
    """Several files in one field; each is checked by itself, and an error names the file."""

    widget = MultipleFileInput

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """The files. Raises ValidationError."""
        files = list(data) if isinstance(data, (list, tuple)) else [data] if data else []
        if not files:
            if self.required:
                raise ValidationError(self.error_messages["required"], code="required")
            return []
        if len(files) > FILES_AT_ONCE:
            raise ValidationError(
                f"{len(files)} files at once are too many. Choose at most {FILES_AT_ONCE}; more can follow."
            )
        empty = [clean_name(file.name or "") for file in files if not file.size]
        if empty:
            raise ValidationError([empty_text(name) for name in empty])
        return files


class UploadForm(forms.Form):
    """One or several workbooks. `too_large`: names of files that were dropped while they arrived."""

    workbooks = MultipleFileField(
        label="Lists to read",
        required=False,  # `clean` asks for one, and knows of files that were dropped
        help_text="Excel workbooks (.xlsx) as ICE published them, under their own names; "
        f"up to {FILES_AT_ONCE} at once.",
        widget=MultipleFileInput(attrs={"accept": ".xlsx"}),
    )
    kind = forms.ChoiceField(
        label="Kind of list",
        choices=[
            (AUTO, "Find out from its columns"),
            *((kind.value, kind.label) for kind in ListKind),
        ],
        initial=AUTO,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, too_large: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.too_large = too_large or []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        for name in self.too_large:
            self.add_error("workbooks", too_large_text(name))
        if not self.too_large and not self.errors.get("workbooks") and not data.get("workbooks"):
            self.add_error("workbooks", "Choose at least one Excel workbook (.xlsx).")
        return data


class OverrideForm(forms.Form):
    """Why a list that is far too short, or from the future, is taken over all the same."""

    reason = forms.CharField(
        label="Why the list is right all the same",
        help_text="For example: who at ICE confirmed the list, and when. The reason stays with the list.",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Give a reason. It stays with the list for those who check it later."},
    )
