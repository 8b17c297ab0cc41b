"""Terminal phases: the straight end of the logarithm of a curve.

ln c = ln c_end − λz·(t − t_end), by least squares over the last points. Which points is a choice of its
own, an `AbstractTerminalRule`: the usual one takes the last k ≥ 3 points after the peak, with the k of
the largest adjusted R²; among k within 1e-4 of it, the largest.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "FEWEST_TERMINAL_POINTS", "AbstractTerminalRule", "BestFit", "LastPoints", "Terminal", "TimeRange", "last_told",
    "terminal_phase", "terminal_rate",
]  # fmt: skip

Array = NDArray[np.float64]
Indices = NDArray[np.intp]
FEWEST_TERMINAL_POINTS = 3
TOGETHER = 64  # curves looked at side by side: what they need fits a processor's cache
TOGETHER_CELLS = 32_768  # and as many more of short ones


@dataclass(frozen=True)
class Terminal:
    """Terminal phases, each an array (subject,); NaN where a curve has none.

    Attributes
    ----------
    rate : array, 1/time
        λz.
    adjusted_r2, points : array
        Of the regression: 1 − (1 − R²)·(n − 1)/(n − 2), and n.
    start, end : array, time
        Of its first and last point.
    level : array
        On the line, at its end.
    """

    rate: Array
    adjusted_r2: Array
    points: Array
    start: Array
    end: Array
    level: Array

    def predicted(self, times: Array) -> Array:
        """Levels on the line, (subject,) or (subject, time) as the times are."""
        shape = (-1,) + (1,) * (times.ndim - 1)
        rate, end, level = (part.reshape(shape) for part in (self.rate, self.end, self.level))
        predicted: Array = level * np.exp(-rate * (times - end))
        return predicted


class AbstractTerminalRule(ABC):
    """Which points make the terminal phase."""

    @abstractmethod
    def window(self, times: Array, peaks: Indices, last: Indices) -> tuple[Indices, Indices]:
        """First and last point that may be used, (subject,) each, from times (subject, time)."""

    @abstractmethod
    def pick(self, adjusted: Array) -> Indices:
        """Which of the regressions over the last 3, 4, 5, … points, (subject,).

        `adjusted` is (subject, regression), -inf where a regression would leave the window.
        """


@final
@dataclass(frozen=True)
class BestFit(AbstractTerminalRule):
    """As many of the last points after the peak as fit best by adjusted R²; ties go to more points."""

    tie: float = 1e-4

    def window(self, times: Array, peaks: Indices, last: Indices) -> tuple[Indices, Indices]:
        return peaks + 1, last

    def pick(self, adjusted: Array) -> Indices:
        good = adjusted >= adjusted.max(axis=1, keepdims=True) - self.tie
        best: Indices = adjusted.shape[1] - 1 - np.argmax(good[:, ::-1], axis=1)
        return best


@final
@dataclass(frozen=True)
class LastPoints(AbstractTerminalRule):
    """So many of the last points, the peak among them if they reach it; none where there are fewer."""

    points: int

    def __post_init__(self) -> None:
        if self.points < FEWEST_TERMINAL_POINTS:
            raise ValueError(f"a terminal phase takes {FEWEST_TERMINAL_POINTS} points or more (got {self.points})")

    def window(self, times: Array, peaks: Indices, last: Indices) -> tuple[Indices, Indices]:
        # A window that is too short for a regression stands for none.
        return np.where(last + 1 >= self.points, last + 1 - self.points, last), last

    def pick(self, adjusted: Array) -> Indices:
        return np.full(len(adjusted), self.points - FEWEST_TERMINAL_POINTS)


@final
@dataclass(frozen=True)
class TimeRange(AbstractTerminalRule):
    """All points from one time to another, both included."""

    start: float
    end: float = np.inf

    def window(self, times: Array, peaks: Indices, last: Indices) -> tuple[Indices, Indices]:
        return (times < self.start).sum(axis=1), np.minimum((times <= self.end).sum(axis=1) - 1, last)

    def pick(self, adjusted: Array) -> Indices:
        most: Indices = np.isfinite(adjusted).sum(axis=1) - 1
        return most


def terminal_rate(times: Array, levels: Array, resolution: float = 0.0) -> Array:
    """Terminal rate constant λz (subject,), 1/time, by the usual rule; NaN where a curve does not fall to its end.

    Points below `resolution` times the peak are not told from nought and end the curve.
    """
    return terminal_phase(times, levels, last_told(levels, resolution), BestFit()).rate


def terminal_phase(times: Array, levels: Array, last: Indices, rule: AbstractTerminalRule) -> Terminal:
    """Terminal phase of each curve.

    Parameters
    ----------
    times : array (time,) or (subject, time)
        Rising up to the last point.
    levels : array (subject, time)
        Zero or more; a window that holds a zero has no phase.
    last : array (subject,), int
        The last point of each curve.
    rule : AbstractTerminalRule
    """
    times = np.broadcast_to(times, levels.shape)
    together = max(TOGETHER, TOGETHER_CELLS // levels.shape[1])
    slices = [slice(i, i + together) for i in range(0, len(levels), together)]
    parts = [_phase(times[part], levels[part], last[part], rule) for part in slices]
    names = [entry.name for entry in fields(Terminal)]
    return Terminal(*(np.concatenate([np.empty(0), *(getattr(part, name) for part in parts)]) for name in names))


def last_told(levels: Array, resolution: float) -> Indices:
    """Index (subject,) of the last point before each curve first sinks below its resolution, after the peak."""
    peaks = np.argmax(levels, axis=1)[:, None]
    floor = resolution * np.take_along_axis(levels, peaks, axis=1)
    sunk = (np.arange(levels.shape[1]) >= peaks) & (levels <= floor)
    last: Indices = np.where(sunk.any(axis=1), np.argmax(sunk, axis=1) - 1, levels.shape[1] - 1)
    return last


def _phase(times: Array, levels: Array, last: Indices, rule: AbstractTerminalRule) -> Terminal:
    found = Terminal(*(np.full(len(levels), np.nan) for _ in fields(Terminal)))
    low, high = rule.window(times, np.argmax(levels, axis=1), last)
    columns = np.arange(levels.shape[1])
    sunk = (columns >= low[:, None]) & (columns <= high[:, None]) & (levels <= 0.0)
    usable = np.flatnonzero((high - low >= FEWEST_TERMINAL_POINTS - 1) & ~sunk.any(axis=1))
    if not len(usable):
        return found
    times, levels, low, high = times[usable], levels[usable], low[usable], high[usable]
    # (subject, k): the points from the last one backwards, so that every k is a running sum.
    back = high[:, None] - np.arange(int((high - low).max()) + 1)
    within = back >= low[:, None]
    back = np.where(within, back, high[:, None])
    x, y = np.take_along_axis(times, back, axis=1), np.log(np.take_along_axis(levels, back, axis=1))
    # Centred on the last point, so that the running sums lose no digits.
    slope, intercept, adjusted, points = _regression(x - x[:, :1], y - y[:, :1], within, rule)
    falls, who = slope < 0.0, np.arange(len(usable))
    for column, values in (
        (found.rate, -slope), (found.adjusted_r2, adjusted), (found.points, points), (found.end, x[:, 0]),
        (found.start, x[who, points.astype(np.intp) - 1]), (found.level, np.exp(y[:, 0] + intercept)),
    ):  # fmt: skip
        column[usable] = np.where(falls, values, np.nan)
    return found


def _regression(
    x: Array, y: Array, within: NDArray[np.bool_], rule: AbstractTerminalRule
) -> tuple[Array, Array, Array, Array]:
    """Slope, intercept, adjusted R² and number of points of the regression picked, (subject,); of (subject, k)."""
    k = slice(FEWEST_TERMINAL_POINTS - 1, None)
    n = np.arange(1.0, x.shape[1] + 1.0)[k]
    sx, sy, sxx, sxy, syy = (np.cumsum(term, axis=1)[:, k] for term in (x, y, x * x, x * y, y * y))
    var_x, var_y, cov = sxx - sx * sx / n, syy - sy * sy / n, sxy - sx * sy / n
    flat = (var_x <= 0.0) | (var_y <= 0.0)
    r2 = np.where(flat, 0.0, cov**2 / np.where(flat, 1.0, var_x * var_y))
    adjusted = np.where(within[:, k], 1.0 - (1.0 - r2) * (n - 1.0) / (n - 2.0), -np.inf)
    best, who = rule.pick(adjusted), np.arange(len(x))
    spread = var_x[who, best]
    slope: Array = np.where(spread > 0.0, cov[who, best] / np.where(spread > 0.0, spread, 1.0), 0.0)
    return slope, (sy[who, best] - slope * sx[who, best]) / n[best], adjusted[who, best], n[best]
