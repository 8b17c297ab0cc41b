"""Subjects of tables as individuals of a population: each integrated as it was dosed, and as it is.

    f(ln φ) = C(t; records(φ)),    ∂f/∂ln φⱼ = Σₖ (∂C/∂ln record_k)·(∂ln record_k/∂ln φⱼ)

of the full model C. All rows that are asked for at once are integrated side by side. The periods of one subject share
its φ: what differs between its periods is residual error here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.measured import PeopleBatch, Person, sample_labels, unreachable
from reuptake.calibration.mixed.individuals import AbstractIndividuals, Prediction
from reuptake.calibration.translation import Settings, Translation
from reuptake.errors import InputError, Problem
from reuptake.evidence.base import Evidence
from reuptake.evidence.records import impossible
from reuptake.simulation.observation import Laboratories

__all__ = ["Dosed"]

Array = NDArray[np.float64]
RELATIVE = 1e-8  # of a step of the solver: slopes are differenced once more for the curvature


class Dosed(AbstractIndividuals):
    """People with their levels (ng/mL), under the full model.

    Parameters
    ----------
    people : sequence of Person
        Several of one subject are its periods; they stand beside each other.
    translation : Translation
        From individual quantities φ, all on the log scale, to values of records.
    evidence : Evidence
    laboratories : Laboratories, optional
        Models that stand ready; made anew unless given.
    relative : float
        Relative tolerance of a step of the solver.
    threads : int
        Never changes a result.

    Attributes
    ----------
    people : tuple of Person
    members : tuple of tuple of int (subject,)
        Which of the people are periods of each subject.

    Raises
    ------
    InputError
        If a level is below a limit, or was measured where the model can have none at the first values; if a record is
        in no model, doses depend on it, or an output is not there; all at once.
    """

    nudge = 1e-2

    def __init__(
        self, people: Sequence[Person], translation: Translation, evidence: Evidence, *,
        laboratories: Laboratories | None = None, relative: float = RELATIVE, threads: int = 1,
    ) -> None:  # fmt: skip
        whose = [person.subject or person.name for person in people]
        self.people, self._translation = tuple(people), translation
        self.subjects = tuple(dict.fromkeys(whose))
        self.parameters = tuple(one.name for one in translation.parameters)
        self.members = tuple(tuple(i for i, one in enumerate(whose) if one == name) for name in self.subjects)
        self._batch = PeopleBatch(
            people, translation.names, evidence, laboratories=laboratories, relative=relative, threads=threads
        )  # fmt: skip
        measured = [np.concatenate([one.values for one in person.levels]) for person in people]
        self.observed = tuple(np.concatenate([measured[i] for i in own]) for own in self.members)
        if problems := [*_below_limits(people), *self._out_of_reach(measured)]:
            raise InputError(problems)

    def predict(self, subjects: Sequence[int], log_parameters: Array) -> Sequence[Prediction]:
        settings = [self._settings(place) for place in log_parameters]
        rows = [row for row, found in enumerate(settings) if found is not None]
        whose = [(row, i) for row in rows for i in self.members[subjects[row]]]
        logarithms = [np.log(list(found.values.values())) for found in settings if found is not None]
        places = dict(zip(rows, logarithms, strict=True))
        asked = np.array([places[row] for row, _ in whose]).reshape(len(whose), len(self._translation.names))
        curves = self._batch.predict_all(asked, [i for _, i in whose])
        own: dict[int, list[tuple[Array, Array]]] = {row: [] for row in rows}
        for (row, _), curve in zip(whose, curves, strict=True):
            own[row].append(curve)
        return [
            self._joined(own[row], found.slopes) if found is not None else self._none(subjects[row])
            for row, found in enumerate(settings)
        ]

    def _settings(self, place: Array) -> Settings | None:
        """Values of records at ln φ (parameter,); None where one of them cannot be: a share above one, say."""
        try:
            with np.errstate(all="ignore"):
                found = self._translation.settings(place)
        except (ArithmeticError, ValueError):
            return None
        fit = all(
            math.isfinite(value) and value > 0.0 and not impossible(name, value) for name, value in found.values.items()
        )
        return found if fit else None

    def _joined(self, periods: Sequence[tuple[Array, Array]], turn: Array) -> Prediction:
        """The periods of one subject, one after the other; NaN throughout where one could not be solved."""
        values = np.concatenate([values for values, _ in periods])
        slopes = np.concatenate([slopes for _, slopes in periods]) @ turn
        if not np.isfinite(values).all():
            values, slopes = np.full_like(values, np.nan), np.full_like(slopes, np.nan)
        return Prediction(values, slopes)

    def _none(self, subject: int) -> Prediction:
        size = len(self.observed[subject])
        return Prediction(np.full(size, np.nan), np.full((size, len(self.parameters)), np.nan))

    def _out_of_reach(self, measured: Sequence[Array]) -> list[Problem]:
        """Levels where the model has none at the first values of the quantities."""
        start = np.array([one.search(one.start) for one in self._translation.parameters])
        predicted = self.predict(range(len(self.subjects)), np.tile(start, (len(self.subjects), 1)))
        found = []
        for own, prediction in zip(self.members, predicted, strict=True):
            labels = [label for i in own for label in sample_labels(self.people[i])]
            found += unreachable(labels, np.concatenate([measured[i] for i in own]), prediction.values)
        return found


def _below_limits(people: Sequence[Person]) -> list[Problem]:
    """A problem for each person with levels below a limit."""
    counts = {person.name: sum(int(np.isnan(one.values).sum()) for one in person.levels) for person in people}
    hint = "leave these rows out, which biases late levels upwards if they are many, or fit without 'between'"
    return [
        Problem(f"a population estimate holds no levels below a limit (here {count})", f"subject {name}", hint)
        for name, count in counts.items()
        if count
    ]
