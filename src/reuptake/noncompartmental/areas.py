"""Areas and first moments under curves, up to any time.

Linear trapezoids while the level rises, logarithmic ones while it falls, which are exact for an
exponential decline. Arrays only, always in the order ``(subject, time)``; the caller keeps the units.
Curves of different lengths lie side by side when the last point of each is repeated to the common
length: what has no width adds nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["area", "cumulative_area", "cumulative_moment", "until"]

Array = NDArray[np.float64]
# Above this ln(c1/c2) the closed form of a moment loses fewer digits than six terms of its series leave out.
SERIES_BELOW = 0.03


def cumulative_area(times: Array, levels: Array) -> Array:
    """Running area under each curve, (subject, time), nought at the first time.

    AUC = Δt·(c1 + c2)/2             while rising
    AUC = Δt·(c1 − c2)/ln(c1/c2)     while falling

    Parameters
    ----------
    times : array (time,) or (subject, time)
        Never falling.
    levels : array (subject, time)
        Zero or more.
    """
    return _running(_pieces(times, levels, _drop(levels)))


def area(times: Array, levels: Array) -> Array:
    """Area under each curve from the first to the last time, (subject,)."""
    return cumulative_area(times, levels)[:, -1]


def cumulative_moment(times: Array, levels: Array) -> Array:
    """Running area under time times level (AUMC) of each curve, (subject, time); arrays as in `cumulative_area`.

    AUMC = Δt·(t1·c1 + t2·c2)/2                             while rising
    AUMC = t1·AUC + Δt²·(c1 − c2 − c2·d)/d², d = ln(c1/c2)  while falling
    """
    times = np.broadcast_to(times, levels.shape)
    drop, width, first, second = _drop(levels), np.diff(times), levels[:, :-1], levels[:, 1:]
    rising = width * (times[:, :-1] * first + times[:, 1:] * second) / 2.0
    steep = drop > SERIES_BELOW
    closed = (first - second - second * drop) / np.where(steep, drop, 1.0) ** 2
    since = width**2 * np.where(steep, closed, first * _flat_moment(np.minimum(drop, SERIES_BELOW)))
    falling = times[:, :-1] * _pieces(times, levels, drop) + since
    return _running(np.where(drop > 0.0, falling, rising))


def until(times: Array, levels: Array, end: Array) -> tuple[Array, Array]:
    """The same curves up to a time of their own, (subject,), where each is held; none may end before it.

    Between two points the level is read off the line that the area under it belongs to.

    Returns
    -------
    tuple of arrays (subject, time)
        Times and levels; what lay after the end lies on it.
    """
    rows = np.arange(len(levels))
    left = np.maximum((times <= end[:, None]).sum(axis=1) - 1, 0)
    right = np.minimum(left + 1, levels.shape[1] - 1)
    gap = times[rows, right] - times[rows, left]
    share = np.where(gap > 0.0, (end - times[rows, left]) / np.where(gap > 0.0, gap, 1.0), 0.0)
    here, there = levels[rows, left], levels[rows, right]
    falling = (there < here) & (there > 0.0)
    ratio = np.where(falling, there, 1.0) / np.where(falling, here, 1.0)
    level = np.where(falling, here * ratio**share, here + share * (there - here))
    after = times > end[:, None]
    return np.where(after, end[:, None], times), np.where(after, level[:, None], levels)


def _drop(levels: Array) -> Array:
    """Ln(c1/c2) of every piece that falls and stays above nought, else nought; (subject, time - 1)."""
    logs = np.log(np.where(levels > 0.0, levels, 1.0))
    falling = (levels[:, 1:] < levels[:, :-1]) & (levels[:, 1:] > 0.0)
    drop: Array = np.where(falling, logs[:, :-1] - logs[:, 1:], 0.0)
    return drop


def _pieces(times: Array, levels: Array, drop: Array) -> Array:
    """Area between each two points, (subject, time - 1)."""
    first, second, width = levels[:, :-1], levels[:, 1:], np.diff(times)
    linear = width * (first + second) / 2.0
    # Near-equal neighbours make 0/0 of the logarithmic rule; there the two rules agree anyway.
    steep = drop > 1e-9
    pieces: Array = np.where(steep, width * (first - second) / np.where(steep, drop, 1.0), linear)
    return pieces


def _flat_moment(drop: Array) -> Array:
    """(1 − (1 + d)·exp(−d))/d² near nought: 1/2 − d/3 + d²/8 − d³/30 + …."""
    total: Array = np.zeros_like(drop)
    for coefficient in (-6 / 5040, 5 / 720, -4 / 120, 3 / 24, -2 / 6, 1 / 2):
        total = total * drop + coefficient
    return total


def _running(pieces: Array) -> Array:
    return np.concatenate([np.zeros((len(pieces), 1)), np.cumsum(pieces, axis=1)], axis=1)
