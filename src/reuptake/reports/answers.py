"""The shape of every JSON answer, shared by the command line and whatever else answers.

Levels in ng/mL, areas in ng·h/mL, times in h, occupancies as fractions, amounts in nmol.
A quantity over subjects is ``{median, p05, p95, unit}``; what cannot be computed is null,
with the reason in ``notes``. Keys are only ever added.
"""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict

from reuptake.evidence.base import Evidence
from reuptake.evidence.claims import Claim
from reuptake.evidence.records import Record
from reuptake.trajectories import Measures, Trajectories

__all__ = ["EvidenceAnswer", "ExplainAnswer", "SimulateAnswer", "evidence_answer", "simulate_answer"]

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
