"""Models of IT installation: policy, requests with their history, resources, forecasts."""

from itinstall.models.entries import Entry, EntryQuerySet
from itinstall.models.forecasts import Forecast
from itinstall.models.policy import EquipmentKind, HoldReason, InstallationPolicy, Stage
from itinstall.models.requests import Hold, InstallationRequest, Site, StageTransition
from itinstall.models.resources import (
    Equipment,
    InstallationVisit,
    Installer,
    InstallerAbsence,
    Isa,
    IsaStep,
    PublishedInstallation,
)

__all__ = [
    "Entry",
    "EntryQuerySet",
    "Equipment",
    "EquipmentKind",
    "Forecast",
    "Hold",
    "HoldReason",
    "InstallationPolicy",
    "InstallationRequest",
    "InstallationVisit",
    "Installer",
    "InstallerAbsence",
    "Isa",
    "IsaStep",
    "PublishedInstallation",
    "Site",
    "Stage",
    "StageTransition",
]
