"""States, territories and counties that a list may name."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

from .types import County, Geography

# Land borders (a bridge or a point counts). Territories, Alaska and Hawaii adjoin nothing.
_BORDERS = """
AL FL GA MS TN|AZ CA CO NM NV UT|AR LA MO MS OK TN TX|CA AZ NV OR|CO AZ KS NE NM OK UT WY|CT MA NY RI|DC MD VA
DE MD NJ PA|FL AL GA
GA AL FL NC SC TN|ID MT NV OR UT WA WY|IL IA IN KY MO WI|IN IL KY MI OH|IA IL MN MO NE SD WI
KS CO MO NE OK|KY IL IN MO OH TN VA WV|LA AR MS TX|ME NH|MD DC DE PA VA WV|MA CT NH NY RI VT|MI IN OH WI
MN IA ND SD WI|MS AL AR LA TN|MO AR IA IL KS KY NE OK TN|MT ID ND SD WY|NE CO IA KS MO SD WY|NV AZ CA ID OR UT
NH MA ME VT|NJ DE NY PA|NM AZ CO OK TX UT|NY CT MA NJ PA VT|NC GA SC TN VA|ND MN MT SD|OH IN KY MI PA WV
OK AR CO KS MO NM TX|OR CA ID NV WA|PA DE MD NJ NY OH WV|RI CT MA|SC GA NC|SD IA MN MT ND NE WY
TN AL AR GA KY MO MS NC VA|TX AR LA NM OK|UT AZ CO ID NM NV WY|VT MA NH NY|VA DC KY MD NC TN WV|WA ID OR
WV KY MD OH PA VA|WI IA IL MI MN|WY CO ID MT NE SD UT
"""


def adjoining_states() -> dict[str, frozenset[str]]:
    """Postal code -> adjoining postal codes; symmetric."""
    lines = [line.split() for line in _BORDERS.replace("\n", "|").split("|") if line.strip()]
    return {line[0]: frozenset(line[1:]) for line in lines}


_TERRITORIES = {
    "AS": "American Samoa",
    "GU": "Guam",
    "MP": "Northern Mariana Islands",
    "PR": "Puerto Rico",
    "VI": "U.S. Virgin Islands",
}


def geography_from_csv(path: Path | str) -> Geography:
    """Read columns state, state_name, county_fips, county, latitude, longitude (UTF-8)."""
    states: dict[str, str] = dict(_TERRITORIES)
    counties: defaultdict[str, list[County]] = defaultdict(list)
    with open(path, encoding="utf-8-sig", newline="") as file:
        for line in csv.DictReader(file):
            states[line["state"]] = line["state_name"]
            place = [float(line[name]) if line.get(name) else None for name in ("latitude", "longitude")]
            counties[line["state"]].append(County(line["state"], line["county_fips"], line["county"], *place))
    borders = adjoining_states()
    return Geography(
        states=states,
        counties={state: tuple(found) for state, found in counties.items()},
        neighbors={state: borders.get(state, frozenset()) for state in states},
    )
