"""How dense linear equations are solved: without pivoting in all lanes at once, with it in one.

A sparse matrix is solved in straight lines (`reuptake.engine.backends.llvm.linear`). Where nearly
all is coupled to all, these would be endless; then loops do it, four columns at a time, so that
each number of the rest is fetched once for four multiplications.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reuptake.engine.backends.llvm.driver.workspace import (
        ENTRIES, LANES, STATES, entries_at, factors, jacobian, missed, pivoted, right, sampled, shift, stages, swaps,
    )  # fmt: skip
    from reuptake.engine.backends.llvm.language import Lanes, floats, fma, magnitude, part, spread

BLOCK = 4


def factor_densely() -> None:
    """L and U of shift·I − ∂f/∂y in `factors` (row, column), pivots inverted; in every lane."""
    for place in range(STATES * STATES):
        factors[place] = 0.0
    for s in range(STATES):
        factors[s * STATES + s] = shift[0]
    for e in range(ENTRIES):
        place = entries_at[2 * e] * STATES + entries_at[2 * e + 1]
        factors[place] = factors[place] - jacobian[e]
    k = 0
    while k + BLOCK <= STATES:
        factor_panel(k, k + BLOCK)
        spread_block(k)
        k = k + BLOCK
    factor_panel(k, STATES)


def factor_panel(first: int, end: int) -> None:
    """Eliminate below the diagonal in a few columns, all the way down."""
    for p in range(first, end):
        inverse = 1.0 / factors[p * STATES + p]
        factors[p * STATES + p] = inverse
        for i in range(p + 1, STATES):
            share = factors[i * STATES + p] * inverse
            factors[i * STATES + p] = share
            for j in range(p + 1, end):
                factors[i * STATES + j] = fma(-share, factors[p * STATES + j], factors[i * STATES + j])


def spread_block(k: int) -> None:
    """Carry four eliminated columns over to everything right of them."""
    for p in range(k + 1, k + BLOCK):
        for q in range(k, p):
            share = factors[p * STATES + q]
            for j in range(k + BLOCK, STATES):
                factors[p * STATES + j] = fma(-share, factors[q * STATES + j], factors[p * STATES + j])
    for i in range(k + BLOCK, STATES):
        a = -factors[i * STATES + k]
        b = -factors[i * STATES + k + 1]
        c = -factors[i * STATES + k + 2]
        d = -factors[i * STATES + k + 3]
        for j in range(k + BLOCK, STATES):
            total = fma(a, factors[k * STATES + j], factors[i * STATES + j])
            total = fma(b, factors[(k + 1) * STATES + j], total)
            total = fma(c, factors[(k + 2) * STATES + j], total)
            factors[i * STATES + j] = fma(d, factors[(k + 3) * STATES + j], total)


def solve_densely(answer: Lanes) -> None:
    """X of L·U·x = `right`."""
    for i in range(STATES):
        total = right[i]
        for j in range(i):
            total = fma(-factors[i * STATES + j], answer[j], total)
        answer[i] = total
    for back in range(STATES):
        i = STATES - 1 - back
        total = answer[i]
        for j in range(i + 1, STATES):
            total = fma(-factors[i * STATES + j], answer[j], total)
        answer[i] = total * factors[i * STATES + i]


def miss_densely() -> None:
    """How much the first stage misses its equations by, and the size of these, to `missed`."""
    for s in range(STATES):
        sampled[s] = fma(-shift[0], stages[s], right[s])
    for e in range(ENTRIES):
        row = entries_at[2 * e]
        sampled[row] = fma(jacobian[e], stages[entries_at[2 * e + 1]], sampled[row])
    wrong = spread(0.0)
    size = spread(0.0)
    for s in range(STATES):
        wrong = wrong + magnitude(sampled[s])
        size = size + magnitude(right[s]) + magnitude(shift[0] * stages[s])
    missed[0] = wrong
    missed[1] = size


def pivot(lane: int) -> None:
    """Factor one lane's matrix anew, each column led by its largest number."""
    matrix = part(pivoted, lane * STATES * STATES)
    for place in range(STATES * STATES):
        matrix[place] = 0.0
    for s in range(STATES):
        matrix[s * STATES + s] = floats(shift)[lane]
    for e in range(ENTRIES):
        place = entries_at[2 * e] * STATES + entries_at[2 * e + 1]
        matrix[place] = matrix[place] - floats(jacobian)[e * LANES + lane]
    for k in range(STATES):
        lead = k
        for i in range(k + 1, STATES):
            if magnitude(matrix[i * STATES + k]) > magnitude(matrix[lead * STATES + k]):
                lead = i
        swaps[lane * STATES + k] = lead
        if lead != k:
            for j in range(STATES):
                held = matrix[k * STATES + j]
                matrix[k * STATES + j] = matrix[lead * STATES + j]
                matrix[lead * STATES + j] = held
        for i in range(k + 1, STATES):
            share = matrix[i * STATES + k] / matrix[k * STATES + k]
            matrix[i * STATES + k] = share
            if share != 0.0:
                for j in range(k + 1, STATES):
                    matrix[i * STATES + j] = fma(-share, matrix[k * STATES + j], matrix[i * STATES + j])


def solve_pivoted(lane: int, solution: Lanes) -> None:
    """The part of one lane of a solution anew, by the factors with row exchanges."""
    matrix = part(pivoted, lane * STATES * STATES)
    answer = part(floats(solution), lane)
    for s in range(STATES):
        answer[s * LANES] = floats(right)[s * LANES + lane]
    for k in range(STATES):
        lead = swaps[lane * STATES + k]
        held = answer[k * LANES]
        answer[k * LANES] = answer[lead * LANES]
        answer[lead * LANES] = held
    for i in range(1, STATES):
        total = answer[i * LANES]
        for j in range(i):
            total = fma(-matrix[i * STATES + j], answer[j * LANES], total)
        answer[i * LANES] = total
    for back in range(STATES):
        i = STATES - 1 - back
        total = answer[i * LANES]
        for j in range(i + 1, STATES):
            total = fma(-matrix[i * STATES + j], answer[j * LANES], total)
        answer[i * LANES] = total / matrix[i * STATES + i]
