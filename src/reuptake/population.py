"""Who the subjects are: every one drawn for itself, from its own stream of chance.

A parameter varies if the evidence says so: the record ``NAME.between_subject_cv`` makes
NAME log-normal between subjects, with the reference value as median.

    x = x_ref · exp(s·z),   s² = ln(1 + cv²),   z ~ N(0, 1)

The stream is keyed by (seed, subject, parameter), so neither the number of subjects nor
the list of parameters that vary moves anybody else's numbers.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reuptake.evidence.base import Evidence
from reuptake.evidence.parameters import ParameterTable

__all__ = ["draw", "first_normals", "generator", "varying"]

Array = NDArray[np.float64]


def generator(seed: int, subject: int, stream: str) -> np.random.Generator:
    """The random numbers of one subject for one purpose; the same on every machine."""
    return np.random.Generator(np.random.Philox(key=int.from_bytes(_key(seed, subject, stream), "little")))


def first_normals(seed: int, subjects: Sequence[int], stream: str) -> Array:
    """The first standard normal number of every subject's `generator`, (subject,): the same bits, five times faster."""
    keys = np.frombuffer(b"".join(_key(seed, subject, stream) for subject in subjects), dtype="<u8")
    # Making a generator costs more than drawing from it; one is put at the start of each stream instead.
    bits = np.random.Philox(key=0)
    chance, start = np.random.Generator(bits), bits.state
    normals = np.empty(len(subjects))
    for i, key in enumerate(keys.astype(np.uint64).reshape(-1, 2)):
        start["state"]["key"] = key
        bits.state = start
        normals[i] = chance.standard_normal()
    return normals


def _key(seed: int, subject: int, stream: str) -> bytes:
    return hashlib.blake2b(f"{seed}/{subject}/{stream}".encode(), digest_size=16).digest()


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
    drawn = {}
    for name, cv in varying(table, evidence, species).items():
        width = math.sqrt(math.log1p(cv**2))
        drawn[name] = table[name] * np.exp(width * first_normals(seed, subjects, name))
    return drawn
