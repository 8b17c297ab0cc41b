"""Answers of ``evidence`` and ``explain``."""

from __future__ import annotations

from typing import Any

from reuptake.evidence.base import Evidence
from reuptake.evidence.claims import Claim
from reuptake.evidence.records import Record
from reuptake.reports.answers.shapes import Answer

__all__ = [
    "ClaimAnswer",
    "EvidenceAnswer",
    "ExplainAnswer",
    "ResponseAnswer",
    "UsedByAnswer",
    "ValueAnswer",
    "claim_answer",
    "evidence_answer",
    "value_answer",
]


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
