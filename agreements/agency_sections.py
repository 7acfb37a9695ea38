"""Blocks on the page of an agency that apps above this one have: they register, the page asks.

register_agency_section(key="installations", order=10, template="itinstall/_agency_block.html",
                        context=context_of_agency)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from agreements.models import Agency
from oversight.access.models import User

__all__ = ["AgencySection", "agency_sections", "register_agency_section"]


class SectionContext(Protocol):
    """`(*, user, agency) -> context`, cut to what the user may see, in a fixed number of statements."""

    def __call__(self, *, user: User, agency: Agency) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class AgencySection:
    """One block. `template` gets its context under the name `section`."""

    key: str
    order: int
    template: str
    context: SectionContext


_sections: dict[str, AgencySection] = {}


def register_agency_section(*, key: str, order: int, template: str, context: SectionContext) -> None:
    """Add a block. Raises ValueError when the key is taken."""
    if key in _sections:
        raise ValueError(f"Two blocks of the agency's page have the key {key!r}.")
    _sections[key] = AgencySection(key, order, template, context)


def agency_sections(*, user: User, agency: Agency) -> list[dict[str, Any]]:
    """Template and context of each block, in order."""
    return [
        {"template": section.template, **section.context(user=user, agency=agency)}
        for section in sorted(_sections.values(), key=lambda section: (section.order, section.key))
    ]
