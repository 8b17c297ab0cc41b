"""Every published study put to the model: what it was asked, what it answered, how far off it was.

Each question of `reuptake.qualification.questions` is answered by the reference individual through
`reuptake.simulation.observation` and becomes exactly one of

    row        a number that counts: ratio = predicted/observed
    reported   a number that is shown and does not count, with the reason
    direction  more, less or the same as another arm
    excluded   what could not be simulated, with the reason

A study may lie high or low as a whole, by its assay, its subjects or its sampling. Its effect is the mean log ratio
of the exposures in it; it is reported by name, and never explained away by kinetics.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reuptake.errors import InputError, ReuptakeError
from reuptake.evidence.base import Evidence, packaged
from reuptake.evidence.claims import Direction
from reuptake.evidence.studies import Role, Study
from reuptake.qualification.folds import BANDS, VARIABILITY, Folds, Limits, fold_error, folds, guest_limits
from reuptake.qualification.questions import EXPOSURES, NO_OBSERVABLE, Question, questions
from reuptake.simulation.observation import Laboratories, NotSimulated, Simulator, observe, simulator

__all__ = ["ROLES", "Compared", "Excluded", "Pointed", "StudyEffect", "Validation", "direction_of", "validate"]

ROLES: tuple[Role, ...] = ("calibration", "validation", "information")
JUDGED: tuple[Role, ...] = ("calibration", "validation")  # what statistics without a role are over
MAN = "human"
Told = Callable[[int, int], None]
NOTES = (
    "the reference individual stands for the middle of a study's subjects; where a study tells an SD, its mean is held "
    "against the prediction times the root of 1 + cv squared",
    "rows of role information judge nothing: values may have been taken from them, or they are advice; statistics "
    "over all rows leave them out",
    "rows are of man; rats and mice are models of their own, fitted to a few studies: animals holds their rows, "
    "species says how all do",
    "every row has equal weight; the interval of a GMFE counts studies, not rows",
    "by compound: rows by the compound that was given, whatever was measured of it and its metabolites",
    "times of the peak are reported and not counted: they are read off sparse samples of a mean curve",
    "study effects are mean ln(predicted/observed) of exposures; they are reported, and no part of the kinetics",
    "Guest's limits are for ratios with and without an inhibitor, with a variability of 1.25",
)


@dataclass(frozen=True)
class Compared:
    """A number beside its simulated counterpart, both in the unit of the observation."""

    question: Question
    observed: float
    predicted: float

    @property
    def ratio(self) -> float:
        """Predicted over observed."""
        return self.predicted / self.observed

    @property
    def limits(self) -> Limits | None:
        """Guest's limits of the predicted number, where it is a ratio of an interaction."""
        return guest_limits(self.observed) if self.question.ratio_of_interaction else None


@dataclass(frozen=True)
class Pointed:
    """A direction beside the simulated one."""

    question: Question
    expected: Direction
    predicted: Direction

    @property
    def claim(self) -> str:
        """The direction as a sentence."""
        o = self.question.observation
        return f"{o.quantity} of {o.analyte} in {o.arm} against {o.relative_to}"

    @property
    def holds(self) -> bool:
        """Whether they are the same."""
        return self.expected == self.predicted


@dataclass(frozen=True)
class Excluded:
    """What was not answered: one observation, or a whole study of quantities that have no observable yet."""

    study: str
    role: Role
    arm: str
    analyte: str
    quantity: str
    because: str


@dataclass(frozen=True)
class StudyEffect:
    """Mean ln(predicted/observed) of the exposures to one compound in one study; above nought: predicted too high."""

    study: str
    role: Role
    compound: str
    effect: float
    n: int


@dataclass(frozen=True)
class Validation:
    """Every answer of one run.

    Attributes
    ----------
    roles : tuple of str
        Which were asked.
    rows, reported : tuple of Compared
        Of man; `animals` holds the rows of rats and mice, which are models of their own and judged by themselves.
    directions : tuple of Pointed
    excluded : tuple of Excluded
    evidence : str
        Names the records, compounds and studies that it ran on.
    """

    roles: tuple[Role, ...]
    rows: tuple[Compared, ...]
    reported: tuple[Compared, ...]
    animals: tuple[Compared, ...]
    directions: tuple[Pointed, ...]
    excluded: tuple[Excluded, ...]
    evidence: str
    seconds: float

    def folds(
        self, *, role: Role | None = None, compound: str | None = None, domain: str | None = None
    ) -> Folds | None:
        """What the rows come to: all, or those of one role, given compound and domain; None if there are none."""
        return _folds_of(self.rows, role, compound, domain)

    def folds_of(self, species: str, role: Role | None = None) -> Folds | None:
        """What the rows of one species come to."""
        rows = [row for row in (*self.rows, *self.animals) if row.question.study.species == species]
        return _folds_of(rows, role)

    @property
    def species(self) -> tuple[str, ...]:
        """Whose rows there are."""
        return tuple(dict.fromkeys(row.question.study.species for row in (*self.rows, *self.animals)))

    @property
    def compounds(self) -> tuple[str, ...]:
        """What was given in the rows."""
        return tuple(dict.fromkeys(row.question.compound for row in self.rows))

    @property
    def domains(self) -> tuple[str, ...]:
        """What the rows are about."""
        return tuple(dict.fromkeys(row.question.domain for row in self.rows))

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader must know, and what a reader should not overlook."""
        misses = sum(fold_error(row.ratio) > BANDS[-1] for row in self.rows)
        notes = [
            *NOTES,
            f"{misses} of {len(self.rows)} rows lie outside {BANDS[-1]:g}-fold; a miss is reported, not tuned away",
            f"{sum(bool(e.arm) for e in self.excluded)} observations of kinetics could not be simulated, and "
            f"{sum(not e.arm for e in self.excluded)} studies have no observable yet; excluded says why",
        ]
        silent = [role for role in self.roles if self.folds(role=role) is None]
        return (*notes, *(f"no row of role {role}: its statistics are null" for role in silent))

    def study_effects(self) -> tuple[StudyEffect, ...]:
        """Where each study lies as a whole, from its exposures without co-administration; largest first.

        A clearance speaks of exposure with its sign turned.
        """
        found: dict[tuple[str, Role, str], list[float]] = {}
        for row in self.rows:
            q = row.question
            sign = EXPOSURES.get(q.observation.quantity)
            if sign and q.absolute and not q.arm.coadministered and q.observation.analyte == q.compound:
                found.setdefault((q.study.id, q.study.role, q.compound), []).append(sign * math.log(row.ratio))
        effects = [StudyEffect(*key, sum(logs) / len(logs), len(logs)) for key, logs in found.items()]
        return tuple(sorted(effects, key=lambda effect: (-abs(effect.effect), effect.study)))


def validate(evidence: Evidence | None = None, *, role: Role | None = None, told: Told | None = None) -> Validation:
    """Ask the model everything that published studies of one role, or of all, have measured.

    Parameters
    ----------
    evidence : Evidence, optional
        The packaged evidence unless given.
    role : str, optional
        ``calibration``, ``validation`` or ``information``.
    told : callable, optional
        Hears how many questions are answered, and of how many.
    """
    begun = time.perf_counter()
    known = evidence or packaged()
    table = questions(known, role)
    run = simulator(Laboratories(known), {})
    answers: list[Compared | Pointed | Excluded] = [_beyond(study) for study in table.beyond]
    for done, question in enumerate(table.asked, 1):
        answers.append(_answer(question, run, known))
        if told is not None:
            told(done, len(table.asked))
    compared = [answer for answer in answers if isinstance(answer, Compared)]
    counted = [answer for answer in compared if not answer.question.because]
    return Validation(
        ROLES if role is None else (role,),
        tuple(answer for answer in counted if answer.question.study.species == MAN),
        tuple(answer for answer in compared if answer.question.because),
        tuple(answer for answer in counted if answer.question.study.species != MAN),
        tuple(answer for answer in answers if isinstance(answer, Pointed)),
        tuple(answer for answer in answers if isinstance(answer, Excluded)),
        fingerprint(known),
        time.perf_counter() - begun,
    )


def _folds_of(
    rows: Iterable[Compared], role: Role | None = None, compound: str | None = None, domain: str | None = None
) -> Folds | None:
    chosen = [
        row for row in rows
        if row.question.study.role in (JUDGED if role is None else (role,))
        and compound in (None, row.question.compound)
        and domain in (None, row.question.domain)
    ]  # fmt: skip
    return folds([row.ratio for row in chosen], [row.question.study.id for row in chosen])


def direction_of(ratio: float) -> Direction:
    """More, less or the same; exposures within the margin of bioequivalence are the same."""
    if 1.0 / VARIABILITY <= ratio <= VARIABILITY:
        return "unchanged"
    return "increase" if ratio > 1.0 else "decrease"


def fingerprint(evidence: Evidence) -> str:
    """Names what a prediction and its judgement rest on: values in use, compounds and studies."""
    compounds = evidence.compounds.values()
    parts = {
        "values": sorted(f"{record.name} {record.number!r} {record.unit}" for record in evidence.in_use.values()),
        "compounds": sorted(compound.model_dump_json(exclude={"values", "claims"}) for compound in compounds),
        "studies": sorted(study.model_dump_json() for study in evidence.studies),
    }
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _answer(question: Question, run: Simulator, evidence: Evidence) -> Compared | Pointed | Excluded:
    observation = question.observation
    try:
        if observation.direction is not None and observation.relative_to is None:
            raise NotSimulated("a direction needs the arm that it is relative to")
        predicted = observe(question.study, observation, run, evidence)
    except ReuptakeError as error:
        return _excluded(question, error.problems[0].message if isinstance(error, InputError) else str(error))
    if not (math.isfinite(predicted) and predicted > 0.0):
        lacking = (
            "the model predicts none" if predicted == 0.0 else f"the simulated curve has no {observation.quantity}"
        )
        return _excluded(question, lacking)
    if observation.direction is not None:
        return Pointed(question, observation.direction, direction_of(predicted))
    if observation.number is None or observation.number <= 0.0:
        return _excluded(question, "only a number above nought has a ratio")
    return Compared(question, observation.number, predicted)


def _excluded(question: Question, because: str) -> Excluded:
    o = question.observation
    return Excluded(question.study.id, question.study.role, o.arm, o.analyte or "", o.quantity, because)


def _beyond(study: Study) -> Excluded:
    quantities = ", ".join(dict.fromkeys(o.quantity for o in study.observations))
    return Excluded(study.id, study.role, "", "", quantities, NO_OBSERVABLE)
