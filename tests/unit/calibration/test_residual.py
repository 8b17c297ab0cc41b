"""Residuals of measured levels: half a square is the negative log-likelihood, and slopes are those of differences."""

import numpy as np
import pytest
from scipy.stats import norm

from reuptake.calibration.residual import Logarithmic, Normal, censored
from reuptake.errors import InputError

MODELS = [Logarithmic(0.15), Normal(0.7)]
PREDICTED = np.array([0.4, 0.9, 2.0, 5.0, 30.0])


@pytest.mark.parametrize("model", MODELS, ids=repr)
@pytest.mark.parametrize("below", [False, True])
def test_slopes_are_those_of_differences(model, below):
    measured = np.full(5, np.nan) if below else np.array([0.5, 0.8, 2.0, 6.0, 20.0])
    limits, step = np.full(5, 1.5), 1e-6 * PREDICTED
    _, slopes = model.residuals(measured, limits, PREDICTED)
    up, down = (model.residuals(measured, limits, PREDICTED + sign * step)[0] for sign in (1.0, -1.0))
    # Central differences err by h² and by rounding over h, of residuals that may be of the size of √(−2 ln Φ) ~ 1e-8.
    np.testing.assert_allclose((up - down) / (2.0 * step), slopes, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("margin", [-30.0, -3.0, 0.0, 1.0, 4.0])
def test_half_the_square_of_a_censored_residual_is_the_negative_logarithm_of_its_probability(margin):
    residual, slope = censored(np.array([margin]))
    assert 0.5 * residual[0] ** 2 == pytest.approx(-norm.logcdf(margin), rel=1e-12)
    step = 1e-5
    up, down = censored(np.array([margin + step]))[0], censored(np.array([margin - step]))[0]
    assert slope[0] == pytest.approx(float(up[0] - down[0]) / (2.0 * step), rel=1e-6)


def test_what_lies_far_below_a_limit_costs_nothing_and_far_above_it_costs_a_square():
    residual, slope = censored(np.array([60.0, np.inf, -1e4]))
    assert residual[:2].tolist() == [0.0, 0.0]
    assert slope[:2].tolist() == [0.0, 0.0]
    assert residual[2] == pytest.approx(1e4, rel=1e-6)
    assert slope[2] == pytest.approx(-1.0, rel=1e-6)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_nothing_at_all_lies_below_every_limit(model):
    residual, slope = model.residuals(np.array([np.nan]), np.array([30.0]), np.array([0.0]))
    assert residual[0] >= 0.0
    assert np.isfinite(slope[0])
    assert residual[0] < 0.01


def test_a_level_where_nothing_can_be_has_no_logarithm_and_says_so_by_nan():
    residual, _ = Logarithmic(0.1).residuals(np.array([3.0]), np.array([np.nan]), np.array([0.0]))
    assert np.isnan(residual[0])


def test_a_limit_just_met_is_a_coin_toss():
    residual, _ = Logarithmic(0.1).residuals(np.array([np.nan]), np.array([2.0]), np.array([2.0]))
    assert 0.5 * residual[0] ** 2 == pytest.approx(np.log(2.0))


@pytest.mark.parametrize(
    "made", [lambda: Logarithmic(0.0), lambda: Logarithmic(np.nan), lambda: Normal(0.0), lambda: Normal(-1.0)]
)
def test_a_standard_deviation_is_above_nought(made):
    with pytest.raises(InputError, match="above zero"):
        made()
