"""States, counties, ERO field offices and their areas of responsibility."""

from __future__ import annotations

from django.db import models

from agreements.choices import Origin
from oversight.periods.models import DatedModel

__all__ = ["AgencyOffice", "County", "FieldOffice", "FieldOfficeArea", "State"]


class State(models.Model):
    """A state, the District of Columbia, or a territory. Example: TX, Texas."""

    code = models.CharField(max_length=2, primary_key=True, help_text="Postal code.")
    name = models.CharField(max_length=60, unique=True)
    is_territory = models.BooleanField(default=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class County(models.Model):
    """A county or equivalent. Example: 48201, Harris County, TX."""

    fips = models.CharField(max_length=5, primary_key=True)
    state = models.ForeignKey(State, on_delete=models.PROTECT, related_name="counties")
    name = models.CharField(max_length=80)
    latitude = models.DecimalField(
        max_digits=8, decimal_places=4, null=True, help_text="Approximate center, degrees."
    )
    longitude = models.DecimalField(
        max_digits=8, decimal_places=4, null=True, help_text="Degrees, west negative."
    )

    class Meta:
        ordering = ["state", "name"]
        verbose_name_plural = "counties"

    def __str__(self) -> str:
        return f"{self.name}, {self.state_id}"


class FieldOffice(models.Model):
    """An ERO field office. Example: houston, Houston."""

    slug = models.SlugField(primary_key=True)
    name = models.CharField(max_length=60, unique=True)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class FieldOfficeArea(DatedModel):
    """A state, or one county of it, in an office's area of responsibility (AOR) over a span of days.

    Areas move (docs/data-sources.md): never infer an office on a day before `valid_from`.
    """

    office = models.ForeignKey(FieldOffice, on_delete=models.PROTECT, related_name="areas")
    state = models.ForeignKey(State, on_delete=models.PROTECT, related_name="+")
    county = models.ForeignKey(
        County,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: whole state.",
    )
    source = models.CharField(max_length=300)

    class Meta(DatedModel.Meta):
        ordering = ["office", "state", "county"]

    def __str__(self) -> str:
        return f"{self.office_id}: {self.county or self.state}"


class AgencyOffice(DatedModel):
    """The field office that an agency falls under over a span of days.

    Derived from areas and the agency's county by `services.offices.rebuild_agency_offices`; no row means
    that the office is not known (a state agency in a state with several offices, or a day before the
    areas are known).
    """

    agency = models.ForeignKey("agreements.Agency", on_delete=models.CASCADE, related_name="offices")
    office = models.ForeignKey(FieldOffice, on_delete=models.PROTECT, related_name="agency_spans")
    origin = models.CharField(max_length=8, choices=Origin, default=Origin.LIST)

    class Meta(DatedModel.Meta):
        ordering = ["agency", "valid_from"]
        constraints = [
            *DatedModel.Meta.constraints,
            models.UniqueConstraint(fields=["agency", "valid_from"], name="agreements_agencyoffice_once"),
        ]
        indexes = [models.Index(fields=["office", "agency"], name="agencyoffice_office_idx")]

    def __str__(self) -> str:
        return f"{self.agency_id} → {self.office_id}"
