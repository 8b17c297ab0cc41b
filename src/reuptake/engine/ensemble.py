"""Many subjects at once: back-end by name, threads, progress, outcomes in order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from reuptake.engine.kernel import AbstractKernel, Batch, Halt, Solution, Tolerances
from reuptake.engine.solvers.rodas5p import RODAS5P
from reuptake.engine.steady import settled
from reuptake.equations.system import System
from reuptake.errors import RunError

__all__ = ["BACKENDS", "Progress", "compiled", "integrate"]

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]
BACKENDS = ("llvm", "numpy")


def compiled(system: System, backend: str) -> AbstractKernel:
    """A system compiled by the back-end of this name (one of `BACKENDS`)."""
    if backend == "numpy":  # either comes with libraries that the other does not need
        from reuptake.engine.backends.numpy import NumpyKernel
        from reuptake.engine.solvers.one_step import OneStep

        return NumpyKernel(system, OneStep(RODAS5P))
    from reuptake.engine.backends.llvm.kernel import LlvmKernel

    return LlvmKernel(system, RODAS5P)


def integrate(
    kernel: AbstractKernel, batch: Batch, grid: Array, tolerances: Tolerances, *, threads: int = 1,
    progress: Progress | None = None, sensitivities: Sequence[str] = (),
) -> Solution:  # fmt: skip
    """Curves of every subject, the same for any number of threads.

    Parameters
    ----------
    kernel : AbstractKernel
    batch : Batch (subject,)
    grid : array (time,), h
    tolerances : Tolerances
    threads : int
        Subjects integrated side by side. The ``numpy`` back-end is plain Python and gains nothing from it.
    progress : callable, optional
        Told how many subjects are done, and of how many.

    Raises
    ------
    RunError
        If events do not come in order of finite times, or if sensitivities are asked for while one of them begins
        with a steady state.
    """
    _check(batch)
    if any(event.steady is not None for events in batch.events for event in events):
        if sensitivities:
            raise RunError("no sensitivities through steady states; give the doses that lead there one by one")
        return settled(partial(integrate, kernel, threads=threads), kernel.system, batch, grid, tolerances, progress)
    size = len(batch.parameters)
    absolute = np.broadcast_to(tolerances.absolute, (size, len(kernel.system.states)))
    parts, halt = _parts(size, kernel, threads), Halt()

    def one(part: slice) -> Solution:
        own = Tolerances(tolerances.relative, absolute[part])
        return kernel.integrate(batch.part(part), grid, own, sensitivities, halt)

    solutions = []
    with ThreadPoolExecutor(max_workers=max(1, threads)) as pool:
        try:
            for part, solution in zip(parts, pool.map(one, parts), strict=True):
                solutions.append(solution)
                if progress is not None:
                    progress(min(part.stop, size), size)
        except BaseException:
            # An interruption ends the work with the steps in hand, not with all that is queued.
            halt.now()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    slopes = [solution.sensitivities for solution in solutions if solution.sensitivities is not None]
    return Solution(
        np.concatenate([solution.values for solution in solutions]),
        tuple(outcome for solution in solutions for outcome in solution.outcomes),
        np.concatenate([solution.steps for solution in solutions]),
        np.concatenate([solution.states for solution in solutions]),
        np.concatenate(slopes) if slopes else None,
    )


def _parts(size: int, kernel: AbstractKernel, threads: int) -> list[slice]:
    """Subjects in parts: large enough to fill the lanes, small enough that all threads end at about the same time."""
    share = -(-size // (4 * max(1, threads)))
    full = -(-share // kernel.lanes) * kernel.lanes
    step = max(kernel.lanes, min(full, kernel.pack))
    return [slice(i, i + step) for i in range(0, size, step)]


def _check(batch: Batch) -> None:
    """Refuse events that do not come in order of time."""
    checked: set[int] = set()  # many subjects share one schedule
    for subject, events in enumerate(batch.events):
        if id(events) not in checked:
            checked.add(id(events))
            times = [-math.inf, *(event.time for event in events)]
            if not all(math.isfinite(now) and now >= before for before, now in pairwise(times)):
                raise RunError(f"events of subject {subject} (counted from 0) do not come in order of finite times")
