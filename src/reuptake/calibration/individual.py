"""What a few levels say of one person: her or his parameters, and levels under other doses. Research use only.

Before the levels a person may be anybody of the virtual population who has this sex, age, weight and these genes; after
them whoever of these has such levels (`reuptake.calibration.estimation`). Everything that is told of the person stands
beside what would be told without levels, so that one sees what they were worth.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.asking import Asked, parse_individual
from reuptake.calibration.estimation import LEFT_OUT, Case, Posterior, posterior, relevance
from reuptake.calibration.forecasts import MODE, TYPICAL, Ensemble, Followed, drawn, exposure
from reuptake.calibration.samples import LEVEL
from reuptake.calibration.variation import Variation
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence, packaged
from reuptake.model.assemble import followed
from reuptake.simulation.run import Laboratory, plan, prepare
from reuptake.units import unit

__all__ = ["Curve", "Estimate", "Forecast", "Individual", "Level", "Spread", "individual", "told"]

Array = NDArray[np.float64]
Spread = tuple[float, float, float]  # median, 5 % and 95 %
NORMAL_95 = 1.6448536269514722  # 95 % of a standard normal lie below it
UNTOLD = 0.1  # a variance that the levels lower by less than this share of it is as good as before
STRANGE = 3.0  # standard deviations from where the level of such a person was to be expected
UNSETTLED = 0.02  # rise of a level over the interval that is read
CAUTIONS = (
    "Not for decisions about doses.",
    "levels cannot tell a dose not taken from one cleared fast: that all doses were taken as told is assumed",
)


@dataclass(frozen=True)
class Estimate:
    """One parameter of one person beside the typical one.

    `low` and `high` enclose 90 %, `population` those of the virtual population of the same kind. `shrinkage` is the
    variance of ln p after the levels over that before: one where they say nothing and nought where they say all.
    """

    name: str
    typical: float
    estimate: float
    low: float
    high: float
    unit: str
    shrinkage: float | None = None
    population: tuple[float, float] | None = None

    @property
    def learned(self) -> float | None:
        """By which share the levels lowered the variance: 1 − posterior over prior variance."""
        return None if self.shrinkage is None else 1.0 - self.shrinkage


@dataclass(frozen=True)
class Level:
    """One measured level (of an analyte, at a time in h since the first dose), and the person's own curve there.

    `band` is what would be measured again at that time in this person, `population` what was to be expected in such
    people before (medians, 5 % and 95 %, residual error included); `z` how many standard deviations of that the level
    lies off, on a logarithmic scale.
    """

    time: float
    analyte: str
    observed: float
    predicted: float
    unit: str
    band: Spread | None = None
    population: Spread | None = None
    z: float | None = None


@dataclass(frozen=True)
class Curve:
    """Levels of one analyte over time: the person's, its 90 % band, and that of the typical person (time,)."""

    analyte: str
    unit: str
    times: Array = field(repr=False)  # h
    estimate: Array = field(repr=False)
    low: Array = field(repr=False)
    high: Array = field(repr=False)
    typical: Array = field(repr=False)


@dataclass(frozen=True)
class Forecast:
    """Levels of one analyte that a regimen would give the person over its last interval; `at` by time (h).

    All in one unit; `population` holds the same measures of such people without levels, and `curve` the whole course.
    """

    dose: str
    every: str
    analyte: str
    unit: str
    cavg: Spread
    cmin: Spread
    cmax: Spread
    at: tuple[tuple[float, Spread], ...] = ()
    population: Mapping[str, Spread] = field(default_factory=dict)
    curve: Curve | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Individual:
    """All that is told of one person, a curve for each analyte; `doses` are when doses were taken (h).

    `uninformed` names the parameters of which the levels say nothing, `log_sd` is the σ of the logarithm of a level,
    `draws` how many people intervals stand on, and `provenance` says what it all came from.
    """

    name: str
    parameters: tuple[Estimate, ...]
    levels: tuple[Level, ...]
    curves: tuple[Curve, ...]
    forecasts: tuple[Forecast, ...] = ()
    doses: tuple[float, ...] = ()
    notes: tuple[str, ...] = field(default=())
    uninformed: tuple[str, ...] = ()
    log_sd: float | None = None
    draws: int | None = None
    provenance: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def to_csv(self) -> str:
        """Every course of every regimen and analyte: a line for each time (h since the first dose), levels in ng/mL."""
        lines = ["dose,every,analyte,time_h,typical,estimate,low,high"]
        taken = [(self.name, "", curve) for curve in self.curves]
        for dose, every, curve in [*taken, *((one.dose, one.every, one.curve) for one in self.forecasts)]:
            if curve is not None:
                columns = (curve.times, curve.typical, curve.estimate, curve.low, curve.high)
                rows = zip(*(column.tolist() for column in columns), strict=True)
                lines += [f"{dose},{every},{curve.analyte}," + ",".join(f"{x:.8g}" for x in row) for row in rows]
        return "\n".join(lines) + "\n"


def individual(
    compound: str,
    *,
    dose: str,
    every: str | None = None,
    duration: str | None = None,
    levels: Iterable[str] | str = (),
    table: str | Path | None = None,
    predict: Iterable[str] | str = (),
    age: str | float | None = None,
    sex: str | None = None,
    weight: str | float | None = None,
    impairment: str | None = None,
    sigma: float | None = None,
    draws: int = 400,
    seed: int = 1,
    settings: Iterable[str] | str = (),
    lead: str | None = None,
    evidence: Evidence | None = None,
    **words: Any,
) -> Individual:
    """One person's parameters from a few plasma levels, and levels under other doses with their uncertainty.

    Parameters
    ----------
    compound, dose, every, duration
        What was taken, as in `reuptake.simulate`.
    levels : iterable of str
        ``"imipramine 120 ng/mL at 27d 23h"``, times since the first dose.
    table : path, optional
        A table of levels with columns analyte, level and time, read beside them.
    predict : iterable of str
        Other regimens, ``"50 mg every 24h"``.
    age, sex, weight, impairment : str or number, optional
        ``"54"`` (y), ``"female"``, ``"62"`` (kg), ``"child-pugh-b"``; the sex is needed.
    sigma : float, optional
        SD of the logarithm of a level around the person's curve; `plasma.level_log_sd` of the evidence unless given.
    draws : int
        People drawn for intervals, from the population and from the posterior each.
    seed : int
        Chance is keyed by (seed, person): the same seed gives the same bits.
    **words
        Route, genotypes, phenotypes, coadministered, threads, … as in `reuptake.simulate`.

    Returns
    -------
    Individual

    Raises
    ------
    InputError
        With every mistake in what is asked.
    RunError
        If nobody has such levels, or the model cannot be solved there.

    Valid for
    ---------
    Research. Levels in the range in which the approximation of Laplace holds: few, and not far from those of people.
    """
    known = evidence or packaged()
    asked = parse_individual(
        known, compound, dose=dose, every=every, duration=duration, levels=_texts(levels),
        table=None if table is None else Path(table), predict=_texts(predict), age=_word(age), sex=sex,
        weight=_word(weight), impairment=impairment, sigma=sigma, draws=draws, seed=seed, settings=_texts(settings),
        lead=lead, **words,
    )  # fmt: skip
    return told(asked, known)


def told(asked: Asked, known: Evidence) -> Individual:
    """All that can be told of a person who has been asked about, as `individual` does."""
    request = asked.request
    laboratory = prepare(known, request.species, request.doors, request.backend, kinds=("level",))
    case = _case(asked, laboratory)
    found = posterior(case, relevance(case))
    ensemble = drawn(asked, case.variation, laboratory, found)
    estimates, measured = _estimates(case, found), _levels(asked, ensemble)
    shown = _analytes(asked, known)
    untold = tuple(one.name for one in estimates if one.shrinkage is not None and one.shrinkage > 1.0 - UNTOLD)
    forecasts = tuple(
        _forecast(ensemble, course, option.dose, option.every, analytes, asked.first)
        for option, course in zip(asked.options, ensemble.courses, strict=True)
        if option.every is not None
        for analytes in shown
    )
    return Individual(
        " every ".join(filter(None, (f"{request.compound} {request.words['dose']}", request.words["every"]))),
        estimates, measured,
        tuple(
            _curve(ensemble, ensemble.courses[0], analytes, asked.first, request.duration)
            for analytes in dict.fromkeys(one.analytes for one in asked.samples)
        ),
        forecasts,
        tuple(one.time - asked.first for one in request.regimens[0].doses),
        (*_notes(asked, case, measured, untold), *_run_notes(ensemble, shown, asked), *request.notes, *CAUTIONS),
        untold, asked.log_sd, ensemble.draws,
        plan(request, known, laboratory).provenance,
    )  # fmt: skip


def _texts(given: Iterable[str] | str) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


def _word(given: str | float | None) -> str | None:
    return None if given is None else str(given)


def _case(asked: Asked, laboratory: Laboratory) -> Case:
    """The person in a laboratory that has what was measured."""
    wanted = {f"plasma.{name}" for one in asked.samples for name in one.analytes}
    there = [entry.name for entry in laboratory.kernel.system.outputs]
    absent = sorted(wanted - set(there))
    if absent:
        raise InputError(Problem(f"the model has no '{name}'", "--level", nearest(name, there)) for name in absent)
    made = plan(asked.request, laboratory.evidence, laboratory)
    variation = Variation.of(made.laboratory.table, laboratory.evidence, asked.recipe)
    return Case(made, variation, asked.samples, asked.first, asked.log_sd)


def _estimates(case: Case, found: Posterior) -> tuple[Estimate, ...]:
    """Of each parameter that by itself moves the levels."""
    variation, names, moved = case.variation, found.relevance.told_of, list(found.relevance.coordinates)
    table = case.plan.laboratory.table
    people = variation.people(np.stack([np.zeros(variation.size), found.mode]))
    slopes = variation.slopes(found.mode, names)  # (parameter, coordinate)
    before = np.sum(slopes**2, axis=1)
    own = slopes[:, moved]
    after = before - np.sum(own**2, axis=1) + np.einsum("pi,ij,pj->p", own, found.covariance, own)
    estimates = []
    for name, prior, left in zip(names, before, after, strict=True):
        factor = unit(table.record(name).unit).factor
        typical, estimate = (float(value) / factor for value in people[name])
        within, width = (float(np.exp(NORMAL_95 * np.sqrt(variance))) for variance in (left, prior))
        estimates.append(
            Estimate(
                name, typical, estimate, estimate / within, estimate * within, table.record(name).unit,
                float(left / prior), (typical / width, typical * width),
            )
        )  # fmt: skip
    return tuple(sorted(estimates, key=lambda one: (one.shrinkage or 0.0, one.name)))


def _levels(asked: Asked, ensemble: Ensemble) -> tuple[Level, ...]:
    """Each measured level beside what was and is expected of it."""
    noise = np.exp(asked.log_sd * ensemble.residuals)
    again, before = ensemble.levels[ensemble.posterior] * noise, ensemble.levels[ensemble.population]
    logs = np.log(np.maximum(before, np.finfo(float).tiny))
    spread = np.sqrt(np.var(logs, axis=0) + asked.log_sd**2)
    found = []
    for i, one in enumerate(asked.samples):
        z = float((np.log(one.level) - np.mean(logs[:, i])) / spread[i])
        found.append(
            Level(one.time, one.analyte, one.level, float(ensemble.levels[MODE, i]), LEVEL, _spread(again[:, i]),
                  _spread((before * noise)[:, i]), z)
        )  # fmt: skip
    return tuple(found)


def _analytes(asked: Asked, evidence: Evidence) -> list[tuple[str, ...]]:
    """What forecasts are made of: the drug, what it turns into, and what of it is a drug itself, together."""
    compounds = followed(evidence, [asked.request.compound], asked.request.species)
    drugs = tuple(one.compound for one in compounds if one.kind == "drug")
    sums = [drugs] * (len(drugs) > 1) + [one.analytes for one in asked.samples if len(one.analytes) > 1]
    return [*((one.compound,) for one in compounds), *dict.fromkeys(sums)]


def _forecast(
    ensemble: Ensemble, course: Followed, dose: str, every: str, analytes: tuple[str, ...], first: float
) -> Forecast:
    read = exposure(ensemble, course, analytes)
    measures = {"cavg": read.cavg, "cmin": read.cmin, "cmax": read.cmax}
    own = {name: _spread(values[ensemble.posterior]) for name, values in measures.items()}
    return Forecast(
        dose, every, "+".join(analytes), LEVEL, own["cavg"], own["cmin"], own["cmax"],
        population={name: _spread(values[ensemble.population]) for name, values in measures.items()},
        curve=_curve(ensemble, course, analytes, first, course.window.end),
    )  # fmt: skip


def _curve(ensemble: Ensemble, course: Followed, analytes: tuple[str, ...], first: float, until: float) -> Curve:
    """The course of the person at the mode, times since the first dose."""
    seen = (ensemble.grid >= first - 1e-9) & (ensemble.grid <= until + 1e-9)
    curves = ensemble.curves(course, analytes)[:, seen]
    low, high = np.percentile(curves[ensemble.posterior], [5.0, 95.0], axis=0)
    return Curve(
        "+".join(analytes), LEVEL, ensemble.grid[seen] - first, curves[MODE], low, high, curves[TYPICAL]
    )  # fmt: skip


def _spread(values: Array) -> Spread:
    middle, low, high = (float(q) for q in np.percentile(values, [50.0, 5.0, 95.0]))
    return middle, low, high


def _notes(asked: Asked, case: Case, measured: Sequence[Level], untold: Sequence[str]) -> Iterable[str]:
    """What the levels could not tell, and what about them is strange."""
    for one in measured:
        if one.z is not None and abs(one.z) > STRANGE:
            yield (
                f"{one.analyte} at {one.time:g} h: {one.observed:g} {one.unit} lies {abs(one.z):.1f} standard "
                f"deviations {'above' if one.z > 0 else 'below'} what is expected of such people: check dose history, "
                "time of sampling, adherence"
            )
    if untold:
        yield f"not informed by these levels, what is told of them stays at the population's: {', '.join(untold)}"
    yield (
        f"what else differs between people makes less than {LEFT_OUT:.0%} of the variance of these levels: it stays "
        "typical at the estimate and is drawn from the population in predictions"
    )
    for gene in _untold_genes(asked, case):
        yield (
            f"{gene}: no genotype was given, that of the reference individual is taken and no other is considered: "
            f"say --genotype {gene}=…"
        )
    yield from asked.notes


def _untold_genes(asked: Asked, case: Case) -> Iterable[str]:
    """Genes that the model has a place for and that nobody has told."""
    request, laboratory = asked.request, case.plan.laboratory
    told = {name.removesuffix(f".{request.species}") for name in (*request.traits, *request.settings)}
    for name, gene in laboratory.evidence.alleles.items():
        if gene.parameter in laboratory.table.names and gene.parameter not in told:
            yield name


def _run_notes(ensemble: Ensemble, shown: Sequence[tuple[str, ...]], asked: Asked) -> Iterable[str]:
    """What happened on the way."""
    if ensemble.failed:
        yield f"{ensemble.failed} of {asked.draws} people drawn could not be simulated and are left out of intervals"
    for option, course in zip(asked.options, ensemble.courses, strict=True):
        if option.every is None:
            continue
        drift = max(float(exposure(ensemble, course, analytes).drift[MODE]) for analytes in shown)
        if drift > UNSETTLED:
            yield (
                f"{option.dose} every {option.every}: levels still rise by {drift:.0%} over the last interval of "
                f"{course.window.end / 24.0:g} days; at steady state they are higher"
            )
    yield "no range of levels is called therapeutic: the evidence has no claim of one"
