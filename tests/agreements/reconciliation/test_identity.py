"""Who is who: tiers 1 to 7."""

from __future__ import annotations

from datetime import timedelta

import pytest

from agreements.reconciliation.types import PENDING, Rule, Status, Verdict, VerdictKind

from .support import START, History, only, row


def rules(register):
    return [link.rule for link in register.links]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Walker County Sheriff’s Office", "Walker County Sheriff's  Office "),
        ("Alvin Police Department", "Alvin PD"),
        ("St. Hedwig Marshal's Office", "Saint Hedwig Marshals Office"),
        ("City of Alvin Police Department", "Alvin Police Dept."),
        ("Walker County Sheriff's Department", "Walker Co. Sheriff Office"),
        ("Texas Office of the Attorney General", "Office of the Attorney General"),
        ("Galveston County Constable's Office Pct.1", "Galveston County Constable Precinct 1"),
    ],
)
def test_two_ways_of_writing_one_name_are_one_agency(left, right):
    assert only(History([row(left)], [row(right)]).register()).status is Status.ACTIVE


def test_two_precincts_are_two_agencies():
    one, two = row("Galveston County Constable Precinct 1"), row("Galveston County Constable Precinct 2")
    register = History([one], [two]).register()
    assert len(register.agencies) == 2


def test_sixth_and_ninth_circuit_are_two_agencies():
    names = (
        "Office of the State Attorney, Sixth Judicial Circuit",
        "Office of the State Attorney, Ninth Judicial Circuit",
    )
    register = History(*[[row(name, state="FLORIDA")] for name in names]).register()
    assert len(register.agencies) == 2


def test_town_and_city_of_one_name_are_two_agencies():
    town, city = row("Union Town Police Department"), row("Union City Police Department")
    assert len(History([town, city], [town, city]).register().agencies) == 2


def test_logan_county_is_two_agencies_in_two_states():
    kansas = row("Logan County Sheriff's Office", state="KANSAS", county="Logan County")
    oklahoma = row("Logan County Sheriff's Office", state="OKLAHOMA", county="Logan County")
    register = History([kansas], [oklahoma]).register()
    assert len(register.agencies) == 2
    assert len(register.agreements) == 2


def test_one_name_in_two_counties_on_one_list_is_two_agencies():
    left = row("Union Township Police Department", state="PENNSYLVANIA", county="Lawrence County")
    right = row("Union Township Police Department", state="PENNSYLVANIA", county="Washington County")
    assert len(History([left, right], [left, right]).register().agencies) == 2
    assert len(History([left], [right]).register().agencies) == 1  # a corrected county


def test_a_typo_never_printed_beside_the_right_name_is_one_agency():
    register = History([row("Lampass Police Department")], [row("Lampasas Police Department")]).register()
    assert only(register).status is Status.ACTIVE
    assert rules(register) == [Rule.TYPO]


def test_two_like_names_on_one_list_stay_two_and_are_asked_about():
    left, right = row("Davie Police Department"), row("Davis Police Department")
    register = History([left, right], [left, right]).register()
    assert len(register.agencies) == 2
    assert [link.evidence["reason"] for link in register.proposals] == ["printed_in_one_list"]


def test_a_chain_of_typos_does_not_join_two_names_that_one_list_prints():
    a, b, c = (
        row("Abbott Police Department"),
        row("Abbitt Police Department"),
        row("Abbittt Police Department"),
    )
    register = History([a, c], [b], [a, c]).register()
    joined = [agency.keys for agency in register.agencies]
    assert len(joined) == 2
    assert register.proposals


def test_a_rare_longer_name_is_the_same_agency():
    short = row("Brown County Narcotics Task Force")
    long = row("Brown County Narcotics Task Force Unit")
    register = History(*[[short]] * 8, [long]).register()
    assert rules(register) == [Rule.MODIFIER]
    assert only(register).status is Status.ACTIVE


def test_a_rename_needs_the_same_file_naming_the_agency():
    file = "FreeportMarshalTX_TFM.pdf"
    renamed = History(
        *[[row("Freeport Marshal Service", moa=file)]] * 3, *[[row("Freeport City Police", moa=file)]] * 3
    )
    unnamed = History(
        *[[row("Freeport Marshal Service", moa="scan1.pdf")]] * 3,
        *[[row("Galena Police Agency", moa="scan1.pdf")]] * 3,
    )
    assert only(renamed.register()).status is Status.ACTIVE
    register = unnamed.register()
    assert len(register.agreements) == 2
    assert [link.evidence["reason"] for link in register.proposals] == ["file_names_neither"]


def test_a_sheriffs_agreement_that_goes_over_to_the_prison_moves_and_the_agencies_stay_two():
    sheriff = row("Cambria County Sheriff's Office", state="PENNSYLVANIA", county="Cambria County")
    prison = row("Cambria County Prison", state="PENNSYLVANIA", county="Cambria County")
    register = History([sheriff], [sheriff], [prison], [prison]).register()
    agreement = only(register)
    assert len(register.agencies) == 2
    assert register.agencies[agreement.agency].name == "Cambria County Prison"
    assert [register.agencies[number].name for number, _ in agreement.previous_agencies] == [
        "Cambria County Sheriff's Office"
    ]
    assert "reattributed" in [change.kind.value for change in register.changes]


def test_a_relabel_to_a_misread_name_is_one_agency():
    old, new = (row(f"{name} County Sheriff's Office", state="MINNESOTA") for name in ("Freedom", "Freeborn"))
    register = History([old], [old], [new]).register()
    assert len(register.agencies) == 1
    assert rules(register) == [Rule.RELABEL]


def test_a_relabel_to_an_unlike_name_moves_the_agreement_and_joins_no_agencies():
    register = History([row("Alvin PD")], [row("Cuero PD")]).register()
    assert len(register.agreements) == 1
    assert len(register.agencies) == 2


def test_a_relabel_with_two_candidates_is_a_question():
    old = row("Alpha Harbor Police")
    new = [row("Alpha Harbor Security"), row("Beta Bay Police")]
    register = History([old], new, new).register()
    assert len(register.agreements) == 3
    assert [link.rule for link in register.proposals] == [Rule.RELABEL]


def test_a_wrong_state_with_a_county_that_it_does_not_have_is_a_correction():
    wrong = row("Kershaw County Sheriff's Office", state="FLORIDA", county="Kershaw County")
    right = row("Kershaw County Sheriff's Office", state="SOUTH CAROLINA", county="Kershaw County")
    register = History([wrong], *[[right]] * 4).register()
    agreement = only(register)
    assert [agency.state for agency in register.agencies] == ["SC"]
    assert agreement.status is Status.ACTIVE


def test_a_wrong_state_without_evidence_is_a_question():
    wrong, right = (row("Lake Placid Police Department", state=state) for state in ("NEW YORK", "FLORIDA"))
    register = History([wrong], *[[right]] * 8).register()
    assert len(register.agencies) == 2
    assert [link.rule for link in register.proposals] == [Rule.STATE_SLIP]


LAKE_PLACID = "LakePlacidPoliceDeptFL_TFM_MOA_02.28.25.pdf"


def test_a_wrong_state_is_a_correction_when_the_moas_file_names_agency_and_state():
    wrong = row("Lake Placid Police Department", state="NEW YORK")
    right = row("Lake Placid Police Department", state="FLORIDA", moa=LAKE_PLACID)
    register = History([wrong], *[[right]] * 8).register()
    agreement = only(register)
    assert [agency.state for agency in register.agencies] == ["FL"]
    assert agreement.status is Status.ACTIVE
    assert rules(register) == [Rule.STATE_SLIP]


@pytest.mark.parametrize(
    ("file", "county", "own_file"),
    [
        ("LakePlacidPoliceDept_TFM_MOA_02.28.25.pdf", None, ""),  # names no state
        ("LakePlacidPoliceDeptGA_TFM_MOA_02.28.25.pdf", None, ""),  # names a third one
        ("LakeCityPoliceDeptFL_TFM_MOA_02.28.25.pdf", None, ""),  # names another agency
        (LAKE_PLACID, "Essex County", ""),  # the county speaks for New York
        (LAKE_PLACID, None, "LakePlacidPoliceDeptNY_TFM_MOA_02.28.25.pdf"),  # so does an MOA
    ],
)
def test_a_file_that_does_not_settle_the_state_leaves_two_agencies(file, county, own_file):
    wrong = row("Lake Placid Police Department", state="NEW YORK", county=county, moa=own_file)
    right = row("Lake Placid Police Department", state="FLORIDA", moa=file)
    register = History([wrong], *[[right]] * 8).register()
    assert len(register.agencies) == 2
    assert not register.links


MODELS = ("Jail Enforcement Model", "Warrant Service Officer")


@pytest.mark.parametrize(("county", "agreements"), [("Bexar County", 1), (None, 2)])
def test_an_agreement_passes_between_two_names_of_one_list_only_with_evidence(county, agreements):
    names = ("Brown Task Force", "Brown Task Force Unit")
    other = [
        row(name, model="Jail Enforcement Model", signed=f"2025-02-1{i}") for i, name in enumerate(names)
    ]
    old, new = (row(name, county=county) for name in names)
    register = History(*[[old, *other]] * 4, [new, *other]).register()
    assert len(register.agencies) == 2  # one list prints both
    assert len([a for a in register.agreements if a.model == "TFM"]) == agreements
    assert rules(register) == [Rule.REATTRIBUTION] * (2 - agreements)
    assert [link.rule for link in register.proposals] == [Rule.MODIFIER]  # are they one agency?


def test_a_person_keeps_a_typo_apart():
    history = History([row("Lampass Police Department")], [row("Lampasas Police Department")])
    keys = [("TX", "lampass police department"), ("TX", "lampasas police department")]
    register = history.register(Verdict(VerdictKind.DISTINCT, *keys))
    assert len(register.agencies) == 2
    assert not register.proposals


def test_a_person_joins_two_names_of_one_list():
    rows = [row("Alpha Police"), row("Omega Police")]
    verdict = Verdict(VerdictKind.SAME, ("TX", "omega police"), ("TX", "alpha police"))
    register = History(rows, rows).register(verdict)
    assert len(register.agencies) == 1
    assert len(register.duplicates) == 2
    assert not register.duplicates[0].identical


def test_a_person_joins_two_listings_and_the_agencies_stay_two():
    old, new = row("Alpha Police"), row("Omega Police", signed="2025-02-25", moa="x.pdf")
    keep = (
        row("Alpha Police", model="Jail Enforcement Model"),
        row("Omega Police", model="Jail Enforcement Model"),
    )
    verdict = Verdict(
        VerdictKind.SAME,
        ("TX", "alpha police", "TFM", "2025-02-20"),
        ("TX", "omega police", "TFM", "2025-02-25"),
    )
    register = History([old, *keep], [new, *keep]).register(verdict)
    moved = [agreement for agreement in register.agreements if agreement.model == "TFM"]
    assert len(moved) == 1
    assert len(register.agencies) == 2
    assert moved[0].previous_agencies


def test_a_distinct_verdict_separates_two_dates():
    history = History([row("Alpha Police")], [row("Alpha Police", signed="2025-02-21")])
    assert len(history.register().agreements) == 1
    keys = [("TX", "alpha police", "TFM", day) for day in ("2025-02-20", "2025-02-21")]
    assert len(history.register(Verdict(VerdictKind.DISTINCT, *keys)).agreements) == 2


def test_an_answered_question_is_not_asked_again():
    wrong, right = (row("Lake Placid Police Department", state=state) for state in ("NEW YORK", "FLORIDA"))
    history = History([wrong], *[[right]] * 8)
    (question,) = history.register().proposals
    for kind, n_agreements in ((VerdictKind.DISTINCT, 2), (VerdictKind.SAME, 1)):
        register = history.register(Verdict(kind, question.left, question.right))
        assert not register.proposals
        assert len(register.agreements) == n_agreements


def test_a_pending_agency_becomes_the_signed_agreement_without_a_date_in_common():
    history = History([row("Alvin PD", kind=PENDING)], kind=PENDING)
    history.add([row("Alvin Police Department")], START + timedelta(days=2))
    agreement = only(history.register())
    assert [span.status for span in agreement.spans] == [Status.PENDING, Status.ACTIVE]


def test_rows_without_a_known_state_are_questions_not_agencies():
    register = History([row("Alvin PD", state="ATLANTIS")]).register()
    assert not register.agencies
    assert [link.rule for link in register.proposals] == [Rule.UNPARSED]
