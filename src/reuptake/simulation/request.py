"""What is asked for: a person's words, checked all at once, as one immutable request."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from reuptake.dosing.regimens import Regimen, Route, parse_amount, parse_route, parse_time
from reuptake.engine.ensemble import BACKENDS
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence
from reuptake.evidence.records import impossible
from reuptake.model.assemble import MODELLED_SPECIES, followed
from reuptake.population.genotypes import individual
from reuptake.population.recipe import Recipe, population_of
from reuptake.simulation.companions import Companions, parse_companions
from reuptake.units import Quantity, quantity, unit

__all__ = ["USUAL_BACKEND", "Request", "parse_request", "parse_setting", "processors"]

T = TypeVar("T")
USUAL_BACKEND = BACKENDS[0]
MOST_SUBJECTS = 1_000_000
SINGLE_DOSE_RUN, USUAL_INFUSION = 240.0, 1.0  # h; what is meant where nothing is said
INFUSION = "the infusion runs in over 1 h (--infuse-over changes it)"
ANIMALS = (
    "the population varies around the reference animal, a male of one strain: each parameter by itself; "
    "reuptake evidence shows each between_subject_cv"
)
SHORTEST, LONGEST = 1.0 / 60.0, 24.0 * 366 * 5  # h


@dataclass(frozen=True)
class Request:
    """One simulation: who gets what, for how long, how many subjects, with which changes.

    The first regimen is that of the compound asked about; others are given beside it. `settings` are asked for by
    name; `traits` (genes, habits) are what a subject is, whether or not the model has a place for them. A course is
    read over its last interval, or over the last `reading` hours. People are drawn by the `recipe`; without one
    there is the reference individual, or animals around it.
    """

    compound: str
    regimens: tuple[Regimen, ...]
    duration: float
    species: str
    subjects: int
    seed: int
    settings: Mapping[str, float]
    traits: Mapping[str, float]
    recipe: Recipe | None
    backend: str
    threads: int
    words: Mapping[str, Any] = field(repr=False)
    notes: tuple[str, ...] = ()
    reading: float | None = None

    @property
    def doors(self) -> dict[str, tuple[Route, ...]]:
        """Routes by which each compound is given."""
        names = dict.fromkeys(regimen.compound for regimen in self.regimens)
        return {
            name: tuple(sorted({regimen.route for regimen in self.regimens if regimen.compound == name}))
            for name in names
        }


def parse_request(
    evidence: Evidence,
    compound: str,
    *,
    dose: str,
    every: str | None = None,
    duration: str | None = None,
    route: str = "po",
    infuse_over: str | None = None,
    species: str = "human",
    subjects: int = 1,
    seed: int = 1,
    settings: Iterable[str] = (),
    coadministered: Iterable[str] = (),
    lead: str | None = None,
    genotypes: Iterable[str] = (),
    phenotypes: Iterable[str] = (),
    population: Recipe | Mapping[str, Any] | None = None,
    backend: str = USUAL_BACKEND,
    threads: int | None = None,
) -> Request:
    """A request from text with units; as many threads as there are processors unless given.

    Raises
    ------
    InputError
        With every mistake in it.
    """
    problems: list[Problem] = []
    threads = processors() if threads is None else threads

    def tried(parse: Callable[[], T], fallback: T) -> T:
        try:
            return parse()
        except InputError as error:
            problems.extend(error.problems)
            return fallback

    nothing: dict[str, float] = {}
    tried(lambda: evidence.compound(compound, "COMPOUND"), None)
    amount = tried(lambda: parse_amount(dose), None)
    way = tried(lambda: parse_route(route), None)
    interval = tried(lambda: _time(every, "--every", "8 h"), None)
    length = tried(lambda: _time(duration, "--for", "10 d"), None) or SINGLE_DOSE_RUN
    over = tried(lambda: _time(infuse_over, "--infuse-over", "1 h"), None) or USUAL_INFUSION
    before = tried(lambda: 0.0 if lead is None else parse_time(lead, "--lead", example="14 d", zero=True), 0.0)
    coadministered, genotypes, phenotypes, settings = map(_words, (coadministered, genotypes, phenotypes, settings))
    beside = tried(lambda: parse_companions(evidence, coadministered, compound, before + length, species), Companions())
    genes = tried(lambda: individual(evidence, genotypes, phenotypes, species), nothing)
    changes = tried(lambda: _settings(evidence, settings, species), nothing)
    recipe = tried(lambda: population_of(evidence, population, species, subjects), None)
    problems += _set_twice(changes, genes, beside.settings)
    problems += _range_problems(species, subjects, seed, backend, threads, before + length)
    if lead is not None and not coadministered:
        problems.append(Problem("nothing is given before the drug", "--lead", "name another drug by --with"))
    if interval is not None and duration is not None and interval > length:
        problems.append(Problem(f"'{duration}' is shorter than one interval of '{every}'", "--for"))
    if every is not None and duration is None:
        problems.append(Problem("repeated doses need a time to go on for", "--for", "for example --for 28d"))
    if infuse_over is not None and way not in ("iv-infusion", None):
        problems.append(
            Problem(f"only an infusion runs in over a time (route {way})", "--infuse-over", "use --route iv-infusion")
        )
    regimen = None
    if amount is not None and way is not None and not problems:
        run_in = over if way == "iv-infusion" else 0.0
        regimen = tried(lambda: _regimen(compound, way, amount, interval, length, run_in), None)
    if regimen is None:
        raise InputError(problems)
    words = {
        "coadministered": coadministered, "lead": lead, "genotypes": genotypes, "phenotypes": phenotypes,
        "compound": compound, "dose": dose, "every": every, "duration": duration or "10 d",
        "route": way, "infuse_over": infuse_over, "species": species, "subjects": subjects, "seed": seed,
        "settings": sorted(settings), "backend": backend, "population": recipe.words if recipe else None,
    }  # fmt: skip
    assumed_infusion = way == "iv-infusion" and infuse_over is None
    who = recipe.notes if recipe else (ANIMALS,) * (subjects > 1)
    notes = (*(INFUSION,) * assumed_infusion, *who)
    traits = {**genes, **beside.settings}
    notes += tuple(_told_of_others(evidence, compound, beside.regimens, before, species))
    courses = (regimen.shifted(before) if before else regimen, *beside.regimens)
    return Request(
        compound, courses, before + length, species, subjects, seed, changes, traits, recipe, backend, threads, words,
        notes,
    )  # fmt: skip


def _told_of_others(
    evidence: Evidence, compound: str, others: Iterable[Regimen], begin: float, species: str
) -> Iterable[str]:
    """What a reader should not overlook about what is given beside a drug that begins at a time (h)."""
    for other in others:
        name, last = other.compound, other.doses[-1].time
        yield f"{name}: its levels are read over the time that those of {compound} are, not over its own intervals"
        if last + (other.interval or 0.0) < begin:
            yield f"{name}: its last dose comes {begin - last:g} h before the first of {compound} (--lead)"
        made = {one.compound for one in followed(evidence, [name], species)}
        if compound in made:
            yield f"{compound} is formed from {name} too: its levels and what is unchanged in urine hold both"
        if name in {one.compound for one in followed(evidence, [compound], species)}:
            yield f"{name} is formed from {compound} too: what is given of it counts in its own ratio"


def _words(given: Iterable[str] | str) -> list[str]:
    """Texts, of which a person may give a single one as it is."""
    return [given] if isinstance(given, str) else list(given)


def _set_twice(*sources: Mapping[str, float]) -> Iterable[Problem]:
    """Values that genotype, habit and ``--set`` replace at once."""
    names = [name for source in sources for name in source]
    for name in dict.fromkeys(name for name in names if names.count(name) > 1):
        yield Problem(f"'{name}' is set twice, by --set and by a genotype, phenotype or habit", "--set", "keep one")


def processors() -> int:
    """How many processors this process may use."""
    usable = getattr(os, "sched_getaffinity", None)  # not on every system
    return len(usable(0)) if usable is not None else os.cpu_count() or 1


def _time(text: str | None, where: str, example: str) -> float | None:
    return None if text is None else parse_time(text, where, example=example)


def _regimen(
    compound: str, route: Route, amount: Quantity, interval: float | None, until: float, run_in: float
) -> Regimen:
    if interval is None:
        return Regimen.single(compound, route, amount, duration=run_in)
    regimen = Regimen.repeated(compound, route, amount, every=interval, until=until, duration=run_in)
    if regimen.overlapping_infusions():
        raise InputError(
            Problem(
                "an infusion begins before the one before it ends", "--infuse-over", "shorten it, or dose less often"
            )
        )
    return regimen


def _range_problems(
    species: str, subjects: int, seed: int, backend: str, threads: int, length: float
) -> Iterable[Problem]:
    for value, where in ((subjects, "--subjects"), (seed, "--seed"), (threads, "--threads")):
        if not isinstance(value, int) or isinstance(value, bool):
            yield Problem(f"a whole number is needed (got {value!r})", where)
            return
    if species not in MODELLED_SPECIES:
        yield Problem(
            f"unknown species (got '{species}', allowed {', '.join(MODELLED_SPECIES)})",
            "--species",
            nearest(species, MODELLED_SPECIES),
        )
    if not 1 <= subjects <= MOST_SUBJECTS:
        yield Problem(f"a number of subjects lies between 1 and {MOST_SUBJECTS} (got {subjects})", "--subjects")
    if seed < 0:
        yield Problem(f"a seed is zero or more (got {seed})", "--seed")
    if threads < 1:
        yield Problem(f"a number of threads is one or more (got {threads})", "--threads")
    if backend not in BACKENDS:
        yield Problem(
            f"unknown back-end (got '{backend}', allowed {', '.join(BACKENDS)})",
            "--backend",
            nearest(backend, BACKENDS),
        )
    if not SHORTEST <= length <= LONGEST:
        yield Problem("a run lasts between a minute and five years", "--for")


def _settings(evidence: Evidence, settings: Iterable[str], species: str) -> dict[str, float]:
    problems: list[Problem] = []
    changes: dict[str, float] = {}
    for text in settings:
        try:
            name, value = parse_setting(evidence, text, species)
        except InputError as error:
            problems += error.problems
        else:
            if name in changes:
                problems.append(Problem(f"'{name}' is set twice", "--set"))
            changes[name] = value
    if problems:
        raise InputError(problems)
    return changes


def parse_setting(evidence: Evidence, text: str, species: str) -> tuple[str, float]:
    """``NAME=NUMBER`` in the unit of the record, or ``NAME=NUMBER UNIT``.

    Returns
    -------
    tuple of (name of the record, number in the unit of the record)
    """
    name, sign, value = (part.strip() for part in text.partition("="))
    if not sign or not name or not value:
        raise InputError(Problem(f"'{text}' sets nothing", "--set", "write it like --set body.mass=90"))
    record = evidence.find(name, species)
    if record is None:
        raise InputError(Problem(f"no value '{name}' in the evidence", "--set", nearest(name, evidence.in_use)))
    try:
        number = float(value)
    except ValueError:
        try:
            given = quantity(value, example=f"{record.number:g} {record.unit}")
        except InputError as error:
            raise InputError(Problem(f"{name}: {p.message}", "--set", p.hint) for p in error.problems) from None
        if given.unit.dimension != unit(record.unit).dimension:
            raise InputError(Problem(f"{name} is in {record.unit} (got '{value}')", "--set")) from None
        number = given.to(record.unit)
    if not math.isfinite(number):
        raise InputError(Problem(f"{name} must be a finite number (got '{value}')", "--set"))
    complaint = impossible(record.name, number)
    if complaint:
        raise InputError(Problem(complaint, "--set"))
    return record.name, number
