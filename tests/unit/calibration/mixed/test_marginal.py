"""The gradient of the approximate likelihood is exact, though the modes move under it."""

import numpy as np
import pytest

from contracts.closed_forms import Oral
from reuptake.calibration.mixed.curvature import FirstOrder, Laplace
from reuptake.calibration.mixed.marginal import Population, marginal
from reuptake.calibration.mixed.modes import joint, modes
from reuptake.calibration.mixed.residual import Additive, Combined, LogNormal, Proportional
from reuptake.calibration.mixed.spread import Diagonal, Full
from reuptake.calibration.parameters import Parameter, Prior
from reuptake.population.chance import normals

NAMES = ("ka", "cl", "v")


@pytest.fixture(scope="module")
def subjects():
    """Eight subjects with four to six levels each."""
    times = tuple(np.array([0.5, 1.0, 2.0, 4.0, 8.0, 24.0])[: 4 + i % 3] for i in range(8))
    empty = Oral(tuple("abcdefgh"), (320.0,) * 8, times, (None,) * 8)
    places = np.log([1.5, 2.8, 32.0]) + np.array([0.5, 0.3, 0.2]) * normals(2, range(8), "eta", 3)
    noise = np.exp(0.2 * normals(2, range(8), "epsilon", 6))
    drawn = empty.predict(range(8), places)
    observed = tuple(one.values * row[: len(one.values)] for one, row in zip(drawn, noise, strict=True))
    return Oral(empty.subjects, empty.doses, times, observed)


def population(spread, error, curvature, prior=None):
    starts = zip(NAMES, (1.2, 3.0, 30.0), strict=True)
    return Population(
        tuple(Parameter(name, start, start / 50, start * 50, prior=prior) for name, start in starts),
        spread, error, curvature,
    )  # fmt: skip


def difference(model, subjects, x, nearby):
    """Gradient of converged objectives by differences of fourth order, which err by some 1e-12 over 1e-4."""
    slopes = []
    for j in range(len(x)):
        nudge = 1e-4 * np.eye(len(x))[j]
        far, low, high, there = (marginal(model, subjects, x + k * nudge, nearby).value for k in (-2, -1, 1, 2))
        slopes.append((far - 8.0 * low + 8.0 * high - there) / 12e-4)
    return np.array(slopes)


SPREADS = [
    Diagonal({"ka": 0.5, "v": 0.3}),  # cl is the same in everybody
    Full(NAMES, ((0.3, 0.05, 0.02), (0.05, 0.2, -0.03), (0.02, -0.03, 0.1))),
]


@pytest.mark.parametrize("curvature", [FirstOrder(), Laplace()], ids=["first-order", "laplace"])
@pytest.mark.parametrize("spread", SPREADS, ids=["diagonal", "full"])
@pytest.mark.parametrize(
    "error", [Additive(0.7), Proportional(0.2), Combined(0.5, 0.15), LogNormal(0.3)], ids=lambda e: type(e).__name__
)
def test_gradient_is_that_of_the_converged_objective(subjects, curvature, spread, error):
    model = population(spread, error, curvature)
    x = model.start()
    found = marginal(model, subjects, x)
    exact = difference(model, subjects, x, found)
    # Slopes of J come from differences in steps of a thousandth: relative errors near 1e-6, of the largest number.
    assert found.gradient == pytest.approx(exact, rel=1e-6, abs=1e-6 * np.max(np.abs(exact)))
    assert np.sum(found.scores, axis=0) == pytest.approx(found.gradient, rel=1e-12)


def test_modes_are_found_to_ten_digits_from_anywhere(subjects):
    model = population(SPREADS[1], Combined(0.5, 0.15), FirstOrder())
    setting = model.setting(subjects, model.start())
    near, wanted = modes(setting, np.zeros((8, 3)))
    far, _ = modes(setting, np.tile([1.5, -1.5, 1.0], (8, 1)))
    assert np.max(wanted) < 1e-10
    assert far == pytest.approx(near, abs=1e-8)
    gradients = joint(setting, np.arange(8), near).gradients
    assert np.max(np.abs(gradients)) < 1e-8


def test_what_was_known_before_adds_to_value_and_gradient(subjects):
    spread, error = SPREADS[0], Additive(0.7)
    plain, known = (population(spread, error, FirstOrder(), prior) for prior in (None, Prior(1.0, 0.5)))
    x = plain.start()
    without, within = marginal(plain, subjects, x), marginal(known, subjects, x)
    departures = (x[:3] - 1.0) / 0.5
    assert within.value - without.value == pytest.approx(departures @ departures)
    assert within.gradient[:3] - without.gradient[:3] == pytest.approx(2.0 * departures / 0.5)
