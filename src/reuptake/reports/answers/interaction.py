"""The answer of ``interact``."""

from __future__ import annotations

from reuptake.evidence.base import Evidence
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
    """A constant assumed or derived within a range, and the AUC ratio at both ends in the reference individual."""

    name: str
    status: str
    number: float
    low: float
    high: float
    unit: str
    because: str
    auc_ratio_at_low: float
    auc_ratio_at_high: float


class PhenoconversionAnswer(Answer):
    """The activity of a genotype, what the other drugs leave of it, and the phenotype that this amounts to."""

    activity: float
    effective_activity: float
    effective_phenotype: str


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
    phenoconversion: dict[str, PhenoconversionAnswer]
    perpetrators: dict[str, PerpetratorAnswer]
    assumed: list[LeewayAnswer]
    run: RunAnswer
    notes: list[str]


def interact_answer(study: Interaction, evidence: Evidence, seconds: float) -> InteractAnswer:
    """The answer of ``reuptake interact``."""
    summary, provenance = study.summary(), study.beside.provenance
    assumed = [
        LeewayAnswer(
            name=record.name, status=record.status, number=record.number, unit=record.unit,
            low=record.spread.low, high=record.spread.high,
            because=record.because, auc_ratio_at_low=leeway.at_low, auc_ratio_at_high=leeway.at_high,
        )
        for leeway in study.leeways
        if (record := leeway.record).spread is not None
    ]  # fmt: skip
    converted = {
        one.gene: PhenoconversionAnswer(
            activity=one.activity, effective_activity=one.effective_activity,
            effective_phenotype=one.effective_phenotype,
        )
        for one in study.phenoconversions(evidence)
    }  # fmt: skip
    notes = [*study.cautions(evidence), *summary.pop("notes"), *provenance["notes"], provenance["use"]]
    return InteractAnswer.model_validate(
        summary
        | {"assumed": assumed, "phenoconversion": converted, "run": run_answer(provenance, seconds), "notes": notes}
    )
