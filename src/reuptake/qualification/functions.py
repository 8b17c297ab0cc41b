"""What is handed to a solver that takes functions: right-hand side and Jacobian as machine code.

A solver of general use is only as fast as the functions it calls. To be fair to it, the
equations of a system are compiled for one subject at a time, plain and scalar, with
everything that depends on parameters alone computed once a subject.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.equations.derivative import jacobian
from reuptake.equations.expression import Expression
from reuptake.equations.program import straighten
from reuptake.equations.system import System

__all__ = ["Functions", "Machine", "compile_text"]

Array = NDArray[np.float64]
_OPERATIONS = {"add": "fadd", "subtract": "fsub", "multiply": "fmul", "divide": "fdiv"}
_INTRINSICS = {"power": "pow", "exp": "exp", "log": "log", "sin": "sin", "cos": "cos"}


@dataclass(frozen=True)
class Machine:
    """Compiled text: addresses by name stay good as long as this lives."""

    engine: Any

    def address(self, name: str) -> int:
        """Where a function begins."""
        return int(self.engine.get_function_address(name))


def compile_text(text: str) -> Machine:
    """LLVM's textual form, optimised for this processor and made ready to call.

    Raises
    ------
    ImportError
        If llvmlite is not installed.
    """
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_default_triple().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=binding.get_host_cpu_features().flatten(), opt=3
    )
    module = binding.parse_assembly(text)
    module.verify()
    builder = binding.create_pass_builder(target, binding.create_pipeline_tuning_options(speed_level=2))
    builder.getModulePassManager().run(module, builder)
    engine = binding.create_mcjit_compiler(module, target)
    engine.finalize_object()
    return Machine(engine)


class Functions:
    """Right-hand side and Jacobian of a system without infusions, for one subject after another.

    The arrays that `rates` and `entries` return are overwritten by the next call.

    Attributes
    ----------
    rows, columns : array (entry,)
        Where the entries of the Jacobian stand, column by column.
    """

    def __init__(self, system: System) -> None:
        names = [state.name for state in system.states]
        rates = system.rates()
        slopes = sorted(jacobian(rates).items(), key=lambda item: (names.index(item[0][1]), item[0][0]))
        self.size = len(names)
        self.rows = np.array([row for (row, _), _ in slopes], dtype=np.intp)
        self.columns = np.array([names.index(name) for (_, name), _ in slopes], dtype=np.intp)
        text, self._kept = _translated(system, rates, [slope for _, slope in slopes])
        self._machine = compile_text(text)
        self._parameters, self._hoisted = np.zeros(len(system.parameters)), np.zeros(max(self._kept, 1))
        self._state, self._rates, self._entries = np.zeros(self.size), np.zeros(self.size), np.zeros(len(slopes))
        self._prologue = self._bound("prologue", self._parameters, self._hoisted)
        self._run_rates = self._bound("rates", self._state, self._rates)
        self._run_entries = self._bound("entries", self._state, self._entries)

    def _bound(self, name: str, given: Array, found: Array) -> Callable[[float], None]:
        kind = ctypes.CFUNCTYPE(None, ctypes.c_double, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p)
        function = kind(self._machine.address(name))
        places = given.ctypes.data, self._hoisted.ctypes.data, found.ctypes.data
        return lambda now: function(now, *places)

    def turn_to(self, parameters: Array) -> None:
        """Compute for the subject of these parameters (parameter,) from now on."""
        self._parameters[:] = parameters
        self._prologue(0.0)

    def rates(self, now: float, state: Array) -> Array:
        """dy/dt (state,)."""
        self._state[:] = state
        self._run_rates(now)
        return self._rates

    def entries(self, now: float, state: Array) -> Array:
        """∂f/∂y where it is not nought (entry,)."""
        self._state[:] = state
        self._run_entries(now)
        return self._entries

    def pattern(self) -> Array:
        """Matrix (state, state) that is one where the Jacobian is not nought, or on the diagonal."""
        pattern = np.eye(self.size)
        pattern[self.rows, self.columns] = 1.0
        return pattern


def _translated(system: System, rates: Sequence[Expression], slopes: Sequence[Expression]) -> tuple[str, int]:
    """Three functions as text, and how many numbers of a subject they hand on."""
    programs = {"rates": straighten(rates), "entries": straighten(slopes)}
    symbols = {("state", state.name): f"%given{i}" for i, state in enumerate(system.states)}
    symbols |= {("time", "time"): "%now"} | {("input", entry.name): _number(0.0) for entry in system.inputs}
    constants = {("parameter", entry.name): f"%given{i}" for i, entry in enumerate(system.parameters)}
    hoisted = list({node.serial: node for program in programs.values() for node in program.hoisted}.values())
    wanted = [node for program in programs.values() for root in program.roots for node in root.walk()]
    kept = list({node.serial: node for node in [*hoisted, *(n for n in wanted if n.op == "parameter")]}.values())
    slots = {node.serial: f"%hoisted{i}" for i, node in enumerate(kept)}
    text = [f"declare double @llvm.{name}.f64({'double, double' if name == 'pow' else 'double'})"
            for name in _INTRINSICS.values()]  # fmt: skip
    text.append(_function("prologue", hoisted, kept, {}, constants, len(system.parameters), 0))
    for name, program in programs.items():
        text.append(_function(name, program.body, program.roots, slots, symbols, len(system.states), len(kept)))
    return "\n".join(text), len(kept)


def _function(
    name: str, body: Sequence[Expression], roots: Sequence[Expression], known: dict[int, str],
    symbols: dict[tuple[str, str], str], given: int, hoisted: int,
) -> str:  # fmt: skip
    """``void name(double now, double* given, double* hoisted, double* found)``."""
    lines = [f"define void @{name}(double %now, ptr noalias %given, ptr noalias %hoisted, ptr noalias %found) {{"]
    for array, length in (("given", given), ("hoisted", hoisted)):
        for i in range(length):
            lines.append(f"  %p{array}{i} = getelementptr double, ptr %{array}, i64 {i}")
            lines.append(f"  %{array}{i} = load double, ptr %p{array}{i}")
    known = dict(known)
    for node in body:
        lines.append(f"  %v{node.serial} = {_operation(node, known, symbols)}")
        known[node.serial] = f"%v{node.serial}"
    for i, root in enumerate(roots):
        lines.append(f"  %f{i} = getelementptr double, ptr %found, i64 {i}")
        lines.append(f"  store double {_term(root, known, symbols)}, ptr %f{i}")
    return "\n".join([*lines, "  ret void", "}"])


def _operation(node: Expression, known: dict[int, str], symbols: dict[tuple[str, str], str]) -> str:
    terms = [_term(arg, known, symbols) for arg in node.args]
    if node.op in _OPERATIONS:
        return f"{_OPERATIONS[node.op]} contract double {terms[0]}, {terms[1]}"
    return f"call double @llvm.{_INTRINSICS[node.op]}.f64({', '.join('double ' + term for term in terms)})"


def _term(node: Expression, known: dict[int, str], symbols: dict[tuple[str, str], str]) -> str:
    while node.op == "named":
        node = node.args[0]
    if node.op == "number":
        return _number(node.value)
    return known.get(node.serial) or symbols[node.op, node.name]


def _number(value: float) -> str:
    """A constant to the last bit."""
    return f"0x{np.float64(value).view(np.uint64):016X}"
