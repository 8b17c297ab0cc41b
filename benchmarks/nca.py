"""How long measured profiles take, from a text table to numbers, and against the obvious way.

    python benchmarks/nca.py [--profiles 100000] [--repeats 3]

A table of profiles of different lengths is made, read, checked and analysed; then some of them by the slow version
that the tests keep (`tests/unit/noncompartmental/obvious.py`), whose numbers must agree. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import runpy
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from reuptake.exchange.analysis import Analysis, nca
from reuptake.reports.answers.profiles import nca_answer

OBVIOUS = Path(__file__).resolve().parents[1] / "tests" / "unit" / "noncompartmental" / "obvious.py"
TIMES = np.array([0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 36.0])
FEW = 500
Array = NDArray[np.float64]


def made(profiles: int) -> tuple[Array, NDArray[np.intp]]:
    """Levels (subject, time) after a dose by mouth, with noise, and how many samples each subject has."""
    chance = np.random.Generator(np.random.Philox(key=1))
    rate, absorption = 0.08 + 0.12 * chance.random((profiles, 1)), 0.7 + chance.random((profiles, 1))
    levels = 100.0 * (np.exp(-rate * TIMES) - np.exp(-absorption * TIMES))
    levels *= np.exp(0.05 * chance.standard_normal(levels.shape))
    return np.round(levels, 4), chance.integers(8, len(TIMES) + 1, profiles)


def write(path: Path, levels: Array, counts: NDArray[np.intp]) -> None:
    """The table as a person would have it."""
    times = TIMES.tolist()
    with path.open("w", encoding="utf-8") as file:
        file.write("subject,time (h),conc (ng/mL)\n")
        for subject, (curve, count) in enumerate(zip(levels.tolist(), counts.tolist(), strict=True), 1):
            file.writelines(f"{subject},{times[i]},{curve[i]}\n" for i in range(count))


def timed(call: Callable[[], object], repeats: int) -> float:
    """Median wall time, s."""
    seconds = []
    for _ in range(repeats):
        begun = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - begun)
    return statistics.median(seconds)


def agreement(
    found: Analysis, levels: Array, counts: NDArray[np.intp], obvious: Callable[..., dict[str, float]]
) -> float:
    """Largest relative difference between both ways, over all measures of some profiles."""
    worst = 0.0
    for i in range(min(FEW, len(levels))):
        curve = levels[i, : counts[i]]
        for name, expected in obvious(TIMES[: counts[i]], curve, curve == 0.0, 50_000.0).items():
            worst = max(worst, abs(found.columns[name][i] / expected - 1.0) if expected else 0.0)
    return worst


def main() -> None:
    """Print seconds, time a profile, and the ratio to the obvious way."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profiles", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    words = parser.parse_args()
    levels, counts = made(words.profiles)
    obvious = runpy.run_path(str(OBVIOUS))["one_by_one"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "profiles.csv"
        write(path, levels, counts)
        size = path.stat().st_size / 1e6
        found = nca(path, dose="50 mg")  # what is loaded on first use is loaded here
        whole = timed(lambda: nca(path, dose="50 mg"), words.repeats)
    told = timed(lambda: nca_answer(found).text(), 1)
    few = min(FEW, words.profiles)
    slow = timed(
        lambda: [obvious(TIMES[:n], c[:n], c[:n] == 0.0, 5e4) for c, n in zip(levels[:few], counts[:few], strict=True)],
        1,
    )
    print(f"{words.profiles} profiles, {int(counts.sum())} samples, {size:.1f} MB of text")
    print(f"read, checked, analysed   {whole:8.2f} s   {1e6 * whole / words.profiles:8.1f} µs a profile")
    print(f"written as JSON           {told:8.2f} s   {1e6 * told / words.profiles:8.1f} µs a profile")
    print(f"the obvious way, no file  {'':8}     {1e6 * slow / few:8.1f} µs a profile ({few} of them)")
    ratio, worst = slow / few / (whole / words.profiles), agreement(found, levels, counts, obvious)
    print(f"ratio {ratio:.0f}, largest difference {worst:.1e}")


if __name__ == "__main__":
    main()
