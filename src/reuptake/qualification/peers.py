"""How another simulator is asked for the same course.

Each peer gets the model in the form that suits it best, its constants ready, and its
output where ours is. What it costs to read or compile the model is not counted. All
restart at every dose, as a jump of the states asks for, unless the peer has events of
its own; both ways are tried where there are two.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.engine.backends.numpy import NumpyKernel
from reuptake.engine.ensemble import compiled
from reuptake.qualification.course import Course
from reuptake.qualification.functions import Functions
from reuptake.qualification.sbml import Sheet, Style, sheet

__all__ = ["PEERS", "AbstractPeer", "LibRoadRunner", "ScikitSundae", "Scipy", "Solve", "Variant", "installed"]

Array = NDArray[np.float64]
MOST_STEPS = 100_000


@dataclass(frozen=True)
class Variant:
    """One way of using a tool, apart from tolerances."""

    name: str
    options: tuple[Any, ...] = ()


Solve = Callable[[int, float, float], Array]
"""States (time, state) of one subject at a relative tolerance and an absolute one (nmol)."""


class AbstractPeer(ABC):
    """A simulator to compare with.

    Attributes
    ----------
    distribution : str
        The package it comes in.
    same_steps : bool
        Whether all its ways take the same steps and differ in time alone.
    """

    tool: str
    distribution: str
    same_steps: bool = False

    @abstractmethod
    def variants(self) -> tuple[Variant, ...]:
        """Ways worth trying, all of which solve the whole course."""

    @abstractmethod
    def ready(self, course: Course, variant: Variant) -> Solve:
        """Everything done that is done once: reading, compiling, constants of each subject."""


def installed(peer: AbstractPeer) -> str | None:
    """Version of a peer, or nothing if it is not here."""
    try:
        return version(peer.distribution)
    except PackageNotFoundError:
        return None


class LibRoadRunner(AbstractPeer):
    """SBML compiled by LLVM, integrated by CVODE."""

    tool = "libroadrunner"
    distribution = "libroadrunner"
    same_steps = True

    def variants(self) -> tuple[Variant, ...]:
        styles: tuple[Style, ...] = ("rate rules", "reactions")
        return tuple(
            Variant(f"{style}, {doses}, {compiler}", (style, doses, compiler))
            for style in styles
            for doses in ("events", "stretches")
            for compiler in ("MCJIT", "LLJIT")
        )

    def ready(self, course: Course, variant: Variant) -> Solve:
        from roadrunner import Config, RoadRunner

        style, doses, compiler = variant.options
        entry = {entry.name: entry.state for entry in course.system.inputs}[course.doses[0].input]
        interval = course.doses[1].time - course.doses[0].time if len(course.doses) > 1 else float(course.grid[-1])
        event = (entry, course.amount, interval, course.doses[-1].time) if doses == "events" else None
        told = sheet(course.system, style, shared=True, event=event)
        before = Config.getValue(Config.LLVM_BACKEND)
        Config.setValue(Config.LLVM_BACKEND, getattr(Config, compiler))
        try:
            simulator = RoadRunner(told.text)
        finally:
            Config.setValue(Config.LLVM_BACKEND, before)
        simulator.timeCourseSelections = list(told.states)
        known = list(simulator.model.getGlobalParameterIds())
        places = [known.index(name) for name in told.constants]
        constants = [told.values(course.system, parameters) for parameters in course.parameters]

        def solve(subject: int, relative: float, absolute: float) -> Array:
            integrator = simulator.getIntegrator()
            integrator.setValue("relative_tolerance", relative)
            integrator.setValue("absolute_tolerance", absolute)
            integrator.setValue("maximum_num_steps", MOST_STEPS)
            simulator.resetAll()
            simulator.model.setGlobalParameterValues(places, constants[subject])
            if event is not None:
                grid = course.grid
                return np.array(simulator.simulate(float(grid[0]), float(grid[-1]), len(grid)))
            return self._stretches(simulator, course, told)

        return solve

    def _stretches(self, simulator: Any, course: Course, told: Sheet) -> Array:
        values = np.empty((len(course.grid), len(told.states)))
        for begin, end, place, amount in course.stretches():
            name = told.states[place]
            simulator.setValue(name, simulator.getValue(name) + amount)
            inside = course.between(begin, end)
            values[inside] = simulator.simulate(begin, end, inside.stop - inside.start)
        return values


class Scipy(AbstractPeer):
    """The integrators of SciPy, with the exact Jacobian.

    SciPy makes no machine code. It is measured as it comes, with functions in Python, and once more
    under a name of its own with functions that our engine has compiled for it.
    """

    distribution = "scipy"

    def __init__(self, *, lent: bool) -> None:
        self.tool = "scipy with our functions" if lent else "scipy"
        self._lent = lent

    def variants(self) -> tuple[Variant, ...]:
        if not self._lent:
            return (
                Variant("odeint, Python f", ("odeint", "Python", "dense")),
                Variant("LSODA, Python f", ("LSODA", "Python", "dense")),
            )
        return (
            Variant("odeint, compiled f", ("odeint", "compiled", "dense")),
            Variant("LSODA, compiled f", ("LSODA", "compiled", "dense")),
            Variant("BDF, compiled f, sparse", ("BDF", "compiled", "sparse")),
            Variant("Radau, compiled f, sparse", ("Radau", "compiled", "sparse")),
        )

    def ready(self, course: Course, variant: Variant) -> Solve:
        method, functions, matrix = variant.options
        begin = _compiled(course, matrix) if functions == "compiled" else _interpreted(course)

        def solve(subject: int, relative: float, absolute: float) -> Array:
            rates, slopes = begin(subject)
            options = {"rtol": relative, "atol": absolute}
            if method == "odeint":
                return _odeint(course, rates, slopes, options)
            return _solve_ivp(course, method, rates, slopes, options)

        return solve


class ScikitSundae(AbstractPeer):
    """CVODE of SUNDIALS, with compiled functions and the exact Jacobian."""

    tool = "scikit-sundae"
    distribution = "scikit-sundae"
    same_steps = True

    def variants(self) -> tuple[Variant, ...]:
        return tuple(Variant(f"CVODE, {kind}", (kind,)) for kind in ("sparse", "dense"))

    def ready(self, course: Course, variant: Variant) -> Solve:
        from scipy.sparse import csc_matrix
        from sksundae.cvode import CVODE

        functions = course.functions
        pattern = csc_matrix(functions.pattern())
        places = _places(functions, pattern)

        def rates(now: float, state: Array, found: Array) -> None:
            found[:] = functions.rates(now, state)

        def dense(now: float, state: Array, _: Array, found: Array) -> None:
            found[functions.rows, functions.columns] = functions.entries(now, state)

        def sparse(now: float, state: Array, _: Array, found: Array) -> None:
            found[:] = 0.0
            found[places] = functions.entries(now, state)

        options: dict[str, Any] = {"linsolver": "dense", "jacfn": dense}
        if variant.options == ("sparse",):
            options = {"linsolver": "sparse", "jacfn": sparse, "sparsity": pattern}

        def solve(subject: int, relative: float, absolute: float) -> Array:
            functions.turn_to(course.parameters[subject])
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # it says that it will use the Jacobian it is given
                solver = CVODE(rates, rtol=relative, atol=absolute, max_num_steps=MOST_STEPS, **options)
            return _restarted(course, lambda state, times: solver.solve(times, state).y)

        return solve


PEERS: tuple[AbstractPeer, ...] = (LibRoadRunner(), Scipy(lent=False), Scipy(lent=True), ScikitSundae())


def _restarted(course: Course, advance: Callable[[Array, Array], Array]) -> Array:
    """States (time, state) stretch by stretch: `advance` gives them (time, state) at times from the first on."""
    values, state = np.empty((len(course.grid), len(course.system.states))), np.zeros(len(course.system.states))
    for begin, end, place, amount in course.stretches():
        state[place] += amount
        inside = course.between(begin, end)
        found = advance(state, course.grid[inside])
        if len(found) != inside.stop - inside.start:
            return np.full_like(values, np.nan)
        values[inside], state = found, found[-1].copy()
    return values


def _solve_ivp(course: Course, method: str, rates: Any, slopes: Any, options: dict[str, float]) -> Array:
    from scipy.integrate import solve_ivp

    def advance(state: Array, times: Array) -> Array:
        ends = (float(times[0]), float(times[-1]))
        found: Array = solve_ivp(rates, ends, state, method, t_eval=times, jac=slopes, **options).y.T
        return found

    return _restarted(course, advance)


def _odeint(course: Course, rates: Any, slopes: Any, options: dict[str, float]) -> Array:
    from scipy.integrate import odeint

    def advance(state: Array, times: Array) -> Array:
        found: Array = odeint(
            rates, state, times, Dfun=slopes, tfirst=True, tcrit=times[-1:], mxstep=MOST_STEPS, **options
        )
        return found

    return _restarted(course, advance)


def _compiled(course: Course, matrix: str) -> Callable[[int], tuple[Any, Any]]:
    """Right-hand side and Jacobian of a subject as machine code."""
    from scipy.sparse import csc_matrix

    functions = course.functions
    size, starts = functions.size, np.searchsorted(functions.columns, np.arange(functions.size + 1))

    def rates(now: float, state: Array) -> Array:
        return functions.rates(now, state).copy()  # the methods keep what they are given

    def dense(now: float, state: Array) -> Array:
        found = np.zeros((size, size))
        found[functions.rows, functions.columns] = functions.entries(now, state)
        return found

    def sparse(now: float, state: Array) -> Any:
        return csc_matrix((functions.entries(now, state).copy(), functions.rows, starts), shape=(size, size))

    def begin(subject: int) -> tuple[Any, Any]:
        functions.turn_to(course.parameters[subject])
        return rates, sparse if matrix == "sparse" else dense

    return begin


def _interpreted(course: Course) -> Callable[[int], tuple[Any, Any]]:
    """Right-hand side and Jacobian of a subject as Python functions, those of the reference back-end."""
    kernel = compiled(course.system, "numpy")
    assert isinstance(kernel, NumpyKernel)

    def begin(subject: int) -> tuple[Any, Any]:
        equations = kernel.equations(kernel.hoist(course.parameters[subject]), [0.0] * len(course.system.inputs))
        return equations.rates, equations.jacobian

    return begin


def _places(functions: Functions, pattern: Any) -> NDArray[np.intp]:
    """Where each entry of the Jacobian stands among the numbers of a compressed matrix."""
    places = np.zeros(pattern.shape, dtype=np.intp)
    columns = np.repeat(np.arange(pattern.shape[1]), np.diff(pattern.indptr))
    places[pattern.indices, columns] = np.arange(pattern.nnz)
    found: NDArray[np.intp] = places[functions.rows, functions.columns]
    return found
