"""The permission matrix: one table for pages, API, commands and jobs (docs/roles.md).

An action that is not listed does not exist: asking for it raises KeyError, so nothing is allowed
by a typing error. Which *records* an allowed action reaches is `scope`'s business.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied

from oversight.access.choices import Column

if TYPE_CHECKING:
    from oversight.access.actors import Actor

HQ, PM, AUDITOR, ADMIN = Column.HQ, Column.FIELD_PM, Column.AUDITOR, Column.ADMINISTRATOR
EVERYONE = frozenset(Column)

MATRIX: Mapping[str, frozenset[Column]] = MappingProxyType(
    {
        # reading
        "aggregates.view": EVERYONE,
        "records.view": EVERYONE,  # a field PM's own office only: scope
        "history.view": frozenset({HQ, PM, AUDITOR, ADMIN}),
        "trail.view": frozenset({AUDITOR, ADMIN}),
        "export.create": frozenset({HQ, PM, AUDITOR}),
        "officers.view_names": frozenset({HQ, PM, AUDITOR}),
        # changing program records
        "agreements.change": frozenset({HQ, PM}),  # a field PM's assigned agencies only: scope
        "staffing.change": frozenset({HQ}),
        "itinstall.change": frozenset({HQ, PM}),  # a field PM's assigned agencies only: scope
        "itinstall.plan": frozenset({HQ}),
        "records.import": frozenset({HQ, PM}),  # and the action of the records themselves
        "record_imports.view": EVERYONE,  # a field PM's own only: records.selectors
        "rosters.import": frozenset({HQ}),
        "imports.view": frozenset({HQ, AUDITOR, ADMIN}),
        "reviews.view": frozenset({HQ, AUDITOR, ADMIN}),
        "reviews.decide": frozenset({HQ}),
        "parameters.change": frozenset({HQ}),
        # administration
        "reference.change": frozenset({ADMIN}),
        "users.manage": frozenset({ADMIN}),
        "operations.manage": frozenset({ADMIN}),
        # one's own account
        "account.manage": EVERYONE,
        "tokens.manage": EVERYONE,
        "views.save": EVERYONE,
    }
)

# The same in plain words, as docs/roles.md and refusals say it.
WORDS: Mapping[str, str] = MappingProxyType(
    {
        "aggregates.view": "see national figures",
        "records.view": "see records",
        "history.view": "see the history of a record that one sees",
        "trail.view": "read the whole trail",
        "export.create": "export what one sees",
        "officers.view_names": "see names of officers",
        "agreements.change": "change agreements",
        "staffing.change": "assign program managers",
        "itinstall.change": "enter sites and IT installations",
        "itinstall.plan": "plan installers, priorities and forecasts",
        "records.import": "import records from spreadsheets",
        "record_imports.view": "see imports of records",
        "rosters.import": "import published lists",
        "imports.view": "see imports",
        "reviews.view": "see reviews",
        "reviews.decide": "decide reviews",
        "parameters.change": "change parameters",
        "reference.change": "change reference data",
        "users.manage": "manage users and roles",
        "operations.manage": "see everybody’s jobs",
        "account.manage": "keep one’s own account",
        "tokens.manage": "make API tokens",
        "views.save": "save views",
    }
)

# What anybody who is signed in may do, also before an administrator has given them a role.
WITHOUT_ROLE = frozenset({"account.manage"})


class NotAllowed(PermissionDenied):
    """The person's role does not include the action.

    A PermissionDenied, so that pages (403.html) and API answer 403 wherever a service raises it.
    """

    def __init__(self, action: str) -> None:
        super().__init__(
            f"Your role does not allow this: {WORDS.get(action, action)}. "
            "Ask headquarters or an administrator."
        )
        self.action = action


def may(actor: Actor, action: str) -> bool:
    """Whether `actor`'s roles include `action`. Raises KeyError for an unknown action."""
    allowed = MATRIX[action]
    if actor.user is None:
        return True  # the system, under a name of its own
    return bool(allowed & actor.roles) or (action in WITHOUT_ROLE and actor.user.is_active)


def require(actor: Actor, action: str) -> None:
    """Raises NotAllowed unless `may`."""
    if not may(actor, action):
        raise NotAllowed(action)
