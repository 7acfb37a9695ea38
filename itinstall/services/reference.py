"""What every installation starts with: stages, reasons for holds, kinds of equipment, the first policy.

The field does not publish the names of the steps (OIG-18-77: four, names not recoverable). Each row says
what it rests on and that it is assumed; headquarters and administrators change them.
"""

from __future__ import annotations

from datetime import date

from django.db import transaction

from itinstall.choices import ClockStart, Party
from itinstall.models import EquipmentKind, HoldReason, InstallationPolicy, Stage

__all__ = ["POLICY_FROM", "TARGET_DAYS", "reference_load"]

POLICY_FROM = date(2000, 1, 1)
TARGET_DAYS = 180
OIG = "OIG-18-77"
ORDER = "order and name assumed"

# key, name, what happens, owner, needs an installer, needs the ISA, source
STAGES = (
    ("request", "Request to OCIO", "Headquarters’ IT Specialist asks OCIO to equip the location.",
     Party.HEADQUARTERS, False, False, f"{OIG}: the IT Specialist submits a request to OCIO; {ORDER}"),
    ("bids", "Bids and circuit", "Bids are taken for the location’s equipment and its line.",
     Party.VENDOR, False, False, f"{OIG}: bids for each location’s equipment; {ORDER}"),
    ("isa", "ISA", "ICE and the agency sign the interconnection agreement of the site.",
     Party.OCIO, False, True, f"{OIG} and MOA, IT section: an ISA per site; {ORDER}"),
    ("equipment", "Equipment", "Equipment is ordered, shipped and delivered to the site.",
     Party.VENDOR, False, False, f"{OIG}: delivery by OCIO; {ORDER}"),
    ("install", "On-site installation", "An installer sets the equipment up at the site.",
     Party.OCIO, True, False, f"{OIG}: installation by the single OCIO installer; {ORDER}"),
    ("access", "Accounts and cards", "Officers get accounts and security cards, and sign in.",
     Party.HEADQUARTERS, False, False, f"{OIG}: every DIO gets a security card; {ORDER}"),
)  # fmt: skip

HOLDS = (
    ("bids", "Waiting for bids", Party.VENDOR),
    ("isa-ice", "ISA waiting on ICE", Party.OCIO),
    ("isa-lea", "ISA waiting on the agency", Party.AGENCY),
    ("installer", "Installer not available", Party.OCIO),
    ("other-program", "Other program goes first", Party.OCIO),
    ("site", "Site not ready", Party.AGENCY),
    ("other", "Other", Party.OTHER),
)
HOLD_SOURCE = f"{OIG}: long steps, too few IT staff, other programs’ requests first; list inferred"

EQUIPMENT = (
    ("workstation", "Workstation"),
    ("fingerprint", "Fingerprint scanner"),
    ("camera", "Camera"),
    ("line", "Network line"),
    ("other", "Other"),
)
EQUIPMENT_SOURCE = f"{OIG}: records checks, photographs, fingerprints; list assumed"


@transaction.atomic
def reference_load(**_: object) -> bool:
    """Fill empty tables; False when they were filled before. Run after every migrate."""
    if Stage.objects.exists():
        return False
    Stage.objects.bulk_create(
        Stage(
            key=key, place=place, name=name, words=words, owner=owner, needs_installer=installer,
            needs_isa=isa, source=source,
        )
        for place, (key, name, words, owner, installer, isa, source) in enumerate(STAGES, start=1)
    )  # fmt: skip
    HoldReason.objects.bulk_create(
        HoldReason(key=key, name=name, owner=owner, source=HOLD_SOURCE) for key, name, owner in HOLDS
    )
    EquipmentKind.objects.bulk_create(
        EquipmentKind(key=key, name=name, source=EQUIPMENT_SOURCE) for key, name in EQUIPMENT
    )
    InstallationPolicy.objects.create(
        valid_from=POLICY_FROM,
        target_days=TARGET_DAYS,
        clock_start=ClockStart.SIGNED,
        models_with_equipment=["JEM", "TFM"],
        source=f"{OIG}: 180 days, counted from the MOA’s signature; IT clause in the JEM and TFM templates "
        "of 2025, none in WSO’s. In force since: not published, so from the first day on",
    )
    return True
