"""How the time grows with subjects, threads and states, and how near it is to what the processor can do."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from reuptake.dosing.events import Event
from reuptake.engine.ensemble import compiled, integrate
from reuptake.engine.kernel import Tolerances
from reuptake.equations.system import System, SystemBuilder
from reuptake.qualification.course import Course
from reuptake.qualification.machine import fma_peak

__all__ = ["Rate", "SizePoint", "StatePoint", "ThreadPoint", "chain", "floating_rate", "in_size", "in_states",
           "in_threads", "star"]  # fmt: skip

# Synthetic systems, in 1/h: a slow way out, and exchange that is a hundred times as fast from one end to the other.
SLOW, SLOWEST, FASTEST = 0.1, 1.0, 100.0
DOSES, EVERY, AMOUNT = 56, 12.0, 1e5  # as many as the course has, h, nmol
RELATIVE, ABSOLUTE = 1e-6, 1e-3  # absolute in nmol


@dataclass(frozen=True)
class SizePoint:
    """So many subjects at once."""

    subjects: int
    ms_per_subject: float


@dataclass(frozen=True)
class ThreadPoint:
    """So many threads: median time, and the median over rounds of how much faster than one thread."""

    threads: int
    subjects: int
    ms_per_subject: float
    speedup: float


@dataclass(frozen=True)
class StatePoint:
    """A synthetic system of so many states."""

    shape: str
    states: int
    ms_per_subject: float
    seconds_to_compile: float


@dataclass(frozen=True)
class Rate:
    """Floating-point operations a second, in 1e9: done, and at most seen, both on one core."""

    gflops: float | None
    fma_peak_gflops: float | None
    share: float | None
    flops_per_step: float | None
    steps_per_subject: float


def in_size(course: Course, relative: float, absolute: float, sizes: Sequence[int], limit: float) -> list[SizePoint]:
    """Time a subject for batches of these sizes on one thread, as long as a batch takes less than `limit` (s)."""
    points: list[SizePoint] = []
    for size in sizes:
        if points and points[-1].ms_per_subject * size > 1e3 * limit:
            break
        repeats = max(1, min(5, 64 // size))
        seconds = statistics.median(_seconds(course.first(size), relative, absolute) for _ in range(repeats))
        points.append(SizePoint(size, 1e3 * seconds / size))
    return points


def in_threads(
    course: Course, relative: float, absolute: float, threads: Sequence[int], rounds: int
) -> list[ThreadPoint]:
    """The same subjects on one thread and on several, taking turns."""
    size = len(course.parameters)
    seconds: dict[int, list[float]] = {count: [] for count in threads}
    for _ in range(rounds):
        for count in threads:
            seconds[count].append(_seconds(course, relative, absolute, count))
    return [
        ThreadPoint(
            count, size, 1e3 * statistics.median(own) / size,
            statistics.median(one / several for one, several in zip(seconds[threads[0]], own, strict=True)),
        )
        for count, own in seconds.items()
    ]  # fmt: skip


def in_states(backend: str, sizes: Sequence[int], subjects: int, limit: float) -> list[StatePoint]:
    """Chains and stars of pools, dosed as the course is: as long as compiling and solving takes less than `limit`."""
    points = []
    for build in (chain, star):
        for size in sizes:
            begun = time.perf_counter()
            kernel = compiled(build(size), backend)
            compiling = time.perf_counter() - begun
            doses = tuple(Event(EVERY * i, "dose", AMOUNT) for i in range(DOSES))
            course = Course(kernel, backend, np.ones((subjects, 1)), doses, np.arange(0.0, EVERY * DOSES + 0.5), 0)
            _seconds(course.first(1), RELATIVE, ABSOLUTE)  # the first call may compile
            seconds = _seconds(course, RELATIVE, ABSOLUTE)
            points.append(StatePoint(build.__name__, size, 1e3 * seconds / subjects, compiling))
            if time.perf_counter() - begun > limit:
                break
    return points


def floating_rate(course: Course, relative: float, absolute: float) -> Rate:
    """What one thread does, as far as the back-end says what a step costs; against the measured peak."""
    begun = time.perf_counter()
    solution = integrate(course.kernel, course.batch(), course.grid, Tolerances(relative, absolute))
    seconds, steps = time.perf_counter() - begun, float(np.sum(solution.steps))
    flops = getattr(course.kernel, "flops_per_step", None)
    rate = None if flops is None else float(flops) * steps / seconds / 1e9
    try:
        peak: float | None = fma_peak() / 1e9
    except ImportError:
        peak = None
    share = rate / peak if rate is not None and peak is not None else None
    return Rate(rate, peak, share, None if flops is None else float(flops), steps / len(course.parameters))


def chain(size: int) -> System:
    """Pools in a row, each exchanging with the next."""
    builder = SystemBuilder(f"chain of {size}")
    scale = builder.parameter("scale", "1/h")
    pools = [builder.state(f"pool{i}", "nmol") for i in range(size)]
    for i, rate in enumerate(_rates(size - 1)):
        builder.flow(f"to{i}", scale * rate * pools[i], source=f"pool{i}", target=f"pool{i + 1}")
        builder.flow(f"fro{i}", scale * rate * pools[i + 1], source=f"pool{i + 1}", target=f"pool{i}")
    return _closed(builder, size)


def star(size: int) -> System:
    """Pools around one, as organs around the blood."""
    builder = SystemBuilder(f"star of {size}")
    scale = builder.parameter("scale", "1/h")
    pools = [builder.state(f"pool{i}", "nmol") for i in range(size)]
    for i, rate in enumerate(_rates(size - 1), 1):
        builder.flow(f"to{i}", scale * rate / size * pools[0], source="pool0", target=f"pool{i}")
        builder.flow(f"fro{i}", scale * rate * pools[i], source=f"pool{i}", target="pool0")
    return _closed(builder, size)


def _closed(builder: SystemBuilder, size: int) -> System:
    """With a way in and a way out at the first pool, and the last one reported."""
    system = builder.build()
    symbols = {node.name: node for flow in system.flows for node in flow.rate.walk() if node.op == "state"}
    builder.flow("out", builder.parameter("scale", "1/h") * SLOW * symbols["pool0"], source="pool0")
    builder.input("dose", into="pool0")
    builder.output("last", symbols[f"pool{size - 1}"], "nmol", kind="amount")
    return builder.build()


def _rates(count: int) -> list[float]:
    return [float(rate) for rate in np.geomspace(SLOWEST, FASTEST, count)]


def _seconds(course: Course, relative: float, absolute: float, threads: int = 1) -> float:
    begun = time.perf_counter()
    integrate(course.kernel, course.batch(), course.grid, Tolerances(relative, absolute), threads=threads)
    return time.perf_counter() - begun
