"""How people of one kind differ, as a space of independent standard normal numbers.

    p = p(z),   z ~ N(0, I)

Drawing people turns normal numbers into bodies, blood and enzymes (`reuptake.population.people`). Here the same drawing
is read as a function: z = 0 is the typical person, z anywhere else is the person who would be drawn with these numbers,
and what is known of people before any level is measured is the virtual population itself, correlations included.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reuptake.evidence.base import Evidence
from reuptake.evidence.parameters import ParameterTable
from reuptake.population.chance import AbstractChance, Given, Rows, Typical, normals
from reuptake.population.people import made
from reuptake.population.recipe import Recipe

__all__ = ["Variation"]

Array = NDArray[np.float64]
STEP = 1e-4  # of z, for slopes of p: they are smooth, so that h² and rounding over h are both about 1e-8


@dataclass(frozen=True)
class Variation:
    """People of a recipe with the genes that a table says, as a function of z.

    Attributes
    ----------
    table : ParameterTable
        Of the reference individual, with what is known of this kind of people set.
    evidence : Evidence
    recipe : Recipe
    streams : tuple of (stream of chance, how many numbers)
        Side by side they are the coordinates of z.
    """

    table: ParameterTable
    evidence: Evidence
    recipe: Recipe
    streams: tuple[tuple[str, int], ...]

    @staticmethod
    def of(table: ParameterTable, evidence: Evidence, recipe: Recipe) -> Variation:
        """The space of a recipe: as many coordinates as there are normal numbers in the drawing of a person.

        Raises
        ------
        InputError
            If the typical person is not of the size that the recipe asks for.
        """
        heard = _Heard({})
        made(table, evidence, recipe, heard, {})
        return Variation(table, evidence, recipe, tuple(heard.streams.items()))

    @property
    def size(self) -> int:
        """How many coordinates there are."""
        return sum(count for _, count in self.streams)

    def people(self, z: Array) -> Mapping[str, Array]:
        """Parameters of the people at z (subject, coordinate), {name: array (subject,)}, canonical units."""
        ends = np.cumsum([count for _, count in self.streams])
        parts = np.split(z, ends[:-1], axis=1)
        numbers = {stream: part for (stream, _), part in zip(self.streams, parts, strict=True)}
        return made(self.table, self.evidence, self.recipe, Given(numbers, len(z)), {}).parameters

    def drawn(self, seed: int, subjects: Sequence[int]) -> Array:
        """Where the people stand that a population of this seed has, (subject, coordinate)."""
        return np.concatenate([normals(seed, subjects, stream, count) for stream, count in self.streams], axis=1)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Parameters that differ between people at all."""
        origin = self._logarithms(np.zeros((1, self.size)), None)
        slopes = self.slopes(np.zeros(self.size), tuple(origin))
        return tuple(name for name, row in zip(origin, slopes, strict=True) if row.any())

    def slopes(self, z: Array, names: Sequence[str], along: Sequence[int] | None = None) -> Array:
        """∂ln p/∂z (name, coordinate) at z (coordinate,); only along some coordinates if they are given.

        Source
        ------
        Central differences of the drawing itself, which is smooth and costs nothing beside a curve.
        """
        chosen = list(range(self.size)) if along is None else list(along)
        pairs = np.repeat(z[None], 2 * len(chosen), axis=0)
        for row, coordinate in enumerate(chosen):
            pairs[2 * row, coordinate] += STEP
            pairs[2 * row + 1, coordinate] -= STEP
        found = self._logarithms(pairs, names)
        differences = np.array([found[name][0::2] - found[name][1::2] for name in names]).reshape(len(names), -1)
        return differences / (2.0 * STEP)

    def _logarithms(self, z: Array, names: Sequence[str] | None) -> dict[str, Array]:
        """Logarithms of the parameters named, or of all that have one."""
        people = self.people(z)
        wanted = [name for name, own in people.items() if (own > 0.0).all()] if names is None else names
        return {name: np.log(people[name]) for name in wanted}


class _Heard(AbstractChance):
    """The chance of a typical person, which notes what it is asked for."""

    def __init__(self, streams: dict[str, int]) -> None:
        self.streams = streams

    @property
    def size(self) -> int:
        return 1

    def normals(self, stream: str, count: int) -> Array:
        self.streams[stream] = count
        return Typical().normals(stream, count)

    def uniforms(self, stream: str, count: int) -> Array:
        return Typical().uniforms(stream, count)

    def of(self, rows: Rows) -> AbstractChance:
        return Typical(len(rows))
