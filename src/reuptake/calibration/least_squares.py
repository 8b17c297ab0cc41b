"""Least squares from many starts: Levenberg-Marquardt steps inside bounds, with exact derivatives.

    cost(x) = ½·Σ rᵢ(x)²,    gradient = Jᵀr,    covariance = (JᵀJ)⁻¹, rows of data divided by √inflation

Residuals r and slopes J are those of the data and of what was known before. Steps are those of a trust region whose
shape follows the columns of J and the distances to the bounds (`scipy.optimize.least_squares`, method ``trf``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.gathering import TOGETHER, in_step
from reuptake.calibration.information import information
from reuptake.calibration.objective import AbstractObjective, Residuals, with_priors
from reuptake.calibration.parameters import Parameter, from_search, to_search
from reuptake.errors import InputError, Problem
from reuptake.population.chance import first_uniforms

__all__ = [
    "ITERATIONS", "Descent", "Fitted", "Progress", "at_bounds", "best_first", "bounds", "descend", "fit",
    "see_that_it_can_be_fitted", "starting_places",
]  # fmt: skip

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

# Falls of the cost are followed down to rounding: a fall by a part of 1e-12 still leaves 1e-6 of a standard error.
TOLERANCE = 1e-15
STEP = 1e-13  # a step by less than this part of x ends the search too, where rounding hides any fall
# At a bound is what is nearer to it than this part of the way from bound to bound, and than this part of the standard
# error if all others were known: a small number that is well known is not at a bound of nought.
AT_BOUND, OF_ERROR = 1e-6, 1e-3
ITERATIONS = 1000


@dataclass(frozen=True)
class Descent:
    """The way down from one start.

    Attributes
    ----------
    start, x : array (parameter,)
        Where it began and ended, on the search scale.
    costs : tuple of float
        After each iteration, with that of the start first; includes priors.
    outcome : str
        ``converged``, ``iteration limit``, ``at a bound`` or ``not finite``.
    """

    start: Array
    x: Array
    costs: tuple[float, ...]
    outcome: str


@dataclass(frozen=True)
class Fitted:
    """The best place found, and all that is needed to judge it.

    Attributes
    ----------
    parameters : tuple of Parameter (parameter,)
    x : array (parameter,)
        The best place, on the search scale.
    at : Residuals
        There, of the data and then of the priors; of a likelihood that is no sum of squares its scores, rows whose
        JᵀJ is the Fisher information (`reuptake.calibration.scoring`).
    labels : tuple of str (residual,)
    descents : tuple of Descent (start,)
        The best first.
    covariance : array (parameter, parameter)
        Of x: (JᵀJ)⁻¹ of data and priors, the rows of data (and of effects) divided by √`inflation`. Infinite (±∞)
        where a direction that nothing tells reaches, and on the diagonal of a parameter at a bound, where the cost is
        no parabola; that parameter still widens the others as if it were free.
    inflation : float
        By how much residuals are larger than their standard deviations say: max(1, Σr²/freedom) of the data and of
        the effects that nuisances stand for; 1 where `freedom` is not above nought.
    freedom : int
        Residuals of data less parameters that the data alone move: those without a prior, and of them only as many
        as there are directions that the data tell. Results that share a weight count as what they are worth.
    estimated : bool
        Whether the standard deviation of residuals was found from themselves.
    """

    parameters: tuple[Parameter, ...]
    x: Array
    at: Residuals
    labels: tuple[str, ...]
    descents: tuple[Descent, ...]
    covariance: Array
    inflation: float
    freedom: int
    estimated: bool = False

    @property
    def reach(self) -> float:
        """Standard errors to either end of a 95 % interval.

        Those of Student's t where the size of residuals was found from themselves, because that was asked for or
        because chance alone makes them so much larger than they are said to be in less than one case of twenty; else of
        the normal distribution.
        """
        from scipy.special import chdtri, ndtri, stdtrit  # heavy

        if self.freedom < 1:
            return float(ndtri(0.975))
        found = self.estimated or self.inflation > chdtri(self.freedom, 0.05) / self.freedom
        return float(stdtrit(self.freedom, 0.975) if found else ndtri(0.975))

    @property
    def cost(self) -> float:
        """The least cost, priors included."""
        return self.descents[0].costs[-1]

    @property
    def values(self) -> Array:
        """Values (parameter,) as a person reads them."""
        return from_search(self.parameters, self.x)

    @property
    def errors(self) -> Array:
        """Standard errors of x (parameter,); on a log scale near the coefficient of variation of the value."""
        return np.sqrt(np.diag(self.covariance))


def fit(
    objective: AbstractObjective,
    *,
    starts: int = 1,
    seed: int = 1,
    together: int = TOGETHER,
    progress: Progress | None = None,
) -> Fitted:
    """The best of the descents from several starts.

    Parameters
    ----------
    objective : AbstractObjective
        Data and model; called from as many threads as are asked for.
    starts : int
        The first is that of the parameters, further ones are a Latin hypercube between the bounds on the search
        scale, where nuisance parameters keep their start.
    seed : int
        Of the hypercube.
    together : int
        Descents side by side, in step (`reuptake.calibration.gathering`); the same bits for any number.
    progress : callable, optional
        Told how many descents are done, and of how many.

    Raises
    ------
    InputError
        If there is nothing to move, bounds or starts are impossible, a parameter without a prior moves no residual,
        or the model could be solved at no start; names every parameter.
    """
    see_that_it_can_be_fitted(objective.parameters, objective.residuals)
    places = starting_places(objective.parameters, max(1, starts), seed)
    descents: list[Descent] = []
    for descent in in_step(objective, [partial(descend, start=place) for place in places], together):
        descents.append(descent)
        if progress is not None:
            progress(len(descents), len(places))
    return _judged(objective, best_first(descents))


def descend(
    objective: AbstractObjective, start: Array, *, iterations: int = ITERATIONS, tolerance: float = TOLERANCE
) -> Descent:
    """The way down from one start (parameter,), on the search scale and within the bounds.

    Parameters
    ----------
    iterations : int
        The model is solved at most this many times.
    tolerance : float
        The search ends when the cost falls by less than this part of itself, or than the model resolves.
    """
    tolerance = max(tolerance, objective.resolution)
    watched = _Watched(objective)
    begin = np.clip(np.asarray(start, dtype=float), *bounds(objective.parameters))
    if not np.isfinite(watched.values(begin)).all():
        return Descent(begin, begin, (math.nan,), "not finite")
    if not objective.parameters:
        return Descent(begin, begin, (watched.latest.cost,), "converged")
    from scipy.optimize import least_squares  # heavy

    with np.errstate(all="ignore"):  # a step that is no number is a step refused
        found = least_squares(
            watched.values,
            begin,
            watched.slopes,
            bounds=bounds(objective.parameters),
            method="trf",
            x_scale="jac",
            ftol=tolerance,
            xtol=max(STEP, tolerance),
            gtol=None,  # an absolute slope says nothing before its scale is known
            max_nfev=max(1, iterations),
        )
    outcome = "iteration limit" if found.status == 0 else "converged"
    if outcome == "converged" and at_bounds(objective.parameters, found.x, found.jac).any():
        outcome = "at a bound"
    return Descent(begin, np.asarray(found.x), tuple(watched.costs), outcome)


def bounds(parameters: tuple[Parameter, ...]) -> tuple[Array, Array]:
    """Bounds (parameter,) below and above, on the search scale."""
    low = to_search(parameters, [one.low for one in parameters])
    return low, to_search(parameters, [one.high for one in parameters])


def at_bounds(parameters: tuple[Parameter, ...], x: Array, slopes: Array) -> NDArray[np.bool_]:
    """Which parameters (parameter,) are at a bound, at a place with these slopes (residual, parameter)."""
    low, high = bounds(parameters)
    room = np.minimum(x - low, high - x)
    near: NDArray[np.bool_] = (room <= AT_BOUND * (high - low)) & (room * np.linalg.norm(slopes, axis=0) <= OF_ERROR)
    return near


class _Watched:
    """An objective that is asked once for residuals and slopes, and the costs of the places that were kept."""

    def __init__(self, objective: AbstractObjective) -> None:
        self._objective = objective
        self._place: Array | None = None
        self.latest: Residuals
        self.costs: list[float] = []

    def values(self, x: Array) -> Array:
        return self._at(x).values

    def slopes(self, x: Array) -> Array:
        """Slopes; they are asked for where a step was kept, and only there."""
        self.costs.append(self._at(x).cost)
        return self._at(x).slopes

    def _at(self, x: Array) -> Residuals:
        if self._place is None or not np.array_equal(self._place, x):
            found = with_priors(self._objective, x)
            with np.errstate(over="ignore", invalid="ignore"):
                size = found.cost + float(np.vdot(found.slopes, found.slopes))  # what is finite may have no square
            if not math.isfinite(size):
                found = Residuals(np.full_like(found.values, np.nan), found.slopes)
            self._place, self.latest = x.copy(), found
        return self.latest


def _judged(objective: AbstractObjective, descents: tuple[Descent, ...]) -> Fitted:
    """The best descent with its covariance."""
    x = descents[0].x
    at, count = with_priors(objective, x), len(objective.labels)
    alone = [j for j, one in enumerate(objective.parameters) if one.prior is None]
    worth = objective.worth
    freedom = math.floor(float(worth.sum()) + 1e-9) - information(at.slopes[:count, alone]).rank
    # Effects of studies and people belong to the errors of the data; what is believed of a quantity does not.
    held = [not one.nuisance for one in objective.parameters if one.prior is not None]
    believed = np.array([False] * count + held, dtype=bool)
    counted = np.ones(len(at.values), dtype=bool)
    counted[:count] = worth > 0.0
    errors = at.values[~believed & counted]
    inflation = max(1.0, float(errors @ errors) / freedom) if freedom > 0 else 1.0
    covariance = information(at.slopes / np.where(believed, 1.0, math.sqrt(inflation))[:, None]).covariance
    stuck = at_bounds(objective.parameters, x, at.slopes)
    covariance[stuck, stuck] = np.inf
    return Fitted(objective.parameters, x, at, objective.labels, descents, covariance, inflation, freedom)


def best_first(descents: Sequence[Descent]) -> tuple[Descent, ...]:
    """Descents in order of their least cost, those that could not begin last.

    Raises
    ------
    InputError
        If none could.
    """
    # Ties keep their order.
    found = sorted(descents, key=lambda one: math.inf if one.outcome == "not finite" else one.costs[-1])
    if found[0].outcome == "not finite":
        raise InputError(
            Problem(
                f"the model could be solved at none of {len(found)} starts",
                hint="mend the start values, or ask for more starts",
            )
        )
    return tuple(found)


def starting_places(parameters: tuple[Parameter, ...], count: int, seed: int) -> list[Array]:
    """First the start of the parameters; then one place in each stratum of each parameter, strata in random order."""
    first = to_search(parameters, [one.start for one in parameters])
    others = range(1, count)
    low, high = bounds(parameters)
    order = first_uniforms(seed, others, "fit.stratum", len(parameters)).argsort(axis=0).argsort(axis=0)
    within = first_uniforms(seed, others, "fit.place", len(parameters))
    drawn = low + (high - low) * (order + within) / max(1, count - 1)  # (start, parameter)
    kept = np.array([one.nuisance for one in parameters])
    return [first, *np.where(kept, first, drawn)]


def see_that_it_can_be_fitted(parameters: tuple[Parameter, ...], rows: Callable[[Array], Residuals]) -> None:
    """Refuse what cannot be fitted, with everything that is wrong; `rows` are those of the data at a place."""
    if not parameters:
        raise InputError(Problem("there is nothing to fit", hint="name at least one parameter that may move"))
    problems = [problem for one in parameters for problem in _impossible(one)]
    if all(_has_place(one, one.start) for one in parameters):
        found = rows(to_search(parameters, [one.start for one in parameters]))
        problems += [
            Problem("changes none of the numbers to be explained", one.name, "leave it out, or give it a prior")
            for one, column in zip(parameters, found.slopes.T, strict=True)
            if one.prior is None and not column.any() and np.isfinite(found.values).all()
        ]
    if problems:
        raise InputError(problems)


def _impossible(one: Parameter) -> list[Problem]:
    """What is wrong with the bounds and the start of a parameter."""
    needs = {"log": "above 0", "logit": "between 0 and 1", "linear": "finite"}[one.scale]
    wrong = [
        Problem(f"{what} {value:g} has no place on a {one.scale} scale", one.name, f"give a number {needs}")
        for what, value in (("low", one.low), ("start", one.start), ("high", one.high))
        if not _has_place(one, value)
    ]
    if one.low >= one.high:
        wrong.append(Problem(f"low {one.low:g} is not below high {one.high:g}", one.name, "give low < start < high"))
    elif not one.low < one.start < one.high:
        said = f"start {one.start:g} is not inside the bounds {one.low:g} to {one.high:g}"
        wrong.append(Problem(said, one.name, "give low < start < high"))
    return wrong


def _has_place(one: Parameter, value: float) -> bool:
    """Whether a value can be put on the parameter's scale."""
    ends = {"log": (0.0, math.inf), "logit": (0.0, 1.0), "linear": (-math.inf, math.inf)}[one.scale]
    return ends[0] < value < ends[1]
