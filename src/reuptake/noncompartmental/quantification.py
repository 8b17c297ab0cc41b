"""Measured levels, and what stands for those that could not be quantified.

Where the assay said no more than "below the limit", the curve still needs a number or a gap: nought before the
first quantified level, a choice between quantified ones, and a choice after the last.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

import numpy as np
from numpy.typing import NDArray

__all__ = ["Between", "Imputation", "Later", "Profiles", "compact"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Profiles:
    """Measured curves of many subjects, each with times of its own, side by side.

    Attributes
    ----------
    times : array (subject, time)
        Since the dose, zero or more, rising; NaN beyond the last sample of a subject.
    levels : array (subject, time)
        Above nought where quantified, NaN elsewhere.
    below : array (subject, time), bool
        Samples below the limit of quantification.
    limit : array (subject,)
        The limit of quantification, NaN where nobody said.
    """

    times: Array = field(repr=False)
    levels: Array = field(repr=False)
    below: Mask = field(repr=False)
    limit: Array = field(repr=False)

    @property
    def quantified(self) -> Mask:
        """Which samples have a level, (subject, time)."""
        return np.isfinite(self.levels)

    def some(self, chosen: NDArray[np.intp]) -> Profiles:
        """Some of the subjects, by number, without the columns that none of them needs."""
        used = np.isfinite(self.times[chosen]).any(axis=0)
        width = max(1, int(used.sum()))
        return Profiles(
            self.times[chosen, :width], self.levels[chosen, :width], self.below[chosen, :width], self.limit[chosen]
        )


class Between(Enum):
    """What stands for a sample below the limit between two that are above it."""

    MISSING = "missing"
    ZERO = "zero"


class Later(Enum):
    """What stands for samples below the limit after the last one above it."""

    MISSING = "missing"
    ZERO = "zero"
    HALF_LIMIT = "half-lloq"  # on the first of them; the rest are missing


@dataclass(frozen=True)
class Imputation:
    """The rule of a whole analysis; before the first quantified level it is always nought."""

    between: Between = Between.MISSING
    after: Later = Later.MISSING

    def filled(self, profiles: Profiles) -> Array:
        """Levels (subject, time) with what stands for those below the limit; NaN where nothing does."""
        columns = np.arange(profiles.levels.shape[1])
        told = profiles.quantified
        first = np.where(told.any(axis=1), np.argmax(told, axis=1), len(columns))[:, None]
        last = np.where(told.any(axis=1), len(columns) - 1 - np.argmax(told[:, ::-1], axis=1), len(columns))[:, None]
        levels = np.where(profiles.below & (columns < first), 0.0, profiles.levels)
        if self.between is Between.ZERO:
            levels = np.where(profiles.below & (columns > first) & (columns < last), 0.0, levels)
        late = profiles.below & (columns > last)
        if self.after is Later.ZERO:
            levels = np.where(late, 0.0, levels)
        elif self.after is Later.HALF_LIMIT:
            levels = np.where(late & (np.cumsum(late, axis=1) == 1), profiles.limit[:, None] / 2.0, levels)
        return levels


def compact(times: Array, levels: Array, kept: Mask) -> tuple[Array, Array, NDArray[np.intp]]:
    """The points kept, moved to the left; the last one is repeated to the common length.

    Returns
    -------
    tuple of times (subject, time), levels (subject, time) and how many points are a curve's own (subject,)
        Time and level are nought throughout where a curve keeps none.
    """
    counts = kept.sum(axis=1)
    width = max(1, int(counts.max(initial=0)))
    order = np.argsort(~kept, axis=1, kind="stable")[:, :width]
    at = np.take_along_axis(order, np.minimum(np.arange(width), np.maximum(counts - 1, 0)[:, None]), axis=1)
    some = counts[:, None] > 0
    times, levels = np.take_along_axis(times, at, axis=1), np.take_along_axis(levels, at, axis=1)
    return np.where(some, times, 0.0), np.where(some, levels, 0.0), counts
