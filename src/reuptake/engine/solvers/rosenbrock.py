"""One step of a Rosenbrock method, and how long the next one may be.

    (I/(hγ) − J) kᵢ = f(y + Σⱼ aᵢⱼ kⱼ) + Σⱼ (cᵢⱼ/h) kⱼ        i = 1 … s
    y₁ = y + Σⱼ aₛⱼ kⱼ + kₛ,    error = kₛ
    y(θ) = (1−θ)·y + θ·(y₁ + (1−θ)·(d₁ + θ·(d₂ + θ·d₃))),    dᵢ = Σⱼ denseᵢⱼ kⱼ

The method is stiffly accurate, so that the last stage is the error of the embedded
formula. One LU decomposition serves all stages of a step.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgWarning, lu_factor, lu_solve

from reuptake.engine.kernel import AbstractSolver, Equations, Segment
from reuptake.engine.method import Tableau
from reuptake.trajectories import NOT_FINITE, SOLVED, STEP_LIMIT, STEP_TOO_SMALL

__all__ = ["Rosenbrock"]

Array = NDArray[np.float64]
SAFETY, SHORTEST, LONGEST = 0.9, 0.2, 6.0


class Rosenbrock(AbstractSolver):
    """Steps with error control; dense output puts the grid between the steps."""

    def __init__(self, tableau: Tableau) -> None:
        self.tableau = tableau

    def advance(
        self, equations: Equations, state: Array, start: float, end: float, grid: Array, *, relative: float,
        absolute: Array | float, first_step: float, most_steps: int,
    ) -> Segment:  # fmt: skip
        tableau, reported = self.tableau, np.empty((len(grid), len(state)))
        now, step, steps, filled = start, min(first_step, end - start), 0, 0
        while now < end:
            if steps >= most_steps:
                return Segment(reported, state, steps, STEP_LIMIT)
            last = now + step >= end - 1e-12 * max(abs(end), 1.0)
            step = end - now if last else step
            stages, error_ratio = self._step(equations, now, state, step, relative, absolute)
            if not np.isfinite(error_ratio):
                step /= 4.0
                if step < 1e-13 * max(abs(now), 1.0):
                    return Segment(reported, state, steps, NOT_FINITE)
                continue
            factor = min(LONGEST, max(SHORTEST, SAFETY * max(error_ratio, 1e-10) ** (-1.0 / tableau.order)))
            if error_ratio > 1.0:
                step *= min(factor, 1.0)
                if step < 1e-13 * max(abs(now), 1.0):
                    return Segment(reported, state, steps, STEP_TOO_SMALL)
                continue
            new = state + tableau.b @ stages
            upto = int(np.searchsorted(grid, end if last else now + step, side="right"))
            if upto > filled:
                theta = ((grid[filled:upto] - now) / step)[:, None]
                reported[filled:upto] = self._between(theta, state, new, stages)
                filled = upto
            state, now, steps = new, end if last else now + step, steps + 1
            step *= factor
        return Segment(reported, state, steps, SOLVED)

    def _step(
        self, equations: Equations, now: float, state: Array, step: float, relative: float, absolute: Array | float
    ) -> tuple[Array, float]:
        """Stages (stage, state) and the error in units of the tolerance."""
        tableau, size = self.tableau, len(state)
        matrix, drift = -equations.jacobian(now, state), equations.drift(now, state)
        assert tableau.gamma is not None
        assert tableau.c is not None
        matrix[np.diag_indices(size)] += 1.0 / (step * tableau.gamma)
        stages = np.zeros((len(tableau.a), size))
        if not np.all(np.isfinite(matrix)):
            return stages, np.inf
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LinAlgWarning)  # a singular matrix shows as a stage that is not finite
            factors = lu_factor(matrix, overwrite_a=True, check_finite=False)
        for i in range(len(stages)):
            at = now + tableau.nodes[i] * step
            right = equations.rates(at, state + tableau.a[i, :i] @ stages[:i]) + tableau.c[i, :i] @ stages[:i] / step
            right += tableau.drifts[i] * step * drift
            stages[i] = lu_solve(factors, right, check_finite=False)
        if not np.all(np.isfinite(stages)):
            return stages, np.inf
        new = state + tableau.b @ stages
        allowed = absolute + relative * np.maximum(np.abs(state), np.abs(new))
        return stages, float(np.sqrt(np.mean((stages[-1] / allowed) ** 2)))

    def _between(self, theta: Array, old: Array, new: Array, stages: Array) -> Array:
        d1, d2, d3 = self.tableau.dense @ stages
        result: Array = (1.0 - theta) * old + theta * (new + (1.0 - theta) * (d1 + theta * (d2 + theta * d3)))
        return result
