"""What installations answer for when the product is looked after: backups prove them."""

from __future__ import annotations

from agreements.models import Agency, Agreement
from itinstall import models as m
from oversight.access.models import User
from oversight.exchange.backup import Keys, register_contents

__all__ = ["KEYS", "register_operations"]

ENTERED = ("entered_at", "is_withdrawal")  # an entry and its correction may say the same but for these
# Which row is meant by whom another points to.
KEYS: Keys = {
    User: ("username",),
    Agency: ("ref",),
    Agreement: ("ref",),
    m.InstallationPolicy: ("valid_from",),
    m.Site: ("ref",),
    m.InstallationRequest: ("ref",),
    m.StageTransition: ("request__ref", "sequence", "kind", "stage_id", "on", *ENTERED),
    m.Hold: ("request__ref", "why_id", "begins_on", "ends_on", *ENTERED),
    m.Isa: ("site__ref", "number"),
    m.IsaStep: ("isa__site__ref", "isa__number", "sequence", "kind", "on", *ENTERED),
    m.Installer: ("name", "office_id", "valid_from", "created_at"),
}


def register_operations() -> None:
    """Called once, when the app is ready."""
    register_contents("installations", app="itinstall", keys=KEYS)
