"""Least squares from many starts: Levenberg-Marquardt steps inside bounds, with exact derivatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.objective import Residuals
from reuptake.calibration.parameters import Parameter, from_search

__all__ = ["Descent", "Fitted"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Descent:
    """The way down from one start.

    Attributes
    ----------
    start, x : array (parameter,)
        Where it began and ended, on the search scale.
    costs : tuple of float
        After each iteration, with that of the start first; includes priors.
    outcome : str
        ``converged``, ``iteration limit``, ``at a bound`` or ``not finite``.
    """

    start: Array
    x: Array
    costs: tuple[float, ...]
    outcome: str


@dataclass(frozen=True)
class Fitted:
    """The best place found, and all that is needed to judge it.

    Attributes
    ----------
    parameters : tuple of Parameter (parameter,)
    x : array (parameter,)
        The best place, on the search scale.
    at : Residuals
        There, of the data and then of the priors.
    labels : tuple of str (residual,)
    descents : tuple of Descent (start,)
        The best first.
    covariance : array (parameter, parameter)
        Of x: (JᵀJ)⁻¹ with residuals J of data and priors, times `inflation`.
    inflation : float
        By how much residuals are larger than their standard deviations say: max(1, Σr²/freedom).
    freedom : int
        Residuals of data less parameters that the data alone move.
    """

    parameters: tuple[Parameter, ...]
    x: Array
    at: Residuals
    labels: tuple[str, ...]
    descents: tuple[Descent, ...]
    covariance: Array
    inflation: float
    freedom: int

    @property
    def values(self) -> Array:
        """Values (parameter,) as a person reads them."""
        return from_search(self.parameters, self.x)

    @property
    def errors(self) -> Array:
        """Standard errors of x (parameter,); on a log scale near the coefficient of variation of the value."""
        return np.sqrt(np.diag(self.covariance))
