"""The life of one step, of an implicit method or of an explicit one.

    (I/(hγ) − J) kᵢ = f(t + αᵢh, y + Σⱼ aᵢⱼ kⱼ) + Σⱼ (cᵢⱼ/h) kⱼ + hγᵢ ∂f/∂t      implicit: Rosenbrock
                 kᵢ = h f(t + αᵢh, y + Σⱼ aᵢⱼ kⱼ)                                 explicit: Runge–Kutta
    y₁ = y + Σⱼ bⱼ kⱼ,    error = Σⱼ eⱼ kⱼ                                        i = 1 … s
    y(θ) = (1−θ)·y + θ·(y₁ + (1−θ)·(d₁ + θ·(d₂ + θ·d₃))),    dᵢ = Σⱼ denseᵢⱼ kⱼ

Which of the two it is, and every coefficient, the tableau says; how long the next step may be,
`reuptake.engine.control`. One LU decomposition serves all stages of an implicit step.
"""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgWarning, lu_factor, lu_solve

from reuptake.engine.control import RETRY, growth, resolution, shortest
from reuptake.engine.kernel import AbstractSolver, Equations, Segment
from reuptake.engine.method import Tableau
from reuptake.trajectories import NOT_FINITE, SOLVED, STEP_LIMIT, STEP_TOO_SMALL

__all__ = ["OneStep"]

Array = NDArray[np.float64]


class OneStep(AbstractSolver):
    """Steps with error control; dense output puts the grid between the steps."""

    def __init__(self, tableau: Tableau) -> None:
        self.tableau = tableau

    def advance(
        self, equations: Equations, state: Array, start: float, end: float, grid: Array, *, relative: float,
        absolute: Array | float, first_step: float, most_steps: int,
    ) -> Segment:  # fmt: skip
        tableau, reported = self.tableau, np.empty((len(grid), len(state)))
        now, step, steps, filled, learned = start, min(first_step, end - start), 0, 0, 0.0
        while now < end:
            if steps >= most_steps:
                return Segment(reported, state, steps, STEP_LIMIT, learned)
            last = now + step >= end - resolution(end)
            step = end - now if last else step
            stages = self.stages(equations, now, state, step)
            new = state + tableau.b @ stages
            error = self._error(state, new, stages, relative, absolute)
            factor = growth(error, tableau.order, int(steps == 0)) if np.isfinite(error) else RETRY
            if not error <= 1.0:
                step *= factor
                if step < shortest(now):
                    outcome = STEP_TOO_SMALL if np.isfinite(error) else NOT_FINITE
                    return Segment(reported, state, steps, outcome, learned)
                continue
            then = end if last else now + step
            upto = int(np.searchsorted(grid, then, side="right"))
            if upto > filled:
                theta = ((grid[filled:upto] - now) / step)[:, None]
                reported[filled:upto] = self.between(theta, state, new, stages)
                filled = upto
            step *= factor
            if steps == 0:
                learned = min(step, end - start)
            state, now, steps = new, then, steps + 1
        return Segment(reported, state, steps, SOLVED, learned)

    def stages(self, equations: Equations, now: float, state: Array, step: float) -> Array:
        """The kᵢ of one step, (stage, state); not finite where the step cannot be taken."""
        return (self._implicit if self.tableau.implicit else self._explicit)(equations, now, state, step)

    def _explicit(self, equations: Equations, now: float, state: Array, step: float) -> Array:
        tableau, stages = self.tableau, np.zeros((len(self.tableau.a), len(state)))
        for i, node in enumerate(tableau.nodes):
            stages[i] = step * equations.rates(now + node * step, state + tableau.a[i, :i] @ stages[:i])
        return stages

    def _implicit(self, equations: Equations, now: float, state: Array, step: float) -> Array:
        tableau, stages = self.tableau, np.zeros((len(self.tableau.a), len(state)))
        assert tableau.gamma is not None
        assert tableau.c is not None
        matrix, drift = -equations.jacobian(now, state), equations.drift(now, state)
        matrix[np.diag_indices(len(state))] += 1.0 / (step * tableau.gamma)
        if not np.all(np.isfinite(matrix)):
            return np.full_like(stages, np.nan)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LinAlgWarning)  # a singular matrix shows as a stage that is not finite
            factors = lu_factor(matrix, overwrite_a=True, check_finite=False)
        for i, (node, share) in enumerate(zip(tableau.nodes, tableau.drifts, strict=True)):
            right = equations.rates(now + node * step, state + tableau.a[i, :i] @ stages[:i])
            right += tableau.c[i, :i] @ stages[:i] / step + share * step * drift
            stages[i] = lu_solve(factors, right, check_finite=False)
        return stages

    def between(self, theta: Array, old: Array, new: Array, stages: Array) -> Array:
        """States inside a step at the shares `theta` of it, an array (time, 1)."""
        d1, d2, d3 = self.tableau.dense @ stages
        result: Array = (1.0 - theta) * old + theta * (new + (1.0 - theta) * (d1 + theta * (d2 + theta * d3)))
        return result

    def _error(self, old: Array, new: Array, stages: Array, relative: float, absolute: Array | float) -> float:
        """Error of a step in units of what is allowed; not finite where a stage is not."""
        if not np.all(np.isfinite(stages)):
            return float("inf")
        allowed = absolute + relative * np.maximum(np.abs(old), np.abs(new))
        return float(np.sqrt(np.mean((self.tableau.e @ stages / allowed) ** 2)))
