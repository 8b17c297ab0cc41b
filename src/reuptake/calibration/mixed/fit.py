"""A population estimate on the full model, from its file to its result.

    cv = √(exp ω² − 1)

Intervals are those of standard errors on the logarithmic scale, of correlations on Fisher's, artanh r.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.fit import HARDLY, followed
from reuptake.calibration.measured import Person
from reuptake.calibration.mixed.dosed import Dosed
from reuptake.calibration.mixed.estimate import Estimated, PopulationEstimate, estimate
from reuptake.calibration.mixed.residual import Additive, Combined
from reuptake.calibration.mixed.specified import population_of
from reuptake.calibration.results import Value
from reuptake.calibration.specification import read_specification
from reuptake.calibration.task import Task
from reuptake.errors import InputError, Problem
from reuptake.evidence.base import Evidence, packaged
from reuptake.evidence.records import SPECIES
from reuptake.simulation.request import processors

__all__ = ["Kind", "Level", "PopulationFit", "PopulationValue", "fit_population"]

LIMIT = 1.96  # standard errors to either end of a 95 % interval

Array = NDArray[np.float64]
Kind = Literal["typical", "between", "correlation", "residual"]
CV = "between_subject_cv"
OMEGA, SIGMA, CORRELATION = "omega ", "sigma ", "correlation "


@dataclass(frozen=True)
class PopulationValue:
    """One number that a population estimate gives.

    Attributes
    ----------
    kind : str
        ``typical`` value of a quantity; coefficient of variation ``between`` subjects; ``correlation`` of two η;
        ``residual`` error, a standard deviation.
    name : str
        Of the quantity, of both, or of the error.
    number : float
    unit : str
    error, robust_error : float or None
        Standard errors (`reuptake.calibration.mixed.estimate`), None where the number cannot have one.
    low, high : float or None
        Ends of the 95 % interval.
    """

    kind: Kind
    name: str
    number: float
    unit: str
    error: float | None
    robust_error: float | None
    low: float | None
    high: float | None

    @property
    def relative_error(self) -> float | None:
        """Standard error over the number."""
        return None if self.error is None or self.number == 0.0 else self.error / abs(self.number)


@dataclass(frozen=True)
class Level:
    """One measured level (ng/mL) at some time (h): as predicted for a typical subject, and for that very subject.

    `period` is the name of the subject, or of its period; `residual` is in standard deviations, of the individual
    prediction.
    """

    subject: str
    period: str
    output: str
    time: float
    observed: float
    population: float
    individual: float
    residual: float


@dataclass(frozen=True)
class PopulationFit:
    """What a population came to.

    Attributes
    ----------
    name : str
        The fit's id, which its records carry.
    estimate : PopulationEstimate
        With η of each subject, and shrinkage.
    values : tuple of PopulationValue
        Typical values, coefficients of variation, correlations, residual errors.
    levels : tuple of Level
    records : tuple of Value
        Evidence records that follow: typical values, and what differs between subjects.
    method : str
        How the integral was taken, ``FOCEI`` or ``Laplace``.
    notes : tuple of str
        What a reader must know.
    """

    name: str
    estimate: PopulationEstimate
    values: tuple[PopulationValue, ...]
    levels: tuple[Level, ...]
    records: tuple[Value, ...]
    method: str
    notes: tuple[str, ...]

    def of(self, kind: Kind) -> tuple[PopulationValue, ...]:
        """The values of one kind."""
        return tuple(value for value in self.values if value.kind == kind)


def fit_population(
    file: str | Path, *, threads: int | None = None, evidence: Evidence | None = None
) -> PopulationFit:  # fmt: skip
    """Estimate the population of a file with ``between``: typical values, how people differ, residual error.

    Parameters
    ----------
    file : path
        A YAML file, see ``docs/reference/population-estimates.md``.
    threads : int, optional
        As many as there are processors unless given; never changes a result.
    evidence : Evidence, optional
        The packaged evidence unless given.

    Raises
    ------
    InputError
        With everything that is wrong with the file or its tables.
    """
    known = evidence or packaged()
    specification, document = read_specification(Path(file))
    if not specification.between:
        hint = "add 'between: {QUANTITY: 0.3}', or ask reuptake.fit"
        raise InputError(Problem("this file does not say in what people differ", document.file, hint))
    population, translation = population_of(specification, document, known)
    task = Task.read(specification, document, known, translation, threads or processors())
    people = [person for _, some in task.people for person in some]
    several = len({one.output for person in people for one in person.levels}) > 1
    constant = isinstance(population.error, (Additive, Combined))
    if problems := [*_in_two_tables(task), *_unlike(several and constant, document.where(("data", "tables")))]:
        raise InputError(problems)
    individuals = Dosed(people, translation, known, threads=task.threads)
    found = estimate(population, individuals)
    count = len(translation.parameters)
    values = tuple(_value(one, i < count) for i, one in enumerate(found.estimates))
    covariance = found.covariance[:count, :count]
    typical = tuple(followed(specification, translation, found.x[:count], covariance, LIMIT, lambda slopes: ""))
    return PopulationFit(
        specification.fit, found, values, tuple(_levels(individuals, found)),
        (*typical, *_spreads(typical, values, specification.species)),
        "Laplace" if specification.method == "laplace" else "FOCEI",
        (*_notes(found, several, people), *_lost(values, typical), *task.notes),
    )  # fmt: skip


def _in_two_tables(task: Task) -> Iterable[Problem]:
    """Whoever bears the name of a subject of an earlier table might be the same person, and might not."""
    seen: dict[str, str] = {}
    for said, people in task.people:
        for name in dict.fromkeys(person.subject or person.name for person in people):
            if name in seen:
                hint = "name people apart, or put all that is of one person into one table"
                yield Problem(f"subject '{name}' is in {seen[name]} too: one person, or two?", said.file, hint)
        seen |= {person.subject or person.name: said.file for person in people}


def _unlike(one_constant_for_several: bool, where: str) -> Iterable[Problem]:
    if one_constant_for_several:
        hint = "state 'log' or 'share', which are alike for all, or fit one of them"
        yield Problem("one constant error of levels cannot be that of several things measured", where, hint)


def _value(one: Estimated, typical: bool) -> PopulationValue:
    """A number of the table as people read it, with its interval."""
    if typical:
        return _positive("typical", one.name, one, one.unit)
    if one.name.startswith(OMEGA):
        return _variation(one)
    if one.name.startswith(SIGMA):
        name = one.name.removeprefix(SIGMA)
        return _positive("residual", name, one, "ng/mL" if name == "additive" else "")
    low, high = None, None
    if one.error is not None and abs(one.number) < 1.0:
        middle, reach = math.atanh(one.number), LIMIT * one.error / (1.0 - one.number**2)
        low, high = math.tanh(middle - reach), math.tanh(middle + reach)
    name = one.name.removeprefix(CORRELATION)
    return PopulationValue("correlation", name, one.number, "", one.error, one.robust_error, low, high)


def _positive(kind: Kind, name: str, one: Estimated, unit: str) -> PopulationValue:
    return PopulationValue(kind, name, one.number, unit, one.error, one.robust_error, *_ends(one))


def _ends(one: Estimated) -> tuple[float | None, float | None]:
    """Ends of the interval of a number above nought; open where it has no error."""
    if one.error is None:
        return None, None
    reach = min(LIMIT * one.error / one.number, 300.0)
    return one.number * math.exp(-reach), one.number * math.exp(reach)


def _variation(one: Estimated) -> PopulationValue:
    """The coefficient of variation of an ω, dcv/dω = ω·exp ω²/cv."""
    cv, (low, high) = _cv(one.number), _ends(one)
    steep = one.number * math.exp(one.number**2) / cv
    return PopulationValue(
        "between", one.name.removeprefix(OMEGA), cv, "",
        None if one.error is None else steep * one.error,
        None if one.robust_error is None else steep * one.robust_error,
        None if low is None else _cv(low), None if high is None else _cv(high),
    )  # fmt: skip


def _cv(omega: float) -> float:
    """Coefficient of variation of a log-normal number; endless beyond what a number can hold."""
    return math.sqrt(math.expm1(omega**2)) if omega < 26.0 else math.inf


def _levels(individuals: Dosed, found: PopulationEstimate) -> Iterable[Level]:
    """Every level beside what is predicted."""
    everyone = range(len(individuals.subjects))
    typical = np.tile(found.x[: len(individuals.parameters)], (len(everyone), 1))
    central = individuals.predict(everyone, typical)
    for members, subject, middle, observed in zip(
        individuals.members, found.subjects, central, individuals.observed, strict=True
    ):  # fmt: skip
        people = [individuals.people[i] for i in members]
        samples = [
            (person.name, one.output, time) for person in people for one in person.levels for time in one.times.tolist()
        ]
        numbers = np.column_stack([observed, middle.values, subject.predicted, subject.weighted]).tolist()
        for (period, output, time), row in zip(samples, numbers, strict=True):
            yield Level(subject.name, period, output, time, *row)


def _spreads(typical: Sequence[Value], values: Sequence[PopulationValue], species: str) -> Iterable[Value]:
    """Records of how people differ in what is a record itself; none of one that is not known."""
    known = {_stem(value.name): value for value in typical}
    for one in values:
        record = known.get(_stem(one.name))
        if one.kind == "between" and record is not None and one.error is not None:
            relative = one.error / one.number
            ending = f".{species}" if record.name != _stem(record.name) else ""
            because, status = f"between-subject variation of {record.name}, log-normal", record.status
            if relative > HARDLY:
                because, status = f"{because}. Not told by the data: known to no better than sevenfold", "assumed"
            yield Value(
                f"{_stem(record.name)}.{CV}{ending}", one.number, "", status, relative, one.low, one.high, because,
                record.source,
            )  # fmt: skip


def _stem(name: str) -> str:
    """Name without the species."""
    head, _, tail = name.rpartition(".")
    return head if tail in SPECIES else name


def _notes(found: PopulationEstimate, several: bool, people: Sequence[Person]) -> Iterable[str]:
    yield from found.notes
    if several:
        yield "one residual error is estimated for all that was measured in a subject, whatever it is"
    if any(person.subject for person in people):
        yield "periods of one subject share its values: what differs between them is residual error here"


def _lost(values: Sequence[PopulationValue], typical: Sequence[Value]) -> Iterable[str]:
    """Notes on variation that becomes no record."""
    records = {_stem(value.name) for value in typical}
    for one in values:
        if one.kind == "between" and _stem(one.name) not in records:
            yield f"the variation of {one.name}, which is no record itself, is written nowhere"
