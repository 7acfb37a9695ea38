"""Days inside a query equal Python's, on either database."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db.models import DateField, F, IntegerField, Value
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oversight.periods.models import Holiday
from oversight.periods.sql import AddDays, DaysBetween

DAYS = st.dates(dt.date(1996, 1, 1), dt.date(2100, 1, 1))


@pytest.mark.django_db
@given(first=DAYS, end=DAYS, days=st.integers(-1000, 1000))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_days_are_counted_and_added_as_python_does(first, end, days) -> None:
    row = Holiday.objects.annotate(
        between=DaysBetween(Value(first, DateField()), Value(end, DateField())),
        after=AddDays(Value(first, DateField()), Value(days, IntegerField())),
        nothing=DaysBetween(Value(None, DateField()), F("day")),
    ).first()
    assert row is not None
    assert (row.between, row.after, row.nothing) == (
        (end - first).days, first + dt.timedelta(days=days), None,
    )  # fmt: skip
