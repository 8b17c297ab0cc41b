"""The shape of every JSON answer, shared by the command line and whatever else answers.

Levels in ng/mL, areas in ng·h/mL, times in h, occupancies as fractions, amounts in nmol.
A quantity over subjects is ``{median, p05, p95, unit}``; what cannot be computed is null,
with the reason in ``notes``. Keys are only ever added.
"""

from __future__ import annotations

import json
import math
from dataclasses import asdict
from typing import Any

from pydantic import BaseModel, ConfigDict

from reuptake.evidence.base import Evidence
from reuptake.evidence.claims import Claim
from reuptake.evidence.records import Record
from reuptake.exchange.analysis import UNITS, Analysis
from reuptake.qualification.bench import Bench
from reuptake.qualification.course import ACCURACY, DOSE, INTERVAL
from reuptake.qualification.speed import OURS, REFERENCE, Measurement
from reuptake.simulation.provenance import USE
from reuptake.trajectories import Measures, Trajectories

__all__ = [
    "BenchAnswer",
    "EvidenceAnswer",
    "ExplainAnswer",
    "NcaAnswer",
    "ProfileAnswer",
    "SimulateAnswer",
    "bench_answer",
    "evidence_answer",
    "nca_answer",
    "simulate_answer",
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


class OccupancyAnswer(Answer):
    """Occupancy of one target over the window."""

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
    occupancy: dict[str, OccupancyAnswer]
    transmitters: dict[str, Any] | None
    adaptation: dict[str, Any] | None
    effects: dict[str, Any] | None
    mass_balance: BalanceAnswer
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


class ProfileAnswer(Answer):
    """Measures of one measured profile; null where not estimable, with the reason among its flags or the notes."""

    id: str
    analyte: str | None
    period: str | None
    treatment: str | None
    route: str
    cmax: float | None
    tmax: float | None
    clast: float | None
    tlast: float | None
    tlag: float | None
    c0: float | None
    auc_last: float | None
    auc_all: float | None
    auc_inf: float | None
    auc_inf_predicted: float | None
    extrapolated: float | None
    back_extrapolated: float | None
    aumc_last: float | None
    aumc_inf: float | None
    mrt: float | None
    lambda_z: float | None
    half_life: float | None
    r2_adjusted: float | None
    lambda_z_points: int | None
    lambda_z_start: float | None
    lambda_z_end: float | None
    span: float | None
    cl: float | None
    cl_f: float | None
    vz: float | None
    vz_f: float | None
    vss: float | None
    auc_tau: float | None
    cavg: float | None
    cmin: float | None
    ctrough: float | None
    fluctuation: float | None
    swing: float | None
    accumulation_index: float | None
    accumulation_ratio: float | None
    dose: float | None
    cmax_per_dose: float | None
    auc_last_per_dose: float | None
    auc_inf_per_dose: float | None
    auc_tau_per_dose: float | None
    samples: int
    quantified: int
    flags: list[str]


class NcaAnswer(Answer):
    """Measured profiles, and the units of their measures; one profile a line, since there may be many."""

    subjects: list[ProfileAnswer]
    units: dict[str, str]
    notes: list[str]

    def text(self) -> str:
        profiles = ",\n".join(map(_ascii, self.subjects))
        rest = f'"units": {json.dumps(self.units)}, "notes": {json.dumps(self.notes)}'
        return f'{{"subjects": [\n{profiles}\n], {rest}}}'


def _ascii(answer: Answer) -> str:
    """An answer on one line; pydantic's own text where that is ASCII, since it is made much faster."""
    text = answer.model_dump_json()
    return text if text.isascii() else json.dumps(answer.model_dump(mode="json"), allow_nan=False)


def simulate_answer(result: Trajectories | Measures, seconds: float) -> SimulateAnswer:
    """The answer of ``reuptake simulate``: the same for curves and for what they come to."""
    summary, provenance = result.summary(), result.provenance
    request = provenance["request"]
    identity = RunAnswer(
        seed=request["seed"], backend=request["backend"], hash=provenance["hash"], seconds=round(seconds, 3),
        version=provenance["version"],
    )  # fmt: skip
    notes = [*summary.pop("notes"), *provenance["notes"], *NOT_YET.values(), provenance["use"]]
    missing = dict.fromkeys(NOT_YET)
    return SimulateAnswer.model_validate(summary | missing | {"run": identity, "notes": notes})


def nca_answer(found: Analysis) -> NcaAnswer:
    """The answer of ``reuptake nca``."""
    units = {name: written for name, written in UNITS.items() if written}
    return NcaAnswer(subjects=[ProfileAnswer(**row) for row in found.rows()], units=units, notes=[*found.notes, USE])


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
