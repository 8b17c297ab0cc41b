"""How dense linear equations are solved: without pivoting in all lanes at once, with it in one."""

from __future__ import annotations

from reuptake.engine.backends.llvm.language import Floats, Ints, fma, magnitude

__all__ = ["factor_with_pivots", "solve_with_pivots"]


def factor_with_pivots(size: int, matrix: Floats, swaps: Ints) -> None:
    """L and U of one matrix (row, column) in its place, each column led by its largest number."""
    for k in range(size):
        lead = k
        for i in range(k + 1, size):
            if magnitude(matrix[i * size + k]) > magnitude(matrix[lead * size + k]):
                lead = i
        swaps[k] = lead
        if lead != k:
            for j in range(size):
                held = matrix[k * size + j]
                matrix[k * size + j] = matrix[lead * size + j]
                matrix[lead * size + j] = held
        for i in range(k + 1, size):
            factor = matrix[i * size + k] / matrix[k * size + k]
            matrix[i * size + k] = factor
            if factor != 0.0:
                for j in range(k + 1, size):
                    matrix[i * size + j] = fma(-factor, matrix[k * size + j], matrix[i * size + j])


def solve_with_pivots(size: int, stride: int, matrix: Floats, swaps: Ints, vector: Floats) -> None:
    """The solution in the place of the right side, whose numbers lie `stride` apart."""
    for k in range(size):
        held = vector[k * stride]
        vector[k * stride] = vector[swaps[k] * stride]
        vector[swaps[k] * stride] = held
    for i in range(1, size):
        total = vector[i * stride]
        for j in range(i):
            total = fma(-matrix[i * size + j], vector[j * stride], total)
        vector[i * stride] = total
    for back in range(size):
        i = size - 1 - back
        total = vector[i * stride]
        for j in range(i + 1, size):
            total = fma(-matrix[i * size + j], vector[j * stride], total)
        vector[i * stride] = total / matrix[i * size + i]
