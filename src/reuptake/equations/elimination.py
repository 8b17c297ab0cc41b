"""In which order unknowns are eliminated, so that the least work fills in.

Markowitz's rule, on the diagonal: the next pivot is the one whose row and
column, less itself, have the smallest product of entries. The pattern alone decides; numbers
are not looked at, so a solution must be checked where it is used.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Elimination", "eliminate"]

Place = tuple[int, int]


@dataclass(frozen=True)
class Elimination:
    """What Gaussian elimination of a sparse matrix does, step by step.

    Attributes
    ----------
    order : tuple of int
        Pivots, first to last.
    lower : tuple of tuple of int
        For each pivot in order: the rows below it that hold something.
    upper : tuple of tuple of int
        For each pivot in order: the columns behind it that hold something.
    operations : int
        Multiplications and divisions of the factorisation.
    """

    order: tuple[int, ...]
    lower: tuple[tuple[int, ...], ...]
    upper: tuple[tuple[int, ...], ...]
    operations: int

    @property
    def entries(self) -> int:
        """Numbers in both factors, the diagonal once."""
        return len(self.order) + sum(map(len, self.lower)) + sum(map(len, self.upper))


def eliminate(size: int, places: Iterable[Place]) -> Elimination:
    """Order and fill of a matrix of this size with entries at these places (row, column) and on its diagonal."""
    rows: list[set[int]] = [set() for _ in range(size)]
    columns: list[set[int]] = [set() for _ in range(size)]
    for row, column in places:
        if row != column:
            rows[row].add(column)
            columns[column].add(row)
    left, order, lower, upper, operations = set(range(size)), [], [], [], 0
    while left:
        pivot = min(left, key=lambda p: (len(rows[p]) * len(columns[p]), p))
        left.remove(pivot)
        below, behind = sorted(columns[pivot]), sorted(rows[pivot])
        for row in below:
            rows[row].discard(pivot)
            rows[row].update(column for column in behind if column != row)
        for column in behind:
            columns[column].discard(pivot)
            columns[column].update(row for row in below if row != column)
        order.append(pivot)
        lower.append(tuple(below))
        upper.append(tuple(behind))
        operations += len(below) * (1 + len(behind)) + 1
    return Elimination(tuple(order), tuple(lower), tuple(upper), operations)
