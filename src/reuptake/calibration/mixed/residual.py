"""How observations scatter about what is predicted for the person they come from.

    z = m(f) + ε,  ε ~ N(0, v(f)),  v = a² + b²·f²

with z = y and m = f, or z = ln y and m = ln f where the scatter is log-normal. Twice the negative logarithm of the
likelihood of one observation, but for ln 2π, is

    g = (z − m)²/v + ln v        (+ 2·ln y where log-normal)

Of what follows, u = ½·∂g/∂f, and w = m′²/v + ½·(v′/v)² is the information of one observation about f: what ∂u/∂f is
on average over observations.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.mixed.individuals import Levels
from reuptake.errors import Problem

__all__ = ["AbstractResidual", "Additive", "Combined", "LogNormal", "Proportional", "Terms", "Turns"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Terms:
    """g, u and w of each observation (observation,), and its residual in standard deviations."""

    g: Array
    u: Array
    w: Array
    weighted: Array


@dataclass(frozen=True)
class Turns:
    """How these turn with f (a digit counts derivatives, (observation,)) and with ln sd (observation, sd)."""

    u1: Array
    u2: Array
    w1: Array
    g_s: Array
    u_s: Array
    u1_s: Array
    w_s: Array


class AbstractResidual(ABC):
    """A model of residual error: standard deviations `sds`, as first guessed, named `names`."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Of its standard deviations (sd,)."""

    @property
    @abstractmethod
    def sds(self) -> tuple[float, ...]:
        """First values (sd,), above nought."""

    @abstractmethod
    def parts(self, values: Array, sds: Array) -> Array:
        """Parts of the variance v, of v′ and of v″, (3, observation, sd), each in proportion to one sd squared."""

    def scale(self, values: Array) -> tuple[Array, Array, Array, Array]:
        """Scale m and its first three derivatives at predicted values."""
        one, nought = np.ones_like(values), np.zeros_like(values)
        return values, one, nought, nought

    def measured(self, observed: Array) -> tuple[Array, Array]:
        """Observations on that scale, z, and what the change of scale adds to g."""
        return observed, np.zeros_like(observed)

    def faults(self, name: str, observed: Array) -> list[Problem]:
        """What is wrong with the observations of a subject under this model."""
        return []


@dataclass(frozen=True)
class Additive(AbstractResidual):
    """Of the same standard deviation at every level, in the unit of the observations."""

    sd: float

    @property
    def names(self) -> tuple[str, ...]:
        return ("additive",)

    @property
    def sds(self) -> tuple[float, ...]:
        return (self.sd,)

    def parts(self, values: Array, sds: Array) -> Array:
        return _constant(values, sds[0])[..., None]


@dataclass(frozen=True)
class Proportional(AbstractResidual):
    """Of a standard deviation in proportion to the level predicted."""

    cv: float

    @property
    def names(self) -> tuple[str, ...]:
        return ("proportional",)

    @property
    def sds(self) -> tuple[float, ...]:
        return (self.cv,)

    def parts(self, values: Array, sds: Array) -> Array:
        return _proportional(values, sds[0])[..., None]


@dataclass(frozen=True)
class Combined(AbstractResidual):
    """Of a variance that is the sum of an additive and a proportional one."""

    sd: float
    cv: float

    @property
    def names(self) -> tuple[str, ...]:
        return ("additive", "proportional")

    @property
    def sds(self) -> tuple[float, ...]:
        return (self.sd, self.cv)

    def parts(self, values: Array, sds: Array) -> Array:
        return np.stack([_constant(values, sds[0]), _proportional(values, sds[1])], axis=-1)


@dataclass(frozen=True)
class LogNormal(AbstractResidual):
    """Of the same standard deviation at every level, on the logarithmic scale."""

    log_sd: float

    @property
    def names(self) -> tuple[str, ...]:
        return ("log-normal",)

    @property
    def sds(self) -> tuple[float, ...]:
        return (self.log_sd,)

    def parts(self, values: Array, sds: Array) -> Array:
        return _constant(values, sds[0])[..., None]

    def scale(self, values: Array) -> tuple[Array, Array, Array, Array]:
        return np.log(values), 1.0 / values, -1.0 / values**2, 2.0 / values**3

    def measured(self, observed: Array) -> tuple[Array, Array]:
        logs = np.log(observed)
        return logs, 2.0 * logs

    def faults(self, name: str, observed: Array) -> list[Problem]:
        bad = [i for i, value in enumerate(observed) if math.isfinite(value) and value <= 0.0]
        message = f"observations {bad} (counted from 0) are not above nought, so that they have no logarithm"
        return [Problem(message, f"subject {name}", "leave them out, or take another residual error")] if bad else []


def terms(error: AbstractResidual, at: Levels, sds: Array) -> Terms:
    """g, u and w; infinite g where a prediction is none, or has no place on the scale of the error."""
    with np.errstate(all="ignore"):
        (v, v1, _), (m, m1, *_), (z, change) = _at(error, at, sds)
        e = z - m
        g = e**2 / v + np.log(v) + change
        u = -e * m1 / v - 0.5 * e**2 * v1 / v**2 + 0.5 * v1 / v
        w = m1**2 / v + 0.5 * (v1 / v) ** 2
        good = np.isfinite(g) & np.isfinite(u) & np.isfinite(w) & np.all(np.isfinite(at.slopes), axis=1)
        return Terms(np.where(good, g, np.inf), np.where(good, u, 0.0), np.where(good, w, 0.0), e / np.sqrt(v))


def turns(error: AbstractResidual, at: Levels, sds: Array) -> Turns:
    """Derivatives of g, u and w, where all of these are finite."""
    (v, v1, v2), (m, m1, m2, m3), (z, _) = _at(error, at, sds)
    e = z - m
    parts = 2.0 * error.parts(at.values, sds)  # ∂v, ∂v′ and ∂v″ with each ln sd
    return Turns(
        u1=m1**2 / v - e * m2 / v + 2 * e * m1 * v1 / v**2 - e**2 * v2 / v**2 / 2 + e**2 * v1**2 / v**3
        + v2 / v / 2 - v1**2 / v**2 / 2,
        u2=(3 * m1 * m2 - e * m3) / v
        + (-3 * m1**2 * v1 + 3 * e * m2 * v1 + 3 * e * m1 * v2 - 1.5 * v1 * v2) / v**2
        + (-6 * e * m1 * v1**2 + 3 * e**2 * v1 * v2 + v1**3) / v**3 - 3 * e**2 * v1**3 / v**4,
        w1=2 * m1 * m2 / v + (v1 * v2 - m1**2 * v1) / v**2 - v1**3 / v**3,
        g_s=_column(1 / v - e**2 / v**2) * parts[0],
        u_s=_column(e * m1 / v**2 + e**2 * v1 / v**3 - v1 / v**2 / 2) * parts[0]
        + _column((1 / v - e**2 / v**2) / 2) * parts[1],
        u1_s=_column(
            (e * m2 - m1**2 - v2 / 2) / v**2 + (v1**2 + e**2 * v2 - 4 * e * m1 * v1) / v**3 - 3 * e**2 * v1**2 / v**4
        ) * parts[0]
        + _column((2 * e * m1 - v1) / v**2 + 2 * e**2 * v1 / v**3) * parts[1]
        + _column((1 / v - e**2 / v**2) / 2) * parts[2],
        w_s=_column(-(m1**2) / v**2 - v1**2 / v**3) * parts[0] + _column(v1 / v**2) * parts[1],
    )  # fmt: skip


def _at(
    error: AbstractResidual, at: Levels, sds: Array
) -> tuple[Array, tuple[Array, Array, Array, Array], tuple[Array, Array]]:
    """Variance v and its derivatives, scale m and its derivatives, z and what it adds."""
    return error.parts(at.values, sds).sum(axis=-1), error.scale(at.values), error.measured(at.observed)


def _column(values: Array) -> Array:
    return values[:, None]


def _constant(values: Array, sd: float) -> Array:
    return np.stack([np.full_like(values, sd**2), np.zeros_like(values), np.zeros_like(values)])


def _proportional(values: Array, cv: float) -> Array:
    return cv**2 * np.stack([values**2, 2.0 * values, np.full_like(values, 2.0)])


def faults(error: AbstractResidual, names: Sequence[str], observed: Sequence[Array]) -> list[Problem]:
    """What is wrong with the error, or with the observations under it."""
    problems = [
        Problem(f"a first standard deviation is above nought, not {sd:g}", f"residual error, {name}")
        for name, sd in zip(error.names, error.sds, strict=True)
        if not (math.isfinite(sd) and sd > 0.0)
    ]
    for name, values in zip(names, observed, strict=False):
        problems += error.faults(name, values)
    return problems
