"""What a model from elsewhere is, once it is read.

A `System` of pure numbers whose parameters are the model's constants, and beside it what no equation says: values,
what each identifier means, and what is settled outside the equations, either once for a subject (a number that takes
more than our operators) or at known times (doses, switches).
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.events import Event
from reuptake.equations.evaluation import evaluate
from reuptake.equations.expression import Expression
from reuptake.equations.system import System

__all__ = ["OPERATIONS", "Change", "Model", "Moment", "Settled", "Switch"]

Array = NDArray[np.float64]
# Operations on constants that are no operators of our expressions; truth is 1.
OPERATIONS: dict[str, Callable[..., float]] = {
    "gt": operator.gt, "geq": operator.ge, "lt": operator.lt, "leq": operator.le, "eq": operator.eq, "neq": operator.ne,
    "floor": math.floor, "ceiling": math.ceil, "factorial": lambda n: math.gamma(n + 1.0), "remainder": math.fmod,
    "quotient": lambda a, b: math.trunc(a / b), "arcsin": math.asin, "arccos": math.acos, "arctan": math.atan,
    "same": lambda value: value,
}  # fmt: skip
STEPS = frozenset({"gt", "geq", "lt", "leq", "eq", "neq", "floor", "ceiling", "quotient"})  # flat but for jumps
SHORTLY = 1e-9  # of a time, but at least of one: "after" it, as opposed to "from" it on


@dataclass(frozen=True)
class Settled:
    """A parameter that is computed from others before a run: an operation of `OPERATIONS` on terms of parameters."""

    parameter: str
    operation: str
    terms: tuple[Expression, ...]


@dataclass(frozen=True)
class Moment:
    """A time that is known before a run; `after` it or from it on."""

    at: Expression
    after: bool

    def time(self, values: Mapping[str, float]) -> float:
        """When, given the values of parameters."""
        at = evaluate(self.at, values)
        return at + SHORTLY * max(1.0, abs(at)) if self.after else at


@dataclass(frozen=True)
class Switch:
    """A parameter that is 0 before a known time and 1 from it on."""

    parameter: str
    moment: Moment


@dataclass(frozen=True)
class Change:
    """What happens at a known time: amounts enter through inputs, parameters take values, both of parameters alone.

    `at_start` says that it also happens where its time is the start or lies before it.
    """

    name: str
    moment: Moment
    amounts: Mapping[str, Expression]
    values: Mapping[str, Expression]
    at_start: bool


@dataclass(frozen=True)
class Model:
    """A system read from elsewhere.

    Attributes
    ----------
    system : System
        All of pure numbers; its time is that of the model, whatever unit the model counts it in.
    values : mapping of parameter name to float
        As the model gives them; NaN where it gives none. Without what is settled, switched or begins.
    starts : mapping of identifier to parameter name
        Where states begin that begin with a number of their own.
    symbols : mapping of identifier to Expression
        What formulas mean by it: of a species its concentration, or its amount if it has substance units only.
    begins : mapping of identifier to Expression
        The same at the start, in parameters.
    amounts, concentrations : mapping of species to Expression
    time : Expression
        The time as formulas mean it, a pure number.
    settled, switches, changes
        What is no equation.
    """

    system: System = field(repr=False)
    values: Mapping[str, float] = field(repr=False)
    starts: Mapping[str, str] = field(repr=False)
    symbols: Mapping[str, Expression] = field(repr=False)
    begins: Mapping[str, Expression] = field(repr=False)
    amounts: Mapping[str, Expression] = field(repr=False)
    concentrations: Mapping[str, Expression] = field(repr=False)
    time: Expression = field(repr=False)
    settled: tuple[Settled, ...] = ()
    switches: tuple[Switch, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def timing(self) -> frozenset[str]:
        """Parameters that say when or how much: no derivative is carried through them."""
        terms = [one.moment.at for one in self.switches] + [one.moment.at for one in self.changes]
        terms += [term for one in self.settled if one.operation not in STEPS for term in one.terms]
        terms += [term for one in self.changes for term in (*one.amounts.values(), *one.values.values())]
        return frozenset(node.name for term in terms for node in term.walk() if node.op == "parameter")

    def subject(self, given: Mapping[str, float] | None = None) -> tuple[Array, tuple[Event, ...]]:
        """Parameters (parameter,), in the order of the system, and events of one subject.

        Parameters
        ----------
        given : mapping of parameter name to float, optional
            In place of what the model says.
        """
        values = {entry.name: 0.0 for entry in self.system.parameters} | dict(self.values) | dict(given or {})
        for one in self.settled:
            terms = [evaluate(term, values) for term in one.terms]
            try:
                values[one.parameter] = float(OPERATIONS[one.operation](*terms))
            except (ArithmeticError, ValueError):  # it may never be asked for; if it is, the outcome says so
                values[one.parameter] = math.nan
        for switch in self.switches:
            values[switch.parameter] = float(switch.moment.time(values) <= 0.0)
        parameters = np.array([values[entry.name] for entry in self.system.parameters])
        return parameters, tuple(self._events(values))

    def _events(self, values: dict[str, float]) -> list[Event]:
        """What happens at known times, in order; changes of one time see the values before it."""
        turns = [(one.moment.time(values), one) for one in self.switches]
        happens = [(one.moment.time(values), one) for one in self.changes]
        happens = [(max(time, 0.0), one) for time, one in happens if time > 0.0 or one.at_start]
        events: list[Event] = []
        for time in sorted({time for time, _ in (*turns, *happens) if time >= 0.0}):
            sets = {one.parameter: 1.0 for when, one in turns if when == time > 0.0}
            for change in [one for when, one in happens if when == time]:
                sets |= {name: evaluate(term, values) for name, term in change.values.items()}
                events += [Event(time, name, amount=evaluate(term, values)) for name, term in change.amounts.items()]
            if sets:
                events.append(Event(time, changes=tuple(sets.items())))
            values = values | sets
        return events
