"""Random numbers of one's own: keyed by (seed, subject, stream), so that nobody's draws move anybody else's.

What draws people asks an `AbstractChance`: that of a seed and some subjects, that of a typical person, for whom
every number is the median of its distribution, or one whose numbers are given, so that people can be asked for by
where they stand among all.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "AbstractChance",
    "Given",
    "Seeded",
    "Typical",
    "accepted_normals",
    "first_normals",
    "first_uniforms",
    "generator",
    "normals",
]

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
TRIES, BLOCKS = 64, 16  # a subject whom nothing fits is given up after 1,024 draws


class AbstractChance(ABC):
    """Where the numbers of some subjects come from."""

    @property
    @abstractmethod
    def size(self) -> int:
        """How many subjects there are."""

    @abstractmethod
    def normals(self, stream: str, count: int) -> Array:
        """Standard normal numbers for one purpose, (subject, count)."""

    @abstractmethod
    def uniforms(self, stream: str, count: int) -> Array:
        """Uniform numbers from 0 to 1 for one purpose, (subject, count)."""

    @abstractmethod
    def of(self, rows: Rows) -> AbstractChance:
        """The chance of some of the subjects."""


@dataclass(frozen=True)
class Seeded(AbstractChance):
    """The chance of numbered subjects under a seed."""

    seed: int
    subjects: Sequence[int]

    @property
    def size(self) -> int:
        return len(self.subjects)

    def normals(self, stream: str, count: int) -> Array:
        return normals(self.seed, self.subjects, stream, count)

    def uniforms(self, stream: str, count: int) -> Array:
        return first_uniforms(self.seed, self.subjects, stream, count)

    def of(self, rows: Rows) -> Seeded:
        return Seeded(self.seed, [self.subjects[row] for row in rows])


@dataclass(frozen=True)
class Typical(AbstractChance):
    """No chance at all: medians."""

    size: int = 1

    def normals(self, stream: str, count: int) -> Array:
        return np.zeros((self.size, count))

    def uniforms(self, stream: str, count: int) -> Array:
        return np.full((self.size, count), 0.5)

    def of(self, rows: Rows) -> Typical:
        return Typical(len(rows))


@dataclass(frozen=True)
class Given(AbstractChance):
    """The chance of people whose normal numbers are given, {stream: array (subject, count)}; medians of all else."""

    numbers: Mapping[str, Array]
    size: int = 1

    def normals(self, stream: str, count: int) -> Array:
        return self.numbers[stream].copy() if stream in self.numbers else np.zeros((self.size, count))

    def uniforms(self, stream: str, count: int) -> Array:
        return np.full((self.size, count), 0.5)

    def of(self, rows: Rows) -> Given:
        return Given({stream: numbers[rows] for stream, numbers in self.numbers.items()}, len(rows))


def accepted_normals(
    chance: AbstractChance, stream: str, count: int, fits: Callable[[Array, Rows], NDArray[np.bool_]]
) -> tuple[Array, Rows]:
    """The first standard normal numbers of every subject that fit, (subject, count), and the rows whom none fit.

    Parameters
    ----------
    fits : callable
        Told numbers (row, count) and the rows of the subjects they would belong to; says which will do.
    """
    found = chance.normals(stream, count)
    waiting = np.flatnonzero(~fits(found, np.arange(chance.size)))
    for block in range(BLOCKS):
        if not len(waiting):
            break
        more = chance.of(waiting).normals(f"{stream}.{block}", count * TRIES).reshape(-1, TRIES, count)
        for attempt in range(TRIES):
            found[waiting] = more[:, attempt]
            poor = ~fits(found[waiting], waiting)
            waiting, more = waiting[poor], more[poor]
    return found, waiting


def generator(seed: int, subject: int, stream: str) -> np.random.Generator:
    """The random numbers of one subject for one purpose; the same on every machine."""
    return np.random.Generator(np.random.Philox(key=int.from_bytes(_key(seed, subject, stream), "little")))


def first_normals(seed: int, subjects: Sequence[int], stream: str) -> Array:
    """The first standard normal number of every subject's `generator`, (subject,): the same bits, five times faster."""
    normals = np.empty(len(subjects))
    for i, chance in enumerate(_generators(seed, subjects, stream)):
        normals[i] = chance.standard_normal()
    return normals


def normals(seed: int, subjects: Sequence[int], stream: str, count: int) -> Array:
    """The first standard normal numbers of every subject's `generator`, (subject, count)."""
    drawn = np.empty((len(subjects), count))
    for i, chance in enumerate(_generators(seed, subjects, stream)):
        chance.standard_normal(out=drawn[i])
    return drawn


def first_uniforms(seed: int, subjects: Sequence[int], stream: str, count: int) -> Array:
    """The first uniform numbers of every subject's `generator`, (subject, count), from 0 up to but not 1."""
    uniforms = np.empty((len(subjects), count))
    for i, chance in enumerate(_generators(seed, subjects, stream)):
        chance.random(out=uniforms[i])
    return uniforms


def _generators(seed: int, subjects: Sequence[int], stream: str) -> Iterator[np.random.Generator]:
    """Every subject's `generator`, one after the other; each is good until the next is asked for."""
    keys = np.frombuffer(b"".join(_key(seed, subject, stream) for subject in subjects), dtype="<u8")
    # Making a generator costs more than drawing from it; one is put at the start of each stream instead.
    bits = np.random.Philox(key=0)
    chance, start = np.random.Generator(bits), bits.state
    for key in keys.astype(np.uint64).reshape(-1, 2):
        start["state"]["key"] = key
        bits.state = start
        yield chance


def _key(seed: int, subject: int, stream: str) -> bytes:
    return hashlib.blake2b(f"{seed}/{subject}/{stream}".encode(), digest_size=16).digest()
