"""The best place, and how well it is known, where both can be said on paper."""

import numpy as np
import pytest

from reuptake.calibration.least_squares import descend, fit
from reuptake.calibration.parameters import Parameter, Prior, to_search
from reuptake.errors import InputError
from unit.calibration.curves import Curve, decay, linear, product

TIMES = np.linspace(0.0, 3.0, 12)
DESIGN = np.column_stack([np.ones(12), TIMES, TIMES**2])
NOISE = np.array([0.3, -1.1, 0.2, 0.9, -0.4, 1.4, -0.7, 0.1, -0.9, 0.5, 0.8, -1.0])
LINE = DESIGN @ np.array([1.0, -2.0, 0.5]) + 0.1 * NOISE


def test_a_linear_model_is_solved_as_its_normal_equations_are():
    fitted = fit(linear(DESIGN, LINE, sd=0.1))
    inverse = np.linalg.inv(DESIGN.T @ DESIGN)
    # A fall of the cost by a part of 1e-15 is left: 1e-7 of a standard error, which is 0.1 here.
    np.testing.assert_allclose(fitted.x, inverse @ DESIGN.T @ LINE, atol=1e-8)
    squares = np.sum(((LINE - DESIGN @ fitted.x) / 0.1) ** 2)
    assert fitted.freedom == 9
    assert fitted.inflation == pytest.approx(max(1.0, squares / 9))
    np.testing.assert_allclose(fitted.covariance, fitted.inflation * 0.01 * inverse, rtol=1e-9)


def test_residuals_larger_than_they_should_be_widen_the_errors_and_smaller_ones_do_not_narrow_them():
    wide, narrow = fit(linear(DESIGN, LINE, sd=0.01)), fit(linear(DESIGN, LINE, sd=1.0))
    assert wide.inflation > 10.0
    assert narrow.inflation == 1.0
    honest = fit(linear(DESIGN, LINE, sd=0.01 * np.sqrt(wide.inflation)))
    np.testing.assert_allclose(wide.errors, honest.errors, rtol=1e-9)


def test_a_prior_weighs_as_much_as_one_measurement_of_the_parameter():
    objective = linear(DESIGN, LINE, sd=0.1)
    held = Parameter("b1", 0.1, -1e3, 1e3, scale="linear", prior=Prior(-1.0, 0.2))
    objective.parameters = (objective.parameters[0], held, objective.parameters[2])
    fitted = fit(objective)
    rows = np.vstack([DESIGN / 0.1, [0.0, 1.0 / 0.2, 0.0]])
    aims = np.concatenate([LINE / 0.1, [-1.0 / 0.2]])
    np.testing.assert_allclose(fitted.x, np.linalg.lstsq(rows, aims)[0], rtol=1e-9)
    assert fitted.inflation > 1.0  # of the data: what is believed is no wider for it
    rows[:-1] /= np.sqrt(fitted.inflation)
    np.testing.assert_allclose(fitted.covariance, np.linalg.inv(rows.T @ rows), rtol=1e-9)
    assert fitted.freedom == 10  # the data alone move the other two


def test_scale_of_search_changes_neither_the_best_place_nor_its_cost():
    measured = 3.0 * np.exp(-0.7 * TIMES) + 0.05 * NOISE
    log, plain = decay(measured, TIMES), decay(measured, TIMES)
    plain.parameters = tuple(Parameter(one.name, 1.0, 1e-3, 1e3, scale="linear") for one in plain.parameters)
    first, second = fit(log), fit(plain)
    np.testing.assert_allclose(first.values, second.values, rtol=1e-8)
    np.testing.assert_allclose(first.errors * first.values, second.errors, rtol=1e-6)
    assert first.at.cost == pytest.approx(second.at.cost, rel=1e-12)


def test_what_nothing_tells_has_an_infinite_error_and_what_is_told_beside_it_has_not():
    objective = product(2.0 + 0.1 * NOISE)
    model = objective.model
    objective.parameters = (*objective.parameters, Parameter("c", 1.0, 1e-2, 1e2))
    objective.model = lambda b: np.concatenate([model(b)[:6], model(b)[6:] * b[2]])
    fitted = fit(objective)
    assert fitted.errors[:2].tolist() == [np.inf, np.inf]
    assert 0.0 < fitted.errors[2] < 0.1
    assert fitted.covariance[0, 1] == -np.inf  # one may be anything as long as the other is its inverse
    assert fitted.freedom == 10  # a·b and c
    assert fitted.values[0] * fitted.values[1] == pytest.approx(np.mean(objective.measured[:6]))


def test_fewer_numbers_than_parameters_leave_no_freedom_and_no_finite_error():
    fitted = fit(linear(np.array([[1.0, 2.0]]), [3.0]))
    assert (fitted.freedom, fitted.inflation) == (0, 1.0)
    assert fitted.errors.tolist() == [np.inf, np.inf]
    assert fitted.at.cost == pytest.approx(0.0, abs=1e-20)


def test_a_parameter_that_ends_at_a_bound_says_so_and_its_error_is_no_number():
    objective = linear(DESIGN, LINE, sd=0.1)
    tight = Parameter("b2", 0.1, 0.0, 0.3, scale="linear")
    objective.parameters = (*objective.parameters[:2], tight)
    fitted = fit(objective)
    assert fitted.descents[0].outcome == "at a bound"
    assert fitted.x[2] == pytest.approx(0.3, abs=1e-6)
    assert fitted.errors[2] == np.inf
    others = np.linalg.lstsq(DESIGN[:, :2], LINE - 0.3 * DESIGN[:, 2])[0]
    np.testing.assert_allclose(fitted.x[:2], others, atol=1e-5)
    assert np.isfinite(fitted.errors[:2]).all()


def test_a_small_number_that_is_well_known_is_not_at_a_bound_of_nought():
    objective = linear(np.ones((12, 1)), 0.05 + 0.01 * NOISE, sd=0.01)
    objective.parameters = (Parameter("b0", 1.0, 0.0, 1e6, scale="linear"),)
    fitted = fit(objective)
    assert fitted.descents[0].outcome == "converged"
    assert fitted.x[0] == pytest.approx(np.mean(objective.measured))
    assert 0.0 < fitted.errors[0] < 0.005


def test_costs_fall_from_that_of_the_start_and_each_place_is_computed_once():
    objective = decay(3.0 * np.exp(-0.7 * TIMES) + 0.05 * NOISE, TIMES)
    descent = descend(objective, np.array([2.0, 1.0]))
    assert descent.outcome == "converged"
    asked = objective.asked
    before = objective.residuals(np.array([2.0, 1.0])).cost
    assert descent.costs[0] == pytest.approx(before)
    assert np.all(np.diff(descent.costs) < 0)
    assert len(descent.costs) <= asked <= len(descent.costs) + 20  # refused steps at the end, nothing twice


def test_a_step_to_where_the_model_fails_is_refused_and_a_start_there_is_an_outcome():
    measured = 3.0 * np.exp(-0.7 * TIMES) + 0.05 * NOISE
    objective = decay(measured, TIMES)
    whole = objective.model
    objective.model = lambda b: whole(b) if np.real(b[1]) < 5.0 else np.full(12, np.nan)
    assert descend(objective, to_search(objective.parameters, [20.0, 4.9])).outcome == "converged"
    lost = descend(objective, to_search(objective.parameters, [1.0, 6.0]))
    assert lost.outcome == "not finite"
    assert np.isnan(lost.costs[0])
    objective.model = lambda b: np.full(12, np.nan)
    with pytest.raises(InputError, match="none of 3 starts"):
        fit(objective, starts=3)


def test_a_search_that_is_cut_short_says_so():
    objective = decay(3.0 * np.exp(-0.7 * TIMES), TIMES)
    assert descend(objective, np.array([5.0, 3.0]), iterations=3).outcome == "iteration limit"


def waves(noise=NOISE):
    """A wave whose frequency has many local best places."""
    times = np.linspace(0.0, 10.0, 12)
    parameters = [
        Parameter("frequency", 0.5, 0.1, 5.0),
        Parameter("height", 1.0, 0.1, 10.0),
        Parameter("shift", 0.1, -1.0, 1.0, scale="linear", nuisance=True),
    ]
    return Curve(parameters, lambda b: b[1] * np.sin(b[0] * times) + b[2], 2.0 * np.sin(2.3 * times) + 0.1 * noise, 0.1)


def test_more_starts_find_the_best_of_many_valleys():
    one, many = fit(waves()), fit(waves(), starts=20)
    assert many.at.cost < one.at.cost / 10
    assert many.values[0] == pytest.approx(2.3, abs=0.05)
    costs = [descent.costs[-1] for descent in many.descents]
    assert costs == sorted(costs)


def test_starts_are_a_latin_hypercube_inside_the_bounds_that_spares_nuisances():
    fitted = fit(waves(), starts=11, seed=5)
    starts = np.array([descent.start for descent in fitted.descents])
    first = to_search(fitted.parameters, [one.start for one in fitted.parameters])
    drawn = starts[~(starts == first).all(axis=1)]
    assert len(drawn) == 10
    assert np.all(drawn[:, 2] == first[2])
    for j, one in enumerate(fitted.parameters[:2]):
        low, high = one.search(one.low), one.search(one.high)
        assert sorted(np.floor((drawn[:, j] - low) / (high - low) * 10)) == list(range(10))


def test_company_changes_no_bit_and_progress_is_told():
    told = []
    one = fit(waves(), starts=6, together=1)
    two = fit(waves(), starts=6, together=4, progress=lambda done, of: told.append((done, of)))
    assert told == [(done, 6) for done in range(1, 7)]
    assert one.x.tobytes() == two.x.tobytes()
    assert [a.costs for a in one.descents] == [b.costs for b in two.descents]
    assert one.covariance.tobytes() == two.covariance.tobytes()
    assert fit(waves(), starts=6, seed=2).descents[1].start.tobytes() != one.descents[1].start.tobytes()


def test_everything_that_cannot_be_fitted_is_said_at_once():
    wrong = [
        Parameter("upside_down", 1.0, 2.0, 0.5),
        Parameter("outside", 3.0, 0.5, 2.0),
        Parameter("below_nought", 1.0, -1.0, 2.0),
        Parameter("above_one", 0.5, 0.1, 1.5, scale="logit"),
        Parameter("endless", 1.0, 0.1, np.inf, scale="linear"),
        Parameter("idle", 1.0, 0.1, 10.0),
        Parameter("believed", 1.0, 0.1, 10.0, prior=Prior(0.0, 1.0)),
    ]
    objective = Curve(wrong, lambda b: b[0] + b[1] + b[2] + b[3] + b[4] + np.zeros(9), np.zeros(9))
    with pytest.raises(InputError) as caught:
        fit(objective)
    named = [problem.where for problem in caught.value.problems]
    assert sorted(set(named)) == sorted(one.name for one in wrong[:-1])
    assert all(problem.hint for problem in caught.value.problems)
    with pytest.raises(InputError, match="nothing to fit"):
        fit(Curve([], lambda b: np.zeros(3), np.zeros(3)))


def test_intervals_of_a_straight_line_hold_the_truth_as_often_as_they_say():
    chance = np.random.Generator(np.random.Philox(key=7))
    truth, inside = np.array([1.0, -2.0]), 0
    for _ in range(200):
        measured = DESIGN[:, :2] @ truth + 0.1 * chance.standard_normal(12)
        fitted = fit(linear(DESIGN[:, :2], measured, sd=0.1))
        inside += int(abs(fitted.x[1] - truth[1]) < 1.96 * fitted.errors[1])
    assert 186 <= inside <= 200  # binomial: 95 % of 200 lies above 186 with probability 0.9; inflation only widens
