"""Verdicts: what the data tell is told, and nothing else, whatever is believed."""

import math

import numpy as np
import pytest

from reuptake.calibration.identifiability import combinations, correlation, verdicts
from reuptake.calibration.least_squares import fit
from reuptake.calibration.parameters import Parameter, Prior
from unit.calibration.curves import Curve, decay, linear, product

TIMES = np.linspace(0.0, 3.0, 12)
NOISE = np.array([0.3, -1.1, 0.2, 0.9, -0.4, 1.4, -0.7, 0.1, -0.9, 0.5, 0.8, -1.0])
DECAY = 3.0 * np.exp(-0.7 * TIMES) + 0.05 * NOISE


def test_a_decay_that_was_measured_tells_both_its_parameters():
    fitted = fit(decay(DECAY, TIMES))
    assert [one.told for one in verdicts(fitted)] == ["told", "told"]
    covariance = fitted.covariance
    pair = covariance[0, 1] / math.sqrt(covariance[0, 0] * covariance[1, 1])
    np.testing.assert_allclose(correlation(fitted), [[1.0, pair], [pair, 1.0]], rtol=1e-9)


def test_combinations_are_the_axes_of_the_covariance_the_widest_first():
    fitted = fit(decay(DECAY, TIMES))
    widest, narrowest = combinations(fitted)
    spread, axes = np.linalg.eigh(fitted.covariance)
    for one, variance, axis in ((widest, spread[1], axes[:, 1]), (narrowest, spread[0], axes[:, 0])):
        assert one.error == pytest.approx(math.sqrt(variance) / np.abs(axis).max())
    assert set(widest.names) == {"a", "k"}


def test_factors_of_a_product_are_not_told_and_their_ratio_is_named():
    fitted = fit(product(2.0 + 0.1 * NOISE))
    found = verdicts(fitted)
    assert [(one.name, one.told) for one in found] == [("a", "not told"), ("b", "not told")]
    assert all("a·b^-1" in one.reason for one in found)
    assert [one.error for one in combinations(fitted)] == [math.inf]
    assert correlation(fitted)[0, 1] == -1.0


def test_a_prior_on_one_factor_makes_neither_look_told_by_the_data():
    fitted = fit(product(2.0 + 0.1 * NOISE, prior=Prior(0.0, 0.2)))
    assert np.isfinite(fitted.errors).all()
    first, second = verdicts(fitted)
    assert (first.told, second.told) == ("not told", "not told")
    assert "the prior decides" in first.reason
    assert "data alone" in second.reason


def test_a_prior_that_the_data_outweigh_does_not_decide():
    found = verdicts(fit(decay(DECAY, TIMES, prior=Prior(0.0, 2.0))))
    assert [one.told for one in found] == ["told", "told"]


def test_spread_of_a_nuisance_is_part_of_the_data():
    """Two studies with an effect each: without their spread nothing could be said of the mean."""
    parameters = [Parameter("mean", 1.0, 0.01, 100.0)] + [
        Parameter(f"effect{i}", 0.01, -5.0, 5.0, scale="linear", prior=Prior(0.0, 0.3), nuisance=True) for i in (1, 2)
    ]
    which = np.repeat([0, 1], 6)
    measured = np.log(2.0) + np.where(which == 0, 0.2, -0.1) + 0.05 * NOISE
    objective = Curve(parameters, lambda b: np.log(b[0]) + np.where(which == 0, b[1], b[2]), measured, 0.1)
    fitted = fit(objective)
    (one,) = verdicts(fitted)
    assert (one.name, one.told) == ("mean", "told")
    assert fitted.errors[0] == pytest.approx(math.sqrt((0.3**2 + 0.1**2 / 6) / 2 * fitted.inflation), rel=1e-6)
    objective.parameters = (
        parameters[0],
        *(Parameter(p.name, 0.01, -5.0, 5.0, scale="linear") for p in parameters[1:]),
    )
    assert {one.told for one in verdicts(fit(objective))} == {"not told"}


def test_what_two_early_samples_say_of_a_rate_is_hardly_anything():
    a, k = verdicts(fit(decay([3.0, 2.98], np.array([0.0, 0.02]), sd=0.05)))
    assert a.told == "told"
    assert (k.told, "factor" in k.reason) == ("hardly told", True)


def test_twins_are_named():
    times = np.linspace(1.0, 1.2, 12)
    a, k = verdicts(fit(decay(3.0 * np.exp(-0.7 * times) + 1e-3 * NOISE, times, sd=1e-3)))
    assert a.told == k.told == "told"
    assert "hardly told apart from k (correlation 0.99" in a.reason
    assert "hardly told apart from a (correlation 0.99" in k.reason


def test_a_bound_that_decides_is_named():
    objective = decay(DECAY, TIMES)
    objective.parameters = (objective.parameters[0], Parameter("k", 0.3, 0.1, 0.5, unit="1/h"))
    found = verdicts(fit(objective))[1]
    assert found.told == "not told"
    assert "upper bound, 0.5 1/h" in found.reason


def test_three_factors_leave_two_ratios_open_and_an_idle_one_stands_alone():
    parameters = [Parameter(name, 1.0, 0.01, 100.0) for name in "abcd"]
    objective = Curve(
        parameters, lambda v: v[0] * v[1] * v[2] * np.ones(12) + 0.0 * v[3] ** 3, 2.0 + 0.1 * NOISE, sd=0.1
    )
    objective.parameters = (*parameters[:3], Parameter("d", 1.0, 0.01, 100.0, prior=Prior(0.0, 5.0)))
    fitted = fit(objective)
    open_ones = [one for one in combinations(fitted) if one.error == math.inf]
    assert sorted(len(one.names) for one in open_ones) == [1, 2, 2]
    assert "the prior decides" in verdicts(fitted)[3].reason


def test_linear_parameters_are_judged_by_their_own_size():
    design = np.column_stack([np.ones(12), TIMES])
    small, large = (
        fit(linear(design, unit * (design @ [1.0, 2.0] + 0.1 * NOISE), sd=0.1 * unit)) for unit in (1e-2, 1e2)
    )
    assert [one.reason for one in verdicts(small)] == [one.reason for one in verdicts(large)]
