"""How a published result becomes a simulated one: an arm is run, a quantity is read off.

One place for it, so that fitting, validation and trials ask the model the same question
that the study asked its subjects. What cannot be simulated says why (`NotSimulated`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import RunError
from reuptake.evidence.base import Evidence
from reuptake.evidence.studies import Arm, Observation, Study
from reuptake.noncompartmental.areas import area, cumulative_moment
from reuptake.noncompartmental.exposure import exposure
from reuptake.simulation.request import parse_request
from reuptake.simulation.run import Laboratory, run
from reuptake.trajectories import RESOLUTION, Trajectories
from reuptake.units import convert, unit

__all__ = ["QUANTITIES", "Exposed", "NotSimulated", "Simulator", "observe", "simulator"]

Array = NDArray[np.float64]
Simulator = Callable[[Arm], Trajectories]
# A study that does not state its dose is run at one in the linear range; only ratios are read off it.
UNSTATED_DOSE = "50 mg"


class NotSimulated(RunError):
    """The model cannot do what this arm did; the message says what is missing."""


@dataclass(frozen=True)
class Exposed:
    """One analyte of one simulated arm, in nmol, L, h; arrays (subject,)."""

    times: Array
    levels: Array  # (subject, time), nmol/L
    given: Array
    repeated: bool

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
    "exposure_per_dose": ("h/L", lambda e: e.auc_inf / e.given),
}


def simulator(
    evidence: Evidence,
    species: str,
    laboratories: Mapping[tuple[str, str], Laboratory],
    settings: Mapping[str, float],
) -> Simulator:
    """A way to run arms, given models that stand ready by (compound, route)."""

    def simulated(arm: Arm) -> Trajectories:
        if arm.coadministered:
            raise NotSimulated(f"no model yet of {', '.join(arm.coadministered)}")
        if arm.compound is None or (arm.compound, arm.route) not in laboratories:
            raise NotSimulated(f"no model of {arm.compound or 'this treatment'} by route {arm.route}")
        request = parse_request(
            evidence, arm.compound, dose=arm.dose or UNSTATED_DOSE, every=arm.every,
            duration=arm.duration or ("28 d" if arm.every else None), route=arm.route, species=species,
        )  # fmt: skip
        changed = replace(request, settings=dict(settings) | _genotype(arm))
        return run(changed, evidence, laboratory=laboratories[arm.compound, arm.route])

    return simulated


def _genotype(arm: Arm) -> dict[str, float]:
    """What a phenotype of the study means for the enzyme: a poor metaboliser has none of it."""
    if arm.genotype is None:
        return {}
    enzyme, _, phenotype = arm.genotype.partition("=")
    if phenotype == "PM":
        return {f"{enzyme.lower()}.abundance.human": 0.0}
    if phenotype in ("EM", "NM"):
        return {}
    raise NotSimulated(f"no model yet of genotype {arm.genotype}")


def observe(study: Study, observation: Observation, simulated: Simulator, evidence: Evidence) -> float:
    """The simulated counterpart of one observation, in the unit of the observation.

    Raises
    ------
    NotSimulated
        If the arm or the quantity is beyond the model.
    """
    arm = study.arm(observation.arm)
    if observation.quantity == "bioavailability":
        intravenous = arm.model_copy(update={"route": "iv"})
        return _value(observation, simulated(arm), evidence, "exposure_per_dose") / _value(
            observation, simulated(intravenous), evidence, "exposure_per_dose"
        )
    value = _value(observation, simulated(arm), evidence)
    if observation.relative_to is not None:
        return value / _value(observation, simulated(study.arm(observation.relative_to)), evidence)
    if observation.relative_to_analyte is not None:
        other = observation.model_copy(update={"analyte": observation.relative_to_analyte})
        return value / _value(other, simulated(arm), evidence)
    return value


def _value(observation: Observation, course: Trajectories, evidence: Evidence, quantity: str | None = None) -> float:
    """A quantity of one analyte, median over subjects; in the observation's unit unless it is a ratio."""
    quantity = quantity or observation.quantity
    if quantity not in QUANTITIES or observation.analyte is None:
        raise NotSimulated(f"no observable '{quantity}' of {observation.analyte}")
    canonical, read_off = QUANTITIES[quantity]
    number = float(np.median(read_off(_exposed(course, observation.analyte, evidence))))
    wanted = unit(observation.unit)
    if wanted.dimension.dimensionless:
        return number
    dimension = unit(canonical).dimension
    if wanted.dimension == dimension / unit("kg_body").dimension:
        number, canonical = number / evidence.record("body.mass", "human").number, f"{canonical}/kg_body"
    elif wanted.dimension != dimension:
        mass = evidence.record(f"{observation.analyte}.molar_mass")
        number, canonical = number * unit(mass.unit).factor * mass.number, canonical.replace("nmol", "kg")
    return convert(number, canonical, observation.unit)


def _exposed(course: Trajectories, analyte: str, evidence: Evidence) -> Exposed:
    mass = evidence.record(f"{analyte}.molar_mass")
    window = course.window
    inside = (course.times >= window.start - 1e-9) & (course.times <= window.end + 1e-9)
    factor = unit("ng/mL").factor / (mass.number * unit(mass.unit).factor)
    levels = np.maximum(course.curve(f"plasma.{analyte}")[course.solved][:, inside], 0.0) * factor
    return Exposed(
        course.times[inside] - window.start, levels, course.dosed[course.compound][course.solved], window.repeated
    )
