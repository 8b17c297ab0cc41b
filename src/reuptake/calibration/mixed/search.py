"""The least objective of a population: quasi-Newton steps with the exact gradient, then Newton's.

Where an ω shrinks, the objective flattens out towards ω = 0 and no step ever arrives there, and so it does for one of
several residual standard deviations: the one that costs least at nought is put there and held, as long as there is one
that costs next to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.mixed.individuals import AbstractIndividuals
from reuptake.calibration.mixed.marginal import Marginal, Population, marginal
from reuptake.errors import InputError, Problem

__all__ = ["Found", "search"]

Array = NDArray[np.float64]
STEP = 1e-3  # of the differences of gradients, in x, all of whose numbers are logarithms or nearly of that size
ENOUGH = 1e-9  # a gain of the objective that is not worth a step
SMALL, FREE = 0.1, 1e-2  # an ω below the one is put to nought if the objective rises by less than the other
ITERATIONS, POLISH = 300, 5


@dataclass(frozen=True)
class Found:
    """Where the search ended.

    Attributes
    ----------
    x : array (x,)
    at : Marginal
    hessian : array (free, free)
        Second derivatives of the objective there, of the numbers that are free.
    free : array (free,)
        Which numbers of x stand at no bound.
    decrement : float
        By how much the objective would still fall by a Newton step; infinite where there is no minimum.
    iterations : int
    """

    x: Array
    at: Marginal
    hessian: Array
    free: NDArray[np.intp]
    decrement: float
    iterations: int


def search(population: Population, individuals: AbstractIndividuals) -> Found:
    """The least objective from the start of a population.

    Raises
    ------
    InputError
        If the objective is not finite at the start; names the subjects.
    """
    bounds = np.array(_bounds(population))
    x, at = population.start(), _start(population, individuals)
    x, at, iterations = _descend(population, individuals, x, at, bounds)
    while (held := _costless(population, individuals, x, at, bounds)) is not None:
        bounds[held, 1] = bounds[held, 0]
        x = np.clip(x, bounds[:, 0], bounds[:, 1])
        x, at, more = _descend(population, individuals, x, marginal(population, individuals, x, at), bounds)
        iterations += more
    free = np.flatnonzero((x > bounds[:, 0] + 1e-9) & (x < bounds[:, 1] - 1e-9))
    hessian = _hessian(population, individuals, x, at, free)
    for _ in range(POLISH):
        step, fall = _newton(hessian, at.gradient[free])
        there = x.copy()
        there[free] = np.clip(x[free] + step, bounds[free, 0], bounds[free, 1])
        after = marginal(population, individuals, there, at)
        if not fall > ENOUGH or not after.value < at.value:
            break
        x, at = there, after
    return Found(x, at, hessian, free, _newton(hessian, at.gradient[free])[1], iterations)


def _bounds(population: Population) -> list[tuple[float, float]]:
    thetas = [(one.search(one.low), one.search(one.high)) for one in population.parameters]
    sds = [(np.log(sd) - 14.0, np.log(sd) + 14.0) for sd in population.error.sds]
    return [*thetas, *population.spread.bounds(), *sds]


def _start(population: Population, individuals: AbstractIndividuals) -> Marginal:
    """The objective at the start."""
    at = marginal(population, individuals, population.start())
    if np.isfinite(at.value):
        return at
    lost = [name for name, part in zip(individuals.subjects, at.parts, strict=True) if not np.isfinite(part)]
    hint = "a level of nought has no likelihood under a proportional or log-normal error; otherwise start elsewhere"
    raise InputError(
        [Problem("no finite likelihood at the first values", f"subject {name}", hint) for name in lost]
        or [Problem("no finite likelihood at the first values", "population", "start elsewhere")]
    )


def _descend(
    population: Population, individuals: AbstractIndividuals, x: Array, at: Marginal, bounds: Array
) -> tuple[Array, Marginal, int]:
    """Down by limited-memory BFGS; the best place so far tells where to seek the modes of the next."""
    from scipy.optimize import minimize

    best = [(x, at)]

    def objective(place: Array) -> tuple[float, Array]:
        here = marginal(population, individuals, place, best[0][1])
        if not np.isfinite(here.value):
            return abs(best[0][1].value) * 10.0 + 1e6, np.zeros(len(place))  # a wall that turns the search round
        if here.value < best[0][1].value:
            best[0] = (place.copy(), here)
        return here.value, here.gradient

    options = {"maxiter": ITERATIONS, "maxfun": 3 * ITERATIONS, "ftol": 1e-12, "gtol": 1e-5, "maxcor": 20}
    done = minimize(objective, x, jac=True, method="L-BFGS-B", bounds=bounds, options=options)
    return *best[0], int(done.nit)


def _costless(
    population: Population, individuals: AbstractIndividuals, x: Array, at: Marginal, bounds: Array
) -> int | None:
    """Which number of x that is not yet held costs least at nought; None where all cost something."""
    costs = {}
    for i in _shrinking(population, x):
        if bounds[i, 1] > bounds[i, 0]:
            there = x.copy()
            there[i] = bounds[i, 0]
            costs[i] = marginal(population, individuals, there, at).value - at.value
    cheapest = min(costs, key=costs.__getitem__, default=None)
    return cheapest if cheapest is not None and costs[cheapest] < FREE else None


def _shrinking(population: Population, x: Array) -> list[int]:
    """Numbers of x that may be on their way to nought: small ω, and residual standard deviations beside another."""
    first, count = len(population.parameters), len(population.spread.labels)
    numbers = np.array([low for low, _ in population.spread.bounds()])
    omegas = [first + i for i in population.spread.collapsed(numbers) if x[first + i] < np.log(SMALL)]
    residual = range(first + count, len(x))
    return [*omegas, *(residual if len(residual) > 1 else ())]


def _hessian(
    population: Population, individuals: AbstractIndividuals, x: Array, at: Marginal, free: NDArray[np.intp]
) -> Array:
    """Central differences of the gradient (free, free)."""
    rows = []
    for j in free:
        nudge = np.zeros(len(x))
        nudge[j] = STEP
        up, down = (marginal(population, individuals, place, at).gradient for place in (x + nudge, x - nudge))
        rows.append((up - down)[free] / (2.0 * STEP))
    hessian = np.array(rows).reshape(len(free), len(free))
    return (hessian + hessian.T) / 2.0


def _newton(hessian: Array, gradient: Array) -> tuple[Array, float]:
    """Newton's step and half of what it promises to gain; infinite where the Hessian is not positive definite."""
    if not np.all(np.isfinite(hessian)) or (len(hessian) and np.linalg.eigvalsh(hessian)[0] <= 0.0):
        return np.zeros(len(gradient)), np.inf
    step: Array = -np.linalg.solve(hessian, gradient).astype(np.float64)
    return step, float(-0.5 * gradient @ step)
