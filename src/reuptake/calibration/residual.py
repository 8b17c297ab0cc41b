"""How far a measured level lies from the predicted one, in standard deviations of what is measured.

    z = (ln y − ln f)/σ              errors that multiply (`Logarithmic`)
    z = (y − f)/σ                    errors that add (`Normal`)

of a level y and a prediction f. Of a level below the limit of quantification L only that is known; its residual is

    r = √(−2 ln Φ(u)),    u = (ln L − ln f)/σ    or    (L − f)/σ

so that half its square is the negative logarithm of the probability to lie below: the method called M3, which treats
such levels as censored instead of leaving them out.

A standard deviation that is a share of the level is no matter of least squares: weighed by what is predicted, its
logarithm moves with the fit; weighed by what is measured, low levels pull the fit down.

Source
------
Likelihood based approaches to handling data below the quantification limit using NONMEM VI. J Pharmacokinet
Pharmacodyn 2008; 35: 401 (method M3).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import InputError, Problem

__all__ = ["AbstractResidual", "Logarithmic", "Normal", "censored"]

Array = NDArray[np.float64]


class AbstractResidual(ABC):
    """What is known of the errors of measured levels."""

    @abstractmethod
    def departures(self, measured: Array, predicted: Array) -> tuple[Array, Array]:
        """Departures z of measured levels from predicted ones, and ∂z/∂predicted; all (sample,), levels in ng/mL.

        NaN where a prediction cannot have led to any level.
        """

    def residuals(self, measured: Array, limits: Array, predicted: Array) -> tuple[Array, Array]:
        """Residuals of all samples and ∂r/∂predicted, (sample,): of those measured, and of those below the limit.

        Parameters
        ----------
        measured : array (sample,), ng/mL
            NaN where below the limit.
        limits : array (sample,), ng/mL
            Of quantification, where below it.
        """
        below = np.isnan(measured)
        known = np.where(below, limits, measured)
        z, slopes = self.departures(known, predicted)
        # What has nothing to show lies below every limit.
        surely = below & (predicted <= 0.0) & ~np.isfinite(z)
        z, slopes = np.where(surely, np.inf, z), np.where(surely, 0.0, slopes)
        r, bend = censored(z[below])
        z[below], slopes[below] = r, slopes[below] * bend
        return z, slopes


@dataclass(frozen=True)
class Logarithmic(AbstractResidual):
    """Errors that multiply: the standard deviation of ln y, near the coefficient of variation while it is small."""

    sd: float

    def __post_init__(self) -> None:
        _see_positive(self.sd, "the standard deviation of ln y")

    def departures(self, measured: Array, predicted: Array) -> tuple[Array, Array]:
        level = np.where(predicted > 0.0, predicted, np.nan)
        return (np.log(measured) - np.log(level)) / self.sd, -1.0 / (self.sd * level)


@dataclass(frozen=True)
class Normal(AbstractResidual):
    """Errors that add, of a constant standard deviation (ng/mL)."""

    sd: float

    def __post_init__(self) -> None:
        _see_positive(self.sd, "the standard deviation of a level")

    def departures(self, measured: Array, predicted: Array) -> tuple[Array, Array]:
        return (measured - predicted) / self.sd, np.full_like(predicted, -1.0 / self.sd)


def censored(margin: Array) -> tuple[Array, Array]:
    """Residuals √(−2 ln Φ(u)) of what lies below a limit by some margin u, and their slopes; all (sample,).

    Parameters
    ----------
    margin : array (sample,)
        By how many standard deviations the limit lies above what is predicted; ∞ where nothing is.
    """
    from scipy.special import log_ndtr

    logarithm = np.asarray(log_ndtr(margin))
    residual = np.sqrt(-2.0 * logarithm)
    with np.errstate(under="ignore", invalid="ignore", divide="ignore", over="ignore"):
        density = np.exp(-0.5 * margin**2 - 0.5 * math.log(2.0 * math.pi) - logarithm)
        slope = np.where(residual > 0.0, -density / residual, np.where(np.isnan(margin), np.nan, 0.0))
    return residual, slope


def _see_positive(number: float, what: str) -> None:
    if not (math.isfinite(number) and number > 0.0):
        raise InputError(Problem(f"{what} is a finite number above zero (got {number:g})", hint="state it, as in 0.15"))
