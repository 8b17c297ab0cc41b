"""What everybody is asked to compute, and when it is computed well enough.

The shipped model of imipramine in man, with nothing turned off: 75 mg of the
hydrochloride every 12 h for 28 days, subjects drawn from the population, every state
reported every hour. The error of a tool is the worst over subjects, times and
quantities (all states and all outputs) of

    |y − reference| / (|reference| + 1e-3 · largest |reference| of this quantity)

so that a quantity counts wherever it is more than a thousandth of what it becomes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.events import Event
from reuptake.dosing.regimens import Regimen, parse_amount, parse_time
from reuptake.engine.backends.numpy import NumpyKernel
from reuptake.engine.ensemble import BACKENDS, compiled
from reuptake.engine.kernel import AbstractKernel, Batch
from reuptake.equations.system import Output, System
from reuptake.evidence.base import packaged
from reuptake.population.drawing import draw
from reuptake.qualification.functions import Functions
from reuptake.simulation.run import prepare

__all__ = [
    "ACCURACY",
    "BACKENDS",
    "DOSE",
    "DURATION",
    "INTERVAL",
    "Course",
    "error",
    "fastest_backend",
    "states_reported",
]

Array = NDArray[np.float64]
DOSE, INTERVAL, DURATION = "75 mg", "12 h", "28 d"
ACCURACY = 1e-5  # the error that every tool has to meet
FLOOR = 1e-3  # share of the largest value of a quantity below which errors count for less


@dataclass(frozen=True)
class Course:
    """The problem: a compiled model, who takes it, when, and when to report.

    Attributes
    ----------
    kernel : AbstractKernel
        Of the back-end that is measured.
    parameters : array (subject, parameter), canonical units
    doses : tuple of Event
        The same for every subject.
    grid : array (time,), h
    """

    kernel: AbstractKernel
    backend: str
    parameters: Array
    doses: tuple[Event, ...]
    grid: Array
    seed: int

    @staticmethod
    def shipped(subjects: int, *, backend: str | None = None, seed: int = 1, duration: str = DURATION) -> Course:
        """The course of the shipped model, for subjects 1, 2, 3, … of the population."""
        backend = backend or fastest_backend()
        evidence = packaged()
        laboratory = prepare(evidence, "human", {"imipramine": ["po"]}, backend)
        table, until = laboratory.table, parse_time(duration, "duration")
        regimen = Regimen.repeated(
            "imipramine", "po", parse_amount(DOSE), every=parse_time(INTERVAL, "interval"), until=until
        )
        molar = table[evidence.dose_form_mass("imipramine", "human")]  # kg/nmol
        doses = regimen.events("imipramine.po", lambda amount: amount.canonical / molar)
        drawn = draw(table, evidence, "human", range(1, subjects + 1), seed)
        grid = np.arange(0.0, until + 0.5)
        return Course(laboratory.kernel, backend, table.matrix(drawn, subjects), doses, grid, seed)

    @property
    def system(self) -> System:
        """The equations."""
        return self.kernel.system

    @property
    def amount(self) -> float:
        """The largest dose, nmol."""
        return max(dose.amount for dose in self.doses)

    def first(self, subjects: int) -> Course:
        """The same for the first few subjects."""
        return replace(self, parameters=self.parameters[:subjects])

    def batch(self) -> Batch:
        """Everybody and their doses, as the engine takes them."""
        return Batch(self.parameters, (self.doses,) * len(self.parameters))

    def stretches(self) -> list[tuple[float, float, int, float]]:
        """Stretches between doses: begin and end (h), the state dosed, and the amount (nmol) at the begin."""
        names = [state.name for state in self.system.states]
        into = {entry.name: names.index(entry.state) for entry in self.system.inputs}
        ends = [*(dose.time for dose in self.doses[1:]), float(self.grid[-1])]
        return [(dose.time, end, into[dose.input], dose.amount) for dose, end in zip(self.doses, ends, strict=True)]

    def between(self, begin: float, end: float) -> slice:
        """The part of the grid from one time to another, both counted in."""
        return slice(int(np.searchsorted(self.grid, begin)), int(np.searchsorted(self.grid, end, side="right")))

    @cached_property
    def functions(self) -> Functions:
        """Right-hand side and Jacobian as machine code, for solvers that take functions."""
        return Functions(self.system)

    @cached_property
    def _plain_kernel(self) -> NumpyKernel:
        kernel = compiled(self.system, "numpy")
        assert isinstance(kernel, NumpyKernel)
        return kernel

    def quantities(self, states: Array) -> Array:
        """States (subject, time, state) with the outputs that follow from them (subject, time, state + output)."""
        kernel = self._plain_kernel
        still = [0.0] * len(self.system.inputs)
        outputs = [
            kernel.outputs(kernel.hoist(parameters), still, self.grid, own)
            for parameters, own in zip(self.parameters, states, strict=True)
        ]
        return np.concatenate([states, np.array(outputs)], axis=2)


def fastest_backend() -> str:
    """The back-end to measure: the last that is not the reference, or else the reference."""
    return ([name for name in BACKENDS if name != "numpy"] or ["numpy"])[-1]


def states_reported(system: System) -> System:
    """The same equations, reporting their states and nothing else."""
    graph = system.states[0].initial.graph
    symbols = {node.name: node for rate in system.rates() for node in rate.walk() if node.op == "state"}
    outputs = [
        Output(state.name, symbols.get(state.name, graph.symbol("state", state.name, state.initial.dimension)),
               state.unit, "amount")
        for state in system.states
    ]  # fmt: skip
    return replace(system, outputs=tuple(outputs))


def error(found: Array, reference: Array) -> float:
    """How far values (subject, time, quantity) are from the reference, at worst; infinite if any is missing."""
    largest = np.max(np.abs(reference), axis=(0, 1), keepdims=True)
    scale = np.abs(reference) + FLOOR * largest
    scale = np.where(scale > 0.0, scale, 1.0)  # what is nought throughout must be met as nought
    worst = float(np.max(np.abs(found - reference) / scale))
    return worst if np.isfinite(worst) else float("inf")
