"""One simulation, from the request to the trajectories."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.events import Event
from reuptake.dosing.regimens import Regimen, Route
from reuptake.engine.ensemble import Progress, compiled, integrate
from reuptake.engine.kernel import AbstractKernel, Batch, Tolerances
from reuptake.equations.system import System
from reuptake.errors import RunError
from reuptake.evidence.base import Evidence, packaged
from reuptake.evidence.parameters import ParameterTable, resolve
from reuptake.model.assemble import assemble
from reuptake.population import draw
from reuptake.simulation.request import Request, parse_request
from reuptake.trajectories import Label, Trajectories, Window
from reuptake.units import Quantity, unit

__all__ = ["Laboratory", "prepare", "run", "simulate"]

Array = NDArray[np.float64]
RELATIVE_TOLERANCE = 1e-6
ABSOLUTE_SHARE = 1e-9  # of the largest amount given: results scale with the dose however small


@dataclass(frozen=True)
class Laboratory:
    """A system, compiled, with its parameters: ready for any number of regimens."""

    kernel: AbstractKernel
    table: ParameterTable
    evidence: Evidence
    species: str

    def under(self, settings: Mapping[str, float]) -> Laboratory:
        """The same model with some values replaced, each in the unit of its record."""
        if not settings:
            return self
        return replace(self, table=resolve(self.evidence, _needed(self.kernel.system), self.species, settings))


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
    backend: str = "numpy",
    threads: int = 1,
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
        ``po iv iv-infusion im``.
    infuse_over : str, optional
        Length of each infusion, one hour unless given.
    subjects : int
        One is the reference individual; more are drawn from the population.
    seed : int
        Chance is keyed by (seed, subject): the same seed gives the same bits.
    settings : iterable of str
        ``"body.mass=90"``: values that replace those of the evidence in this run.
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
        With every mistake in the request.

    Examples
    --------
    >>> course = simulate("imipramine", dose="50 mg")
    >>> 200 < course.summary()["analytes"]["imipramine"]["auc_inf"]["median"] < 500
    True
    """
    known = evidence or packaged()
    request = parse_request(
        known, compound, dose=dose, every=every, duration=duration, route=route, infuse_over=infuse_over,
        species=species, subjects=subjects, seed=seed, settings=list(settings), backend=backend, threads=threads,
    )  # fmt: skip
    return run(request, known, progress=progress)


def run(
    request: Request,
    evidence: Evidence,
    *,
    progress: Progress | None = None,
    laboratory: Laboratory | None = None,
) -> Trajectories:
    """Trajectories of a request, in a laboratory made for it or in one that stands ready."""
    if laboratory is None:
        doors: dict[str, list[Route]] = {}
        for regimen in request.regimens:
            doors.setdefault(regimen.compound, []).append(regimen.route)
        laboratory = prepare(evidence, request.species, doors, request.backend)
    laboratory = laboratory.under(request.settings)
    table, system = laboratory.table, laboratory.kernel.system
    several = request.subjects > 1
    subjects = np.arange(1, request.subjects + 1) if several else np.zeros(1, dtype=np.int64)
    drawn = draw(table, evidence, request.species, subjects.tolist(), request.seed) if several else {}
    parameters = table.matrix(drawn, request.subjects)
    schedules = [_schedules(regimen, parameters, laboratory) for regimen in request.regimens]
    events = tuple(
        tuple(sorted((event for own in subject for event in own), key=lambda event: event.time))
        for subject in zip(*schedules, strict=True)
    )
    dosed = dict.fromkeys((regimen.compound for regimen in request.regimens), np.zeros(request.subjects))
    largest = np.zeros(request.subjects)
    for regimen, schedule in zip(request.regimens, schedules, strict=True):
        given = np.array([_given(own, request.duration) for own in schedule])
        dosed[regimen.compound] = dosed[regimen.compound] + given
        whole = np.array([_given(own, math.inf) for own in schedule])
        largest = np.maximum(largest, whole / len(regimen.doses))
    grid = output_times(request.regimens[0], request.duration)
    tolerances = Tolerances(RELATIVE_TOLERANCE, np.outer(largest * ABSOLUTE_SHARE, np.ones(len(system.states))))
    solution = integrate(
        laboratory.kernel, Batch(parameters, events), grid, tolerances, threads=request.threads, progress=progress
    )
    labels = tuple(Label(output.name, output.unit, output.kind) for output in system.outputs)
    result = Trajectories(
        subjects, grid, labels, _dusted(solution.values), solution.outcomes, request.compound, dosed,
        _window(request.regimens[0], request.duration), _provenance(request, laboratory),
    )  # fmt: skip
    if not result.solved.any():
        outcome = solution.outcomes[0]
        changed = ", ".join(f"{name}={value:g}" for name, value in request.settings.items())
        changed = f" (values set: {changed})" if changed else ""
        raise RunError(f"no subject could be solved: {outcome.name}; {outcome.remedy}{changed}")
    return result


def _schedules(regimen: Regimen, parameters: Array, laboratory: Laboratory) -> list[tuple[Event, ...]]:
    """Events of one regimen for every subject: doses in nmol, by body mass where they are given so."""
    names, evidence = laboratory.table.names, laboratory.evidence
    molar = parameters[:, names.index(evidence.dose_form_mass(regimen.compound, laboratory.species))]  # kg/nmol
    per_body = unit("mg/kg_body").dimension

    def nmol(amount: Quantity, mass: float, moles: float) -> float:
        return amount.canonical * (mass if amount.unit.dimension == per_body else 1.0) / moles

    door = f"{regimen.compound}.{regimen.route}"
    body = parameters[:, names.index("body.mass")]
    return [
        regimen.events(door, partial(nmol, mass=float(mass), moles=float(moles)))
        for mass, moles in zip(body, molar, strict=True)
    ]


def prepare(
    evidence: Evidence, species: str, dosed: Mapping[str, Iterable[Route]], backend: str = "numpy"
) -> Laboratory:
    """The model of some compounds and routes in one species, with its parameters, compiled."""
    system = assemble(evidence, species, dosed)
    return Laboratory(compiled(system, backend), resolve(evidence, _needed(system), species), evidence, species)


def _needed(system: System) -> list[tuple[str, str]]:
    return [(parameter.name, parameter.unit) for parameter in system.parameters]


def output_times(regimen: Regimen, duration: float) -> Array:
    """Times to report (h): every dose, fine after doses that summaries look at, hourly between.

    Areas by the trapezoidal rule on this grid agree with those on a hundredfold finer one to 2e-4.
    """
    times = [np.arange(0.0, duration, 1.0), np.array([duration])]
    last = regimen.doses[-1].time
    for dose in regimen.doses:
        times.append(np.array([dose.time, dose.time + dose.duration]))
        if dose.time in (0.0, last):
            for begin in {dose.time, dose.time + dose.duration}:
                times.append(begin + np.geomspace(2.0**-13, 0.125, 41))
                times.append(begin + np.arange(0.125, 8.0, 0.125))
            times.append(dose.time + np.arange(8.0, 24.0, 0.25))
    joined = np.unique(np.round(np.concatenate(times), 12))
    return joined[joined <= duration]


def _dusted(values: Array) -> Array:
    """Values without the negative dust that the solver's tolerance leaves around nought."""
    with np.errstate(invalid="ignore"):
        dust = (values < 0.0) & (values > -RELATIVE_TOLERANCE * np.max(np.abs(values), axis=1, keepdims=True))
    return np.where(dust, 0.0, values)


def _window(regimen: Regimen, duration: float) -> Window:
    """The whole run for a single dose, the last interval for repeated ones."""
    if regimen.interval is None:
        return Window(0.0, duration, repeated=False)
    last = regimen.doses[-1].time
    return Window(last, min(last + regimen.interval, duration), repeated=True)


def _given(events: Iterable[Event], until: float) -> float:
    """What has entered by a time, nmol: boluses, and infusions as far as they ran."""
    entered = [event for event in events if event.time <= until]
    boluses = sum(event.amount for event in entered)
    if math.isinf(until):
        return float(boluses - sum(event.rate * event.time for event in entered))
    return float(boluses + sum(event.rate * (until - event.time) for event in entered))


def _provenance(request: Request, laboratory: Laboratory) -> dict[str, Any]:
    """What was asked, what it ran on, and who said so; the hash names the whole."""
    from importlib.metadata import version

    table, evidence = laboratory.table, laboratory.evidence
    parameters = [
        {
            "name": name, "number": table.overridden.get(name, record.number), "unit": record.unit,
            "status": "set by the user" if name in table.overridden else record.status, "record": record.name,
            "source": record.source,
        }
        for name, record in zip(table.names, table.records, strict=True)
    ]  # fmt: skip
    keys = sorted({record.source for record in table.records if record.source})
    content = {
        "request": dict(request.words), "version": version("reuptake"), "parameters": parameters,
        "tolerances": {"relative": RELATIVE_TOLERANCE, "absolute_share_of_dose": ABSOLUTE_SHARE},
        "sources": {key: evidence.reference(key) for key in keys},
        "compound_files": dict(evidence.guests),
        "notes": [*request.notes, *(f"values of {name} are those of the user's own file" for name in evidence.guests)],
        "use": "Research use only.",
    }  # fmt: skip
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
    return content | {"hash": digest}
