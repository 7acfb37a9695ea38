"""What was published, row by row, what it was taken for, and who decided so."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from agreements.choices import ChangeKind, DecisionState, ImportState, ListKind, VerdictKind
from agreements.models.geography import County
from agreements.models.register import Agency, Agreement
from agreements.refs import publication_ref
from oversight.exchange.models import Job, Upload

__all__ = [
    "Decision",
    "Duplicate",
    "Observation",
    "PrintedRow",
    "Publication",
    "PublicationFile",
    "RegisterChange",
    "RegisterState",
    "ReviewWait",
    "RosterImport",
    "Verdict",
]


class Publication(models.Model):
    """One distinct list content. The same content under another file name is another `PublicationFile`.

    `sequence` is its place among the lists of its kind; it moves when an earlier list turns up.
    """

    kind = models.CharField(max_length=16, choices=ListKind)
    content_digest = models.CharField(max_length=64, unique=True)
    sequence = models.PositiveIntegerField(null=True, help_text="1 = earliest of its kind.")
    ordered_at = models.DateTimeField(help_text="What it is ordered by.")
    day_part = models.PositiveSmallIntegerField(default=0, help_text="0 am, 1 mid, 2 pm.")
    published_on = models.DateField(db_index=True)
    basis = models.CharField(max_length=12, help_text="modified, stamp or file name.")
    resaved = models.BooleanField(default=False)
    flags = models.JSONField(default=list, help_text="Findings about the file: code, message.")
    headers = models.JSONField(default=list)
    row_count = models.PositiveIntegerField()
    packed_rows = models.BinaryField(
        help_text="Ids of its PrintedRows in file order, 32-bit: its observations, to read quickly."
    )
    changes_digest = models.CharField(max_length=64, blank=True, help_text="Of its changes and duplicates.")
    overruled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    overruled_reason = models.TextField(
        blank=True, help_text="Why a refusal by the row-count guard was overruled."
    )
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["kind", "sequence"]
        indexes = [models.Index(fields=["kind", "sequence"], name="publication_sequence_idx")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} list of {self.published_on}"

    @property
    def ref(self) -> str:
        return publication_ref(self.kind, self.published_on, self.content_digest)


class PublicationFile(models.Model):
    """A file that carried a publication."""

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="files")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    original_sha256 = models.CharField(
        max_length=64, blank=True, help_text="Before sanitizing, for sample lists."
    )
    size = models.PositiveBigIntegerField(help_text="Bytes.")
    modified_at = models.DateTimeField(null=True, help_text="dcterms:modified inside the workbook.")
    ordered_at = models.DateTimeField()
    day_part = models.PositiveSmallIntegerField(default=0)
    published_on = models.DateField()
    basis = models.CharField(max_length=12)
    resaved = models.BooleanField(default=False)
    flags = models.JSONField(default=list)
    upload = models.ForeignKey(Upload, null=True, on_delete=models.PROTECT, related_name="+")
    imported_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    imported_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["ordered_at", "file_name"]
        constraints = [models.UniqueConstraint(fields=["file_name", "sha256"], name="agreements_file_once")]

    def __str__(self) -> str:
        return self.file_name


class PrintedRow(models.Model):
    """The cells of a row, verbatim and once, however many lists printed them; and what they were taken for.

    The cells never change. The reading (state … flags) is redone when `cleaning_version` is old; the
    attribution (agreement, rule) is derived again at every import.
    """

    digest = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=16, choices=ListKind)
    cells = models.JSONField(help_text="Texts by role, link targets unwrapped, extra columns.")
    # the reading
    cleaning_version = models.PositiveSmallIntegerField()
    state_code = models.CharField(max_length=2, blank=True)
    name = models.CharField(max_length=300)
    canonical = models.CharField(max_length=300)
    agency_type = models.CharField(max_length=12, blank=True)
    county = models.ForeignKey(County, null=True, on_delete=models.PROTECT, related_name="+")
    model = models.CharField(max_length=8, blank=True)
    signed_on = models.DateField(null=True)
    signed_key = models.CharField(max_length=60, blank=True)
    moa_url = models.CharField(max_length=1000, blank=True)
    addendum_url = models.CharField(max_length=1000, blank=True)
    flags = models.JSONField(default=list)
    # the attribution
    agreement = models.ForeignKey(Agreement, null=True, on_delete=models.PROTECT, related_name="printed_rows")
    rule = models.CharField(max_length=24, blank=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["state_code", "canonical"], name="printedrow_key_idx")]

    def __str__(self) -> str:
        return f"{self.name}, {self.state_code}"


class Observation(models.Model):
    """One row of one publication. Kept forever."""

    publication = models.ForeignKey(Publication, on_delete=models.PROTECT, related_name="observations")
    row_number = models.PositiveIntegerField(help_text="Row in the spreadsheet.")
    hidden = models.BooleanField(default=False, help_text="Hidden by a saved filter; it counts all the same.")
    printed_row = models.ForeignKey(PrintedRow, on_delete=models.PROTECT, related_name="observations")

    class Meta:
        ordering = ["publication", "row_number"]
        constraints = [
            models.UniqueConstraint(fields=["publication", "row_number"], name="agreements_observation_once")
        ]

    def __str__(self) -> str:
        return f"{self.publication_id}:{self.row_number}"


class Duplicate(models.Model):
    """One agreement printed on several rows of one list."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="duplicates")
    agreement = models.ForeignKey(Agreement, on_delete=models.CASCADE, related_name="duplicate_prints")
    rows = models.JSONField(help_text="Row numbers in the spreadsheet.")
    identical = models.BooleanField(help_text="False: under two spellings.")

    class Meta:
        ordering = ["publication", "pk"]

    def __str__(self) -> str:
        return f"{self.agreement_id} twice on {self.publication_id}"


class RegisterChange(models.Model):
    """What one list changed, against the list before it. Derived; dated by the list."""

    publication = models.ForeignKey(Publication, on_delete=models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=16, choices=ChangeKind)
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="changes")
    agreement = models.ForeignKey(Agreement, null=True, on_delete=models.PROTECT, related_name="changes")
    rule = models.CharField(max_length=24, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    printed_row = models.ForeignKey(PrintedRow, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["publication", "kind", "pk"]
        indexes = [models.Index(fields=["publication", "kind"], name="change_kind_idx")]

    def __str__(self) -> str:
        return f"{self.kind} on {self.publication_id}"


class Decision(models.Model):
    """What the importer concluded about two keys, or a question that it leaves to a person.

    Derived again at every import and matched by (subject, rule, left, right), so that its address and
    its history stay. The person's answer is the `Verdict`; `state` shows the sum of both.
    """

    subject = models.CharField(max_length=10, help_text="agency or agreement.")
    rule = models.CharField(max_length=24)
    left_key = models.CharField(max_length=300)
    right_key = models.CharField(max_length=300)
    left_agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+")
    right_agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+")
    left_agreement = models.ForeignKey(Agreement, null=True, on_delete=models.PROTECT, related_name="+")
    right_agreement = models.ForeignKey(Agreement, null=True, on_delete=models.PROTECT, related_name="+")
    evidence = models.JSONField(default=dict)
    publication = models.ForeignKey(
        Publication, null=True, on_delete=models.PROTECT, related_name="decisions"
    )
    state = models.CharField(max_length=10, choices=DecisionState)
    is_standing = models.BooleanField(default=True, help_text="False: later lists no longer lead to it.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "rule", "left_key", "right_key"], name="agreements_decision_once"
            )
        ]
        indexes = [models.Index(fields=["state", "is_standing"], name="decision_state_idx")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.left_key} / {self.right_key}"


class ReviewWait(models.Model):
    """How long a question waited for a person, so that figures of past days can be told. Kept forever.

    It begins when the question arises here, and ends when somebody answers it or later lists no longer lead
    to it. A question that arises again waits again. Putting it off does not end it.
    """

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="waits")
    begins_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["begins_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["decision"],
                condition=models.Q(ends_at__isnull=True),
                name="agreements_reviewwait_one_open",
            )
        ]
        indexes = [models.Index(fields=["ends_at", "begins_at"], name="reviewwait_span_idx")]

    def __str__(self) -> str:
        return f"{self.decision_id} from {self.begins_at:%Y-%m-%d}"


class Verdict(models.Model):
    """A person's answer: the two are the same, or different. It beats every rule until it is undone."""

    subject = models.CharField(max_length=10, help_text="agency or agreement.")
    left_key = models.CharField(max_length=300)
    right_key = models.CharField(max_length=300)
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="verdicts")
    kind = models.CharField(max_length=10, choices=VerdictKind)
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="verdicts"
    )
    decided_at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-decided_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["subject", "left_key", "right_key"],
                condition=models.Q(undone_at__isnull=True),
                name="agreements_verdict_one_standing",
                violation_error_message="Somebody has just decided this pair. Reload the page.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.left_key} / {self.right_key}"


class RosterImport(models.Model):
    """One file on its way into the register: preview, then apply. Stays as the record of what it did.

    A preview is made against a register version; when that has moved, it must be made again.
    """

    job = models.ForeignKey(Job, null=True, on_delete=models.PROTECT, related_name="roster_imports")
    upload = models.ForeignKey(Upload, null=True, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField(max_length=255)
    sha256 = models.CharField(max_length=64)
    kind = models.CharField(max_length=16, choices=ListKind, blank=True)
    state = models.CharField(max_length=12, choices=ImportState)
    publication = models.ForeignKey(Publication, null=True, on_delete=models.PROTECT, related_name="imports")
    register_version = models.PositiveBigIntegerField(help_text="Version it was previewed or applied on.")
    hash_before = models.CharField(max_length=64, blank=True)
    hash_after = models.CharField(max_length=64, blank=True)
    counts = models.JSONField(default=dict)
    entries = models.JSONField(default=list, help_text="Preview: kind, key, names, before, after, rule, row.")
    dating = models.JSONField(default=dict)
    refusal_code = models.CharField(max_length=60, blank=True)
    refusal = models.CharField(max_length=500, blank=True)
    remedy = models.CharField(max_length=500, blank=True)
    overridable = models.BooleanField(default=False)
    override_reason = models.TextField(blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=timezone.now)
    applied_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.file_name} ({self.get_state_display()})"


class RegisterState(models.Model):
    """The one row that every write to the register locks first; its version and canonical hash."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    version = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.CheckConstraint(name="agreements_register_is_one", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return f"version {self.version}"
