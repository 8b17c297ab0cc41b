"""A population estimate from its model to its table: typical values, how people differ, and how well both are told.

    R = ½·∂²OFV/∂x²,  S = Σᵢ sᵢsᵢᵀ with sᵢ = ½·∂OFVᵢ/∂x,   Cov x = R⁻¹,  or robust R⁻¹·S·R⁻¹

R⁻¹ is right where the model is; the sandwich also where the scatter is of another shape. Shrinkage is how much less
the modes differ than people do, 1 − sd(η̂)/ω, and how much less residuals scatter than they should, 1 − sd(residual
in standard deviations): a large one says that the data of a subject hardly tell that subject's η.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.mixed.individuals import AbstractIndividuals
from reuptake.calibration.mixed.individuals import faults as faults_of_individuals
from reuptake.calibration.mixed.marginal import Population
from reuptake.calibration.mixed.residual import faults as faults_of_error
from reuptake.calibration.mixed.search import Found, search
from reuptake.errors import InputError, Problem, nearest

__all__ = ["Estimated", "PopulationEstimate", "Subject", "estimate"]

Array = NDArray[np.float64]
CONVERGED, MODE_FOUND = 1e-4, 1e-3  # in OFV; in conditional standard deviations
FLAT = 0.1  # share of the curvature that the population alone gives


@dataclass(frozen=True)
class Estimated:
    """One number of the table, with its standard errors: of R⁻¹ and of the sandwich, None where it cannot have one."""

    name: str
    number: float
    unit: str
    error: float | None
    robust_error: float | None

    @property
    def relative_error(self) -> float | None:
        """Standard error over the number."""
        return None if self.error is None or self.number == 0.0 else self.error / abs(self.number)


@dataclass(frozen=True)
class Subject:
    """One subject.

    Attributes
    ----------
    name : str
    eta, conditional_sd : array (eta,)
        The likeliest η, and the standard deviation of what else it may be.
    parameters : array (parameter,)
        Individual parameters φ there.
    predicted, weighted : array (observation,)
        What these predict, and residuals in standard deviations.
    part : float
        What the subject adds to the objective.
    """

    name: str
    eta: Array
    conditional_sd: Array
    parameters: Array
    predicted: Array
    weighted: Array
    part: float


@dataclass(frozen=True)
class PopulationEstimate:
    """What a population came to.

    Attributes
    ----------
    population : Population
    objective : float
        NONMEM's objective function value (OFV): −2·ln L without the constant n·ln 2π; with what was known before.
    observations : int
    estimates : tuple of Estimated
        Typical values θ, then ω (standard deviations of η) and their correlations, then residual standard deviations.
    omega : array (eta, eta)
    eta_shrinkage : tuple of (name, share) (eta,)
        Near 1 where a subject's data hardly tell it; for a collapsed ω it says nothing.
    residual_shrinkage : float
    subjects : tuple of Subject (subject,)
    x, gradient : array (x,)
        Where the search ended, and the slope that is left there.
    covariance, robust_covariance : array (x, x)
        Of x; NaN for numbers that stand at a bound, and throughout where there is no minimum.
    outcome : str
        ``converged``, ``not converged`` or ``no minimum``.
    iterations : int
    notes : tuple of str
    """

    population: Population
    objective: float
    observations: int
    estimates: tuple[Estimated, ...]
    omega: Array
    eta_shrinkage: tuple[tuple[str, float], ...]
    residual_shrinkage: float
    subjects: tuple[Subject, ...]
    x: Array
    gradient: Array
    covariance: Array
    robust_covariance: Array
    outcome: str
    iterations: int
    notes: tuple[str, ...]

    @property
    def minus_two_log_likelihood(self) -> float:
        """−2·ln L with its constant."""
        return self.objective + self.observations * math.log(2.0 * math.pi)

    def __getitem__(self, name: str) -> Estimated:
        """One number of the table, by name; KeyError where there is none."""
        return {one.name: one for one in self.estimates}[name]


def estimate(population: Population, individuals: AbstractIndividuals) -> PopulationEstimate:
    """Fit a population to its subjects.

    Raises
    ------
    InputError
        If model and subjects do not fit one another, or have no finite likelihood at the start; all that is wrong.
    """
    if problems := _faults(population, individuals):
        raise InputError(problems)
    found = search(population, individuals)
    covariance, robust = _covariances(found)
    typical, numbers, _ = population.parts(found.x)
    omega = population.spread.omega(numbers)[0]
    sds = np.sqrt(np.diag(omega))
    names, weighted = population.spread.names, np.concatenate(found.at.weighted)
    shrinkage = 1.0 - np.std(found.at.etas, axis=0, ddof=1) / sds
    return PopulationEstimate(
        population=population,
        objective=found.at.value,
        observations=len(weighted),
        estimates=_table(population, found.x, covariance, robust),
        omega=omega,
        eta_shrinkage=tuple((name, float(share)) for name, share in zip(names, shrinkage, strict=True)),
        residual_shrinkage=float(1.0 - np.std(weighted)),
        subjects=_subjects(population, individuals, found, typical),
        x=found.x,
        gradient=found.at.gradient,
        covariance=covariance,
        robust_covariance=robust,
        outcome=_outcome(found),
        iterations=found.iterations,
        notes=tuple(_notes(population, individuals, found)),
    )


def _faults(population: Population, individuals: AbstractIndividuals) -> list[Problem]:
    """Everything that is wrong with a population and its subjects."""
    problems = faults_of_individuals(individuals)
    known, named = individuals.parameters, tuple(one.name for one in population.parameters)
    problems += [
        Problem("the model has no such parameter", name, nearest(name, known)) for name in named if name not in known
    ]
    problems += [Problem("has no typical value", name, "give a first one") for name in known if name not in named]
    if sorted(named) == sorted(known) and named != known:
        problems.append(Problem(f"the model reads {', '.join(known)} in this order", "parameters"))
    for one in population.parameters:
        if one.scale != "log":
            problems.append(Problem(f"a typical value is searched on the log scale, not {one.scale}", one.name))
        if not (0.0 < one.low < one.start < one.high < math.inf):
            bounds = f"{one.low:g} < {one.start:g} < {one.high:g}"
            problems.append(Problem(f"first value and bounds are to rise above nought, not {bounds}", one.name))
    problems += population.spread.faults(named)
    return problems + faults_of_error(population.error, individuals.subjects, individuals.observed)


def _covariances(found: Found) -> tuple[Array, Array]:
    """R⁻¹ and R⁻¹·S·R⁻¹ (x, x)."""
    size = len(found.x)
    plain, robust = np.full((size, size), np.nan), np.full((size, size), np.nan)
    if np.isfinite(found.decrement):
        inverse = np.linalg.inv(found.hessian / 2.0)
        scores = found.at.scores[:, found.free] / 2.0
        place = np.ix_(found.free, found.free)
        plain[place], robust[place] = inverse, inverse @ (scores.T @ scores) @ inverse
    return plain, robust


def _table(population: Population, x: Array, covariance: Array, robust: Array) -> tuple[Estimated, ...]:
    """Numbers that a person reads, with errors by how they turn with x."""

    def read(place: Array) -> Array:
        typical, numbers, sds = population.parts(place)
        return np.concatenate([np.exp(typical), population.spread.report(numbers), sds])

    turn = _jacobian(read, x)
    units = [one.unit for one in population.parameters] + [""] * (len(x) - len(population.parameters))
    rows = zip(population.labels, read(x), units, _errors(turn, covariance), _errors(turn, robust), strict=True)
    return tuple(Estimated(name, float(number), unit, error, other) for name, number, unit, error, other in rows)


def _jacobian(read: Callable[[Array], Array], x: Array) -> Array:
    """Central differences of what is read (number, x): plain algebra, so that a small step errs by rounding alone."""
    step = 1e-6 * np.eye(len(x))
    return np.stack([(read(x + row) - read(x - row)) / 2e-6 for row in step], axis=1)


def _errors(turn: Array, covariance: Array) -> list[float | None]:
    """Standard errors (number,): None where a number turns with one that is not known."""
    known = np.isfinite(np.diag(covariance))
    errors: list[float | None] = []
    for row in turn:
        variance = row[known] @ covariance[np.ix_(known, known)] @ row[known]
        unknown = bool(np.any(np.abs(row[~known]) > 1e-6)) or not np.any(np.abs(row[known]) > 0.0)
        errors.append(None if unknown or variance < 0.0 else math.sqrt(variance))
    return errors


def _subjects(
    population: Population, individuals: AbstractIndividuals, found: Found, typical: Array
) -> tuple[Subject, ...]:
    places = population.setting(individuals, found.x).log_parameters(found.at.etas)
    at, sds = found.at, np.sqrt(np.diagonal(found.at.covariances, axis1=1, axis2=2))
    return tuple(
        Subject(name, at.etas[i], sds[i], np.exp(places[i]), at.values[i], at.weighted[i], float(at.parts[i]))
        for i, name in enumerate(individuals.subjects)
    )


def _outcome(found: Found) -> str:
    if not np.isfinite(found.decrement):
        return "no minimum"
    return "converged" if found.decrement < CONVERGED else "not converged"


def _notes(population: Population, individuals: AbstractIndividuals, found: Found) -> list[str]:
    """What a reader must know."""
    first, count = len(population.parameters), len(population.spread.labels)
    collapsed = population.spread.collapsed(found.x[first : first + count])
    notes = [f"{population.spread.collapse(i)}; its value is not known" for i in collapsed]
    held = set(range(len(found.x))) - set(found.free.tolist()) - {first + i for i in collapsed}
    notes += [f"{population.labels[i]} ended at a bound of its search" for i in sorted(held)]
    lost = [name for name, wanted in zip(individuals.subjects, found.at.wanted, strict=True) if wanted > MODE_FOUND]
    if lost:
        notes.append("no sharp mode of η was found for subjects " + ", ".join(lost))
    if flat := _flat(population, individuals, found):
        notes.append(
            "η is hardly held by anything for subjects " + ", ".join(flat)
            + ", whose likelihood is then badly approximated, and by Laplace's method overstated"
        )  # fmt: skip
    if any(one.prior is not None for one in population.parameters):
        notes.append("the objective includes what was known before of the typical values")
    return notes


def _flat(population: Population, individuals: AbstractIndividuals, found: Found) -> list[str]:
    """Subjects whose ½·l is in some direction far less curved at the mode than the population alone would have it."""
    _, numbers, _ = population.parts(found.x)
    factor = np.linalg.cholesky(population.spread.omega(numbers)[0])
    least = np.linalg.eigvalsh(np.eye(len(factor)) + factor.T @ found.at.curvature @ factor)[:, 0]
    return [name for name, value in zip(individuals.subjects, least, strict=True) if value < FLAT]
