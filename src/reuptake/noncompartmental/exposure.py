"""Exposure read off simulated curves: all on one grid, every point known.

Arrays only, always in the order ``(subject, time)``; the caller keeps the units. Measured curves, each with
times of its own and points below the limit of quantification, are the matter of `reuptake.noncompartmental.measured`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.noncompartmental.areas import cumulative_area
from reuptake.noncompartmental.terminal import last_told, terminal_rate

__all__ = ["Exposure", "exposure"]

Array = NDArray[np.float64]


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
    last = last_told(levels, resolution)
    return Exposure(
        cmax=levels.max(axis=1),
        tmax=times[peaks],
        cmin=levels.min(axis=1),
        auc_last=running[:, -1],
        auc_inf=running[who, last] + levels[who, last] / rate,
        lambda_z=rate,
    )
