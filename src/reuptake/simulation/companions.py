"""What else a subject takes: ``"quinidine 200 mg every 24h"``, ``"smoking"``.

    NAME DOSE [every TIME] [by ROUTE] [from TIME] [for TIME]      a drug; times count from the start of the run
    NAME                                                          a habit, lasting since long before

Without ``every`` it is a single dose, without ``for`` a course goes on to the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from reuptake.dosing.regimens import Regimen, parse_amount, parse_route, parse_time
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence
from reuptake.evidence.compounds import Compound

__all__ = ["Companions", "parse_companions"]

WHERE = "--with"
EXAMPLE = "write it like 'quinidine 200 mg every 24h'"
PARTS = ("every", "by", "from", "for")
INFUSION = 1.0  # h


@dataclass(frozen=True)
class Companions:
    """Courses of other drugs, and values that lasting habits replace, each in the unit of its record."""

    regimens: tuple[Regimen, ...] = ()
    settings: Mapping[str, float] = field(default_factory=dict)


def parse_companions(
    evidence: Evidence, texts: Iterable[str], victim: str, until: float, species: str, where: str = WHERE
) -> Companions:
    """Courses from text, to the end of the run (h).

    Raises
    ------
    InputError
        With every mistake: an unknown drug, one given twice, the drug itself, doses that are none.
    """
    problems: list[Problem] = []
    regimens: list[Regimen] = []
    settings: dict[str, float] = {}
    seen: set[str] = set()
    for text in texts:
        try:
            compound, words = _words(evidence, text, where)
            name = compound.compound
            if name == victim:
                raise InputError(Problem(f"{name} cannot be given beside itself", where, "change --dose and --every"))
            _see_that_it_can_be_given(evidence, compound, words, species, where)
            if name in seen:
                raise InputError(
                    Problem(f"{name} is given twice; its courses would overlap", where, "put it into one course")
                )
            seen.add(name)
            if compound.kind == "exposure":
                settings |= _habit(evidence, name, words, species, where)
            else:
                regimens.append(_course(name, words, until, where))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return Companions(tuple(regimens), settings)


def _words(evidence: Evidence, text: str, where: str) -> tuple[Compound, dict[str, str]]:
    """The compound, and its dose and parts by keyword."""
    name, _, rest = text.strip().partition(" ")
    if not name:
        raise InputError(Problem("nothing is named", where, EXAMPLE))
    dose, *pieces = re.split(rf"(?:^|\s+)({'|'.join(PARTS)})\s+", rest.strip())
    words: dict[str, str] = {"dose": dose.strip()}
    for keyword, value in zip(pieces[::2], pieces[1::2], strict=True):
        if keyword in words:
            raise InputError(Problem(f"'{text}' says '{keyword}' twice", where))
        words[keyword] = value.strip()
    return evidence.compound(name.lower(), where), words


def _see_that_it_can_be_given(
    evidence: Evidence, compound: Compound, words: Mapping[str, str], species: str, where: str
) -> None:
    name = compound.compound
    if compound.disposition == "compact" and not evidence.find(f"{name}.volume_central", species):
        hint = f"its file needs a record '{name}.volume_central', and those in docs/reference/evidence-files.md"
        raise InputError(Problem(f"nothing is known of the kinetics of {name} in {species}", where, hint))
    swallowed = words.get("by", "po") == "po" and compound.kind != "exposure"
    if swallowed and compound.kind == "metabolite" and not evidence.find(f"{name}.absorption_rate", species):
        parents = [one.compound for one in evidence.compounds.values() if name in {p.product for p in one.pathways}]
        hint = f"give {' or '.join(parents)}" if parents else ""
        raise InputError(Problem(f"{name} is a metabolite and is not given by mouth", where, hint))


def _habit(evidence: Evidence, name: str, words: Mapping[str, str], species: str, where: str) -> dict[str, float]:
    if any(words.values()):
        raise InputError(Problem(f"{name} is a lasting exposure and takes no dose", where, f"write '{name}' alone"))
    record = evidence.find(f"{name}.exposure", species)
    if record is None:
        raise InputError(Problem(f"nothing is known of {name} in {species}", where))
    return {record.name: 1.0}


def _course(name: str, words: Mapping[str, str], until: float, where: str) -> Regimen:
    if not words["dose"]:
        raise InputError(Problem(f"no dose of {name} is given", where, EXAMPLE))
    amount = parse_amount(_without_strays(words["dose"], where), where)
    route = parse_route(words.get("by", "po"), where)
    begin = parse_time(words["from"], where, zero=True) if "from" in words else 0.0
    length = parse_time(words["for"], where) if "for" in words else until - begin
    if begin >= until:
        raise InputError(Problem(f"{name} begins when the run has ended", where, "give a later end, or begin earlier"))
    run_in = INFUSION if route == "iv-infusion" else 0.0
    if "every" not in words:
        return Regimen.single(name, route, amount, at=begin, duration=run_in)
    every = parse_time(words["every"], where)
    course = Regimen.repeated(
        name, route, amount, every=every, until=min(length, until - begin), duration=run_in
    ).shifted(begin)
    if course.overlapping_infusions():
        raise InputError(Problem(f"an infusion of {name} begins before the one before it ends", where))
    return course


def _without_strays(dose: str, where: str) -> str:
    """The dose, if nothing else stands beside it."""
    found = re.fullmatch(r"[\d.,eE+-]+\s*\S+", dose)
    if not found:
        words = [word for word in re.findall(r"[a-z]+", dose.lower()) if len(word) > 3]
        hint = next((nearest(word, PARTS) for word in words), "") or EXAMPLE
        raise InputError(Problem(f"'{dose}' is no dose", where, f"{EXAMPLE}; {hint}" if hint != EXAMPLE else hint))
    return dose
