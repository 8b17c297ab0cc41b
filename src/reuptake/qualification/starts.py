"""How long it takes to the first result, from nothing.

Whole processes, as a user starts them: a model that this machine has never compiled
(the cache of machine code empty), the same again, and the same by the command line.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

from reuptake.qualification.course import DOSE

__all__ = ["Start", "clocked_process", "starts"]


@dataclass(frozen=True)
class Start:
    """Median over repeats of the time of a whole process, s."""

    name: str
    seconds: float


def starts(backend: str, repeats: int) -> list[Start]:
    """First results of the shipped model in new processes."""
    python = f"from reuptake.simulation.run import simulate; simulate('imipramine', dose={DOSE!r}, backend={backend!r})"
    words = ["-m", "reuptake", "simulate", "imipramine", "--dose", DOSE, "--backend", backend, "--json"]
    new, again, typed = [], [], []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as cache:
            new.append(clocked_process(["-c", python], cache))
            again.append(clocked_process(["-c", python], cache))
            typed.append(clocked_process(words, cache))
    return [
        Start("new model, Python, empty cache", statistics.median(new)),
        Start("same model, Python, cached", statistics.median(again)),
        Start("same model, command line, cached", statistics.median(typed)),
    ]


def clocked_process(words: Sequence[str], cache: str | None = None) -> float:
    """Wall time of one process of this interpreter, s.

    Raises
    ------
    subprocess.CalledProcessError
        If it fails.
    """
    environment = os.environ | ({"REUPTAKE_CACHE": cache} if cache else {})
    begun = time.perf_counter()
    subprocess.run([sys.executable, *words], env=environment, capture_output=True, check=True)
    return time.perf_counter() - begun
