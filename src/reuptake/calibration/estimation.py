"""Where one person most likely stands among all, from a few levels: posterior mode and its neighbourhood.

    cost(z) = ½·Σ ((ln yᵢ − ln cᵢ(p(z)))/σ)² + ½·z'z
    C       = (JᵀJ + I)⁻¹,   J = (∂ln c/∂ln p)·(∂ln p/∂z)/σ at the mode        Laplace's approximation

Of the coordinates of z only those are moved that move the levels. The others keep their prior: to them the levels say
nothing, and together they make less than a hundredth of the variance of any level among people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.least_squares import descend
from reuptake.calibration.objective import AbstractObjective, Residuals, with_priors
from reuptake.calibration.parameters import Parameter, Prior
from reuptake.calibration.samples import Sample
from reuptake.calibration.variation import Variation
from reuptake.engine.ensemble import integrate
from reuptake.engine.kernel import Solution, Tolerances
from reuptake.errors import InputError, Problem, RunError
from reuptake.simulation.run import RELATIVE_TOLERANCE, Laboratory, Plan, Start

__all__ = ["Case", "Likeness", "Posterior", "Relevance", "posterior", "predicted", "relevance", "solved"]

Array = NDArray[np.float64]
LEFT_OUT = 0.01  # share of the variance of a level among people that coordinates which are not moved may make
NEARBY = 0.05  # of ln p: neighbours that show which parameters matter, before any tangent is compiled
NEAR_ENOUGH = 1e-9  # the search ends where the cost falls by less than this part: 1e-4 of a standard error
FARTHEST = 8.0  # standard deviations from the typical person
MOMENT = 1e-7  # h: a sample is read at the first time looked at that is no earlier than this before it


@dataclass(frozen=True)
class Case:
    """One person: what was given, who it is, what was measured.

    Attributes
    ----------
    plan : Plan
        Of the course that was taken, of one subject.
    variation : Variation
    samples : tuple of Sample (sample,)
    first : float, h
        When the first dose of the drug is given in this course.
    log_sd : float
        σ of the logarithm of a level.
    """

    plan: Plan
    variation: Variation
    samples: tuple[Sample, ...]
    first: float
    log_sd: float

    @property
    def grid(self) -> Array:
        """Start and times of the samples (time,), h."""
        return np.unique([0.0, *(self.first + one.time for one in self.samples)])


@dataclass(frozen=True)
class Relevance:
    """What moves the levels of the typical person.

    Attributes
    ----------
    coordinates : tuple of int (moved,)
        Of z, those that are moved.
    parameters : tuple of str (parameter,)
        Of the model, those through which they act.
    told_of : tuple of str
        Those of the parameters that by themselves make more than a hundredth of the variance of a level.
    levels : array (sample, coordinate)
        ∂ln c/∂z of every coordinate.
    """

    coordinates: tuple[int, ...]
    parameters: tuple[str, ...]
    told_of: tuple[str, ...]
    levels: Array


@dataclass(frozen=True)
class Posterior:
    """What is believed of a person after the levels: z of the coordinates moved ~ N(mode, covariance).

    Attributes
    ----------
    relevance : Relevance
    mode : array (coordinate,)
        Nought where not moved.
    covariance : array (moved, moved)
    fitted : array (sample,), ng/mL
        Levels at the mode.
    """

    relevance: Relevance
    mode: Array
    covariance: Array
    fitted: Array

    def drawn(self, prior: Array) -> Array:
        """People of the posterior (subject, coordinate) from as many people of the prior (subject, coordinate)."""
        moved = list(self.relevance.coordinates)
        people = prior.copy()
        people[:, moved] = self.mode[moved] + prior[:, moved] @ np.linalg.cholesky(self.covariance).T
        return people


def relevance(case: Case) -> Relevance:
    """Which coordinates move the levels, by the slopes at the typical person.

    Raises
    ------
    InputError
        If the model has no level where one was measured.
    """
    names, slopes = _screened(case)
    bodies = case.variation.slopes(np.zeros(case.variation.size), names)  # (parameter, coordinate)
    whole = slopes @ bodies
    moved = sorted({place for row in whole**2 for place in _most(row)})
    through = tuple(name for name, row in zip(names, bodies[:, moved], strict=True) if row.any())
    alone = slopes**2 * np.sum(bodies**2, axis=1)  # (sample, parameter), variance through each
    large = np.max(alone / np.sum(whole**2, axis=1)[:, None], axis=0) > LEFT_OUT
    told_of = tuple(name for name, is_large in zip(names, large, strict=True) if is_large and name in through)
    return Relevance(tuple(moved), through, told_of, whole)


def _screened(case: Case) -> tuple[tuple[str, ...], Array]:
    """Parameters that differ between people, and ∂ln c/∂ln p (sample, parameter), from neighbours in one batch."""
    names = case.variation.names
    typical = case.variation.people(np.zeros((1, case.variation.size)))
    size = 1 + 2 * len(names)
    people = {name: np.repeat(own, size) for name, own in typical.items()}
    for place, name in enumerate(names):
        people[name][1 + 2 * place] *= np.exp(NEARBY)
        people[name][2 + 2 * place] *= np.exp(-NEARBY)
    start = case.plan.start_of(np.arange(size), people)
    levels = _read(case, solved(case.plan, start, case.grid, RELATIVE_TOLERANCE).values)  # (neighbour, sample)
    absent = [one for one, level in zip(case.samples, levels.T, strict=True) if not (level > 0.0).all()]
    if absent:
        raise InputError(Problem(f"the model has no level of {one.label}", "--level", "leave it out") for one in absent)
    logs = np.log(levels)
    return names, ((logs[1::2] - logs[2::2]) / (2.0 * NEARBY)).T


def _most(shares: Array) -> list[int]:
    """Places of the largest of some variances (coordinate,), so that the others are a small part of the whole."""
    order = np.argsort(-shares, kind="stable")
    left = shares.sum() - np.cumsum(shares[order])
    needed = int(np.searchsorted(-left, -LEFT_OUT * shares.sum())) + 1
    return [int(place) for place in order[:needed]]


class Likeness(AbstractObjective):
    """How far the levels of the person at z lie from those measured, in units of σ."""

    def __init__(self, case: Case, found: Relevance) -> None:
        self.case, self.relevance = case, found
        self.labels = tuple(one.label for one in case.samples)
        self.parameters = tuple(
            Parameter(f"z{place}", 0.0, -FARTHEST, FARTHEST, scale="linear", prior=Prior(0.0, 1.0))
            for place in found.coordinates
        )
        self._observed = np.log([one.level for one in case.samples])

    def whole(self, x: Array) -> Array:
        """All coordinates of the person at x (moved,)."""
        z = np.zeros(self.case.variation.size)
        z[list(self.relevance.coordinates)] = x
        return z

    def residuals(self, x: Array) -> Residuals:
        case, z = self.case, self.whole(x)
        levels, slopes = _sloped(case, z, self.relevance.parameters)
        if not (levels > 0.0).all():
            return Residuals(np.full(len(levels), np.nan), np.full((len(levels), len(x)), np.nan))
        bodies = case.variation.slopes(z, self.relevance.parameters, self.relevance.coordinates)
        return Residuals((np.log(levels) - self._observed) / case.log_sd, slopes @ bodies / case.log_sd)


def posterior(case: Case, found: Relevance) -> Posterior:
    """The mode and what surrounds it.

    Raises
    ------
    RunError
        If the mode lies where nobody stands, or cannot be simulated.
    """
    likeness = Likeness(case, found)
    best = descend(likeness, np.zeros(len(likeness.parameters)), tolerance=NEAR_ENOUGH)
    if best.outcome != "converged":
        raise RunError(
            f"no person within {FARTHEST:g} standard deviations of the typical one has such levels ({best.outcome}); "
            "check doses, times of sampling and units"
        )
    at = with_priors(likeness, best.x)
    fitted = np.exp(at.values[: len(case.samples)] * case.log_sd) * [one.level for one in case.samples]
    covariance = np.asarray(np.linalg.inv(at.slopes.T @ at.slopes), dtype=np.float64)
    return Posterior(found, likeness.whole(best.x), covariance, fitted)


def predicted(samples: Sequence[Sample], first: float, grid: Array, laboratory: Laboratory, values: Array) -> Array:
    """Levels (…, sample) where samples were taken, read off values (…, time, output); ng/mL."""
    names = [entry.name for entry in laboratory.kernel.system.outputs]
    read = [
        sum(
            values[..., np.searchsorted(grid, first + one.time - MOMENT), names.index(f"plasma.{name}")]
            for name in one.analytes
        )
        for one in samples
    ]
    return np.stack([np.asarray(level) for level in read], axis=-1)


def solved(made: Plan, start: Start, grid: Array, relative: float, names: Sequence[str] = ()) -> Solution:
    """Curves of subjects, with slopes if parameters are named."""
    tolerances = Tolerances(relative, start.smallest * (relative / RELATIVE_TOLERANCE))
    return integrate(
        made.laboratory.kernel, start.batch, grid, tolerances, threads=made.request.threads, sensitivities=names
    )  # fmt: skip


def _read(case: Case, values: Array) -> Array:
    return predicted(case.samples, case.first, case.grid, case.plan.laboratory, values)


def _sloped(case: Case, z: Array, names: Sequence[str]) -> tuple[Array, Array]:
    """Levels (sample,) of the person at z, and ∂ln c/∂ln p (sample, parameter)."""
    start = case.plan.start_of(np.zeros(1, dtype=np.int64), case.variation.people(z[None]))
    solution = solved(case.plan, start, case.grid, RELATIVE_TOLERANCE, names)
    levels = _read(case, solution.values[0])
    if solution.sensitivities is None or not (levels > 0.0).all():
        return levels, np.full((len(levels), len(names)), np.nan)
    sizes = start.batch.parameters[0, [case.plan.laboratory.table.names.index(name) for name in names]]
    slopes = _read(case, np.moveaxis(solution.sensitivities[0] * sizes, -1, 0))  # (parameter, sample)
    return levels, slopes.T / levels[:, None]
