"""The answer of ``interact``."""

from __future__ import annotations

from reuptake.experiments.interaction import Interaction
from reuptake.reports.answers.shapes import Answer, Fraction, Quantity, RunAnswer, run_answer

__all__ = ["InteractAnswer", "LeewayAnswer", "PerpetratorAnswer", "RatioAnswer", "interact_answer"]


class RatioAnswer(Answer):
    """Exposure to one analyte with the perpetrators over that without."""

    auc: Fraction | None
    cmax: Fraction | None


class PerpetratorAnswer(Answer):
    """Level of a perpetrator while the victim is followed."""

    cmax: Quantity | None
    cavg: Quantity | None


class LeewayAnswer(Answer):
    """An assumed constant, its range, and the victim's AUC ratio at both ends in the reference individual."""

    name: str
    number: float
    low: float
    high: float
    unit: str
    because: str
    auc_ratio_at_low: float
    auc_ratio_at_high: float


class InteractAnswer(Answer):
    """What perpetrators do to a victim. Pathways are fractions of the liver's intrinsic clearance.

    `activity` is what is left of each enzyme with the perpetrators, relative to the same subject taking nothing;
    `activity_alone` with the victim only, which occupies its enzymes too.
    """

    subjects: int
    ratios: dict[str, RatioAnswer]
    pathways: dict[str, dict[str, float]]
    pathways_with: dict[str, dict[str, float]]
    activity: dict[str, Fraction | None]
    activity_alone: dict[str, Fraction | None]
    perpetrators: dict[str, PerpetratorAnswer]
    assumed: list[LeewayAnswer]
    run: RunAnswer
    notes: list[str]


def interact_answer(study: Interaction, seconds: float) -> InteractAnswer:
    """The answer of ``reuptake interact``."""
    summary, provenance = study.summary(), study.beside.provenance
    assumed = [
        LeewayAnswer(
            name=record.name, number=record.number, low=record.spread.low, high=record.spread.high, unit=record.unit,
            because=record.because, auc_ratio_at_low=leeway.at_low, auc_ratio_at_high=leeway.at_high,
        )
        for leeway in study.leeways
        if (record := leeway.record).spread is not None
    ]  # fmt: skip
    notes = [*summary.pop("notes"), *provenance["notes"], provenance["use"]]
    return InteractAnswer.model_validate(
        summary | {"assumed": assumed, "run": run_answer(provenance, seconds), "notes": notes}
    )
