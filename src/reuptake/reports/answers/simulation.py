"""The answer of ``simulate``."""

from __future__ import annotations

from typing import Any

from reuptake.reports.answers.shapes import Answer, Fraction, Quantity, RunAnswer, run_answer
from reuptake.trajectories import Measures, Trajectories

__all__ = ["BalanceAnswer", "LevelAnswer", "OverWindow", "SimulateAnswer", "simulate_answer"]

NOT_YET = {
    "transmitters": "transmitters are not modelled yet",
    "adaptation": "adaptation is not modelled yet",
    "effects": "effects are not modelled yet",
}


class LevelAnswer(Answer):
    """Exposure to one analyte in plasma."""

    cmax: Quantity | None
    tmax: Quantity | None
    auc_last: Quantity | None
    auc_inf: Quantity | None
    auc_tau: Quantity | None
    cavg: Quantity | None
    cmin: Quantity | None
    half_life: Quantity | None


class OverWindow(Answer):
    """A pure number over the window: occupancy of a target, activity of an enzyme relative to usual."""

    max: Fraction | None
    mean: Fraction | None
    min: Fraction | None


class BalanceAnswer(Answer):
    """Medians over subjects; dosed and recovered (body + metabolised + excreted) in nmol."""

    dosed: float | None
    recovered: float | None
    urine_unchanged_fraction: float | None


class SimulateAnswer(Answer):
    """A simulated time course, summarised."""

    subjects: int
    analytes: dict[str, LevelAnswer]
    occupancy: dict[str, OverWindow]
    activity: dict[str, OverWindow]
    pathways: dict[str, dict[str, float]]
    transmitters: dict[str, Any] | None
    adaptation: dict[str, Any] | None
    effects: dict[str, Any] | None
    mass_balance: BalanceAnswer
    run: RunAnswer
    notes: list[str]


def simulate_answer(result: Trajectories | Measures, seconds: float) -> SimulateAnswer:
    """The answer of ``reuptake simulate``: the same for curves and for what they come to."""
    summary, provenance = result.summary(), result.provenance
    identity = run_answer(provenance, seconds)
    notes = [*summary.pop("notes"), *provenance["notes"], *NOT_YET.values(), provenance["use"]]
    missing = dict.fromkeys(NOT_YET)
    return SimulateAnswer.model_validate(summary | missing | {"run": identity, "notes": notes})
