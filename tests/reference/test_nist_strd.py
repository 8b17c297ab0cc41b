"""Least squares against the certified values of the NIST Statistical Reference Datasets for nonlinear regression.

Data, starts and certified values: https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml, in data/nist_strd.yaml.
"""

import math
from pathlib import Path

import numpy as np
import pytest
import yaml

from reuptake.calibration.least_squares import descend, fit
from reuptake.calibration.objective import AbstractObjective, Residuals
from reuptake.calibration.parameters import Parameter, from_search

PROBLEMS = yaml.safe_load((Path(__file__).parent / "data" / "nist_strd.yaml").read_text(encoding="utf-8"))
PROBLEMS["ENSO"]["x"] = list(range(1, 169))


def exponentials(x, b):
    return b[0] * np.exp(-b[1] * x) + b[2] * np.exp(-b[3] * x) + b[4] * np.exp(-b[5] * x)


def seasons(x, b):
    def wave(period, cosine, sine):
        return cosine * np.cos(2 * np.pi * x / period) + sine * np.sin(2 * np.pi * x / period)

    return b[0] + wave(12, b[1], b[2]) + wave(b[3], b[4], b[5]) + wave(b[6], b[7], b[8])


def rational(x, above, below):
    return sum(b * x**k for k, b in enumerate(above)) / (1 + sum(b * x**k for k, b in enumerate(below, start=1)))


EQUATIONS = {
    "Misra1a": lambda x, b: b[0] * (1 - np.exp(-b[1] * x)),
    "Misra1b": lambda x, b: b[0] * (1 - (1 + b[1] * x / 2) ** -2),
    "Chwirut2": lambda x, b: np.exp(-b[0] * x) / (b[1] + b[2] * x),
    "DanWood": lambda x, b: b[0] * x ** b[1],
    "Lanczos3": exponentials,
    "Lanczos2": exponentials,
    "Lanczos1": exponentials,
    "Misra1c": lambda x, b: b[0] * (1 - (1 + 2 * b[1] * x) ** -0.5),
    "Misra1d": lambda x, b: b[0] * b[1] * x / (1 + b[1] * x),
    "MGH17": lambda x, b: b[0] + b[1] * np.exp(-x * b[3]) + b[2] * np.exp(-x * b[4]),
    "Roszman1": lambda x, b: b[0] - b[1] * x - np.arctan(b[2] / (x - b[3])) / np.pi,
    "Kirby2": lambda x, b: rational(x, b[:3], b[3:]),
    "ENSO": seasons,
    "MGH09": lambda x, b: b[0] * (x**2 + x * b[1]) / (x**2 + x * b[2] + b[3]),
    "MGH10": lambda x, b: b[0] * np.exp(b[1] / (x + b[2])),
    "Thurber": lambda x, b: rational(x, b[:4], b[4:]),
    "BoxBOD": lambda x, b: b[0] * (1 - np.exp(-b[1] * x)),
    "Rat42": lambda x, b: b[0] / (1 + np.exp(b[1] - b[2] * x)),
    "Rat43": lambda x, b: b[0] / (1 + np.exp(b[1] - b[2] * x)) ** (1 / b[3]),
    "Eckerle4": lambda x, b: b[0] / b[1] * np.exp(-0.5 * ((x - b[2]) / b[1]) ** 2),
    "Bennett5": lambda x, b: b[0] * (b[1] + x) ** (-1 / b[2]),
}


# From the far starts of these two, straight steps run off along a valley that never ends (NIST: "difficult for some
# very good algorithms"). All their parameters are above nought, and on a log scale one start is enough.
FAR_ON_LOG_SCALE = {"MGH09", "MGH10"}
DIGITS = 6.0  # that agree, of the 11 certified
CASES = [pytest.param(name, k, id=f"{name}-{'far' if k == 0 else 'near'}") for name in PROBLEMS for k in (0, 1)]


class Regression(AbstractObjective):
    """One problem from one of its starts; derivatives by complex steps, exact to the last digits."""

    def __init__(self, name, start, scale="linear"):
        problem = PROBLEMS[name]
        self.equation = EQUATIONS[name]
        self.x, self.y = np.array(problem["x"], dtype=float), np.array(problem["y"], dtype=float)
        self.parameters = tuple(
            Parameter(f"b{i}", float(value), *self.reach(value, scale), scale=scale)
            for i, value in enumerate(start, start=1)
        )
        self.labels = tuple(f"y{i}" for i in range(1, len(self.y) + 1))

    @staticmethod
    def reach(value, scale):
        return (value / 1e6, value * 1e6) if scale == "log" else (-1e9, 1e9)  # NIST sets no bounds

    def residuals(self, x):
        step = 1e-30
        with np.errstate(all="ignore"):
            b = from_search(self.parameters, x)
            stretch = [one.stretch(place) for one, place in zip(self.parameters, x, strict=True)]
            values = self.equation(self.x, b) - self.y
            tilted = [self.equation(self.x, b + step * 1j * unit).imag / step for unit in np.eye(len(b))]
            return Residuals(values, np.column_stack([np.broadcast_to(one, self.y.shape) for one in tilted]) * stretch)


def digits(found, certified):
    """Of the worst of some numbers: how many agree (log relative error)."""
    return -np.log10(np.max(np.abs(np.asarray(found) / np.asarray(certified) - 1)) + 1e-16)


@pytest.mark.parametrize(("name", "start"), CASES)
def test_parameters_and_standard_deviations_are_those_that_nist_certifies(name, start):
    problem = PROBLEMS[name]
    scale = "log" if start == 0 and name in FAR_ON_LOG_SCALE else "linear"
    fitted = fit(Regression(name, problem["starts"][start], scale))
    assert fitted.descents[0].outcome == "converged"
    assert fitted.freedom == len(problem["y"]) - len(problem["certified"])
    assert digits(fitted.values, problem["certified"]) >= DIGITS
    stretch = [one.stretch(x) for one, x in zip(fitted.parameters, fitted.x, strict=True)]
    squares = 2.0 * fitted.at.cost
    if name == "Lanczos1":
        # Its residuals (1e-13) are smaller than the rounding of its data in double precision: only their certified
        # size can be used.
        assert squares < 1e-24
        squares = problem["squares"]
    assert digits(squares, problem["squares"]) >= DIGITS
    # Residuals here have no standard deviation of their own: that of NIST is √(RSS/freedom), smaller than 1 or not.
    unscaled = fitted.errors * stretch / math.sqrt(fitted.inflation)
    assert digits(unscaled * math.sqrt(squares / fitted.freedom), problem["deviations"]) >= DIGITS
    assert fitted.inflation == pytest.approx(max(1.0, 2.0 * fitted.at.cost / fitted.freedom))


@pytest.mark.parametrize("name", sorted(FAR_ON_LOG_SCALE))
def test_where_straight_steps_run_off_the_descent_says_that_it_did_not_end(name):
    objective = Regression(name, PROBLEMS[name]["starts"][0])
    descent = descend(objective, np.array(PROBLEMS[name]["starts"][0], dtype=float), iterations=300)
    assert descent.outcome == "iteration limit"
    assert np.all(np.diff(descent.costs) < 0)
