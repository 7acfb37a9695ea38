"""Agency names for matching, never for display (docs/reconciliation.md, "Canonical agency name")."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_APOSTROPHES = re.compile("['’‘‛`´ʼʹ＇]")
_SPACES = re.compile(r"[\s\u00a0\u200b\u200c\u200d\u2060\ufeff]+")
_TOKENS = re.compile(r"[a-z0-9]+")
_ORDINAL = re.compile(r"^(\d+)(?:st|nd|rd|th)$")
_GLUED = re.compile(r"^([a-z]{3,})(\d+)$")

_WORDS: dict[str, tuple[str, ...]] = {
    "st": ("saint",),
    "ste": ("sainte",),
    "ft": ("fort",),
    "mt": ("mount",),
    "co": ("county",),
    "cnty": ("county",),
    "dept": ("department",),
    "dep": ("department",),
    "depts": ("department",),
    "departments": ("department",),
    "pd": ("police", "department"),
    "twp": ("township",),
    "twnshp": ("township",),
    "boro": ("borough",),
    "univ": ("university",),
    "pct": ("precinct",),
    "prec": ("precinct",),
    "div": ("division",),
    "dist": ("district",),
    "ofc": ("office",),
    "off": ("office",),
    "atty": ("attorney",),
    "attorneys": ("attorney",),
    "comm": ("commission",),
    "govt": ("government",),
    "natl": ("national",),
    "dps": ("department", "of", "public", "safety"),
    "doc": ("department", "of", "correction"),
    "bocc": ("board", "of", "county", "commissioners"),
    "sheriffs": ("sheriff",),
    "constables": ("constable",),
    "marshals": ("marshal",),
    "corrections": ("correction",),
    "prosecutors": ("prosecutor",),
    "services": ("service",),
    "countys": ("county",),
    "the": (),
}
# After its own state's name an agency of the state goes on with one of these; a place does not
# ("Florida City", "Virginia Beach", "Oklahoma County").
_INSTITUTIONS = frozenset(
    [
        "agency",
        "alcohol",
        "attorney",
        "board",
        "bureau",
        "capitol",
        "commission",
        "correction",
        "department",
        "district",
        "division",
        "fish",
        "game",
        "gaming",
        "guard",
        "highway",
        "homeland",
        "law",
        "legislative",
        "lottery",
        "marine",
        "military",
        "national",
        "office",
        "parks",
        "parole",
        "probation",
        "public",
        "secretary",
        "state",
        "wildlife",
    ]
)
# "CassCoSheriffsOfficeMN_TFM_MOA_02.28.25.pdf": the postal code stands after the word for the body.
_FILE_STATE = re.compile(
    r"(?:offices?|dept|department|police|pd|so|sheriffs?|county|co|jail|marshals?|constables?|prison)"
    r"([a-z]{2})(?![a-z])"
)
_AGENCY_WORDS = frozenset(
    [
        "attorney",
        "constable",
        "department",
        "jail",
        "marshal",
        "office",
        "police",
        "prison",
        "safety",
        "sheriff",
    ]
)
_NOT_BEFORE_STATE = frozenset(
    [
        "of",
        "west",
        "east",
        "north",
        "south",
        "central",
        "northern",
        "southern",
        "eastern",
        "western",
        "new",
        "in",
        "at",
    ]
)
_LEADING_PLACES = frozenset(["city", "town", "village", "borough", "township", "county"])
_OWN_ABBREVIATIONS = {"MP": ("cnmi", "mp"), "DC": ("dc",)}

_MARKS = frozenset(
    [
        "first",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth",
        "fourteenth",
        "fifteenth",
        "sixteenth",
        "seventeenth",
        "eighteenth",
        "nineteenth",
        "twentieth",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "north",
        "south",
        "east",
        "west",
        "northern",
        "southern",
        "eastern",
        "western",
        "upper",
        "lower",
    ]
)
_COMMONEST = frozenset(
    [
        "and",
        "board",
        "city",
        "county",
        "department",
        "division",
        "for",
        "office",
        "officer",
        "police",
        "sheriff",
        "state",
        "town",
        "township",
    ]
)

# Words that say what an agency is, not which one.
GENERIC = frozenset(
    [
        "a",
        "an",
        "and",
        "at",
        "authority",
        "board",
        "borough",
        "bureau",
        "center",
        "city",
        "commission",
        "commissioners",
        "constable",
        "correction",
        "corrections",
        "county",
        "department",
        "detention",
        "district",
        "division",
        "enforcement",
        "facility",
        "for",
        "in",
        "jail",
        "law",
        "marshal",
        "municipal",
        "of",
        "office",
        "parish",
        "police",
        "precinct",
        "public",
        "regional",
        "safety",
        "service",
        "sheriff",
        "state",
        "task",
        "force",
        "the",
        "to",
        "town",
        "township",
        "unit",
        "university",
        "village",
    ]
)


def squash(text: str) -> str:
    """White space of every kind to single spaces, none at the ends."""
    return _SPACES.sub(" ", text).strip()


def fold_apostrophes(text: str) -> str:
    return _APOSTROPHES.sub("'", text)


def _ascii(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


@lru_cache(maxsize=65536)
def canonical(name: str, state: str = "", state_name: str = "") -> str:
    """The form of an agency's name that is compared. `state`: postal code; `state_name`: "New York".

    "City of St. Cloud PD" and "Saint Cloud Police Department" come out equal.
    """
    text = _ascii(_APOSTROPHES.sub("", squash(name))).replace("&", " and ")
    shouted = text.isupper()
    words = _TOKENS.findall(text.lower().replace("(addendum)", " "))
    words = _drop_abbreviation(words, text, state, shouted)
    words = _expand(words)
    words = _drop_state_name(words, _TOKENS.findall(state_name.lower()))
    if len(words) > 2 and words[0] in _LEADING_PLACES and words[1] == "of":
        words = words[2:]
    joined = " ".join(words).replace("sheriff department", "sheriff office")
    # "Unity Township Constable" is also printed as "Unity Township Constable's Office".
    return joined.replace("constable office", "constable").replace("marshal office", "marshal")


def _drop_abbreviation(words: list[str], text: str, state: str, shouted: bool) -> list[str]:
    """Drop the own state's postal code at either end; only printed in capitals ("La" is also a word)."""
    codes = _OWN_ABBREVIATIONS.get(state, (state.lower(),)) if state else ()
    original = re.findall(r"[A-Za-z0-9]+", text)
    for code in codes:
        if len(words) > 2 and words[0] == code and not shouted and original[0].isupper():
            words = words[1:]
        if len(words) > 2 and words[-1] == code and (shouted or original[-1].isupper()):
            words = words[:-1]
    return words


def _expand(words: list[str]) -> list[str]:
    out: list[str] = []
    for position, word in enumerate(words):
        if word == "so" and position == len(words) - 1 and out:
            out += ["sheriff", "office"]
            continue
        if match := _ORDINAL.match(word):
            out.append(match[1])
            continue
        if match := _GLUED.match(word):
            out += [*_WORDS.get(match[1], (match[1],)), match[2]]
            continue
        out += _WORDS.get(word, (word,))
    return out


def _drop_state_name(words: list[str], state: list[str]) -> list[str]:
    n = len(state)
    if not n:
        return words
    if words[:n] == state and len(words) > n + 1 and words[n] in _INSTITUTIONS:
        words = words[n:]
    if (
        words[-n:] == state
        and len(words) > n + 1
        and words[-n - 1] not in _NOT_BEFORE_STATE
        and (_AGENCY_WORDS & set(words[:-n]))
    ):
        words = words[:-n]
    return words


@lru_cache(maxsize=65536)
def digits(canonical_name: str) -> tuple[str, ...]:
    """What numbers a canonical name, sorted: "Precinct 1" is never "Precinct 2", nor "Sixth" "Ninth".

    Directions count as well: East and West are two edits apart, and two towns.
    """
    words = canonical_name.split()
    return tuple(sorted(word.lstrip("0") for word in words if word.isdigit() or word in _MARKS))


@lru_cache(maxsize=65536)
def distinctive(canonical_name: str) -> frozenset[str]:
    """The words that say which agency it is: not generic, at least four letters."""
    return frozenset(word for word in canonical_name.split() if len(word) >= 4 and word not in GENERIC)


@lru_cache(maxsize=65536)
def names_file(canonical_name: str, file: str) -> bool:
    """Whether a file's name speaks of the agency: by a distinctive word, or by two abbreviated ones."""
    letters = "".join(c for c in file.lower() if c.isalpha())
    if any(word in letters for word in distinctive(canonical_name)):
        return True
    # "FloridaAgLawEnfOffice.pdf" is the Office of Agricultural Law Enforcement.
    short = {word[:3] for word in canonical_name.split() if len(word) >= 3 and word not in _COMMONEST}
    return sum(part in letters for part in short) >= 2


@lru_cache(maxsize=65536)
def places_file(canonical_name: str, state: str, file: str) -> bool:
    """Whether a file's name speaks of this agency in this state: by all its distinctive words and the code.

    `state`: postal code, "FL"; `file`: as `links.moa_file` gives it, in lower case.
    """
    letters = "".join(c for c in file if c.isalpha())
    words = distinctive(canonical_name)
    return (
        bool(words) and all(word in letters for word in words) and state.lower() in _FILE_STATE.findall(file)
    )
