"""How long a user waits, and how the reference back-end compares with a peer, in one run.

    python benchmarks/run.py [--repeats 5]

Whole processes are timed against an empty interpreter on the same machine; the integration against
SciPy's BDF with the same equations and exact Jacobian, at settings of equal error. Medians and ratios, since
machines are noisy; nothing here is a test.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.events import Event
from reuptake.engine.backends.numpy import NumpyKernel
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.evidence.base import load, packaged
from reuptake.simulation.run import prepare

Array = NDArray[np.float64]
DOSE = 2.37e5  # nmol; 75 mg of imipramine hydrochloride
DAYS = 28
COMMANDS = {
    "empty interpreter": ["-c", "pass"],
    "import reuptake": ["-c", "import reuptake"],
    "reuptake --help": ["-m", "reuptake", "--help"],
    "reuptake simulate imipramine --dose '50 mg' --json": [
        "-m", "reuptake", "simulate", "imipramine", "--dose", "50 mg", "--json",
    ],
}  # fmt: skip


def timed(call: Callable[[], object], repeats: int) -> float:
    """Median wall time, s."""
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def processes(repeats: int) -> None:
    """Whole processes, as a user starts them."""
    print(f"{'whole process, median of ' + str(repeats):56} {'s':>7} {'ratio to empty':>15}")
    empty = 0.0
    for name, words in COMMANDS.items():
        command = partial(subprocess.run, [sys.executable, *words], capture_output=True, check=True)
        seconds = timed(command, repeats)
        empty = empty or seconds
        print(f"{name:56} {seconds:7.3f} {seconds / empty:15.1f}")
    packaged()
    print(f"{'reading and checking the packaged evidence, warm':56} {timed(load, repeats):7.3f}")


def integration(repeats: int) -> None:
    """28 daily doses of the shipped model, hourly output, one subject."""
    laboratory = prepare(packaged(), "human", {"imipramine": ["po"]})
    kernel, table = laboratory.kernel, laboratory.table
    grid = np.arange(0.0, 24.0 * DAYS + 1.0)
    events = tuple(Event(24.0 * day, "imipramine.po", DOSE) for day in range(DAYS))
    batch = Batch(table.matrix({}, 1), (events,))

    def ours(relative: float) -> Array:
        values: Array = kernel.integrate(batch, grid, Tolerances(relative, relative * 1e-3 * DOSE)).values[0]
        return values

    reference = ours(1e-11)
    scale = np.abs(reference) + 1e-3 * np.abs(reference).max(axis=0)
    rows = []
    theirs = partial(scipy_bdf, kernel, batch, grid)
    for name, run, settings in (
        ("reuptake numpy", ours, (1e-4, 1e-5, 1e-6, 1e-7)),
        ("scipy BDF", theirs, (1e-5, 1e-6, 1e-7, 1e-8)),
    ):
        for setting in settings:
            error = float(np.max(np.abs(run(setting) - reference) / scale))
            rows.append((name, setting, error, timed(partial(run, setting), repeats)))
    print(f"\n{len(kernel.system.states)} states, {DAYS} daily doses, hourly output, one subject, one core")
    print(f"{'tool':16} {'rtol':>8} {'error':>10} {'ms':>10}")
    for name, setting, error, seconds in rows:
        print(f"{name:16} {setting:8.0e} {error:10.1e} {seconds * 1e3:10.0f}")
    fastest = {
        tool: min((seconds for name, _, error, seconds in rows if name == tool and error <= 1e-5), default=float("nan"))
        for tool in ("reuptake numpy", "scipy BDF")
    }
    print(f"at error ≤ 1e-5: scipy BDF / reuptake numpy = {fastest['scipy BDF'] / fastest['reuptake numpy']:.1f}")


def scipy_bdf(kernel: object, batch: Batch, grid: Array, relative: float) -> Array:
    """The same equations and events, integrated by SciPy."""
    from scipy.integrate import solve_ivp

    assert isinstance(kernel, NumpyKernel)
    no_infusion = [0.0] * len(kernel.system.inputs)
    hoisted = kernel.hoist(batch.parameters[0])
    equations = kernel.equations(hoisted, no_infusion)
    names = [state.name for state in kernel.system.states]
    state, reported = np.zeros(len(names)), np.empty((len(grid), len(names)))
    times = [event.time for event in batch.events[0]]
    for begin, end in zip(times, [*times[1:], float(grid[-1])], strict=True):
        state[names.index("imipramine.stomach")] += DOSE
        inside = (grid >= begin) & (grid <= end)
        solution = solve_ivp(
            equations.rates, (begin, end), state, "BDF", t_eval=grid[inside],
            jac=equations.jacobian, rtol=relative, atol=relative * 1e-3 * DOSE,
        )  # fmt: skip
        reported[inside], state = solution.y.T, solution.y[:, -1].copy()
    return kernel.outputs(hoisted, no_infusion, grid, reported)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    repeats = parser.parse_args().repeats
    processes(repeats)
    integration(max(1, repeats // 2))


if __name__ == "__main__":
    main()
