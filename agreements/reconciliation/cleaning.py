"""What the cells of a row are taken for (docs/reconciliation.md, "Clean in this order").

Everything here is a function of the row and the geography alone, so results can be kept by digest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import DamerauLevenshtein

from oversight.exchange.workbooks import serial_date

from .links import unarchived
from .names import canonical, fold_apostrophes, squash
from .types import PENDING, CleanRow, County, Geography, PrintedRow

FIRST_YEAR, LAST_YEAR = 2000, 2099
_EARLIEST = date(FIRST_YEAR, 1, 1)
_NOTHING = frozenset({"", "#n/a", "#na", "n/a", "na", "none", "-", "--", "tbd"})

_MODELS = {
    "jail enforcement model": "JEM",
    "jail enforcement": "JEM",
    "jem": "JEM",
    "warrant service officer": "WSO",
    "warrant service officer model": "WSO",
    "wso": "WSO",
    "task force model": "TFM",
    "task force officer": "TFM",
    "task force": "TFM",
    "tfm": "TFM",
    "joint": "JOINT",
    "joint model": "JOINT",
    "jail and task force": "JOINT",
    "jail & task force": "JOINT",
    "jail/task force": "JOINT",
}
_TYPES = ("county", "municipal", "state")


def edit_distance(left: str, right: str, limit: int) -> int:
    """Edits (a swap of neighbors counts as one) between two texts; limit + 1 when more."""
    return DamerauLevenshtein.distance(left, right, score_cutoff=limit)


@lru_cache(maxsize=4096)
def model_of(text: str) -> tuple[str, bool]:
    """(JEM, WSO, TFM, JOINT or "", whether it was guessed)."""
    name = squash(text).lower()
    if name in _MODELS:
        return _MODELS[name], False
    if "jail" in name and "task" in name:
        return "JOINT", True
    near = sorted(
        (edit_distance(name, known, 2), model) for known, model in _MODELS.items() if len(known) > 5
    )
    if near and near[0][0] <= 2:
        return near[0][1], True
    return "", False


@lru_cache(maxsize=4096)
def type_of(text: str) -> tuple[str, bool]:
    """(county, municipal, state or "", whether it was guessed)."""
    name = squash(text).lower()
    if name in _NOTHING:
        return "", False
    for known in _TYPES:
        if name.startswith(known):
            return known, False
    if edit_distance(name, "municipality", 2) <= 2:
        return "municipal", True
    return next(((known, True) for known in _TYPES if edit_distance(name, known, 2) <= 2), ("", False))


_SLASHED = re.compile(r"^(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{2,5})$")
_GLUED_DAY = re.compile(r"^(\d{1,2})[/.-](\d{1,2})(\d{4})$")
_GLUED_MONTH = re.compile(r"^(\d{2})(\d{2})[/.-]?(\d{4})$")
_ISO = re.compile(r"^(\d{4,5})-(\d{1,2})-(\d{1,2})(?:[T ].*)?$")
_SERIAL = re.compile(r"^\d{5,7}$")
_WORDY = ("%B %d, %Y", "%b %d, %Y", "%B %d %Y", "%b %d %Y", "%d %B %Y", "%d %b %Y", "%d-%b-%Y", "%d-%b-%y")


class DateReading(NamedTuple):
    day: date | None
    repaired_year: bool


def _year(text: str) -> tuple[int | None, bool]:
    """A plausible year, and whether it had to be repaired: 25 and 5025 are 2025, 20026 is 2026."""
    if len(text) == 2:
        return 2000 + int(text), False
    year = int(text)
    if FIRST_YEAR <= year <= LAST_YEAR:
        return year, False
    if len(text) == 4 and text[1] == "0":
        return 2000 + int(text[1:]), True  # the millennium is the slip
    if len(text) == 5:
        doubled = {int(text[:i] + text[i + 1 :]) for i in range(4) if text[i] == text[i + 1]}
        plausible = [year for year in doubled if FIRST_YEAR <= year <= LAST_YEAR]
        if len(plausible) == 1:
            return plausible[0], True
    return None, True


def _build(year_text: str, month: str, day: str) -> DateReading:
    year, repaired = _year(year_text)
    if year is None:
        return DateReading(None, repaired)
    try:
        return DateReading(date(year, int(month), int(day)), repaired)
    except ValueError:
        return DateReading(None, repaired)


@lru_cache(maxsize=16384)
def date_of(text: str) -> DateReading:
    """The signing date a text means; None when it cannot be told. Month before day, as ICE prints."""
    text = squash(text)
    if match := _ISO.match(text):
        return _build(match[1], match[2], match[3])
    if match := _SLASHED.match(text):
        return _build(match[3], match[1], match[2])
    for pattern in (_GLUED_DAY, _GLUED_MONTH):
        if match := pattern.match(text):
            return _build(match[3], match[1], match[2])
    if _SERIAL.match(text):
        day = serial_date(int(text))
        return _build(f"{day.year}", f"{day.month}", f"{day.day}") if day else DateReading(None, False)
    for form in _WORDY:
        try:
            day = datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
        return _build(f"{day.year}", f"{day.month}", f"{day.day}")
    return DateReading(None, False)


_COUNTY_WORDS = re.compile(
    r"\b(county|parish|borough|municipality|municipio|census area|city and borough|district|island"
    r"|countey|couny|conty)\b"
)
_OWN_COUNTY = re.compile(r"([a-z0-9 .'-]+?)\s+(?:county|parish)\b")


@lru_cache(maxsize=16384)
def county_key(text: str) -> str:
    """A county's name without type word, saints spelled out, letters only: "De Kalb County" is "dekalb"."""
    words = fold_apostrophes(squash(text)).lower().replace("'", "").replace(".", " ")
    words = re.sub(r"\bsainte?\b|\bste?\b", "saint", words)
    words = _COUNTY_WORDS.sub(" ", words)
    return re.sub(r"[^a-zñáéíóú]", "", words)


class _Lookup:
    """Tables over one geography, built once."""

    def __init__(self, geography: Geography) -> None:
        self.states = {name.upper(): code for code, name in geography.states.items()}
        self.states.update({code: code for code in geography.states})
        self.states["CNMI"] = "MP"
        self.names = dict(geography.states)
        self.neighbors = geography.neighbors
        self.counties: dict[str, dict[str, County]] = {}
        self.anywhere: dict[str, set[str]] = {}
        for state, counties in geography.counties.items():
            table: dict[str, County] = {}
            for county in counties:
                key = county_key(county.name)
                if county.name.lower().endswith(" city") and key.endswith("city"):
                    table.setdefault(key, county)
                    table.setdefault(key.removesuffix("city"), county)
                else:
                    table[key] = county  # a county wins over an independent city of its name
                self.anywhere.setdefault(key, set()).add(state)
            self.counties[state] = table
        self.state_cache: dict[str, tuple[str, bool]] = {}
        self.county_cache: dict[tuple[str, str], tuple[str, str]] = {}
        self.own_cache: dict[tuple[str, str], str] = {}

    def state(self, text: str) -> tuple[str, bool]:
        """(postal code or "", whether it is a typo of it)."""
        if text not in self.state_cache:
            self.state_cache[text] = self._state(squash(text).upper())
        return self.state_cache[text]

    def _state(self, name: str) -> tuple[str, bool]:
        if name in self.states:
            return self.states[name], False
        near = [
            (edit_distance(name, known, 2), code) for known, code in self.states.items() if len(known) > 3
        ]
        near = sorted(pair for pair in near if pair[0] <= 2)
        if near and (len(near) == 1 or near[0][0] < near[1][0]):
            return near[0][1], True
        return "", False

    def county(self, state: str, text: str) -> tuple[str, str]:
        """(FIPS or "", flag or "")."""
        key = (state, text)
        if key not in self.county_cache:
            self.county_cache[key] = self._county(state, text)
        return self.county_cache[key]

    def _county(self, state: str, text: str) -> tuple[str, str]:  # noqa: PLR0911
        table = self.counties.get(state, {})
        if len(set(table.values())) == 1:
            return next(iter(table.values())).fips, ""  # Guam is one county
        if squash(text).lower() in _NOTHING or not (key := county_key(text)):
            return "", ""
        exact = squash(text).lower()
        for county in table.values():
            if county.name.lower() == exact:
                return county.fips, ""
        if key in table:
            return table[key].fips, ""
        limit = 1 if len(key) <= 5 else 2
        near = sorted(  # slips hit the first letter least
            (edit_distance(key, known, limit), county.fips)
            for known, county in table.items()
            if known[0] == key[0]
        )
        elsewhere = self.anywhere.get(key, set()) - {state}
        near = [pair for pair in near if pair[0] <= (1 if elsewhere else limit)]
        if near and (len(near) == 1 or near[0][0] < near[1][0] or near[0][1] == near[1][1]):
            return near[0][1], "county_typo"
        if elsewhere & self.neighbors.get(state, frozenset()):
            return "", "county_of_adjoining_state"
        return "", "county_of_another_state" if elsewhere else "county_unknown"

    def own_county(self, state: str, name: str) -> str:
        """FIPS of the county an agency carries in its name ("X County ..."), "" when none."""
        key = (state, name)
        if key not in self.own_cache:
            self.own_cache[key] = self._own_county(state, name)
        return self.own_cache[key]

    def _own_county(self, state: str, name: str) -> str:
        table = self.counties.get(state, {})
        text = re.sub(r"[^a-z0-9 .'-]", " ", fold_apostrophes(name).lower())
        text = re.sub(r"\b(county|parish) of ([a-z' .-]+?) /", r"\2 \1 ", text + " /")
        for match in _OWN_COUNTY.finditer(text):
            words = match[1].split()
            for n in range(min(4, len(words)), 0, -1):
                county = table.get(county_key(" ".join(words[-n:])))
                if county is not None and not county.name.endswith(" city"):
                    return county.fips
        return ""


_by_id: dict[int, tuple[Geography, _Lookup]] = {}


def _lookup(geography: Geography) -> _Lookup:
    # Geography holds mappings, so it cannot be hashed; identity is enough and keeps it alive.
    known = _by_id.get(id(geography))
    if known is None or known[0] is not geography:
        if len(_by_id) > 8:
            _by_id.clear()
        known = _by_id[id(geography)] = (geography, _Lookup(geography))
    return known[1]


def clean(printed: PrintedRow, geography: Geography) -> CleanRow:
    """Take a row's cells for what they mean. Never raises: what is not recognised is "" or None, flagged."""
    lookup = _lookup(geography)
    flags: list[str] = []
    state, typo = lookup.state(printed.state or "")
    if typo or not state:
        flags.append("state_typo" if typo else "state_unknown")
    model, guessed = model_of(printed.support_type or "")
    if guessed or not model:
        flags.append("model_typo" if guessed else "model_unknown")
    agency_type, guessed = type_of(printed.type or "")
    if guessed:
        flags.append("type_typo")
    name = squash(printed.agency or "")
    if not name:
        flags.append("agency_missing")
    signed_on, signed_key = _signed(printed, flags)
    county = _county(lookup, state, name, printed.county or "", flags)
    return CleanRow(
        digest=printed.digest,
        kind=printed.kind,
        state=state,
        name=name,
        canonical=canonical(name, state, lookup.names.get(state, "")),
        agency_type=agency_type,
        county_fips=county,
        model=model,
        signed_on=signed_on,
        signed_key=signed_key,
        moa_url=unarchived(printed.moa_url),
        addendum_url=unarchived(printed.addendum_url),
        flags=tuple(flags),
    )


def _signed(printed: PrintedRow, flags: list[str]) -> tuple[date | None, str]:
    """(signing date, key). A pending list has neither."""
    if printed.kind == PENDING:
        return None, ""
    text = squash(printed.signed or "")
    reading = date_of(text)
    if reading.day is None or not _EARLIEST <= reading.day <= date(LAST_YEAR, 12, 31):
        flags.append("date_unparsed")
        return None, text or "?"
    if not printed.signed_is_date:
        flags.append("date_text")
    if reading.repaired_year:
        flags.append("date_year")
    return reading.day, reading.day.isoformat()


def _county(lookup: _Lookup, state: str, name: str, text: str, flags: list[str]) -> str:
    if not state:
        return ""
    printed, flag = lookup.county(state, text)
    if flag:
        flags.append(flag)
    own = lookup.own_county(state, name)
    if own and own != printed:
        if printed or flag:
            flags.append("county_from_name")
        return own
    return printed


def summarize_flags(rows: Mapping[str, CleanRow]) -> dict[str, int]:
    """How often each flag stands in the rows; for previews and logs."""
    counts: dict[str, int] = {}
    for row in rows.values():
        for flag in row.flags:
            counts[flag] = counts.get(flag, 0) + 1
    return counts
