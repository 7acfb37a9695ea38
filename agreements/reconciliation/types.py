"""The words of list reconciliation as plain values.

Everything in this package is pure: it takes values and returns values, touches no database and no
clock. ``agreements.services`` stores what it returns. See docs/reconciliation.md for the rules.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from oversight.exchange.workbooks import Refused as Refused  # noqa: PLC0414 - part of these words, too

PARTICIPATING = "participating"
PENDING = "pending"


@dataclass(frozen=True, slots=True)
class Parameters:
    """Numbers of the rules. They come from dated rows in the database; these are the seed values."""

    missing_lists: int = 3  # absent from at least so many lists ...
    missing_days: int = 7  # ... and so many days, before an exit is believed
    superseded_days: int = 60
    minimum_rows_share: float = 0.70
    file_date_tolerance_days: int = 7
    date_near_days: int = 30
    date_unlinked_days: int = 90


@dataclass(frozen=True, slots=True)
class County:
    state: str  # postal code, "TX"
    fips: str  # five digits, "48201"
    name: str  # "Harris County"
    latitude: float | None = None
    longitude: float | None = None


@dataclass(frozen=True, slots=True)
class Geography:
    """The states, territories and counties that a list may name."""

    states: Mapping[str, str]  # postal code -> name
    counties: Mapping[str, tuple[County, ...]]  # postal code -> counties
    neighbors: Mapping[str, frozenset[str]]  # postal code -> adjoining postal codes


@dataclass(frozen=True, slots=True)
class PrintedRow:
    """The cells of one row, verbatim, with link targets unwrapped. Equal rows are one value.

    `signed` is ISO `YYYY-MM-DD` for a date cell (then `signed_is_date`), else the text as printed.
    A cell that the list does not have is None; an empty one is "".
    """

    kind: str
    state: str | None
    agency: str | None
    type: str | None
    county: str | None
    support_type: str | None
    signed: str | None
    signed_is_date: bool
    moa: str | None
    moa_url: str
    addendum: str | None
    addendum_url: str
    extra: tuple[tuple[str, str], ...] = ()  # (header or column letter, text) of columns without a role

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the cells; the identity of the content."""
        cells = (
            self.kind,
            self.state,
            self.agency,
            self.type,
            self.county,
            self.support_type,
            self.signed,
            self.signed_is_date,
            self.moa,
            self.moa_url,
            self.addendum,
            self.addendum_url,
            self.extra,
        )
        # JSON tells None from "" and escapes every separator, so no two rows share a text.
        return hashlib.sha256(json.dumps(cells, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SheetRow:
    number: int  # row number in the spreadsheet, 1-based
    hidden: bool
    printed: PrintedRow


@dataclass(frozen=True, slots=True)
class Sheet:
    """One workbook as read: no judgement yet about agencies."""

    file_name: str
    sha256: str
    size: int
    kind: str
    headers: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    modified_at: datetime | None  # dcterms:modified, aware (UTC)
    content_digest: str  # of the normalised rows as a multiset: the identity of the publication
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to tell a person about a file or a row: where, what, and what to do."""

    code: str
    message: str
    row: int | None = None
    column: str = ""
    value: str = ""
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class ListDating:
    """When a list was made, and how that was found out."""

    ordered_at: datetime  # aware; the order of publications
    day_part: int  # 0 am, 1 mid, 2 pm
    published_on: date
    basis: str  # "modified" | "stamp" | "file name"
    resaved: bool
    flags: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class CleanRow:
    """What the cells of a PrintedRow were taken for."""

    digest: str
    kind: str
    state: str  # postal code, "" when not recognised
    name: str  # squashed for display
    canonical: str  # for matching, never for display
    agency_type: str  # AgencyType value or ""
    county_fips: str
    model: str  # SupportModel value or ""
    signed_on: date | None
    signed_key: str  # ISO date, or the squashed text when it does not parse, "" on pending lists
    moa_url: str
    addendum_url: str
    flags: tuple[str, ...] = ()  # codes, e.g. "state_typo", "county_from_name", "date_text"


AgencyKey = tuple[str, str]  # (state, canonical name)
ListingKey = tuple[str, str, str, str]  # (state, canonical name, model, signed_key); signed_key "" = pending


@dataclass(frozen=True, slots=True)
class ListInfo:
    """A publication as the derivation needs it. Sequence = position in the ordered input of its kind."""

    digest: str
    kind: str
    published_on: date
    rows: tuple[str, ...]  # digests of PrintedRow, one per row, in file order, duplicates kept


class VerdictKind(StrEnum):
    SAME = "same"
    DISTINCT = "distinct"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A person's word about two agencies or two listings. It beats every tier."""

    kind: VerdictKind
    left: AgencyKey | ListingKey
    right: AgencyKey | ListingKey


class Rule(StrEnum):
    """Why a printed row, or a pair of keys, was taken for what it is."""

    CANONICAL = "canonical_name"  # tier 2
    VERDICT = "verdict"  # tier 1
    TYPO = "typo"  # tier 3
    MODIFIER = "modifier"  # tier 4
    RENAME = "rename"  # tier 5
    RELABEL = "relabel"  # tier 6
    STATE_SLIP = "state_slip"  # tier 7
    DATE_CORRECTION = "date_correction"  # tier 8
    PENDING_TO_ACTIVE = "pending_to_active"
    REATTRIBUTION = "reattribution"  # two agencies by their names, one agreement that passed on
    UNPARSED = "unparsed"


@dataclass(frozen=True, slots=True)
class Link:
    """A conclusion: two keys are one thing. Or, in `proposals`, a question for a person."""

    rule: Rule
    left: AgencyKey | ListingKey  # the earlier or more frequent
    right: AgencyKey | ListingKey
    evidence: Mapping[str, object] = field(default_factory=dict, hash=False)  # JSON-ready
    list_digest: str = ""  # the publication on which it shows


class Status(StrEnum):
    """What lists can say about an agreement. (Staff statements know more; see choices.)"""

    PENDING = "pending"
    ACTIVE = "active"
    MISSING = "missing"
    REMOVED = "removed"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Span:
    """A status over [begins_on, ends_on); `ends_on` None = still."""

    status: Status
    begins_on: date
    ends_on: date | None
    list_digest: str  # the publication on which it begins


@dataclass(frozen=True, slots=True)
class NameSpan:
    name: str
    first_list: str  # digest
    last_list: str


@dataclass(frozen=True, slots=True)
class AgencyState:
    keys: tuple[AgencyKey, ...]  # sorted; what was joined
    state: str
    name: str  # as last printed
    names: tuple[NameSpan, ...]  # every spelling, in order of first print
    agency_type: str
    county_fips: str
    ever_participating: bool


@dataclass(frozen=True, slots=True)
class AgreementState:
    keys: tuple[ListingKey, ...]  # sorted
    agency: int  # index into Register.agencies
    model: str
    first_printed_on: date | None  # signing date first printed
    signed_on: date | None  # signing date as now printed
    signed_text: str  # when it does not parse
    moa_url: str
    addendum_urls: tuple[str, ...]
    spans: tuple[Span, ...]
    status: Status  # of the last span
    first_list: str
    last_list: str  # last list that printed it
    superseded_by: int | None  # index into Register.agreements
    ever_participating: bool
    previous_agencies: tuple[tuple[int, str], ...] = ()  # (agency index, last list) of re-attributions
    moa_linked_on: date | None = None  # day of the first list that links an MOA


@dataclass(frozen=True, slots=True)
class Duplicate:
    list_digest: str
    rows: tuple[int, ...]  # indexes into ListInfo.rows
    listing: ListingKey
    identical: bool  # False: under two spellings


class ChangeKind(StrEnum):
    ADDED = "added"
    RETURNED = "returned"
    CHANGED = "changed"  # a field: MOA link, addendum, county, type, respelled name
    RENAMED = "renamed"
    REATTRIBUTED = "reattributed"
    DATE_CORRECTED = "date_corrected"
    MISSING = "missing"
    REMOVED = "removed"
    SUPERSEDED = "superseded"
    PENDING_ADDED = "pending_added"
    PENDING_LEFT = "pending_left"


@dataclass(frozen=True, slots=True)
class Change:
    """What one list changed, compared with the list before it. Dated by that list."""

    kind: ChangeKind
    list_digest: str
    agency: int | None
    agreement: int | None
    rule: str
    before: Mapping[str, str] = field(default_factory=dict, hash=False)
    after: Mapping[str, str] = field(default_factory=dict, hash=False)
    row_digest: str = ""


@dataclass(frozen=True, slots=True)
class Attribution:
    """What a printed row was taken for."""

    listing: ListingKey
    agreement: int
    rule: Rule


@dataclass(frozen=True, slots=True)
class Register:
    """All that the lists say, derived from nothing but lists and verdicts."""

    agencies: tuple[AgencyState, ...]
    agreements: tuple[AgreementState, ...]
    attributions: Mapping[str, Attribution]  # by PrintedRow digest
    links: tuple[Link, ...]
    proposals: tuple[Link, ...]
    duplicates: tuple[Duplicate, ...]
    changes: tuple[Change, ...]
    hash: str  # canonical, without internal ids, independent of the order of import


@dataclass(frozen=True, slots=True)
class DeriveInput:
    lists: Sequence[ListInfo]  # ordered
    rows: Mapping[str, CleanRow]  # by digest
    verdicts: Sequence[Verdict]
    geography: Geography
    parameters: Parameters
