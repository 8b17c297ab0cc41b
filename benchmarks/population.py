"""Whether a population estimate tells the truth: virtual people are sampled and estimated, many times.

    python benchmarks/population.py [--replicates 50] [--subjects 16] [--seed 1] [--threads 2]

Desipramine, 50 mg by mouth: the clearance by CYP2D6 and the scale of partition differ between people by known
coefficients of variation, six levels of each have errors that multiply. Every replicate has people and errors of its
own, keyed by (seed, replicate), and is estimated from its fit file and its table, with values that start away from the
truth. Of each number it prints

    bias       mean of ln(estimate/truth), with its standard error
    spread     standard deviation of ln(estimate/truth), and beside it the mean relative standard error that was told
    coverage   how many 95 % intervals hold the truth, with the interval in which 95 % of such counts lie

Maximum likelihood of a variance over n people is low by 1/n, of an ω by half of that. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import math
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from reuptake.calibration.measured import Levels, PeopleBatch, Person
from reuptake.calibration.mixed.fit import PopulationFit, fit_population
from reuptake.evidence.base import packaged
from reuptake.population.chance import normals
from reuptake.simulation.request import parse_request

Array = NDArray[np.float64]
NAMES = ("desipramine.cyp2d6.clint", "desipramine.kp_scale.human")
CVS, SIGMA = np.array([0.35, 0.25]), 0.12
OMEGAS = np.sqrt(np.log1p(CVS**2))
TIMES = np.array([2.0, 6.0, 12.0, 24.0, 48.0, 96.0])  # h
AWAY = (1.4, 0.7)  # where the search starts, as multiples of the truth
FILE = """fit: population-benchmark
quantities:
  - {{name: {0}, start: {2:.6g}}}
  - {{name: {1}, start: {3:.6g}}}
between: {{{0}: 0.5, {1}: 0.5}}
data:
  tables:
    - {{file: levels.csv, compound: desipramine, dose: 50 mg, route: po, error: {{log: 0.3}}}}
"""


class Study:
    """A design, and as many replicates of it as one likes."""

    def __init__(self, subjects: int, seed: int, threads: int) -> None:
        evidence = packaged()
        self.size, self.seed, self.threads = subjects, seed, threads
        self.typical = np.array([evidence.record(name).number for name in NAMES])
        request = parse_request(evidence, "desipramine", dose="50 mg", duration=f"{TIMES[-1]} h", threads=1)
        empty = (Levels("plasma.desipramine", TIMES, np.ones(len(TIMES))),)
        people = [Person(f"{i + 1}", request, empty) for i in range(subjects)]
        self._batch = PeopleBatch(people, NAMES, evidence, relative=1e-9, threads=threads)

    @property
    def truth(self) -> Array:
        """Typical values, coefficients of variation and residual standard deviation."""
        return np.array([*self.typical, *CVS, SIGMA])

    def estimated(self, replicate: int, folder: Path) -> PopulationFit:
        """The estimate of one replicate, from its files in a folder."""
        subjects = range(replicate * self.size, (replicate + 1) * self.size)
        etas = OMEGAS * normals(self.seed, subjects, "benchmark.eta", len(NAMES))
        errors = np.exp(SIGMA * normals(self.seed, subjects, "benchmark.error", len(TIMES)))
        levels = np.array(self._batch.predict(np.log(self.typical) + etas)) * errors
        rows = [
            f"{i + 1},{t:g},{c:.8g}"
            for i, own in enumerate(levels) for t, c in zip(TIMES, own, strict=True)
        ]  # fmt: skip
        (folder / "levels.csv").write_text("\n".join(["id,time (h),conc (ng/mL)", *rows]) + "\n", encoding="utf-8")
        file = folder / "fit.yaml"
        file.write_text(FILE.format(*NAMES, *(self.typical * AWAY)), encoding="utf-8")
        return fit_population(file, threads=self.threads)


def main() -> None:
    """Estimate all replicates, and print what they came to."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicates", type=int, default=50)
    parser.add_argument("--subjects", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    asked = parser.parse_args()
    study = Study(asked.subjects, asked.seed, asked.threads)
    found, seconds = [], []
    with tempfile.TemporaryDirectory() as folder:
        for replicate in range(asked.replicates):
            started = time.perf_counter()
            found.append(study.estimated(replicate, Path(folder)))
            seconds.append(time.perf_counter() - started)
    outcomes = ", ".join(f"{count} {name}" for name, count in Counter(one.estimate.outcome for one in found).items())
    print(f"{asked.replicates} studies of {asked.subjects} subjects with {len(TIMES)} levels each: {outcomes}")
    print(f"seconds per fit: median {np.median(seconds):.2f}, longest {max(seconds):.2f}")
    tell(found, study.truth)


def tell(found: list[PopulationFit], truth: Array) -> None:
    """Print bias, spread and coverage of every number."""
    count = len(found)
    low, high = binom.interval(0.95, count, 0.95)
    print(f"{'':42} {'bias':>17} {'spread':>9} {'told':>8} {'coverage':>10}   (of {count}: {low:.0f} to {high:.0f})")
    for j, true in enumerate(truth.tolist()):
        values = [one.values[j] for one in found]
        ratios = np.log([value.number / true for value in values])
        errors = [value.relative_error for value in values if value.relative_error is not None]
        held = sum(value.low is not None and value.low <= true <= (value.high or math.inf) for value in values)
        spread = float(np.std(ratios, ddof=1))
        print(
            f"{f'{values[0].kind} {values[0].name}':42}"
            f" {100 * ratios.mean():+7.1f} ± {100 * spread / count**0.5:.1f} %"
            f" {100 * spread:10.1f} % {100 * np.mean(errors):6.1f} % {held:6}"
        )


if __name__ == "__main__":
    main()
