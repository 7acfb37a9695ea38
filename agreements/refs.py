"""Public references: short, stable, the same wherever the same lists are imported."""

from __future__ import annotations

import hashlib
import re
from datetime import date

__all__ = ["AGENCY", "AGREEMENT", "make_ref", "may_be_in_ref", "publication_ref"]

AGENCY, AGREEMENT = "LEA", "MOA"
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: no I, L, O, U to misread
LENGTH = 8
_PART = re.compile(
    rf"[A-Z]{{0,3}}-[{_ALPHABET}]{{0,{LENGTH}}}|[A-Z]{{1,3}}|[{_ALPHABET}]{{1,{LENGTH}}}", re.IGNORECASE
)


def make_ref(prefix: str, key: str, *, attempt: int = 0) -> str:
    """The reference of `key`, e.g. "LEA-7K3Q9XZP". Raise `attempt` when another key already has it.

    40 bits of SHA-256: two of 30,000 keys meet about once in 2,500 registers, hence `attempt`.
    """
    digest = hashlib.sha256(f"{prefix}|{key}|{attempt}".encode() if attempt else f"{prefix}|{key}".encode())
    number = int.from_bytes(digest.digest()[:5], "big")
    return f"{prefix}-" + "".join(_ALPHABET[(number >> (5 * i)) & 31] for i in range(LENGTH))


def may_be_in_ref(text: str) -> bool:
    """Whether a reference of `make_ref` may contain `text`, in any case: "7k3q" and "lea-", not "sheriff".
    A search need not look for others."""
    return _PART.fullmatch(text) is not None


def publication_ref(kind: str, published_on: date, content_digest: str) -> str:
    """What a publication is called in exports, e.g. "participating-2025-03-31-1a2b3c4d"."""
    return f"{kind}-{published_on.isoformat()}-{content_digest[:8]}"
