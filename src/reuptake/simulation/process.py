"""A place for what is no differential equation: bouts, visits, drop-out.

A process reads a subject's curves and rolls that subject's own dice. Its events are a
table; which subjects are simulated together, and in what order, changes nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from reuptake.population.chance import generator
from reuptake.trajectories import Trajectories

__all__ = ["AbstractProcess", "Happening", "happenings"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Happening:
    """Something that happens to one subject at one time (h), and for how long (h, 0 = at once)."""

    subject: int
    time: float
    what: str
    duration: float = 0.0


class AbstractProcess(ABC):
    """Chance events driven by trajectories."""

    name: ClassVar[str]
    reads: ClassVar[tuple[str, ...]]  # names of the outputs that drive it

    @abstractmethod
    def of_subject(
        self, subject: int, times: Array, curves: Mapping[str, Array], chance: np.random.Generator
    ) -> tuple[Happening, ...]:
        """What happens to one subject, in order of time; all chance from `chance`."""


def happenings(process: AbstractProcess, course: Trajectories, seed: int) -> tuple[Happening, ...]:
    """What happens to every solved subject, in the order of subjects."""
    curves = {name: course.curve(name) for name in process.reads}
    return tuple(
        event
        for i, subject in enumerate(course.subjects.tolist())
        if course.outcomes[i].solved
        for event in process.of_subject(
            subject, course.times, {name: curve[i] for name, curve in curves.items()},
            generator(seed, subject, f"process {process.name}"),
        )
    )  # fmt: skip
