"""What must hold of every fit: closed forms of linear models, and that knowing more never makes one know less."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reuptake.calibration.least_squares import fit
from reuptake.calibration.parameters import Parameter, Prior
from reuptake.calibration.profile import profile
from unit.calibration.curves import linear

SEEDS = st.integers(0, 2**32 - 1)


def problem(seed, rows, columns):
    """A random straight problem, (design, measured, sd)."""
    chance = np.random.Generator(np.random.Philox(key=seed))
    design = chance.standard_normal((rows, columns)) * 10.0 ** chance.uniform(-2, 2, columns)
    sd = 10.0 ** chance.uniform(-2, 1)
    truth = chance.standard_normal(columns) / np.linalg.norm(design, axis=0)
    return design, design @ truth + sd * chance.standard_normal(rows), sd


@given(SEEDS, st.integers(5, 20), st.integers(1, 4))
@settings(max_examples=40)
def test_covariance_and_profile_of_a_linear_model_are_those_on_paper(seed, rows, columns):
    design, measured, sd = problem(seed, rows, columns)
    objective = linear(design, measured, sd, reach=1e5)
    fitted = fit(objective)
    best, *_ = np.linalg.lstsq(design, measured)
    squares = np.sum((measured - design @ best) ** 2) / sd**2
    inflation = max(1.0, squares / (rows - columns))
    covariance = inflation * sd**2 * np.linalg.inv(design.T @ design)
    errors = np.sqrt(np.diag(covariance))
    # Falls of the cost by a part of 1e-15 are not followed: some 1e-7 of a standard error.
    np.testing.assert_allclose((fitted.x - best) / errors, 0.0, atol=1e-6)
    np.testing.assert_allclose(
        fitted.covariance / np.outer(errors, errors), covariance / np.outer(errors, errors), atol=1e-9
    )
    found = profile(objective, fitted, "b0")
    half = fitted.reach * errors[0]
    np.testing.assert_allclose([found.low, found.high], [best[0] - half, best[0] + half], atol=1e-4 * errors[0])


@given(SEEDS, st.integers(1, 12))
@settings(max_examples=30)
def test_more_data_and_more_belief_never_widen_what_is_not_inflated(seed, rows):
    design, measured, sd = problem(seed, 12, 3)
    less = fit(linear(design[:rows], measured[:rows], sd))
    more = fit(linear(design, measured, sd))
    believed = linear(design, measured, sd)
    believed.parameters = (
        Parameter("b0", 0.1, -1e3, 1e3, scale="linear", prior=Prior(0.0, 1.0)),
        *believed.parameters[1:],
    )
    most = fit(believed)
    widths = [one.errors / math.sqrt(one.inflation) for one in (less, more, most)]
    assert np.all(widths[0] >= widths[1] * (1 - 1e-9))
    assert np.all(widths[1] >= widths[2] * (1 - 1e-9))
