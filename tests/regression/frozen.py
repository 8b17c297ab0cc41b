"""Numbers that may not move in silence: rewritten by ``make regress``, shown as a diff, told in the changelog."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reuptake.simulation.run import simulate

FROZEN = Path(__file__).with_suffix(".json")
RUNS: dict[str, dict[str, Any]] = {
    "imipramine 50 mg po": {"compound": "imipramine", "dose": "50 mg"},
    "imipramine 12.5 mg iv": {"compound": "imipramine", "dose": "12.5 mg", "route": "iv"},
    "imipramine 25 mg im": {"compound": "imipramine", "dose": "25 mg", "route": "im"},
    "imipramine 75 mg daily": {"compound": "imipramine", "dose": "75 mg", "every": "24 h", "duration": "28 d"},
    "desipramine 50 mg iv-infusion": {"compound": "desipramine", "dose": "50 mg", "route": "iv-infusion"},
    "five subjects, seed 1": {"compound": "imipramine", "dose": "50 mg", "subjects": 5, "seed": 1},
}


def computed() -> dict[str, dict[str, float]]:
    """Medians of every run, to twelve digits."""
    found: dict[str, dict[str, float]] = {}
    for name, words in RUNS.items():
        summary = simulate(**words).summary()
        numbers = {
            f"{analyte}.{measure}": value["median"]
            for analyte, level in summary["analytes"].items()
            for measure, value in level.items()
            if value and measure in ("cmax", "auc_last", "cavg")
        }
        numbers |= {f"{target}.mean": value["mean"]["median"] for target, value in summary["occupancy"].items()}
        found[name] = {key: float(f"{number:.12g}") for key, number in numbers.items()}
    return found


if __name__ == "__main__":
    FROZEN.write_text(json.dumps(computed(), indent=1) + "\n", encoding="utf-8")
