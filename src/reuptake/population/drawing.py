"""Who the subjects are: every one drawn for itself, from its own stream of chance.

A parameter varies if the evidence says so: the record ``NAME.between_subject_cv`` makes
NAME log-normal between subjects, with the reference value as median.

    x = x_ref · exp(s·z),   s² = ln(1 + cv²),   z ~ N(0, 1)

The stream is keyed by (seed, subject, parameter), so neither the number of subjects nor
the list of parameters that vary moves anybody else's numbers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from reuptake.evidence.base import Evidence
from reuptake.evidence.parameters import ParameterTable
from reuptake.population.chance import AbstractChance, Seeded

__all__ = ["draw", "scattered", "varying"]

Array = NDArray[np.float64]


def varying(table: ParameterTable, evidence: Evidence, species: str) -> dict[str, float]:
    """Parameters that differ between subjects, with the coefficient of variation of each."""
    found = {name: evidence.find(f"{name}.between_subject_cv", species) for name in table.names}
    return {
        name: record.number for name, record in found.items() if record is not None and name not in table.overridden
    }


def draw(
    table: ParameterTable, evidence: Evidence, species: str, subjects: Sequence[int], seed: int
) -> dict[str, Array]:
    """Values of the varying parameters, {parameter name: array (subject,)}, canonical units.

    A parameter that the user has set stays as set.
    """
    return scattered(table, varying(table, evidence, species), Seeded(seed, subjects))


def scattered(table: ParameterTable, spreads: Mapping[str, float], chance: AbstractChance) -> dict[str, Array]:
    """Log-normal values around the reference, {name: array (subject,)}, of these coefficients of variation."""
    drawn = {}
    for name, cv in spreads.items():
        width = math.sqrt(math.log1p(cv**2))
        drawn[name] = table[name] * np.exp(width * chance.normals(name, 1)[:, 0])
    return drawn
