"""Who acts: a signed-in person, or the system under a name of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from oversight.access.models import User


@dataclass(frozen=True, slots=True)
class Actor:
    """The one on whose behalf a service runs.

    `user` is None for the system. `label` is what the trail shows, e.g. "import_roster".
    """

    user: User | None
    label: str

    @property
    def is_system(self) -> bool:
        return self.user is None

    @property
    def roles(self) -> frozenset[str]:
        return self.user.roles if self.user else frozenset()


def person(user: User) -> Actor:
    return Actor(user=user, label=user.display_name)


def system(label: str) -> Actor:
    """The system itself, for commands run at the console and for scheduled jobs."""
    if not label:
        raise ValueError("A system actor needs a name that says what acts.")
    return Actor(user=None, label=label)
