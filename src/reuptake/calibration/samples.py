"""What was measured in one person, and what is to be given instead: words, checked all at once.

    ANALYTE LEVEL at TIME           imipramine 120 ng/mL at 27d 23h, imipramine+desipramine 330 ng/mL at 28d
    DOSE every TIME                 50 mg every 24h

Times count from the first dose of the drug. Several analytes measured together are added by mass.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reuptake.dosing.regimens import parse_amount, parse_time
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence
from reuptake.exchange.tables import read_table
from reuptake.units import Quantity, quantity, ratio, unit

__all__ = ["Sample", "parse_change", "parse_levels", "read_levels", "repeated", "sample"]

LEVEL = "ng/mL"
COLUMNS = ("analyte", "level", "time")
WHERE, EXAMPLE = "--level", "imipramine 120 ng/mL at 27d 23h"
_LEVEL = re.compile(r"\s*(\S+)\s+(\S.*?)\s+at\s+(\S.*?)\s*\Z", re.I)
_CHANGE = re.compile(r"\s*(\S.*?)\s+every\s+(\S.*?)\s*\Z", re.I)
_PIECE = re.compile(r"-?[0-9.]+\s*[^\W\d_]+")


@dataclass(frozen=True)
class Sample:
    """One level of one person.

    Attributes
    ----------
    analytes : tuple of str
        One, or several that were measured together.
    level : float, ng/mL
    time : float, h
        Since the first dose of the drug.
    """

    analytes: tuple[str, ...]
    level: float
    time: float

    @property
    def analyte(self) -> str:
        """Names as they are written, such as ``imipramine+desipramine``."""
        return "+".join(self.analytes)

    @property
    def label(self) -> str:
        """What and when, for people."""
        return f"{self.analyte} at {self.time:g} h"


def parse_levels(
    evidence: Evidence, texts: Sequence[str], known: Sequence[str], until: float | None
) -> tuple[list[Sample], list[Problem]]:
    """Levels from text, and everything that is wrong with the others.

    Parameters
    ----------
    known : sequence of str
        Analytes that the model follows.
    until : float or None, h
        End of the course; None where that is not known.
    """
    problems: list[Problem] = []
    written: list[tuple[str, str, str, str]] = []
    for text in texts:
        match = _LEVEL.match(text)
        if match is None:
            problems.append(Problem(f"'{text}' is no level", WHERE, f"write it like '{EXAMPLE}'"))
        else:
            written.append((match[1], match[2], match[3], WHERE))
    found, more = _samples(evidence, written, known, until)
    return found, problems + more


def read_levels(
    evidence: Evidence, path: Path, known: Sequence[str], until: float | None
) -> tuple[list[Sample], list[Problem]]:
    """Levels from a table with columns ``analyte``, ``level`` and ``time``, and what is wrong in it, line by line.

    Cells are written as for `parse_levels`.

    Raises
    ------
    InputError
        If the file cannot be read or lacks a column.
    """
    table = read_table(path)
    lacking = [name for name in COLUMNS if name not in table.columns]
    if lacking:
        hint = "columns are analyte, level and time, with units in the cells: imipramine, 120 ng/mL, 27d 23h"
        raise InputError(Problem(f"no column '{name}'", table.file, hint) for name in lacking)
    columns = [[word or "" for word in table.words(name).to_pylist()] for name in COLUMNS]
    return _samples(evidence, list(zip(*columns, table.places(range(table.rows)), strict=True)), known, until)


def _samples(
    evidence: Evidence, written: Iterable[tuple[str, str, str, str]], known: Sequence[str], until: float | None
) -> tuple[list[Sample], list[Problem]]:
    """Levels from analytes, levels, times and places, and everything that is wrong with the others."""
    problems: list[Problem] = []
    found: list[Sample] = []
    for analyte, level, time, where in written:
        try:
            found.append(sample(evidence, analyte, level, time, known, until, where))
        except InputError as error:
            problems += error.problems
    return found, problems


def sample(
    evidence: Evidence, analyte: str, level: str, time: str, known: Sequence[str], until: float | None,
    where: str = WHERE,
) -> Sample:  # fmt: skip
    """One level from its three words.

    Raises
    ------
    InputError
        With everything that is wrong with it.
    """
    problems: list[Problem] = []
    analytes = tuple(part.strip().lower() for part in analyte.split("+"))
    strange = [name for name in analytes if name not in known]
    problems += [Problem(f"no level of '{name}' in this model", where, nearest(name, known)) for name in strange]
    if len(set(analytes)) < len(analytes):
        problems.append(Problem(f"'{analyte}' adds one analyte to itself", where, "name each once"))
    number, hours = 0.0, 0.0
    try:
        number = _mass_level(evidence, quantity(level, example="120 ng/mL"), level, () if strange else analytes)
    except InputError as error:
        problems += [Problem(f"{analyte}: {problem.message}", where, problem.hint) for problem in error.problems]
    try:
        hours = _since_first_dose(time)
        if until is not None and hours > until:
            hint = f"--for says that doses go on for {until:g} h; give levels within, or a longer course"
            raise InputError(Problem(f"'{time}' is beyond the course", hint=hint))
    except InputError as error:
        problems += [Problem(f"{analyte}: {problem.message}", where, problem.hint) for problem in error.problems]
    if problems:
        raise InputError(problems)
    return Sample(analytes, number, hours)


def parse_change(text: str, where: str = "--predict") -> tuple[str, str]:
    """Dose and interval of another regimen, each as text that `parse_request` takes.

    Raises
    ------
    InputError
        With everything that is wrong with it.
    """
    match = _CHANGE.match(text)
    if match is None:
        raise InputError(Problem(f"'{text}' is no regimen", where, "write it like '50 mg every 24h'"))
    problems: list[Problem] = []
    for parse in (lambda: parse_amount(match[1], where), lambda: parse_time(match[2], where)):
        try:
            parse()
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return match[1], match[2]


def _mass_level(evidence: Evidence, given: Quantity, text: str, analytes: Sequence[str]) -> float:
    """A level in ng/mL, of mass or, for a single analyte, of substance."""
    if not given.number > 0.0:
        hint = "leave out what was below the limit of quantification: it is not used yet"
        raise InputError(Problem(f"a level is above zero (got '{text}')", hint=hint))
    if given.unit.dimension == unit(LEVEL).dimension:
        return given.number * ratio(given.unit, unit(LEVEL))
    if given.unit.dimension != unit("nmol/L").dimension:
        raise InputError(Problem(f"'{text}' is no level", hint="write it in ng/mL, or in nmol/L"))
    if len(analytes) > 1:
        raise InputError(Problem("a sum of analytes is a sum of masses", hint="write it in ng/mL"))
    masses = [evidence.record(f"{name}.molar_mass") for name in analytes]
    return sum(given.canonical * one.number * unit(one.unit).factor for one in masses) / unit(LEVEL).factor


def _since_first_dose(text: str) -> float:
    """A time of one or several pieces, ``27d 23h``, in h."""
    if text.lstrip().startswith("-"):
        raise InputError(Problem(f"'{text}' is before the first dose", hint="times count from the first dose"))
    pieces = _PIECE.findall(text)
    if not pieces or _PIECE.sub("", text).strip(" ,"):
        raise InputError(Problem(f"'{text}' is no time", hint="write it like '27d 23h', since the first dose"))
    try:
        hours = math.fsum(parse_time(piece, "", zero=True) for piece in pieces)
    except InputError as error:
        raise InputError(Problem(one.message, hint="write it like '27d 23h'") for one in error.problems) from None
    if not hours > 0.0:
        raise InputError(Problem(f"'{text}' is not after the first dose", hint="times count from the first dose"))
    return round(hours, 9)


def repeated(samples: Iterable[Sample]) -> Iterable[Problem]:
    """A problem for each level of an analyte at a time that has one already."""
    seen: set[tuple[str, float]] = set()
    for one in samples:
        key = one.analyte, round(one.time, 9)
        if key in seen:
            yield Problem(f"two levels of {one.label}", WHERE, "give the one that holds, or their mean")
        seen.add(key)
