"""The compiled back-end: one piece of machine code a system, several subjects side by side."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.events import Event
from reuptake.engine.backends.llvm.machine import Code, compiled, this_target
from reuptake.engine.backends.llvm.program import Program, table, translate
from reuptake.engine.kernel import AbstractKernel, Batch, Halt, Solution, Tolerances, directions
from reuptake.engine.method import Tableau
from reuptake.equations.system import System
from reuptake.errors import RunError
from reuptake.trajectories import CANCELLED, ENDLESS_EVENTS, NOT_FINITE, SOLVED, STEP_LIMIT, STEP_TOO_SMALL

__all__ = ["LlvmKernel"]

Array = NDArray[np.float64]
OUTCOMES = (SOLVED, STEP_LIMIT, STEP_TOO_SMALL, NOT_FINITE, CANCELLED, ENDLESS_EVENTS)
CHANGE, RESET, BOLUS, RATE = range(4)
BY_LANE = ("own", "pivoted", "swaps")  # of which a lane's part lies together


class LlvmKernel(AbstractKernel):
    """A system as vector code for this processor.

    Compiled at once, and once more for each list of parameters whose sensitivities are asked for.
    """

    pack = 128

    def __init__(self, system: System, tableau: Tableau, lanes: int | None = None) -> None:
        self.system, self._tableau, self.target = system, tableau, this_target(lanes)
        self.lanes = self.target.lanes
        self._loaded: dict[tuple[str, ...], tuple[Program, Code]] = {}
        # A translation adds derivatives to the graph of the system, which one thread at a time may do.
        self._translating = Lock()
        self._inputs = {entry.name: i for i, entry in enumerate(system.inputs)}
        self._parameters = {parameter.name: i for i, parameter in enumerate(system.parameters)}
        states = {state.name: i for i, state in enumerate(system.states)}
        self._entered = np.array([states[entry.state] for entry in system.inputs] or [0], dtype=np.int64)
        self._load(())

    @property
    def flops_per_step(self) -> int:
        """Floating-point operations of one step of one subject."""
        return self._loaded[()][0].flops

    @property
    def code(self) -> Code:
        """What was compiled or loaded, without sensitivities."""
        return self._loaded[()][1]

    def integrate(
        self, batch: Batch, grid: Array, tolerances: Tolerances, sensitivities: Sequence[str] = (),
        halt: Halt | None = None,
    ) -> Solution:  # fmt: skip
        directions(self.system, sensitivities)
        if sensitivities and self.system.triggers:
            raise RunError("sensitivities are not carried through triggers; use the numpy back-end's differences")
        size, n_states, n_outputs = len(batch.parameters), len(self.system.states), len(self.system.outputs)
        values = np.empty((size, len(grid), n_outputs))
        slopes = np.empty((*values.shape, len(sensitivities))) if sensitivities else None
        outcomes, steps = np.zeros(size, dtype=np.int64), np.zeros(size, dtype=np.int64)
        ends = np.empty((size, n_states))
        asked: dict[str, Any] = {
            "subjects": size, "points": len(grid), "grid": _floats(grid), "parameters": _floats(batch.parameters),
            "started": int(batch.states is not None),
            "starts": _floats(np.zeros(1) if batch.states is None else batch.states),
            "relative": tolerances.relative,
            "absolute": _floats(np.broadcast_to(tolerances.absolute, (size, n_states))),
            "cancelled": (halt or Halt()).flag, "entered": self._entered, "values": values, "outcomes": outcomes,
            "steps": steps, "ends": ends, "slopes": np.empty(1) if slopes is None else slopes,
            **self._events(batch.events),
        }  # fmt: skip
        self._run(asked, *self._load(tuple(sensitivities)))
        return Solution(values, tuple(OUTCOMES[code] for code in outcomes.tolist()), steps, ends, slopes)

    def _load(self, directions: tuple[str, ...]) -> tuple[Program, Code]:
        with self._translating:
            if directions not in self._loaded:
                program = translate(self.system, self._tableau, self.target, directions)
                self._loaded[directions] = program, compiled(program.text, "run")
            return self._loaded[directions]

    def _run(self, asked: dict[str, Any], program: Program, code: Code) -> None:
        """Lay out the table that the driver reads, and call it."""
        kinds = table()
        arrays: dict[str, Any] = {name: asked[name] if name in asked else program.places.get(name) for name in kinds}
        slots = np.zeros(len(kinds), dtype=np.int64)
        for i, (name, kind) in enumerate(kinds.items()):
            given: Any = arrays[name]
            if kind == "int":
                slots[i] = given
            elif kind == "float":
                slots.view(np.float64)[i] = given
            else:
                arrays[name] = self._room(program, name, kind) if given is None else given
                slots[i] = arrays[name].ctypes.data
        code.call(slots.ctypes.data)

    def _room(self, program: Program, name: str, kind: str) -> NDArray[Any]:
        count = program.sizes.get(name, 1) * (1 if name in BY_LANE else self.lanes)
        return _aligned(count, np.int64 if kind == "ints" else np.float64)

    def _events(self, schedules: Sequence[Sequence[Event]]) -> dict[str, NDArray[Any]]:
        """Events as rows: time, kind, index, value; and where the rows of each subject begin."""
        rows: list[tuple[float, int, int, float]] = []
        first = [0]
        for events in schedules:
            for event in events:
                rows += self._rows(event)
            first.append(len(rows))
        times, kinds, indices, values = zip(*rows, strict=True) if rows else ((0.0,), (0,), (0,), (0.0,))
        return {
            "first_event": np.array(first, dtype=np.int64), "event_time": _floats(np.array(times)),
            "event_kind": np.array(kinds, dtype=np.int64), "event_index": np.array(indices, dtype=np.int64),
            "event_value": _floats(np.array(values)),
        }  # fmt: skip

    def _rows(self, event: Event) -> list[tuple[float, int, int, float]]:
        rows = [(event.time, CHANGE, self._parameters[name], value) for name, value in event.changes]
        if event.reset:
            rows.append((event.time, RESET, 0, 0.0))
        if event.input:
            index = self._inputs[event.input]
            rows.append((event.time, BOLUS, index, event.amount))
            if event.rate:
                rows.append((event.time, RATE, index, event.rate))
        return rows


def _floats(array: Array) -> Array:
    return np.ascontiguousarray(array, dtype=np.float64)


def _aligned(count: int, kind: type) -> NDArray[Any]:
    """Zeros on a border of cache lines, which vectors do not straddle."""
    raw: NDArray[Any] = np.zeros(count + 8, dtype=kind)
    shift = (-raw.ctypes.data % 64) // 8
    return raw[shift : shift + count]
