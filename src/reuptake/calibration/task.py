"""What a fit is to explain: studies that the model can be asked, and people of tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reuptake.calibration.measured import Measured, Person
from reuptake.calibration.people import people_of
from reuptake.calibration.published import Published, Question, carried
from reuptake.calibration.residual import AbstractResidual, Logarithmic, Normal
from reuptake.calibration.rows import Joined
from reuptake.calibration.specification import Specification, TableOf
from reuptake.calibration.translation import Translation
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence
from reuptake.evidence.reading import Document
from reuptake.evidence.studies import Study
from reuptake.simulation.observation import OBSERVED, Laboratories, askable, simulator

__all__ = ["Task"]

JUDGING = "is held out for judging; what is fitted to it can no longer be judged by it"


@dataclass(frozen=True)
class Task:
    """All that a fit is to explain, before it is said how well."""

    specification: Specification
    evidence: Evidence
    translation: Translation
    questions: Sequence[Question]
    people: Sequence[tuple[TableOf, tuple[Person, ...]]]
    notes: tuple[str, ...]
    threads: int

    @staticmethod
    def read(
        specification: Specification, document: Document, evidence: Evidence, translation: Translation, threads: int
    ) -> Task:  # fmt: skip
        """Studies that can be asked and people of tables, with every problem of both."""
        data, folder = specification.data, Path(document.file).parent
        questions, notes = _questions(specification, document, evidence, translation) if data.studies else ([], [])
        _see_that_errors_can_be(specification, document)
        people = [
            (one, _people(one, folder, evidence, specification.species, document.where(("data", "tables", i))))
            for i, one in enumerate(data.tables)
        ]
        notes += [_in_words(note) for _, some in people for person in some for note in person.request.notes]
        notes += _without_effect(specification, translation, questions)
        return Task(specification, evidence, translation, questions, people, tuple(dict.fromkeys(notes)), threads)

    def objective(self, sigma: float) -> Joined:
        """The misses, weighed with this standard deviation where the file leaves it open."""
        weighing, threads = self.specification.weighing, self.threads
        studies = [Published(self.evidence, self.questions, self.translation, weighing, sigma, threads)]
        tables = [
            Measured(some, self.translation, _residual(said, sigma), self.evidence, bend=weighing.bend, threads=threads)
            for said, some in self.people
        ]
        return Joined([*(studies if self.questions else []), *tables])


def _see_that_errors_can_be(specification: Specification, document: Document) -> None:
    """Refuse errors of tables that a sum of squares cannot hold, or that leave sigma nothing to be estimated from."""
    problems = []
    for i, one in enumerate(specification.data.tables):
        where = document.where(("data", "tables", i, "error"))
        if one.error is not None and one.error.share is not None:
            message = "an error that is a share of the level is weighed by what is fitted, which biases least squares"
            problems.append(Problem(message, where, "say 'error: {log: 0.2}', which is near it; or fit a population"))
        if one.error is not None and specification.weighing.sigma == "estimated":
            problems.append(Problem("sigma is estimated, and this table states an error", where, "keep one of them"))
    if problems:
        raise InputError(problems)


def _people(said: TableOf, folder: Path, evidence: Evidence, species: str, where: str) -> tuple[Person, ...]:
    """People of a table; what is wrong with words about it is told where the file says them."""
    try:
        return people_of(folder / said.file, evidence, said.words(species))
    except InputError as error:
        raise InputError(
            problem if ":" in problem.where else Problem(_named(problem), where, _in_words(problem.hint))
            for problem in error.problems
        ) from None


def _named(problem: Problem) -> str:
    return ": ".join(filter(None, (_in_words(problem.where), problem.message)))


def _in_words(text: str) -> str:
    """Options of a command line as the words of a fit file: ``--conc-unit`` is ``conc_unit``."""
    return re.sub(r"--([a-z][a-z-]*)", lambda option: option[1].replace("-", "_"), text)


def _without_effect(specification: Specification, translation: Translation, questions: Sequence[Question]) -> list[str]:
    """Notes on words of the weighing that nothing here feels."""
    weighing, notes = specification.weighing, []
    if not questions:
        said = [word for word in ("rough", "speaks", "omega") if getattr(weighing, word) is not None]
        notes += [f"{word} has no effect: it is about studies, and there are tables only" for word in said]
    elif weighing.omega is not None and not any(carried(study, o) for study, o in questions):
        notes.append("omega has no effect: none of these results is an area, a peak, a mean or a clearance of a study")
    return notes


def _residual(said: TableOf, sigma: float) -> AbstractResidual:
    """The error of the levels of a table."""
    own = said.error
    if own is None or own.log is not None:
        return Logarithmic(sigma if own is None or own.log is None else own.log)
    return Normal(own.constant or 0.0)


def _questions(
    specification: Specification, document: Document, evidence: Evidence, translation: Translation
) -> tuple[list[Question], list[str]]:
    """What the studies asked for can be asked, and notes on what cannot."""
    wanted, species = specification.data.studies, specification.species
    where = document.where(("data", "studies"))
    if wanted == "validation":
        raise InputError(Problem(f"the role validation {JUDGING}", where, "name those of role calibration"))
    if isinstance(wanted, str):
        studies = [study for study in evidence.studies if (study.role, study.species) == (wanted, species)]
    else:
        studies = list(_named_studies(wanted or (), species, evidence, where))
    start = translation.settings([one.search(one.start) for one in translation.parameters])
    run = simulator(Laboratories(evidence, kinds=OBSERVED), start.values)
    asked, left_out = askable(evidence, studies, run)
    found = _kept(asked, specification, document)
    left_out += [
        f"{one.study}, {one.arm or 'all arms'}, {one.analyte or 'all analytes'}: {one.because}"
        for one in specification.data.without
    ]
    if not found:
        raise InputError(Problem("none of these studies has a number that the model can be asked", where))
    return found, [f"left out: {line}" for line in left_out]


def _kept(asked: Sequence[Question], specification: Specification, document: Document) -> list[Question]:
    """Results that the file does not leave out; each of its words must leave out one."""
    out: set[int] = set()
    problems = []
    for i, one in enumerate(specification.data.without):
        meant = {
            k for k, (study, o) in enumerate(asked)
            if study.id == one.study and one.arm in (None, o.arm) and one.analyte in (None, o.analyte)
        }  # fmt: skip
        if not meant:
            where = document.where(("data", "without", i))
            known = sorted({study.id for study, _ in asked})
            problems.append(Problem("no result is left out by this", where, nearest(one.study, known)))
        out |= meant
    if problems:
        raise InputError(problems)
    return [question for k, question in enumerate(asked) if k not in out]


def _named_studies(wanted: Iterable[str], species: str, evidence: Evidence, where: str) -> Iterable[Study]:
    known = {study.id: study for study in evidence.studies}
    problems = [Problem(f"no study '{name}'", where, nearest(name, known)) for name in wanted if name not in known]
    problems += [
        Problem(f"'{name}' is a study of the {known[name].species}, this fit is of the {species}", where)
        for name in wanted
        if name in known and known[name].species != species
    ]
    problems += [
        Problem(f"'{name}' {JUDGING}", where, "a fit asks studies of role calibration or information")
        for name in wanted
        if name in known and known[name].role == "validation"
    ]
    if problems:
        raise InputError(problems)
    return (known[name] for name in wanted)
