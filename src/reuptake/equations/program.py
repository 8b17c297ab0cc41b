"""In which order to compute: parameters once per subject, the rest at every step.

A `Program` is the straight-line form of some expressions that every back-end
translates: instructions in an order in which each argument comes before its use.
What depends on parameters alone is hoisted out of the time loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reuptake.equations.expression import Expression

__all__ = ["Program", "straighten"]


@dataclass(frozen=True)
class Program:
    """Expressions in computing order.

    Attributes
    ----------
    hoisted : tuple of Expression
        Operations on parameters and numbers only, arguments first.
    body : tuple of Expression
        Operations that depend on states, inputs or the time, arguments first.
    roots : tuple of Expression
        What is asked for, in the order asked.
    """

    hoisted: tuple[Expression, ...]
    body: tuple[Expression, ...]
    roots: tuple[Expression, ...]


def straighten(roots: Sequence[Expression]) -> Program:
    """The program that computes some expressions of one graph; names are looked through."""
    hoisted: list[Expression] = []
    body: list[Expression] = []
    moving: dict[int, bool] = {}
    seen: set[int] = set()
    for root in roots:
        for node in root.walk(seen):
            if node.args:
                moving[node.serial] = any(moving[arg.serial] for arg in node.args)
                if node.op != "named":
                    (body if moving[node.serial] else hoisted).append(node)
            else:
                moving[node.serial] = node.op in ("state", "input", "time")
    return Program(tuple(hoisted), tuple(body), tuple(roots))
