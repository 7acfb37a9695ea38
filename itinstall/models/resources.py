"""What an installation takes: the site's ISA, equipment, installers and their days."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from agreements.models import FieldOffice
from itinstall.choices import AbsenceKind, EquipmentStatus, IsaStepKind
from itinstall.models.entries import Entry
from itinstall.models.policy import EquipmentKind
from itinstall.models.requests import InstallationRequest, Site
from oversight.periods.models import DatedModel

__all__ = [
    "Equipment",
    "InstallationVisit",
    "Installer",
    "InstallerAbsence",
    "Isa",
    "IsaStep",
    "PublishedInstallation",
]


class Isa(models.Model):
    """An interconnection agreement of one site (MOA: Interconnection Security Agreement; OIG-18-77:
    Interconnection Service Agreement), between ICE's Chief Information Security Officer and the agency's
    Designated Accreditation Authority. A renewal is another row.

    Its history is in `IsaStep`; `last_kind` and `last_on` repeat the last step that stands there today, for
    lists.
    """

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="isas")
    number = models.PositiveSmallIntegerField(default=1, help_text="1 = the site’s first.")
    expires_on = models.DateField(null=True, blank=True, help_text="Empty: not known, or none.")
    last_kind = models.CharField(
        max_length=14, choices=IsaStepKind, blank=True, default="", help_text="The last step."
    )
    last_on = models.DateField(null=True, blank=True, help_text="Day of the last step.")
    is_synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["site", "-number"]
        verbose_name = "ISA"
        constraints = [models.UniqueConstraint(fields=["site", "number"], name="itinstall_isa_number_once")]
        indexes = [
            models.Index(fields=["last_on", "id"], name="isa_last_on_idx"),
            models.Index(fields=["last_kind", "last_on", "id"], name="isa_last_kind_idx"),
        ]

    def __str__(self) -> str:
        return f"ISA {self.number}, {self.site}"


class IsaStep(Entry):
    """One dated step toward an ISA, on ICE's or the agency's side. Append-only; see `Entry`."""

    isa = models.ForeignKey(Isa, on_delete=models.PROTECT, related_name="steps")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=14, choices=IsaStepKind)
    on = models.DateField()

    class Meta:
        ordering = ["isa", "sequence", "pk"]
        verbose_name = "ISA step"
        constraints = [
            *Entry.Meta.constraints,
            models.UniqueConstraint(
                fields=["isa", "sequence"],
                condition=Q(corrects__isnull=True),
                name="itinstall_isastep_place_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} on {self.on}"


class Equipment(models.Model):
    """One piece of ICE equipment at, or on its way to, a site. Example: workstation, serial SN-4711,
    shipped."""

    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="equipment")
    request = models.ForeignKey(
        InstallationRequest, null=True, blank=True, on_delete=models.PROTECT, related_name="equipment"
    )
    kind = models.ForeignKey(EquipmentKind, on_delete=models.PROTECT, related_name="+")
    serial = models.CharField(max_length=80, blank=True, help_text="Serial number. Empty: not known yet.")
    status = models.CharField(max_length=10, choices=EquipmentStatus, default=EquipmentStatus.ORDERED)
    status_on = models.DateField(help_text="First day of the status.")
    is_synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["site", "kind", "serial"]
        verbose_name_plural = "equipment"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "serial"],
                condition=~Q(serial=""),
                name="itinstall_equipment_serial_once",
                violation_error_message="A piece of this kind with this serial number is entered already.",
            )
        ]
        indexes = [models.Index(fields=["site", "status"], name="equipment_site_status_idx")]

    def __str__(self) -> str:
        return f"{self.kind} {self.serial or 'without serial number'}"


class Installer(DatedModel):
    """Somebody of OCIO who installs on site. In 2018 there was one (OIG-18-77).

    Example: Installer 1, Atlanta, from 2017-01-01.
    """

    name = models.CharField(max_length=120)
    office = models.ForeignKey(
        FieldOffice,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="installers",
        help_text="Works for this field office only. Empty: everywhere.",
    )
    is_synthetic = models.BooleanField(default=False, help_text="Made up for the sample.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta(DatedModel.Meta):
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class InstallerAbsence(models.Model):
    """Days on which an installer does no 287(g) installation, half-open. Example: another program, March."""

    installer = models.ForeignKey(Installer, on_delete=models.PROTECT, related_name="absences")
    kind = models.CharField(max_length=10, choices=AbsenceKind)
    begins_on = models.DateField()
    ends_on = models.DateField(help_text="First day back.")
    note = models.CharField(max_length=200, blank=True, help_text="Which program, for example.")
    is_synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["installer", "begins_on"]
        constraints = [
            models.CheckConstraint(
                name="itinstall_absence_range",
                condition=Q(ends_on__gt=F("begins_on")),
                violation_error_message="The first day back is on or before the first day away.",
            )
        ]
        indexes = [models.Index(fields=["installer", "begins_on"], name="absence_installer_idx")]

    def __str__(self) -> str:
        return f"{self.installer}: {self.get_kind_display()} from {self.begins_on}"


class InstallationVisit(models.Model):
    """Days that an installer works at a site for a request, half-open; planned while they lie ahead.

    Example: Installer 1 at Main jail, 2026-03-02 up to, not including, 2026-03-05.
    """

    request = models.ForeignKey(InstallationRequest, on_delete=models.PROTECT, related_name="visits")
    installer = models.ForeignKey(Installer, on_delete=models.PROTECT, related_name="visits")
    begins_on = models.DateField()
    ends_on = models.DateField(help_text="First day no longer there.")
    is_synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["begins_on", "pk"]
        constraints = [
            models.CheckConstraint(
                name="itinstall_visit_range",
                condition=Q(ends_on__gt=F("begins_on")),
                violation_error_message="The end is on or before the start.",
            )
        ]
        indexes = [models.Index(fields=["installer", "begins_on"], name="visit_installer_idx")]

    def __str__(self) -> str:
        return f"{self.installer} at {self.request} from {self.begins_on}"


class PublishedInstallation(models.Model):
    """What a report publishes of one installation that the register knows nothing else of.

    Example: OIG-18-77, bar 1 of 22, target 180 days, took 143 days. An empty duration is not recoverable.
    It is shown beside the metrics of the register, never mixed into them.
    """

    report = models.CharField(max_length=40, help_text="Number of the report, such as OIG-18-77.")
    label = models.CharField(max_length=80, help_text="What the report calls it, or its place there.")
    fiscal_years = models.CharField(max_length=40, blank=True, help_text="As printed: FY 2017-2018.")
    target_days = models.PositiveIntegerField(null=True, blank=True, help_text="Calendar days.")
    days = models.PositiveIntegerField(null=True, blank=True, help_text="Calendar days; empty: not readable.")
    source = models.CharField(max_length=300, help_text="Page, chart or table of the report.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["report", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["report", "label"],
                name="itinstall_published_once",
                violation_error_message="This line of the report is entered already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.report}, {self.label}"
