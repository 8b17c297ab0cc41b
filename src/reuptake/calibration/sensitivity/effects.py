"""What a method finds: numbers of each parameter on each output, on a scale where they can be compared.

Levels, areas, times and clearances are products of many positive numbers: their logarithm is what effects add up in,
and its variance is not that of a long tail. Pure numbers (occupancy, activity, shares) are taken as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.sensitivity.ranges import Factor
from reuptake.trajectories import RESOLUTION

__all__ = ["Effects", "Model", "Scale", "Swings", "left_out", "one_at_a_time"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
# Any function of parameters: values (row, parameter) in the unit of each to {output: (row,)}, NaN where untold.
Model = Callable[[Array], Mapping[str, Array]]


@dataclass(frozen=True)
class Scale:
    """Which outputs are taken by their logarithm, {output: whether}."""

    logarithmic: Mapping[str, bool]

    def of(self, name: str, values: Array) -> Array:
        """Values of one output as they are compared; NaN where a logarithm has none."""
        if not self.logarithmic.get(name, False):
            return values
        scaled: Array = np.log(values, out=np.full(values.shape, np.nan), where=values > 0.0)
        return scaled


@dataclass(frozen=True)
class Effects:
    """What a method found.

    Attributes
    ----------
    method : str
        ``local``, ``morris`` or ``sobol``.
    outputs : tuple of str (output,)
    columns : mapping of measure to array (output, parameter)
        The first says how much a parameter matters; NaN where untold.
    used : array (output,), int
    asked : int
        How many samples (trajectories of Morris, rows of Sobol, or one) could be used, of how many.
    """

    method: str
    outputs: tuple[str, ...]
    columns: Mapping[str, Array]
    used: NDArray[np.int64]
    asked: int

    def ranked(self, output: int) -> list[int]:
        """Places of the parameters, that which matters most first."""
        size = np.abs(next(iter(self.columns.values()))[output])
        order: list[int] = np.argsort(-np.where(np.isfinite(size), size, -1.0), kind="stable").tolist()
        return order


@dataclass(frozen=True)
class Swings:
    """Outputs with one parameter at an end of its range and all others as in use.

    Attributes
    ----------
    outputs : tuple of str (output,)
    centre : array (output,)
        With all as in use.
    low, high : array (output, parameter)
        With the parameter at the 5th and at the 95th per cent of its range; NaN where untold.
    """

    outputs: tuple[str, ...]
    centre: Array
    low: Array
    high: Array

    @property
    def idle(self) -> Flags:
        """Parameters (parameter,) that move no output by what the solver tells from nought."""
        floor = RESOLUTION * np.abs(self.centre)[:, None]
        moved = [~(np.abs(end - self.centre[:, None]) <= floor) for end in (self.low, self.high)]
        idle: Flags = ~np.any(moved[0] | moved[1], axis=0)
        return idle

    def of(self, chosen: Flags) -> Swings:
        """Those of some of the parameters."""
        return Swings(self.outputs, self.centre, self.low[:, chosen], self.high[:, chosen])

    def shares(self, scale: Scale) -> Array:
        """Square of each parameter's larger move over the sum of them, (output, parameter); NaN counts as none."""
        moves = np.empty_like(self.low)
        for i, name in enumerate(self.outputs):
            middle, low, high = (scale.of(name, part[i : i + 1].ravel()) for part in (self.centre, self.low, self.high))
            moves[i] = np.nan_to_num(np.maximum(np.abs(low - middle), np.abs(high - middle)))
        total = (moves**2).sum(axis=1, keepdims=True)
        shares: Array = np.divide(moves**2, total, out=np.zeros_like(moves), where=total > 0.0)
        return shares


def one_at_a_time(model: Model, factors: Sequence[Factor], outputs: Sequence[str]) -> Swings:
    """Every parameter at both ends of its range, one after the other."""
    usual = np.array([factor.number for factor in factors])
    rows = np.tile(usual, (1 + 2 * len(factors), 1))
    for j, factor in enumerate(factors):
        rows[1 + 2 * j, j], rows[2 + 2 * j, j] = factor.range.ends
    found = model(rows)
    values = np.array([found[name] for name in outputs])
    return Swings(tuple(outputs), values[:, 0], values[:, 1::2], values[:, 2::2])


def left_out(effects: Effects) -> list[str]:
    """What could not be used, output by output."""
    return [
        f"{name}: {effects.asked - used} of {effects.asked} samples could not be read and are left out"
        for name, used in zip(effects.outputs, effects.used.tolist(), strict=True)
        if used < effects.asked
    ]
