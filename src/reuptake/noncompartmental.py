"""Exposure read off a curve, with no model: areas, peaks, terminal half-life.

Arrays only, always in the order ``(subject, time)``; the caller keeps the units.
Areas by the linear-up, log-down trapezoidal rule: linear while the level rises,
logarithmic while it falls, which is exact for an exponential decline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Exposure", "area", "cumulative_area", "exposure", "terminal_rate"]

Array = NDArray[np.float64]
FEWEST_TERMINAL_POINTS = 3
TOGETHER = 64  # curves looked at side by side: what they need fits a processor's cache


@dataclass(frozen=True)
class Exposure:
    """Non-compartmental measures, each an array (subject,); NaN where not estimable."""

    cmax: Array
    tmax: Array
    cmin: Array
    auc_last: Array
    auc_inf: Array
    lambda_z: Array

    @property
    def half_life(self) -> Array:
        """Ln 2 / λz."""
        value: Array = np.log(2.0) / self.lambda_z
        return value


def cumulative_area(times: Array, levels: Array) -> Array:
    """Running area under each curve, (subject, time), nought at the first time.

    AUC = Δt·(c1 + c2)/2             while rising
    AUC = Δt·(c1 − c2)/ln(c1/c2)     while falling
    """
    first, second, width = levels[:, :-1], levels[:, 1:], np.diff(times)
    linear = width * (first + second) / 2.0
    logs = np.log(np.where(levels > 0.0, levels, 1.0))
    drop = np.where((second < first) & (second > 0.0), logs[:, :-1] - logs[:, 1:], 0.0)
    # Near-equal neighbours make 0/0 of the logarithmic rule; there the two rules agree anyway.
    steep = drop > 1e-9
    pieces = np.where(steep, width * (first - second) / np.where(steep, drop, 1.0), linear)
    return np.concatenate([np.zeros((len(levels), 1)), np.cumsum(pieces, axis=1)], axis=1)


def area(times: Array, levels: Array) -> Array:
    """Area under each curve from the first to the last time, (subject,)."""
    return cumulative_area(times, levels)[:, -1]


def terminal_rate(times: Array, levels: Array, resolution: float = 0.0) -> Array:
    """Terminal rate constant λz (subject,), 1/time; NaN where the curve does not fall to its end.

    Points below `resolution` times the peak are not told from nought and end the curve.
    Log-linear regression over the last k points after the peak, k ≥ 3, with the k of the
    largest adjusted R²; among k within 1e-4 of it, the largest.
    """
    parts = [levels[i : i + TOGETHER] for i in range(0, len(levels), TOGETHER)]
    return np.concatenate([np.empty(0), *(_terminal_rate(times, part, resolution) for part in parts)])


def _terminal_rate(times: Array, levels: Array, resolution: float) -> Array:
    rates = np.full(len(levels), np.nan)
    peaks, last = np.argmax(levels, axis=1), _last_told(levels, resolution)
    columns = np.arange(levels.shape[1])
    sunk = (columns > peaks[:, None]) & (columns <= last[:, None]) & (levels <= 0.0)
    usable = np.flatnonzero((last - peaks >= FEWEST_TERMINAL_POINTS) & ~sunk.any(axis=1))
    if not len(usable):
        return rates
    peaks, last = peaks[usable], last[usable]
    # (subject, k): the points from the last one backwards, so that every k is a running sum.
    back = last[:, None] - np.arange(int((last - peaks).max()))
    within = back > peaks[:, None]
    back = np.where(within, back, last[:, None])
    x, y = times[back], np.log(np.take_along_axis(levels[usable], back, axis=1))
    # Centred on the last point, so that the running sums lose no digits.
    x, y = x - x[:, :1], y - y[:, :1]
    slope = _best_slope(x, y, within)
    rates[usable] = np.where(slope < 0.0, -slope, np.nan)
    return rates


def _best_slope(x: Array, y: Array, within: NDArray[np.bool_]) -> Array:
    """Slope (subject,) of the regression over the first k points that fits best; arrays (subject, k)."""
    k = slice(FEWEST_TERMINAL_POINTS - 1, None)
    n = np.arange(1.0, x.shape[1] + 1.0)[k]
    sx, sy, sxx, sxy, syy = (np.cumsum(term, axis=1)[:, k] for term in (x, y, x * x, x * y, y * y))
    var_x, var_y, cov = sxx - sx * sx / n, syy - sy * sy / n, sxy - sx * sy / n
    flat = (var_x <= 0.0) | (var_y <= 0.0)
    r2 = np.where(flat, 0.0, cov**2 / np.where(flat, 1.0, var_x * var_y))
    adjusted = np.where(within[:, k], 1.0 - (1.0 - r2) * (n - 1.0) / (n - 2.0), -np.inf)
    good = adjusted >= adjusted.max(axis=1, keepdims=True) - 1e-4
    best, who = adjusted.shape[1] - 1 - np.argmax(good[:, ::-1], axis=1), np.arange(len(x))
    spread = var_x[who, best]
    slope: Array = np.where(spread > 0.0, cov[who, best] / np.where(spread > 0.0, spread, 1.0), 0.0)
    return slope


def _last_told(levels: Array, resolution: float) -> NDArray[np.intp]:
    """Index (subject,) of the last point before each curve first sinks below its resolution, after the peak."""
    peaks = np.argmax(levels, axis=1)[:, None]
    floor = resolution * np.take_along_axis(levels, peaks, axis=1)
    sunk = (np.arange(levels.shape[1]) >= peaks) & (levels <= floor)
    last: NDArray[np.intp] = np.where(sunk.any(axis=1), np.argmax(sunk, axis=1) - 1, levels.shape[1] - 1)
    return last


def exposure(times: Array, levels: Array, resolution: float = 0.0, *, terminal: bool = True) -> Exposure:
    """Every measure of each curve.

    The area to infinity is extrapolated from the last point that `terminal_rate` uses.

    Parameters
    ----------
    times : array (time,)
        Rising.
    levels : array (subject, time)
        Zero or more.
    resolution : float
        Share of the peak below which levels are not told from nought.
    terminal : bool
        Whether to look for a terminal phase; λz and the area to infinity are NaN where not.
    """
    peaks, who = np.argmax(levels, axis=1), np.arange(len(levels))
    running = cumulative_area(times, levels)
    rate = terminal_rate(times, levels, resolution) if terminal else np.full(len(levels), np.nan)
    last = _last_told(levels, resolution)
    return Exposure(
        cmax=levels.max(axis=1),
        tmax=times[peaks],
        cmin=levels.min(axis=1),
        auc_last=running[:, -1],
        auc_inf=running[who, last] + levels[who, last] / rate,
        lambda_z=rate,
    )
