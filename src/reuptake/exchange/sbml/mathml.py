"""How MathML becomes an expression: a table of operators, nothing that is run.

A condition is a number, 1 where it holds and 0 where it does not, and ``piecewise`` is a sum of its pieces, each times
its condition. What decides is a parameter settled before the run, one that is switched at a known time, or a state
that triggers set, and so the equations between two events stay smooth.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from reuptake.equations.expression import Expression, Graph
from reuptake.errors import InputError, Problem

__all__ = ["AbstractNames", "Formulas", "Scope"]

Build = Callable[[Graph, list[Expression]], Expression]
DEEPEST = 200  # functions within functions


@dataclass(frozen=True)
class Scope:
    """Where a formula stands.

    Attributes
    ----------
    where : str
        ``file:line``.
    local : mapping of name to Expression
        Arguments of a function, parameters of one law.
    start : bool
        Whether it is asked for at the start, where states are what they begin as.
    """

    where: str
    local: Mapping[str, Expression] = field(default_factory=dict)
    start: bool = False
    depth: int = 0


class AbstractNames(ABC):
    """What formulas need to know about the model that they stand in."""

    graph: Graph

    @abstractmethod
    def symbol(self, name: str, scope: Scope) -> Expression:
        """What an identifier means."""

    @abstractmethod
    def function(self, name: str, scope: Scope) -> Any:
        """The lambda of a function that the model defines."""

    @abstractmethod
    def time(self, scope: Scope) -> Expression:
        """The time as a pure number."""

    @abstractmethod
    def settled(self, operation: str, terms: tuple[Expression, ...], scope: Scope) -> Expression:
        """The value of an operation on constants that is no operator of ours."""

    @abstractmethod
    def above(self, left: Expression, right: Expression, strictly: bool, scope: Scope) -> Expression:
        """1 while the left is above the right, else 0."""


class Formulas:
    """Formulas of one model."""

    def __init__(self, names: AbstractNames) -> None:
        import libsbml

        self._names, self._graph = names, names.graph
        self._kinds = {getattr(libsbml, f"AST_{name}"): name for name in _KNOWN}

    def expression(self, node: Any, scope: Scope) -> Expression:
        """A formula as an expression.

        Raises
        ------
        InputError
            If it holds what cannot be said here.
        """
        kind = self._kinds.get(node.getType())
        if scope.depth > DEEPEST:
            raise InputError(Problem("a formula is nested too deeply", scope.where))
        if kind is None:
            raise InputError(Problem(f"the operation '{_name(node)}' is not supported", scope.where))
        inner = replace(scope, depth=scope.depth + 1)
        if kind in _NUMBERS:
            value = _NUMBERS[kind](node)
            if not math.isfinite(value):
                raise InputError(Problem(f"a number that is not finite ({value}) is not supported", scope.where))
            return self._graph.number(value)
        if kind == "NAME":
            name = node.getName()
            return scope.local[name] if name in scope.local else self._names.symbol(name, scope)
        if kind == "NAME_TIME":
            return self._names.time(scope)
        children = [node.getChild(i) for i in range(node.getNumChildren())]
        if kind == "FUNCTION":
            return self._call(node.getName(), [self.expression(child, inner) for child in children], inner)
        truths = _ASKED.get(kind, _none)
        terms = [
            self.truth(child, inner) if truths(i, len(children)) else self.expression(child, inner)
            for i, child in enumerate(children)
        ]
        if kind == "FUNCTION_PIECEWISE":
            return self._piecewise(terms)
        if kind in _SETTLED:
            return self._names.settled(_SETTLED[kind], tuple(terms), scope)
        if kind in _COMPARED:
            return self._compared(_COMPARED[kind], terms, scope)
        if kind in _CHOSEN:
            return self._chosen(kind, terms, scope)
        return _OPERATORS[kind](self._graph, terms)

    def truth(self, node: Any, scope: Scope) -> Expression:
        """A condition as 1 or 0; a number is true unless it is nought."""
        term = self.expression(node, scope)
        return term if node.returnsBoolean() else self._names.settled("neq", (term, self._graph.number(0.0)), scope)

    def _call(self, name: str, terms: list[Expression], scope: Scope) -> Expression:
        """A function of the model, written out where it stands."""
        body = self._names.function(name, scope)
        asked = body.getNumChildren() - 1
        if asked != len(terms):
            raise InputError(Problem(f"{name} takes {asked} arguments, {len(terms)} are given", scope.where))
        local = {body.getChild(i).getName(): term for i, term in enumerate(terms)}
        return self.expression(body.getChild(asked), replace(scope, local=local))

    def _piecewise(self, terms: list[Expression]) -> Expression:
        """Pieces and conditions in turn, then what is otherwise; the first condition that holds decides."""
        total, left = self._graph.number(0.0), self._graph.number(1.0)
        for piece, condition in zip(terms[0::2], terms[1::2], strict=False):
            total = total + left * condition * piece
            left = left * (1.0 - condition)
        return total + left * terms[-1] if len(terms) % 2 else total

    def _compared(self, relation: str, terms: list[Expression], scope: Scope) -> Expression:
        """A chain of comparisons, ``a < b < c``."""
        total = self._graph.number(1.0)
        for left, right in pairwise(terms):
            if relation in ("eq", "neq"):
                total = total * self._names.settled(relation, (left, right), scope)
            elif relation in ("gt", "geq"):
                total = total * self._names.above(left, right, relation == "gt", scope)
            else:
                total = total * (1.0 - self._names.above(left, right, relation == "leq", scope))
        return total

    def _chosen(self, kind: str, terms: list[Expression], scope: Scope) -> Expression:
        """The absolute value, the largest or the smallest of some terms."""
        found = terms[0]
        for term in [-found] if kind == "FUNCTION_ABS" else terms[1:]:
            above = self._names.above(found, term, False, scope)
            above = 1.0 - above if kind == "FUNCTION_MIN" else above
            found = above * found + (1.0 - above) * term
        return found


def _none(place: int, count: int) -> bool:
    """No argument is a condition."""
    return False


def _name(node: Any) -> str:
    import libsbml

    return str(node.getName() or libsbml.formulaToL3String(node))[:40]


def _sum(graph: Graph, terms: list[Expression]) -> Expression:
    total = graph.number(0.0)
    for term in terms:
        total = total + term
    return total


def _product(graph: Graph, terms: list[Expression]) -> Expression:
    total = graph.number(1.0)
    for term in terms:
        total = total * term
    return total


def _difference(graph: Graph, terms: list[Expression]) -> Expression:
    return -terms[0] if len(terms) == 1 else terms[0] - terms[1]


def _any(graph: Graph, terms: list[Expression]) -> Expression:
    return 1.0 - _product(graph, [1.0 - term for term in terms])


def _odd(graph: Graph, terms: list[Expression]) -> Expression:
    total = graph.number(0.0)
    for term in terms:
        total = total + term - 2.0 * total * term
    return total


def _root(graph: Graph, terms: list[Expression]) -> Expression:
    return terms[-1] ** (1.0 / (terms[0] if len(terms) > 1 else graph.number(2.0)))


def _logarithm(graph: Graph, terms: list[Expression]) -> Expression:
    return graph.log(terms[-1]) / graph.log(terms[0] if len(terms) > 1 else graph.number(10.0))


def _hyperbolic(graph: Graph, x: Expression) -> tuple[Expression, Expression]:
    """Sine and cosine, hyperbolic."""
    up, down = graph.exp(x), graph.exp(-x)
    return (up - down) / 2.0, (up + down) / 2.0


def _tangent(graph: Graph, x: Expression) -> Expression:
    """Hyperbolic, written so that nothing overflows on the way up."""
    return 1.0 - 2.0 / (graph.exp(2.0 * x) + 1.0)


def _area_sine(graph: Graph, x: Expression) -> Expression:
    return graph.log(x + (x * x + 1.0) ** 0.5)


def _area_cosine(graph: Graph, x: Expression) -> Expression:
    return graph.log(x + (x - 1.0) ** 0.5 * (x + 1.0) ** 0.5)


def _area_tangent(graph: Graph, x: Expression) -> Expression:
    return 0.5 * graph.log((1.0 + x) / (1.0 - x))


_NUMBERS: dict[str, Callable[[Any], float]] = {
    "INTEGER": lambda node: float(node.getValue()), "REAL": lambda node: float(node.getValue()),
    "REAL_E": lambda node: float(node.getValue()), "RATIONAL": lambda node: float(node.getValue()),
    "CONSTANT_E": lambda node: math.e, "CONSTANT_PI": lambda node: math.pi,
    "CONSTANT_TRUE": lambda node: 1.0, "CONSTANT_FALSE": lambda node: 0.0,
}  # fmt: skip
_OPERATORS: dict[str, Build] = {
    "PLUS": _sum, "TIMES": _product, "MINUS": _difference, "DIVIDE": lambda graph, x: x[0] / x[1],
    "POWER": lambda graph, x: x[0] ** x[1], "FUNCTION_POWER": lambda graph, x: x[0] ** x[1],
    "FUNCTION_ROOT": _root, "FUNCTION_EXP": lambda graph, x: graph.exp(x[0]),
    "FUNCTION_LN": lambda graph, x: graph.log(x[0]), "FUNCTION_LOG": _logarithm,
    "FUNCTION_SIN": lambda graph, x: graph.sin(x[0]), "FUNCTION_COS": lambda graph, x: graph.cos(x[0]),
    "FUNCTION_TAN": lambda graph, x: graph.sin(x[0]) / graph.cos(x[0]),
    "FUNCTION_SEC": lambda graph, x: 1.0 / graph.cos(x[0]), "FUNCTION_CSC": lambda graph, x: 1.0 / graph.sin(x[0]),
    "FUNCTION_COT": lambda graph, x: graph.cos(x[0]) / graph.sin(x[0]),
    "FUNCTION_SINH": lambda graph, x: _hyperbolic(graph, x[0])[0],
    "FUNCTION_COSH": lambda graph, x: _hyperbolic(graph, x[0])[1],
    "FUNCTION_TANH": lambda graph, x: _tangent(graph, x[0]),
    "FUNCTION_SECH": lambda graph, x: 1.0 / _hyperbolic(graph, x[0])[1],
    "FUNCTION_CSCH": lambda graph, x: 1.0 / _hyperbolic(graph, x[0])[0],
    "FUNCTION_COTH": lambda graph, x: 1.0 / _tangent(graph, x[0]),
    "FUNCTION_ARCSINH": lambda graph, x: _area_sine(graph, x[0]),
    "FUNCTION_ARCCOSH": lambda graph, x: _area_cosine(graph, x[0]),
    "FUNCTION_ARCTANH": lambda graph, x: _area_tangent(graph, x[0]),
    "FUNCTION_ARCCSCH": lambda graph, x: _area_sine(graph, 1.0 / x[0]),
    "FUNCTION_ARCSECH": lambda graph, x: _area_cosine(graph, 1.0 / x[0]),
    "FUNCTION_ARCCOTH": lambda graph, x: _area_tangent(graph, 1.0 / x[0]),
    "LOGICAL_AND": _product, "LOGICAL_OR": _any, "LOGICAL_XOR": _odd, "LOGICAL_NOT": lambda graph, x: 1.0 - x[0],
    "LOGICAL_IMPLIES": lambda graph, x: 1.0 - x[0] * (1.0 - x[1]),
}  # fmt: skip
# Which arguments of an operation, by place and number of arguments, are conditions.
_ASKED: dict[str, Callable[[int, int], bool]] = {
    "FUNCTION_PIECEWISE": lambda place, count: place % 2 == 1,
    **dict.fromkeys(
        ("LOGICAL_AND", "LOGICAL_OR", "LOGICAL_XOR", "LOGICAL_NOT", "LOGICAL_IMPLIES"), lambda place, count: True
    ),
}
_SETTLED = {
    "FUNCTION_FLOOR": "floor", "FUNCTION_CEILING": "ceiling", "FUNCTION_FACTORIAL": "factorial",
    "FUNCTION_REM": "remainder", "FUNCTION_QUOTIENT": "quotient", "FUNCTION_ARCSIN": "arcsin",
    "FUNCTION_ARCCOS": "arccos", "FUNCTION_ARCTAN": "arctan",
}  # fmt: skip
_COMPARED = {
    "RELATIONAL_GT": "gt", "RELATIONAL_GEQ": "geq", "RELATIONAL_LT": "lt", "RELATIONAL_LEQ": "leq",
    "RELATIONAL_EQ": "eq", "RELATIONAL_NEQ": "neq",
}  # fmt: skip
_CHOSEN = ("FUNCTION_ABS", "FUNCTION_MAX", "FUNCTION_MIN")
_KNOWN = (
    *_NUMBERS, *_OPERATORS, *_SETTLED, *_COMPARED, *_CHOSEN, "NAME", "NAME_TIME", "FUNCTION", "FUNCTION_PIECEWISE",
)  # fmt: skip
