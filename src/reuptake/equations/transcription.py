"""The same expression in another graph: node by node, with symbols of that graph in place of its own."""

from __future__ import annotations

import operator
from collections.abc import Callable

from reuptake.equations.expression import Expression, Graph

__all__ = ["transcribed"]

_WAYS: dict[str, Callable[..., Expression]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
    "power": operator.pow, "power_log": lambda a, b: a.graph.power_log(a, b), "exp": lambda a: a.graph.exp(a),
    "log": lambda a: a.graph.log(a), "sin": lambda a: a.graph.sin(a), "cos": lambda a: a.graph.cos(a),
}  # fmt: skip


def transcribed(expression: Expression, graph: Graph, symbol: Callable[[Expression], Expression]) -> Expression:
    """An expression of another graph as one of this graph; `symbol` gives what stands for each of its symbols."""
    made: dict[int, Expression] = {}
    for node in expression.walk():
        arguments = [made[arg.serial] for arg in node.args]
        if node.op == "number":
            made[node.serial] = graph.number(node.value, node.dimension)
        elif node.op == "named":
            made[node.serial] = graph.named(node.name, arguments[0])
        else:
            made[node.serial] = _WAYS[node.op](*arguments) if arguments else symbol(node)
    return made[expression.serial]
