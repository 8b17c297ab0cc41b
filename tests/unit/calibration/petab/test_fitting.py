"""A PEtab problem is fitted: by squares, and where noise is unknown by the likelihood, to what can be known in closed form."""

import dataclasses
import math

import numpy as np
import pytest

from reference.conversion import case
from reuptake.calibration import scoring
from reuptake.calibration.fit import fit
from reuptake.calibration.least_squares import fit as least_squares
from reuptake.calibration.petab.importing import from_petab, likelihood
from reuptake.calibration.posterior import Nuts
from reuptake.errors import InputError
from reuptake.exchange.petab.problem import Observable, Parameter, Prior
from reuptake.exchange.petab.writing import write_problem

pytest.importorskip("libsbml")
TIMES = (0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)
K1, K2, SD = 0.8, 0.6, 0.05


def course(k1=K1, k2=K2):
    return (k2 + k1 * np.exp(-(k1 + k2) * np.array(TIMES))) / (k1 + k2)


def noise():
    return np.random.default_rng(3).standard_normal(len(TIMES))


def problem(formula, distribution="normal", values=None, moved=("k1", "k2"), **others):
    """A from 1 on, turned into B and back; some parameters are estimated, all others hold."""
    values = course() + SD * noise() if values is None else values
    found = case(
        [("obs_a", "c0", t, v) for t, v in zip(TIMES, values.tolist(), strict=True)],
        [Observable("obs_a", "A + offset_A", formula, "lin", distribution)],
    )  # fmt: skip
    numbers = {"a0": 1.0, "b0": 0.0, "k1": 0.9, "k2": 0.5, "offset_A": 0.0}
    kept = tuple(
        Parameter(name, "lin", -10.0, 10.0, value, estimated=False)
        for name, value in numbers.items()
        if name not in moved
    )
    free = tuple(Parameter(name, "log10", 1e-2, 1e2, numbers[name]) for name in moved)
    return dataclasses.replace(found, parameters=(*kept, *free, *others.values()))


SIGMA = Parameter("sigma", "log10", 1e-3, 10.0, 0.3)


def test_with_noise_given_the_likelihood_and_the_squares_agree():
    asked = problem(str(SD))
    squares, scored = least_squares(from_petab(asked)), scoring.fit(likelihood(asked))
    assert scored.descents[0].outcome == "converged"
    assert np.abs((scored.x - squares.x) / scored.errors).max() < 1e-4
    assert scored.covariance * squares.inflation == pytest.approx(squares.covariance, rel=1e-4)
    assert scored.freedom == squares.freedom == len(TIMES) - 2


def test_noise_that_is_estimated_is_the_root_mean_square():
    scored = scoring.fit(likelihood(problem("sigma", sigma=SIGMA)), starts=6)
    squares = least_squares(from_petab(problem("1")))
    assert {down.outcome for down in scored.descents} == {"converged"}
    assert np.ptp([down.costs[-1] for down in scored.descents]) < 1e-6
    # To what the tolerances of solver and search leave, 1e-4 of a standard error.
    assert np.abs((scored.x[:2] - squares.x) / scored.errors[:2]).max() < 1e-4
    assert scored.values[2] == pytest.approx(math.sqrt(2.0 * squares.cost / len(TIMES)), rel=1e-4)
    assert scored.errors[2] == pytest.approx(1.0 / math.sqrt(2.0 * len(TIMES)), rel=1e-4)


def test_laplacian_noise_finds_the_median():
    values = course() + 0.3 + SD * noise()
    offset = Parameter("offset_A", "lin", -5.0, 5.0, -2.0)
    asked = problem("sigma", "laplace", values, moved=(), k1=Parameter("k1", "lin", 0.0, 1.0, K1, estimated=False),
                    k2=Parameter("k2", "lin", 0.0, 1.0, K2, estimated=False), offset_A=offset, sigma=SIGMA)  # fmt: skip
    asked = dataclasses.replace(asked, parameters=tuple({one.id: one for one in asked.parameters}.values()))
    scored = scoring.fit(likelihood(asked))
    misses = values - course()
    assert scored.values[0] == pytest.approx(np.median(misses), abs=1e-5)
    assert scored.values[1] == pytest.approx(np.abs(misses - np.median(misses)).mean(), rel=1e-4)


def test_slopes_of_scores_are_those_of_the_likelihood_and_curvature_that_of_its_slopes():
    density = likelihood(problem("sigma * (0.5 + A)", sigma=SIGMA))
    scored = scoring.fit(density)
    step, x = 1e-4, scored.x
    slopes = [(density(x + step * e)[1] - density(x - step * e)[1]) / (2.0 * step) for e in np.eye(3)]
    rows = density.scores(x).at.slopes
    assert density(x)[1] == pytest.approx(np.zeros(3), abs=1e-3)
    # Nine measurements: what was expected of the curvature and what was observed differ by some tens of per cent.
    assert np.diag(np.array(slopes)) == pytest.approx(np.diag(rows.T @ rows), rel=0.5)


def test_a_prior_counts_and_a_bound_stops():
    prior = Prior("parameterScaleNormal", (math.log(0.4), 0.2))
    held = Parameter("sigma", "log", 0.01, 10.0, 0.3, prior=prior)
    density = likelihood(problem("sigma", sigma=held))
    scored = scoring.fit(density)
    squares = sum((row.observed - row.predicted) ** 2 for row in density.rows(scored.x))
    # Where the slope along ln σ is nought: n − Σ(y − f)²/σ² + (ln σ − m)/s².
    pull = (scored.x[2] - math.log(0.4)) / 0.2**2
    assert len(TIMES) - squares / scored.values[2] ** 2 + pull == pytest.approx(0.0, abs=1e-3)
    stopped = scoring.fit(likelihood(problem("sigma", sigma=Parameter("sigma", "log", 0.2, 10.0, 0.3))))
    assert stopped.descents[0].outcome == "at a bound"
    assert stopped.values[2] == pytest.approx(0.2)
    assert math.isinf(stopped.errors[2])


def test_a_file_is_fitted_by_squares_with_profiles(tmp_path):
    path = write_problem(problem(str(SD)), tmp_path / "p")
    found = fit(path, starts=3, profile=["k1"], threads=1)
    values = {value.name: value for value in found.values}
    assert found.name == "case"
    assert values["k1"].low < K1 < values["k1"].high
    assert found.profiles["k1"].low == values["k1"].low
    assert [(row.group, row.label) for row in found.rows[:1]] == [("c0", "obs_a")]
    assert found.chi2 == pytest.approx(2.0 * found.fitted.cost)
    constant = len(TIMES) * (math.log(SD) + 0.5 * math.log(2.0 * math.pi))
    assert found.log_likelihood == pytest.approx(-0.5 * found.chi2 - constant)
    assert {verdict.told for verdict in found.verdicts} == {"told"}


def test_a_file_whose_noise_is_estimated_is_fitted_and_has_no_profiles(tmp_path):
    path = write_problem(problem("sigma", sigma=SIGMA), tmp_path / "p")
    found = fit(path, starts=2, threads=1)
    assert found.fitted.cost == pytest.approx(-found.log_likelihood)
    assert found.chi2 == pytest.approx(len(TIMES), rel=1e-4)
    assert "the noise of 'obs_a' is estimated" in found.notes[0]
    with pytest.raises(InputError) as caught:
        fit(path, profile="all", posterior=Nuts(), threads=1)
    assert [(p.where, "least squares" in p.message) for p in caught.value.problems] == [
        ("--profile", True),
        ("--posterior", True),
    ]
    with pytest.raises(InputError, match="'k3' is not estimated"):
        fit(path, profile=["k3"], threads=1)
