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
    falling = (second < first) & (second > 0.0)
    drop = np.log(np.where(falling, first, 1.0)) - np.log(np.where(falling, second, 1.0))
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
    rates = np.full(len(levels), np.nan)
    for subject, curve in enumerate(levels):
        peak, last = int(np.argmax(curve)), _last_told(curve, resolution)
        start = peak + 1
        if last - start + 1 < FEWEST_TERMINAL_POINTS or np.any(curve[start : last + 1] <= 0.0):
            continue
        x, y = times[start : last + 1][::-1], np.log(curve[start : last + 1][::-1])
        # Centred on the last point, so that the running sums lose no digits.
        x, y = x - x[0], y - y[0]
        n = np.arange(1.0, len(x) + 1.0)
        sx, sy, sxx, sxy, syy = (np.cumsum(term) for term in (x, y, x * x, x * y, y * y))
        k = slice(FEWEST_TERMINAL_POINTS - 1, None)
        n, sx, sy, sxx, sxy, syy = (term[k] for term in (n, sx, sy, sxx, sxy, syy))
        var_x, var_y, cov = sxx - sx * sx / n, syy - sy * sy / n, sxy - sx * sy / n
        flat = (var_x <= 0.0) | (var_y <= 0.0)
        r2 = np.where(flat, 0.0, cov**2 / np.where(flat, 1.0, var_x * var_y))
        adjusted = 1.0 - (1.0 - r2) * (n - 1.0) / (n - 2.0)
        best = int(np.flatnonzero(adjusted >= adjusted.max() - 1e-4)[-1])
        slope = cov[best] / var_x[best] if var_x[best] > 0.0 else 0.0
        if slope < 0.0:
            rates[subject] = -slope
    return rates


def _last_told(curve: Array, resolution: float) -> int:
    """Index of the last point before the curve first sinks below its resolution, after the peak."""
    peak = int(np.argmax(curve))
    sunk = np.flatnonzero(curve[peak:] <= resolution * curve[peak])
    return peak + int(sunk[0]) - 1 if len(sunk) else len(curve) - 1


def exposure(times: Array, levels: Array, resolution: float = 0.0) -> Exposure:
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
    """
    peaks, who = np.argmax(levels, axis=1), np.arange(len(levels))
    running = cumulative_area(times, levels)
    rate = terminal_rate(times, levels, resolution)
    last = np.array([_last_told(curve, resolution) for curve in levels], dtype=np.intp)
    return Exposure(
        cmax=levels.max(axis=1),
        tmax=times[peaks],
        cmin=levels.min(axis=1),
        auc_last=running[:, -1],
        auc_inf=running[who, last] + levels[who, last] / rate,
        lambda_z=rate,
    )
