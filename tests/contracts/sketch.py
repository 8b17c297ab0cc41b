"""A builder for systems whose states are pure numbers that change by so much an hour."""

from __future__ import annotations

from reuptake.equations.expression import Expression
from reuptake.equations.system import SystemBuilder

__all__ = ["ONE", "Sketch"]

ONE = {"per.hour": 1.0}  # what the units of every sketch stand on


class Sketch(SystemBuilder):
    """States without a unit, all reported."""

    def number(self, name: str, initial: float = 0.0) -> Expression:
        """A state, and its output."""
        state = self.state(name, "1", initial=self.graph.number(initial))
        self.output(name, state, "1", kind="level")
        return state

    def constant(self, name: str) -> Expression:
        """A parameter."""
        return self.parameter(name, "1")

    @property
    def hours(self) -> Expression:
        """The time as a pure number."""
        return self.time * self.parameter("per.hour", "1/h")

    def rate(self, name: str, expression: Expression) -> None:
        """By how much a state changes in an hour."""
        self.flow(f"d {name}", expression * self.parameter("per.hour", "1/h"), target=name)
