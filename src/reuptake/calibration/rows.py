"""Numbers that were to be explained, beside what the model says of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.objective import AbstractObjective, Residuals

__all__ = ["AbstractExplained", "Joined", "Row"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Row:
    """One number that was to be explained: observed and predicted in the same unit.

    `group` is whom it comes from (study or subject), `label` what it is, `time` (h) when, where that makes sense;
    `residual` is weighted, before any robust loss; of a level below the limit of quantification (`censored`) the limit
    stands as observed.
    """

    group: str
    label: str
    observed: float
    predicted: float
    unit: str
    residual: float
    time: float | None = None
    censored: bool = False


class AbstractExplained(AbstractObjective):
    """An objective that can say which numbers its residuals are about."""

    @abstractmethod
    def rows(self, x: Array) -> tuple[Row, ...]:
        """Each number beside what the model says of it at x (parameter,)."""


class Joined(AbstractExplained):
    """Several objectives as one: parameters of one name are one, the others stand beside each other."""

    def __init__(self, parts: Sequence[AbstractExplained]) -> None:
        self.parts = tuple(parts)
        named = {one.name: one for part in self.parts for one in part.parameters}
        self.parameters = tuple(named.values())
        self.labels = tuple(label for part in self.parts for label in part.labels)
        self.resolution = max(part.resolution for part in self.parts)
        places = {name: i for i, name in enumerate(named)}
        self._own = [np.array([places[one.name] for one in part.parameters]) for part in self.parts]

    def parts_at(self, x: Array) -> list[tuple[AbstractExplained, Array]]:
        """Each part with its own of x (parameter,)."""
        return [(part, x[own]) for part, own in zip(self.parts, self._own, strict=True)]

    @property
    def worth(self) -> Array:
        return np.concatenate([part.worth for part in self.parts])

    def residuals(self, x: Array) -> Residuals:
        return self.several([x])[0]

    def several(self, places: Sequence[Array]) -> list[Residuals]:
        answers = [part.several([x[own] for x in places]) for part, own in zip(self.parts, self._own, strict=True)]
        return [self._stacked(found) for found in zip(*answers, strict=True)]

    def _stacked(self, found: Sequence[Residuals]) -> Residuals:
        slopes = [np.zeros((len(one.values), len(self.parameters))) for one in found]
        for whole, one, own in zip(slopes, found, self._own, strict=True):
            whole[:, own] = one.slopes
        return Residuals(np.concatenate([one.values for one in found]), np.concatenate(slopes))

    def rows(self, x: Array) -> tuple[Row, ...]:
        return tuple(row for part, own in self.parts_at(x) for row in part.rows(own))
