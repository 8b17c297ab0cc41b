"""A fit that others wrote down as PEtab, as an objective of ours.

    r = (t(measurement) − t(observable)) / σ,   t the observable's transformation

Least squares can hold σ only where nothing that is estimated, and nothing that changes with time, decides it; else
ln σ belongs to what is made small, and `Likelihood` tells that exactly.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.objective import AbstractObjective, Residuals
from reuptake.calibration.parameters import Parameter, to_search
from reuptake.calibration.petab.curves import PRECISE, Curves, Predictions, curves
from reuptake.errors import InputError, Problem
from reuptake.exchange.petab import problem as told

__all__ = ["Likelihood", "PetabObjective", "from_petab", "likelihood", "nominal"]

Array = NDArray[np.float64]
TEN = math.log(10.0)


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
    observables = {one.id: one for one in problem.observables}
    moving = {m.observable for m, moves in zip(problem.measurements, found.moving_noise, strict=True) if moves}
    hint = "hold it (estimate 0), or minimise reuptake.calibration.petab.importing.likelihood(problem)"
    problems = [
        Problem(f"the noise of '{name}' is estimated or moves with the model: not least squares", one.where, hint)
        for name, one in observables.items() if name in moving
    ]  # fmt: skip
    problems += [
        Problem(f"the noise of '{name}' is Laplacian: not least squares", one.where, hint)
        for name, one in observables.items() if one.distribution != "normal"
    ]  # fmt: skip
    if problems:
        raise InputError(problems)
    return PetabObjective(found)


def likelihood(problem: told.Problem, relative: float = PRECISE) -> Likelihood:
    """The likelihood of a problem, whose noise may be estimated, move with the model, or be Laplacian."""
    return Likelihood(curves(problem, relative))


def nominal(problem: told.Problem, parameters: tuple[Parameter, ...]) -> Array:
    """The table's nominal values (parameter,), on the search scale; a first value where the table has none."""
    given = {one.id: one.nominal for one in problem.parameters}
    values = [one.start if (value := given[one.name]) is None else value for one in parameters]
    return to_search(parameters, values)


class PetabObjective(AbstractObjective):
    """Residuals of a PEtab problem."""

    def __init__(self, found: Curves) -> None:
        self.parameters = found.parameters
        self.labels = tuple(f"{m.observable} {m.condition} {m.time:g}" for m in found.problem.measurements)
        self._curves, self._transformed = found, _Transformed(found.problem)

    def residuals(self, x: Array) -> Residuals:
        at = self._curves.at(x)
        departures, slopes = self._transformed(at)
        return Residuals(departures / at.noise, slopes / at.noise[:, None])


class Likelihood:
    """−ln of the probability (density) of all measurements, as PEtab defines it.

    Safe to call from several threads; priors are not in it.
    """

    def __init__(self, found: Curves) -> None:
        self.parameters = found.parameters
        self._curves, self._transformed = found, _Transformed(found.problem)
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
        at = self._curves.at(x)
        departures, slopes = self._transformed(at)
        z = departures / at.noise
        z_slopes = (slopes - z[:, None] * at.noise_slopes) / at.noise[:, None]
        constant = np.where(self._laplace, math.log(2.0), 0.5 * math.log(2.0 * math.pi))
        with np.errstate(invalid="ignore", divide="ignore"):
            shape = np.where(self._laplace, np.abs(z), 0.5 * z**2)
            value = float(np.sum(constant + np.log(at.noise) + shape)) + self._volume
        steep = np.where(self._laplace, np.sign(z), z)
        gradient: Array = np.sum(at.noise_slopes / at.noise[:, None] + steep[:, None] * z_slopes, axis=0)
        return value, gradient


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
