"""By how much people differ: the covariance Ω of their η, as a searched-for set of numbers.

Ω = C·Cᵀ,  C lower triangular with ln of its diagonal searched for,  or  Ω = diag(ω²) with ln ω searched for
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import Problem

__all__ = ["AbstractSpread", "Diagonal", "Full"]

Array = NDArray[np.float64]
LEAST, MOST = math.log(1e-4), math.log(10.0)  # of ln ω: below, nobody could tell it from nought


class AbstractSpread(ABC):
    """Which parameters differ between people, named `names` (eta,), and how their Ω is searched for."""

    @property
    @abstractmethod
    def names(self) -> tuple[str, ...]:
        """Of the parameters with an η (eta,)."""

    @property
    @abstractmethod
    def labels(self) -> tuple[str, ...]:
        """Of what is searched for (number,), as it is reported."""

    @abstractmethod
    def start(self) -> Array:
        """Where the search begins (number,)."""

    @abstractmethod
    def bounds(self) -> list[tuple[float, float]]:
        """Of the search (number,)."""

    @abstractmethod
    def omega(self, x: Array) -> tuple[Array, Array]:
        """Ω (eta, eta) at x (number,), and its slopes (number, eta, eta)."""

    @abstractmethod
    def report(self, x: Array) -> Array:
        """What a person reads (number,): standard deviations, then correlations."""

    @abstractmethod
    def collapsed(self, x: Array) -> tuple[int, ...]:
        """Which of the numbers stand at nought."""

    @abstractmethod
    def collapse(self, number: int) -> str:
        """What it means that this one does."""

    @abstractmethod
    def faults(self, known: tuple[str, ...]) -> list[Problem]:
        """What is wrong with it, for a model with the parameters known."""


@dataclass(frozen=True)
class Diagonal(AbstractSpread):
    """Independent η: a first standard deviation ω for each parameter that differs."""

    sds: Mapping[str, float]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.sds)

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(f"omega {name}" for name in self.sds)

    def start(self) -> Array:
        logarithms: Array = np.log(np.array(list(self.sds.values())))
        return logarithms

    def bounds(self) -> list[tuple[float, float]]:
        return [(LEAST, MOST)] * len(self.sds)

    def omega(self, x: Array) -> tuple[Array, Array]:
        variances = np.exp(2.0 * x)
        slopes = np.zeros((len(x),) * 3)
        slopes[(np.arange(len(x)),) * 3] = 2.0 * variances
        return np.diag(variances), slopes

    def report(self, x: Array) -> Array:
        return np.exp(x)

    def collapsed(self, x: Array) -> tuple[int, ...]:
        return tuple(int(i) for i in np.flatnonzero(x < LEAST + 1e-6))

    def collapse(self, number: int) -> str:
        return f"{self.labels[number]} collapsed to nought: the data do not tell people apart in it"

    def faults(self, known: tuple[str, ...]) -> list[Problem]:
        return [
            *_unknown(self.names, known),
            *(
                Problem(f"a first standard deviation is above nought, not {sd:g}", f"omega {name}")
                for name, sd in self.sds.items()
                if not (math.isfinite(sd) and sd > 0.0)
            ),
        ]


@dataclass(frozen=True)
class Full(AbstractSpread):
    """Correlated η: a first covariance of all parameters that differ, (eta, eta)."""

    parameters: tuple[str, ...]
    covariance: tuple[tuple[float, ...], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return self.parameters

    @property
    def labels(self) -> tuple[str, ...]:
        below = (f"correlation {self.parameters[i]} {self.parameters[j]}" for i, j in zip(*self._below(), strict=True))
        return (*(f"omega {name}" for name in self.parameters), *below)

    def start(self) -> Array:
        factor = np.linalg.cholesky(np.array(self.covariance))
        return np.concatenate([np.log(np.diag(factor)), factor[self._below()]])

    def bounds(self) -> list[tuple[float, float]]:
        return [(LEAST, MOST)] * len(self.parameters) + [(-10.0, 10.0)] * len(self._below()[0])

    def omega(self, x: Array) -> tuple[Array, Array]:
        size = len(self.parameters)
        factor, bends = np.zeros((size, size)), np.zeros((len(x), size, size))
        diagonal, below = np.arange(size), self._below()
        factor[diagonal, diagonal], factor[below] = np.exp(x[:size]), x[size:]
        bends[diagonal, diagonal, diagonal] = np.exp(x[:size])
        bends[(np.arange(size, len(x)), *below)] = 1.0
        half = bends @ factor.T
        return factor @ factor.T, half + half.transpose(0, 2, 1)

    def report(self, x: Array) -> Array:
        omega, _ = self.omega(x)
        sds = np.sqrt(np.diag(omega))
        return np.concatenate([sds, (omega / np.outer(sds, sds))[self._below()]])

    def collapsed(self, x: Array) -> tuple[int, ...]:
        return tuple(int(i) for i in np.flatnonzero(x[: len(self.parameters)] < LEAST + 1e-6))

    def collapse(self, number: int) -> str:
        name = self.parameters[number]
        return f"Ω is singular: what the η of {name} has of its own, beside those named before it, collapsed to nought"

    def faults(self, known: tuple[str, ...]) -> list[Problem]:
        matrix, size = np.array(self.covariance, dtype=float), len(self.parameters)
        problems = _unknown(self.names, known)
        if matrix.shape != (size, size):
            problems.append(Problem(f"{size} parameters need a covariance of {size} by {size}", "omega"))
        elif not np.all(np.isfinite(matrix)) or not np.allclose(matrix, matrix.T):
            problems.append(Problem("the first covariance is not symmetric and finite", "omega"))
        elif size and np.linalg.eigvalsh(matrix)[0] <= 0.0:
            problems.append(Problem("the first covariance is not positive definite", "omega"))
        return problems

    def _below(self) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Rows and columns below the diagonal."""
        return np.tril_indices(len(self.parameters), -1)


def _unknown(names: tuple[str, ...], known: tuple[str, ...]) -> list[Problem]:
    problems = [] if names else [Problem("nobody differs from anybody", "omega", "name a parameter that does")]
    hint = "the model has " + ", ".join(known)
    problems += [Problem("no such parameter", f"omega {name}", hint) for name in names if name not in known]
    twice = sorted({name for name in names if names.count(name) > 1})
    return problems + [Problem("named twice", f"omega {name}") for name in twice]
