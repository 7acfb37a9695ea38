"""Arithmetic with days inside a query, alike on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from django.db.models import DateField, Func, IntegerField

__all__ = ["AddDays", "DaysBetween"]


class DaysBetween(Func):
    """Whole days from the first date up to the second (excluded): an integer, NULL where one is NULL.

    DaysBetween("stage_on", Value(today)): the days that a stage lasts.
    """

    arity = 2
    output_field = IntegerField()
    template = "(%(expressions)s)"

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:  # type: ignore[override]
        first, first_params = compiler.compile(self.source_expressions[0])
        end, end_params = compiler.compile(self.source_expressions[1])
        return f"(({end}) - ({first}))", (*end_params, *first_params)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        first, first_params = compiler.compile(self.source_expressions[0])
        end, end_params = compiler.compile(self.source_expressions[1])
        return f"CAST(julianday({end}) - julianday({first}) AS INTEGER)", (*end_params, *first_params)


class AddDays(Func):
    """The date so many days after: AddDays("clock_on", F("policy__target_days")). NULL where one is NULL."""

    arity = 2
    output_field = DateField()

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:  # type: ignore[override]
        day, day_params = compiler.compile(self.source_expressions[0])
        days, days_params = compiler.compile(self.source_expressions[1])
        return f"(({day}) + CAST({days} AS INTEGER))", (*day_params, *days_params)

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        day, day_params = compiler.compile(self.source_expressions[0])
        days, days_params = compiler.compile(self.source_expressions[1])
        return f"date(julianday({day}) + ({days}))", (*day_params, *days_params)
