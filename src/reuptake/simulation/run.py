"""One simulation, from the request to the trajectories."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.regimens import Route
from reuptake.engine.ensemble import Progress, compiled, integrate
from reuptake.engine.kernel import AbstractKernel, Batch, Solution, Tolerances
from reuptake.equations.system import System
from reuptake.errors import InputError, Problem
from reuptake.evidence.base import Evidence, packaged
from reuptake.evidence.parameters import ParameterTable, resolve
from reuptake.model.assemble import assemble
from reuptake.population import drawing, people
from reuptake.population.recipe import Recipe
from reuptake.simulation.archive import Archive
from reuptake.simulation.provenance import provenance
from reuptake.simulation.request import USUAL_BACKEND, Request, parse_request
from reuptake.simulation.schedules import Schedule, output_times, schedules, window
from reuptake.simulation.shards import AbstractSink, NoneSolved, Shard, divided
from reuptake.trajectories import Label, Measures, Outcome, Trajectories, measures

__all__ = ["Laboratory", "Plan", "Start", "plan", "prepare", "run", "simulate", "stream"]

Array = NDArray[np.float64]
RELATIVE_TOLERANCE = 1e-6
ABSOLUTE_SHARE = 1e-9  # of the largest amount given: results scale with the dose however small
ACCURACY = {"relative": RELATIVE_TOLERANCE, "absolute_share_of_dose": ABSOLUTE_SHARE}
MOST_HELD = 2**32  # bytes of curves in memory at once: what a small machine of today still has to spare


@dataclass(frozen=True)
class Laboratory:
    """A system, compiled, with its parameters: ready for any number of regimens."""

    kernel: AbstractKernel
    table: ParameterTable
    evidence: Evidence
    species: str

    def under(self, settings: Mapping[str, float]) -> Laboratory:
        """The same model with some values replaced, each in the unit of its record."""
        return replace(self, table=self.table.under(settings, self.species)) if settings else self

    def reporting(self, outputs: Collection[str], backend: str = USUAL_BACKEND) -> Laboratory:
        """The same model, compiled to report some outputs only: every other costs time and memory."""
        system = self.kernel.system
        kept = tuple(entry for entry in system.outputs if entry.name in outputs)
        return replace(self, kernel=compiled(replace(system, outputs=kept), backend))


def simulate(
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
    evidence: Evidence | None = None,
    progress: Progress | None = None,
) -> Trajectories:
    """Time course of a compound and what it turns into, of occupancy, and of what was recovered.

    Parameters
    ----------
    compound : str
        Name of a compound file.
    dose : str
        ``"50 mg"`` or ``"60 mg/kg"``, in the dose form of the compound file.
    every : str, optional
        Interval of repeated doses, ``"8 h"``; doses at 0, T, 2T, … before the end.
    duration : str, optional
        ``"28 d"``; ten days for a single dose, required for repeated ones.
    route : str
        ``po iv iv-infusion im``, and in rat and mouse ``ip sc``.
    infuse_over : str, optional
        Length of each infusion, one hour unless given.
    species : str
        ``human``, ``rat`` or ``mouse``.
    subjects : int
        One is the reference individual; more are drawn from the `population`.
    seed : int
        Chance is keyed by (seed, subject): the same seed gives the same bits.
    settings : iterable of str
        ``"body.mass=90"``: values that replace those of the evidence in this run.
    coadministered : iterable of str
        What is taken beside it, ``"quinidine 200 mg every 24h"`` or ``"smoking"``.
    lead : str, optional
        How long the others are taken before the drug, ``"14 d"``; not at all unless given.
    genotypes, phenotypes : iterable of str
        ``"CYP2D6=*4/*4"``, ``"CYP2C19=PM"``; they hold for every subject.
    population : Recipe or mapping, optional
        Who the subjects are: ``{"age": "18-65", "sex": "female", "ancestry": "European", "smokers": 0.2,
        "weight": "50-120", "height": "150-190", "impairment": "child-pugh-b"}``, or some of it. Adults of both
        sexes unless given; one subject is then the typical one of its kind instead of the reference individual.
    backend : str
        ``llvm``, compiled, or ``numpy``, the slow reference.
    threads : int, optional
        Subjects integrated side by side, as many as there are processors unless given; never changes a result.
    evidence : Evidence, optional
        The packaged evidence unless given.
    progress : callable, optional
        Told how many subjects are done, and of how many.

    Returns
    -------
    Trajectories

    Raises
    ------
    InputError
        With every mistake in the request; if the curves would take more than some gigabytes of memory (`stream`
        has no such bound).

    Examples
    --------
    >>> course = simulate("imipramine", dose="50 mg")
    >>> 200 < course.summary()["analytes"]["imipramine"]["auc_inf"]["median"] < 500
    True
    """
    known = evidence or packaged()
    request = parse_request(
        known, compound, dose=dose, every=every, duration=duration, route=route, infuse_over=infuse_over,
        species=species, subjects=subjects, seed=seed, settings=settings, lead=lead,
        coadministered=coadministered, genotypes=genotypes, phenotypes=phenotypes,
        population=population, backend=backend, threads=threads,
    )  # fmt: skip
    return run(request, known, progress=progress)


def stream(
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
    evidence: Evidence | None = None,
    progress: Progress | None = None,
    out: str | Path | None = None,
) -> Measures:
    """What the curves of any number of subjects come to, in bounded memory: a million subjects on one machine.

    Subjects are simulated shard by shard. Of each its measures are kept (some hundred bytes a subject), its
    curves are written if there is a folder for them, and let go. The summary has the same bits as that of `simulate`.

    Parameters
    ----------
    out : path, optional
        Folder for the shards (Parquet) and ``run.json``. What a run that was cut short has finished there is
        checked and used, not computed again.

    Returns
    -------
    Measures
        With ``summary()``, and one number a subject under ``columns``. Other parameters are those of `simulate`.

    Raises
    ------
    InputError
        With every mistake in the request; if the folder holds another run.

    Examples
    --------
    >>> words = {"dose": "50 mg", "duration": "4 h", "subjects": 2}
    >>> stream("imipramine", **words).summary() == simulate("imipramine", **words).summary()
    True
    """
    known = evidence or packaged()
    request = parse_request(
        known, compound, dose=dose, every=every, duration=duration, route=route, infuse_over=infuse_over,
        species=species, subjects=subjects, seed=seed, settings=settings, lead=lead,
        coadministered=coadministered, genotypes=genotypes, phenotypes=phenotypes,
        population=population, backend=backend, threads=threads,
    )  # fmt: skip
    made = plan(request, known)
    if out is None:
        return made.measures(progress=progress)
    with Archive(Path(out), made.provenance, made.shards, "out") as archive:
        read = made.measures(progress=progress, sink=archive)
        archive.finish()
    return read


@dataclass(frozen=True)
class Start:
    """Subjects as the engine takes them.

    Attributes
    ----------
    subjects : array (subject,), int
    batch : Batch (subject,)
    smallest : array (subject, state)
        Absolute tolerances.
    dosed : mapping of compound to array (subject,), nmol
        What is given by the end.
    """

    subjects: NDArray[np.int64]
    batch: Batch
    smallest: Array
    dosed: Mapping[str, Array]


@dataclass(frozen=True)
class Plan:
    """A request made ready: nothing is integrated yet, what will be and in which parts is settled.

    Attributes
    ----------
    grid : array (time,), h
    shards : tuple of Shard
        Chance is keyed by the number of a subject, so how subjects are divided changes no bit.
    given : mapping of parameter name to array (subject,), canonical units
        Where it names any, what subjects differ in: nothing is left to chance.
    """

    request: Request
    laboratory: Laboratory
    grid: Array
    shards: tuple[Shard, ...]
    given: Mapping[str, Array] = field(default_factory=dict, repr=False)

    @cached_property
    def provenance(self) -> Mapping[str, Any]:
        """What was asked for, and all that it runs on."""
        laboratory = self.laboratory
        return provenance(self.request, laboratory.kernel.system, laboratory.table, laboratory.evidence, ACCURACY)

    @property
    def curve_bytes(self) -> int:
        """What all curves together would take."""
        return self.request.subjects * _subject_bytes(self.laboratory, self.grid)

    def course(self, shard: Shard, progress: Progress | None = None) -> Trajectories:
        """Curves of one shard; `progress` counts the subjects of the whole run."""
        start, request = self.start(shard), self.request
        done_before = shard.first - self.shards[0].first
        told = None if progress is None else lambda done, _: progress(done_before + done, request.subjects)
        solution = integrate(
            self.laboratory.kernel, start.batch, self.grid, Tolerances(RELATIVE_TOLERANCE, start.smallest),
            threads=request.threads, progress=told,
        )  # fmt: skip
        _dust(solution.values)
        return self.labelled(start, self.grid, solution, self.provenance)

    def start(self, shard: Shard) -> Start:
        """Subjects of one shard as the engine takes them."""
        return self.start_of(shard.subjects, self._drawn(shard.subjects.tolist()))

    def start_of(self, subjects: NDArray[np.int64], people: Mapping[str, Array]) -> Start:
        """Subjects who differ from the reference individual in these parameters, {name: array (subject,)}."""
        request, laboratory = self.request, self.laboratory
        parameters = laboratory.table.matrix(people, len(subjects))
        given = schedules(
            request.regimens, request.duration, parameters, laboratory.table, laboratory.evidence, laboratory.species
        )
        dosed = {name: np.array([own.dosed[name] for own in given]) for name in given[0].dosed}
        batch = Batch(parameters, tuple(own.events for own in given))
        return Start(subjects, batch, _smallest(laboratory.kernel.system, given), dosed)

    def labelled(self, start: Start, grid: Array, solution: Solution, told: Mapping[str, Any]) -> Trajectories:
        """What the engine gave back for a start, with names, units and provenance."""
        labels = tuple(Label(entry.name, entry.unit, entry.kind) for entry in self.laboratory.kernel.system.outputs)
        request = self.request
        return Trajectories(
            start.subjects, grid, labels, solution.values, solution.outcomes, request.compound, start.dosed,
            window(request.regimens[0], request.duration, request.reading), told,
        )  # fmt: skip

    def _drawn(self, subjects: Sequence[int]) -> Mapping[str, Array]:
        """What subjects differ in from the reference individual, {parameter name: array (subject,)}."""
        request, table, evidence = self.request, self.laboratory.table, self.laboratory.evidence
        if self.given:
            first = self.shards[0].first
            return {name: column[np.array(subjects) - first] for name, column in self.given.items()}
        if request.recipe is not None and request.subjects == 1:
            return people.typical(table, evidence, request.recipe).parameters
        if request.recipe is not None:
            return people.draw(table, evidence, request.recipe, subjects, request.seed).parameters
        return drawing.draw(table, evidence, request.species, subjects, request.seed) if request.subjects > 1 else {}

    def curves(self, *, progress: Progress | None = None, sink: AbstractSink | None = None) -> Trajectories:
        """Curves of all subjects, held in memory; each shard goes to the sink as well, if there is one.

        Raises
        ------
        InputError
            If they would take more memory than is meant for them.
        NoneSolved
            If no subject could be solved.
        """
        if self.curve_bytes > MOST_HELD:
            raise InputError(
                Problem(
                    f"the curves of {self.request.subjects} subjects take {self.curve_bytes / 2**30:.1f} GiB of "
                    f"memory, more than {MOST_HELD / 2**30:g} GiB", "--subjects",
                    "ask for fewer subjects or a shorter time; reuptake.stream, and the command line without --plot, "
                    "hold summaries only and write curves to a folder (out, --out)",
                )
            )  # fmt: skip

        def finished() -> Iterator[Trajectories]:
            for shard in self.shards:
                course = self.course(shard, progress)
                if sink is not None and sink.found(shard) is None:
                    sink.keep(shard, course, measures(course))
                yield course

        whole = Trajectories.joined(finished(), self.request.subjects)
        self._see_that_some_were_solved(whole.outcomes)
        return whole

    def measures(self, *, progress: Progress | None = None, sink: AbstractSink | None = None) -> Measures:
        """What the curves of all subjects come to; the curves of a shard go to the sink and are let go.

        A shard that the sink has already is not integrated again.

        Raises
        ------
        NoneSolved
            If no subject could be solved.
        """

        def finished() -> Iterator[Measures]:
            for shard in self.shards:
                read = sink.found(shard) if sink is not None else None
                if read is None:
                    course = self.course(shard, progress)
                    read = measures(course)
                    if sink is not None:
                        sink.keep(shard, course, read)
                    # The next shard is made only after this one is gone.
                    del course
                elif progress is not None:
                    progress(shard.last - self.shards[0].first + 1, self.request.subjects)
                yield read

        whole = Measures.joined(finished(), self.request.subjects)
        self._see_that_some_were_solved(whole.outcomes)
        return whole

    def _see_that_some_were_solved(self, outcomes: tuple[Outcome, ...]) -> None:
        if any(outcome.solved for outcome in outcomes):
            return
        changed = ", ".join(f"{name}={value:g}" for name, value in self.request.settings.items())
        changed = f" (values set: {changed})" if changed else ""
        raise NoneSolved(f"no subject could be solved: {outcomes[0].name}; {outcomes[0].remedy}{changed}")


def plan(request: Request, evidence: Evidence, laboratory: Laboratory | None = None) -> Plan:
    """A request made ready, in a laboratory made for it or in one that stands ready."""
    if laboratory is None:
        laboratory = prepare(evidence, request.species, request.doors, request.backend)
    traits = laboratory.table.own(request.traits, request.species)
    laboratory = laboratory.under({**traits, **request.settings})
    read = window(request.regimens[0], request.duration, request.reading)
    grid = output_times(request.regimens[0], request.duration, math.inf if request.reading is None else read.start)
    shards = divided(request.subjects, _subject_bytes(laboratory, grid))
    return Plan(request, laboratory, grid, shards)


def _subject_bytes(laboratory: Laboratory, grid: Array) -> int:
    return len(grid) * len(laboratory.kernel.system.outputs) * grid.itemsize


def run(
    request: Request,
    evidence: Evidence,
    *,
    progress: Progress | None = None,
    laboratory: Laboratory | None = None,
) -> Trajectories:
    """Trajectories of a request, in a laboratory made for it or in one that stands ready."""
    return plan(request, evidence, laboratory).curves(progress=progress)


def prepare(
    evidence: Evidence, species: str, dosed: Mapping[str, Iterable[Route]], backend: str = USUAL_BACKEND,
    kinds: Collection[str] | None = None,
) -> Laboratory:  # fmt: skip
    """The model of some compounds and routes in one species, with its parameters, compiled.

    Only outputs of the `kinds` named (``level``, ``tissue``, …) are kept; all of them unless given.
    """
    system = assemble(evidence, species, dosed)
    if kinds is not None:
        system = replace(system, outputs=tuple(entry for entry in system.outputs if entry.kind in kinds))
    return Laboratory(compiled(system, backend), resolve(evidence, _needed(system), species), evidence, species)


def _needed(system: System) -> list[tuple[str, str]]:
    return [(parameter.name, parameter.unit) for parameter in system.parameters]


def _smallest(system: System, given: Sequence[Schedule]) -> Array:
    """Absolute tolerance (subject, state): amounts scale with the subject's dose, other states are about one."""
    doses = np.array([own.largest for own in given])
    amounts = np.array([state.unit == "nmol" for state in system.states])
    return ABSOLUTE_SHARE * np.where(amounts, doses[:, None], 1.0)


def _dust(values: Array) -> None:
    """Wipe, in place, the negative dust that the solver's tolerance leaves around nought."""
    with np.errstate(invalid="ignore"):
        # Subject by subject: each fits a processor's cache, and most have little to wipe.
        for curves in values:
            dusty = np.flatnonzero(curves.min(axis=0) < 0.0)
            if len(dusty):
                own = curves[:, dusty]
                dust = (own < 0.0) & (own > -RELATIVE_TOLERANCE * np.max(np.abs(own), axis=0))
                curves[:, dusty] = np.where(dust, 0.0, own)
