"""Folds are what the definition says, and their interval counts studies."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.qualification.folds import Limits, fold_error, folds, guest_limits, tightest_band

RATIO = st.floats(0.05, 20.0)


def test_three_rows_by_hand():
    # |ln| of 2, 1/2 and 1 are ln 2, ln 2 and 0: their mean is two thirds of ln 2
    found = folds([2.0, 0.5, 1.0], ["a", "a", "b"])
    assert found.gmfe == pytest.approx(2.0 ** (2.0 / 3.0), rel=1e-15)
    assert found.bias == pytest.approx(1.0, rel=1e-15)
    assert found.within == {1.25: 1 / 3, 1.5: 1 / 3, 2.0: 1.0}
    assert (found.rows, found.studies) == (3, 2)


def test_the_interval_by_hand():
    # mean error 2/3·ln 2; residuals of study a sum to 2/3·ln 2, of b to minus that; t with one degree of freedom
    found = folds([2.0, 0.5, 1.0], ["a", "a", "b"])
    mean, total = 2.0 / 3.0 * math.log(2.0), 2.0 / 3.0 * math.log(2.0)
    spread = math.sqrt(2.0 / 1.0 * 2.0 * total**2) / 3.0
    reach = math.tan(math.pi * 0.475) * spread  # Student's t of one degree of freedom is Cauchy's
    assert found.interval.high == pytest.approx(math.exp(mean + reach), rel=1e-12)
    assert found.interval.low == 1.0  # no fold error is below one


def test_one_study_has_no_interval_and_no_row_no_folds():
    assert folds([1.2, 1.3], ["a", "a"]).interval is None
    assert folds([], []) is None


def test_rows_that_repeat_a_study_do_not_narrow_the_interval():
    once = folds([1.1, 1.6, 0.8], ["a", "b", "c"])
    often = folds([1.1, 1.6, 0.8] * 5, ["a", "b", "c"] * 5)
    assert often.gmfe == pytest.approx(once.gmfe, rel=1e-14)
    assert often.interval.high == pytest.approx(once.interval.high, rel=1e-12)


@given(ratios=st.lists(RATIO, min_size=1, max_size=20))
def test_too_high_and_too_low_weigh_the_same(ratios):
    studies = [str(i % 3) for i in range(len(ratios))]
    there, back = folds(ratios, studies), folds([1.0 / ratio for ratio in ratios], studies)
    assert back.gmfe == pytest.approx(there.gmfe, rel=1e-12)
    assert back.bias == pytest.approx(1.0 / there.bias, rel=1e-12)
    assert there.gmfe >= max(there.bias, 1.0 / there.bias) * (1.0 - 1e-12)


@pytest.mark.parametrize(
    ("ratio", "band"),
    [(1.0, 1.25), (0.8, 1.25), (1.25, 1.25), (1.3, 1.5), (0.5, 2.0), (2.0, 2.0), (2.01, None), (0.49, None)],
)
def test_bands_hold_their_edges(ratio, band):
    assert tightest_band(ratio) == band
    assert fold_error(ratio) == fold_error(1.0 / ratio)


def test_limits_of_guest_at_known_points():
    # δ = 1.25: at R = 1 a ratio may vary by δ; at R = 2, L = (1.25 + 2)/2 = 1.625; for large R, L goes to 2
    assert guest_limits(1.0) == Limits(0.8, 1.25)
    assert guest_limits(2.0).high == pytest.approx(3.25, rel=1e-15)
    assert guest_limits(2.0).low == pytest.approx(2.0 / 1.625, rel=1e-15)
    assert guest_limits(1e6).high == pytest.approx(2e6, rel=1e-6)
    # δ = 1: no variability at all, (1 + 2(R − 1))/R
    assert guest_limits(1.0, variability=1.0) == Limits(1.0, 1.0)
    assert guest_limits(4.0, variability=1.0) == Limits(4.0 / 1.75, 7.0)


@given(observed=RATIO)
def test_limits_of_induction_mirror_those_of_inhibition(observed):
    here, mirrored = guest_limits(observed), guest_limits(1.0 / observed)
    assert here.low == pytest.approx(1.0 / mirrored.high, rel=1e-12)
    assert here.low < observed < here.high
    assert here.high <= 2.0 * observed * (1.0 + 1e-12)
