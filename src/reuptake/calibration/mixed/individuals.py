"""The subjects of a population estimate: what was measured in each, and what a model predicts for them.

    f(ln φ),  ∂f/∂ln φ

The model itself is somebody else's: a closed form, or a system that the engine integrates. Subjects are asked for in
rows, the same subject as often as wanted, so that whoever integrates them can do so side by side.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import Problem

__all__ = ["AbstractIndividuals", "Levels", "Prediction", "faults", "levels"]

Array = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True)
class Prediction:
    """What one subject's parameters predict for that subject's observations.

    Attributes
    ----------
    values : array (observation,)
        In the unit of the observations; NaN throughout where the model could not be solved.
    slopes : array (observation, parameter)
        Exact change of the values with the logarithm of each individual parameter, ∂f/∂ln φ.
    """

    values: Array
    slopes: Array


class AbstractIndividuals(ABC):
    """Subjects with their observations, and the model that predicts these.

    Attributes
    ----------
    subjects : tuple of str (subject,)
    parameters : tuple of str (parameter,)
        Individual parameters φ that the model reads, each above nought.
    observed : tuple of array (subject,) of (observation,)
        At least one observation each; of the same unit throughout.
    nudge : float
        Step of the differences of slopes, in conditional standard deviations of a subject's η: a thousandth for a
        closed form, a hundredth for a model that is integrated with a relative error near 1e-8.
    """

    subjects: tuple[str, ...]
    parameters: tuple[str, ...]
    observed: tuple[Array, ...]
    nudge: float = 1e-3

    @abstractmethod
    def predict(self, subjects: Sequence[int], log_parameters: Array) -> Sequence[Prediction]:
        """Predictions (row,) of subjects (row,), by number from 0, at ln φ (row, parameter).

        A subject may come in several rows, and in any order. A row that cannot be solved is NaN, never an exception.
        """


@dataclass(frozen=True)
class Levels:
    """Predictions of several rows, one observation below the other.

    `row` says which row each of `observed`, `values` (observation,) and `slopes` (observation, parameter) belongs to;
    `starts` (row,) where each row begins.
    """

    row: Rows
    starts: Rows
    observed: Array
    values: Array
    slopes: Array

    def sums(self, terms: Array) -> Array:
        """Terms (observation, ...) added up over the observations of each row (row, ...)."""
        total: Array = np.add.reduceat(terms, self.starts, axis=0)
        return total


def levels(individuals: AbstractIndividuals, subjects: Rows, log_parameters: Array) -> Levels:
    """Predictions of subjects (row,) at ln φ (row, parameter)."""
    predictions = individuals.predict([int(subject) for subject in subjects], log_parameters)
    sizes = [len(individuals.observed[subject]) for subject in subjects]
    return Levels(
        np.repeat(np.arange(len(subjects)), sizes),
        np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.intp),
        np.concatenate([individuals.observed[subject] for subject in subjects]),
        np.concatenate([prediction.values for prediction in predictions]),
        np.concatenate([prediction.slopes for prediction in predictions]),
    )


def faults(individuals: AbstractIndividuals) -> list[Problem]:
    """What is wrong with the observations."""
    problems = []
    if len(individuals.subjects) < 2:
        problems.append(Problem("a population has two subjects or more", "subjects"))
    if len(individuals.observed) != len(individuals.subjects):
        problems.append(
            Problem(
                f"{len(individuals.observed)} sets of observations of {len(individuals.subjects)} subjects", "observed"
            )
        )
    for name, observed in zip(individuals.subjects, individuals.observed, strict=False):
        if not len(observed):
            problems.append(Problem("no observations", f"subject {name}", "leave out subjects who say nothing"))
        elif bad := [i for i, value in enumerate(observed) if not np.isfinite(value)]:
            problems.append(Problem(f"observations {bad} (counted from 0) are not finite numbers", f"subject {name}"))
    return problems
