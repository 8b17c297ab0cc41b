"""The reference back-end: one subject at a time, plain arithmetic, nothing clever.

Slow and easy to believe. Since subjects never meet, their curves cannot depend on
one another; since steps ignore the grid, neither can they depend on what is reported.
Every other back-end is tested against this one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing import Event
from reuptake.engine.kernel import AbstractKernel, AbstractSolver, Batch, Equations, Solution, Tolerances
from reuptake.equations.derivative import jacobian
from reuptake.equations.expression import Expression
from reuptake.equations.program import straighten
from reuptake.equations.system import System
from reuptake.trajectories import NOT_FINITE, SOLVED, Outcome
from reuptake.units import unit

__all__ = ["NumpyKernel"]

Array = NDArray[np.float64]
FIRST_STEP = 1e-4  # h; the error control finds the right one within a few steps
MOST_STEPS = 100_000
NUDGE = np.finfo(float).eps ** (1.0 / 3.0)  # best relative step of a central difference


class NumpyKernel(AbstractKernel):
    """A system as Python functions of one subject."""

    def __init__(self, system: System, solver: AbstractSolver) -> None:
        self.system = system
        self._solver = solver
        rates, outputs = system.rates(), [output.expression for output in system.outputs]
        names = [state.name for state in system.states]
        entries = jacobian(rates)
        rows, columns = [row for row, _ in entries], [names.index(name) for _, name in entries]
        self._places = np.array(rows, dtype=np.intp) * len(names) + np.array(columns, dtype=np.intp)
        initial = [state.initial for state in system.states]
        self._functions = _translate(system, {"rates": rates, "entries": list(entries.values()),
                                              "outputs": outputs, "initial": initial})  # fmt: skip
        self._scales = np.array([1.0 / unit(output.unit).factor for output in system.outputs])
        self._inputs = {entry.name: i for i, entry in enumerate(system.inputs)}
        self._entered = [names.index(entry.state) for entry in system.inputs]

    @np.errstate(all="ignore")  # what is not finite shows in the outcome of its subject
    def integrate(
        self, batch: Batch, grid: Array, tolerances: Tolerances, sensitivities: Sequence[str] = ()
    ) -> Solution:
        size, n_outputs = len(batch.parameters), len(self.system.outputs)
        values = np.full((size, len(grid), n_outputs), np.nan)
        slopes = np.full((*values.shape, len(sensitivities)), np.nan) if sensitivities else None
        names = [parameter.name for parameter in self.system.parameters]
        columns = [names.index(name) for name in sensitivities]
        outcomes, steps = [], np.zeros(size, dtype=np.int64)
        absolute = np.broadcast_to(tolerances.absolute, (size, len(self.system.states)))
        for i in range(size):
            start = None if batch.states is None else batch.states[i]
            run = (batch.events[i], grid, tolerances.relative, absolute[i], start)
            values[i], outcome, steps[i] = self._subject(batch.parameters[i], *run)
            outcomes.append(outcome)
            for j, column in enumerate(columns if slopes is not None and outcome.solved else []):
                up, down = batch.parameters[i].copy(), batch.parameters[i].copy()
                up[column] += NUDGE * max(abs(up[column]), 1e-12)
                down[column] -= NUDGE * max(abs(down[column]), 1e-12)
                assert slopes is not None
                difference = self._subject(up, *run)[0] - self._subject(down, *run)[0]
                slopes[i, :, :, j] = difference / (up[column] - down[column])
        return Solution(values, tuple(outcomes), steps, slopes)

    def _subject(
        self,
        parameters: Array,
        events: tuple[Event, ...],
        grid: Array,
        relative: float,
        absolute: Array,
        start: Array | None,
    ) -> tuple[Array, Outcome, int]:
        """Outputs (time, output) of one subject, how it ended, and in how many steps."""
        failed = np.full((len(grid), len(self.system.outputs)), np.nan)
        try:
            hoisted = self.hoist(parameters)
            state = np.array(self._functions["initial"]([], [], hoisted) if start is None else start, dtype=float)
        except (ArithmeticError, ValueError):
            return failed, NOT_FINITE, 0
        if not np.all(np.isfinite(parameters)):
            return failed, NOT_FINITE, 0
        rates, now, steps = [0.0] * len(self._inputs), float(grid[0]), 0
        reported = np.empty((len(grid), len(state)))
        reported[0] = state
        stops = sorted({event.time for event in events if now <= event.time <= grid[-1]} | {float(grid[-1])})
        for stop in stops:
            if stop > now:
                ahead = (grid > now) & (grid <= stop)
                # Every stretch begins with a short step: a dose makes fast what was slow before it.
                segment = self._solver.advance(
                    self.equations(hoisted, rates), state, now, stop, grid[ahead], relative=relative,
                    absolute=absolute, first_step=FIRST_STEP, most_steps=MOST_STEPS - steps,
                )  # fmt: skip
                reported[ahead], state, steps = segment.states, segment.end, steps + segment.steps
                if not segment.outcome.solved:
                    return failed, segment.outcome, steps
            state, rates = self._happen(events, stop, state, rates)
            reported[grid == stop] = state
            now = stop
        try:
            return self.outputs(hoisted, rates, reported), SOLVED, steps
        except (ArithmeticError, ValueError):
            return failed, NOT_FINITE, steps

    def _happen(
        self, events: tuple[Event, ...], time: float, state: Array, rates: list[float]
    ) -> tuple[Array, list[float]]:
        state, rates = state.copy(), list(rates)
        for event in events:
            if event.time == time:
                index = self._inputs[event.input]
                state[self._entered[index]] += event.amount
                rates[index] += event.rate
        return state, rates

    def hoist(self, parameters: Array) -> tuple[float, ...]:
        """Everything that depends on one subject's parameters (parameter,) alone."""
        return tuple(self._functions["prologue"](parameters.tolist()))

    def equations(self, hoisted: tuple[float, ...], inputs: list[float]) -> Equations:
        """Right-hand side and Jacobian of one subject while these infusions (nmol/h, by input) run."""
        size = len(self.system.states)
        functions, places = self._functions, self._places

        def rates(state: Array) -> Array:
            try:
                return np.array(functions["rates"](state.tolist(), inputs, hoisted))
            except (ArithmeticError, ValueError):
                return np.full(size, np.nan)

        def slopes(state: Array) -> Array:
            matrix = np.zeros(size * size)
            try:
                matrix[places] = functions["entries"](state.tolist(), inputs, hoisted)
            except (ArithmeticError, ValueError):
                matrix[:] = np.nan
            return matrix.reshape(size, size)

        return Equations(rates, slopes)

    def outputs(self, hoisted: tuple[float, ...], inputs: list[float], states: Array) -> Array:
        """Outputs (time, output), each in its unit, from states (time, state)."""
        rows = [self._functions["outputs"](row, inputs, hoisted) for row in states.tolist()]
        values: Array = np.array(rows) * self._scales
        return values


def _translate(system: System, wanted: dict[str, Sequence[Expression]]) -> dict[str, Callable[..., Any]]:
    """Python functions that compute expressions: a prologue once a subject, the others at every step.

    The text that is compiled holds indices, numbers and operators only, never a name from a file.
    """
    programs = {name: straighten(roots) for name, roots in wanted.items()}
    symbols = {("state", state.name): f"y[{i}]" for i, state in enumerate(system.states)}
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
        lines.append(f"def {name}(y, u, h):")
        known = dict(slots)
        for node in program.body:
            lines.append(f"    v{node.serial} = {_operation(node, known, symbols)}")
            known[node.serial] = f"v{node.serial}"
        lines.append("    return [" + ", ".join(_term(root, known, symbols) for root in program.roots) + "]")
    space: dict[str, Any] = {"exp": math.exp, "log": math.log, "pow": math.pow}
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
