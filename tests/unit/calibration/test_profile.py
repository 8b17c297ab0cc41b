"""Profiles where the answer can be written down: a line, a curve, a product."""

import math

import numpy as np
import pytest

from reuptake.calibration.least_squares import fit
from reuptake.calibration.parameters import Parameter, Prior
from reuptake.calibration.profile import profile, profiles
from reuptake.errors import InputError
from unit.calibration.curves import Curve, decay, linear, product

TIMES = np.linspace(0.0, 3.0, 12)
DESIGN = np.column_stack([np.ones(12), TIMES, TIMES**2])
NOISE = np.array([0.3, -1.1, 0.2, 0.9, -0.4, 1.4, -0.7, 0.1, -0.9, 0.5, 0.8, -1.0])


@pytest.mark.parametrize("sd", [0.01, 1.0])  # residuals larger, and smaller, than they are said to be
def test_profile_of_a_line_is_a_parabola_whose_ends_are_those_of_the_standard_error(sd):
    objective = linear(DESIGN, DESIGN @ [1.0, -2.0, 0.5] + 0.1 * NOISE, sd)
    fitted = fit(objective)
    for j, one in enumerate(profiles(objective, fitted, ["b0", "b1", "b2"]).values()):
        error = fitted.errors[j]
        np.testing.assert_allclose(one.rises, ((one.values - fitted.x[j]) / error) ** 2, rtol=1e-5, atol=1e-7)
        assert one.low == pytest.approx(fitted.x[j] - fitted.reach * error, abs=1e-5 * error)
        assert one.high == pytest.approx(fitted.x[j] + fitted.reach * error, abs=1e-5 * error)
        assert np.all(np.diff(one.values) > 0)
        assert one.rises[0] > fitted.reach**2 < one.rises[-1]


def test_an_interval_reaches_as_far_as_what_is_known_of_the_residuals_lets_it():
    """Normal where their size is told and holds; Student's t where it was found from the residuals themselves."""
    from scipy.stats import norm, t

    told, found = (fit(linear(DESIGN, DESIGN @ [1.0, -2.0, 0.5] + 0.1 * NOISE, sd)) for sd in (1.0, 0.01))
    assert told.inflation == 1.0 < found.inflation
    assert told.reach == pytest.approx(norm.ppf(0.975), rel=1e-12)
    assert found.reach == pytest.approx(t.ppf(0.975, len(TIMES) - 3), rel=1e-12)


def test_ends_of_a_curved_profile_are_where_the_cost_of_all_the_others_says():
    """A sum of exponentials with few data; checked against a fine grid with the amplitudes solved on paper."""
    measured = 3.0 * np.exp(-2.0 * TIMES) + np.exp(-0.3 * TIMES) + 0.05 * NOISE
    parameters = [Parameter(name, 1.0, 1e-3, 1e3, scale="linear") for name in ("a", "b")]
    parameters += [Parameter("k", 3.0, 0.05, 50.0), Parameter("slow", 0.3, 0.01, 0.9, scale="logit")]
    objective = Curve(
        parameters, lambda v: v[0] * np.exp(-v[2] * TIMES) + v[1] * np.exp(-v[3] * TIMES), measured, sd=0.05
    )
    fitted = fit(objective)
    found = profile(objective, fitted, "k")

    def rise(k):
        def left(slow):
            design = np.column_stack([np.exp(-k * TIMES), np.exp(-slow * TIMES)])
            return np.sum((design @ np.linalg.lstsq(design, measured)[0] - measured) ** 2) / 0.05**2

        from scipy.optimize import minimize_scalar

        least = minimize_scalar(left, bounds=(0.01, 0.9), method="bounded", options={"xatol": 1e-10}).fun
        return (least - 2.0 * fitted.at.cost) / fitted.inflation

    assert rise(found.low) == pytest.approx(fitted.reach**2, abs=1e-3)
    assert rise(found.high) == pytest.approx(fitted.reach**2, abs=1e-3)
    np.testing.assert_allclose(found.rises, [rise(k) for k in found.values], atol=1e-5)
    middle = fitted.values[2]
    assert found.high / middle > 1.04 * middle / found.low  # no parabola, not even in the logarithm


def test_a_product_leaves_both_its_factors_open():
    objective = product(2.0 + 0.1 * NOISE)
    fitted = fit(objective)
    for one in profiles(objective, fitted, ["a", "b"]).values():
        assert (one.low, one.high) == (None, None)
        assert one.values[0] < 0.02  # where the other has come to its own bound
        assert one.values[-1] == pytest.approx(100.0)


def test_an_end_beyond_the_bound_is_open_and_the_other_is_not():
    objective = decay(3.0 * np.exp(-0.7 * TIMES) + 0.05 * NOISE, TIMES)
    free = fit(objective)
    whole = profile(objective, free, "k")
    objective.parameters = (objective.parameters[0], Parameter("k", 0.65, 0.1, (whole.high + free.values[1]) / 2))
    cut = profile(objective, fit(objective), "k")
    assert cut.high is None
    assert cut.low == pytest.approx(whole.low, rel=1e-4)
    assert cut.values[-1] == pytest.approx(objective.parameters[1].high)


def test_what_is_believed_of_the_parameter_that_is_held_counts():
    """One mean, known beforehand to N(0, 1/4): the interval is that of the weighted mean."""
    objective = linear(np.ones((4, 1)), [1.0, 2.0, 3.0, 4.0])
    objective.parameters = (Parameter("b0", 0.1, -9.0, 9.0, scale="linear", prior=Prior(0.0, 0.5)),)
    fitted = fit(objective)
    inflated = max(1.0, np.sum((np.arange(1, 5) - 10.0 / 8.0) ** 2) / 4)
    found = profile(objective, fitted, "b0")
    half = fitted.reach * math.sqrt(inflated / 8.0)
    assert (found.low, found.high) == (pytest.approx(1.25 - half, rel=1e-6), pytest.approx(1.25 + half, rel=1e-6))


def test_where_the_model_fails_the_interval_is_open():
    objective = decay(3.0 * np.exp(-0.7 * TIMES) + 0.05 * NOISE, TIMES)
    fitted, whole = fit(objective), objective.model
    objective.model = lambda b: whole(b) if np.real(b[1]) < fitted.values[1] * 1.01 else np.full(12, np.nan)
    found = profile(objective, fitted, "k")
    assert found.high is None
    assert found.low is not None
    assert found.values[-1] == pytest.approx(fitted.values[1] * 1.01, rel=1e-3)


def test_company_changes_no_bit_and_progress_is_told():
    objective = decay(3.0 * np.exp(-0.7 * TIMES) + 0.05 * NOISE, TIMES)
    fitted, told = fit(objective), []
    one = profiles(objective, fitted, ["k", "a"])
    two = profiles(objective, fitted, ["k", "a"], together=3, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]
    for name in ("k", "a"):
        assert one[name].rises.tobytes() == two[name].rises.tobytes()
        assert (one[name].low, one[name].high) == (two[name].low, two[name].high)


def test_a_name_that_was_not_fitted_is_an_error_with_a_hint():
    objective = linear(DESIGN, DESIGN @ [1.0, -2.0, 0.5])
    with pytest.raises(InputError, match="did you mean 'b0'"):
        profile(objective, fit(objective), "b00")


def test_a_parameter_that_ended_at_its_bound_has_a_profile_to_the_other_side_only():
    objective = decay(3.0 * np.exp(-0.7 * TIMES) + 0.01 * NOISE, TIMES)
    objective.parameters = (objective.parameters[0], Parameter("k", 0.3, 0.1, 0.5))
    fitted = fit(objective)
    assert fitted.descents[0].outcome == "at a bound"
    found = profile(objective, fitted, "k")
    assert found.high is None
    assert found.low is None or found.low < 0.5
    assert found.values[-1] == pytest.approx(0.5)
