"""A ten-parameter calibration over all calibration studies of man, from twenty starts, and what its gradients cost.

Printed are the seconds of the whole and how many starts found the best place; then the time of one gradient by central
differences of whole simulations over that by tangents, alone and side by side with those of other starts, all in this
run.

    python benchmarks/calibration.py [--starts 20]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray

from reuptake.calibration.fit import fit
from reuptake.calibration.moving import translation_of
from reuptake.calibration.parameters import to_search
from reuptake.calibration.published import Published
from reuptake.calibration.specification import read_specification
from reuptake.calibration.task import Task
from reuptake.evidence.base import packaged
from reuptake.simulation.observation import OBSERVED, Laboratories, observe, simulator
from reuptake.simulation.request import processors

Array = NDArray[np.float64]
SHIPPED = Path(__file__).parents[1] / "fits" / "disposition-2.yaml"
# Four of the fourteen are held at what the evidence has of them.
HELD = ("imipramine.clint_minor", "desipramine.clint_rest", "2-hydroxyimipramine.ugt", "2-hydroxydesipramine.ugt")
REPEATS, STEP = 3, 1e-3


def ten(folder: Path) -> Path:
    """The shipped fit of man with ten quantities moved, as a file."""
    text = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    held = {one["name"]: one for one in text["quantities"] if one["name"] in HELD}
    text["quantities"] = [one for one in text["quantities"] if one["name"] not in HELD]
    kept = []
    for record in text["records"]:
        formula = record.get("formula", "")
        if not any(name in formula for name in held):
            kept.append(record)
    text["records"], text["fit"] = kept, "ten"
    file = folder / "ten.yaml"
    file.write_text(yaml.safe_dump(text, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return file


def median_seconds(work: Callable[[], object]) -> float:
    """Of some repeats, after one that does not count."""
    work()
    took = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        work()
        took.append(time.perf_counter() - begin)
    return statistics.median(took)


def differenced(objective: Published, laboratories: Laboratories, x: Array) -> Array:
    """Slopes (result, parameter) of ln predicted by central differences of whole simulations, the plain way."""

    def logs(at: Array) -> Array:
        run = simulator(laboratories, objective.translation.settings(at).values)
        return np.log([observe(study, o, run, objective.evidence) for study, o in objective.questions])

    return np.stack([(logs(x + nudge) - logs(x - nudge)) / (2.0 * STEP) for nudge in STEP * np.eye(len(x))], axis=1)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--starts", type=int, default=20)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        file = ten(Path(folder))
        begin = time.perf_counter()
        found = fit(file, starts=asked.starts)
        seconds = time.perf_counter() - begin
        best = found.fitted.descents[0].costs[-1]
        reached = sum(one.costs[-1] < best + 0.01 for one in found.fitted.descents)
        print(f"{asked.starts} starts, {len(found.verdicts)} parameters, {len(found.rows)} results of studies")
        print(f"{seconds:.0f} s on {processors()} processors; {reached} starts reached the best cost, {best:.4f}")
        specification, document = read_specification(file)
        translation = translation_of(specification, document, packaged())
        task = Task.read(specification, document, packaged(), translation, 1)
    objective = Published(packaged(), task.questions, translation, specification.weighing, threads=processors())
    laboratories = Laboratories(packaged(), kinds=OBSERVED)
    x = to_search(objective.parameters, [one.start for one in objective.parameters])
    exact = median_seconds(lambda: objective.residuals(x))
    plain = median_seconds(lambda: differenced(objective, laboratories, x[: len(translation.parameters)]))
    print(
        f"one gradient, alone: {exact:.2f} s by tangents, {plain:.2f} s by central differences, "
        f"ratio {plain / exact:.1f}"
    )
    many = [x + 0.01 * i for i in range(asked.starts)]
    together = median_seconds(lambda: objective.several(many)) / len(many)
    print(f"one of {len(many)} side by side: {together:.2f} s by tangents, ratio {plain / together:.1f}")


if __name__ == "__main__":
    main()
