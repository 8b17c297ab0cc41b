"""How a published result becomes a simulated one: an arm is run, a quantity is read off.

One place for it, so that fitting, validation and trials ask the model the same question
that the study asked its subjects. What cannot be simulated says why (`NotSimulated`).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.regimens import parse_time
from reuptake.errors import InputError, RunError
from reuptake.evidence.base import Evidence
from reuptake.evidence.studies import Arm, Observation, Study
from reuptake.noncompartmental.areas import area, cumulative_moment
from reuptake.noncompartmental.exposure import exposure
from reuptake.simulation.request import USUAL_BACKEND, Request, parse_request
from reuptake.simulation.run import Laboratory, prepare, run
from reuptake.trajectories import RESOLUTION, Trajectories
from reuptake.units import convert, unit

__all__ = [
    "OBSERVED", "QUANTITIES", "Exposed", "Laboratories", "NotSimulated", "Simulator", "arms_behind", "askable",
    "observe", "observed", "request_of", "simulator", "treatment",
]  # fmt: skip

Array = NDArray[np.float64]
Simulator = Callable[[str, Arm], Trajectories]  # species, arm
# A study that does not state its dose is run at one in the linear range; only ratios are read off it.
UNSTATED_DOSE = {"human": "50 mg", "rat": "1 mg/kg", "mouse": "1 mg/kg"}
UNSTATED_COURSE, UNSTATED_LEAD = "28 d", "14 d"
OBSERVED = ("level", "tissue")  # kinds of output that observations are read off
FOLLOWED = "21 d"  # after a single dose: five half-lives where elimination is slowest


class NotSimulated(RunError):
    """The model cannot do what this arm did; the message says what is missing."""


@dataclass(frozen=True)
class Exposed:
    """One analyte of one simulated arm, in nmol, L (or kg_tissue), h; arrays (subject,)."""

    times: Array
    levels: Array  # (subject, time), nmol/L in plasma, nmol/kg_tissue in brain
    given: Array
    repeated: bool
    at: float | None = None  # h, when a single level was taken

    def level(self) -> Array:
        """Level at one time, between grid times by a straight line."""
        if self.at is None or not self.times[0] <= self.at <= self.times[-1]:
            raise NotSimulated("a level needs 'at', a time within the run")
        return np.array([np.interp(self.at, self.times, curve) for curve in self.levels])

    @property
    def auc_inf(self) -> Array:
        """Area to infinity; over one interval for repeated doses, which equals it at steady state."""
        return area(self.times, self.levels) if self.repeated else exposure(self.times, self.levels, RESOLUTION).auc_inf

    def peak_time(self) -> Array:
        """Time of the peak, between grid times by the parabola through the three highest neighbours."""
        at = np.clip(np.argmax(self.levels, axis=1), 1, len(self.times) - 2)
        who = np.arange(len(at))
        (x0, x1, x2), (y0, y1, y2) = (
            [self.times[at + k] for k in (-1, 0, 1)],
            [self.levels[who, at + k] for k in (-1, 0, 1)],
        )
        left, right = (y1 - y0) / (x1 - x0), (y2 - y1) / (x2 - x1)
        bend = (right - left) / (x2 - x0)
        flat = bend >= 0.0
        peak: Array = np.where(flat, x1, (x0 + x1) / 2.0 - left / (2.0 * np.where(flat, 1.0, bend)))
        return peak

    def mean_residence_time(self) -> Array:
        """AUMC/AUC of a single dose, both to infinity."""
        measures = exposure(self.times, self.levels, RESOLUTION)
        # AUMC to the last time, and its tail from there; levels below resolution add nothing that shows.
        last, rate = self.levels[:, -1], measures.lambda_z
        seen = cumulative_moment(self.times, self.levels)[:, -1]
        moment = seen + last * self.times[-1] / rate + last / rate**2
        mean: Array = moment / measures.auc_inf
        return mean


QUANTITIES: dict[str, tuple[str, Callable[[Exposed], Array]]] = {
    "level": ("nmol/L", lambda e: e.level()),
    "cmax": ("nmol/L", lambda e: e.levels.max(axis=1)),
    "tmax": ("h", lambda e: e.peak_time()),
    "auc_inf": ("nmol*h/L", lambda e: e.auc_inf),
    "auc_last": ("nmol*h/L", lambda e: area(e.times, e.levels)),
    "auc_tau": ("nmol*h/L", lambda e: area(e.times, e.levels)),
    "cavg": ("nmol/L", lambda e: area(e.times, e.levels) / (e.times[-1] - e.times[0])),
    "half_life": ("h", lambda e: exposure(e.times, e.levels, RESOLUTION).half_life),
    "clearance": ("L/h", lambda e: e.given / e.auc_inf),
    "oral_clearance": ("L/h", lambda e: e.given / e.auc_inf),
    "volume_steady_state": ("L", lambda e: e.given / e.auc_inf * e.mean_residence_time()),
    "mean_residence_time": ("h", lambda e: e.mean_residence_time()),
    "exposure_per_dose": ("h/L", lambda e: e.auc_inf / e.given),
}


class Laboratories:
    """Models that stand ready: each made when it is first asked for, by species and the doors it needs.

    Only outputs of the `kinds` named are kept, all of them unless given; for `observe`, `OBSERVED` are enough.
    """

    def __init__(
        self, evidence: Evidence, backend: str = USUAL_BACKEND, kinds: Collection[str] | None = None
    ) -> None:  # fmt: skip
        self.evidence, self.backend, self.kinds = evidence, backend, kinds
        self._made: dict[tuple[Any, ...], Laboratory] = {}

    def of(self, request: Request) -> Laboratory:
        """The model that a request runs in."""
        key = (request.species, *sorted(request.doors.items()))
        if key not in self._made:
            self._made[key] = prepare(self.evidence, request.species, request.doors, self.backend, self.kinds)
        return self._made[key]


def simulator(laboratories: Laboratories, settings: Mapping[str, float]) -> Simulator:
    """A way to run arms of studies with some values replaced, each arm once.

    What a study did not tell is filled in the same way for all: an unstated dose lies in the linear range, other
    drugs were taken for two weeks before, a course lasts four.
    """
    done: dict[tuple[str, str], Trajectories] = {}
    evidence = laboratories.evidence

    def simulated(species: str, arm: Arm) -> Trajectories:
        key = treatment(species, arm)
        if key not in done:
            request = request_of(evidence, species, arm)
            laboratory = laboratories.of(request)
            own = laboratory.table.own(settings, species)
            done[key] = run(replace(request, settings=own), evidence, laboratory=laboratory)
        return done[key]

    return simulated


def treatment(species: str, arm: Arm) -> tuple[str, str]:
    """What was done in an arm, whatever it is called: arms treated alike are one."""
    return species, arm.model_copy(update={"id": "", "note": "", "n": None}).model_dump_json()


def arms_behind(study: Study, observation: Observation) -> list[Arm]:
    """Arms that an observation is about: its own, and the one that it is divided by, if any."""
    arm = study.arm(observation.arm)
    if observation.quantity == "bioavailability":
        return [arm, arm.model_copy(update={"route": "iv"})]
    return [arm] if observation.relative_to is None else [arm, study.arm(observation.relative_to)]


def request_of(evidence: Evidence, species: str, arm: Arm) -> Request:
    """The request that an arm makes.

    Raises
    ------
    NotSimulated
        If the model cannot do what was done.
    """
    if arm.compound is None:
        raise NotSimulated("the treatment of this arm is no compound of the evidence")
    # Whom a probe drug showed to be an extensive metaboliser is the reference individual, whatever the genes.
    genes = None if arm.genotype and arm.genotype.endswith("=EM") else arm.genotype
    try:
        request = parse_request(
            evidence, arm.compound, dose=arm.dose or UNSTATED_DOSE[species], every=arm.every,
            duration=arm.duration or (UNSTATED_COURSE if arm.every else FOLLOWED), route=arm.route, species=species,
            coadministered=arm.coadministered, lead=(arm.lead or UNSTATED_LEAD) if arm.coadministered else None,
            phenotypes=[genes] if genes and "*" not in genes else [],
            genotypes=[genes] if genes and "*" in genes else [], population=dict(arm.population) or None,
        )  # fmt: skip
    except InputError as error:
        raise NotSimulated("; ".join(problem.message for problem in error.problems)) from None
    return replace(request, traits={**request.traits, **arm.traits})


def observe(study: Study, observation: Observation, simulated: Simulator, evidence: Evidence) -> float:
    """The simulated counterpart of one observation, in its unit: the median over subjects (`observed`)."""
    return float(np.median(observed(study, observation, simulated, evidence)))


def observed(study: Study, observation: Observation, simulated: Simulator, evidence: Evidence) -> Array:
    """The simulated counterpart of one observation, of each subject (subject,), in the unit of the observation.

    Raises
    ------
    NotSimulated
        If the arm or the quantity is beyond the model.
    """
    quantity = "exposure_per_dose" if observation.quantity == "bioavailability" else observation.quantity
    asked = observation.model_copy(update={"quantity": quantity})

    def value(arm: Arm, asked: Observation = asked) -> Array:
        return _value(asked, simulated(study.species, arm), evidence, study.species)

    arms = arms_behind(study, observation)
    if len(arms) == 2:
        return value(arms[0]) / value(arms[1])
    if observation.relative_to_analyte is not None:
        return value(arms[0]) / value(arms[0], asked.model_copy(update={"analyte": observation.relative_to_analyte}))
    return value(arms[0]) * (_mean_over_median(observation) if study.species == "human" else 1.0)


def askable(
    evidence: Evidence, studies: Iterable[Study], simulated: Simulator
) -> tuple[list[tuple[Study, Observation]], list[str]]:
    """Numbers found in some studies that the model can be asked, and why others cannot, a line each."""
    found, left_out = [], []
    for study in studies:
        for o in study.observations:
            if not o.use or not o.number or o.analyte not in evidence.compounds:
                continue
            try:
                observed(study, o, simulated, evidence)
            except NotSimulated as reason:
                left_out.append(f"{study.id}, {o.arm}, {o.quantity} of {o.analyte}: {reason}")
            else:
                found.append((study, o))
    return found, left_out


def _mean_over_median(observation: Observation) -> float:
    """By how much the mean of a study lies above its median, √(1 + cv²) of a log-normal quantity; 1 without an SD.

    The reference individual stands in the middle of people, who are skewed to the right.
    """
    if observation.sd is None or not observation.number:
        return 1.0
    return math.sqrt(1.0 + (observation.sd / observation.number) ** 2)


def _value(observation: Observation, course: Trajectories, evidence: Evidence, species: str) -> Array:
    """A quantity of one analyte (subject,); in the observation's unit unless it is a ratio."""
    quantity = observation.quantity
    if quantity == "brain_to_plasma_ratio":
        return _brain_to_plasma(observation, course, evidence)
    place, name = ("brain", quantity.removeprefix("brain_")) if quantity.startswith("brain_") else ("plasma", quantity)
    if name not in QUANTITIES or observation.analyte is None:
        raise NotSimulated(
            f"no observable '{quantity}'" + (f" of {observation.analyte}" if observation.analyte else "")
        )
    canonical, read_off = QUANTITIES[name]
    if place == "brain":
        canonical = canonical.replace("/L", "/kg_tissue")
    number = read_off(_exposed(course, observation, evidence, place))
    wanted = unit(observation.unit)
    if wanted.dimension.dimensionless:
        return number
    dimension = unit(canonical).dimension
    if wanted.dimension == dimension / unit("kg_body").dimension:
        number, canonical = (
            number / evidence.record("body.mass", species).number,
            f"{canonical}/kg_body",
        )
    elif wanted.dimension != dimension:
        mass = evidence.record(f"{observation.analyte.split('+')[0]}.molar_mass")
        number, canonical = number * unit(mass.unit).factor * mass.number, canonical.replace("nmol", "kg")
    return number * convert(1.0, canonical, observation.unit)


def _brain_to_plasma(observation: Observation, course: Trajectories, evidence: Evidence) -> Array:
    """Area of the level in whole brain over that in plasma; of all analytes together where none is named."""
    analytes = observation.analyte or "+".join(label.name.removeprefix("brain.") for label in course.named("tissue"))
    named = observation.model_copy(update={"analyte": analytes})
    brain, plasma = (_exposed(course, named, evidence, place) for place in ("brain", "plasma"))
    number = area(brain.times, brain.levels) / area(plasma.times, plasma.levels)
    dimensionless = unit(observation.unit).dimension.dimensionless
    return number if dimensionless else number * convert(1.0, "L/kg_tissue", observation.unit)


def _exposed(course: Trajectories, observation: Observation, evidence: Evidence, place: str = "plasma") -> Exposed:
    """Levels of one analyte, or of several together (``imipramine+desipramine``, by mass, counted as the first)."""
    analytes = (observation.analyte or "").split("+")
    absent = [name for name in analytes if f"{place}.{name}" not in {label.name for label in course.labels}]
    if absent:
        raise NotSimulated(f"no level of {', '.join(absent)} in {place} in this model")
    mass = evidence.record(f"{analytes[0]}.molar_mass")
    window = course.window
    end = window.start + parse_time(observation.until, "until") if observation.until else window.end
    inside = (course.times >= window.start - 1e-9) & (course.times <= min(window.end, end) + 1e-9)
    # ng/mL of plasma and ng/g of tissue are the same number of nmol per L and per kg.
    factor = unit("ng/mL").factor / (mass.number * unit(mass.unit).factor)
    together = sum(np.maximum(course.curve(f"{place}.{name}")[course.solved][:, inside], 0.0) for name in analytes)
    return Exposed(
        course.times[inside] - window.start, factor * np.asarray(together),
        course.dosed[course.compound][course.solved], window.repeated,
        parse_time(observation.at, "at", zero=True) if observation.at else None,
    )  # fmt: skip
