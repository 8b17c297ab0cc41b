"""Levels measured in people or animals, as residuals of a fit: each subject simulated as it was dosed."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reuptake.simulation.request import Request

__all__ = ["Levels", "Person"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Levels:
    """Samples of one output of one subject.

    Attributes
    ----------
    output : str
        Of the model, such as ``plasma.imipramine``.
    times : array (sample,), h
        Rising, since the start of the request.
    values : array (sample,), ng/mL
        NaN where below the limit of quantification.
    limit : float or None, ng/mL
    """

    output: str
    times: Array = field(repr=False)
    values: Array = field(repr=False)
    limit: float | None = None


@dataclass(frozen=True)
class Person:
    """One subject: what it was given and who it is (`request`), and what was measured."""

    name: str
    request: Request = field(repr=False)
    levels: tuple[Levels, ...]
