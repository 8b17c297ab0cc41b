"""Whether intervals of a fit hold what they promise: a truth is measured with errors and fitted, many times.

    python benchmarks/coverage.py [--replicates 500] [--sd 0.1] [--seed 1] [--threads 2]

Desipramine, 50 mg by mouth, in the reference man: four records are fitted to fourteen levels whose errors multiply.
Every replicate has errors of its own, keyed by (seed, replicate). Intervals are those of Wald on the search scale:

    known       x ± z·√diag (JᵀJ)⁻¹                    the standard deviation of the errors is known
    estimated   x ± t·√(s²·diag (JᵀJ)⁻¹), s² = Σr²/10  it is estimated: t with 14 − 4 = 10 degrees of freedom
    as told     x ± `Fitted.reach`·`Fitted.errors`     what `reuptake.calibration.least_squares.fit` says of itself

The time of a fit is then held against that of the same descent (`scipy.optimize.least_squares`) with differences in
place of slopes, on the same data, of the same tolerance, from the same start. Nothing here is a test.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares
from scipy.stats import binom, norm, t

from reuptake.calibration.least_squares import Fitted, fit
from reuptake.calibration.measured import Levels, Measured, PeopleBatch, Person
from reuptake.calibration.parameters import Parameter, to_search
from reuptake.calibration.residual import Logarithmic
from reuptake.calibration.translation import Translation
from reuptake.equations.expression import Graph
from reuptake.evidence.base import Evidence, packaged
from reuptake.population.chance import normals
from reuptake.simulation.observation import OBSERVED, Laboratories
from reuptake.simulation.request import parse_request
from reuptake.units import unit

Array = NDArray[np.float64]
TIMES = np.array([0.75, 1.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 14.0, 24.0, 36.0, 48.0, 72.0, 96.0])  # h
# Truth of each record, as a multiple of its value in the evidence; half of the dose is absorbed, so that nothing
# stops at a whole.
TRUTH = {
    "desipramine.cyp2d6.clint": 1.3,
    "desipramine.kp_scale.human": 0.8,
    "desipramine.absorption_rate.human": 1.2,
    "desipramine.fraction_absorbed.human": 0.5,
}
FEW = 20  # replicates of which times are compared
STEP = 1e-4  # of x, for differences
LEAST, MOST = 0.92, 0.98


def translation(evidence: Evidence) -> Translation:
    """Records that are moved, each by itself, from their values in the evidence."""
    graph, parameters, records = Graph(), [], {}
    for name in TRUTH:
        record = evidence.record(name)
        start = record.number if TRUTH[name] > 0.5 else 0.7 * record.number
        parameters.append(Parameter(name, start, 0.05 * record.number, 20.0 * record.number, record.unit))
        records[name] = (graph.symbol("parameter", name, unit(record.unit).dimension), record.unit)
    return Translation(tuple(parameters), records)


def truth(evidence: Evidence, moved: Translation) -> Array:
    """The truth (parameter,), on the search scale."""
    numbers = [TRUTH[one.name] * evidence.record(one.name).number for one in moved.parameters]
    return to_search(moved.parameters, numbers)


class Experiment:
    """One person, one truth, and as many measurements of it as one likes."""

    def __init__(self, sd: float, seed: int) -> None:
        self.sd, self.seed, self.evidence = sd, seed, packaged()
        self.laboratories = Laboratories(self.evidence, kinds=OBSERVED)
        request = parse_request(self.evidence, "desipramine", dose="50 mg", duration=f"{TIMES[-1]} h", threads=1)
        self.person = Person("1", request, (Levels("plasma.desipramine", TIMES, np.ones(len(TIMES))),))
        self.moved = translation(self.evidence)
        self.truth = truth(self.evidence, self.moved)
        self.start = to_search(self.moved.parameters, [one.start for one in self.moved.parameters])
        self.batch = PeopleBatch(
            [self.person], self.moved.names, self.evidence, laboratories=self.laboratories
        )  # fmt: skip
        self.curve = self.predicted(self.truth)

    def predicted(self, x: Array) -> Array:
        """Levels (sample,) at a place of the search, without slopes."""
        values = np.array(list(self.moved.settings(x).values.values()))
        return self.batch.predict(np.log(values)[None])[0]

    def measured(self, replicate: int) -> Array:
        """Levels (sample,) with errors."""
        errors: Array = self.sd * normals(self.seed, [replicate], "coverage", len(TIMES))[0]
        levels: Array = self.curve * np.exp(errors)
        return levels

    def objective(self, replicate: int) -> Measured:
        """Residuals of one replicate."""
        levels = replace(self.person.levels[0], values=self.measured(replicate))
        person = replace(self.person, levels=(levels,))
        return Measured(
            [person], self.moved, Logarithmic(self.sd), self.evidence, laboratories=self.laboratories
        )  # fmt: skip


def descended(residuals: Callable[[Array], Array], slopes: Any, start: Array, step: float | None = None) -> Array:
    """Where a descent ends."""
    found = least_squares(
        residuals, start, slopes, method="trf", x_scale="jac", ftol=1e-9, xtol=1e-9, diff_step=step
    )  # fmt: skip
    place: Array = found.x
    return place


def with_slopes(experiment: Experiment, replicate: int) -> Array:
    """With exact slopes, which come with the residuals of the same place."""
    objective = experiment.objective(replicate)
    kept: dict[bytes, Any] = {}

    def at(x: Array) -> Any:
        if x.tobytes() not in kept:
            kept.clear()
            kept[x.tobytes()] = objective.residuals(x)
        return kept[x.tobytes()]

    return descended(lambda x: at(x).values, lambda x: at(x).slopes, experiment.start)


def with_differences(experiment: Experiment, replicate: int) -> Array:
    """With differences to neighbours, for which no slopes are computed; steps above the noise of the solver."""
    measured = np.log(experiment.measured(replicate))
    return descended(
        lambda x: (measured - np.log(experiment.predicted(x))) / experiment.sd, "2-point", experiment.start, STEP
    )


def told(experiment: Experiment, fits: list[Fitted]) -> bool:
    """Print how often each interval holds the truth; whether each does as often as it promises."""
    freedom = len(TIMES) - len(experiment.truth)
    low, high = (binom.ppf(p, len(fits), 0.95) / len(fits) for p in (0.025, 0.975))
    away = np.abs(np.array([one.x for one in fits]) - experiment.truth)
    plain = np.array([np.sqrt(np.diag(one.covariance) / one.inflation) for one in fits])
    s2 = np.array([2.0 * one.at.cost / freedom for one in fits])
    widths = {
        "known": norm.ppf(0.975) * plain,
        "estimated": t.ppf(0.975, freedom) * plain * np.sqrt(s2)[:, None],
        "as told": np.array([one.reach * one.errors for one in fits]),
    }
    print(f"{'coverage of 95 % intervals':40}{''.join(f'{kind:>12}' for kind in widths)}{'error':>10}{'bias':>10}")
    shares = {kind: (away <= width).mean(axis=0) for kind, width in widths.items()}
    bias = (np.array([one.x for one in fits]) - experiment.truth).mean(axis=0)
    for j, one in enumerate(experiment.moved.parameters):
        row = "".join(f"{100.0 * share[j]:11.1f}%" for share in shares.values())
        print(f"{one.name:40}{row}{plain[:, j].mean():10.3f}{bias[j]:10.3f}")
    print(f"chance alone, 95 % of the time: {100.0 * low:.1f} % to {100.0 * high:.1f} %")
    kept = np.concatenate(list(shares.values()))
    return bool((kept >= LEAST).all() and (kept <= MOST).all())


def timed(call: Callable[[int], Array], replicates: range) -> tuple[float, list[Array]]:
    """Median seconds, and where each ended."""
    seconds, places = [], []
    for replicate in replicates:
        begun = time.perf_counter()
        places.append(call(replicate))
        seconds.append(time.perf_counter() - begun)
    return median(seconds), places


def main() -> None:
    """Print the coverage of each record with its band, and times."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for option, usual in (("--replicates", 500), ("--seed", 1), ("--threads", 2)):
        parser.add_argument(option, type=int, default=usual)
    parser.add_argument("--sd", type=float, default=0.1)
    words = parser.parse_args()
    experiment = Experiment(words.sd, words.seed)
    begun = time.perf_counter()
    with ThreadPoolExecutor(words.threads) as pool:
        fits = list(pool.map(lambda i: fit(experiment.objective(i)), range(1, words.replicates + 1)))
    whole = time.perf_counter() - begun
    held = told(experiment, fits)
    outcomes = [one.descents[0].outcome for one in fits]
    print(", ".join(f"{outcomes.count(word)} {word}" for word in sorted(set(outcomes))))
    print(f"{words.replicates} fits in {whole:.1f} s on {words.threads} threads")
    few = range(1, 1 + min(FEW, words.replicates))
    exact, places = timed(lambda i: with_slopes(experiment, i), few)
    differences, others = timed(lambda i: with_differences(experiment, i), few)
    apart = np.abs(np.array(places) - np.array(others)) / np.array([one.errors for one in fits[: len(few)]])
    print(f"one fit (median of {len(few)}): {exact:.3f} s with exact slopes, {differences:.3f} s with differences,")
    print(f"a ratio of {differences / exact:.2f}; they end {apart.max():.2g} standard errors apart at most")
    print("kept" if held else f"not kept: coverage outside {100 * LEAST:g} to {100 * MOST:g} %")


if __name__ == "__main__":
    main()
