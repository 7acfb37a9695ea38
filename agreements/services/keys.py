"""Keys of reconciliation as the text that is stored."""

from __future__ import annotations

from agreements.reconciliation.types import AgencyKey, ListingKey

__all__ = ["AGENCY", "AGREEMENT", "key_from_text", "key_to_text", "subject_of"]

AGENCY, AGREEMENT = "agency", "agreement"
SEPARATOR = "|"


def key_to_text(key: AgencyKey | ListingKey) -> str:
    """("TX", "harris county sheriff office") → "TX|harris county sheriff office"."""
    return SEPARATOR.join(key)


def key_from_text(text: str) -> AgencyKey | ListingKey:
    """The reverse. Canonical names hold no separator; a printed date text may, so it comes last."""
    parts = text.split(SEPARATOR, 3)
    if len(parts) == 2:
        return parts[0], parts[1]
    return parts[0], parts[1], parts[2], parts[3]


def subject_of(key: AgencyKey | ListingKey) -> str:
    return AGENCY if len(key) == 2 else AGREEMENT
