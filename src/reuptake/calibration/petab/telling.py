"""Which numbers of a fit PEtab has words for: levels, and areas under them up to a time; others by name with reasons.

A number becomes that of one output in its unit. What a study's quantity is in that unit is asked of a curve that is
one throughout, so that units, molar masses and means over medians are those of `reuptake.simulation.observation`. An
average level becomes the area that it was divided from; an area to infinity the area to the end of the run, if hardly
anything is missing there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.measured import Measured, Person
from reuptake.calibration.petab.exporting import Observed
from reuptake.calibration.published import Published, Question
from reuptake.calibration.residual import Logarithmic
from reuptake.dosing.regimens import parse_time
from reuptake.evidence.studies import Observation, Study
from reuptake.simulation.observation import (
    OBSERVED,
    Laboratories,
    Simulator,
    arms_behind,
    observed,
    request_of,
    simulator,
    treatment,
)
from reuptake.simulation.request import Request
from reuptake.trajectories import Trajectories

__all__ = ["Told", "told_of_people", "told_of_studies"]

Array = NDArray[np.float64]
AREAS = ("auc_inf", "auc_last", "auc_tau", "cavg")
BEND = "the bend beyond which a miss counts by its size: here all count by their squares"
NEGLIGIBLE = 1e-3  # of an area to infinity: how much may be missing at the end of the run


@dataclass
class Told:
    """What can be told of a fit, as it is gathered.

    Attributes
    ----------
    requests : mapping of arm to Request
    observed : list of Observed
    rows : list of int
        Which of the numbers that the fit explains each of `observed` is.
    left_out : list of str
        What else there is, each with the reason.
    count : int
        How many numbers the fit explains, of those looked at.
    """

    requests: dict[str, Request] = field(default_factory=dict)
    observed: list[Observed] = field(default_factory=list)
    rows: list[int] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    count: int = 0

    def see(self, found: Observed | str, label: str) -> None:
        """The next number of the fit: as it is told, or why it is not."""
        if isinstance(found, str):
            self.left_out.append(f"{label}: {found}")
        else:
            self.observed.append(found)
            self.rows.append(self.count)
        self.count += 1

    def arm(self, name: str, request: Request) -> str:
        """A new arm, by its name or by one like it."""
        found, count = name, 1
        while found in self.requests:
            count += 1
            found = f"{name} ({count})"
        self.requests[found] = request
        return found


def told_of_studies(part: Published, settings: Mapping[str, float], told: Told) -> None:
    """Results of studies, at the values of records that the fit found."""
    simulated = simulator(Laboratories(part.evidence, kinds=OBSERVED), settings)
    arms: dict[tuple[str, str], str] = {}
    for question, weight in zip(part.questions, part.weights.tolist(), strict=True):
        study, o = question
        found = _asked(question, simulated, part)
        if isinstance(found, Observed):
            arm = study.arm(o.arm)
            key = treatment(study.species, arm)
            if key not in arms:
                arms[key] = told.arm(f"{study.id} {o.arm}", request_of(part.evidence, study.species, arm))
            found = replace(found, arm=arms[key], log_sd=1.0 / weight, effect=part.effect_of(question))
        told.see(found, f"{study.id}, {o.arm}, {o.quantity} of {o.analyte}")
    if part.weighing.bend is not None:
        told.left_out.append(f"{BEND}, of studies ({part.weighing.bend:g} SD)")


def told_of_people(part: Measured, told: Told) -> None:
    """Levels of people."""
    adds = not isinstance(part.error, Logarithmic)
    sd = part.error.sd if isinstance(part.error, Logarithmic) else 1.0
    for person in part.people:
        held = _held(person, part)
        arm = told.arm(person.name, person.request) if not held and not adds else ""
        for one in person.levels:
            for time, value in zip(one.times.tolist(), one.values.tolist(), strict=True):
                found: Observed | str = Observed(arm, one.output, time, value, sd)
                if adds:
                    found = "its error adds, and only errors that multiply are told"
                elif held:
                    found = f"the subject has its own {', '.join(held)}, which the fit moves"
                elif np.isnan(value):
                    found = "it lies below the limit of quantification"
                told.see(found, f"{person.name}, {one.output} at {time:g} h")
    if part.bend is not None:
        told.left_out.append(f"{BEND}, of levels of people ({part.bend:g} SD)")


def _held(person: Person, part: Measured) -> list[str]:
    """Records that the fit moves and a person has as its own."""
    request = person.request
    suffix = f".{request.species}"
    mine = {name.removesuffix(suffix) for name in (*request.traits, *request.settings)}
    return [name for name in part.translation.names if name.removesuffix(suffix) in mine]


def _asked(question: Question, simulated: Simulator, part: Published) -> Observed | str:
    """A result as a level or an area of its arm, arm and weight left open; or why it is none."""
    study, o = question
    place, quantity = ("brain", o.quantity.removeprefix("brain_")) if "brain_" in o.quantity else ("plasma", o.quantity)
    if len(arms_behind(study, o)) > 1 or o.relative_to_analyte is not None or quantity == "to_plasma_ratio":
        return "a ratio of two outputs"
    if quantity not in ("level", *AREAS):
        return "neither a level nor an area"
    if o.analyte is None or "+" in o.analyte:
        return "several analytes together"
    output, course = f"{place}.{o.analyte}", simulated(study.species, study.arm(o.arm))
    ones = replace(course, values=np.ones_like(course.values))
    begin, number = course.window.start, o.number or 0.0
    if quantity == "level":
        at = begin + (parse_time(o.at, "at", zero=True) if o.at else 0.0)
        return Observed("", output, at, number / _value(study, o, ones, part), 1.0)
    end = _end(o, course)
    whole = o.model_copy(update={"quantity": o.quantity.replace(quantity, "auc_last")})
    if quantity == "cavg":
        share, value = 1.0, number / _value(study, o, ones, part) * (end - begin)
    else:
        share = _value(study, whole, course, part) / _value(study, o, course, part)
        value = number * share / (_value(study, whole, ones, part) / (end - begin))
    if share < 1.0 - NEGLIGIBLE:
        return f"{100.0 * (1.0 - share):.2g} % of the area lie beyond the run"
    return Observed("", output, end, value, 1.0, area=True, begin=begin)


def _value(study: Study, o: Observation, course: Trajectories, part: Published) -> float:
    """A quantity read off one course, in the unit of the observation."""
    return float(observed(study, o, lambda species, arm: course, part.evidence)[0])


def _end(o: Observation, course: Trajectories) -> float:
    """The last time that an area of this result is read at, h."""
    last = course.window.end
    if o.until:
        last = min(last, course.window.start + parse_time(o.until, "until"))
    return float(course.times[course.times <= last + 1e-9][-1])
