"""Words of IT installation as stored values. Labels may change, values may not.

What the field does not publish (names and durations of the four steps, domain of the gap ledger) is a
row in a table, not a choice here: stages, reasons for a hold and kinds of equipment.
"""

from django.db import models


class RequestState(models.TextChoices):
    OPEN = "open", "Open"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"


class EntryKind(models.TextChoices):
    """What a line of a request's history says happened on its day."""

    STAGE = "stage", "Stage begun"
    COMPLETED = "completed", "Installation complete"
    CANCELLED = "cancelled", "Request cancelled"


class ClockStart(models.TextChoices):
    """What the target is counted from. OIG-18-77: from the MOA's signature."""

    SIGNED = "signed", "MOA signed"
    SUBMITTED = "submitted", "Request submitted"


class Party(models.TextChoices):
    """Who is to act next: the owner of a stage, of a hold, or of a step toward an ISA."""

    HEADQUARTERS = "hq", "287(g) headquarters"
    OCIO = "ocio", "OCIO"
    AGENCY = "agency", "Law enforcement agency"
    VENDOR = "vendor", "Vendor or carrier"
    OTHER = "other", "Other"


class Priority(models.IntegerChoices):
    """Order in which installers take requests; within one, the oldest clock first."""

    URGENT = 1, "Urgent"
    HIGH = 2, "High"
    NORMAL = 3, "Normal"
    LOW = 4, "Low"


class IsaStepKind(models.TextChoices):
    """Steps toward an interconnection agreement (ISA). The two signers are the MOA's; the rest is assumed."""

    DRAFTED = "drafted", "Drafted by ICE"
    SENT = "sent", "Sent to the agency"
    AGENCY_SIGNED = "agency_signed", "Signed by the agency’s Designated Accreditation Authority"
    RETURNED = "returned", "Returned by the agency with questions"
    ICE_SIGNED = "ice_signed", "Signed by ICE’s Chief Information Security Officer"
    ENDED = "ended", "Ended"


# With whom the ISA lies after each step; None: with nobody, it is in force or over.
ISA_LIES_WITH: dict[str, str | None] = {
    IsaStepKind.DRAFTED: Party.HEADQUARTERS,
    IsaStepKind.SENT: Party.AGENCY,
    IsaStepKind.AGENCY_SIGNED: Party.OCIO,
    IsaStepKind.RETURNED: Party.HEADQUARTERS,
    IsaStepKind.ICE_SIGNED: None,
    IsaStepKind.ENDED: None,
}


class EquipmentStatus(models.TextChoices):
    ORDERED = "ordered", "Ordered"
    SHIPPED = "shipped", "Shipped"
    DELIVERED = "delivered", "Delivered"
    INSTALLED = "installed", "Installed"
    RETURNED = "returned", "Returned"
    LOST = "lost", "Lost or broken"


class AbsenceKind(models.TextChoices):
    """Why an installer cannot work on 287(g) installations. OIG-18-77: other programs' requests came
    first."""

    OTHER_PROGRAM = "program", "Work for another program"
    LEAVE = "leave", "Leave"
    TRAINING = "training", "Training"
    OTHER = "other", "Other"
