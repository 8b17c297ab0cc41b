"""How the grid is read off the steps, which never know of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reuptake.engine.backends.llvm.driver.tangents import derive_outputs, sample_tangent, write_tangent
    from reuptake.engine.backends.llvm.driver.workspace import (
        DENSE, DIRECTIONS, LANES, LARGEST, OUTPUTS, STAGES, STATES, cursor, dot, dot_sampled, grid, hoisted, inputs,
        landing, moment, new, now, output_leaned, output_leanings, output_sloped, output_slopes, outputs, pending,
        points, reported, rooting, sampled, spoiled, stages, states, step, stop, subject, taken, theta, values, weights,
    )  # fmt: skip
    from reuptake.engine.backends.llvm.language import floats, fma, magnitude, part, unrolled
    from reuptake.engine.control import resolution


def report() -> None:
    """Put the grid points inside the steps just taken where they belong, from the dense output."""
    while due():
        sample()
        outputs(moment, sampled, inputs, hoisted, reported)
        if DIRECTIONS > 0:
            output_slopes(moment, sampled, inputs, hoisted, output_sloped)
            output_leanings(moment, sampled, inputs, hoisted, output_leaned)
            for j in range(DIRECTIONS):
                sample_tangent(j)
                derive_outputs(j, dot_sampled)
                for lane in range(LANES):
                    if pending[lane] > 0:
                        write_tangent(lane, j)
        for lane in range(LANES):
            if pending[lane] > 0:
                write(lane)


def due() -> bool:
    """Whether any lane has a grid point before the end of its step; `theta` says where in the step."""
    found = False
    for lane in range(LANES):
        pending[lane] = 0
        floats(theta)[lane] = 0.0
        if floats(taken)[lane] > 0.5 and cursor[lane] < points:
            at = grid[cursor[lane]]
            reach = floats(now)[lane] + floats(step)[lane]
            if landing[lane] > 0:
                pending[lane] = int(at < floats(stop)[lane])
            elif rooting[lane] > 0:
                # A point at the very root is reported after what fires there.
                pending[lane] = int(at < reach - resolution(reach))
            else:
                pending[lane] = int(at <= reach)
            if pending[lane] > 0:
                floats(theta)[lane] = (at - floats(now)[lane]) / floats(step)[lane]
                floats(moment)[lane] = at
                found = True
    return found


def sample() -> None:
    """States at `theta`, the share of its step that each lane asks for."""
    t = theta[0]
    for j in unrolled(range(STAGES)):
        bend = fma(t, fma(t, DENSE[2][j], DENSE[1][j]), DENSE[0][j])
        weights[j] = t * (1.0 - t) * bend
    for s in range(STATES):
        x = fma(t, new[s] - states[s], states[s])
        for j in unrolled(range(STAGES)):
            x = fma(weights[j], stages[j * STATES + s], x)
        sampled[s] = x


def write(lane: int) -> None:
    """Store what is reported for this lane's grid point, and go to the next."""
    place = (subject[lane] * points + cursor[lane]) * OUTPUTS
    for o in range(OUTPUTS):
        value = floats(reported)[o * LANES + lane]
        values[place + o] = value
        if not magnitude(value) < LARGEST:
            spoiled[lane] = 1
    cursor[lane] = cursor[lane] + 1


def report_here(lane: int, near: float) -> None:
    """The grid point at the very time of this lane, or so near behind it, after all that happens there."""
    if cursor[lane] < points and grid[cursor[lane]] <= floats(now)[lane] + near:
        outputs(now, states, inputs, hoisted, reported)
        if DIRECTIONS > 0:
            output_slopes(now, states, inputs, hoisted, output_sloped)
            output_leanings(now, states, inputs, hoisted, output_leaned)
            for j in range(DIRECTIONS):
                derive_outputs(j, part(dot, j * STATES))
                write_tangent(lane, j)
        write(lane)
