"""How curves change with parameters: the derivative of every step as it was taken.

With the stages of a step known, those of its derivative in one direction p solve equations with
the same matrix, so that the factors of the step serve again:

    (I/(hγ) − J) k̇ᵢ = J(uᵢ)·u̇ᵢ + ∂f/∂p + Σⱼ (cᵢⱼ/h) k̇ⱼ + J̇·kᵢ + hγᵢ (∂f/∂t)˙
    u̇ᵢ = ẏ + Σⱼ aᵢⱼ k̇ⱼ,    J̇ = Σₛ ∂J/∂yₛ·ẏₛ + ∂J/∂p,    ẏ₁ = ẏ + Σⱼ bⱼ k̇ⱼ

The error of the tangents is kept like that of the states, with a tolerance of absolute/|p| + relative·|ẏ|:
a course that rests has tangents that do not. A parameter that an event replaces no longer matters from
then on, except through what it has done before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reuptake.engine.backends.llvm.driver.step import solve_all
    from reuptake.engine.backends.llvm.driver.workspace import (
        A, B, BENDS, C, DIRECTIONS, DRIFTING, DRIFTS, DRIFT_BENDS, DRIFT_TWISTS, E, ENTRIES, IMPLICIT, LANES, LEANINGS,
        OUTPUTS, OUTPUT_LEANINGS, OUTPUT_SLOPES, STAGES, STARTING, START_DOT, STATES, TWISTS, bends, bends_at, bent,
        cursor, dot, dot_inner, dot_matrix, dot_new, dot_reported, dot_sampled, dot_stages, drift_bends, drift_bends_at,
        drift_bent, drift_twisted, drift_twists, drift_twists_at, drifted, entries_at, error, hoisted, inputs,
        leanings_at, live, now, output_leaned, output_leanings_at, output_sloped, output_slopes_at, points, relative,
        right, sized, slopes, stage_jacobian, stage_leanings, stages, starting_at, states, step, subject, theta,
        tolerated, twisted, twists, twists_at, weights,
    )  # fmt: skip
    from reuptake.engine.backends.llvm.language import (
        Lanes, floats, fma, magnitude, part, root, spread, unrolled, where,
    )  # fmt: skip


def follow() -> None:
    """Tangents of the step that was just attempted, to `dot_new`, in every direction."""
    if IMPLICIT:
        bends(now, states, inputs, hoisted, bent)
        twists(now, states, inputs, hoisted, twisted)
        if DRIFTING:
            drift_bends(now, states, inputs, hoisted, drift_bent)
            drift_twists(now, states, inputs, hoisted, drift_twisted)
    for j in range(DIRECTIONS):
        y = part(dot, j * STATES)
        k = part(dot_stages, j * STAGES * STATES)
        if IMPLICIT:
            turn(j)
        for i in unrolled(range(STAGES)):
            for s in range(STATES):
                x = y[s]
                for m in unrolled(range(i)):
                    if A[i][m] != 0.0:
                        x = fma(k[m * STATES + s], A[i][m], x)
                dot_inner[s] = x
                w = spread(0.0)
                if IMPLICIT:
                    for m in unrolled(range(i)):
                        w = fma(k[m * STATES + s], C[i][m], w)
                    w = w / step[0]
                    if DRIFTING and DRIFTS[i] != 0.0:
                        w = fma(drifted[s], step[0] * DRIFTS[i], w)
                right[s] = w
            spin(j, i)
            if IMPLICIT:
                solve_all(part(k, i * STATES))
            else:
                for s in range(STATES):
                    k[i * STATES + s] = step[0] * right[s]
        finish_tangent(j)


def finish_tangent(j: int) -> None:
    """The tangent at the end of the step; `error` becomes that of the tangent where it is the larger."""
    total = spread(0.0)
    for s in range(STATES):
        old = dot[j * STATES + s]
        x = old
        e = spread(0.0)
        for m in unrolled(range(STAGES)):
            k = dot_stages[(j * STAGES + m) * STATES + s]
            if B[m] != 0.0:
                x = fma(k, B[m], x)
            if E[m] != 0.0:
                e = fma(k, E[m], e)
        dot_new[j * STATES + s] = x
        largest = where(magnitude(old) > magnitude(x), magnitude(old), magnitude(x))
        share = e / fma(largest, relative, tolerated[s] * sized[j])
        total = fma(share, share, total)
    wrong = root(total * (1.0 / STATES))
    # What is no number stays so, whichever direction brought it.
    error[0] = where(error[0] == error[0], where(error[0] > wrong, error[0], wrong), error[0])


def turn(j: int) -> None:
    """J̇ in direction j, to `dot_matrix`, and the derivative of ∂f/∂t, to `drifted`."""
    for e in range(ENTRIES):
        dot_matrix[e] = 0.0
    for e in range(BENDS):
        at = bends_at[2 * e]
        y = dot[j * STATES + bends_at[2 * e + 1]]
        # What does not move bends nothing, however sharp the bend: a power below two is endless at nought.
        dot_matrix[at] = where(y == 0.0, dot_matrix[at], fma(bent[e], y, dot_matrix[at]))
    for e in range(TWISTS):
        if twists_at[2 * e + 1] == j:
            dot_matrix[twists_at[2 * e]] = fma(live[j], twisted[e], dot_matrix[twists_at[2 * e]])
    if DRIFTING:
        for s in range(STATES):
            drifted[s] = 0.0
        for e in range(DRIFT_BENDS):
            at = drift_bends_at[2 * e]
            drifted[at] = fma(drift_bent[e], dot[j * STATES + drift_bends_at[2 * e + 1]], drifted[at])
        for e in range(DRIFT_TWISTS):
            if drift_twists_at[2 * e + 1] == j:
                drifted[drift_twists_at[2 * e]] = fma(live[j], drift_twisted[e], drifted[drift_twists_at[2 * e]])


def spin(j: int, i: int) -> None:
    """Add J(uᵢ)·u̇ᵢ + ∂f/∂p + J̇·kᵢ to `right`."""
    for e in range(ENTRIES):
        row = entries_at[2 * e]
        column = entries_at[2 * e + 1]
        total = fma(stage_jacobian[i * ENTRIES + e], dot_inner[column], right[row])
        if IMPLICIT:
            total = fma(dot_matrix[e], stages[i * STATES + column], total)
        right[row] = total
    for e in range(LEANINGS):
        if leanings_at[2 * e + 1] == j:
            right[leanings_at[2 * e]] = fma(live[j], stage_leanings[i * LEANINGS + e], right[leanings_at[2 * e]])


def sample_tangent(j: int) -> None:
    """The tangent at `theta`, from the weights that `sample` has left, to `dot_sampled`."""
    t = theta[0]
    for s in range(STATES):
        y = dot[j * STATES + s]
        x = fma(t, dot_new[j * STATES + s] - y, y)
        for m in unrolled(range(STAGES)):
            x = fma(weights[m], dot_stages[(j * STAGES + m) * STATES + s], x)
        dot_sampled[s] = x


def derive_outputs(j: int, tangent: Lanes) -> None:
    """Derivatives of what is reported, from a tangent of the states, to `dot_reported`."""
    for o in range(OUTPUTS):
        dot_reported[o] = 0.0
    for e in range(OUTPUT_SLOPES):
        at = output_slopes_at[2 * e]
        dot_reported[at] = fma(output_sloped[e], tangent[output_slopes_at[2 * e + 1]], dot_reported[at])
    for e in range(OUTPUT_LEANINGS):
        if output_leanings_at[2 * e + 1] == j:
            dot_reported[output_leanings_at[2 * e]] = fma(
                live[j], output_leaned[e], dot_reported[output_leanings_at[2 * e]]
            )


def write_tangent(lane: int, j: int) -> None:
    """Store the derivatives for this lane's grid point."""
    place = (subject[lane] * points + cursor[lane]) * OUTPUTS
    for o in range(OUTPUTS):
        slopes[(place + o) * DIRECTIONS + j] = floats(dot_reported)[o * LANES + lane]


def start_tangents(lane: int) -> None:
    """How the starting states of the system change with the parameters."""
    for place in range(DIRECTIONS * STATES):
        floats(dot)[place * LANES + lane] = 0.0
    for e in range(STARTING):
        place = starting_at[2 * e + 1] * STATES + starting_at[2 * e]
        own_live = floats(live)[starting_at[2 * e + 1] * LANES + lane]
        floats(dot)[place * LANES + lane] = own_live * floats(hoisted)[(START_DOT + e) * LANES + lane]
