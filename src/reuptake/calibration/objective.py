"""What a fit makes small: half the sum of squares of residuals, and of departures from what was known before.

    cost(x) = ½·Σ rᵢ(x)² + ½·Σ ((xⱼ − mⱼ)/sⱼ)²

Residuals are weighted already (divided by their standard deviation, robust or not), so that cost is the negative
logarithm of the posterior but for a constant.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.parameters import Parameter

__all__ = ["AbstractObjective", "Residuals", "resolved", "soft", "with_priors"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Residuals:
    """Weighted residuals at one place.

    Attributes
    ----------
    values : array (residual,)
        NaN throughout where the model could not be solved.
    slopes : array (residual, parameter)
        ∂rᵢ/∂xⱼ, exact.
    """

    values: Array
    slopes: Array

    @property
    def cost(self) -> float:
        """Half the sum of squares, ½·Σr²."""
        return 0.5 * float(self.values @ self.values)

    @property
    def gradient(self) -> Array:
        """Slope of the cost, ∂cost/∂x (parameter,)."""
        gradient: Array = self.slopes.T @ self.values
        return gradient


class AbstractObjective(ABC):
    """Data and a model, as residuals of a place on the search scale; safe to call from several threads."""

    parameters: tuple[Parameter, ...]
    labels: tuple[str, ...]  # of the residuals, (residual,)
    resolution: float = 0.0  # part of the cost below which a fall is noise of the solver

    @property
    def worth(self) -> Array:
        """As how much of an independent result each residual counts (residual,).

        One, unless several share a weight; nought for what only says that a level is below a limit, which tells nothing
        of how large errors are.
        """
        return np.ones(len(self.labels))

    @abstractmethod
    def residuals(self, x: Array) -> Residuals:
        """Of the data alone at x (parameter,); priors are added by `with_priors`."""

    def several(self, places: Sequence[Array]) -> list[Residuals]:
        """Of the data alone at many places; a model that can look at them side by side is faster at it."""
        return [self.residuals(x) for x in places]


def resolved(relative: float) -> float:
    """The part of a cost that a solver of this relative tolerance resolves.

    Near its least a cost hangs on the square of the error of the curves, or nearly so.
    """
    return 1e-4 * relative


def with_priors(objective: AbstractObjective, x: Array) -> Residuals:
    """Residuals of the data, then one for each parameter with a prior."""
    return joined_with_priors(objective.parameters, objective.residuals(x), x)


def joined_with_priors(parameters: Sequence[Parameter], data: Residuals, x: Array) -> Residuals:
    """Residuals of the data that are known already, then those of the priors."""
    held = [(j, one.prior) for j, one in enumerate(parameters) if one.prior is not None]
    if not held:
        return data
    departures = np.array([(x[j] - prior.mean) / prior.sd for j, prior in held])
    slopes = np.zeros((len(held), len(x)))
    for row, (j, prior) in enumerate(held):
        slopes[row, j] = 1.0 / prior.sd
    return Residuals(np.concatenate([data.values, departures]), np.concatenate([data.slopes, slopes]))


def soft(raw: Residuals, bend: float) -> Residuals:
    """Residuals that grow like √|z| beyond a bend, so that their squares grow like |z| there (soft L1).

    ½r² = b²·(√(1 + z²/b²) − 1) of a residual z and a bend b.
    """
    root = np.sqrt(1.0 + (raw.values / bend) ** 2)
    half = np.sqrt((root + 1.0) / 2.0)  # √(root − 1) as (z/b)/√(root + 1): exact for small z too
    return Residuals(raw.values / half, raw.slopes * (half / root)[:, None])
