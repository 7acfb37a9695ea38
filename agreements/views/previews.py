"""How an import's counts and entries are shown: which sections, in which words, with which rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from django.urls import reverse

from agreements.choices import AgencyType, ImportState, Status, SupportModel
from agreements.models import Agency, Agreement
from agreements.selectors.imports import LastPrint
from agreements.views.evidence import Value, values_of
from agreements.wording import RuleText, explain_entry, field_label

__all__ = [
    "SECTION_ROWS",
    "STATE_BADGES",
    "Count",
    "Entry",
    "FieldDiff",
    "Section",
    "agency_keys_in",
    "apply_label",
    "choose",
    "count_words",
    "counts_of",
    "county_codes_in",
    "keys_in",
    "sections_of",
    "unprinted",
]

SECTION_ROWS: Final = 50

STATE_BADGES: Final[Mapping[ImportState, tuple[str, str]]] = {
    ImportState.PREVIEWED: ("badge--pending", "visibility"),
    ImportState.APPLIED: ("badge--active", "check_circle"),
    ImportState.KNOWN: ("badge--removed", "content_copy"),
    ImportState.REFUSED: ("badge--suspended", "error"),
    ImportState.DISCARDED: ("badge--removed", "close"),
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A section of the preview; `key` is the entries' kind. `short`: as in "31 added, 2 missing"."""

    key: str
    title: str
    short: str
    note: str
    one: str = ""  # the words for exactly one, where they differ


KINDS: Final = (
    Kind("added", "Added", "added", "Agreements that no participating list before printed."),
    Kind("changed", "Changed", "changed", "Corrections: a cell of an agreement that goes on differs."),
    Kind("renamed", "Renamed", "renamed", "An agency under another name. The history keeps the old one."),
    Kind("reattributed", "Re-attributed", "re-attributed", "An agreement that moved to another agency."),
    Kind(
        "date_corrected", "Date corrected", "dates corrected",
        "One agreement, its signing date printed anew. Both dates are kept.", "date corrected",
    ),
    Kind("returned", "Returned", "returned", "Missing or removed before, and printed again."),
    Kind(
        "missing", "Missing", "missing",
        "No longer printed. They count as in force until absent from 3 lists and for 7 days.",
    ),
    Kind("removed", "Removed", "removed", "Absent long enough; ended on the first list without them."),
    Kind("superseded", "Superseded", "superseded", "A later agreement of agency and model took over."),
    Kind("pending_added", "Added to pending", "added to pending", "New on the pending list."),
    Kind("pending_left", "Left pending", "left pending", "No longer on the pending list, and not signed."),
    Kind(
        "history", "History changed", "histories changed",
        "The same status today, but other days in the past: this list lies between two known ones.",
        "history changed",
    ),
    Kind("joined", "Joined", "joined", "Agreements that are found to be one. Their references stay."),
    Kind("withdrawn", "No longer derived", "no longer derived", "The lists no longer lead to these."),
    Kind(
        "duplicates", "Duplicates", "duplicates",
        "One agreement on several rows of the list. It counts once.", "duplicate",
    ),
    Kind(
        "review", "For review", "for review",
        "Similar, but not surely the same. Nothing is merged; a person decides in the review queue.",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Count:
    key: str
    label: str
    n: int


@dataclass(frozen=True, slots=True)
class FieldDiff:
    """One field, old and new; nothing where it was empty."""

    label: str
    before: list[Value]
    after: list[Value]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a section. `href`: its agency's page, "" for one that is not in the register (yet).

    `row`: its number or numbers in the spreadsheet; `cells`: as printed.
    """

    name: str
    href: str
    state: str
    words: str
    note: str
    diffs: list[FieldDiff]
    rule: RuleText | None
    row: str
    hidden: bool
    cells: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Section:
    """`total` rows in all, `entries` those shown on this page."""

    key: str
    title: str
    note: str
    total: int
    entries: list[Entry] = field(default_factory=list)

    @property
    def is_cut(self) -> bool:
        return len(self.entries) < self.total


def counts_of(counts: Mapping[str, Any], entries: Iterable[Mapping[str, Any]] = ()) -> list[Count]:
    """What the import does, in the order of the sections. Without an entry a count may still be known."""
    seen: dict[str, int] = {}
    for entry in entries:
        seen[str(entry.get("kind"))] = seen.get(str(entry.get("kind")), 0) + 1
    numbers = [(kind, int(counts.get(kind.key, seen.get(kind.key, 0)) or 0)) for kind in KINDS]
    return [Count(kind.key, kind.one if n == 1 and kind.one else kind.short, n) for kind, n in numbers]


def count_words(counts: Mapping[str, Any], entries: Iterable[Mapping[str, Any]] = ()) -> str:
    """For example "31 added, 2 missing"; "" when nothing changes."""
    return ", ".join(f"{count.n:,} {count.label}" for count in counts_of(counts, entries) if count.n)


def apply_label(counts: Mapping[str, Any], entries: Iterable[Mapping[str, Any]] = ()) -> str:
    """The words on the button that applies."""
    return f"Apply: {count_words(counts, entries) or 'nothing changes in the register'}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows of one section that are shown, of `total`."""

    kind: Kind
    total: int
    rows: list[Mapping[str, Any]]


def choose(entries: Iterable[Mapping[str, Any]], *, whole: str = "") -> list[Chosen]:
    """Sections that have rows, each cut to SECTION_ROWS unless `whole` names it (or is "all")."""
    by_kind: dict[str, list[Mapping[str, Any]]] = {}
    for entry in entries:
        by_kind.setdefault(str(entry.get("kind")), []).append(entry)
    return [
        Chosen(kind, len(rows), rows if whole in (kind.key, "all") else rows[:SECTION_ROWS])
        for kind in KINDS
        if (rows := by_kind.get(kind.key))
    ]


def keys_in(chosen: Iterable[Chosen]) -> set[str]:
    """Keys of the agreements in the rows shown."""
    return {str(row["agreement"]) for part in chosen for row in part.rows if row.get("agreement")}


def agency_keys_in(chosen: Iterable[Chosen]) -> set[str]:
    """Keys of the agencies in the rows shown."""
    return {agency_key(key) for key in keys_in(chosen)}


def agency_key(agreement_key: str) -> str:
    """ "TX|harris county sheriff office|JEM|2025-03-01" → "TX|harris county sheriff office"."""
    return "|".join(agreement_key.split("|", 3)[:2])


def unprinted(chosen: Iterable[Chosen], agreements: Mapping[str, Agreement]) -> list[Agreement]:
    """Agreements in the rows shown of which this list has no row."""
    rows = [row for part in chosen for row in part.rows if not row.get("cells")]
    return [known for row in rows if (known := agreements.get(str(row.get("agreement") or "")))]


def county_codes_in(chosen: Iterable[Chosen]) -> set[str]:
    """FIPS codes in the rows shown."""
    return {
        str(code)
        for part in chosen
        for row in part.rows
        for side in ("before", "after")
        if (code := (row.get(side) or {}).get("county_fips"))
    }


def sections_of(
    chosen: Iterable[Chosen],
    *,
    agreements: Mapping[str, Agreement],
    agencies: Mapping[str, Agency],
    counties: Mapping[str, str],
    last_prints: Mapping[int, LastPrint],
) -> list[Section]:
    """What the page shows. Agreements and agencies by key, those the person may see; counties by code."""
    known = Known(agreements, agencies, counties, last_prints)
    return [
        Section(
            part.kind.key,
            part.kind.title,
            part.kind.note,
            part.total,
            [_entry(row, known) for row in part.rows],
        )
        for part in chosen
    ]


@dataclass(frozen=True, slots=True)
class Known:
    """What of the register the rows may name."""

    agreements: Mapping[str, Agreement]
    agencies: Mapping[str, Agency]
    counties: Mapping[str, str]
    last_prints: Mapping[int, LastPrint]

    def last_print(self, entry: Mapping[str, Any]) -> LastPrint | None:
        """For an entry that this list does not print: the row that printed it last."""
        agreement = self.agreements.get(str(entry.get("agreement") or ""))
        printed = entry.get("cells") or entry.get("kind") in NOTED
        return None if printed or agreement is None else self.last_prints.get(agreement.pk)

    def agency(self, agreement_key: str) -> Agency | None:
        agreement = self.agreements.get(agreement_key)
        return agreement.agency if agreement else self.agencies.get(agency_key(agreement_key))


def _entry(entry: Mapping[str, Any], known: Known) -> Entry:
    agency = known.agency(str(entry.get("agreement") or ""))
    before, after = entry.get("before") or {}, entry.get("after") or {}
    loose = entry.get("kind") in NOTED  # its fields are a sentence, not old and new values
    last = known.last_print(entry)
    rows = entry.get("rows") or ([entry["row"]] if entry.get("row") else [])
    return Entry(
        name=str(agency.name if agency and loose else entry.get("agency") or "Agency not printed"),
        href=reverse("agreements:agency_detail", args=[agency.ref]) if agency else "",
        state=str(entry.get("state") or ""),
        words=_agreement_words(entry),
        note=NOTED[str(entry["kind"])](before, after) if loose else "",
        # What is new has no old value; its name, model and date stand beside it already.
        diffs=[] if loose or entry.get("kind") in NEW else _diffs(before, after, known.counties),
        rule=explain_entry(str(entry.get("kind")), str(entry.get("rule") or "")),
        row=f"{last.row_number} of the {last.where}" if last else ", ".join(str(number) for number in rows),
        hidden=bool(entry.get("hidden")),
        cells=_cells(last.cells if last else entry.get("cells") or {}),
    )


def _duplicate_note(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    if after.get("identical") == "yes":
        return "The rows are the same agreement, printed twice."
    return "The same agreement under two spellings; it is reported, not merged."


def _review_note(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    return f"{before.get('left', '')} and {after.get('right', '')}"


NEW: Final = frozenset({"added", "pending_added"})
NOTED: Final = {"duplicates": _duplicate_note, "review": _review_note}


def _agreement_words(entry: Mapping[str, Any]) -> str:
    """Model and signing date, as far as they are known: "Task Force Model, 2025-03-01"."""
    model = str(entry.get("model") or "")
    label = str(SupportModel(model).label) if model in SupportModel.values else model
    parts = str(entry.get("agreement") or "").split("|", 3)
    signed = parts[3] if len(parts) == 4 else ""
    return ", ".join(part for part in (label, signed) if part)


def _diffs(
    before: Mapping[str, Any], after: Mapping[str, Any], counties: Mapping[str, str]
) -> list[FieldDiff]:
    names = [*before, *(name for name in after if name not in before)]
    found = []
    for name in names:
        old, new = (_value(name, side.get(name), counties) for side in (before, after))
        if old != new:
            found.append(FieldDiff(field_label(name), _shown(name, old), _shown(name, new)))
    return found


def _shown(name: str, text: str) -> list[Value]:
    if name in {"moa_url", "addendum_url", "addendum_urls"}:
        return values_of(text.split())
    return [Value(text)] if text else []


def _value(name: str, value: Any, counties: Mapping[str, str]) -> str:
    """A stored value in words."""
    text = "" if value is None else str(value)
    if name == "county_fips":
        return counties.get(text, text)
    if name == "status" and text in Status.values:
        return str(Status(text).label)
    if name == "agency_type" and text in AgencyType.values:
        return str(AgencyType(text).label)
    if name == "spans":
        return "; ".join(_span_words(part) for part in text.split())
    return text


def _span_words(span: str) -> str:
    """ "active:2025-03-01..2025-04-02" → "Active 2025-03-01 to 2025-04-02"."""
    status, _, days = span.partition(":")
    begins, _, ends = days.partition("..")
    label = Status(status).label if status in Status.values else status
    return f"{label} {begins} to {ends}" if ends else f"{label} since {begins}"


def _cells(cells: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The row as printed: label and verbatim text; cells that the list does not have are left out."""
    found: list[tuple[str, str]] = []
    for name, value in cells.items():
        if name == "signed_is_date" or value is None:
            continue
        if name == "extra":
            found.extend((str(header), str(text)) for header, text in value)
        elif value or not name.endswith("_url"):
            found.append((field_label(name), str(value)))
    return found
