"""How the linear equations of a step are solved: (I/(hγ) − J)·x = b, for every lane at once.

A sparse matrix is factored and solved in straight lines, in the order that fills in least,
without a look at the numbers; the driver checks each solution and falls back on pivoting.
"""

from __future__ import annotations

from collections.abc import Sequence

from reuptake.engine.backends.llvm.expressions import StraightLine
from reuptake.engine.backends.llvm.words import Target
from reuptake.equations.elimination import Elimination

__all__ = ["DENSE_FROM", "dense_sizes", "factorisation", "misfit", "slots_of", "solution"]

# Multiplications of a factorisation from which straight lines take longer to compile than they are worth.
DENSE_FROM = 8_000

Place = tuple[int, int]


def slots_of(plan: Elimination) -> dict[Place, int]:
    """Where each number of the factors lies: the diagonal (its reciprocals), then L, then U."""
    places = [(pivot, pivot) for pivot in plan.order]
    places += [(row, pivot) for pivot, rows in zip(plan.order, plan.lower, strict=True) for row in rows]
    places += [(pivot, column) for pivot, columns in zip(plan.order, plan.upper, strict=True) for column in columns]
    return {place: slot for slot, place in enumerate(places)}


def factorisation(target: Target, plan: Elimination, places: Sequence[Place]) -> tuple[str, int]:
    """Text of ``factor(jacobian, shift, out)``: L and U of shift·I − J, pivots inverted.

    The entries of J stand in ``jacobian`` in the order of `places`.
    """
    line = StraightLine(target, (), lambda node: None)
    type_, slots = line.type, slots_of(plan)
    shift = line.new(f"load {type_}, ptr %shift, align 8")
    given = {place: index for index, place in enumerate(places)}
    matrix: dict[Place, str] = {}

    def entry(place: Place) -> str | None:
        """The number at a place as it stands: an entry of shift·I − J at first, then what elimination made of it."""
        if place not in matrix and place in given:
            value = line.read("%jacobian", given[place])
            word = f"fsub {type_} {shift}, {value}" if place[0] == place[1] else f"fneg {type_} {value}"
            matrix[place] = line.new(word)
        elif place not in matrix and place[0] == place[1]:
            matrix[place] = shift
        return matrix.get(place)

    one = target.literal(1.0)
    for pivot, rows, columns in zip(plan.order, plan.lower, plan.upper, strict=True):
        inverse = line.new(f"fdiv {type_} {one}, {entry((pivot, pivot))}")
        line.write(inverse, "%out", slots[pivot, pivot])
        for column in columns:
            upper = entry((pivot, column))
            assert upper is not None
            line.write(upper, "%out", slots[pivot, column])
        for row in rows:
            factor = line.new(f"fmul {type_} {entry((row, pivot))}, {inverse}")
            line.write(factor, "%out", slots[row, pivot])
            if not columns:
                continue
            negative = line.new(f"fneg {type_} {factor}")
            for column in columns:
                above, old = matrix[pivot, column], entry((row, column))
                new = line.fma(negative, above, old) if old else line.new(f"fmul {type_} {negative}, {above}")
                matrix[row, column] = new
    body = "\n".join(line.lines)
    pointers = "ptr noalias readonly %jacobian, ptr noalias readonly %shift, ptr noalias %out"
    return f"define internal void @factor({pointers}) #0 {{\n{body}\nret void\n}}\n", 2 * plan.operations


def solution(target: Target, plan: Elimination) -> tuple[str, int]:
    """Text of ``solve(factors, right, out)``: x of L·U·x = b."""
    line = StraightLine(target, (), lambda node: None)
    slots, type_ = slots_of(plan), line.type
    right = {pivot: line.read("%right", pivot) for pivot in plan.order}
    for pivot, rows in zip(plan.order, plan.lower, strict=True):
        for row in rows:
            factor = line.new(f"fneg {type_} {line.read('%factors', slots[row, pivot])}")
            right[row] = line.fma(factor, right[pivot], right[row])
    for pivot, columns in reversed(list(zip(plan.order, plan.upper, strict=True))):
        for column in columns:
            above = line.new(f"fneg {type_} {line.read('%factors', slots[pivot, column])}")
            right[pivot] = line.fma(above, right[column], right[pivot])
        right[pivot] = line.new(f"fmul {type_} {right[pivot]}, {line.read('%factors', slots[pivot, pivot])}")
        line.write(right[pivot], "%out", pivot)
    body = "\n".join(line.lines)
    text = "define internal void @solve(ptr noalias readonly %factors, ptr noalias readonly %right, "
    flops = 2 * (plan.entries - len(plan.order)) + len(plan.order)
    return f"{text}ptr noalias %out) #0 {{\n{body}\nret void\n}}\n", flops


def misfit(target: Target, plan: Elimination, places: Sequence[Place]) -> tuple[str, int]:
    """Text of ``misfit(jacobian, shift, right, x, out)``: Σ|b − (shift·I − J)·x|, and Σ|b| + |shift·x| beside it."""
    line = StraightLine(target, (), lambda node: None)
    type_, size = line.type, len(plan.order)
    shift = line.new(f"load {type_}, ptr %shift, align 8")
    given: dict[int, list[tuple[int, int]]] = {row: [] for row in range(size)}
    for index, (row, column) in enumerate(places):
        given[row].append((index, column))
    x = [line.read("%x", i) for i in range(size)]

    def size_of(value: str) -> str:
        return line.new(f"call {type_} @llvm.fabs.v{target.lanes}f64({type_} {value})")

    # Four sums of each kind, so that none waits for the one before.
    wrong, whole = [target.literal(0.0)] * 4, [target.literal(0.0)] * 4
    for row in range(size):
        right, scaled = line.read("%right", row), line.new(f"fmul {type_} {shift}, {x[row]}")
        rest = line.new(f"fsub {type_} {right}, {scaled}")
        for index, column in given[row]:
            rest = line.fma(line.read("%jacobian", index), x[column], rest)
        part = row % 4
        wrong[part] = line.new(f"fadd {type_} {wrong[part]}, {size_of(rest)}")
        both = line.new(f"fadd {type_} {size_of(right)}, {size_of(scaled)}")
        whole[part] = line.new(f"fadd {type_} {whole[part]}, {both}")
    for index, (a, b, c, d) in enumerate((wrong, whole)):
        pairs = line.new(f"fadd {type_} {a}, {b}"), line.new(f"fadd {type_} {c}, {d}")
        line.write(line.new(f"fadd {type_} {pairs[0]}, {pairs[1]}"), "%out", index)
    body = "\n".join(line.lines)
    pointers = ", ".join(f"ptr noalias readonly %{name}" for name in ("jacobian", "shift", "right", "x"))
    text = f"define internal void @misfit({pointers}, ptr noalias %out) #0 {{\n{body}\nret void\n}}\n"
    return text, 2 * len(places) + 5 * size


def dense_sizes(size: int) -> dict[str, int]:
    """Floating-point operations of factoring and solving a full matrix."""
    return {"factor": 2 * size**3 // 3, "solve": 2 * size**2, "misfit": 2 * size**2}
