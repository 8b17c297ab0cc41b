"""What becomes of a dose: the compounds followed, their levels, and who holds which target.

Everything a report says of a simulation is read from here, so that its figures, tables and
sentences lean on one run. A compound that cannot be simulated still has a profile: it says
what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import InputError, Problem, RunError
from reuptake.evidence.base import Evidence
from reuptake.evidence.compounds import Compound, Pathway
from reuptake.evidence.records import Record
from reuptake.model.assemble import assemble, followed
from reuptake.model.mechanism import TARGETS
from reuptake.noncompartmental.areas import area
from reuptake.trajectories import Trajectories
from reuptake.units import unit

__all__ = ["Clearance", "Profile", "Span", "profile"]

Array = NDArray[np.float64]
SPECIES = "human"


@dataclass(frozen=True)
class Span:
    """Lowest, mean and highest of a curve over the window that summaries look at."""

    low: float
    mean: float
    high: float


@dataclass(frozen=True)
class Clearance:
    """One pathway with its intrinsic clearance (L/h per kg of liver) and share of the compound's total."""

    pathway: Pathway
    intrinsic: float | None
    share: float | None
    records: tuple[Record, ...]


@dataclass(frozen=True)
class Profile:
    """A compound, what it turns into, and one simulated course of it.

    Attributes
    ----------
    compound : Compound
    followed : tuple of Compound
        The compound first, then everything that its pathways lead to.
    regimen : mapping
        Dose, interval and duration as words.
    course, single : Trajectories or None
        Repeated doses, and one dose alone; None where they cannot be simulated.
    problems : tuple of Problem
        Why not.
    """

    compound: Compound
    followed: tuple[Compound, ...]
    evidence: Evidence = field(repr=False)
    regimen: Mapping[str, str]
    course: Trajectories | None = field(repr=False)
    single: Trajectories | None = field(repr=False)
    problems: tuple[Problem, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the compounds followed, the parent first."""
        return tuple(compound.compound for compound in self.followed)

    @cached_property
    def outputs(self) -> frozenset[str]:
        """What the model computed, by the names that claims use."""
        return frozenset(told_as(label.name) for label in self.course.labels) if self.course else frozenset()

    @cached_property
    def equations(self) -> list[tuple[str, str]]:
        """Left and right sides of the equations that were computed; none without a course."""
        if self.course is None:
            return []
        return assemble(self.evidence, "human", {self.compound.compound: ["po"]}).equations()

    @cached_property
    def summary(self) -> Mapping[str, Any]:
        """Summary of the repeated course; empty without one."""
        return self.course.summary() if self.course else {}

    def kd(self, ligand: str, target: str) -> Record | None:
        """How tightly a compound binds a target."""
        return self.evidence.find(f"{ligand}.{target.lower()}.kd", SPECIES)

    def in_vivo_scale(self, target: str) -> Record | None:
        """How many times weaker a target is held in the living brain than in the dish."""
        return self.evidence.find(f"{target.lower()}.in_vivo_scale", SPECIES)

    @property
    def targets(self) -> tuple[str, ...]:
        """Targets that any compound followed has an affinity for."""
        return tuple(target for target in TARGETS if any(self.kd(name, target) for name in self.names))

    def ligands(self, target: str) -> tuple[str, ...]:
        """The compounds followed that bind a target."""
        return tuple(name for name in self.names if self.kd(name, target))

    def occupancy(self, target: str, ligand: str = "") -> Span | None:
        """Occupancy of a target, or the share that one ligand holds, over the last interval."""
        return self._span(f"occupancy.{target}" + (f".{ligand}" if ligand else ""))

    def plasma(self, analyte: str) -> Span | None:
        """Plasma level, ng/mL, over the last interval."""
        return self._span(f"plasma.{analyte}")

    def unbound_in_brain(self, ligand: str) -> Span | None:
        """Unbound level in brain (nmol/L) over the last interval, read back from occupancy.

        u = Kd·s·x/(1 − X)        x: share of this ligand, X: total occupancy
        """
        for target in self.targets:
            kd, scale = self.kd(ligand, target), self.in_vivo_scale(target)
            if kd and scale and self._has(f"occupancy.{target}.{ligand}"):
                share, total = self._curve(f"occupancy.{target}.{ligand}"), self._curve(f"occupancy.{target}")
                level = kd.number * unit(kd.unit).factor * scale.number * unit(scale.unit).factor
                return self._spanned(level * share / np.maximum(1.0 - total, 1e-12))
        return None

    def clearances(self, name: str) -> tuple[Clearance, ...]:
        """How a compound's intrinsic clearance by the liver divides among its pathways."""
        pathways = self.evidence.compound(name).reactions(SPECIES)
        found = [self._intrinsic(name, pathway) for pathway in pathways]
        known = [value for value, _ in found if value is not None]
        total = sum(known) if len(known) == len(found) else 0.0
        return tuple(
            Clearance(pathway, value, value / total if value is not None and total else None, records)
            for pathway, (value, records) in zip(pathways, found, strict=True)
        )

    def parameters(self) -> tuple[Record, ...]:
        """Records that the simulated model runs on; those of the compounds where it cannot run."""
        try:
            system = assemble(self.evidence, SPECIES, {self.compound.compound: ["po"]})
        except InputError:
            names: list[str] = []
        else:
            names = [parameter.name for parameter in system.parameters]
        found = [record for record in (self.evidence.find(name, SPECIES) for name in names) if record]
        own = [r for r in self.evidence.records if r.use and r.name.split(".")[0] in self.names]
        return tuple({record.name: record for record in [*found, *own]}.values())

    def _intrinsic(self, name: str, pathway: Pathway) -> tuple[float | None, tuple[Record, ...]]:
        """CLint of one pathway for a kg of liver: per enzyme molecule times molecules, or as it is."""
        clint = self.evidence.find(f"{name}.{pathway.enzyme.lower()}.clint", SPECIES)
        if clint is None:
            return None, ()
        value = clint.number * unit(clint.unit).factor
        if unit(clint.unit).dimension == unit("L/h/kg_tissue").dimension:
            return value, (clint,)
        abundance = self.evidence.find(f"{pathway.enzyme.lower()}.abundance", SPECIES)
        protein = self.evidence.find("liver.microsomal_protein", SPECIES)
        if abundance is None or protein is None:
            return None, (clint,)
        for record in (abundance, protein):
            value *= record.number * unit(record.unit).factor
        return value, (clint, abundance, protein)

    def _has(self, output: str) -> bool:
        return self.course is not None and any(label.name == output for label in self.course.labels)

    def _curve(self, output: str) -> Array:
        assert self.course is not None
        start, end = self.course.window.start, self.course.window.end
        inside = (self.course.times >= start - 1e-9) & (self.course.times <= end + 1e-9)
        return np.asarray(self.course.curve(output)[0][inside])

    def _span(self, output: str) -> Span | None:
        return self._spanned(self._curve(output)) if self._has(output) else None

    def _spanned(self, curve: Array) -> Span:
        assert self.course is not None
        start, end = self.course.window.start, self.course.window.end
        inside = (self.course.times >= start - 1e-9) & (self.course.times <= end + 1e-9)
        times = self.course.times[inside]
        mean = float(area(times, curve[None, :])[0] / (times[-1] - times[0]))
        return Span(float(curve.min()), mean, float(curve.max()))


def told_as(output: str) -> str:
    """The name by which claims call an output of the model."""
    if output.startswith("balance.urine_unchanged."):
        return "mass_balance.urine_unchanged_fraction"
    return output.replace("balance.", "mass_balance.", 1).replace("plasma.", "analytes.", 1)


def profile(compound: str, evidence: Evidence, *, dose: str, every: str, duration: str) -> Profile:
    """The profile of a compound, simulated where the evidence suffices.

    Raises
    ------
    InputError
        If the compound is unknown, or dose and times are no such thing.
    """
    from reuptake.simulation.request import parse_request
    from reuptake.simulation.run import simulate

    known = evidence.compound(compound)
    parse_request(evidence, compound, dose=dose, every=every, duration=duration)
    course, problems = _tried(lambda: simulate(compound, dose=dose, every=every, duration=duration, evidence=evidence))
    single, _ = _tried(lambda: simulate(compound, dose=dose, evidence=evidence)) if course else (None, ())
    words = {"dose": dose, "every": every, "duration": duration}
    return Profile(known, followed(evidence, [compound], "human"), evidence, words, course, single, problems)


def _tried(run: Callable[[], Trajectories]) -> tuple[Trajectories | None, tuple[Problem, ...]]:
    try:
        return run(), ()
    except InputError as error:
        return None, error.problems
    except RunError as error:
        return None, (Problem(str(error)),)
