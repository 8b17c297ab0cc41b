"""What an expression is worth: the slow obvious way, against which the compiled ways are tested."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping

from reuptake.equations.expression import Expression

__all__ = ["evaluate", "power_log"]


def power_log(base: float, exponent: float) -> float:
    """The product ``base^exponent · log(base)``, and its limit where the base is nought."""
    return 0.0 if base == 0.0 and exponent > 0.0 else math.pow(base, exponent) * math.log(base)


_OPERATIONS: dict[str, Callable[..., float]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": math.pow,
    "power_log": power_log,
    "exp": math.exp,
    "log": math.log,
    "sin": math.sin,
    "cos": math.cos,
    "named": lambda value: value,
}


def evaluate(expression: Expression, values: Mapping[str, float]) -> float:
    """Value of an expression, given the values of its symbols by name (the time is ``time``), canonical units."""
    known: dict[int, float] = {}
    for node in expression.walk():
        if node.op == "number":
            known[node.serial] = node.value
        elif not node.args:
            known[node.serial] = values[node.name]
        else:
            known[node.serial] = _OPERATIONS[node.op](*(known[arg.serial] for arg in node.args))
    return known[expression.serial]
