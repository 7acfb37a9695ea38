"""The field's words as stored values. Labels may change, values may not."""

from django.db import models


class SupportModel(models.TextChoices):
    """Models of 287(g) agreements (MOA). JOINT is historic: a detention and task force hybrid."""

    JEM = "JEM", "Jail Enforcement Model"
    WSO = "WSO", "Warrant Service Officer"
    TFM = "TFM", "Task Force Model"
    JOINT = "JOINT", "Joint (historic)"


class AgencyType(models.TextChoices):
    """ICE's TYPE column."""

    COUNTY = "county", "County"
    MUNICIPAL = "municipal", "Municipal"
    STATE = "state", "State agency"


class ListKind(models.TextChoices):
    PARTICIPATING = "participating", "Participating"
    PENDING = "pending", "Pending"


class Status(models.TextChoices):
    """Where an agreement stands on a day. SUSPENDED and TERMINATED come from staff only."""

    PENDING = "pending", "Pending"
    ACTIVE = "active", "Active"
    MISSING = "missing", "Missing from the list"
    SUSPENDED = "suspended", "Suspended"
    SUPERSEDED = "superseded", "Superseded"
    TERMINATED = "terminated", "Terminated"
    REMOVED = "removed", "Removed"


LISTED = (Status.ACTIVE,)
IN_FORCE = (Status.ACTIVE, Status.MISSING)


class Origin(models.TextChoices):
    """Who says so: a published list, or a person. Never mixed in one row."""

    LIST = "list", "Published list"
    STAFF = "staff", "Headquarters or field staff"


class ImportState(models.TextChoices):
    PREVIEWED = "previewed", "Previewed"
    APPLIED = "applied", "Applied"
    KNOWN = "known", "Already known"
    REFUSED = "refused", "Refused"
    DISCARDED = "discarded", "Discarded"


class DecisionState(models.TextChoices):
    APPLIED = "applied", "Applied by rule"
    OPEN = "open", "Open"
    SAME = "same", "Same"
    DISTINCT = "distinct", "Different"
    LATER = "later", "Later"


class VerdictKind(models.TextChoices):
    SAME = "same", "Same"
    DISTINCT = "distinct", "Different"
    LATER = "later", "Decide later"


class ChangeKind(models.TextChoices):
    """What one list changed, against the list before it. Values equal reconciliation.types.ChangeKind."""

    ADDED = "added", "Added"
    RETURNED = "returned", "Returned"
    CHANGED = "changed", "Corrected"
    RENAMED = "renamed", "Renamed"
    REATTRIBUTED = "reattributed", "Re-attributed"
    DATE_CORRECTED = "date_corrected", "Date corrected"
    MISSING = "missing", "Missing"
    REMOVED = "removed", "Removed"
    SUPERSEDED = "superseded", "Superseded"
    PENDING_ADDED = "pending_added", "Added to pending"
    PENDING_LEFT = "pending_left", "Left pending"
