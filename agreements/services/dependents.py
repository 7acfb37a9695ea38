"""Who reads signing dates, models and agencies of agreements: apps that this one may not import.

    register_dependent("itinstall", register_changed)

Each is told in the transaction that changes the register, after the change, so that it can mark its own
figures to be computed again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Protocol

__all__ = ["Dependent", "dependents_tell", "register_dependent"]


class Dependent(Protocol):
    """`signed`: agreement (pk) → signing date before and now. `agreements`, `agencies`: those whose state,
    county, agency, model or merger changed. A constant number of statements."""

    def __call__(
        self,
        *,
        signed: Mapping[int, tuple[date | None, date | None]],
        agreements: Collection[int],
        agencies: Collection[int],
        reason: str,
    ) -> None: ...


_dependents: dict[str, Dependent] = {}


def register_dependent(key: str, dependent: Dependent) -> None:
    """Add one. Raises ValueError when the key is taken."""
    if key in _dependents:
        raise ValueError(f"Two parts depend on agreements under the key {key!r}.")
    _dependents[key] = dependent


def dependents_tell(
    *,
    signed: Mapping[int, tuple[date | None, date | None]],
    agreements: Collection[int],
    agencies: Collection[int],
    reason: str,
) -> None:
    """Tell everybody; nobody when nothing of it changed."""
    if signed or agreements or agencies:
        for _, dependent in sorted(_dependents.items()):
            dependent(signed=signed, agreements=agreements, agencies=agencies, reason=reason)
