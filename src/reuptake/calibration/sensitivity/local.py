"""Elasticities: by how many per cent an output moves when a parameter grows by one.

    E = ∂ln y/∂ln p ≈ (ln y(c + h·∂c/∂ln p) − ln y(c − h·∂c/∂ln p))/(2h)

The curves c come with exact tangents; whatever is read off a curve is read off its two neighbours as well, so nothing
that is read needs a derivative written by hand. What doses themselves depend on (the molar mass of a dose form, body
mass) is moved in the whole simulation instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.sensitivity.ranges import Factor
from reuptake.errors import RunError
from reuptake.simulation.gradients import STEP, derivative, doses_depend_on, sloped
from reuptake.simulation.request import Request
from reuptake.simulation.run import Laboratory
from reuptake.trajectories import measures

__all__ = ["STEPPED", "elasticities"]

Array = NDArray[np.float64]
ACCURACY = 1e-7  # of a step: one subject costs little, and readings hang on small differences
# Of whole simulations: each has noise of its own, about the tolerance, which the step divides.
TIGHT, WIDE_STEP = 1e-10, 1e-3
STEPPED = ("tmax",)  # read on the grid of times, so it moves in steps and has no slope
STEADY = 1e-3  # of an elasticity: at two widths of the step it is the same, or what is read has jumped


def elasticities(laboratory: Laboratory, request: Request, factors: Sequence[Factor], outputs: Sequence[str]) -> Array:
    """∂ln output/∂ln parameter, (output, parameter).

    NaN for an output that is nought, that moves in steps (the time of a peak), or that jumps between the neighbours
    (a half-life whose terminal phase is read off other points).

    Parameters
    ----------
    laboratory : Laboratory
        For the doors of the request, with the curves behind the outputs.
    request : Request
        Of one subject.
    outputs : sequence of str
        Names of columns of `Measures`.

    Raises
    ------
    RunError
        If the simulation fails, or begins with a steady state.
    """
    found = np.full((len(outputs), len(factors)), np.nan)
    whole = doses_depend_on(laboratory, [regimen.compound for regimen in request.regimens])
    tangent = [j for j, factor in enumerate(factors) if factor.name not in whole]
    slopes = _by_tangents(laboratory, request, [factors[j].name for j in tangent], outputs)
    found[:, tangent] = slopes
    for j, factor in enumerate(factors):
        if factor.name in whole:
            found[:, j] = _by_simulations(laboratory, request, factor, outputs)
    found[[name.rpartition(".")[2] in STEPPED for name in outputs]] = np.nan
    return found


def _by_tangents(laboratory: Laboratory, request: Request, names: Sequence[str], outputs: Sequence[str]) -> Array:
    (curves,) = sloped(laboratory, [request], names, relative=ACCURACY, threads=request.threads)
    if not curves.course.solved.all():
        (outcome,) = curves.course.outcomes
        raise RunError(f"the simulation was not solved: {outcome.name}; {outcome.remedy}")
    every = np.eye(len(names))
    near, far = (measures(curves.neighbours(every, step)).columns for step in (STEP, 2.0 * STEP))
    rows = []
    for name in outputs:
        close, wide = _elastic(near[name], STEP), _elastic(far[name], 2.0 * STEP)
        same = np.abs(close - wide) <= STEADY * np.maximum(np.abs(close), STEADY)
        rows.append(np.where(same, close, np.nan))
    return np.array(rows)


def _by_simulations(laboratory: Laboratory, request: Request, factor: Factor, outputs: Sequence[str]) -> Array:
    """Central differences at two widths, extrapolated: solutions of their own, so they are solved tightly."""
    name = laboratory.table.record(factor.name).name
    moved = [
        replace(request, settings={**request.settings, name: factor.number * float(np.exp(step))})
        for step in (0.0, WIDE_STEP, -WIDE_STEP, 2.0 * WIDE_STEP, -2.0 * WIDE_STEP)
    ]
    courses = [one.course for one in sloped(laboratory, moved, [], relative=TIGHT, threads=request.threads)]
    read = [measures(course).columns for course in courses]
    found = np.full(len(outputs), np.nan)
    for i, output in enumerate(outputs):
        values = np.array([one[output][0] for one in read])
        near, far = _elastic(values[:3], WIDE_STEP)[0], _elastic(values[[0, 3, 4]], 2.0 * WIDE_STEP)[0]
        if abs(near - far) <= STEADY * max(abs(near), STEADY):
            found[i] = (4.0 * near - far) / 3.0
    return found


def _elastic(read: Array, step: float) -> Array:
    """Elasticities (direction,) from what was read off the centre and its neighbours; NaN where that is nought."""
    if not np.all(read > 0.0):
        return np.full((len(read) - 1) // 2, np.nan)
    return derivative(np.log(read), step)[1]
