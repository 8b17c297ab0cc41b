"""The answer of ``validate``."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from reuptake.qualification.folds import Folds, tightest_band
from reuptake.qualification.validation import Compared, Validation
from reuptake.reports.answers.shapes import Answer

__all__ = [
    "ComparedAnswer",
    "DirectionAnswer",
    "ExcludedAnswer",
    "FoldsAnswer",
    "StudyEffectAnswer",
    "ValidateAnswer",
    "validate_answer",
]


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

    `rows` count and are of man, `animals` are those of rats and mice, `species` says what each come to; `reported`
    are shown and do not count. `gmfe` is by role, `gmfe_by` by what was given and role; the three shares are over
    calibration and validation together, `within` by role. `summary`, `compounds` and `domains` hold more of each.
    """

    rows: list[ComparedAnswer]
    reported: list[ComparedAnswer]
    animals: list[ComparedAnswer]
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
    species: dict[str, dict[str, FoldsAnswer | None]]
    study_effects: list[StudyEffectAnswer]
    run: dict[str, Any]
    notes: list[str]


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
        animals=[_compared_answer(row) for row in found.animals],
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
        species={
            name: {role: _folds_answer(found.folds_of(name, role)) for role in found.roles} for name in found.species
        },
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
