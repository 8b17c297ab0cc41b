"""From a person's own table of levels to subjects that can be simulated: each dosed, and each as it is, like its rows.

A table says when and how much; words beside it say what is the same for all: the compound, the species, what else was
taken. Times begin with a subject's first dose, or with the other drugs if those were taken before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from reuptake.calibration.measured import Levels, Person
from reuptake.dosing.regimens import Regimen, parse_time
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence
from reuptake.evidence.records import impossible
from reuptake.exchange import request as tables
from reuptake.exchange.courses import Course, Courses, read_courses
from reuptake.exchange.samples import MOMENT
from reuptake.exchange.tables import Table
from reuptake.model.assemble import followed
from reuptake.simulation.request import Request, parse_request
from reuptake.units import convert, unit

__all__ = ["WORDS", "people_of"]

T = TypeVar("T")
OF_TABLE = ("dose", "route", "infuse_over", "weight", "lloq", "time_unit", "conc_unit", "dose_unit")
OF_ALL = ("species", "coadministered", "lead", "genotypes", "phenotypes", "settings")
WORDS = ("compound", "analytes", "every", "for", "columns", *OF_TABLE, *OF_ALL)


def people_of(
    data: Table | str | Path | Mapping[str, Any], evidence: Evidence, words: Mapping[str, Any]
) -> tuple[Person, ...]:  # fmt: skip
    """The subjects of a table of levels.

    Parameters
    ----------
    data : Table, path, or mapping of header to column
        Plain rows, a column for each subject, or dosing records in the manner of NONMEM.
    evidence : Evidence
    words : mapping of word to text
        What is the same for all. ``compound`` is needed. Doses, where the table has none: ``dose``, ``every``, ``for``,
        ``route``, ``infuse_over``. How the table is read: ``conc_unit``, ``dose_unit``, ``time_unit``, ``lloq``,
        ``weight``, ``columns`` (role to header), ``analytes`` (what the table calls it to compound, or to an output
        such as ``brain.imipramine``). Else as in `reuptake.simulation.request.parse_request`.

    Returns
    -------
    tuple of Person
        What was taken for granted stands in the notes of their requests.

    Raises
    ------
    InputError
        With every problem of the table and of the words.
    """
    said = _parsed(words, evidence)
    courses = read_courses(
        data, said.table, until=said.until, genes=evidence.alleles if said.species == "human" else (),
        molar_masses=said.molar_masses(evidence),
    )  # fmt: skip
    problems: list[Problem] = []
    people = [_tried(partial(_person, course, courses, said, evidence), problems) for course in courses.courses]
    if problems:
        raise InputError(dict.fromkeys(problems))
    return tuple(person for person in people if person is not None)


@dataclass(frozen=True)
class _Said:
    """Words, checked: those about the table, and those about all subjects."""

    compound: str
    species: str
    analytes: Mapping[str, str]
    table: tables.Request
    until: float | None
    others: Mapping[str, Any]

    def followed(self, evidence: Evidence) -> list[str]:
        """The compound and all that it turns into."""
        return [one.compound for one in followed(evidence, [self.compound], self.species)]

    def meant(self, analyte: str) -> str:
        """The compound, or the output, that the table calls so."""
        return self.analytes.get(analyte.lower(), analyte.lower() or self.compound)

    def molar_masses(self, evidence: Evidence) -> dict[str, float]:
        """Molar masses (kg/nmol) by what the table calls a compound."""
        names = self.followed(evidence)
        called = {**{name: name for name in names}, **self.analytes, "": self.compound}
        compounds = {word: one.rsplit(".", 1)[-1] for word, one in called.items()}
        return {word: _molar_mass(evidence, one) for word, one in compounds.items() if one in names}


def _molar_mass(evidence: Evidence, compound: str) -> float:
    record = evidence.record(f"{compound}.molar_mass")
    return record.number * unit(record.unit).factor


def _parsed(words: Mapping[str, Any], evidence: Evidence) -> _Said:
    """Words, checked all at once."""
    problems = [Problem(f"unknown word '{word}'", "", nearest(word, WORDS)) for word in words if word not in WORDS]
    told = {word: words[word] for word in OF_TABLE if words.get(word) is not None}
    columns = [f"{role}={header}" for role, header in dict(words.get("columns") or {}).items()]
    table = _tried(lambda: tables.parse_request(**told, tau=words.get("every"), columns=columns), problems)
    length = words.get("for")
    until = None if length is None else _tried(lambda: parse_time(length, "for", example="28 d"), problems)
    name, species = words.get("compound"), words.get("species") or "human"
    if name is None:
        hint = "say what was given, as in compound: imipramine"
        problems.append(Problem("no compound is named", "compound", hint))
    else:
        _tried(lambda: evidence.compound(name, "compound"), problems)
    if problems or table is None or name is None:
        raise InputError(problems)
    analytes = {str(word).lower(): str(meant) for word, meant in dict(words.get("analytes") or {}).items()}
    others = {word: words[word] for word in OF_ALL if words.get(word) is not None}
    table = replace(table, molar_mass=_molar_mass(evidence, name))
    return _Said(name, species, analytes, table, until, others)


def _person(course: Course, courses: Courses, said: _Said, evidence: Evidence) -> Person:
    """One subject as it can be simulated."""
    begin = course.begin
    last = max(float(one.times[-1]) for one in course.sampled)
    request = _placed(course, lambda: _request(course, last - begin, said, evidence))
    # Other drugs may have been taken before (lead): then the first dose comes later than the start.
    shift = request.regimens[0].doses[0].time - begin
    known = said.followed(evidence)
    problems: list[Problem] = []
    levels = []
    for one in course.sampled:
        meant = said.meant(one.analyte)
        if meant not in known and "." not in meant:
            hint = f"say which it is, as in analytes: {{{one.analyte}: {known[0]}}}; {nearest(meant, known)}"
            problems.append(Problem(f"'{meant}' is not formed from {said.compound}", one.place, hint))
        output = meant if "." in meant else f"plasma.{meant}"
        levels.append(Levels(output, one.times + shift, one.levels, one.limit))
    traits = {**request.traits, **_body_mass(course, said.species, evidence, problems)}
    if problems:
        raise InputError(problems)
    regimens = (*_regimens(course, said.compound, last, shift), *request.regimens[1:])
    notes = (*request.notes, *courses.notes, *_left_aside(course))
    request = replace(request, regimens=regimens, traits=traits, notes=notes)
    return Person(course.name, request, tuple(levels), course.subject if course.subject != course.name else "")


def _request(course: Course, length: float, said: _Said, evidence: Evidence) -> Request:
    """The request of one subject, but for doses that words cannot say."""
    first, others = course.given[0], dict(said.others)
    for kind, star in (("genotypes", True), ("phenotypes", False)):
        own = [f"{gene}={word}" for gene, word in course.genes.items() if ("*" in word) is star]
        both = [others.pop(kind)] if isinstance(others.get(kind), str) else list(others.pop(kind, ()))
        # What the table says of a subject goes before what is said of all.
        others[kind] = [text for text in both if text.partition("=")[0].strip().upper() not in course.genes] + own
    return parse_request(
        evidence, said.compound, dose=f"{first.amount.number!r} {first.amount.unit.text}", route=first.route,
        duration=f"{length!r} h", infuse_over=f"{first.duration!r} h" if first.duration else None, **others,
    )  # fmt: skip


def _regimens(course: Course, compound: str, last: float, shift: float) -> list[Regimen]:
    """What a subject was given until its last sample, by route; times (h) shifted to those of the request."""
    found = []
    for route in dict.fromkeys(record.route for record in course.given):
        doses = [
            replace(dose, time=dose.time + shift)
            for record in course.given
            if record.route == route
            for dose in record.doses
            if dose.time <= last
        ]
        doses.sort(key=lambda dose: dose.time)
        apart = [later.time - earlier.time for earlier, later in pairwise(doses)]
        even = bool(apart) and np.ptp(apart) <= MOMENT < apart[0]
        if doses:
            found.append(Regimen(compound, route, tuple(doses), apart[0] if even else None))
    return found


def _body_mass(course: Course, species: str, evidence: Evidence, problems: list[Problem]) -> dict[str, float]:
    """The record of the body mass, where the table or a word states it."""
    if course.weight is None:
        return {}
    record = evidence.record("body.mass", species)
    number = convert(course.weight, "kg_body", record.unit)
    if complaint := impossible(record.name, number):
        problems.append(Problem(complaint, course.place))
    return {record.name: number}


def _left_aside(course: Course) -> Sequence[str]:
    """What is known of a subject and does not enter the model of the reference individual."""
    known = [word for word, value in (("age", course.age), ("sex", course.sex)) if value]
    return [f"{' and '.join(known)} of a subject change nothing in the model of the reference individual"] * bool(known)


def _placed(course: Course, made: Callable[[], T]) -> T:
    """The same; problems stand where the subject stands in the table."""
    try:
        return made()
    except InputError as error:
        raise InputError(replace(one, where=f"{course.place}: {one.where}") for one in error.problems) from None


def _tried(made: Callable[[], T], problems: list[Problem]) -> T | None:
    """The same, or nothing and its problems."""
    try:
        return made()
    except InputError as error:
        problems.extend(error.problems)
        return None
