"""Levels measured in people or animals, as residuals of a fit: each subject simulated as it was dosed.

    rᵢ(x) = z(yᵢ, fᵢ),    ∂rᵢ/∂xⱼ = (∂z/∂f)·Σₖ (∂fᵢ/∂ln record_k)·(∂ln record_k/∂xⱼ)

Subjects of one model are looked at on one grid of times, so that all of them are integrated side by side. What a
subject is by itself, its genes or its body mass, stays its own whatever a fit moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.objective import Residuals, resolved, soft
from reuptake.calibration.parameters import to_search
from reuptake.calibration.residual import AbstractResidual
from reuptake.calibration.rows import AbstractExplained, Row
from reuptake.calibration.translation import Settings, Translation
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence
from reuptake.simulation.gradients import Sloped, doses_depend_on, sloped
from reuptake.simulation.observation import OBSERVED, Laboratories
from reuptake.simulation.request import Request
from reuptake.simulation.run import RELATIVE_TOLERANCE, Laboratory

__all__ = ["Levels", "Measured", "PeopleBatch", "Person", "sample_labels", "unreachable"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Levels:
    """Samples of one output of one subject.

    Attributes
    ----------
    output : str
        Of the model, such as ``plasma.imipramine``.
    times : array (sample,), h
        Rising, since the start of the request.
    values : array (sample,), ng/mL
        NaN where below the limit of quantification.
    limit : float or None, ng/mL
    """

    output: str
    times: Array = field(repr=False)
    values: Array = field(repr=False)
    limit: float | None = None


@dataclass(frozen=True)
class Person:
    """One subject, or one period of it: what it was given and who it is (`request`), and what was measured.

    `subject` is whose period it is, where that is not its name.
    """

    name: str
    request: Request = field(repr=False)
    levels: tuple[Levels, ...]
    subject: str = ""


@dataclass(frozen=True)
class _Group:
    """People who run in one laboratory, and how what they have in common is looked at.

    Attributes
    ----------
    members : tuple of int
        Their places among all people.
    grid : array (time,), h
        The start, and every time at which one of them was sampled.
    records : array (name,), int
        Which of the records that are moved this model knows, in the order of `names`, its parameters.
    """

    laboratory: Laboratory
    members: tuple[int, ...]
    grid: Array
    records: Integers
    names: tuple[str, ...]


class PeopleBatch:
    """Predictions for many people at once, each with values of records of its own.

    Parameters
    ----------
    people : sequence of Person (subject,)
    records : sequence of str (record,)
        Names of records, with species; a model of another species does not know them, and they change nothing there.
    evidence : Evidence
    laboratories : Laboratories, optional
        Models that stand ready; made anew unless given.
    relative : float
        Relative tolerance of a step of the solver.
    threads : int

    Raises
    ------
    InputError
        If a record is in no model, doses depend on it, or an output is not there; all at once.
    """

    def __init__(
        self, people: Sequence[Person], records: Sequence[str], evidence: Evidence, *,
        laboratories: Laboratories | None = None, relative: float = RELATIVE_TOLERANCE, threads: int = 1,
    ) -> None:  # fmt: skip
        self.people, self.records = tuple(people), tuple(records)
        self._relative, self._threads = relative, threads
        ready = laboratories or Laboratories(evidence, kinds=OBSERVED)
        self._groups = _grouped(self.people, self.records, ready)
        problems = [
            *_unknown_records(self._groups, self.records), *_unknown_outputs(self._groups, self.people),
            *_in_doses(self._groups, self.people),
        ]  # fmt: skip
        if problems:
            raise InputError(problems)

    def predict(self, logarithms: Array) -> list[Array]:
        """What each person's samples should have been: `predict_all` without slopes, and faster."""
        return [values for values, _ in self._asked(logarithms, sensitive=False)]

    def predict_all(self, logarithms: Array, whose: Sequence[int] | None = None) -> list[tuple[Array, Array]]:
        """What each person's samples should have been, and how that changes.

        A record that a person has as its own (genes, body mass, a value that is set) keeps its value there, and its
        slopes are nought.

        Parameters
        ----------
        logarithms : array (row, record)
            ln of the values of records, each in the unit of the record.
        whose : sequence of int (row,), optional
            Which person each row is, by number from 0; a person may come in several rows, which are integrated side by
            side. Everybody once, in order, unless given.

        Returns
        -------
        list of (array (sample,), array (sample, record))
            Predictions in ng/mL, in the order of a person's levels, and ∂prediction/∂ln record; NaN throughout where
            the model could not be solved.
        """
        return self._asked(logarithms, whose, sensitive=True)

    def _asked(
        self, logarithms: Array, whose: Sequence[int] | None = None, *, sensitive: bool
    ) -> list[tuple[Array, Array]]:  # fmt: skip
        """Predictions and slopes of rows; slopes are nought where they are not asked for."""
        who = range(len(self.people)) if whose is None else whose
        found: list[tuple[Array, Array]] = [(np.empty(0), np.empty((0, 0)))] * len(who)
        values = np.exp(logarithms)
        for group in self._groups:
            members = set(group.members)
            rows = [row for row, i in enumerate(who) if i in members]
            own = [self._held(group, who[row]) for row in rows]
            requests = [
                _under(self.people[who[row]].request, self.records, values[row], group.records[~held])
                for row, held in zip(rows, own, strict=True)
            ]
            curves = sloped(
                group.laboratory, requests, group.names if sensitive else (), grids=[group.grid] * len(requests),
                relative=self._relative, threads=self._threads,
            )  # fmt: skip
            for row, held, curve in zip(rows, own, curves, strict=True):
                found[row] = self._read(self.people[who[row]], group, curve, held)
        return found

    def _held(self, group: _Group, i: int) -> NDArray[np.bool_]:
        """Which of the names of a group one of its people has as its own, (name,)."""
        request = self.people[i].request
        mine = {name.removesuffix(f".{request.species}") for name in (*request.traits, *request.settings)}
        return np.array([name in mine for name in group.names], dtype=bool)

    def _read(
        self, person: Person, group: _Group, curve: Sloped, held: NDArray[np.bool_]
    ) -> tuple[Array, Array]:  # fmt: skip
        """Predictions of one person and their slopes, off its curves."""
        outputs = [label.name for label in curve.course.labels]
        at = np.concatenate([np.searchsorted(group.grid, levels.times) for levels in person.levels])
        which = np.concatenate([np.full(len(one.times), outputs.index(one.output)) for one in person.levels])
        predicted, slopes = curve.course.values[0, at, which], np.zeros((len(at), len(self.records)))
        if curve.names:
            slopes[:, group.records] = np.where(held, 0.0, curve.slopes[at, which])
        if not curve.course.outcomes[0].solved:
            predicted, slopes = np.full_like(predicted, np.nan), np.full_like(slopes, np.nan)
        return predicted, slopes


class Measured(AbstractExplained):
    """Levels of people, as residuals of what a fit moves.

    Parameters
    ----------
    people : sequence of Person
    translation : Translation
        From what is moved to values of records.
    error : AbstractResidual
        What is known of the errors of levels.
    evidence : Evidence
    laboratories : Laboratories, optional
        Models that stand ready; made anew unless given.
    bend : float, optional
        Residuals beyond it pull less and less (`reuptake.calibration.objective.soft`); none do unless given.
    relative : float
        Relative tolerance of a step of the solver.
    threads : int

    Raises
    ------
    InputError
        If there is no sample, a record is in no model or doses depend on it, an output is not there, or a level was
        measured where the model can have none, before the first dose say; all at once.
    """

    def __init__(
        self, people: Sequence[Person], translation: Translation, error: AbstractResidual, evidence: Evidence, *,
        laboratories: Laboratories | None = None, bend: float | None = None,
        relative: float = RELATIVE_TOLERANCE, threads: int = 1,
    ) -> None:  # fmt: skip
        self.people, self.parameters = tuple(people), translation.parameters
        self.translation, self.error, self.bend, self.evidence = translation, error, bend, evidence
        self.resolution = resolved(relative)
        samples = [(person, one) for person in self.people for one in person.levels]
        if not sum(len(one.times) for _, one in samples):
            raise InputError(Problem("there is no level to be explained", "", "give a table with levels"))
        self.labels = tuple(label for person in self.people for label in sample_labels(person))
        self._measured = np.concatenate([one.values for _, one in samples])
        limits = [np.full(len(one.times), np.nan if one.limit is None else one.limit) for _, one in samples]
        self._limits = np.concatenate(limits)
        self._batch = PeopleBatch(
            self.people, translation.names, evidence, laboratories=laboratories, relative=relative, threads=threads
        )
        self._see_that_levels_can_be(to_search(self.parameters, [one.start for one in self.parameters]))

    @property
    def worth(self) -> Array:
        return np.where(np.isnan(self._measured), 0.0, 1.0)

    def residuals(self, x: Array) -> Residuals:
        raw = self._raw(x)[1]
        return raw if self.bend is None or np.isnan(raw.values).any() else soft(raw, self.bend)

    def rows(self, x: Array) -> tuple[Row, ...]:
        """Every sample, measured and predicted at x (parameter,); one below the limit bears that limit as measured."""
        predicted, raw = self._raw(x)
        found, i = [], 0
        for person in self.people:
            for levels in person.levels:
                for time, value in zip(levels.times.tolist(), levels.values.tolist(), strict=True):
                    below = np.isnan(value)
                    label = f"{levels.output}, below the limit" if below else levels.output
                    measured = float(self._limits[i]) if below else value
                    found.append(
                        Row(
                            person.name,
                            label,
                            measured,
                            float(predicted[i]),
                            "ng/mL",
                            float(raw.values[i]),
                            time,
                            bool(below),
                        )
                    )
                    i += 1
        return tuple(found)

    def _raw(self, x: Array) -> tuple[Array, Residuals]:
        """Predictions (sample,), and residuals before any bend; NaN throughout where one of them cannot be."""
        predicted, slopes = self._predicted(x)
        values, steepness = self.error.residuals(self._measured, self._limits, predicted)
        if not np.isfinite(values).all():
            values, slopes = np.full_like(values, np.nan), np.full_like(slopes, np.nan)
        return predicted, Residuals(values, slopes * steepness[:, None])

    def _predicted(self, x: Array) -> tuple[Array, Array]:
        """Predictions (sample,), ng/mL, and their slopes (sample, parameter)."""
        settings = self.translation.settings(x)
        found = self._batch.predict_all(self._logarithms(settings))
        predicted = np.concatenate([values for values, _ in found])
        return predicted, np.concatenate([slopes for _, slopes in found]) @ settings.slopes

    def _logarithms(self, settings: Settings) -> Array:
        """The same values for all people, ln (subject, record)."""
        return np.tile(np.log(np.array(list(settings.values.values()))), (len(self.people), 1))

    def _see_that_levels_can_be(self, start: Array) -> None:
        """Refuse levels where the model has nothing, and those below a limit that nobody states."""
        predicted = np.concatenate(self._batch.predict(self._logarithms(self.translation.settings(start))))
        below = np.isnan(self._measured)
        problems = unreachable(self.labels, self._measured, predicted)
        hint = "state the limit of quantification"
        problems += [
            Problem("a level below a limit that is not stated", self.labels[i], hint)
            for i in np.flatnonzero(below & ~(self._limits > 0.0)).tolist()
        ]
        if problems:
            raise InputError(problems)


def unreachable(labels: Sequence[str], measured: Array, predicted: Array) -> list[Problem]:
    """A problem for each level (sample,) that was measured, not below a limit, where the model has none."""
    hint = (
        "at or before the first dose, or within moments of it, the model has no level: leave it out, or mend its time"
    )
    return [
        Problem(f"{measured[i]:g} ng/mL were measured where the model has none", labels[i], hint)
        for i in np.flatnonzero(~np.isnan(measured) & (predicted <= 0.0)).tolist()
    ]


def sample_labels(person: Person) -> list[str]:
    """What each sample of a person is called (sample,)."""
    return [f"{person.name}: {one.output} at {time:g} h" for one in person.levels for time in one.times]


def _under(request: Request, records: Sequence[str], values: Array, chosen: Integers) -> Request:
    """A request with some records set."""
    mine = {records[k]: float(values[k]) for k in chosen}
    return replace(request, settings={**request.settings, **mine})


def _grouped(people: Sequence[Person], records: Sequence[str], laboratories: Laboratories) -> tuple[_Group, ...]:
    """People by the laboratory that they run in."""
    together: dict[int, tuple[Laboratory, list[int]]] = {}
    for i, person in enumerate(people):
        laboratory = laboratories.of(person.request)
        together.setdefault(id(laboratory), (laboratory, []))[1].append(i)
    found = []
    for laboratory, members in together.values():
        times = [levels.times for i in members for levels in people[i].levels]
        names = [name.removesuffix(f".{laboratory.species}") for name in records]
        known = np.array([k for k, name in enumerate(names) if name in laboratory.table.names], dtype=np.int64)
        grid = np.unique(np.concatenate([np.zeros(1), *times]))
        found.append(_Group(laboratory, tuple(members), grid, known, tuple(names[k] for k in known)))
    return tuple(found)


def _unknown_records(groups: Sequence[_Group], records: Sequence[str]) -> list[Problem]:
    known = {int(k) for group in groups for k in group.records}
    names = [name for group in groups for name in group.laboratory.table.names]
    return [
        Problem(f"none of the models has a record '{name}'", "", nearest(name, names))
        for k, name in enumerate(records)
        if k not in known
    ]


def _in_doses(groups: Sequence[_Group], people: Sequence[Person]) -> list[Problem]:
    return [
        Problem(f"doses depend on '{name}', so its effect is no slope of the model", "", "leave it out")
        for group in groups
        for name in sorted(doses_depend_on(group.laboratory, list({people[i].request.compound for i in group.members})))
        if name in group.names
    ]


def _unknown_outputs(groups: Sequence[_Group], people: Sequence[Person]) -> list[Problem]:
    problems = []
    for group in groups:
        outputs = [output.name for output in group.laboratory.kernel.system.outputs]
        for person in (people[i] for i in group.members):
            problems += [
                Problem(f"the model has no output '{levels.output}'", person.name, nearest(levels.output, outputs))
                for levels in person.levels
                if levels.output not in outputs
            ]
    return problems
