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
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgWarning, lu_factor, lu_solve

from reuptake.engine.control import HALVINGS, RETRY, TOGETHER, growth, resolution, shortest
from reuptake.engine.kernel import AbstractSolver, Equations, Flags, Segment
from reuptake.engine.method import Tableau
from reuptake.trajectories import NOT_FINITE, SOLVED, STEP_LIMIT, STEP_TOO_SMALL

__all__ = ["OneStep"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Step:
    """From one state to the next, with all that lies between."""

    start: float
    length: float
    end: float
    old: Array
    new: Array
    stages: Array


class OneStep(AbstractSolver):
    """Steps with error control; dense output puts the grid between the steps."""

    def __init__(self, tableau: Tableau) -> None:
        self.tableau = tableau

    def advance(
        self, equations: Equations, state: Array, start: float, end: float, grid: Array, *, relative: float,
        absolute: Array | float, first_step: float, most_steps: int, armed: Flags | None = None,
    ) -> Segment:  # fmt: skip
        armed = np.zeros(0, dtype=bool) if armed is None else armed
        fired = np.zeros_like(armed)
        now, length, steps, learned, outcome = start, min(first_step, end - start), 0, 0.0, SOLVED
        reported = [np.empty((0, len(state)))]
        while now < end and not fired.any():
            if steps >= most_steps:
                outcome = STEP_LIMIT
                break
            step = self._step(equations, now, state, length, end)
            error = self._error(step, relative, absolute)
            factor = growth(error, self.tableau.order, int(steps == 0)) if np.isfinite(error) else RETRY
            length = step.length * factor
            if not error <= 1.0:
                if length < shortest(now):
                    outcome = STEP_TOO_SMALL if np.isfinite(error) else NOT_FINITE
                    break
                continue
            if steps == 0:
                learned = min(length, end - start)
            if len(armed):
                whole, (step, armed, fired) = step, self._watch(equations, step, armed)
                if step.length < whole.length:
                    length = max(whole.length - step.length, shortest(now))  # what a step was good for already
            reported.append(self._report(step, grid))
            state, now, steps = step.new, step.end, steps + 1
        return Segment(np.concatenate(reported), state, now, steps, outcome, learned, armed, fired)

    def _step(self, equations: Equations, now: float, state: Array, length: float, end: float) -> Step:
        """A step of some length, or just to the end if that is no further."""
        last = now + length >= end - resolution(end)
        length = end - now if last else length
        stages = self.stages(equations, now, state, length)
        return Step(now, length, end if last else now + length, state, state + self.tableau.b @ stages, stages)

    def _watch(self, equations: Equations, step: Step, armed: Flags) -> tuple[Step, Flags, Flags]:
        """The step up to where the first trigger fires, which triggers are armed at its end, and which fire."""
        crossings = equations.crossings(step.end, step.new)
        due = armed & (crossings > 0.0)
        if due.any():
            shares = np.array([self._share(equations, step, i) if due[i] else np.inf for i in range(len(due))])
            due &= shares <= shares.min() * (1.0 + TOGETHER)
            share = float(shares[due].max())
            if share < 1.0:
                step = self._step(equations, step.start, step.old, share * step.length, step.end)
                crossings = equations.crossings(step.end, step.new)
            # A step that cannot be made any shorter fires whatever was found in it.
            rising = armed & (crossings > 0.0)
            due = due | rising if rising.any() or step.length <= shortest(step.start) else rising
        return step, (armed | (crossings <= 0.0)) & ~due, due

    def _share(self, equations: Equations, step: Step, trigger: int) -> float:
        """How much of the step is over when a crossing has just risen above nought, by halving."""
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            middle = 0.5 * (low + high)
            state = self.between(np.array(middle), step.old, step.new, step.stages)
            if equations.crossings(step.start + middle * step.length, state)[trigger] > 0.0:
                high = middle
            else:
                low = middle
        return high

    def _report(self, step: Step, grid: Array) -> Array:
        """States at the grid times within a step (start, end], (time, state)."""
        inside = grid[np.searchsorted(grid, step.start, side="right") : np.searchsorted(grid, step.end, side="right")]
        theta = ((inside - step.start) / step.length)[:, None]
        return self.between(theta, step.old, step.new, step.stages)

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
        """States inside a step at the shares `theta` of it, an array (time, 1) or a single number."""
        d1, d2, d3 = self.tableau.dense @ stages
        result: Array = (1.0 - theta) * old + theta * (new + (1.0 - theta) * (d1 + theta * (d2 + theta * d3)))
        return result

    def _error(self, step: Step, relative: float, absolute: Array | float) -> float:
        """Error of a step in units of what is allowed; not finite where a stage is not."""
        if not np.all(np.isfinite(step.stages)):
            return float("inf")
        allowed = absolute + relative * np.maximum(np.abs(step.old), np.abs(step.new))
        return float(np.sqrt(np.mean((self.tableau.e @ step.stages / allowed) ** 2)))
