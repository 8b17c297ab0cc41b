"""Within what a parameter is uncertain: one distribution each, asked for its quantiles.

    ln x ~ N(ln m, s²), s² = ln(1 + cv²)      a spread or a between-subject cv, with the number in use as median m
    x ~ N(m, sd²)                             a spread of kind normal
    x or ln x uniform from low to high        a range; of the logarithm where it spans threefold or more
    ln x uniform from m/f to m·f              no spread at all; log x ± lg f for a pKa, a pH or a log P

What nature bounds stays within: a distribution is cut where its quantity cannot be, and scaled back to one.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, final

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence
from reuptake.evidence.parameters import ParameterTable
from reuptake.evidence.records import Record, logarithmic, possible

__all__ = ["ENDS", "AbstractRange", "Factor", "LogNormal", "LogUniform", "Normal", "Origin", "Uniform", "factors"]

Array = NDArray[np.float64]
Origin = Literal["spread", "between subjects", "factor", "function"]
ENDS = (0.05, 0.95)  # shares of a distribution that stand for its ends
WIDE = 3.0  # high over low: from here on a range is one of orders, not of differences
UNBOUNDED = (-math.inf, math.inf)


class AbstractRange(ABC):
    """Distribution of one parameter."""

    @abstractmethod
    def quantiles(self, shares: Array) -> Array:
        """Values (share,) below which these shares (0 to 1) of the distribution lie."""

    @abstractmethod
    def told(self) -> str:
        """The distribution in words."""

    @property
    def ends(self) -> tuple[float, float]:
        """Values at the 5th and the 95th per cent."""
        low, high = self.quantiles(np.array(ENDS))
        return float(low), float(high)


@final
@dataclass(frozen=True)
class Uniform(AbstractRange):
    """As likely anywhere from low to high."""

    low: float
    high: float

    def quantiles(self, shares: Array) -> Array:
        return self.low + shares * (self.high - self.low)

    def told(self) -> str:
        return f"uniform from {self.low:g} to {self.high:g}"


@final
@dataclass(frozen=True)
class LogUniform(AbstractRange):
    """Its logarithm as likely anywhere from low to high, both above nought."""

    low: float
    high: float

    def quantiles(self, shares: Array) -> Array:
        values: Array = self.low * np.exp(shares * math.log(self.high / self.low))
        return values

    def told(self) -> str:
        return f"log-uniform from {self.low:g} to {self.high:g}"


@final
@dataclass(frozen=True)
class Normal(AbstractRange):
    """Around a mean, cut at bounds."""

    mean: float
    sd: float
    bounds: tuple[float, float] = UNBOUNDED

    def quantiles(self, shares: Array) -> Array:
        low, high = ((bound - self.mean) / self.sd for bound in self.bounds)
        values: Array = self.mean + self.sd * _standard(shares, low, high)
        return np.clip(values, *self.bounds)

    def told(self) -> str:
        return f"normal, sd {self.sd:g}"


@final
@dataclass(frozen=True)
class LogNormal(AbstractRange):
    """Around a median, with a coefficient of variation; cut at bounds."""

    median: float
    cv: float
    bounds: tuple[float, float] = (0.0, math.inf)

    def quantiles(self, shares: Array) -> Array:
        width = math.sqrt(math.log1p(self.cv**2))
        low, high = (-math.inf if bound <= 0.0 else math.log(bound / self.median) / width for bound in self.bounds)
        values: Array = self.median * np.exp(width * _standard(shares, low, high))
        return np.clip(values, *self.bounds)

    def told(self) -> str:
        return f"log-normal, cv {self.cv:g}"


@dataclass(frozen=True)
class Factor:
    """One parameter that is varied, and within what.

    Attributes
    ----------
    name : str
        As the model asks for it, without species.
    number : float
        In use, in `unit`.
    range : AbstractRange
        Of values in the same unit.
    status : str
        Of its record.
    origin : str
        Whence the range: ``spread`` of the record, ``between subjects``, ``factor`` where neither is told, or
        ``function`` for one of a function that is no model.
    """

    name: str
    number: float
    range: AbstractRange
    unit: str = ""
    status: str = ""
    origin: Origin = "function"


def factors(
    table: ParameterTable, evidence: Evidence, species: str, names: Sequence[str], width: float
) -> tuple[Factor, ...]:
    """Parameters that are to be varied.

    Parameters
    ----------
    table : ParameterTable
        Of the run; what the user has set is varied only where it is named.
    names : sequence of str
        Of parameters or records; if empty, all whose record tells a spread, or that differ between subjects.
    width : float
        Factor down and up for what is named and tells neither.

    Raises
    ------
    InputError
        With every name that the model does not know, that comes twice, or that has no range.
    """
    if not names:
        every = ((name, _origin(table, evidence, species, name)) for name in table.names)
        names = [name for name, origin in every if origin != "factor" and name not in table.overridden]
    problems: list[Problem] = []
    found: dict[str, Factor] = {}
    for given in names:
        name = given.removesuffix(f".{species}")
        if name not in table.names:
            hint = nearest(name, table.names)
            problems.append(Problem(f"this model has no parameter '{given}'", "--parameter", hint))
        elif name in found:
            problems.append(Problem(f"'{given}' is named twice", "--parameter"))
        else:
            try:
                found[name] = _factor(table, evidence, species, name, width)
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)
    return tuple(found.values())


def _factor(table: ParameterTable, evidence: Evidence, species: str, name: str, width: float) -> Factor:
    record, origin = table.record(name), _origin(table, evidence, species, name)
    number = table.overridden.get(name, record.number)
    cv = evidence.find(f"{name}.between_subject_cv", species)
    status = "set by the user" if name in table.overridden else record.status
    if origin == "spread":
        own = _spread(record, number)
    elif origin == "between subjects" and cv is not None and number > 0.0:
        own = LogNormal(number, cv.number, possible(record.name))
    else:
        own = _within_factor(record, number, width)
    if own is None:
        hint = f"give it a value with --set {name}=…, or leave it out"
        raise InputError(Problem(f"'{name}' is {number:g}, which no factor moves", "--parameter", hint))
    return Factor(name, number, own, record.unit, status, origin)


def _origin(table: ParameterTable, evidence: Evidence, species: str, name: str) -> Origin:
    """Whence a range is known. A range of low and high is about the number in the record, not about one set."""
    spread = table.record(name).spread
    if spread is not None and not (spread.kind == "range" and name in table.overridden):
        return "spread"
    return "between subjects" if evidence.find(f"{name}.between_subject_cv", species) is not None else "factor"


def _spread(record: Record, number: float) -> AbstractRange | None:
    spread, bounds = record.spread, possible(record.name)
    if spread is None:
        return None
    if spread.low is not None and spread.high is not None and spread.kind == "range":
        wide = spread.low > 0.0 and spread.high >= WIDE * spread.low
        return LogUniform(spread.low, spread.high) if wide else Uniform(spread.low, spread.high)
    if spread.sd is not None and spread.kind == "normal":
        return Normal(number, spread.sd, bounds)
    return LogNormal(number, spread.cv, bounds) if spread.cv is not None and number > 0.0 else None


def _within_factor(record: Record, number: float, width: float) -> AbstractRange | None:
    low, high = possible(record.name)
    if logarithmic(record.name):
        return Uniform(max(low, number - math.log10(width)), min(high, number + math.log10(width)))
    return LogUniform(number / width, min(high, number * width)) if number > 0.0 else None


def _standard(shares: Array, low: float, high: float) -> Array:
    """Standard normal quantiles between two bounds."""
    from scipy.special import ndtr, ndtri

    least, most = float(ndtr(low)), float(ndtr(high))
    inside = np.clip(least + shares * (most - least), 1e-12, 1.0 - 1e-12)  # a share of nought has no number
    quantiles: Array = ndtri(inside)
    return quantiles
