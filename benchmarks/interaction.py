"""How long an interaction study of a thousand subjects with two perpetrators takes.

    python benchmarks/interaction.py [--subjects 1000] [--repeats 5]

Warm: the models are compiled before the clock starts, as they are for whoever runs a second study. The median of the
repeats stands beside the same subjects simulated with the victim alone, in the same run.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

from reuptake.experiments.interaction import interact
from reuptake.simulation.run import stream

BESIDE = ["paroxetine 20 mg every 24h", "fluvoxamine 50 mg every 12h"]


def timed(call: Callable[[], object], repeats: int) -> float:
    """Median wall time, s."""
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        call()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def main() -> None:
    """Both, and their ratio."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--subjects", type=int, default=1000)
    options.add_argument("--repeats", type=int, default=5)
    given = options.parse_args()

    def study(subjects: int = given.subjects) -> object:
        return interact("imipramine", dose="50 mg", coadministered=BESIDE, subjects=subjects)

    def alone(subjects: int = given.subjects) -> object:
        return stream("imipramine", dose="50 mg", duration="21 d", subjects=subjects)

    study(2), alone(2)
    seconds, baseline = timed(study, given.repeats), timed(alone, given.repeats)
    print(f"imipramine 50 mg with {' and '.join(BESIDE)}, {given.subjects} subjects, median of {given.repeats}")
    print(f"{'study, without and with':32} {seconds:8.2f} s")
    print(f"{'victim alone, one run':32} {baseline:8.2f} s   ratio {seconds / baseline:.1f}")


if __name__ == "__main__":
    main()
