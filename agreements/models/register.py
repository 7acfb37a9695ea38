"""The register: agencies, agreements, their names and their dated status."""

from __future__ import annotations

from datetime import date, datetime

from django.conf import settings
from django.db import models
from django.utils import timezone

from agreements.choices import AgencyType, Origin, Status, SupportModel
from agreements.models.geography import County, State

__all__ = ["Addendum", "Agency", "AgencyAlias", "Agreement", "AgreementStatus"]


class AgencyQuerySet(models.QuerySet["Agency"]):
    def current(self) -> AgencyQuerySet:
        """Agencies that stand for themselves, not those found to be another's double."""
        return self.filter(merged_into__isnull=True)


class Agency(models.Model):
    """A law enforcement agency (LEA): one body in one state. Example: Harris County Sheriff's Office, TX.

    One row per name key that a list ever printed. Where reconciliation finds that two keys are one
    agency, the younger row points to the older (`merged_into`) and its public reference redirects;
    undoing the finding clears the pointer. References are never reused.
    """

    ref = models.CharField(max_length=16, unique=True, help_text="Public reference, LEA-XXXXXXXX.")
    key_state = models.CharField(max_length=2)
    key_name = models.CharField(max_length=200, help_text="Canonical name for matching, never for display.")
    state = models.ForeignKey(State, null=True, on_delete=models.PROTECT, related_name="agencies")
    name = models.CharField(max_length=200, help_text="As last printed.")
    agency_type = models.CharField(max_length=12, choices=AgencyType, blank=True)
    county = models.ForeignKey(
        County, null=True, blank=True, on_delete=models.PROTECT, related_name="agencies"
    )
    ever_participating = models.BooleanField(default=False)
    first_listed_on = models.DateField(
        null=True, help_text="Day of the first participating list that printed one of its names."
    )
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="doubles")
    is_synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AgencyQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "agencies"
        constraints = [
            models.UniqueConstraint(fields=["key_state", "key_name"], name="agreements_agency_key_once"),
            models.CheckConstraint(
                name="agreements_agency_not_its_own_double",
                condition=models.Q(merged_into__isnull=True) | ~models.Q(merged_into=models.F("pk")),
            ),
        ]
        indexes = [
            models.Index(fields=["name", "id"], name="agency_name_idx"),
            models.Index(fields=["state", "name"], name="agency_state_idx"),
            models.Index(fields=["first_listed_on", "id"], name="agency_first_listed_idx"),
            # Hardly any are: from the key's own index SQLite concludes that one value matches every row.
            models.Index(
                fields=["merged_into"],
                name="agency_doubles_idx",
                condition=models.Q(merged_into__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.state_id or '?'}"


class AgencyAlias(models.Model):
    """A spelling under which lists printed an agency."""

    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="aliases")
    name = models.CharField(max_length=200)
    first_publication = models.ForeignKey(
        "agreements.Publication", on_delete=models.PROTECT, related_name="+"
    )
    last_publication = models.ForeignKey("agreements.Publication", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["agency", "first_publication__sequence", "name"]
        constraints = [models.UniqueConstraint(fields=["agency", "name"], name="agreements_alias_once")]

    def __str__(self) -> str:
        return self.name


class AgreementQuerySet(models.QuerySet["Agreement"]):
    def current(self) -> AgreementQuerySet:
        """Agreements that stand for themselves, not those found to be another's double."""
        return self.filter(merged_into__isnull=True)


class Agreement(models.Model):
    """A memorandum of agreement (MOA): agency + support model + signing date.

    `status` is the effective one today: a staff statement in force, else what the lists say. The dated
    history is in `AgreementStatus`. Expiry is nullable: current MOAs have none (2025 templates).
    """

    ref = models.CharField(max_length=16, unique=True, help_text="Public reference, MOA-XXXXXXXX.")
    key = models.CharField(
        max_length=300, unique=True, help_text="state|canonical name|model|date as printed."
    )
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="agreements")
    model = models.CharField(max_length=8, choices=SupportModel, blank=True)
    signed_on = models.DateField(null=True, help_text="Signing date as now printed.")
    first_printed_on = models.DateField(null=True, help_text="Signing date as first printed.")
    signed_text = models.CharField(
        max_length=40, blank=True, help_text="The printed text where it is no date."
    )
    moa_url = models.URLField(max_length=500, blank=True)
    moa_linked_on = models.DateField(
        null=True, help_text="Day of the first list that linked an MOA. Empty: none did."
    )
    status = models.CharField(max_length=12, choices=Status)
    status_on = models.DateField(help_text="First day of the present status.")
    list_status = models.CharField(max_length=12, choices=Status, help_text="What the lists alone say.")
    ever_participating = models.BooleanField(default=False)
    first_publication = models.ForeignKey(
        "agreements.Publication", on_delete=models.PROTECT, related_name="+"
    )
    last_publication = models.ForeignKey("agreements.Publication", on_delete=models.PROTECT, related_name="+")
    superseded_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="supersedes")
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="doubles")
    review_due_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    is_synthetic = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = AgreementQuerySet.as_manager()

    class Meta:
        ordering = ["-signed_on", "-pk"]
        indexes = [
            models.Index(fields=["signed_on", "id"], name="agreement_signed_idx"),
            models.Index(fields=["status", "model"], name="agreement_status_idx"),
        ]

    def __str__(self) -> str:
        signed = self.signed_on or self.signed_text or "pending"
        return f"{self.agency.name}, {self.model or 'model not read'}, {signed}"


class AgreementStatusQuerySet(models.QuerySet["AgreementStatus"]):
    def active_on(self, day: date) -> AgreementStatusQuerySet:
        return self.filter(models.Q(ends_on__isnull=True) | models.Q(ends_on__gt=day), begins_on__lte=day)

    def standing(self) -> AgreementStatusQuerySet:
        return self.filter(withdrawn_at__isnull=True)

    def known_at(self, at: datetime) -> AgreementStatusQuerySet:
        """Statements as they were known at `at` (aware). Start from `AgreementStatus.ever`."""
        return self.filter(
            models.Q(replaced_at__isnull=True) | models.Q(replaced_at__gt=at),
            models.Q(withdrawn_at__isnull=True) | models.Q(withdrawn_at__gt=at),
            entered_at__lte=at,
        )


class AgreementStatusManager(models.Manager.from_queryset(AgreementStatusQuerySet)):  # type: ignore[misc]
    """Without list statements that later lists have replaced."""

    def get_queryset(self) -> AgreementStatusQuerySet:
        rows: AgreementStatusQuerySet = super().get_queryset().filter(replaced_at__isnull=True)
        return rows


class AgreementStatus(models.Model):
    """A statement about an agreement over [begins_on, ends_on), by a list or by a person.

    List statements are derived again at every import. A staff statement is never deleted: it is
    withdrawn, with who and when; while it stands it wins over what lists say.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="statuses")
    status = models.CharField(max_length=12, choices=Status)
    begins_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text="First day no longer in it. Empty: still.")
    origin = models.CharField(max_length=8, choices=Origin)
    publication = models.ForeignKey(
        "agreements.Publication",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="List statement.",
    )
    reason = models.TextField(blank=True)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    entered_at = models.DateTimeField(default=timezone.now)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    replaced_at = models.DateTimeField(
        null=True, help_text="When lists stopped saying so. Kept, to tell what was known before."
    )

    objects = AgreementStatusManager()  # what is said now
    ever = AgreementStatusQuerySet.as_manager()  # and what was said before

    class Meta:
        ordering = ["begins_on", "pk"]
        verbose_name_plural = "agreement statuses"
        constraints = [
            models.CheckConstraint(
                name="agreements_status_range",
                condition=models.Q(ends_on__isnull=True) | models.Q(ends_on__gt=models.F("begins_on")),
                violation_error_message="The end is on or before the start.",
            ),
            models.CheckConstraint(
                name="agreements_status_has_its_source",
                condition=models.Q(origin=Origin.STAFF, publication__isnull=True)
                | models.Q(origin=Origin.LIST, publication__isnull=False, withdrawn_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["status", "begins_on", "ends_on"], name="status_span_idx")]

    def __str__(self) -> str:
        return f"{self.status} from {self.begins_on}"


class Addendum(models.Model):
    """A separately signed instrument to an agreement, as linked in a list's ADDENDUM column."""

    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="addenda")
    url = models.URLField(max_length=500)

    class Meta:
        ordering = ["agreement", "url"]
        verbose_name_plural = "addenda"
        constraints = [models.UniqueConstraint(fields=["agreement", "url"], name="agreements_addendum_once")]

    def __str__(self) -> str:
        return self.url
