"""How many subjects are worked on at once, and who is told of each such part: memory stays bounded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import RunError
from reuptake.trajectories import Measures, Trajectories

__all__ = ["SHARD_BYTES", "AbstractSink", "NoneSolved", "Shard", "divided"]

SHARD_BYTES = 2**27  # of curves: many packs of subjects for every processor, and little beside a machine's memory
EVEN = 16  # subjects: shards of a multiple leave no lane of a vector and few threads idle


@dataclass(frozen=True)
class Shard:
    """Subjects that follow one another, numbers `first` to `last`; number 0 alone is the reference individual."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many there are."""
        return self.last - self.first + 1

    @property
    def subjects(self) -> NDArray[np.int64]:
        """Their numbers, (subject,)."""
        return np.arange(self.first, self.last + 1, dtype=np.int64)


def divided(subjects: int, subject_bytes: int, shard_bytes: int = SHARD_BYTES) -> tuple[Shard, ...]:
    """Shards of a number of subjects, each of no more than so many bytes of curves, or of one subject.

    Parameters
    ----------
    subjects : int
        One is the reference individual.
    subject_bytes : int
        What the curves of one subject take.
    """
    if subjects == 1:
        return (Shard(0, 0),)
    size = max(1, shard_bytes // subject_bytes)
    size -= size % EVEN if size > EVEN else 0
    return tuple(Shard(first, min(first + size - 1, subjects)) for first in range(1, subjects + 1, size))


class NoneSolved(RunError):
    """Not one subject of a run could be solved: there is nothing to keep."""


class AbstractSink(ABC):
    """Where the parts of a run go as they are finished, and whence they come if they were finished before."""

    @abstractmethod
    def found(self, shard: Shard) -> Measures | None:
        """Measures of a shard that is kept already and sound, else None."""

    @abstractmethod
    def keep(self, shard: Shard, course: Trajectories, read: Measures) -> None:
        """Take a finished shard: its curves, and the measures read off them."""
