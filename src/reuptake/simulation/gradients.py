"""How curves change with values of the evidence: exact tangents, and the neighbours that they span.

    c(ln p ± h) ≈ c ± h·∂c/∂ln p

What is read off a curve, a peak, an area, a half-life, is read off its neighbours just as off the curve itself; half
the difference over h is the derivative of the reading. So no reading needs a derivative written by hand, and since
neighbours are computed from one integration they carry none of its noise: the error is that of h².
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from reuptake.engine.ensemble import integrate
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.errors import InputError, Problem
from reuptake.simulation.request import Request
from reuptake.simulation.run import RELATIVE_TOLERANCE, Laboratory, Plan, plan
from reuptake.trajectories import Trajectories

__all__ = ["STEP", "Sloped", "derivative", "doses_depend_on", "sloped"]

Array = NDArray[np.float64]
STEP = 1e-6  # of ln p: h² is small against any error of a solver, h large against rounding


@dataclass(frozen=True)
class Sloped:
    """Curves of one subject, and how they change.

    Attributes
    ----------
    course : Trajectories
        Of one subject.
    names : tuple of str (name,)
        Parameters of the model.
    slopes : array (time, output, name)
        ∂curve/∂ln p, in the unit of each output.
    """

    course: Trajectories
    names: tuple[str, ...]
    slopes: Array

    def neighbours(self, directions: Array, step: float = STEP) -> Trajectories:
        """The subject itself, then a pair of neighbours for each direction.

        Parameters
        ----------
        directions : array (name, direction)
            ∂ln p/∂x of each parameter in each direction x.

        Returns
        -------
        Trajectories
            Subjects (1 + 2·direction,): the centre; then x₁ + h, x₁ − h, x₂ + h, x₂ − h, …
        """
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
    """A reading off the centre, and its derivatives (direction,), from readings off all neighbours (subject,)."""
    return float(read[0]), (read[1::2] - read[2::2]) / (2.0 * step)


def doses_depend_on(laboratory: Laboratory, compounds: Sequence[str]) -> set[str]:
    """Parameters that the doses themselves depend on, so that no tangent of the model tells their whole effect."""
    evidence, species = laboratory.evidence, laboratory.species
    return {"body.mass", *(evidence.dose_form_mass(compound, species) for compound in compounds)}


def sloped(
    laboratory: Laboratory,
    requests: Sequence[Request],
    names: Sequence[str],
    *,
    grids: Sequence[Array] | None = None,
    relative: float = RELATIVE_TOLERANCE,
    threads: int = 1,
) -> list[Sloped]:
    """Curves of many requests in one laboratory, each of one subject, with their slopes.

    Requests that are looked at on the same times are integrated side by side.

    Parameters
    ----------
    laboratory : Laboratory
        With the outputs that are wanted: each costs time in every direction.
    requests : sequence of Request
        That run in this laboratory.
    names : sequence of str (name,)
        Parameters of the model, without species.
    grids : sequence of array (time,), h, optional
        Times of each request; those of a simulation unless given.
    relative : float
        Relative tolerance of a step; the absolute one keeps its share of it.

    Raises
    ------
    InputError
        If doses depend on a parameter that is named: a tangent of the model does not tell what they do.
    """
    given = {regimen.compound for request in requests for regimen in request.regimens}
    own = [name for name in names if name in doses_depend_on(laboratory, sorted(given))]
    if own:
        raise InputError(
            Problem(f"doses depend on '{name}', so its effect is no slope of the model", "", "leave it out")
            for name in own
        )
    plans = [plan(request, laboratory.evidence, laboratory) for request in requests]
    looked = [made.grid if grids is None else grids[i] for i, made in enumerate(plans)]
    alike: dict[bytes, list[int]] = {}
    for i, grid in enumerate(looked):
        alike.setdefault(grid.tobytes(), []).append(i)
    found: dict[int, Sloped] = {}
    for members in alike.values():
        together = _together([plans[i] for i in members], looked[members[0]], names, relative, threads)
        found |= dict(zip(members, together, strict=True))
    return [found[i] for i in range(len(requests))]


def _together(
    plans: Sequence[Plan], grid: Array, names: Sequence[str], relative: float, threads: int
) -> list[Sloped]:  # fmt: skip
    """Curves of some plans on one grid, in one batch."""
    starts = [made.start(made.shards[0]) for made in plans]
    parameters = np.concatenate([start.batch.parameters for start in starts])
    smallest = np.concatenate([start.smallest for start in starts]) * (relative / RELATIVE_TOLERANCE)
    batch = Batch(parameters, tuple(events for start in starts for events in start.batch.events))
    kernel, table = plans[0].laboratory.kernel, plans[0].laboratory.table
    solution = integrate(
        kernel, batch, grid, Tolerances(relative, smallest), threads=threads, sensitivities=names
    )  # fmt: skip
    sizes = parameters[:, [table.names.index(name) for name in names]]
    none = np.zeros((*solution.values.shape, 0))
    slopes = none if solution.sensitivities is None else solution.sensitivities
    return [
        Sloped(
            made.labelled(start, grid, solution.part(slice(i, i + 1)), {}), tuple(names), slopes[i] * sizes[i]
        )
        for i, (made, start) in enumerate(zip(plans, starts, strict=True))
    ]  # fmt: skip
