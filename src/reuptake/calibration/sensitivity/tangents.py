"""How curves change with the parameters: exact tangents, and the neighbours that they span."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reuptake.engine.ensemble import integrate
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.simulation.request import Request
from reuptake.simulation.run import ABSOLUTE_SHARE, Laboratory, plan
from reuptake.simulation.schedules import schedules, window
from reuptake.trajectories import Label, Trajectories

__all__ = ["STEP", "Sloped", "derivative", "doses_depend_on", "sloped"]

Array = NDArray[np.float64]
STEP = 1e-4  # of ln p: its square is small against any solver's error


@dataclass(frozen=True)
class Sloped:
    """Curves of one subject, and how they change: slopes (time, output, name) are ∂curve/∂ln p."""

    course: Trajectories
    names: tuple[str, ...]
    slopes: Array

    def neighbours(self, directions: Array, step: float = STEP) -> Trajectories:
        """The subject itself, then a pair of neighbours, up and down, for each of directions (name, direction)."""
        centre = self.course.values[0]
        along = np.moveaxis(self.slopes @ directions, -1, 0)
        pairs = step * np.stack([along, -along], axis=1).reshape(-1, *centre.shape)
        size = 1 + 2 * directions.shape[1]
        return replace(
            self.course, subjects=np.arange(size), values=np.concatenate([centre[None], centre + pairs]),
            outcomes=self.course.outcomes * size,
            dosed={name: np.repeat(given, size) for name, given in self.course.dosed.items()},
        )  # fmt: skip


def derivative(read: Array, step: float = STEP) -> tuple[float, Array]:
    """A reading off the centre, and its derivatives (direction,), from readings off all neighbours."""
    return float(read[0]), (read[1::2] - read[2::2]) / (2.0 * step)


def doses_depend_on(laboratory: Laboratory, compounds: Sequence[str]) -> set[str]:
    """Parameters that the doses themselves depend on, so that no tangent of the model tells their whole effect."""
    evidence, species = laboratory.evidence, laboratory.species
    return {"body.mass", *(evidence.dose_form_mass(compound, species) for compound in compounds)}


def sloped(
    laboratory: Laboratory, requests: Sequence[Request], names: Sequence[str], *, relative: float, threads: int = 1
) -> list[Sloped]:
    """Curves of requests of one subject each, with their slopes in some parameters of the model."""
    return [_one(laboratory, request, names, relative, threads) for request in requests]


def _one(laboratory: Laboratory, request: Request, names: Sequence[str], relative: float, threads: int) -> Sloped:
    made = plan(request, laboratory.evidence, laboratory)
    table, system = made.laboratory.table, laboratory.kernel.system
    parameters = table.matrix({}, 1)
    (given,) = schedules(request.regimens, request.duration, parameters, table, laboratory.evidence, laboratory.species)
    amounts = np.array([state.unit == "nmol" for state in system.states])
    smallest = relative * ABSOLUTE_SHARE * 1e6 * np.where(amounts, given.largest, 1.0)
    solution = integrate(
        laboratory.kernel, Batch(parameters, (given.events,)), made.grid, Tolerances(relative, smallest[None]),
        threads=threads, sensitivities=names,
    )  # fmt: skip
    course = Trajectories(
        np.zeros(1, dtype=np.int64), made.grid, tuple(Label(o.name, o.unit, o.kind) for o in system.outputs),
        solution.values, solution.outcomes, request.compound,
        {name: np.array([amount]) for name, amount in given.dosed.items()},
        window(request.regimens[0], request.duration, request.reading), {},
    )  # fmt: skip
    sizes = parameters[0, [table.names.index(name) for name in names]]
    none = np.zeros((*solution.values.shape, 0))
    slopes = none if solution.sensitivities is None else solution.sensitivities
    return Sloped(course, tuple(names), slopes[0] * sizes)
