"""The life of one step: aimed, attempted, judged, taken or tried again.

    (I/(hγ) − J) kᵢ = f(t + αᵢh, y + Σⱼ aᵢⱼ kⱼ) + Σⱼ (cᵢⱼ/h) kⱼ + hγᵢ ∂f/∂t        or  kᵢ = h f(…)
    y₁ = y + Σⱼ bⱼ kⱼ,    error = Σⱼ eⱼ kⱼ,    h₁ = h·growth(‖error / (absolute + relative·|y|)‖)

Every lane takes this step with an h of its own and judges it for itself. The method is a
`reuptake.engine.method.Tableau`; the choice of h is `reuptake.engine.control`, which the reference
back-end shares. Linear equations are solved without pivoting, checked, and solved again with it in
the lanes where the check fails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reuptake.engine.backends.llvm.driver.dense import (
        factor_densely, miss_densely, pivot, solve_densely, solve_pivoted,
    )  # fmt: skip
    from reuptake.engine.backends.llvm.driver.lanes import fail
    from reuptake.engine.backends.llvm.driver.workspace import (
        A, B, C, CHAINED, DENSELY, DIRECTIONS, DRIFTING, DRIFTS, E, ENTRIES, GAMMA, HONEST, IMPLICIT, LANES, LARGEST,
        LEANINGS, NODES, NOT_FINITE, ORDER, STAGES, STATES, STEP_TOO_SMALL, drift, drifted, entries, error, factor,
        factors, fresh, hoisted, inner, inputs, jacobian, landing, leanings, misfit, missed, moment, new, now, outer,
        rates, relative, right, rooting, shift, solve, stage_jacobian, stage_leanings, stages, states, step, stop,
        subject, taken, theta, tolerated, weak, wish,
    )  # fmt: skip
    from reuptake.engine.backends.llvm.language import (
        Lanes, floats, fma, magnitude, part, root, spread, unrolled, where,
    )  # fmt: skip
    from reuptake.engine.control import RETRY, growth, resolution, shortest


def aim(lane: int) -> None:
    """How far this lane's next step goes: as it wishes, or to the next stop if that is nearer."""
    h = floats(wish)[lane]
    here = floats(now)[lane]
    there = floats(stop)[lane]
    landing[lane] = 0
    if here + h >= there - resolution(there):
        h = there - here
        landing[lane] = 1
    floats(step)[lane] = h


def attempt() -> None:
    """One step of every lane, to `new`, with its stages and its `error` in units of what is tolerated."""
    h = step[0]
    inverse = 1.0 / h
    if IMPLICIT:
        shift[0] = inverse * (1.0 / GAMMA)
        entries(now, states, inputs, hoisted, jacobian)
        if DENSELY:
            factor_densely()
        else:
            factor(jacobian, shift, factors)
        for lane in range(LANES):
            weak[lane] = 0
        if DRIFTING:
            drift(now, states, inputs, hoisted, drifted)
    for i in unrolled(range(STAGES)):
        moment[0] = fma(h, NODES[i], now[0])
        for s in range(STATES):
            x = states[s]
            if CHAINED[i]:
                x = inner[s] + stages[(i - 1) * STATES + s]
            else:
                for j in unrolled(range(i)):
                    if A[i][j] != 0.0:
                        x = fma(stages[j * STATES + s], A[i][j], x)
            inner[s] = x
            if IMPLICIT and i > 0:
                w = stages[s] * C[i][0]
                for j in unrolled(range(1, i)):
                    w = fma(stages[j * STATES + s], C[i][j], w)
                outer[s] = w
        rates(moment, inner, inputs, hoisted, right)
        if DIRECTIONS > 0:
            entries(moment, inner, inputs, hoisted, part(stage_jacobian, i * ENTRIES))
            leanings(moment, inner, inputs, hoisted, part(stage_leanings, i * LEANINGS))
        if IMPLICIT:
            if i > 0:
                for s in range(STATES):
                    right[s] = fma(outer[s], inverse, right[s])
            if DRIFTING and DRIFTS[i] != 0.0:
                for s in range(STATES):
                    right[s] = fma(drifted[s], h * DRIFTS[i], right[s])
            solve_all(part(stages, i * STATES))
            if i == 0 and doubt():
                solve_all(part(stages, 0))
        else:
            for s in range(STATES):
                stages[i * STATES + s] = h * right[s]
    total = spread(0.0)
    for s in range(STATES):
        old = states[s]
        x = old
        e = spread(0.0)
        for j in unrolled(range(STAGES)):
            if B[j] != 0.0:
                x = fma(stages[j * STATES + s], B[j], x)
            if E[j] != 0.0:
                e = fma(stages[j * STATES + s], E[j], e)
        new[s] = x
        largest = where(magnitude(old) > magnitude(x), magnitude(old), magnitude(x))
        share = e / fma(largest, relative, tolerated[s])
        total = fma(share, share, total)
    error[0] = root(total * (1.0 / STATES))


def doubt() -> bool:
    """Check the first solution of the linear equations; a lane where it does not hold pivots in this step."""
    if DENSELY:
        miss_densely()
    else:
        misfit(jacobian, shift, right, stages, missed)
    theta[0] = missed[0] - HONEST * missed[1]
    found = False
    for lane in range(LANES):
        if subject[lane] >= 0 and not floats(theta)[lane] <= 0.0:
            weak[lane] = 1
            pivot(lane)
            found = True
    return found


def solve_all(solution: Lanes) -> None:
    """X of (shift·I − ∂f/∂y)·x = `right`, in every lane; with pivoting where `doubt` has asked for it."""
    if DENSELY:
        solve_densely(solution)
    else:
        solve(factors, right, solution)
    for lane in range(LANES):
        if weak[lane] > 0:
            solve_pivoted(lane, solution)


def judge(lane: int) -> None:
    """Take this lane's step or try a shorter one, and choose the step after it."""
    wrong = floats(error)[lane]
    h = floats(step)[lane]
    if not magnitude(wrong) < LARGEST:
        floats(wish)[lane] = h * RETRY
        stay(lane, NOT_FINITE)
    else:
        factor_ = growth(wrong, ORDER, fresh[lane])
        if wrong > 1.0:
            floats(wish)[lane] = h * min(factor_, 1.0)
            stay(lane, STEP_TOO_SMALL)
        else:
            floats(taken)[lane] = 1.0
            floats(wish)[lane] = h * factor_


def stay(lane: int, reason: int) -> None:
    """The step was not taken; give up when the next would be lost in rounding."""
    rooting[lane] = 0
    if floats(wish)[lane] < shortest(floats(now)[lane]):
        fail(lane, reason)
