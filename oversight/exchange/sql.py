"""The seam between a queryset and CSV text: every column is written as text by the database itself.

The same rendering serves `COPY` on PostgreSQL and a bare cursor on SQLite, so both give the same bytes
(tests/exchange/test_csv_bytes.py) and no row becomes a Python object.
"""

from __future__ import annotations

from typing import Any, cast

from django.db import connections
from django.db.models import F, Func, QuerySet, TextField
from django.db.models.expressions import Combinable
from django.db.models.sql.compiler import SQLCompiler

from oversight.exchange.columns import FORMULA_STARTS, Column, Kind

__all__ = ["rendered", "statement"]

# Code points of the first character, because comparing numbers is quick; an apostrophe needs a second look.
_CODES = ", ".join(str(ord(char)) for char in FORMULA_STARTS)
_FIRST = f"{_CODES}, {ord(chr(39))}"


class _Rendered(Func):
    """A column as the text that `columns.text_of` writes. An empty text is NULL, which CSV leaves out."""

    arity = 1
    output_field = TextField()

    def __init__(self, expression: Combinable, *, sqlite: str, postgresql: str) -> None:
        super().__init__(expression)
        self.templates = {"sqlite": sqlite, "postgresql": postgresql}

    def as_sql(self, compiler: SQLCompiler, connection: Any, **_: Any) -> tuple[str, Any]:  # type: ignore[override]
        inner, params = compiler.compile(self.source_expressions[0])
        template = self.templates[connection.vendor]
        # The argument stands several times in a template; so do its parameters.
        return template.replace("{}", inner), list(params) * template.count("{}")


_GUARD_SQLITE = (
    f"CASE WHEN unicode({{}}) IN ({_FIRST}) AND unicode(ltrim({{}}, '''')) IN ({_CODES}) "
    "THEN '''' || {} ELSE NULLIF({}, '') END"
)
_GUARD_POSTGRESQL = (
    f"CASE WHEN ascii({{}}) IN ({_FIRST}) AND ascii(ltrim({{}}, '''')) IN ({_CODES}) "
    "THEN '''' || {} ELSE NULLIF({}, '') END"
).replace("{}", "({})::text")


def _render(expression: Combinable, column: Column) -> _Rendered:
    kind, places = column.kind, column.places
    if kind is Kind.TEXT:
        return _Rendered(expression, sqlite=_GUARD_SQLITE, postgresql=_GUARD_POSTGRESQL)
    if kind is Kind.DATE:
        return _Rendered(
            expression, sqlite="CAST({} AS text)", postgresql="to_char(({})::date, 'YYYY-MM-DD')"
        )
    if kind is Kind.DATETIME:
        return _Rendered(
            expression,
            sqlite="substr({}, 1, 10) || 'T' || substr({}, 12, 8) || 'Z'",
            postgresql="""to_char(({}) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
        )
    if kind is Kind.INT:
        return _Rendered(expression, sqlite="CAST({} AS text)", postgresql="({})::bigint::text")
    if kind is Kind.DECIMAL:
        # printf would write an empty text for NULL as 0
        return _Rendered(
            expression,
            sqlite=f"CASE WHEN {{}} IS NULL THEN NULL ELSE printf('%%.{places}f', {{}}) END",
            postgresql=f"round(({{}})::numeric, {places})::text",
        )
    if kind is Kind.BOOL:
        whether = "CASE WHEN ({}) THEN 'true' WHEN NOT ({}) THEN 'false' END"
        return _Rendered(expression, sqlite=whether, postgresql=whether)
    raise TypeError(f"Column “{column.header}”: {kind} is for rows that Python makes.")


def rendered(
    queryset: QuerySet[Any, Any], fields: tuple[str, ...], columns: tuple[Column, ...]
) -> QuerySet[Any, Any]:
    """`queryset` as tuples of texts, in the order of `columns`, its own order kept."""
    names = [f"_out{number}" for number in range(len(columns))]
    pairs = zip(names, fields, columns, strict=True)
    texts = {name: _render(F(path), column) for name, path, column in pairs}
    return queryset.annotate(**texts).values_list(*names)


def statement(queryset: QuerySet[Any, Any]) -> str:
    """The query as one PostgreSQL statement with its parameters in place, as COPY wants it."""
    sql, params = queryset.query.sql_with_params()
    connection = connections[queryset.db]
    with connection.cursor() as cursor:
        text: bytes = cast(Any, cursor).mogrify(sql, params)
    return text.decode(connection.connection.encoding and "utf-8")
