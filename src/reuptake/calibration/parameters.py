"""What a fit may move: names, bounds, the scale it is searched on, what is known beforehand.

    x = ln v  (log),  ln(v/(1 − v))  (logit),  v  (linear)

All searching is done in x; values v are what a person reads.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Parameter", "Prior", "Scale", "from_search", "to_search"]

Array = NDArray[np.float64]
Scale = Literal["log", "logit", "linear"]


@dataclass(frozen=True)
class Prior:
    """What is known before the data, normal on the search scale: N(mean, sd²) of x."""

    mean: float
    sd: float


@dataclass(frozen=True)
class Parameter:
    """One quantity that a fit moves.

    Attributes
    ----------
    name : str
    start, low, high : float
        A first value and the bounds of the search, as values v; low < start < high.
    unit : str
    scale : str
        On which it is searched, ``log`` (v > 0), ``logit`` (0 < v < 1) or ``linear``.
    prior : Prior or None
    nuisance : bool
        Moved, but asked after by nobody: the effect of one study, say. Left out of tables and profiles.
    """

    name: str
    start: float
    low: float
    high: float
    unit: str = ""
    scale: Scale = "log"
    prior: Prior | None = None
    nuisance: bool = False

    def search(self, value: float) -> float:
        """Value as x."""
        if self.scale == "log":
            return math.log(value)
        return math.log(value / (1.0 - value)) if self.scale == "logit" else value

    def value(self, x: float) -> float:
        """Value at x."""
        if self.scale == "log":
            return math.exp(x)
        return 1.0 / (1.0 + math.exp(-x)) if self.scale == "logit" else x

    def stretch(self, x: float) -> float:
        """How fast the value grows with x, dv/dx."""
        value = self.value(x)
        if self.scale == "log":
            return value
        return value * (1.0 - value) if self.scale == "logit" else 1.0


def to_search(parameters: Sequence[Parameter], values: Sequence[float]) -> Array:
    """Values (parameter,) on the search scale."""
    return np.array([one.search(value) for one, value in zip(parameters, values, strict=True)])


def from_search(parameters: Sequence[Parameter], x: Sequence[float] | Array) -> Array:
    """Values (parameter,) of a place x (parameter,)."""
    return np.array([one.value(float(place)) for one, place in zip(parameters, x, strict=True)])
