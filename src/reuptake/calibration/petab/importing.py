"""A fit that others wrote down as PEtab, as an objective of ours.

    r = (t(measurement) − t(observable)) / σ,   t the observable's transformation

Least squares can hold σ only where nothing that is estimated, and nothing that changes with time, decides it; else
ln σ belongs to what is made small, and `Likelihood` tells that exactly.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.objective import Residuals
from reuptake.calibration.parameters import Parameter, to_search
from reuptake.calibration.petab.curves import PRECISE, Curves, Predictions, curves
from reuptake.calibration.rows import AbstractExplained, Row
from reuptake.calibration.scoring import AbstractScored, Scores
from reuptake.errors import InputError, Problem
from reuptake.exchange.petab import problem as told

__all__ = ["Likelihood", "PetabObjective", "from_petab", "likelihood", "no_squares", "nominal"]

Array = NDArray[np.float64]
TEN = math.log(10.0)
KINK = 1e-6  # of Laplacian noise: nearer to a measurement than this part of σ, |z| is taken for a parabola


def from_petab(problem: told.Problem, relative: float = PRECISE) -> PetabObjective:
    """Least squares of a problem.

    Parameters
    ----------
    problem : Problem
    relative : float
        Tolerance of integration.

    Raises
    ------
    InputError
        If noise is estimated, moves with the model or is Laplacian, and whatever `curves` finds; all at once.
    """
    found = curves(problem, relative)
    hint = "hold it (estimate 0), or minimise reuptake.calibration.petab.importing.likelihood(problem)"
    where = {one.id: one.where for one in problem.observables}
    if obstacles := no_squares(found):
        raise InputError(Problem(f"{why}: not least squares", where[name], hint) for name, why in obstacles.items())
    return PetabObjective(found)


def likelihood(problem: told.Problem, relative: float = PRECISE) -> Likelihood:
    """The likelihood of a problem, whose noise may be estimated, move with the model, or be Laplacian."""
    return Likelihood(curves(problem, relative))


def no_squares(found: Curves) -> dict[str, str]:
    """Observables whose negative log-likelihood is no sum of squares, each with the reason."""
    measured = zip(found.problem.measurements, found.moving_noise, strict=True)
    moving = {one.observable for one, moves in measured if moves}
    reasons = {
        one.id: "is estimated or moves with the model" if one.id in moving else "is Laplacian"
        for one in found.problem.observables if one.id in moving or one.distribution != "normal"
    }  # fmt: skip
    return {name: f"the noise of '{name}' {reason}" for name, reason in reasons.items()}


def nominal(problem: told.Problem, parameters: tuple[Parameter, ...]) -> Array:
    """The table's nominal values (parameter,), on the search scale; a first value where the table has none."""
    given = {one.id: one.nominal for one in problem.parameters}
    values = [one.start if (value := given[one.name]) is None else value for one in parameters]
    return to_search(parameters, values)


class PetabObjective(AbstractExplained):
    """Residuals of a PEtab problem."""

    def __init__(self, found: Curves) -> None:
        self.parameters = found.parameters
        self.labels = _labels(found.problem)
        self._curves, self._transformed = found, _Transformed(found.problem)

    def residuals(self, x: Array) -> Residuals:
        at = self._curves.at(x)
        departures, slopes = self._transformed(at)
        return Residuals(departures / at.noise, slopes / at.noise[:, None])

    def rows(self, x: Array) -> tuple[Row, ...]:
        at = self._curves.at(x)
        return _rows(self._curves.problem, at, self._transformed(at)[0] / at.noise)


class Likelihood(AbstractScored):
    """−ln of the probability (density) of all measurements, as PEtab defines it.

    Safe to call from several threads; priors are not in it. Rows of its scores are those of places, then those of
    noises that move: with s = z (normal) or sign z (Laplacian), and k = 2 or 1,

        r = s,             J = ∂z/∂x at σ held
        r = (1 − s·z)/√k,  J = √k·∂ln σ/∂x

    Of Laplacian noise |z| is flat but for its kink; steps are made by the parabola that touches it from above.
    """

    def __init__(self, found: Curves) -> None:
        self.parameters, self.size = found.parameters, len(found.problem.measurements)
        self._curves, self._transformed = found, _Transformed(found.problem)
        self._moving = np.array(found.moving_noise)
        labels = _labels(found.problem)
        self.labels = (*labels, *(f"noise of {labels[i]}" for i in np.flatnonzero(self._moving)))
        observables = {one.id: one for one in found.problem.observables}
        ours = [observables[measured.observable] for measured in found.problem.measurements]
        self._laplace = np.array([one.distribution == "laplace" for one in ours])
        # Densities are of the measurement itself: dt/dm = 1/m, or 1/(m·ln 10).
        self._volume = sum(
            {"lin": 0.0, "log": 1.0, "log10": 1.0}[one.transformation] * math.log(abs(measured.value))
            + {"lin": 0.0, "log": 0.0, "log10": 1.0}[one.transformation] * math.log(TEN)
            for one, measured in zip(ours, found.problem.measurements, strict=True)
        )

    def __call__(self, x: Array) -> tuple[float, Array]:
        """Its value and its slope (parameter,) at x (parameter,); NaN where the model could not be solved."""
        found = self.scores(x)
        return found.value, found.at.gradient

    def scores(self, x: Array) -> Scores:
        at = self._curves.at(x)
        departures, slopes = self._transformed(at)
        z = departures / at.noise
        constant = np.where(self._laplace, math.log(2.0), 0.5 * math.log(2.0 * math.pi))
        with np.errstate(invalid="ignore", divide="ignore"):
            shape = np.where(self._laplace, np.abs(z), 0.5 * z**2)
            value = float(np.sum(constant + np.log(at.noise) + shape)) + self._volume
        touching = np.where(self._laplace, np.sqrt(np.maximum(np.abs(z), KINK)), 1.0)
        return Scores(value, self._scored(z, slopes, at, np.ones_like(z)), self._scored(z, slopes, at, touching))

    def _scored(self, z: Array, slopes: Array, at: Predictions, width: Array) -> Residuals:
        """Rows of places, with curvatures divided by the squares of widths (measurement,), then of noises."""
        steep = np.where(self._laplace, np.sign(z), z)
        root = np.where(self._laplace, 1.0, math.sqrt(2.0))[self._moving]
        noisy = (at.noise_slopes / at.noise[:, None])[self._moving]
        return Residuals(
            np.concatenate([steep * width, (1.0 - steep * z)[self._moving] / root]),
            np.concatenate([slopes / (at.noise * width)[:, None], root[:, None] * noisy]),
        )

    def rows(self, x: Array) -> tuple[Row, ...]:
        """Each measurement beside its prediction at x (parameter,)."""
        at = self._curves.at(x)
        return _rows(self._curves.problem, at, self._transformed(at)[0] / at.noise)


def _labels(problem: told.Problem) -> tuple[str, ...]:
    return tuple(f"{one.observable} {one.condition} {one.time:g}" for one in problem.measurements)


def _rows(problem: told.Problem, at: Predictions, z: Array) -> tuple[Row, ...]:
    """Measurements beside predictions, grouped by condition."""
    return tuple(
        Row(one.condition, one.observable, one.value, predicted, "", residual, one.time)
        for one, predicted, residual in zip(problem.measurements, at.values.tolist(), z.tolist(), strict=True)
    )


class _Transformed:
    """Departures t(measurement) − t(prediction) (measurement,), with their slopes."""

    def __init__(self, problem: told.Problem) -> None:
        observables = {one.id: one.transformation for one in problem.observables}
        self._values = np.array([one.value for one in problem.measurements])
        self._scales = np.array([
            {"lin": 0.0, "log": 1.0, "log10": 1.0 / TEN}[observables[one.observable]] for one in problem.measurements
        ])  # fmt: skip
        wrong = [
            Problem(f"a measurement of {one.value:g} has no logarithm", one.where)
            for one, scale in zip(problem.measurements, self._scales, strict=True)
            if scale and not one.value > 0.0
        ]
        if wrong:
            raise InputError(wrong)

    def __call__(self, at: Predictions) -> tuple[Array, Array]:
        logarithmic = self._scales > 0.0
        with np.errstate(invalid="ignore", divide="ignore"):
            values = np.where(logarithmic, at.values, 1.0)
            logs = self._scales * (np.log(np.where(logarithmic, self._values, 1.0)) - np.log(values))
            steep = np.where(logarithmic, self._scales / values, 1.0)
            departures = np.where(logarithmic, logs, self._values - at.values)
            slopes = -steep[:, None] * at.slopes
        if np.all(np.isfinite(departures)):
            return departures, slopes
        return np.full_like(departures, np.nan), np.full_like(slopes, np.nan)
