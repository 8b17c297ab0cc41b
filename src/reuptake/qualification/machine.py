"""On what it was measured, and how fast this processor can multiply and add."""

from __future__ import annotations

import ctypes
import os
import platform
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reuptake.qualification.functions import compile_text

__all__ = ["Machine", "fma_peak", "machine"]

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ACCUMULATORS = 12  # independent chains: more than latency times ports of today's processors, fewer than registers
ROUNDS = 2_000_000
REPEATS = 5


@dataclass(frozen=True)
class Machine:
    """What the numbers of one run belong to."""

    cpu: str
    cores: int
    python: str
    numpy: str
    reuptake: str
    libraries_single_threaded: bool


def machine() -> Machine:
    """What this computer is, as far as it tells."""
    return Machine(
        _cpu(), _cores(), platform.python_version(), version("numpy"), version("reuptake"),
        any(os.environ.get(name) == "1" for name in THREAD_VARIABLES),
    )  # fmt: skip


def fma_peak() -> float:
    """Fused multiply-adds that one core was seen to do, in floating-point operations a second.

    The best of vectors of four and of eight, over a few repeats: independent chains, nothing read from memory.
    """
    return max(_rate(lanes) for lanes in (4, 8))


def _rate(lanes: int) -> float:
    compiled = compile_text(_chains(lanes))
    kind = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)
    run = kind(compiled.address("chains"))
    # a, b and where each chain begins are read from memory, each different: nothing can be computed beforehand.
    numbers: NDArray[np.float64] = np.full((ACCUMULATORS + 2, lanes), 0.999999)
    numbers[1:] = 1e-6 * np.arange(1, ACCUMULATORS + 2)[:, None]
    best = 0.0
    for _ in range(REPEATS):
        work = numbers.copy()
        begun = time.perf_counter()
        run(ROUNDS, work.ctypes.data)
        best = max(best, 2.0 * lanes * ACCUMULATORS * ROUNDS / (time.perf_counter() - begun))
    return best


def _chains(lanes: int) -> str:
    """A loop of x ← x·a + b over several independent x, which are read from memory and written back at the end."""
    kind, chains = f"<{lanes} x double>", range(ACCUMULATORS)
    load = [f"  %p{i} = getelementptr {kind}, ptr %numbers, i64 {i + 2}" for i in chains]
    load += [f"  %b{i} = load {kind}, ptr %p{i}, align 8" for i in chains]
    turn = [f"  %x{i} = phi {kind} [ %b{i}, %begin ], [ %n{i}, %loop ]" for i in chains]
    turn += [f"  %n{i} = call {kind} @llvm.fma.v{lanes}f64({kind} %x{i}, {kind} %a, {kind} %b)" for i in chains]
    return "\n".join([
        f"declare {kind} @llvm.fma.v{lanes}f64({kind}, {kind}, {kind})",
        "define void @chains(i64 %count, ptr %numbers) {",
        "begin:", f"  %a = load {kind}, ptr %numbers, align 8",
        f"  %pb = getelementptr {kind}, ptr %numbers, i64 1", f"  %b = load {kind}, ptr %pb, align 8",
        *load, "  br label %loop",
        "loop:", "  %i = phi i64 [ 0, %begin ], [ %next, %loop ]", *turn,
        "  %next = add i64 %i, 1", "  %more = icmp slt i64 %next, %count",
        "  br i1 %more, label %loop, label %end",
        "end:", *(f"  store {kind} %n{i}, ptr %p{i}, align 8" for i in chains), "  ret void", "}",
    ])  # fmt: skip


def _cpu() -> str:
    """Name of the processor, where the system has written it down."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
