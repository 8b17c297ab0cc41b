"""Who is given what and when, as a solver sees it, and at which times one looks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.events import Event
from reuptake.dosing.regimens import Regimen
from reuptake.evidence.base import Evidence
from reuptake.evidence.parameters import ParameterTable
from reuptake.trajectories import Window
from reuptake.units import Quantity, unit

__all__ = ["Schedule", "output_times", "schedules", "window"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Schedule:
    """What one subject is given.

    Attributes
    ----------
    events : tuple of Event
        Of all regimens, in order of time.
    dosed : mapping of compound to nmol
        What has entered by the end.
    largest : float, nmol
        Mean dose of the regimen with the largest ones.
    """

    events: tuple[Event, ...]
    dosed: Mapping[str, float]
    largest: float


def schedules(
    regimens: Sequence[Regimen],
    until: float,
    parameters: Array,
    table: ParameterTable,
    evidence: Evidence,
    species: str,
) -> list[Schedule]:
    """What every subject is given, (subject,): doses in nmol, by body mass where they are given so.

    Parameters
    ----------
    parameters : array (subject, parameter), canonical units
    table : ParameterTable
        Names the parameters.
    """
    per_body = unit("mg/kg_body").dimension
    units = {dose.amount.unit.text: dose.amount.unit for regimen in regimens for dose in regimen.doses}
    by_mass = {text: one.dimension == per_body for text, one in units.items()}
    forms = [table.names.index(evidence.dose_form_mass(regimen.compound, species)) for regimen in regimens]
    bodies = parameters[:, table.names.index("body.mass")]
    if not any(by_mass.values()):
        bodies = np.ones(len(parameters))  # a dose in mg is the same for every body
    # Subjects alike in what their doses depend on share one schedule: most runs make a single one.
    known: dict[tuple[float, ...], Schedule] = {}
    found = []
    for mass, *molar in zip(bodies.tolist(), *parameters[:, forms].T.tolist(), strict=True):
        key = (mass, *molar)
        if key not in known:
            known[key] = _schedule(regimens, until, by_mass, mass, molar)
        found.append(known[key])
    return found


def _schedule(
    regimens: Sequence[Regimen], until: float, by_mass: Mapping[str, bool], mass: float, molar: Sequence[float]
) -> Schedule:
    """What a subject of this body mass (kg) is given, of dose forms of these molar masses (kg/nmol)."""

    def nmol(amount: Quantity, moles: float) -> float:
        return amount.canonical * (mass if by_mass[amount.unit.text] else 1.0) / moles

    events: list[Event] = []
    dosed: dict[str, float] = {}
    largest = 0.0
    for regimen, moles in zip(regimens, molar, strict=True):
        door = f"{regimen.compound}.{regimen.route}"
        own = regimen.events(door, lambda amount, moles=moles: nmol(amount, moles))  # type: ignore[misc]
        events += own
        dosed[regimen.compound] = dosed.get(regimen.compound, 0.0) + _given(own, until)
        largest = max(largest, _given(own, math.inf) / len(regimen.doses))
    return Schedule(tuple(sorted(events, key=lambda event: event.time)), dosed, largest)


def _given(events: Iterable[Event], until: float) -> float:
    """What has entered by a time, nmol: boluses, and infusions as far as they ran."""
    entered = [event for event in events if event.time <= until]
    boluses = sum(event.amount for event in entered)
    if math.isinf(until):
        return float(boluses - sum(event.rate * event.time for event in entered))
    return float(boluses + sum(event.rate * (until - event.time) for event in entered))


def output_times(regimen: Regimen, duration: float, fine_from: float = math.inf) -> Array:
    """Times to report (h): the start; from the first dose on every dose, a fine grid after it, hourly between.

    The fine grid follows the first and the last dose, and every dose from a time on if one is given (h). Areas by the
    trapezoidal rule on this grid agree with those on a hundredfold finer one to 2e-4.
    """
    first, last = regimen.doses[0].time, regimen.doses[-1].time
    times = [np.arange(first, duration, 1.0), np.array([0.0, duration])]
    for dose in regimen.doses:
        times.append(np.array([dose.time, dose.time + dose.duration]))
        if dose.time in (first, last) or dose.time >= fine_from:
            for begin in {dose.time, dose.time + dose.duration}:
                times.append(begin + np.geomspace(2.0**-13, 0.125, 41))
                times.append(begin + np.arange(0.125, 8.0, 0.125))
            times.append(dose.time + np.arange(8.0, 24.0, 0.25))
    joined = np.unique(np.round(np.concatenate(times), 12))
    return joined[joined <= duration]


def window(regimen: Regimen, duration: float, length: float | None = None) -> Window:
    """From a single dose to the end; for repeated ones the last interval, or a longer time that ends with it (h)."""
    if regimen.interval is None:
        return Window(regimen.doses[0].time, duration, repeated=False)
    last = regimen.doses[-1].time
    end = min(last + regimen.interval, duration)
    return Window(last if length is None else max(end - length, regimen.doses[0].time), end, repeated=True)
