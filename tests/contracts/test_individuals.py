"""Every model of individuals gives exact slopes, the same for any order of rows; that of the engine is one of them."""

from dataclasses import dataclass

import numpy as np
import pytest

from contracts.closed_forms import Bolus, Linear, Oral
from contracts.sketch import ONE, Sketch
from reuptake.calibration.mixed.curvature import FirstOrder, Laplace
from reuptake.calibration.mixed.individuals import AbstractIndividuals, Prediction
from reuptake.calibration.mixed.marginal import Population, marginal
from reuptake.calibration.mixed.residual import Combined
from reuptake.calibration.mixed.spread import Diagonal
from reuptake.calibration.parameters import Parameter
from reuptake.dosing.events import Event
from reuptake.engine.ensemble import compiled, integrate
from reuptake.engine.kernel import Batch, Tolerances

TIMES = (np.array([0.0, 0.5, 1.0, 4.0, 12.0, 24.0]), np.array([0.25, 2.0, 30.0]), np.array([1.0, 3.0, 8.0, 20.0]))
LEVELS = (
    np.array([0.2, 3.4, 5.4, 7.2, 4.9, 2.7]), np.array([2.5, 8.4, 2.4]), np.array([6.6, 6.2, 6.3, 2.4]),
)  # fmt: skip
PLACE = np.log([[1.5, 2.8, 32.0], [1.1, 2.5, 28.0], [0.4, 3.5, 35.0]])


@dataclass(frozen=True)
class Integrated(AbstractIndividuals):
    """The model of `Oral` as two states that the engine integrates, all rows side by side."""

    subjects: tuple
    doses: tuple
    times: tuple
    observed: tuple
    kernel: object
    parameters = ("ka", "cl", "v")
    nudge = 1e-2

    def predict(self, subjects, log_parameters):
        grid = np.unique(np.concatenate([[0.0], *self.times]))
        names = [parameter.name for parameter in self.kernel.system.parameters]
        own = np.exp(log_parameters)
        columns = {**dict(zip(self.parameters, own.T, strict=True)), **{name: np.ones(len(own)) for name in ONE}}
        events = tuple((Event(0.0, "dose", self.doses[subject]),) for subject in subjects)
        batch = Batch(np.stack([columns[name] for name in names], axis=1), events)
        solution = integrate(self.kernel, batch, grid, Tolerances(1e-9, 1e-9), sensitivities=self.parameters)
        found = []
        for row, subject in enumerate(subjects):
            at = np.searchsorted(grid, self.times[subject])
            slopes = solution.sensitivities[row, at, 0] * own[row]
            found.append(Prediction(solution.values[row, at, 0], slopes))
        return found


@pytest.fixture(scope="module")
def integrated():
    sketch = Sketch("by mouth")
    gut, blood = sketch.state("gut", "1"), sketch.state("blood", "1")
    ka, cl, v = (sketch.constant(name) for name in ("ka", "cl", "v"))
    sketch.output("level", blood / v, "1", kind="level")
    sketch.rate("gut", -ka * gut)
    sketch.rate("blood", ka * gut - cl / v * blood)
    sketch.input("dose", into="gut")
    return Integrated(("a", "b", "c"), (320.0,) * 3, TIMES, LEVELS, compiled(sketch.build(), "llvm"))


@pytest.fixture(scope="module")
def oral():
    return Oral(("a", "b", "c"), (320.0,) * 3, TIMES, LEVELS)


def check_slopes(individuals, places, tolerance):
    everyone = list(range(len(places)))
    at = individuals.predict(everyone, places)
    for j in range(places.shape[1]):
        nudge = np.zeros(places.shape[1])
        nudge[j] = 1e-5
        up, down = individuals.predict(everyone, places + nudge), individuals.predict(everyone, places - nudge)
        for row in everyone:
            exact = (up[row].values - down[row].values) / 2e-5
            scale = np.max(np.abs(at[row].values))
            assert at[row].slopes[:, j] == pytest.approx(exact, abs=tolerance * scale)


# Differences over 1e-5 err by its square and by rounding, 1e-16 over 1e-5; the engine's by 1e-9 over 1e-5.
def test_slopes_of_closed_forms_are_their_differences(oral):
    check_slopes(oral, PLACE, 1e-9)
    check_slopes(Bolus(("a", "b"), 10.0, TIMES[:2], LEVELS[:2]), np.log([[0.1], [0.7]]), 1e-9)
    check_slopes(
        Linear(("a",), (np.arange(6.0).reshape(3, 2),), LEVELS[1:2], ("x", "y")), np.array([[0.3, -0.2]]), 1e-9
    )


def test_slopes_of_an_integrated_model_are_its_differences(integrated):
    check_slopes(integrated, PLACE, 2e-4)


@pytest.mark.parametrize("off", [0.0, 1e-12, 1e-7, 1e-3, -1e-3, 0.03, -0.03, 0.5, -0.5])
def test_absorption_as_fast_as_elimination_is_no_exception(oral, off):
    # ka = ke·(1 + off): from ka < ke (flip-flop) through equality to ka > ke; f = D·k/v·t·e^(−k·t) where equal.
    place = np.log([[0.1 * (1.0 + off), 3.0, 30.0]] * 3)
    check_slopes(oral, place, 1e-9)
    if off == 0.0:
        found = oral.predict([0], place[:1])[0].values
        assert found == pytest.approx(320.0 * 0.1 / 30.0 * TIMES[0] * np.exp(-0.1 * TIMES[0]), rel=1e-13)


def test_rows_come_in_any_order_and_number(oral, integrated):
    for individuals in (oral, integrated):
        once = individuals.predict([0, 1, 2], PLACE)
        mixed = individuals.predict([2, 0, 2, 1], PLACE[[2, 0, 2, 1]])
        for row, subject in enumerate((2, 0, 2, 1)):
            assert mixed[row].values == pytest.approx(once[subject].values, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("curvature", [FirstOrder(), Laplace()], ids=["first-order", "laplace"])
def test_the_engine_gives_the_likelihood_and_gradient_of_the_closed_form(oral, integrated, curvature):
    model = Population(
        tuple(Parameter(name, value, value / 50, value * 50) for name, value in (("ka", 1.2), ("cl", 3.0), ("v", 30.0))),
        Diagonal({"ka": 0.5, "cl": 0.3, "v": 0.2}), Combined(0.3, 0.1), curvature,
    )  # fmt: skip
    exact, found = (marginal(model, who, model.start()) for who in (oral, integrated))
    # Solved to a relative 1e-9, and differences in steps of a hundredth conditional standard deviation.
    assert found.value == pytest.approx(exact.value, abs=1e-3 if isinstance(curvature, Laplace) else 1e-5)
    assert found.gradient == pytest.approx(exact.gradient, rel=1e-3, abs=1e-3)
    assert np.max(found.wanted) < 1e-5
