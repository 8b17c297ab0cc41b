"""An estimate says what came out and how far to trust it, and what cannot be estimated at all."""

from dataclasses import replace

import numpy as np
import pytest

from contracts.closed_forms import Bolus, Oral
from reuptake.calibration.mixed.estimate import estimate
from reuptake.calibration.mixed.individuals import Prediction
from reuptake.calibration.mixed.marginal import Population
from reuptake.calibration.mixed.residual import Additive, Combined, LogNormal, Proportional
from reuptake.calibration.mixed.spread import Diagonal, Full
from reuptake.calibration.parameters import Parameter
from reuptake.errors import InputError
from reuptake.population.chance import normals

TIMES = np.array([0.5, 1.0, 3.0, 6.0, 12.0])
KE = Parameter("ke", 0.3, 0.001, 10.0, "1/h")


def bolus(size=10, omega=0.4):
    empty = Bolus(tuple(f"{i}" for i in range(size)), 10.0, (TIMES,) * size, (None,) * size)
    places = np.log(0.2) + omega * normals(4, range(size), "eta", 1)
    noise = np.exp(0.1 * normals(4, range(size), "epsilon", len(TIMES)))
    drawn = empty.predict(range(size), places)
    observed = tuple(one.values * row for one, row in zip(drawn, noise, strict=True))
    return replace(empty, observed=observed)


def test_the_same_data_give_the_same_bits():
    model = Population((KE,), Diagonal({"ke": 0.3}), Proportional(0.2))
    first, second = estimate(model, bolus()), estimate(model, bolus())
    assert first.outcome == second.outcome == "converged"
    assert np.array_equal(first.x, second.x)
    assert first.objective == second.objective


def test_the_start_does_not_matter():
    subjects = bolus()
    near = estimate(Population((KE,), Diagonal({"ke": 0.3}), Proportional(0.2)), subjects)
    far = estimate(Population((replace(KE, start=2.0),), Diagonal({"ke": 1.5}), Proportional(0.8)), subjects)
    assert far.objective == pytest.approx(near.objective, abs=1e-6)
    assert far["ke"].number == pytest.approx(near["ke"].number, rel=1e-5)


def test_a_subject_has_its_parameters_predictions_and_residuals():
    subjects = bolus()
    found = estimate(Population((KE,), Diagonal({"ke": 0.3}), Proportional(0.2)), subjects)
    one = found.subjects[3]
    assert one.name == "3"
    assert one.parameters == pytest.approx(found["ke"].number * np.exp(one.eta), rel=1e-12)
    again = subjects.predict([3], np.log(one.parameters)[None])[0].values
    assert one.predicted == pytest.approx(again, rel=1e-12)
    cv = found["sigma proportional"].number
    assert one.weighted == pytest.approx((subjects.observed[3] - again) / (cv * again), rel=1e-9)
    assert sum(subject.part for subject in found.subjects) == pytest.approx(found.objective, rel=1e-12)
    assert found.observations == 50
    assert found["ke"].relative_error == pytest.approx(found["ke"].error / found["ke"].number)


def test_a_residual_error_that_adds_nothing_is_put_to_nought_and_named():
    # Scatter in proportion to the level: beside that part the additive one has nothing to explain.
    alone = estimate(Population((KE,), Diagonal({"ke": 0.3}), Proportional(0.2)), bolus())
    beside = estimate(Population((KE,), Diagonal({"ke": 0.3}), Combined(0.1, 0.2)), bolus())
    assert beside.outcome == "converged"
    assert beside.objective == pytest.approx(alone.objective, abs=1e-4)
    assert beside["sigma additive"].error is None
    assert "sigma additive ended at a bound of its search" in beside.notes
    assert beside["ke"].error == pytest.approx(alone["ke"].error, rel=1e-3)


def test_correlations_are_estimated_with_errors():
    times = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 24.0])
    omega = np.array([[0.25, 0.0, 0.0], [0.0, 0.09, 0.06], [0.0, 0.06, 0.0625]])
    drawn = normals(6, range(24), "eta", 3) @ np.linalg.cholesky(omega).T
    empty = Oral(tuple(f"{i}" for i in range(24)), (320.0,) * 24, (times,) * 24, (None,) * 24)
    levels = empty.predict(range(24), np.log([1.5, 2.8, 32.0]) + drawn)
    noise = np.exp(0.1 * normals(6, range(24), "epsilon", 6))
    subjects = replace(empty, observed=tuple(one.values * row for one, row in zip(levels, noise, strict=True)))
    parameters = tuple(
        Parameter(name, start, start / 50, start * 50) for name, start in (("ka", 1.0), ("cl", 3.0), ("v", 30.0))
    )
    full = Full(("cl", "v"), ((0.1, 0.02), (0.02, 0.1)))
    found = estimate(Population(parameters, full, LogNormal(0.3)), subjects)
    assert found.outcome == "converged"
    correlation = found["correlation v cl"]
    sample = np.corrcoef(drawn[:, 1:].T)[0, 1]
    assert abs(correlation.number - sample) < 2.0 * correlation.error
    assert found["ka"].error is not None  # the same in everybody, and yet estimated


def test_everything_that_is_wrong_is_told_at_once():
    subjects = Bolus(
        ("a", "b", "c"), 10.0, (TIMES,) * 3, (np.array([]), np.array([1.0, np.nan]), np.array([2.0, -1.0])),
    )  # fmt: skip
    wrong = (
        Parameter("k", 0.3, 0.001, 10.0), Parameter("ke", 3.0, 5.0, 10.0), Parameter("f", 0.5, 0.1, 0.9, scale="logit"),
    )  # fmt: skip
    with pytest.raises(InputError) as refused:
        estimate(Population(wrong, Diagonal({"cl": 0.3, "ke": -1.0}), LogNormal(0.0)), subjects)
    text = str(refused.value)
    for part in (
        "subject a: no observations", "subject b: observations [1]", "subject c: observations [1]", "k: the model has no such",
        "ke: first value and bounds", "f: a typical value is searched on the log scale", "omega cl: no such parameter",
        "omega ke: a first standard deviation", "residual error, log-normal: a first standard deviation",
    ):  # fmt: skip
        assert part in text, part


def test_one_subject_is_no_population_and_nobody_differing_no_mixed_effect():
    lone = replace(bolus(1))
    with pytest.raises(InputError, match="two subjects or more"):
        estimate(Population((KE,), Diagonal({"ke": 0.3}), Additive(1.0)), lone)
    with pytest.raises(InputError, match="nobody differs"):
        estimate(Population((KE,), Diagonal({}), Additive(1.0)), bolus())
    with pytest.raises(InputError, match="not positive definite"):
        estimate(Population((KE,), Full(("ke",), ((-1.0,),)), Additive(1.0)), bolus())


def test_a_level_of_nought_under_a_proportional_error_is_named():
    times = np.array([0.0, 1.0, 4.0])
    subjects = Oral(("a", "b"), (320.0,) * 2, (times, times[1:]), (np.array([0.1, 5.0, 6.0]), np.array([5.0, 6.0])))
    parameters = tuple(
        Parameter(name, start, start / 50, start * 50) for name, start in (("ka", 1.0), ("cl", 3.0), ("v", 30.0))
    )
    with pytest.raises(InputError, match="subject a: no finite likelihood at the first values") as refused:
        estimate(Population(parameters, Diagonal({"cl": 0.3}), Proportional(0.2)), subjects)
    assert "subject b" not in str(refused.value)


class Fragile(Bolus):
    """Unsolvable where elimination is fast."""

    def predict(self, subjects, log_parameters):
        found = super().predict(subjects, log_parameters)
        return [
            Prediction(np.full_like(one.values, np.nan), np.full_like(one.slopes, np.nan))
            if place[0] > np.log(0.9)
            else one
            for one, place in zip(found, log_parameters, strict=True)
        ]


def test_places_where_the_model_cannot_be_solved_are_walked_round():
    plain = bolus()
    fragile = Fragile(plain.subjects, plain.start, plain.times, plain.observed)
    model = Population((replace(KE, start=0.8),), Diagonal({"ke": 0.2}), Proportional(0.5))
    assert estimate(model, fragile).objective == pytest.approx(estimate(model, plain).objective, abs=1e-6)
