"""A system of differential equations as pharmacologists draw it: pools, flows, doses.

    dA/dt = sum of flows into A − sum of flows out of A + infusions into A

A `System` never changes after `SystemBuilder.build`. Because matter moves only in
flows that name where it comes from and where it goes, mass balance is a property of
the drawing and not of the care of its author.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from reuptake.equations.expression import Expression, Graph, UnitMismatch
from reuptake.errors import ReuptakeError, nearest
from reuptake.units import Dimension, unit

__all__ = ["Flow", "Input", "Output", "Parameter", "State", "System", "SystemBuilder", "Trigger"]


@dataclass(frozen=True)
class State:
    """A pool that the solver follows."""

    name: str
    unit: str
    initial: Expression
    meaning: str


@dataclass(frozen=True)
class Parameter:
    """A number that the system needs, by the name of its evidence record."""

    name: str
    unit: str


@dataclass(frozen=True)
class Flow:
    """Movement from one pool to another; an end that is None lies outside the system."""

    name: str
    rate: Expression
    source: str | None
    target: str | None


@dataclass(frozen=True)
class Input:
    """A door for doses: what enters here enters one state."""

    name: str
    state: str
    rate: Expression


@dataclass(frozen=True)
class Output:
    """A quantity to report, in the unit it is reported in.

    `kind` says what summaries make sense: ``level``, ``occupancy``, ``amount``.
    """

    name: str
    expression: Expression
    unit: str
    kind: str


@dataclass(frozen=True)
class Trigger:
    """A sudden change that the states bring about themselves.

    Whenever `crossing` rises from nought or below to above it, the states named in `changes`
    take the values of their expressions, all computed from the states just before.
    """

    name: str
    crossing: Expression
    changes: Mapping[str, Expression]


@dataclass(frozen=True)
class System:
    """States, flows, parameters, outputs, dosing inputs and triggers; unit-checked, immutable."""

    name: str
    states: tuple[State, ...]
    parameters: tuple[Parameter, ...]
    inputs: tuple[Input, ...]
    flows: tuple[Flow, ...]
    definitions: Mapping[str, Expression]
    outputs: tuple[Output, ...]
    triggers: tuple[Trigger, ...] = ()

    def rates(self) -> tuple[Expression, ...]:
        """Right-hand sides, one expression (canonical unit per hour) for each state."""
        graph = self.states[0].initial.graph
        totals = {state.name: graph.zero(_rate_unit(state.unit)) for state in self.states}
        for flow in self.flows:
            if flow.target is not None:
                totals[flow.target] = totals[flow.target] + flow.rate
            if flow.source is not None:
                totals[flow.source] = totals[flow.source] - flow.rate
        for entry in self.inputs:
            totals[entry.state] = totals[entry.state] + entry.rate
        return tuple(totals[state.name] for state in self.states)

    def equations(self) -> list[tuple[str, str]]:
        """Left and right sides as text, from the expressions that are computed."""
        lines = [(name, str(expression)) for name, expression in self.definitions.items()]
        rates = zip(self.states, self.rates(), strict=True)
        return lines + [(f"d {state.name}/dt", str(rate)) for state, rate in rates]


class SystemBuilder:
    """Collects what mechanisms contribute; refuses names twice and units that do not fit."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.graph = Graph()
        self._states: dict[str, State] = {}
        self._symbols: dict[str, Expression] = {}
        self._parameters: dict[str, Parameter] = {}
        self._inputs: dict[str, Input] = {}
        self._flows: dict[str, Flow] = {}
        self._definitions: dict[str, Expression] = {}
        self._outputs: dict[str, Output] = {}
        self._triggers: dict[str, Trigger] = {}

    def parameter(self, name: str, unit_text: str) -> Expression:
        """The symbol of an evidence record, in canonical units of this dimension."""
        known = self._parameters.get(name)
        if known is None:
            self._parameters[name] = Parameter(name, unit_text)
            self._symbols[name] = self.graph.symbol("parameter", name, unit(unit_text).dimension)
        elif unit(known.unit).dimension != unit(unit_text).dimension:
            raise UnitMismatch(f"parameter {name} is asked for in {known.unit} and in {unit_text}")
        return self._symbols[name]

    @property
    def time(self) -> Expression:
        """The time since the start, h."""
        return self.graph.symbol("time", "time", unit("h").dimension)

    def state(self, name: str, unit_text: str, *, initial: Expression | None = None, meaning: str = "") -> Expression:
        """A new pool, empty at the start unless told otherwise."""
        self._new(name, self._states)
        dimension = unit(unit_text).dimension
        start = self.graph.zero(dimension) if initial is None else initial
        if start.dimension != dimension:
            raise UnitMismatch(f"initial value of {name} is {start.dimension}, the state {dimension}")
        self._states[name] = State(name, unit_text, start, meaning)
        return self.graph.symbol("state", name, dimension)

    def flow(self, name: str, rate: Expression, *, source: str | None = None, target: str | None = None) -> None:
        """Movement of matter; `rate` in canonical unit of the state per hour."""
        self._new(name, self._flows)
        for end in (source, target):
            if end is not None:
                expected = _rate_unit(self._state(end).unit)
                if rate.dimension != expected:
                    raise UnitMismatch(f"flow {name} is {rate.dimension}, state {end} takes {expected}: {rate}")
        self._flows[name] = Flow(name, rate, source, target)

    def input(self, name: str, *, into: str) -> None:
        """A door for doses into a state."""
        self._new(name, self._inputs)
        rate = self.graph.symbol("input", name, _rate_unit(self._state(into).unit))
        self._inputs[name] = Input(name, into, rate)

    def define(self, name: str, expression: Expression, unit_text: str) -> Expression:
        """Name an expression, so that others can build on it and it prints by its name."""
        self._new(name, self._definitions)
        if expression.dimension != unit(unit_text).dimension:
            raise UnitMismatch(f"{name} is {expression.dimension}, not {unit_text}: {expression}")
        self._definitions[name] = self.graph.named(name, expression)
        return self._definitions[name]

    def known(self, name: str) -> Expression:
        """An expression that another mechanism has defined."""
        if name not in self._definitions:
            raise ReuptakeError(f"no mechanism before this one defines '{name}'; " + nearest(name, self._definitions))
        return self._definitions[name]

    @property
    def state_names(self) -> frozenset[str]:
        """Names of the pools so far."""
        return frozenset(self._states)

    def has(self, name: str) -> bool:
        """Whether an expression of this name is defined."""
        return name in self._definitions

    def output(self, name: str, expression: Expression, unit_text: str, *, kind: str) -> None:
        """A quantity to report."""
        self._new(name, self._outputs)
        if expression.dimension != unit(unit_text).dimension:
            raise UnitMismatch(f"output {name} is {expression.dimension}, not {unit_text}: {expression}")
        self._outputs[name] = Output(name, expression, unit_text, kind)

    def trigger(self, name: str, crossing: Expression, changes: Mapping[str, Expression]) -> None:
        """A sudden change of states, whenever `crossing` rises above nought."""
        self._new(name, self._triggers)
        for state, value in changes.items():
            expected = unit(self._state(state).unit).dimension
            if value.dimension != expected:
                raise UnitMismatch(f"trigger {name} makes {state} {value.dimension}, it is {expected}: {value}")
        self._triggers[name] = Trigger(name, crossing, MappingProxyType(dict(changes)))

    def build(self) -> System:
        """The finished system."""
        if not self._states:
            raise ReuptakeError(f"system {self.name} has no states")
        return System(
            self.name,
            tuple(self._states.values()),
            tuple(self._parameters.values()),
            tuple(self._inputs.values()),
            tuple(self._flows.values()),
            MappingProxyType(dict(self._definitions)),
            tuple(self._outputs.values()),
            tuple(self._triggers.values()),
        )

    def _state(self, name: str) -> State:
        if name not in self._states:
            raise ReuptakeError(f"no state '{name}'; " + nearest(name, self._states))
        return self._states[name]

    def _new(self, name: str, shelf: Mapping[str, object]) -> None:
        if name in shelf:
            raise ReuptakeError(f"'{name}' is there already; every name of a system is given once")


def _rate_unit(text: str) -> Dimension:
    """Dimension of a change per hour of something in this unit."""
    return unit(text).dimension / unit("h").dimension
