"""The reference back-end: one subject at a time, plain arithmetic, nothing clever.

Slow and easy to believe. Since subjects never meet, their curves cannot depend on
one another; since steps ignore the grid, neither can they depend on what is reported.
Every other back-end is tested against this one.

A trigger changes the states where `AbstractSolver` finds it to fire, as the events do that
are known beforehand; integration starts afresh there, with the shortest first step.
- Triggers that fire together compute all their changes from the states just before; where two
  change one state, the later in the system's order prevails.
- After its change a trigger is no longer armed, until its crossing is nought or below at the end
  of a later step. If the change itself brought the crossing there, it is armed at once; if it left
  the crossing as it was, it is not, so that nothing fires twice.
- What events or changes lift above nought fires at the same time, if it was armed; after `MOST_CHAINED`
  rounds at one time the subject ends as `ENDLESS_EVENTS`.
- A time on the grid at which something happens is reported after all of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.events import Event
from reuptake.engine.control import FIRST_STEP, MOST_CHAINED, MOST_STEPS, opening, resolution
from reuptake.engine.kernel import (
    AbstractKernel,
    AbstractSolver,
    Batch,
    Equations,
    Flags,
    Halt,
    Solution,
    Tolerances,
    directions,
)
from reuptake.equations.derivative import jacobian
from reuptake.equations.evaluation import power_log
from reuptake.equations.expression import Expression
from reuptake.equations.program import straighten
from reuptake.equations.system import System
from reuptake.trajectories import CANCELLED, ENDLESS_EVENTS, NOT_FINITE, SOLVED, Outcome
from reuptake.units import unit

__all__ = ["NumpyKernel"]

Array = NDArray[np.float64]
SMALL = 1e-3  # what a parameter of nought is nudged as
NUDGE = np.finfo(float).eps ** (1.0 / 3.0)  # best relative step of a central difference


@dataclass(frozen=True)
class Moment:
    """All that one subject is at one time.

    Its parameters and what follows from them, its states, infusions running, and which triggers are armed.
    """

    time: float
    parameters: Array
    hoisted: tuple[float, ...]
    state: Array
    rates: list[float]
    armed: Flags


class Memory:
    """Which step proved right after the last dose through each input: an equal dose need not find it again.

    Of each input it remembers the amount and the rate of the last event through it, and what
    the first step after it asked for next. Only events that do nothing but dose are remembered;
    after anything else the search begins anew.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[float, float, float]] = {}

    def first_step(self, events: Sequence[Event]) -> float:
        """Where to begin after the events of one time, h: with the shortest step known, if all are known."""
        steps = [self._step(event) for event in events]
        return opening(min(steps)) if steps else FIRST_STEP

    def learn(self, events: Sequence[Event], step: float) -> None:
        """Keep what proved right after the events of one time."""
        if all(_only_doses(event) for event in events):
            self._known |= {event.input: (event.amount, event.rate, step) for event in events}

    def _step(self, event: Event) -> float:
        amount, rate, step = self._known.get(event.input, (0.0, 0.0, 0.0))
        return step if _only_doses(event) and (amount, rate) == (event.amount, event.rate) else 0.0


def _only_doses(event: Event) -> bool:
    return bool(event.input) and not event.changes and not event.reset


@dataclass
class Course:
    """What is written down of one subject on its way along the grid, and by what it is led.

    `doses` are the events that have just happened, if nothing else has; `values` (time, output).
    """

    grid: Array
    values: Array
    relative: float
    absolute: Array
    memory: Memory = field(default_factory=Memory)
    doses: tuple[Event, ...] = ()
    steps: int = 0
    outcome: Outcome = SOLVED


class NumpyKernel(AbstractKernel):
    """A system as Python functions of one subject."""

    def __init__(self, system: System, solver: AbstractSolver) -> None:
        self.system = system
        self._solver = solver
        rates, outputs = system.rates(), [output.expression for output in system.outputs]
        names = [state.name for state in system.states]
        entries = jacobian(rates)
        rows, columns = [row for row, _ in entries], [names.index(name) for _, name in entries]
        drift = jacobian(rates, "time")
        self._drifting = [row for row, _ in drift]
        self._places = np.array(rows, dtype=np.intp) * len(names) + np.array(columns, dtype=np.intp)
        initial = [state.initial for state in system.states]
        crossings = [trigger.crossing for trigger in system.triggers]
        changes = [value for trigger in system.triggers for value in trigger.changes.values()]
        self._changed = [
            (i, names.index(name)) for i, trigger in enumerate(system.triggers) for name in trigger.changes
        ]
        self._functions = _translate(system, {
            "rates": rates, "entries": list(entries.values()), "drift": list(drift.values()),
            "outputs": outputs, "initial": initial, "crossings": crossings, "changes": changes,
        })  # fmt: skip
        self._scales = np.array([1.0 / unit(output.unit).factor for output in system.outputs])
        self._parameters = {parameter.name: i for i, parameter in enumerate(system.parameters)}
        self._inputs = {entry.name: i for i, entry in enumerate(system.inputs)}
        self._entered = [names.index(entry.state) for entry in system.inputs]

    @np.errstate(all="ignore")  # what is not finite shows in the outcome of its subject
    def integrate(
        self, batch: Batch, grid: Array, tolerances: Tolerances, sensitivities: Sequence[str] = (),
        halt: Halt | None = None,
    ) -> Solution:  # fmt: skip
        size, n_outputs = len(batch.parameters), len(self.system.outputs)
        values = np.full((size, len(grid), n_outputs), np.nan)
        slopes = np.full((*values.shape, len(sensitivities)), np.nan) if sensitivities else None
        columns = directions(self.system, sensitivities)
        outcomes, steps = [], np.zeros(size, dtype=np.int64)
        ends = np.full((size, len(self.system.states)), np.nan)
        absolute = np.broadcast_to(tolerances.absolute, (size, len(self.system.states)))
        for i in range(size):
            if halt:
                outcomes.append(CANCELLED)
                continue
            start = None if batch.states is None else batch.states[i]
            run = (batch.events[i], grid, tolerances.relative, absolute[i], start)
            values[i], ends[i], outcome, steps[i] = self._subject(batch.parameters[i], *run)
            outcomes.append(outcome)
            for j, column in enumerate(columns if slopes is not None and outcome.solved else []):
                up, down = batch.parameters[i].copy(), batch.parameters[i].copy()
                up[column] += NUDGE * max(abs(up[column]), SMALL)
                down[column] -= NUDGE * max(abs(down[column]), SMALL)
                assert slopes is not None
                difference = self._subject(up, *run)[0] - self._subject(down, *run)[0]
                slopes[i, :, :, j] = difference / (up[column] - down[column])
        return Solution(values, tuple(outcomes), steps, ends, slopes)

    def _subject(
        self,
        parameters: Array,
        events: tuple[Event, ...],
        grid: Array,
        relative: float,
        absolute: Array,
        start: Array | None,
    ) -> tuple[Array, Array, Outcome, int]:
        """Outputs (time, output) of one subject, its last states, how it ended, and in how many steps."""
        course = Course(grid, np.full((len(grid), len(self.system.outputs)), np.nan), relative, absolute)
        nowhere = np.full(len(self.system.states), np.nan)
        stops = sorted({event.time for event in events if grid[0] <= event.time <= grid[-1]} | {float(grid[-1])})
        if not np.all(np.isfinite(parameters)):
            return course.values, nowhere, NOT_FINITE, 0
        try:
            moment = self._begin(float(grid[0]), parameters, start)
            self._report(course, moment)
            for stop in stops:
                while moment.time < stop and course.outcome.solved:
                    moment = self._advance(course, moment, stop)
                if course.outcome.solved:
                    moment = self._dose(course, moment, [event for event in events if event.time == stop])
        except (ArithmeticError, ValueError):
            course.outcome = NOT_FINITE
        if not course.outcome.solved:
            return np.full_like(course.values, np.nan), nowhere, course.outcome, course.steps
        if not (np.all(np.isfinite(course.values)) and np.all(np.isfinite([*moment.state, *moment.parameters]))):
            return np.full_like(course.values, np.nan), nowhere, NOT_FINITE, course.steps
        return course.values, moment.state, SOLVED, course.steps

    def _begin(self, time: float, parameters: Array, start: Array | None = None) -> Moment:
        hoisted, rates = self.hoist(parameters), [0.0] * len(self._inputs)
        state = np.array(self._functions["initial"](0.0, [], [], hoisted) if start is None else start, dtype=float)
        armed = self.equations(hoisted, rates).crossings(time, state) <= 0.0
        return Moment(time, parameters, hoisted, state, rates, armed)

    def _advance(self, course: Course, moment: Moment, stop: float) -> Moment:
        """What is so at the next stop, or where triggers fire before it."""
        ahead = np.flatnonzero((course.grid > moment.time) & (course.grid <= stop))
        equations = self.equations(moment.hoisted, moment.rates)
        segment = self._solver.advance(
            equations, moment.state, moment.time, stop, course.grid[ahead], relative=course.relative,
            absolute=course.absolute, first_step=course.memory.first_step(course.doses),
            most_steps=MOST_STEPS - course.steps, armed=moment.armed,
        )  # fmt: skip
        course.memory.learn(course.doses, segment.learned)
        course.doses, course.outcome, course.steps = (), segment.outcome, course.steps + segment.steps
        places = ahead[: len(segment.states)]
        course.values[places] = self.outputs(moment.hoisted, moment.rates, course.grid[places], segment.states)
        moment = replace(moment, time=segment.reached, state=segment.end, armed=segment.armed)
        near = resolution(moment.time)  # where a trigger fires is known no better
        return self._fire(course, moment, segment.fired, near) if segment.outcome.solved else moment

    def _dose(self, course: Course, moment: Moment, events: Sequence[Event]) -> Moment:
        """What is so after the events of one time and all that they set off."""
        for event in events:
            moment = self._happen(event, moment)
        crossings = self.equations(moment.hoisted, moment.rates).crossings(moment.time, moment.state)
        fired = moment.armed & (crossings > 0.0)
        course.doses = () if fired.any() else tuple(events)
        return self._fire(course, replace(moment, armed=fired | (crossings <= 0.0)), fired, 0.0)

    def _fire(self, course: Course, moment: Moment, fired: Flags, near: float) -> Moment:
        """What is so after some triggers have fired, and all that they set off in turn, at one time."""
        equations, chained = self.equations(moment.hoisted, moment.rates), 0
        while fired.any():
            if chained == MOST_CHAINED:
                course.outcome = ENDLESS_EVENTS
                return moment
            state, before = moment.state.copy(), equations.crossings(moment.time, moment.state)
            values = self._functions["changes"](moment.time, moment.state.tolist(), moment.rates, moment.hoisted)
            for (trigger, place), value in zip(self._changed, values, strict=True):
                state[place] = value if fired[trigger] else state[place]
            after = equations.crossings(moment.time, state)
            rising = moment.armed & ~fired & (after > 0.0)
            # Whoever has fired is armed again by its own change if that brought it down, not by staying put.
            armed = rising | ((after <= 0.0) & (~fired | (after != before)))
            moment, fired, chained = replace(moment, state=state, armed=armed), rising, chained + 1
        self._report(course, moment, near)
        return moment

    def _report(self, course: Course, moment: Moment, near: float = 0.0) -> None:
        """Write down the outputs of one time, if the grid asks for them or for a time so near."""
        here = np.abs(course.grid - moment.time) <= near
        if here.any():
            course.values[here] = self.outputs(
                moment.hoisted, moment.rates, np.array([moment.time]), moment.state[None]
            )

    def _happen(self, event: Event, moment: Moment) -> Moment:
        """What is so right after an event."""
        if event.changes:
            parameters = moment.parameters.copy()
            for name, value in event.changes:
                parameters[self._parameters[name]] = value
            moment = replace(moment, parameters=parameters, hoisted=self.hoist(parameters))
        if event.reset:
            moment = self._begin(moment.time, moment.parameters)
        if not event.input:
            return moment
        index, state, rates = self._inputs[event.input], moment.state.copy(), list(moment.rates)
        state[self._entered[index]] += event.amount
        rates[index] += event.rate
        return replace(moment, state=state, rates=rates)

    def hoist(self, parameters: Array) -> tuple[float, ...]:
        """Everything that depends on one subject's parameters (parameter,) alone."""
        return tuple(self._functions["prologue"](parameters.tolist()))

    def equations(self, hoisted: tuple[float, ...], inputs: list[float]) -> Equations:
        """Right-hand side, its slopes and the crossings of one subject while these infusions (nmol/h, by input) run."""
        size = len(self.system.states)
        functions, places = self._functions, self._places

        def rates(now: float, state: Array) -> Array:
            try:
                return np.array(functions["rates"](now, state.tolist(), inputs, hoisted))
            except (ArithmeticError, ValueError):
                return np.full(size, np.nan)

        def drift(now: float, state: Array) -> Array:
            column = np.zeros(size)
            try:
                column[self._drifting] = functions["drift"](now, state.tolist(), inputs, hoisted)
            except (ArithmeticError, ValueError):
                column[:] = np.nan
            return column

        def slopes(now: float, state: Array) -> Array:
            matrix = np.zeros(size * size)
            try:
                matrix[places] = functions["entries"](now, state.tolist(), inputs, hoisted)
            except (ArithmeticError, ValueError):
                matrix[:] = np.nan
            return matrix.reshape(size, size)

        def crossings(now: float, state: Array) -> Array:
            return np.array(functions["crossings"](now, state.tolist(), inputs, hoisted), dtype=float)

        return Equations(rates, slopes, drift, crossings)

    def outputs(self, hoisted: tuple[float, ...], inputs: list[float], times: Array, states: Array) -> Array:
        """Outputs (time, output), each in its unit, from states (time, state)."""
        rows = [
            self._functions["outputs"](now, row, inputs, hoisted)
            for now, row in zip(times.tolist(), states.tolist(), strict=True)
        ]
        values: Array = np.array(rows).reshape(len(rows), len(self._scales)) * self._scales
        return values


def _translate(system: System, wanted: dict[str, Sequence[Expression]]) -> dict[str, Callable[..., Any]]:
    """Python functions that compute expressions: a prologue once a subject, the others at every step.

    The text that is compiled holds indices, numbers and operators only, never a name from a file.
    """
    programs = {name: straighten(roots) for name, roots in wanted.items()}
    symbols = {("state", state.name): f"y[{i}]" for i, state in enumerate(system.states)}
    symbols |= {("time", "time"): "t"}
    symbols |= {("input", entry.name): f"u[{i}]" for i, entry in enumerate(system.inputs)}
    constants = {("parameter", parameter.name): f"p[{i}]" for i, parameter in enumerate(system.parameters)}
    hoisted = list({node.serial: node for program in programs.values() for node in program.hoisted}.values())
    kept = [*hoisted, *(node for p in programs.values() for node in _parameters(p.roots))]
    kept = list({node.serial: node for node in kept}.values())
    slots = {node.serial: f"h[{i}]" for i, node in enumerate(kept)}
    local = {node.serial: f"v{node.serial}" for node in hoisted}
    lines = ["def prologue(p):"]
    lines += [f"    v{node.serial} = {_operation(node, local, constants)}" for node in hoisted]
    lines += ["    return (" + "".join(f"{_term(node, local, constants)}, " for node in kept) + ")"]
    for name, program in programs.items():
        lines.append(f"def {name}(t, y, u, h):")
        known = dict(slots)
        for node in program.body:
            lines.append(f"    v{node.serial} = {_operation(node, known, symbols)}")
            known[node.serial] = f"v{node.serial}"
        lines.append("    return [" + ", ".join(_term(root, known, symbols) for root in program.roots) + "]")
    space: dict[str, Any] = {
        "exp": math.exp,
        "log": math.log,
        "sin": math.sin,
        "cos": math.cos,
        "pow": math.pow,
        "power_log": power_log,
    }
    exec(compile("\n".join(lines), f"<system {len(system.states)} states>", "exec"), space)
    return {name: space[name] for name in ("prologue", *wanted)}


def _parameters(roots: Sequence[Expression]) -> list[Expression]:
    return [node for root in roots for node in root.walk() if node.op == "parameter"]


def _term(node: Expression, known: dict[int, str], symbols: dict[tuple[str, str], str]) -> str:
    while node.op == "named":
        node = node.args[0]
    if node.op == "number":
        return f"({node.value!r})"
    return known.get(node.serial) or symbols[node.op, node.name]


_SIGN = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def _operation(node: Expression, known: dict[int, str], symbols: dict[tuple[str, str], str]) -> str:
    terms = [_term(arg, known, symbols) for arg in node.args]
    if node.op in _SIGN:
        return f"{terms[0]} {_SIGN[node.op]} {terms[1]}"
    return f"{'pow' if node.op == 'power' else node.op}({', '.join(terms)})"
