"""The shape of every JSON answer, shared by the command line and whatever else answers.

Levels in ng/mL, areas in ng·h/mL, times in h, occupancies as fractions, amounts in nmol.
A quantity over subjects is ``{median, p05, p95, unit}``; what cannot be computed is null,
with the reason in ``notes``. Keys are only ever added.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict

from reuptake.evidence.base import Evidence
from reuptake.evidence.claims import Claim
from reuptake.evidence.records import Record
from reuptake.experiments.interaction import Interaction
from reuptake.qualification.bench import Bench
from reuptake.qualification.course import ACCURACY, DOSE, INTERVAL
from reuptake.qualification.folds import Folds, tightest_band
from reuptake.qualification.speed import OURS, REFERENCE, Measurement
from reuptake.qualification.validation import Compared, Validation
from reuptake.trajectories import Measures, Trajectories

__all__ = [
    "BenchAnswer",
    "EvidenceAnswer",
    "ExplainAnswer",
    "InteractAnswer",
    "SimulateAnswer",
    "ValidateAnswer",
    "bench_answer",
    "evidence_answer",
    "interact_answer",
    "simulate_answer",
    "validate_answer",
]

NOT_YET = {
    "transmitters": "transmitters are not modelled yet",
    "adaptation": "adaptation is not modelled yet",
    "effects": "effects are not modelled yet",
}


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(extra="forbid")

    def text(self) -> str:
        """The answer as one JSON object, in ASCII: no terminal or pipe can spoil it."""
        return json.dumps(self.model_dump(mode="json"), indent=2, allow_nan=False)


class ClaimAnswer(Answer):
    """One claim, with its sources spelled out."""

    id: str
    row: str
    subject: str
    statement: str
    target: str | None
    action: str | None
    outcome: str | None
    correlate: str | None
    direction: str | None
    grade: str
    tested_by: list[str]
    sources: list[str]
    references: list[str]
    note: str


class ValueAnswer(Answer):
    """One record."""

    name: str
    number: float
    unit: str
    status: str
    source: str
    via: str
    locator: str
    because: str
    spread: dict[str, Any] | None
    use: bool
    reference: str
    place: str


class EvidenceAnswer(Answer):
    """What is known, by whom."""

    claims: list[ClaimAnswer]
    values: list[ValueAnswer]
    notes: list[str]


class UsedByAnswer(Answer):
    """One equation in which a parameter stands."""

    system: str
    where: str
    equation: str


class ResponseAnswer(Answer):
    """Change of a summary, in per cent, when the parameter grows by ten per cent."""

    output: str
    percent: float


class ExplainAnswer(Answer):
    """One parameter: records, rivals, where it enters, what would change."""

    name: str
    records: list[ValueAnswer]
    used_by: list[UsedByAnswer]
    responses: list[ResponseAnswer]
    claims: list[ClaimAnswer]
    notes: list[str]


class Quantity(Answer):
    """A quantity over subjects; for one subject all three are equal."""

    median: float
    p05: float
    p95: float
    unit: str


class Fraction(Answer):
    """A pure number over subjects."""

    median: float
    p05: float
    p95: float


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


class RunAnswer(Answer):
    """What identifies the run."""

    seed: int
    backend: str
    hash: str
    seconds: float
    version: str


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


class SettingAnswer(Answer):
    """One tool at one setting; the error is null where it gave nothing. `ratio` is its time over ours at our best."""

    tool: str
    setting: str
    variant: str
    relative: float
    absolute: float
    ms_per_subject: float
    error: float | None
    ratio: float | None


class BenchAnswer(Answer):
    """Speed against peers at equal accuracy; times in ms a subject unless a key says seconds.

    `rows` holds the settings that meet the accuracy, `work_precision` all that were tried,
    `ratio` a peer's time over ours, each at its fastest.
    """

    rows: list[SettingAnswer]
    ratio: dict[str, float]
    work_precision: list[SettingAnswer]
    problem: dict[str, Any]
    reference: dict[str, Any]
    scaling: dict[str, list[dict[str, Any]]]
    cold_start: list[dict[str, Any]]
    rate: dict[str, Any] | None
    machine: dict[str, Any]
    versions: dict[str, str]
    seconds: float
    notes: list[str]


class FoldsAnswer(Answer):
    """What rows come to; low and high bound the GMFE by study (95 %), bias is the geometric mean ratio."""

    rows: int
    studies: int
    gmfe: float
    low: float | None
    high: float | None
    bias: float
    within_1_25: float
    within_1_5: float
    within_2: float


class ComparedAnswer(Answer):
    """One observation beside its prediction; `within` is the narrowest band, null outside two-fold."""

    study: str
    role: str
    domain: str
    compound: str
    arm: str
    analyte: str
    quantity: str
    relative_to: str | None
    relative_to_analyte: str | None
    observed: float
    predicted: float
    ratio: float
    unit: str
    n: int | None
    within: float | None
    guest_low: float | None
    guest_high: float | None
    within_guest: bool | None
    because: str


class DirectionAnswer(Answer):
    """More, less or the same as another arm: what the study found, and what the model gives."""

    study: str
    claim: str
    expected: str
    predicted: str
    holds: bool
    role: str


class ExcludedAnswer(Answer):
    """What was not answered, and why; arm and analyte are empty where a whole study is meant."""

    study: str
    role: str
    arm: str
    analyte: str
    quantity: str
    because: str


class StudyEffectAnswer(Answer):
    """Mean ln(predicted/observed) of the exposures to a compound in a study."""

    study: str
    role: str
    compound: str
    effect: float
    n: int


class ValidateAnswer(Answer):
    """Published studies against the model.

    `rows` count, `reported` are shown and do not; `gmfe` is by role, `gmfe_by` by what was given and role;
    the three shares are over all rows, `within` by role. `summary`, `compounds` and `domains` hold more of each.
    """

    rows: list[ComparedAnswer]
    reported: list[ComparedAnswer]
    directions: list[DirectionAnswer]
    excluded: list[ExcludedAnswer]
    gmfe: dict[str, float | None]
    gmfe_by: dict[str, dict[str, float | None]]
    within_1_25: float | None
    within_1_5: float | None
    within_2: float | None
    within: dict[str, dict[str, float | None]]
    summary: dict[str, FoldsAnswer | None]
    compounds: dict[str, dict[str, FoldsAnswer | None]]
    domains: dict[str, dict[str, FoldsAnswer | None]]
    study_effects: list[StudyEffectAnswer]
    run: dict[str, Any]
    notes: list[str]


def simulate_answer(result: Trajectories | Measures, seconds: float) -> SimulateAnswer:
    """The answer of ``reuptake simulate``: the same for curves and for what they come to."""
    summary, provenance = result.summary(), result.provenance
    identity = _run(provenance, seconds)
    notes = [*summary.pop("notes"), *provenance["notes"], *NOT_YET.values(), provenance["use"]]
    missing = dict.fromkeys(NOT_YET)
    return SimulateAnswer.model_validate(summary | missing | {"run": identity, "notes": notes})


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
        summary | {"assumed": assumed, "run": _run(provenance, seconds), "notes": notes}
    )


def _run(provenance: Mapping[str, Any], seconds: float) -> RunAnswer:
    request = provenance["request"]
    return RunAnswer(
        seed=request["seed"], backend=request["backend"], hash=provenance["hash"], seconds=round(seconds, 3),
        version=provenance["version"],
    )  # fmt: skip


def evidence_answer(claims: list[Claim], records: list[Record], evidence: Evidence, notes: list[str]) -> EvidenceAnswer:
    """The answer of ``reuptake evidence``."""
    return EvidenceAnswer(
        claims=[claim_answer(claim, evidence) for claim in claims],
        values=[value_answer(record, evidence) for record in records],
        notes=notes,
    )


def claim_answer(claim: Claim, evidence: Evidence) -> ClaimAnswer:
    """One claim as an answer."""
    fields = claim.model_dump(include=set(ClaimAnswer.model_fields))
    fields |= {"sources": list(claim.sources), "tested_by": list(claim.tested_by)}
    return ClaimAnswer(**fields, references=[evidence.reference(key) for key in claim.sources])


def value_answer(record: Record, evidence: Evidence) -> ValueAnswer:
    """One record as an answer."""
    fields = record.model_dump(include=set(ValueAnswer.model_fields))
    reference = evidence.reference(record.source) if record.source else ""
    if record.via:
        reference += f" As given in: {evidence.reference(record.via)}"
    place = evidence.places.get(record.name, "") if record.use else ""
    return ValueAnswer(**fields, reference=reference, place=place)


def bench_answer(found: Bench) -> BenchAnswer:
    """The answer of ``reuptake bench``."""
    comparison, course = found.comparison, found.course
    ours = min((row.ms_per_subject for row in comparison.best if row.tool == OURS), default=None)
    reference = comparison.reference
    return BenchAnswer(
        rows=[_setting_answer(row, ours) for row in comparison.rows()],
        ratio=comparison.ratios,
        work_precision=[_setting_answer(row, ours) for row in comparison.sweep],
        problem={
            "model": course.system.name, "states": len(course.system.states), "outputs": len(course.system.outputs),
            "dose": DOSE, "every": INTERVAL, "for": found.extent.duration,
            "doses": len(course.doses), "times": len(course.grid),
            "accuracy": ACCURACY, "subjects": found.many, "subjects_of_peers": found.extent.plan.few,
            "seed": course.seed, "backend": course.backend,
        },
        reference={
            "relative": REFERENCE, "confirmed_by": reference.confirmed_by,
            "agreement": reference.agreement if math.isfinite(reference.agreement) else None,
        },
        scaling={
            "subjects": [asdict(point) for point in found.sizes],
            "threads": [asdict(point) for point in found.threads],
            "states": [asdict(point) for point in found.states],
        },
        cold_start=[asdict(start) for start in found.starts],
        rate=asdict(found.rate) if found.rate else None,
        machine=asdict(found.machine),
        versions=found.versions,
        seconds=round(found.seconds, 1),
        notes=list(found.notes),
    )  # fmt: skip


def _setting_answer(row: Measurement, ours: float | None) -> SettingAnswer:
    return SettingAnswer(
        tool=row.tool, setting=row.setting, variant=row.variant, relative=row.relative, absolute=row.absolute,
        ms_per_subject=row.ms_per_subject, error=row.error if math.isfinite(row.error) else None,
        ratio=row.ms_per_subject / ours if ours else None,
    )  # fmt: skip


def validate_answer(found: Validation, commit: str | None = None) -> ValidateAnswer:
    """The answer of ``reuptake validate``."""
    from importlib.metadata import version

    def told(compound: str | None = None, domain: str | None = None) -> dict[str, FoldsAnswer | None]:
        roles = {role: found.folds(role=role, compound=compound, domain=domain) for role in found.roles}
        whole = found.folds(compound=compound, domain=domain)
        return {name: _folds_answer(own) for name, own in (*roles.items(), ("all", whole))}

    summary, compounds = told(), {name: told(compound=name) for name in found.compounds}
    shares = ("within_1_25", "within_1_5", "within_2")
    return ValidateAnswer(
        rows=[_compared_answer(row) for row in found.rows],
        reported=[_compared_answer(row) for row in found.reported],
        directions=[
            DirectionAnswer(
                study=d.question.study.id, claim=d.claim, expected=d.expected, predicted=d.predicted,
                holds=d.holds, role=d.question.study.role,
            )
            for d in found.directions
        ],
        excluded=[ExcludedAnswer(**asdict(excluded)) for excluded in found.excluded],
        gmfe={role: _of(summary[role], "gmfe") for role in found.roles},
        gmfe_by={name: {key: _of(own, "gmfe") for key, own in table.items()} for name, table in compounds.items()},
        within={role: {share: _of(summary[role], share) for share in shares} for role in found.roles},
        summary=summary, compounds=compounds, domains={name: told(domain=name) for name in found.domains},
        study_effects=[StudyEffectAnswer(**asdict(effect)) for effect in found.study_effects()],
        run={
            "commit": commit, "version": version("reuptake"), "evidence": found.evidence,
            "seconds": round(found.seconds, 1),
        },
        notes=list(found.notes),
        **{share: _of(summary["all"], share) for share in shares},
    )  # fmt: skip


def _of(own: FoldsAnswer | None, key: str) -> float | None:
    return None if own is None else float(getattr(own, key))


def _folds_answer(own: Folds | None) -> FoldsAnswer | None:
    if own is None:
        return None
    low, high = (own.interval.low, own.interval.high) if own.interval else (None, None)
    return FoldsAnswer(
        rows=own.rows, studies=own.studies, gmfe=own.gmfe, low=low, high=high, bias=own.bias,
        within_1_25=own.within[1.25], within_1_5=own.within[1.5], within_2=own.within[2.0],
    )  # fmt: skip


def _compared_answer(row: Compared) -> ComparedAnswer:
    question, o, limits = row.question, row.question.observation, row.limits
    return ComparedAnswer(
        study=question.study.id, role=question.study.role, domain=question.domain, compound=question.compound,
        arm=o.arm, analyte=o.analyte or "", quantity=o.quantity, relative_to=o.relative_to,
        relative_to_analyte=o.relative_to_analyte,
        observed=row.observed, predicted=row.predicted, ratio=row.ratio, unit=o.unit,
        n=question.arm.n or question.study.n, within=tightest_band(row.ratio),
        guest_low=limits.low if limits else None, guest_high=limits.high if limits else None,
        within_guest=limits.hold(row.predicted) if limits else None, because=question.because,
    )  # fmt: skip
