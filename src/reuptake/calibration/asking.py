"""What is asked about one person, in words: doses, levels, who it is, and which doses are thought of instead."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from reuptake.calibration.samples import Sample, parse_change, parse_levels, read_levels, repeated
from reuptake.dosing.regimens import parse_time
from reuptake.errors import InputError, Problem
from reuptake.evidence.base import Evidence
from reuptake.model.assemble import followed
from reuptake.population.recipe import HEAVIEST, LIGHTEST, WOMEN, Recipe
from reuptake.simulation.request import USUAL_BACKEND, Request, parse_request
from reuptake.units import unit

__all__ = ["Asked", "Option", "parse_individual"]

T = TypeVar("T")
SPECIES = "human"
COURSE = "28 d"  # how long any regimen is followed at least, to where levels no longer rise
LEAST_DRAWS, MOST_DRAWS = 20, 10_000


@dataclass(frozen=True)
class Option:
    """A regimen that is thought of, a single dose if it has no interval: its words, and the request that it makes."""

    dose: str
    every: str | None
    request: Request


@dataclass(frozen=True)
class Asked:
    """One person, as asked about.

    Attributes
    ----------
    request : Request
        Of the course that was taken.
    options : tuple of Option
        The course itself first, followed on if it has an interval; then the others.
    samples : tuple of Sample
    first : float, h
        When the first dose of the drug is given.
    log_sd : float
        σ of the logarithm of a level.
    draws, seed : int
    notes : tuple of str
        What was taken for granted.
    """

    request: Request
    options: tuple[Option, ...]
    samples: tuple[Sample, ...]
    first: float
    log_sd: float
    draws: int
    seed: int
    notes: tuple[str, ...]

    @property
    def recipe(self) -> Recipe:
        """What kind of person this is."""
        return self.request.recipe or Recipe()


class _Complaints:
    """Everything that is wrong, gathered while the words are read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def kept(self, read: tuple[list[Sample], list[Problem]]) -> list[Sample]:
        """What could be read; the rest is complained of."""
        self.problems += read[1]
        return read[0]

    def tried(self, parse: Callable[[], T], fallback: T) -> T:
        try:
            return parse()
        except InputError as error:
            self.problems += [problem for problem in error.problems if problem not in self.problems]
            return fallback


def parse_individual(
    evidence: Evidence, compound: str, *, dose: str, every: str | None, duration: str | None, levels: Sequence[str],
    table: Path | None, predict: Sequence[str], age: str | None, sex: str | None, weight: str | None,
    impairment: str | None, settings: Iterable[str], lead: str | None, sigma: float | None, draws: int, seed: int,
    **words: Any,
) -> Asked:  # fmt: skip
    """One person from words; all but these are those of `parse_request`.

    Raises
    ------
    InputError
        With every mistake in it.
    """
    heard = _Complaints()
    heard.problems += _kind_problems(age, sex, draws, sigma)
    mass = heard.tried(lambda: _mass(weight), None)
    settings = [settings] if isinstance(settings, str) else [*settings]
    settings += [] if mass is None else [f"body.mass={mass!r}"]
    middle = (Recipe().ages.low + Recipe().ages.high) / 2.0
    kind = {"age": age or f"{middle:g}", "sex": sex if sex in WOMEN and sex != "both" else "female",
            "impairment": impairment, "smokers": 0.0}  # fmt: skip
    told: dict[str, Any] = {
        "population": kind, "settings": settings, "lead": lead, "seed": seed, "backend": USUAL_BACKEND, **words
    }  # fmt: skip

    def requested(dose: str, every: str | None, duration: str | None) -> Request:
        return parse_request(evidence, compound, dose=dose, every=every, duration=duration, **told)

    request = heard.tried(lambda: requested(dose, every, duration), None)
    first = 0.0 if request is None else request.regimens[0].doses[0].time
    until = None if request is None else request.duration - first
    try:
        known = [one.compound for one in followed(evidence, [compound], SPECIES)]
    except InputError:  # the request has told
        known = []
    samples: list[Sample] = []
    if known:
        samples += heard.kept(parse_levels(evidence, levels, known, until))
        if table is not None:
            samples += heard.tried(lambda: heard.kept(read_levels(evidence, table, known, until)), [])
    heard.problems += repeated(samples)
    if not levels and (table is None or (known and not samples and not heard.problems)):
        hint = "give one by --level 'imipramine 120 ng/mL at 27d 23h', or a table by --levels"
        heard.problems.append(Problem("no level was measured", "--level", hint))
    changes = [heard.tried(partial(parse_change, text), None) for text in predict]
    options = [Option(dose, None, request)] if every is None and request is not None else []
    for change in [None if every is None else (dose, every), *changes]:
        if change is not None and until is not None:
            made = heard.tried(lambda c=change: requested(c[0], c[1], _course(c[1], until)), None)  # type: ignore[misc]
            options += [] if made is None else [Option(*change, made)]
    heard.problems += [] if request is None else _mass_problems(request, mass)
    if heard.problems or request is None:
        raise InputError(heard.problems)
    usual = evidence.record("plasma.level_log_sd", SPECIES).number
    notes = (
        *((f"no age was given: {middle:g} years are taken",) * (age is None)),
        *(("no weight was given: it is that of people of this age, and is drawn",) * (mass is None)),
    )
    return Asked(
        request, tuple(options), tuple(samples), first, usual if sigma is None else sigma, draws, seed, notes
    )  # fmt: skip


def _course(every: str, until: float) -> str:
    """How long a regimen is followed: as long as the course that was taken or longer, in whole intervals."""
    interval = parse_time(every, "--predict")
    return f"{math.ceil(max(until, parse_time(COURSE, '')) / interval - 1e-9) * interval!r} h"


def _kind_problems(age: str | None, sex: str | None, draws: int, sigma: float | None) -> Iterable[Problem]:
    if sex not in WOMEN or sex == "both":
        said = "" if sex is None else f" (got '{sex}')"
        yield Problem(f"one person has one sex{said}", "--sex", "say --sex female or --sex male")
    if age is not None and not re.fullmatch(r"\s*[0-9.]+\s*(years)?\s*", age):
        yield Problem(f"one person has one age (got '{age}')", "--age", "write it like --age 54")
    if not LEAST_DRAWS <= draws <= MOST_DRAWS:
        yield Problem(f"a number of draws lies between {LEAST_DRAWS} and {MOST_DRAWS} (got {draws})", "--draws")
    if sigma is not None and not (math.isfinite(sigma) and sigma > 0.0):
        yield Problem(
            f"the SD of the logarithm of a level is above zero (got {sigma:g})", "--sigma", "for example 0.27"
        )


def _mass(weight: str | None) -> float | None:
    """Body mass in kg."""
    if weight is None:
        return None
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(?:kg)?\s*", weight)
    if match is None:
        raise InputError(Problem(f"one person has one weight, in kg (got '{weight}')", "--weight", "write 62"))
    mass = float(match[1])
    if not LIGHTEST <= mass <= HEAVIEST:
        raise InputError(Problem(f"a weight lies within {LIGHTEST:g} to {HEAVIEST:g} kg (got '{weight}')", "--weight"))
    return mass


def _mass_problems(request: Request, mass: float | None) -> Iterable[Problem]:
    per_body = unit("mg/kg_body").dimension
    doses = [dose for regimen in request.regimens for dose in regimen.doses]
    known = mass is not None or "body.mass.human" in request.settings
    if not known and any(dose.amount.unit.dimension == per_body for dose in doses):
        yield Problem("a dose per kg needs the weight", "--weight", "write it like --weight 62")
