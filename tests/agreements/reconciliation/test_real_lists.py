"""All 330 published lists: the figures that the register is held against."""

from __future__ import annotations

import csv
from collections import Counter
from datetime import date

from rapidfuzz.distance import DamerauLevenshtein

from agreements.reconciliation.names import canonical, digits
from agreements.reconciliation.types import PARTICIPATING, ChangeKind, Rule
from tests.ice_lists import KNOWN_DATES_CSV, TOTALS_CSV, dating_of, digests_of, load_lists

from .support import geography, real_lists, real_register, real_rows

MODELS = {"Jail Enforcement Model": "JEM", "Warrant Service Officer": "WSO", "Task Force Model": "TFM"}


def totals():
    with open(TOTALS_CSV, encoding="utf-8", newline="") as file:
        return {line["as_of"]: line for line in csv.DictReader(file) if line["confidence"] == "derived"}


def test_listed_rows_per_model_equal_the_published_totals():
    verified = {}
    for sheet in load_lists():
        if sheet.kind != PARTICIPATING:
            continue
        day = dating_of(sheet, real_rows()).published_on.isoformat()
        if day not in totals():
            continue
        count = Counter(real_rows()[digest].model for digest in digests_of(sheet))
        wanted = {model: int(totals()[day][model.lower()]) for model in ("JEM", "WSO", "TFM")}
        verified[day] = verified.get(day, False) or all(count[model] == n for model, n in wanted.items())
    assert verified == dict.fromkeys(verified, True)  # a day may have a morning and an evening list
    assert len(verified) >= 15


def test_agreements_differ_from_rows_only_by_the_duplicates_named():
    register = real_register()
    extra = Counter()
    for duplicate in register.duplicates:
        extra[duplicate.list_digest] += len(duplicate.rows) - 1
    unkeyed = {link.evidence["row"] for link in register.proposals if "row" in link.evidence}
    for info in real_lists():
        rows = [digest for digest in info.rows if digest not in unkeyed]
        agreements = {register.attributions[digest].agreement for digest in rows}
        assert len(agreements) == len(rows) - extra[info.digest]


def test_known_date_corrections_whose_lists_are_here_are_one_agreement_each():
    register = real_register()
    codes = {name.replace(" ", "").lower(): code for code, name in geography().states.items()}
    found, gaps = [], []
    number_of = {key: i for i, agreement in enumerate(register.agreements) for key in agreement.keys}
    with open(KNOWN_DATES_CSV, encoding="utf-8", newline="") as file:
        for line in csv.DictReader(file):
            state = codes[line["state"].lower()]
            name = canonical(line["agency"], state, geography().states[state])
            keys = [
                (state, name, MODELS[line["support_model"]], line[f"date_{x}_printed"])
                for x in ("first", "later")
            ]
            if all(key in number_of for key in keys):
                assert number_of[keys[0]] == number_of[keys[1]], keys
                found.append(keys)
            else:
                gaps.append(keys)
    assert (len(found), len(gaps)) == (40, 11)


def test_the_queue_stays_small():
    register = real_register()
    assert len(register.proposals) <= 40
    assert all(link.evidence for link in register.proposals)


def test_like_named_agencies_left_apart_are_different():
    """Edit distance up to 3 within a state; each of these was looked at."""
    register = real_register()
    by_state: dict[str, list[tuple[str, int]]] = {}
    for number, agency in enumerate(register.agencies):
        for state, name in agency.keys:
            by_state.setdefault(state, []).append((name, number))
    asked = {frozenset((link.left[:2], link.right[:2])) for link in register.proposals}
    suspicious = set()
    for state, names in by_state.items():
        for i, (left, a) in enumerate(names):
            for right, b in names[i + 1 :]:
                near = DamerauLevenshtein.distance(left, right, score_cutoff=3) <= 3 and digits(
                    left
                ) == digits(right)
                if a != b and near and frozenset(((state, left), (state, right))) not in asked:
                    counties = {register.agencies[n].county_fips for n in (a, b)}
                    if len(counties) == 1 and "" not in counties:
                        suspicious.add((state, left, right))
    assert suspicious == NEIGHBORS


NEIGHBORS = {  # two towns of one county
    ("AL", "foley police department", "loxley police department"),
    ("AR", "bay police department", "cash police department"),
    ("TX", "arp police department", "troup police department"),
}


def test_no_agency_is_split_by_apostrophes_spaces_or_abbreviations():
    register = real_register()

    def bare(name):
        text = name.lower().replace("police department", "pd").replace("’", "'")
        return "".join(letter for letter in text if letter.isalnum())

    seen = {}
    for number, agency in enumerate(register.agencies):
        for span in agency.names:
            assert seen.setdefault((agency.state, bare(span.name)), number) == number, span.name


def test_nine_weeks_have_no_phantom_additions_or_removals():
    """August and September 2025: every arrival is newly signed, every exit lasts."""
    register = real_register()
    days = {info.digest: info.published_on for info in real_lists()}
    window = (date(2025, 7, 31), date(2025, 9, 30))
    short = []
    for number, agreement in enumerate(register.agreements):
        if agreement.ever_participating:
            first = [
                change
                for change in register.changes
                if change.agreement == number and change.kind is ChangeKind.ADDED
            ]
            added = days[first[0].list_digest]
            signed = agreement.first_printed_on
            if window[0] <= added <= window[1] and signed and (added - signed).days > 45:
                short.append((agreement.keys[0], "added late"))
    assert short == PHANTOMS


PHANTOMS: list[tuple[tuple[str, str, str, str], str]] = []


def test_rules_of_every_kind_are_at_work():
    rules = {link.rule for link in real_register().links}
    assert rules == {
        Rule.TYPO,
        Rule.MODIFIER,
        Rule.RENAME,
        Rule.RELABEL,
        Rule.REATTRIBUTION,
        Rule.STATE_SLIP,
        Rule.DATE_CORRECTION,
    }


def test_every_wrong_state_of_the_lists_is_a_correction_and_none_else():
    """Each of these was looked at: the file that the MOA's link names, or a county, tells the state."""
    links = [link for link in real_register().links if link.rule is Rule.STATE_SLIP]
    assert {(link.left[0], link.right[0], link.left[1]) for link in links} == {
        ("FL", "NY", "lake placid police department"),
        ("MN", "MA", "crow wing county sheriff office"),
        ("MN", "MT", "cass county sheriff office"),
        ("SC", "FL", "kershaw county sheriff office"),
        ("TN", "TX", "trousdale county sheriff office"),
        ("TX", "OK", "wichita county sheriff office"),
    }
    assert not [link for link in real_register().proposals if link.rule is Rule.STATE_SLIP]


def test_no_rule_of_names_joins_two_spellings_that_one_list_prints():
    """Tiers 3 and 4 never do; an agreement that passes between two such names is a re-attribution."""
    register = real_register()
    number_of = {key: n for n, agency in enumerate(register.agencies) for key in agency.keys}
    for link in register.links:
        if link.rule in (Rule.TYPO, Rule.MODIFIER):
            assert len(link.left) == 2, link
            assert number_of[link.left] == number_of[link.right], link
    moved = {link.left[:3] for link in register.links if link.rule is Rule.REATTRIBUTION}
    assert moved == {
        ("FL", "department of environmental protection", "TFM"),
        ("VA", "hopewell county sheriff office", "JEM"),
    }
