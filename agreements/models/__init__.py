"""Field offices and areas; agencies and agreements; what was published; what was decided."""

from agreements.models.geography import AgencyOffice, County, FieldOffice, FieldOfficeArea, State
from agreements.models.lists import (
    Decision,
    Duplicate,
    Observation,
    PrintedRow,
    Publication,
    PublicationFile,
    RegisterChange,
    RegisterState,
    ReviewWait,
    RosterImport,
    Verdict,
)
from agreements.models.register import Addendum, Agency, AgencyAlias, Agreement, AgreementStatus

__all__ = [
    "Addendum",
    "Agency",
    "AgencyAlias",
    "AgencyOffice",
    "Agreement",
    "AgreementStatus",
    "County",
    "Decision",
    "Duplicate",
    "FieldOffice",
    "FieldOfficeArea",
    "Observation",
    "PrintedRow",
    "Publication",
    "PublicationFile",
    "RegisterChange",
    "RegisterState",
    "ReviewWait",
    "RosterImport",
    "State",
    "Verdict",
]
