"""From the words of a fit to a population: who differs in what, by how much at first, and how levels scatter.

ω² = ln(1 + cv²)
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from reuptake.calibration.mixed.curvature import FirstOrder, Laplace
from reuptake.calibration.mixed.marginal import Population
from reuptake.calibration.mixed.residual import AbstractResidual, Additive, Combined, LogNormal, Proportional
from reuptake.calibration.mixed.spread import AbstractSpread, Diagonal, Full
from reuptake.calibration.moving import translation_of
from reuptake.calibration.specification import USUAL_SIGMA, LevelError, Specification
from reuptake.calibration.translation import Translation
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence
from reuptake.evidence.reading import Document

__all__ = ["population_of"]

OF_OTHER_FITS = ("rough", "speaks", "bend", "omega")
Kind = tuple[bool, bool, bool]  # whether an error of levels has a log SD, a constant SD, a share


def population_of(
    specification: Specification, document: Document, evidence: Evidence
) -> tuple[Population, Translation]:  # fmt: skip
    """The population that a fit with ``between`` estimates, and the records that follow from its quantities.

    Raises
    ------
    InputError
        With everything in the file that cannot be, for any fit or for a population.
    """
    problems = [
        *_of_data(specification, document), *_of_quantities(specification, document),
        *_of_between(specification, document),
    ]  # fmt: skip
    try:
        translation = translation_of(specification, document, evidence)
    except InputError as error:
        raise InputError([*error.problems, *problems]) from None
    if problems:
        raise InputError(problems)
    curvature = Laplace() if specification.method == "laplace" else FirstOrder()
    population = Population(translation.parameters, _spread(specification), _error(specification), curvature)
    return population, translation


def _of_data(specification: Specification, document: Document) -> Iterable[Problem]:
    """What is wrong with the data, and with how they are weighed."""
    data, weighing = specification.data, specification.weighing
    if data.studies:
        hint = "leave them out: a population is estimated from tables of levels of people"
        yield Problem("studies tell of groups, not of people", document.where(("data", "studies")), hint)
    for word in OF_OTHER_FITS:
        if getattr(weighing, word) is not None:
            hint = "leave it out: a population has its likelihood, and its residual error is estimated"
            yield Problem(f"'{word}' has no place beside 'between'", document.where(("weighing", word)), hint)
    kinds = [_kind(error) for error in _errors(specification)]
    for i, kind in enumerate(kinds):
        if kind != kinds[0]:
            hint = "state the same kind of 'error' for all: log, constant, share, or constant and share"
            where = document.where(("data", "tables", i, "error"))
            yield Problem("one residual error is estimated for all tables; this one is of another kind", where, hint)


def _of_quantities(specification: Specification, document: Document) -> Iterable[Problem]:
    for i, one in enumerate(specification.quantities):
        if one.scale != "log":
            message = f"a typical value is searched on the log scale; '{one.name}' is on the {one.scale} scale"
            yield Problem(message, document.where(("quantities", i, "scale")), "fit without 'between', or scale: log")


def _of_between(specification: Specification, document: Document) -> Iterable[Problem]:
    names = [one.name for one in specification.quantities]
    for name in specification.between:
        if name not in names:
            yield Problem(f"no quantity '{name}' is moved", document.where(("between", name)), nearest(name, names))
    if specification.between_correlated and len(specification.between) < 2:
        where = document.where(("between_correlated",))
        yield Problem("a correlation needs two quantities that differ", where, "name another under 'between'")


def _spread(specification: Specification) -> AbstractSpread:
    sds = {name: math.sqrt(math.log1p(one.cv**2)) for name, one in specification.between.items()}
    if not specification.between_correlated:
        return Diagonal(sds)
    covariance = np.diag(np.array(list(sds.values())) ** 2)
    return Full(tuple(sds), tuple(tuple(row) for row in covariance.tolist()))


def _errors(specification: Specification) -> list[LevelError]:
    """The error of each table as it is said; log-normal where nothing is."""
    sigma = specification.weighing.sigma
    usual = LevelError(log=USUAL_SIGMA if sigma == "estimated" else sigma)
    return [one.error or usual for one in specification.data.tables]


def _kind(error: LevelError) -> Kind:
    return error.log is not None, error.constant is not None, error.share is not None


def _error(specification: Specification) -> AbstractResidual:
    """The residual error, all tables together, beginning with what the first of them says."""
    error = _errors(specification)[0]
    if error.log is not None:
        return LogNormal(error.log)
    if error.constant is None:
        return Proportional(error.share or 0.0)
    return Additive(error.constant) if error.share is None else Combined(error.constant, error.share)
