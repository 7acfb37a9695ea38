"""The Kaplan-Meier estimate against a published worked example and against its definition, in fractions."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from itinstall.kaplan_meier import curve_of, median_of
from itinstall.measures import mean, median, p90, spread, xmr
from tests.itinstall.histories import product_limit, product_limit_median

# The 6-MP arm of Freireich et al., Blood 21 (1963) 699-716: weeks in remission of 21 patients, 12 of them
# censored; survival and band as Kleinbaum and Klein (Survival Analysis) and Stata's manual print them.
RELAPSED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
CENSORED = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PUBLISHED = {
    6: (0.8571, 0.6197, 0.9516),
    7: (0.8067, 0.5631, 0.9228),
    10: (0.7529, 0.5032, 0.8894),
    13: (0.6902, 0.4316, 0.8491),
    16: (0.6275, 0.3675, 0.8049),
    22: (0.5378, 0.2678, 0.7468),
    23: (0.4482, 0.1881, 0.6801),
}
AT_RISK = {6: 21, 7: 17, 10: 15, 13: 12, 16: 11, 22: 7, 23: 6}


def test_the_curve_equals_a_published_worked_example() -> None:
    curve = curve_of(complete=RELAPSED, censored=CENSORED)
    steps = [point for point in curve.points if point.n_complete]
    found = {p.days: (round(p.open, 4), round(p.low or 0, 4), round(p.high or 0, 4)) for p in steps}
    assert found == PUBLISHED
    assert {point.days: point.at_risk for point in steps} == AT_RISK
    assert (curve.median, curve.n, curve.n_complete) == (23, 21, 9)
    assert median_of(complete=RELAPSED, censored=CENSORED) == 23


def test_where_fewer_than_half_are_complete_there_is_no_median() -> None:
    curve = curve_of(complete=[5], censored=[7, 8, 9])
    assert curve.median is None
    assert median_of(complete=[5], censored=[7, 8, 9]) is None
    assert curve_of(complete=[], censored=[3]).points == ()
    assert median_of(complete=[], censored=[3]) is None


def test_leaving_open_ones_out_would_look_quicker() -> None:
    assert median_of(complete=RELAPSED, censored=[]) == 10


durations = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=25)


@given(durations)
def test_the_curve_equals_its_definition_in_fractions(found) -> None:
    done = [days for days, is_complete in found if is_complete]
    still = [days for days, is_complete in found if not is_complete]
    curve = curve_of(complete=done, censored=still)
    steps = [(point.days, point.open) for point in curve.points if point.n_complete]
    wanted = product_limit(found)
    assert [days for days, _ in steps] == [days for days, _ in wanted]
    for (_, share), (_, exact) in zip(steps, wanted, strict=True):
        assert share == pytest.approx(float(exact), abs=1e-12)
    reference = product_limit_median(found)
    assert curve.median == reference
    assert median_of(complete=done, censored=still) == reference
    for point in curve.points:
        assert point.low is None or point.high is None or point.low <= point.open <= point.high


def test_the_library_is_not_loaded_at_start() -> None:
    code = "import sys, itinstall.kaplan_meier; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- the other measures


@given(st.lists(st.integers(0, 500), min_size=1, max_size=40))
def test_the_90th_percentile_is_the_smallest_value_that_nine_in_ten_do_not_exceed(values) -> None:
    def enough(limit: int) -> bool:
        return 10 * sum(value <= limit for value in values) >= 9 * len(values)

    assert p90(values) == min(value for value in values if enough(value))


@given(st.lists(st.integers(0, 500), min_size=1, max_size=40))
def test_the_median_has_as_many_below_as_above(values) -> None:
    found = median(values)
    below, above = (sum(f(v) for v in values) for f in (lambda v: v < found, lambda v: v > found))
    assert max(below, above) <= len(values) / 2
    assert abs(Fraction(mean(values)) - Fraction(sum(values), len(values))) < Fraction(1, 10**5)


def test_of_no_values_there_is_no_measure() -> None:
    assert (median([]), mean([]), p90([])) == (None, None, None)
    assert spread([(3, 2), (5, 1)]) == [3, 3, 5]


def test_control_limits_are_mean_and_266_times_the_mean_moving_range() -> None:
    series = [10, 12, 9, 11, 10, 13, 8, 10, 12, 11, 9, 11]
    limits = xmr(series)
    assert limits is not None
    moving = [2, 3, 2, 1, 3, 5, 2, 2, 1, 2, 2]
    assert limits.mean == pytest.approx(sum(series) / 12)
    assert limits.high == pytest.approx(limits.mean + 2.66 * sum(moving) / 11)
    assert limits.low == pytest.approx(limits.mean - 2.66 * sum(moving) / 11)
    assert [limits.verdict(n) for n in (20, 10, 1)] == ["more than usual", "as usual", "fewer than usual"]


def test_under_twelve_points_there_are_no_limits_and_none_is_below_zero() -> None:
    assert xmr([5] * 11) is None
    limits = xmr([0, 9] * 6)
    assert limits is not None
    assert limits.low == 0
