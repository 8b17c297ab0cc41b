"""How long a user waits, and how the engine compares with its peers, in one run.

    python benchmarks/run.py [--repeats 5] [--quick]

Whole processes are timed against an empty interpreter on the same machine; what follows is
`reuptake bench`: ours and its peers on the same course, at settings of equal error. Medians and ratios, since
machines are noisy; nothing here is a test.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

from reuptake.cli.bench import show_bench

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
    from reuptake.evidence.base import load, packaged
    from reuptake.qualification.starts import clocked_process

    print(f"{'whole process, median of ' + str(repeats):56} {'s':>7} {'ratio to empty':>15}")
    empty = 0.0
    for name, words in COMMANDS.items():
        seconds = statistics.median(clocked_process(words) for _ in range(repeats))
        empty = empty or seconds
        print(f"{name:56} {seconds:7.3f} {seconds / empty:15.1f}")
    packaged()
    print(f"{'reading and checking the packaged evidence, warm':56} {timed(load, repeats):7.3f}\n")


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="fewer settings, a first look")
    words = parser.parse_args()
    # First: the libraries of linear algebra are told to keep to one core before they are loaded.
    show_bench(quick=words.quick, backend=None, plot=None, json=False)
    processes(words.repeats)


if __name__ == "__main__":
    main()
