"""What a fit makes small: half the sum of squares of residuals, and of departures from what was known before.

    cost(x) = ½·Σ rᵢ(x)² + ½·Σ ((xⱼ − mⱼ)/sⱼ)²

Residuals are weighted already (divided by their standard deviation, robust or not), so that cost is the negative
logarithm of the posterior but for a constant.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.parameters import Parameter

__all__ = ["AbstractObjective", "Residuals", "soft", "with_priors"]

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

    @abstractmethod
    def residuals(self, x: Array) -> Residuals:
        """Of the data alone at x (parameter,); priors are added by `with_priors`."""


def with_priors(objective: AbstractObjective, x: Array) -> Residuals:
    """Residuals of the data, then one for each parameter with a prior."""
    data = objective.residuals(x)
    held = [(j, one.prior) for j, one in enumerate(objective.parameters) if one.prior is not None]
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
