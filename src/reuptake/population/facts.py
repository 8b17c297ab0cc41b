"""What the evidence says of people: a number by its name, a spread, a quantity that changes with age.

Values of groups (``male.30-39.height_mean``) and of reference people (``female.10.liver_mass``) stand at the middle
of the group; between two of them they are interpolated, beyond the last they hold.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from reuptake.evidence.base import Evidence
from reuptake.units import convert

__all__ = ["Facts"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
SPECIES = "human"


@dataclass(frozen=True)
class Facts:
    """The evidence as those who draw people ask it."""

    evidence: Evidence

    def has(self, name: str) -> bool:
        """Whether there is a record."""
        return self.evidence.find(name, SPECIES) is not None

    def number(self, name: str, unit: str = "") -> float:
        """The record in use, in a unit."""
        record = self.evidence.record(name, SPECIES)
        return convert(record.number, record.unit, unit)

    def factor(self, name: str) -> float:
        """A pure number that is 1 where nothing is known."""
        return self.number(name) if self.has(name) else 1.0

    def width(self, name: str) -> float:
        """SD of the logarithm that belongs to a coefficient of variation."""
        return log_sd(self.number(name))

    def by_sex(self, quantity: str, female: Flags, unit: str = "") -> Array:
        """A number of each sex, (subject,)."""
        men, women = (self.number(f"{sex}.{quantity}", unit) for sex in ("male", "female"))
        return np.where(female, women, men)

    def over_age(self, quantity: str, female: Flags, age: Array, unit: str = "") -> Array:
        """A quantity at each subject's sex and age (y), (subject,)."""
        men, women = (np.interp(age, *self._course(sex, quantity, unit)) for sex in ("male", "female"))
        return np.where(female, women, men)

    def _course(self, sex: str, quantity: str, unit: str) -> tuple[list[float], list[float]]:
        """Middles of the age groups (y) and the values there."""
        ages = _groups(tuple(self.evidence.in_use), sex, quantity)
        return list(ages), [self.number(name, unit) for name in ages.values()]


@lru_cache(maxsize=256)
def _groups(names: tuple[str, ...], sex: str, quantity: str) -> dict[float, str]:
    """Names of the records of one quantity by the middle of their age group."""
    pattern = re.compile(rf"({sex}\.(\d+)(?:-(\d+))?\.{quantity})\.{SPECIES}")
    found = {}
    for name in names:
        match = pattern.fullmatch(name)
        if match:
            first = float(match[2])
            # People of the last year of a group are in it until their birthday.
            found[(first + float(match[3]) + 1.0) / 2.0 if match[3] else first] = match[1]
    return dict(sorted(found.items()))


def log_sd(cv: float) -> float:
    """SD of the logarithm of a log-normal quantity with this coefficient of variation."""
    return math.sqrt(math.log1p(cv**2))
