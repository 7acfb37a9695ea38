"""The trail in plain words: verbs, field names and values as people read them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db.models import DateTimeField, Field, Model
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from oversight.trail.models import TrailEntry
from oversight.trail.references import References
from oversight.trail.selectors import field_changes

__all__ = ["Difference", "differences", "field_of", "model_of", "type_words", "verb_words"]

NONE = "none"
_ABBREVIATIONS = re.compile(r"\b(?:api|isa|moa|fips|url|id|pm)\b")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")


@dataclass(frozen=True, slots=True)
class Difference:
    """One changed field, ready to show. `None`: there was, or is, no value."""

    label: str
    before: str | None
    after: str | None


def model_of(object_type: str) -> type[Model] | None:
    """The model that an entry's `object_type` names; None when the program no longer has it."""
    try:
        return apps.get_model(object_type)
    except (LookupError, ValueError):
        return None


@lru_cache(maxsize=256)
def type_words(object_type: str) -> str:
    """ "agreements.fieldoffice" → "field office"."""
    model = model_of(object_type)
    words = str(model._meta.verbose_name) if model else object_type.rpartition(".")[2]
    return _ABBREVIATIONS.sub(lambda match: match[0].upper(), words)


def verb_words(verb: str) -> str:
    """ "agreement.status_withdrawn" → "Agreement status withdrawn"."""
    words = verb.replace(".", " ").replace("_", " ").strip()
    return _sentence(words)


def _sentence(words: str) -> str:
    text = _ABBREVIATIONS.sub(lambda match: match[0].upper(), words)
    return text[:1].upper() + text[1:]


def differences(entry: TrailEntry, references: References | None = None) -> list[Difference]:
    """What the act changed, in the order of the model's fields, in words; times in the reader's zone.
    `references` names the records that it mentions by number.

    PostgreSQL keeps no order of its own in JSON, so one is given: the same on both databases.
    """
    model = model_of(entry.object_type)
    places = {field.name: place for place, field in enumerate(model._meta.concrete_fields)} if model else {}
    shown = []
    for change in sorted(field_changes(entry), key=lambda c: (places.get(c.field, len(places)), c.field)):
        field = field_of(model, change.field)
        label = str(field.verbose_name) if field is not None else change.field.replace("_", " ")
        shown.append(
            Difference(
                label=_sentence(label),
                before=_named(references, field, change.before) or _value_words(field, change.before),
                after=_named(references, field, change.after) or _value_words(field, change.after),
            )
        )
    return shown


def field_of(model: type[Model] | None, name: str) -> Field[Any, Any] | None:
    """The model's field that an entry names; None when the program no longer has it."""
    if model is None:
        return None
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return field if isinstance(field, Field) else None


def _named(references: References | None, field: Field[Any, Any] | None, value: Any) -> str | None:
    return references.name(field, value) if references is not None else None


def _value_words(field: Field[Any, Any] | None, value: Any) -> str | None:
    if value is None or value in ("", [], {}):
        return None
    if isinstance(value, list):
        return ", ".join(_value_words(field, item) or NONE for item in value)
    if isinstance(value, Mapping):
        parts = (
            (str(key).replace("_", " "), _value_words(None, item) or NONE) for key, item in value.items()
        )
        return "; ".join(f"{name}: {text}" for name, text in parts)
    return _scalar_words(field, value)


def _scalar_words(field: Field[Any, Any] | None, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    choices: dict[Any, Any] = dict(field.flatchoices) if field is not None and field.choices else {}
    if value in choices:
        return str(choices[value])
    if isinstance(value, str) and (isinstance(field, DateTimeField) or _INSTANT.match(value)):
        return _instant_words(value)
    return str(value)


def _instant_words(value: str) -> str:
    try:
        instant = parse_datetime(value)
    except ValueError:
        return value
    if not isinstance(instant, dt.datetime):
        return value
    local = timezone.localtime(instant) if timezone.is_aware(instant) else instant
    return f"{local:%Y-%m-%d %H:%M}"
