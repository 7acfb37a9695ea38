"""The rules of reconciliation, and what they look at, in plain words (docs/reconciliation.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = [
    "FIELD_LABELS",
    "FLAGS",
    "GROUNDS",
    "KIND_RULES",
    "REASONS",
    "RULES",
    "RuleText",
    "explain_entry",
    "explain_rule",
    "field_label",
    "flag_text",
]


@dataclass(frozen=True, slots=True)
class RuleText:
    """A rule: its name on a badge or in a filter, and the sentence that says what it concludes from what."""

    label: str
    sentence: str


RULES: Mapping[str, RuleText] = {
    "canonical_name": RuleText(
        "Same name",
        "Printed under the same name, apart from case, punctuation and common abbreviations.",
    ),
    "verdict": RuleText(
        "Decided by a person", "A person decided this; it beats every rule until it is undone."
    ),
    "typo": RuleText("Typing error", "The names differ by one or two letters and never stand in one list."),
    "modifier": RuleText(
        "Word added or left out",
        "One name’s words contain the other’s, the two never stand in one list, and one of them is rare.",
    ),
    "rename": RuleText(
        "New name, same MOA",
        "One name ends on a list, the other begins on the next, and both link an MOA file that names them.",
    ),
    "relabel": RuleText(
        "New name, same place in the list",
        "A listing without an MOA link ends, and exactly one other begins on the next list with the same "
        "state, model and signing date.",
    ),
    "state_slip": RuleText(
        "Wrong state printed", "The same agency, model and date stand under another state for a few lists."
    ),
    "date_correction": RuleText(
        "Signing date printed anew",
        "An agreement ends with one date and begins with another on the next list; both dates are kept.",
    ),
    "reattribution": RuleText(
        "Passed to a like name",
        "An agreement ends under one name and goes on under a like one on the next list, with the same "
        "model, date, and MOA file or county. One list prints both names, so they stay two agencies until a "
        "person says otherwise.",
    ),
    "pending_to_active": RuleText("Pending, then signed", "The same agency and model left the pending list."),
    "unparsed": RuleText("Not readable", "Part of the row could not be read; it is kept as printed."),
    "staff_statement": RuleText(
        "List against a staff statement",
        "Staff entered that the agreement is suspended or terminated; the newest list still prints it.",
    ),
    "absence": RuleText("Absence", "The newest lists no longer print it."),
}

# What leads to a line of a preview where no rule about names or dates had to be asked.
KIND_RULES: Mapping[str, RuleText] = {
    "added": RuleText("New listing", "No earlier list prints this agency, model and signing date."),
    "returned": RuleText("Printed again", "The same agency, model and date as before its absence."),
    "missing": RuleText(
        "Not printed", "This list leaves it out; it is not yet absent from 3 lists and for 7 days."
    ),
    "removed": RuleText("Absent long enough", "Absent from at least 3 lists and for at least 7 days."),
    "superseded": RuleText(
        "Later agreement",
        "A later agreement of the same agency and model began on the next list or within 60 days.",
    ),
    "date_corrected": RULES["date_correction"],
    "pending_added": RuleText("New on the pending list", "No earlier pending list prints agency and model."),
    "pending_left": RuleText(
        "Not printed", "The pending list leaves it out, and no list prints it as signed."
    ),
    "history": RuleText(
        "List in between", "The list lies between two known ones, so days of the past are known better."
    ),
    "duplicates": RuleText("Printed twice", "Several rows of one list are the same agreement."),
}

REASONS: Mapping[str, str] = {
    "joined_to_a_different_agency": "It would also join agencies that are known to be different.",
    "printed_in_one_list": "Both names stand in one list, on different rows.",
    "counties_differ": "The two are printed with different counties.",
    "neither_is_rare": "Both names are printed often; neither looks like a slip.",
    "several_candidates": "Several agencies came or went on that list with the same state, model and date.",
    "another_kind_of_agency": "The names are of different kinds of agency, as a sheriff and a prison are.",
    "nothing_in_common": "The names and counties have nothing in common.",
    "no_county": "No county is printed that both share.",
    "far_apart": "The two were printed more than 90 days apart.",
    "no_county_or_moa_evidence": "No county and no MOA file shows that the two are one.",
    "near_dates_without_moa_evidence": "The dates are near, but no MOA file shows that it is one agreement.",
}

GROUNDS: Mapping[str, str] = {
    "linked_only_later": "The earlier print never linked an MOA; the later one does.",
    "unreadable_date": "One of the two dates is not readable; the other is taken to be its reading.",
    "never_linked_and_near": "The earlier print never linked an MOA; the dates are at most 30 days apart.",
    "same_moa": "Both link the same MOA file, and the dates are at most 30 days or exactly one year apart.",
    "unlinked_at_the_end": "The earlier print ended without a link, and the dates are at most 90 days apart.",
}

FLAGS: Mapping[str, str] = {
    "agency_missing": "No agency is printed.",
    "county_from_name": "County taken from the agency’s name; the COUNTY cell says another.",
    "county_of_adjoining_state": "The county printed is in an adjoining state.",
    "county_of_another_state": "The county printed is in another state.",
    "county_typo": "County read in spite of a typing error.",
    "county_unknown": "The county printed is not known in that state.",
    "date_text": "The date is text; it was read all the same.",
    "date_unparsed": "The date cannot be read; it is kept as printed.",
    "date_year": "The year is impossible; it was corrected.",
    "model_typo": "Support type read in spite of a typing error.",
    "model_unknown": "The support type is not known.",
    "state_typo": "State read in spite of a typing error.",
    "state_unknown": "The state is not known.",
    "type_typo": "Type read in spite of a typing error.",
}

FIELD_LABELS: Mapping[str, str] = {
    "name": "Name",
    "state": "State",
    "type": "Type",
    "agency": "Agency",
    "agency_type": "Type",
    "county": "County",
    "county_fips": "County",
    "model": "Model",
    "support_type": "Support type",
    "signed": "Signed",
    "signed_on": "Signed",
    "moa": "MOA",
    "moa_url": "MOA link",
    "moa_linked_on": "MOA first linked",
    "addendum": "Addendum",
    "addendum_url": "Addendum link",
    "addendum_urls": "Addendum link",
    "agreements": "Agreements",
    "spans": "History",
    "status": "Status",
    "ended_on": "Ended",
    "listed": "Listed since",
    "superseded_by": "Superseded by",
}


def explain_rule(rule: str) -> RuleText:
    """The rule in words; a rule that has none is shown by its own key rather than left out."""
    return RULES.get(rule) or RuleText(rule.replace("_", " ").capitalize(), "")


def explain_entry(kind: str, rule: str) -> RuleText | None:
    """Why a line of a preview is there: its rule, or what its kind means where none had to be asked."""
    if rule in {"", "canonical_name"} and kind in KIND_RULES:
        return KIND_RULES[kind]
    return explain_rule(rule) if rule else None


def flag_text(code: str) -> str:
    return FLAGS.get(code) or code.replace("_", " ").capitalize() + "."


def field_label(name: str) -> str:
    return FIELD_LABELS.get(name) or name.replace("_", " ").capitalize()
