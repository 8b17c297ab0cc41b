"""What an observation says about its prediction: derivatives of each residual error are its differences."""

import numpy as np
import pytest

from reuptake.calibration.mixed.individuals import Levels
from reuptake.calibration.mixed.residual import Additive, Combined, LogNormal, Proportional, terms, turns

ERRORS = [Additive(0.7), Proportional(0.2), Combined(0.5, 0.15), LogNormal(0.3)]
OBSERVED, VALUES = np.array([2.0, 0.3, 5.0, 1.1]), np.array([1.7, 0.4, 3.2, 1.9])


def levels(values):
    return Levels(np.zeros(4, int), np.array([0]), OBSERVED, values, np.ones((4, 1)))


def difference(function, place, step=1e-6):
    return (function(place + step) - function(place - step)) / (2.0 * step)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_derivatives_are_differences(error):
    sds = np.array(error.sds)
    at, turn = terms(error, levels(VALUES), sds), turns(error, levels(VALUES), sds)
    near = {"rel": 1e-7, "abs": 1e-7}  # differences over 1e-6 of numbers near 10
    assert at.u == pytest.approx(0.5 * difference(lambda f: terms(error, levels(f), sds).g, VALUES), **near)
    assert turn.u1 == pytest.approx(difference(lambda f: terms(error, levels(f), sds).u, VALUES), **near)
    assert turn.u2 == pytest.approx(difference(lambda f: turns(error, levels(f), sds).u1, VALUES), **near)
    assert turn.w1 == pytest.approx(difference(lambda f: terms(error, levels(f), sds).w, VALUES), **near)
    for k in range(len(sds)):
        logs = np.log(sds)

        def moved(shift, k=k, logs=logs):
            return np.exp(logs + shift * np.eye(len(logs))[k])

        assert turn.g_s[:, k] == pytest.approx(
            difference(lambda s: terms(error, levels(VALUES), moved(s)).g, 0.0), **near
        )
        assert turn.u_s[:, k] == pytest.approx(
            difference(lambda s: terms(error, levels(VALUES), moved(s)).u, 0.0), **near
        )
        assert turn.u1_s[:, k] == pytest.approx(
            difference(lambda s: turns(error, levels(VALUES), moved(s)).u1, 0.0), **near
        )
        assert turn.w_s[:, k] == pytest.approx(
            difference(lambda s: terms(error, levels(VALUES), moved(s)).w, 0.0), **near
        )


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_information_is_the_mean_curvature(error):
    # ∂u/∂f averaged over observations that the error draws: z normal about m(f), by Gauss-Hermite points.
    points, weights = np.polynomial.hermite_e.hermegauss(40)
    sds = np.array(error.sds)
    for value in VALUES:
        spread = np.sqrt(error.parts(np.array([value]), sds)[0].sum())
        middle = np.log(value) if isinstance(error, LogNormal) else value
        drawn = middle + spread * points
        observed = np.exp(drawn) if isinstance(error, LogNormal) else drawn
        at = Levels(np.zeros(40, int), np.array([0]), observed, np.full(40, value), np.ones((40, 1)))
        mean = weights @ turns(error, at, sds).u1 / weights.sum()
        assert mean == pytest.approx(terms(error, at, sds).w[0], rel=1e-10)


def test_a_prediction_without_a_place_on_the_scale_is_infinitely_unlikely():
    for error in (Proportional(0.2), LogNormal(0.3)):
        found = terms(error, levels(np.array([1.7, 0.0, 3.2, 1.9])), np.array(error.sds))
        assert np.isinf(found.g[1])
        assert np.all(np.isfinite(found.g[[0, 2, 3]]))
    assert np.isinf(terms(Additive(0.7), levels(np.array([1.7, np.nan, 3.2, 1.9])), np.array([0.7])).g[1])
