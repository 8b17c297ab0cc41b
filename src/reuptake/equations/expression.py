"""What an equation is made of, and why a wrong unit cannot get into one.

Expressions are nodes of one hash-consed graph: the same sum written twice is the
same object, so nothing is computed twice. Every node knows its dimension, and an
operation on dimensions that do not fit is refused while it is being written, with
the expression and both units in the message.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

from reuptake.errors import ReuptakeError
from reuptake.units import DIMENSIONLESS, Dimension

__all__ = ["Expression", "Graph", "UnitMismatch"]

Operand = "Expression | float | int"


class UnitMismatch(ReuptakeError):
    """An equation adds, compares or raises what cannot be added, compared or raised."""


@dataclass(frozen=True, eq=False)
class Expression:
    """One node of a graph; compare with ``is``, combine with ``+ - * / **``.

    Attributes
    ----------
    op : str
        ``number``, ``parameter``, ``state``, ``input``, ``time``, ``named``, or an operation.
    args : tuple of Expression
    value : float
        Of a number; NaN otherwise.
    name : str
        Of a symbol or a named expression; empty otherwise.
    """

    graph: Graph = field(repr=False)
    op: str
    args: tuple[Expression, ...]
    dimension: Dimension
    serial: int
    value: float = math.nan
    name: str = ""

    def __add__(self, other: Expression | float) -> Expression:
        return self.graph.add(self, self.graph.lift(other))

    def __radd__(self, other: float) -> Expression:
        return self.graph.add(self.graph.lift(other), self)

    def __sub__(self, other: Expression | float) -> Expression:
        return self.graph.subtract(self, self.graph.lift(other))

    def __rsub__(self, other: float) -> Expression:
        return self.graph.subtract(self.graph.lift(other), self)

    def __mul__(self, other: Expression | float) -> Expression:
        return self.graph.multiply(self, self.graph.lift(other))

    def __rmul__(self, other: float) -> Expression:
        return self.graph.multiply(self.graph.lift(other), self)

    def __truediv__(self, other: Expression | float) -> Expression:
        return self.graph.divide(self, self.graph.lift(other))

    def __rtruediv__(self, other: float) -> Expression:
        return self.graph.divide(self.graph.lift(other), self)

    def __pow__(self, other: Expression | float) -> Expression:
        return self.graph.power(self, self.graph.lift(other))

    def __rpow__(self, other: float) -> Expression:
        return self.graph.power(self.graph.lift(other), self)

    def __neg__(self) -> Expression:
        return self.graph.subtract(self.graph.number(0.0), self)

    def walk(self, seen: set[int] | None = None) -> Iterator[Expression]:
        """Every node below and including this one, arguments before their users; none in `seen`, where each is put."""
        seen = set() if seen is None else seen
        stack: list[tuple[Expression, bool]] = [(self, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                yield node
            elif node.serial not in seen:
                seen.add(node.serial)
                stack.append((node, True))
                stack.extend((arg, False) for arg in node.args)

    def __str__(self) -> str:
        return _infix(self, top=True)[0]


class Graph:
    """Makes expressions, each only once, and checks their units."""

    def __init__(self) -> None:
        self._nodes: dict[tuple[object, ...], Expression] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    def lift(self, operand: Expression | float) -> Expression:
        """A number as an expression; an expression as it is."""
        return operand if isinstance(operand, Expression) else self.number(float(operand))

    def number(self, value: float, dimension: Dimension = DIMENSIONLESS) -> Expression:
        """A number, pure unless a dimension is given; then it counts canonical units."""
        return self._node("number", (), dimension, value=value)

    def symbol(self, op: str, name: str, dimension: Dimension) -> Expression:
        """A parameter, state, input, or the time."""
        return self._node(op, (), dimension, name=name)

    def named(self, name: str, expression: Expression) -> Expression:
        """The same value under a name, by which it is printed."""
        return self._node("named", (expression,), expression.dimension, name=name)

    def zero(self, dimension: Dimension) -> Expression:
        """The number nought of some dimension."""
        return self._node("number", (), dimension, value=0.0)

    def add(self, a: Expression, b: Expression) -> Expression:
        if _is(a, 0.0) and (a.dimension == b.dimension or a.dimension.dimensionless):
            return b
        if _is(b, 0.0) and (a.dimension == b.dimension or b.dimension.dimensionless):
            return a
        self._same(a, b, "+")
        if a.op == b.op == "number":
            return self._node("number", (), a.dimension, value=a.value + b.value)
        return self._node("add", (a, b), a.dimension)

    def subtract(self, a: Expression, b: Expression) -> Expression:
        if _is(b, 0.0) and (a.dimension == b.dimension or b.dimension.dimensionless):
            return a
        if _is(a, 0.0) and (a.dimension == b.dimension or a.dimension.dimensionless):
            return self.multiply(self.number(-1.0), b)
        self._same(a, b, "-")
        if a.op == b.op == "number":
            return self._node("number", (), a.dimension, value=a.value - b.value)
        return self._node("subtract", (a, b), a.dimension)

    def multiply(self, a: Expression, b: Expression) -> Expression:
        dimension = a.dimension * b.dimension
        if _is(a, 0.0) or _is(b, 0.0):
            return self.zero(dimension)
        if _is(a, 1.0) and a.dimension.dimensionless:
            return b
        if _is(b, 1.0) and b.dimension.dimensionless:
            return a
        if a.op == b.op == "number":
            return self._node("number", (), dimension, value=a.value * b.value)
        return self._node("multiply", (a, b), dimension)

    def divide(self, a: Expression, b: Expression) -> Expression:
        dimension = a.dimension / b.dimension
        if _is(a, 0.0):
            return self.zero(dimension)
        if _is(b, 1.0) and b.dimension.dimensionless:
            return a
        if a.op == b.op == "number" and b.value != 0.0:
            return self._node("number", (), dimension, value=a.value / b.value)
        return self._node("divide", (a, b), dimension)

    def power(self, base: Expression, exponent: Expression) -> Expression:
        if not exponent.dimension.dimensionless:
            raise UnitMismatch(
                f"in ({base}) ** ({exponent}): an exponent must be a pure number, this one is {exponent.dimension}"
            )
        if _is(exponent, 1.0):
            return base
        if base.dimension.dimensionless:
            dimension = DIMENSIONLESS
        elif exponent.op == "number":
            dimension = base.dimension ** Fraction(exponent.value).limit_denominator(1000)
        else:
            raise UnitMismatch(f"in ({base}) ** ({exponent}): {base.dimension} to a power that is no number")
        if base.op == exponent.op == "number" and base.value > 0.0:
            return self._node("number", (), dimension, value=base.value**exponent.value)
        return self._node("power", (base, exponent), dimension)

    def power_log(self, base: Expression, exponent: Expression) -> Expression:
        """The product ``base^exponent · log(base)``, nought where the base is and the exponent is above it."""
        if not (base.dimension.dimensionless and exponent.dimension.dimensionless):
            raise UnitMismatch(f"in ({base}) ^ ({exponent}) · log({base}): both must be pure numbers")
        return self._node("power_log", (base, exponent), DIMENSIONLESS)

    def exp(self, a: Expression) -> Expression:
        return self._transcendental("exp", a)

    def log(self, a: Expression) -> Expression:
        return self._transcendental("log", a)

    def sin(self, a: Expression) -> Expression:
        return self._transcendental("sin", a)

    def cos(self, a: Expression) -> Expression:
        return self._transcendental("cos", a)

    def _transcendental(self, op: str, a: Expression) -> Expression:
        if not a.dimension.dimensionless:
            raise UnitMismatch(f"in {op}({a}): the argument must be a pure number, this one is {a.dimension}")
        return self._node(op, (a,), DIMENSIONLESS)

    def _same(self, a: Expression, b: Expression, sign: str) -> None:
        if a.dimension != b.dimension:
            raise UnitMismatch(f"in ({a}) {sign} ({b}): the left side is {a.dimension}, the right {b.dimension}")

    def _node(
        self,
        op: str,
        args: tuple[Expression, ...],
        dimension: Dimension,
        value: float = math.nan,
        name: str = "",
    ) -> Expression:
        payload: object = (value, dimension) if op == "number" else name
        key = (op, payload, *(arg.serial for arg in args))
        node = self._nodes.get(key)
        if node is None:
            node = Expression(self, op, args, dimension, len(self._nodes), value, name)
            self._nodes[key] = node
        return node


def _is(expression: Expression, value: float) -> bool:
    return expression.op == "number" and expression.value == value


_PRECEDENCE = {"add": 1, "subtract": 1, "multiply": 2, "divide": 2, "power": 3}
_SIGNS = {"add": " + ", "subtract": " − ", "multiply": "·", "divide": " / ", "power": " ^ "}


def _infix(node: Expression, *, top: bool = False) -> tuple[str, int]:
    """Text and precedence of a node; names stand for what they name, except at the top."""
    if node.op == "number":
        return f"{node.value:g}", 9
    if node.name and not (top and node.op == "named"):
        return node.name, 9
    if node.op == "named":
        return _infix(node.args[0])
    if node.op in ("exp", "log", "sin", "cos"):
        return f"{node.op}({_infix(node.args[0])[0]})", 9
    if node.op == "power_log":
        return _infix(node.graph.power(*node.args) * node.graph.log(node.args[0]))
    rank = _PRECEDENCE[node.op]
    if node.op == "multiply" and _is(node.args[0], -1.0):
        negated, negated_rank = _infix(node.args[1])
        return f"−({negated})" if negated_rank < rank else f"−{negated}", 1
    (left, left_rank), (right, right_rank) = _infix(node.args[0]), _infix(node.args[1])
    left = f"({left})" if left_rank < rank else left
    tight = node.op in ("subtract", "divide", "power")
    right = f"({right})" if right_rank < rank or (tight and right_rank == rank) else right
    return f"{left}{_SIGNS[node.op]}{right}", rank
