"""The canonical hash of a register: equal registers, equal hash, whatever the order of import."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from .types import AgencyState, AgreementState, Duplicate, Link


def fingerprint(
    agencies: Sequence[AgencyState],
    agreements: Sequence[AgreementState],
    links: Sequence[Link],
    proposals: Sequence[Link],
    duplicates: Sequence[Duplicate],
) -> str:
    """SHA-256 (hex). Indexes are replaced by keys; everything is sorted; changes follow from the rest."""
    keys = [agency.keys[0] for agency in agencies]
    first = [agreement.keys[0] for agreement in agreements]
    lines = [
        repr(
            (
                a.keys,
                a.state,
                a.name,
                [(n.name, n.first_list, n.last_list) for n in a.names],
                a.agency_type,
                a.county_fips,
                a.ever_participating,
            )
        )
        for a in agencies
    ]
    for g in agreements:
        spans = [
            (s.status.value, s.begins_on.toordinal(), s.ends_on and s.ends_on.toordinal(), s.list_digest)
            for s in g.spans
        ]
        heir = None if g.superseded_by is None else first[g.superseded_by]
        before = [(keys[number], digest) for number, digest in g.previous_agencies]
        lines.append(
            repr(
                (
                    g.keys,
                    keys[g.agency],
                    g.model,
                    str(g.first_printed_on),
                    str(g.signed_on),
                    g.signed_text,
                    g.moa_url,
                    g.addendum_urls,
                    spans,
                    g.first_list,
                    g.last_list,
                    heir,
                    g.ever_participating,
                    before,
                )
            )
        )
    for kind, group in (("link", links), ("proposal", proposals)):
        for link in group:
            lines.append(
                f"{kind}|{link.rule}|{link.left}|{link.right}|{link.list_digest}|"
                + json.dumps(link.evidence, sort_keys=True, default=str)
            )
    for d in duplicates:
        lines.append(f"duplicate|{d.list_digest}|{d.rows}|{d.listing}|{d.identical}")
    lines.sort()
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
