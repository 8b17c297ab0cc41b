"""Profile likelihood: the least cost that is left when one parameter is held at each value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Profile"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Profile:
    """One parameter's profile.

    Attributes
    ----------
    name : str
    values : array (point,)
        Where it was held, rising, as values a person reads.
    rises : array (point,)
        Twice the cost above the least one, divided by the inflation: χ² with one degree of freedom.
    low, high : float or None
        Ends of the 95 % interval; None where the profile stays below its limit up to the bound of the search.
    """

    name: str
    values: Array
    rises: Array
    low: float | None
    high: float | None
