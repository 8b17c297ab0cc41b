"""What a fit is to explain: studies that the model can be asked, and people of tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reuptake.calibration.measured import Measured, Person
from reuptake.calibration.people import people_of
from reuptake.calibration.published import Published, Question
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
        people = [
            (one, people_of(folder / one.file, evidence, one.words(specification.species))) for one in data.tables
        ]
        notes += [note for _, some in people for person in some for note in person.request.notes]
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


def _residual(said: TableOf, sigma: float) -> AbstractResidual:
    """The error of the levels of a table."""
    own = said.error
    if own is None or own.log is not None:
        return Logarithmic(sigma if own is None or own.log is None else own.log)
    return Normal(own.constant or 0.0, own.share or 0.0)


def _questions(
    specification: Specification, document: Document, evidence: Evidence, translation: Translation
) -> tuple[list[Question], list[str]]:
    """What the studies asked for can be asked, and notes on what cannot."""
    wanted, species = specification.data.studies, specification.species
    where = document.where(("data", "studies"))
    if isinstance(wanted, str):
        studies = [study for study in evidence.studies if (study.role, study.species) == (wanted, species)]
    else:
        studies = list(_named_studies(wanted or (), species, evidence, where))
    start = translation.settings([one.search(one.start) for one in translation.parameters])
    run = simulator(Laboratories(evidence, kinds=OBSERVED), start.values)
    found, left_out = askable(evidence, studies, run)
    if not found:
        raise InputError(Problem("none of these studies has a number that the model can be asked", where))
    return found, [f"left out: {line}" for line in left_out]


def _named_studies(wanted: Iterable[str], species: str, evidence: Evidence, where: str) -> Iterable[Study]:
    known = {study.id: study for study in evidence.studies}
    problems = [Problem(f"no study '{name}'", where, nearest(name, known)) for name in wanted if name not in known]
    problems += [
        Problem(f"'{name}' is a study of the {known[name].species}, this fit is of the {species}", where)
        for name in wanted
        if name in known and known[name].species != species
    ]
    if problems:
        raise InputError(problems)
    return (known[name] for name in wanted)
