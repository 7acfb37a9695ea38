"""The register as files: `manage.py export observations|agencies|agreements` (docs/exports.md)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, TypeVar

from django.db.models import (
    CharField,
    Count,
    F,
    Func,
    Max,
    Min,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
)
from django.db.models.functions import Cast, Coalesce, Concat, Left

from agreements.models import Addendum, Agency, Agreement, Observation, PublicationFile
from oversight.access.scope import visible_to
from oversight.exchange.columns import Column, Kind
from oversight.exchange.exports import Export, ExportContext, ListedRows, QueryRows, register_export

__all__ = ["AGENCIES", "AGREEMENTS", "OBSERVATIONS", "register_exports"]

M = TypeVar("M", bound=Model)
TEXT = CharField()


def _seen(queryset: QuerySet[M], context: ExportContext) -> QuerySet[M]:
    """What the actor may see; everything for the command at the console."""
    return queryset if context.actor.user is None else visible_to(queryset, context.actor.user)


class _CellText(Func):
    """A cell of a printed row as text; NULL where the list has no such cell (Django's own key transform
    makes that the text "null" on SQLite)."""

    function = "JSON_EXTRACT"
    output_field = TextField()

    def __init__(self, cell: str) -> None:
        super().__init__("printed_row__cells", Value(f"$.{cell}"))

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "(jsonb_path_query_first(%(expressions)s::jsonpath) #>> ARRAY[]::text[])"
        return self.as_sql(compiler, connection, template=template, **context)


# --- observations -----------------------------------------------------------------------------------------
_CELLS = ("state", "agency", "type", "county", "support_type", "signed", "moa_url")
_OBSERVATION_COLUMNS = (
    Column("publication"),
    Column("file"),
    Column("row", Kind.INT),
    *(Column(cell) for cell in _CELLS),
    Column("agency_ref"),
    Column("agreement_ref"),
    Column("rule"),
)


def _observations(context: ExportContext) -> QueryRows:
    """Every printed row as it stands in the list: raw cells, and what they were taken for."""
    rows = _seen(Observation.objects.all(), context)
    if context.as_of is not None:
        rows = rows.filter(publication__published_on__lte=context.as_of)
    files = PublicationFile.objects.filter(publication=OuterRef("publication_id"))
    taken_for = "printed_row__agreement__"
    queryset = rows.annotate(
        out_publication=Concat(
            "publication__kind",
            Value("-"),
            Cast("publication__published_on", TEXT),
            Value("-"),
            Left("publication__content_digest", 8),
            output_field=TEXT,
        ),
        out_file=Subquery(files.order_by("ordered_at", "file_name").values("file_name")[:1]),
        out_agency=Coalesce(f"{taken_for}agency__merged_into__ref", f"{taken_for}agency__ref"),
        out_agreement=Coalesce(f"{taken_for}merged_into__ref", f"{taken_for}ref"),
        **{f"out_cell_{cell}": _CellText(cell) for cell in _CELLS},
    ).order_by("publication__ordered_at", "publication__content_digest", "row_number")
    fields = (
        "out_publication",
        "out_file",
        "row_number",
        *(f"out_cell_{cell}" for cell in _CELLS),
        "out_agency",
        "out_agreement",
        "printed_row__rule",
    )
    return QueryRows(queryset, fields)


OBSERVATIONS = Export(
    name="observations",
    title="Rows of the published lists, and what they were taken for",
    action="records.view",
    columns=lambda context: _OBSERVATION_COLUMNS,
    rows=_observations,
    takes_as_of=True,
)

# --- agencies ---------------------------------------------------------------------------------------------
_AGENCY_FIELDS = (
    (Column("ref"), "ref"),
    (Column("key"), "out_key"),
    (Column("name"), "name"),
    (Column("state"), "state_id"),
    (Column("agency_type"), "agency_type"),
    (Column("county_fips"), "county_id"),
    (Column("county"), "county__name"),
    (Column("ever_participating", Kind.BOOL), "ever_participating"),
    (Column("agreements", Kind.INT), "out_agreements"),
    (Column("first_list_on", Kind.DATE), "out_first"),
    (Column("last_list_on", Kind.DATE), "out_last"),
    (Column("synthetic", Kind.BOOL), "is_synthetic"),
)
_MERGED = Column("merged_refs")


def _agency_queryset(context: ExportContext) -> QuerySet[Agency]:
    standing = Q(agreements__merged_into__isnull=True)
    return (
        _seen(Agency.objects.current(), context)
        .annotate(
            out_key=Concat("key_state", Value("|"), "key_name", output_field=TEXT),
            out_agreements=Count("agreements", filter=standing),
            out_first=Min("agreements__first_publication__published_on", filter=standing),
            out_last=Max("agreements__last_publication__published_on", filter=standing),
        )
        .order_by("ref")
    )


def _agencies(context: ExportContext) -> ListedRows:
    queryset = _agency_queryset(context)

    def rows() -> Iterator[tuple[Any, ...]]:
        doubles = _texts_by(Agency.objects.filter(merged_into__isnull=False), "merged_into", "ref")
        paths = [path for _, path in _AGENCY_FIELDS]
        for pk, *values in queryset.values_list("pk", *paths).iterator(chunk_size=2000):
            yield (*values, doubles.get(pk, ""))

    return ListedRows(rows, queryset.count)


AGENCIES = Export(
    name="agencies",
    title="Agencies",
    action="records.view",
    columns=lambda context: (*(column for column, _ in _AGENCY_FIELDS), _MERGED),
    rows=_agencies,
)

# --- agreements -------------------------------------------------------------------------------------------
_AGREEMENT_FIELDS = (
    (Column("ref"), "ref"),
    (Column("key"), "key"),
    (Column("agency_ref"), "out_agency"),
    (Column("agency_name"), "agency__name"),
    (Column("state"), "agency__state_id"),
    (Column("county"), "agency__county__name"),
    (Column("agency_type"), "agency__agency_type"),
    (Column("model"), "model"),
    (Column("signed_on", Kind.DATE), "signed_on"),
    (Column("first_printed_on", Kind.DATE), "first_printed_on"),
    (Column("signed_text"), "signed_text"),
    (Column("status"), "status"),
    (Column("status_on", Kind.DATE), "status_on"),
    (Column("list_status"), "list_status"),
    (Column("ever_participating", Kind.BOOL), "ever_participating"),
    (Column("first_list_on", Kind.DATE), "first_publication__published_on"),
    (Column("last_list_on", Kind.DATE), "last_publication__published_on"),
    (Column("superseded_by"), "superseded_by__ref"),
    (Column("moa_url"), "moa_url"),
    (Column("review_due_on", Kind.DATE), "review_due_on"),
    (Column("expires_on", Kind.DATE), "expires_on"),
    (Column("synthetic", Kind.BOOL), "is_synthetic"),
)
_ADDENDA = Column("addendum_urls")


def _agreements(context: ExportContext) -> ListedRows:
    queryset = (
        _seen(Agreement.objects.current(), context)
        .annotate(out_agency=Coalesce("agency__merged_into__ref", "agency__ref"))
        .order_by("ref")
    )

    def rows() -> Iterator[tuple[Any, ...]]:
        doubles = _texts_by(Agreement.objects.filter(merged_into__isnull=False), "merged_into", "ref")
        addenda = _texts_by(Addendum.objects.all(), "agreement", "url")
        paths = [path for _, path in _AGREEMENT_FIELDS]
        for pk, *values in queryset.values_list("pk", *paths).iterator(chunk_size=2000):
            yield (*values, addenda.get(pk, ""), doubles.get(pk, ""))

    return ListedRows(rows, queryset.count)


def _texts_by(queryset: QuerySet[Any, Any], owner: str, text: str) -> dict[int, str]:
    """Owner's id → its few texts, sorted, with blanks between (references and addresses hold none)."""
    texts: dict[int, list[str]] = defaultdict(list)
    for key, value in queryset.annotate(_owner=F(owner)).values_list("_owner", text):
        texts[key].append(value)
    return {key: " ".join(sorted(values)) for key, values in texts.items()}


AGREEMENTS = Export(
    name="agreements",
    title="Agreements",
    action="records.view",
    columns=lambda context: (*(column for column, _ in _AGREEMENT_FIELDS), _ADDENDA, _MERGED),
    rows=_agreements,
)


def register_exports() -> None:
    """Called once, when the app is ready."""
    for export in (OBSERVATIONS, AGENCIES, AGREEMENTS):
        register_export(export)
