"""The likeliest place from many starts, where what is made small is no sum of squares: Fisher scoring inside bounds.

    cost(x) = −ln p(data | x) + ½·Σ ((xⱼ − mⱼ)/sⱼ)²
    step:  min over δ of ½|J·δ + r|² + ½λ|D·δ|²,   low ≤ x + δ ≤ high

Rows r and J have Jᵀr for the gradient and JᵀJ for the Fisher information, so the step is Levenberg and Marquardt's, and
Gauss and Newton's where noise is given; D holds the lengths of the columns of J. A step that does not lead down is
refused and damped more (λ).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.information import information
from reuptake.calibration.least_squares import (
    ITERATIONS,
    Descent,
    Fitted,
    Progress,
    at_bounds,
    best_first,
    bounds,
    see_that_it_can_be_fitted,
    starting_places,
)
from reuptake.calibration.objective import Residuals, joined_with_priors
from reuptake.calibration.parameters import Parameter

__all__ = ["AbstractScored", "Scores", "descend", "fit"]

Array = NDArray[np.float64]
FIRST, LESS, MORE = 1e-2, 0.1, 5.0  # damping at the start, after a step down, after a step refused
STIFF = 1e12  # damping that no step is looked for beyond
FALL = 1e-10  # of the cost, promised by a step: 1e-5 of a standard error
NEAR = 1e-4  # the same of a step without damping: where a descent ends with less, rounding hides the rest


@dataclass(frozen=True)
class Scores:
    """What a likelihood is at one place, and near it.

    Attributes
    ----------
    value : float
        −ln of the probability density of all data; NaN where the model could not be solved.
    at : Residuals
        Rows with Jᵀr its gradient and JᵀJ the Fisher information.
    bound : Residuals
        Rows of the same gradient and a curvature that makes good steps, where that of the information does not.
    """

    value: float
    at: Residuals
    bound: Residuals


class AbstractScored(ABC):
    """Data and a model, as a likelihood of a place on the search scale; priors are no part of it."""

    parameters: tuple[Parameter, ...]
    labels: tuple[str, ...]  # of the rows, (row,)
    size: int  # how many numbers were measured

    @abstractmethod
    def scores(self, x: Array) -> Scores:
        """The likelihood at x (parameter,)."""


def fit(likelihood: AbstractScored, *, starts: int = 1, seed: int = 1, progress: Progress | None = None) -> Fitted:
    """The best of the descents from several starts, which are those of `reuptake.calibration.least_squares.fit`.

    Returns
    -------
    Fitted
        Its residuals are the rows at the best place, its covariance the inverse of the Fisher information of data and
        priors; noise is part of the likelihood, so nothing is inflated.

    Raises
    ------
    InputError
        As of least squares.
    """
    see_that_it_can_be_fitted(likelihood.parameters, lambda x: likelihood.scores(x).at)
    places = starting_places(likelihood.parameters, max(1, starts), seed)
    descents = []
    for place in places:
        descents.append(descend(likelihood, place))
        if progress is not None:
            progress(len(descents), len(places))
    return _judged(likelihood, best_first(descents))


def descend(likelihood: AbstractScored, start: Array, *, iterations: int = ITERATIONS) -> Descent:
    """The way down from one start (parameter,), on the search scale and within the bounds.

    Parameters
    ----------
    iterations : int
        The model is solved at most this many times.
    """
    low, high = bounds(likelihood.parameters)
    begin = x = np.clip(np.asarray(start, dtype=float), low, high)
    here = _with_priors(likelihood, x)
    if not _finite(here):
        return Descent(begin, begin, (math.nan,), "not finite")
    costs, damping = [here.value], FIRST
    for _ in range(iterations - 1):
        step, promised = _step(here.bound, damping, low - x, high - x)
        if promised < FALL or damping > STIFF:
            break
        there = _with_priors(likelihood, np.clip(x + step, low, high))
        if _finite(there) and there.value < here.value:
            x, here, damping = np.clip(x + step, low, high), there, damping * LESS
            costs.append(here.value)
        else:
            damping *= MORE
    outcome = "converged" if _step(here.bound, 0.0, low - x, high - x)[1] < NEAR else "iteration limit"
    if outcome == "converged" and at_bounds(likelihood.parameters, x, here.at.slopes).any():
        outcome = "at a bound"
    return Descent(begin, x, tuple(costs), outcome)


def _step(rows: Residuals, damping: float, low: Array, high: Array) -> tuple[Array, float]:
    """The step between two corners (parameter,), and by how much the cost is to fall."""
    from scipy.optimize import lsq_linear  # heavy

    lengths = np.linalg.norm(rows.slopes, axis=0)
    held = math.sqrt(damping) * np.diag(np.where(lengths > 0.0, lengths, 1.0))
    with np.errstate(all="ignore"):
        found = lsq_linear(
            np.vstack([rows.slopes, held]), np.concatenate([-rows.values, np.zeros(len(lengths))]), (low, high),
            method="bvls",
        )  # fmt: skip
    step: Array = np.asarray(found.x)
    along = rows.slopes @ step
    return step, -float(rows.values @ along + 0.5 * along @ along)


def _with_priors(likelihood: AbstractScored, x: Array) -> Scores:
    found = likelihood.scores(x)
    at, bound = (joined_with_priors(likelihood.parameters, rows, x) for rows in (found.at, found.bound))
    departures = at.values[len(found.at.values) :]
    return Scores(found.value + 0.5 * float(departures @ departures), at, bound)


def _finite(found: Scores) -> bool:
    """Whether a value and its rows are numbers."""
    return math.isfinite(found.value) and all(np.isfinite(part).all() for part in (found.at.slopes, found.bound.values))


def _judged(likelihood: AbstractScored, descents: Sequence[Descent]) -> Fitted:
    """The best descent with its covariance."""
    x, parameters = descents[0].x, likelihood.parameters
    at, count = _with_priors(likelihood, x).at, len(likelihood.labels)
    alone = [j for j, one in enumerate(parameters) if one.prior is None]
    freedom = likelihood.size - information(at.slopes[:count, alone]).rank
    covariance = information(at.slopes).covariance
    stuck = at_bounds(parameters, x, at.slopes)
    covariance[stuck, stuck] = np.inf
    return Fitted(parameters, x, at, likelihood.labels, tuple(descents), covariance, 1.0, freedom)
