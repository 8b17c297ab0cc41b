"""The compiled back-end: equations and driver in one piece of machine code, several subjects side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.events import Event
from reuptake.engine.backends.llvm.expressions import Layout, function, prologue
from reuptake.engine.backends.llvm.linear import factorisation, solution
from reuptake.engine.backends.llvm.lowering import Target, fields, lower
from reuptake.engine.backends.llvm.machine import compiled, this_target
from reuptake.engine.kernel import AbstractKernel, Batch, Halt, Solution, Tolerances
from reuptake.engine.method import Tableau
from reuptake.equations.derivative import jacobian
from reuptake.equations.elimination import eliminate
from reuptake.equations.expression import Expression
from reuptake.equations.gathering import gathered
from reuptake.equations.program import straighten
from reuptake.equations.system import System
from reuptake.trajectories import CANCELLED, NOT_FINITE, SOLVED, STEP_LIMIT, STEP_TOO_SMALL
from reuptake.units import unit

__all__ = ["LlvmKernel"]

Array = NDArray[np.float64]
OUTCOMES = (SOLVED, STEP_LIMIT, STEP_TOO_SMALL, NOT_FINITE, CANCELLED)
HERE = Path(__file__).parent
CHANGE, RESET, BOLUS, RATE = range(4)


class LlvmKernel(AbstractKernel):
    """A system as vector code for this processor."""

    pack = 128

    def __init__(self, system: System, tableau: Tableau, lanes: int | None = None) -> None:
        self.system = system
        self.target = this_target(lanes)
        self.lanes = self.target.lanes
        text = _Text(system, tableau, self.target)
        self._sizes, self.flops_per_step, self._places = text.sizes, text.flops, text.places
        self._code = compiled(text.text, "run")
        self._scales = np.array([1.0 / unit(output.unit).factor for output in system.outputs])
        self._inputs = {entry.name: i for i, entry in enumerate(system.inputs)}
        self._parameters = {parameter.name: i for i, parameter in enumerate(system.parameters)}
        names = {state.name: i for i, state in enumerate(system.states)}
        self._entered = np.array([names[entry.state] for entry in system.inputs] or [0], dtype=np.int64)

    def integrate(
        self, batch: Batch, grid: Array, tolerances: Tolerances, sensitivities: Sequence[str] = (),
        halt: Halt | None = None,
    ) -> Solution:  # fmt: skip
        size, n_states = len(batch.parameters), len(self.system.states)
        values = np.empty((size, len(grid), len(self.system.outputs)))
        outcomes, steps = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        ends = np.empty((size, n_states))
        asked: dict[str, Any] = {
            "subjects": size, "points": len(grid), "grid": _floats(grid), "parameters": _floats(batch.parameters),
            "started": int(batch.states is not None),
            "starts": _floats(np.zeros(1) if batch.states is None else batch.states),
            "relative": tolerances.relative,
            "absolute": _floats(np.broadcast_to(tolerances.absolute, (size, n_states))),
            "cancelled": (halt or Halt()).flag, "entered": self._entered, "rows": self._places[0],
            "columns": self._places[1], "values": values, "outcomes": outcomes, "steps": steps, "ends": ends,
            **self._events(batch.events),
        }  # fmt: skip
        self._run(asked)
        values *= self._scales
        return Solution(values, tuple(OUTCOMES[code] for code in outcomes.tolist()), steps, ends)

    def _run(self, asked: dict[str, Any]) -> None:
        """Lay out the table that the driver reads, and call it."""
        kinds, keep = _driver_fields(), []
        table = np.zeros(len(kinds), dtype=np.int64)
        for i, (name, kind) in enumerate(kinds.items()):
            given: Any = asked.get(name)
            if kind == "int":
                table[i] = given
            elif kind == "float":
                table.view(np.float64)[i] = given
            else:
                array = given if given is not None else self._room(name, kind)
                keep.append(array)
                table[i] = array.ctypes.data
        self._code.call(table.ctypes.data)

    def _room(self, name: str, kind: str) -> NDArray[Any]:
        count = self._sizes.get(name, 1) * (1 if name in ("own", "pivoted", "swaps") else self.target.lanes)
        return _aligned(count, np.int64 if kind == "ints" else np.float64)

    def _events(self, schedules: Sequence[Sequence[Event]]) -> dict[str, NDArray[Any]]:
        """Events as rows: time, kind, index, value; and where the rows of each subject begin."""
        rows: list[tuple[float, int, int, float]] = []
        first = [0]
        for events in schedules:
            for event in events:
                rows += [(event.time, CHANGE, self._parameters[name], value) for name, value in event.changes]
                if event.reset:
                    rows.append((event.time, RESET, 0, 0.0))
                if event.amount:
                    rows.append((event.time, BOLUS, self._inputs[event.input], event.amount))
                if event.rate:
                    rows.append((event.time, RATE, self._inputs[event.input], event.rate))
                if not (event.changes or event.reset or event.amount or event.rate):
                    rows.append((event.time, BOLUS, self._inputs[event.input] if event.input else 0, 0.0))
            first.append(len(rows))
        times, kinds, indices, values = zip(*rows, strict=True) if rows else ((0.0,), (0,), (0,), (0.0,))
        return {
            "first_event": np.array(first, dtype=np.int64), "event_time": _floats(np.array(times)),
            "event_kind": np.array(kinds, dtype=np.int64), "event_index": np.array(indices, dtype=np.int64),
            "event_value": _floats(np.array(values)),
        }  # fmt: skip


class _Text:
    """The whole text of a system, with the sizes of what it works on."""

    def __init__(self, system: System, tableau: Tableau, target: Target) -> None:
        rates = gathered(system.rates())
        names = {state.name: i for i, state in enumerate(system.states)}
        slopes = {(row, names[name]): entry for (row, name), entry in jacobian(rates).items()}
        drifts = {row: entry for (row, _), entry in jacobian(rates, "time").items()}
        outputs = gathered([output.expression for output in system.outputs])
        zero = rates[0].graph.number(0.0)
        drift = [drifts.get(row, zero) for row in range(len(rates))]
        initial = [state.initial for state in system.states]
        roots = [*rates, *slopes.values(), *drift, *outputs]
        kept = _kept(roots)
        start = len(kept)
        layout = Layout(
            names, {entry.name: i for i, entry in enumerate(system.inputs)},
            {parameter.name: i for i, parameter in enumerate(system.parameters)},
            {node.serial: slot for slot, node in enumerate(kept)},
        )  # fmt: skip
        one = Target(1, target.fused)
        plan = eliminate(len(names), slopes)
        per_step = {
            "rates": function("rates", target, layout, rates), "drift": function("drift", target, layout, drift),
            "entries": function("entries", target, layout, list(slopes.values())),
            "factor": factorisation(target, plan, list(slopes)), "solve": solution(target, plan),
            "outputs": function("outputs", target, layout, outputs),
        }  # fmt: skip
        hoisted = {slot: node for slot, node in enumerate([*kept, *initial])}
        stages, states = len(tableau.a), len(names)
        sizes = {
            "STATES": states, "STAGES": stages, "INPUTS": len(system.inputs), "OUTPUTS": len(outputs),
            "PARAMETERS": len(system.parameters), "ENTRIES": len(slopes), "START": start,
            "DRIFTING": bool(drifts),
        }  # fmt: skip
        body = lower(
            [_source("control"), _source("dense"), _source("driver")],
            target,
            {**_constants(tableau), **sizes},
            entry="run",
        )
        elementary = _source("elementary")
        widths = {1, target.lanes}
        parts = [lower([elementary], Target(w, target.fused), {}, suffix=f".w{w}") for w in sorted(widths)]
        parts += [text for text, _ in per_step.values()]
        parts += [prologue("prologue", target.lanes, one, layout, hoisted), body, _declarations(widths, target.lanes)]
        self.text = "\n".join(parts)
        self.places = np.array(list(slopes) or [(0, 0)], dtype=np.int64).T.copy()
        self.flops = _flops(tableau, states, {name: flops for name, (_, flops) in per_step.items()})
        n_inputs, lanes = len(system.inputs), target.lanes
        self.sizes = {
            "own": lanes * len(system.parameters) + 1, "remembered": 2 * n_inputs + 1, "learned": 2 * n_inputs + 1,
            "states": states, "new": states, "tolerated": states, "inputs": n_inputs + 1, "hoisted": start + states,
            "stages": stages * states, "inner": states, "outer": states, "right": states, "slope": states,
            "jacobian": len(slopes) + 1, "factors": plan.entries, "sampled": states, "reported": len(outputs) + 1,
            "weights": stages, "pivoted": lanes * states**2, "swaps": lanes * states,
        }  # fmt: skip


def _kept(roots: Sequence[Expression]) -> list[Expression]:
    """What must be known before the time loop: hoisted nodes that others, or the roots themselves, read."""
    program = straighten(roots)
    fixed = {node.serial for node in program.hoisted}
    kept: dict[int, Expression] = {}
    for node in [*(arg for user in program.body for arg in user.args), *roots]:
        while node.op == "named":
            node = node.args[0]
        if node.serial in fixed or node.op == "parameter":
            kept[node.serial] = node
    return list(kept.values())


def _constants(tableau: Tableau) -> dict[str, Any]:
    """The tableau by the names that the driver uses."""
    a = tableau.a
    chained = [
        i > 1
        and bool(np.array_equal(a[i, : i - 1], a[i - 1, : i - 1]))
        and a[i, i - 1] == 1.0
        and bool(np.any(a[i - 1]))
        for i in range(len(a))
    ]
    return {
        "A": a.tolist(), "B": tableau.b.tolist(), "E": tableau.e.tolist(), "DENSE": tableau.dense.tolist(),
        "C": tableau.c.tolist() if tableau.c is not None else [], "NODES": tableau.nodes.tolist(),
        "DRIFTS": tableau.drifts.tolist(), "CHAINED": chained, "GAMMA": tableau.gamma or 0.0, "ORDER": tableau.order,
        "IMPLICIT": tableau.implicit,
    }  # fmt: skip


def _flops(tableau: Tableau, states: int, parts: dict[str, int]) -> int:
    """Floating-point operations of one step of one subject, a fused one counted as two."""
    combined = 2 * (np.count_nonzero(tableau.a) + np.count_nonzero(tableau.b) + np.count_nonzero(tableau.e))
    combined += 2 * np.count_nonzero(tableau.c) if tableau.c is not None else 0
    stages = len(tableau.a)
    once = parts["entries"] + parts["factor"] if tableau.implicit else 0
    return int(once + stages * (parts["rates"] + (parts["solve"] if tableau.implicit else 1)) + states * (combined + 8))


@cache
def _source(name: str) -> str:
    folder = HERE.parent.parent if name == "control" else HERE
    return (folder / f"{name}.py").read_text(encoding="utf-8")


@cache
def _driver_fields() -> dict[str, str]:
    return fields(_source("driver"))


def _declarations(widths: set[int], lanes: int) -> str:
    vectors = [(f"v{w}f64", f"<{w} x double>") for w in sorted(widths)] + [("f64", "double")]
    lines = [
        f"declare {t} @llvm.{word}.{s}({t})" for s, t in vectors for word in ("fabs", "sqrt", "floor", "roundeven")
    ]
    lines += [f"declare {t} @llvm.fma.{s}({t}, {t}, {t})" for s, t in vectors]
    lines.append(f"declare i1 @llvm.vector.reduce.or.v{lanes}i1(<{lanes} x i1>)")
    return "\n".join([*lines, "attributes #0 = { nounwind }", "!0 = !{}", ""])


def _floats(array: Array) -> Array:
    return np.ascontiguousarray(array, dtype=np.float64)


def _aligned(count: int, kind: type) -> NDArray[Any]:
    """Zeros on a border of cache lines, which vectors do not straddle."""
    raw: NDArray[Any] = np.zeros(count + 8, dtype=kind)
    shift = (-raw.ctypes.data % 64) // 8
    aligned: NDArray[Any] = raw[shift : shift + count]
    return aligned
