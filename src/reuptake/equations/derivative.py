"""How fast one expression changes with another: exact, symbolic, sparse."""

from __future__ import annotations

from collections.abc import Sequence

from reuptake.equations.expression import Expression

__all__ = ["jacobian"]


def jacobian(expressions: Sequence[Expression], op: str = "state") -> dict[tuple[int, str], Expression]:
    """Partial derivatives of expressions with respect to every symbol of one kind.

    Parameters
    ----------
    expressions : sequence of Expression (row,)
        All of one graph.
    op : str
        Kind of symbol to differentiate by: ``state``, ``parameter``, ``input`` or ``time``.

    Returns
    -------
    dict of (row, symbol name) to Expression
        Only entries that are not identically zero.
    """
    gradients: dict[int, dict[str, Expression]] = {}
    entries: dict[tuple[int, str], Expression] = {}
    seen: set[int] = set()
    for row, expression in enumerate(expressions):
        for node in expression.walk(seen):
            gradients[node.serial] = _gradient(node, op, gradients)
        for name, entry in gradients[expression.serial].items():
            entries[row, name] = entry
    return entries


def _gradient(node: Expression, op: str, known: dict[int, dict[str, Expression]]) -> dict[str, Expression]:
    """Chain rule at one node, from the gradients of its arguments."""
    graph = node.graph
    if node.op == op:
        return {node.name: graph.number(1.0)}
    if not node.args:
        return {}
    gradients = [known[arg.serial] for arg in node.args]
    total: dict[str, Expression] = {}
    for index, gradient in enumerate(gradients):
        if not gradient:
            continue
        factor = _partial(node, index)
        for name, inner in gradient.items():
            term = factor * inner
            total[name] = total[name] + term if name in total else term
    return {name: entry for name, entry in total.items() if not (entry.op == "number" and entry.value == 0.0)}


def _partial(node: Expression, index: int) -> Expression:
    """Derivative of a node with respect to one of its own arguments."""
    graph = node.graph
    if node.op in ("named", "add"):
        return graph.number(1.0)
    if node.op == "subtract":
        return graph.number(1.0 if index == 0 else -1.0)
    if node.op == "exp":
        return node
    if node.op == "log":
        return 1.0 / node.args[0]
    if node.op == "sin":
        return graph.cos(node.args[0])
    if node.op == "cos":
        return -graph.sin(node.args[0])
    a, b = node.args
    if node.op == "power_log":
        return b * graph.power_log(a, b - 1.0) + a ** (b - 1.0) if index == 0 else node * graph.log(a)
    if node.op == "multiply":
        return b if index == 0 else a
    if node.op == "divide":
        return 1.0 / b if index == 0 else -(node / b)
    if index == 0:  # power
        return b * a ** (b - 1.0)
    return graph.power_log(a, b)
