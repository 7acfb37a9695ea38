"""Reference data that every installation starts with: states, counties, field offices, parameters.

Public facts with their sources (docs/data-sources.md); kept in CSV under sample_data/reference/.
"""

from __future__ import annotations

import csv
from datetime import date
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from agreements.models import County, FieldOffice, FieldOfficeArea, RegisterState, State
from agreements.reconciliation.types import Parameters
from oversight.periods.models import Parameter

__all__ = ["reference_load"]

REFERENCE = Path(settings.BASE_DIR) / "sample_data" / "reference"
TERRITORIES = {
    "AS": "American Samoa",
    "GU": "Guam",
    "MP": "Northern Mariana Islands",
    "PR": "Puerto Rico",
    "VI": "U.S. Virgin Islands",
}
# Names of the areas file that differ from ours.
STATE_NAMES = {
    "United States Virgin Islands": "VI",
    "Commonwealth of the Northern Mariana Islands": "MP",
}
# The areas are ICE's lists as of September 2025; no earlier day may be inferred from them.
AREAS_KNOWN_FROM = date(2025, 9, 1)
AREAS_SOURCE = "ICE field office areas as of September 2025, via deportationdata/ice-offices"
PARAMETERS_FROM = date(2000, 1, 1)
UNITS = {"missing_lists": "lists", "minimum_rows_share": "share (0-1)"}


@transaction.atomic
def reference_load() -> bool:
    """Fill empty reference tables; False when they were filled before. Run after every migrate."""
    RegisterState.objects.get_or_create(pk=1)
    if State.objects.exists():
        return False
    _load_states_and_counties()
    _load_offices()
    _load_parameters()
    return True


def _load_states_and_counties() -> None:
    with (REFERENCE / "counties.csv").open(encoding="utf-8-sig", newline="") as file:
        # One county stands in the file twice; its FIPS code is its identity.
        lines = list({line["county_fips"]: line for line in csv.DictReader(file)}.values())
    names = TERRITORIES | {line["state"]: line["state_name"] for line in lines}
    State.objects.bulk_create(
        State(code=code, name=name, is_territory=code in TERRITORIES) for code, name in sorted(names.items())
    )
    County.objects.bulk_create(
        (
            County(
                fips=line["county_fips"],
                state_id=line["state"],
                name=line["county"],
                latitude=Decimal(line["latitude"]) if line["latitude"] else None,
                longitude=Decimal(line["longitude"]) if line["longitude"] else None,
            )
            for line in lines
        ),
        batch_size=1000,
    )


def _load_offices() -> None:
    with (REFERENCE / "ero_areas_of_responsibility.csv").open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    codes = {state.name: state.code for state in State.objects.all()} | STATE_NAMES
    FieldOffice.objects.bulk_create(
        FieldOffice(slug=slugify(name), name=name)
        for name in sorted({line["field_office"] for line in lines})
    )
    FieldOfficeArea.objects.bulk_create(
        (
            FieldOfficeArea(
                office_id=slugify(line["field_office"]),
                state_id=codes[line["state"]],
                county_id=line["county_fips"] if line["county"] else None,
                valid_from=AREAS_KNOWN_FROM,
                source=AREAS_SOURCE,
            )
            for line in lines
        ),
        batch_size=500,
    )


def _load_parameters() -> None:
    seed = Parameters()
    Parameter.objects.bulk_create(
        Parameter(
            key=f"roster.{name}",
            value=Decimal(str(getattr(seed, name))),
            unit=UNITS.get(name, "days"),
            valid_from=PARAMETERS_FROM,
            source="docs/reconciliation.md, seed value",
        )
        for name in Parameters.__dataclass_fields__
    )
