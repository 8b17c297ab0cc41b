"""The answer of ``sensitivity``."""

from __future__ import annotations

import math

from reuptake.calibration.sensitivity.ranges import Factor
from reuptake.calibration.sensitivity.study import Sensitivity
from reuptake.reports.answers.shapes import Answer, RunAnswer, run_answer

__all__ = [
    "EffectAnswer", "OutputAnswer", "ParameterAnswer", "SensitivityAnswer", "sensitivity_answer",
]  # fmt: skip


class OutputAnswer(Answer):
    """One output: with all parameters as in use, whether effects are of its logarithm, how many samples told it."""

    value: float
    unit: str
    logarithm: bool
    samples_used: int


class ParameterAnswer(Answer):
    """One parameter that was varied, and within what; `origin` is ``spread``, ``between subjects`` or ``factor``."""

    number: float
    unit: str
    status: str
    origin: str
    distribution: str
    p05: float
    p95: float


class EffectAnswer(Answer):
    """What one parameter does to one output; only what the method tells is there.

    The output at both ends of the parameter's range, all others as in use; the elasticity (local); µ*, its
    confidence, µ and σ (morris); total and first-order index with the half-widths of their 95 % intervals (sobol).
    """

    at_p05: float | None
    at_p95: float | None
    elasticity: float | None = None
    mu_star: float | None = None
    mu_star_confidence: float | None = None
    mu: float | None = None
    sigma: float | None = None
    total: float | None = None
    total_confidence: float | None = None
    first: float | None = None
    first_confidence: float | None = None


class SensitivityAnswer(Answer):
    """Which numbers a simulation hangs on; in `effects` the parameter that matters most comes first."""

    compound: str
    method: str
    outputs: dict[str, OutputAnswer]
    parameters: dict[str, ParameterAnswer]
    effects: dict[str, dict[str, EffectAnswer]]
    idle: list[str]
    held: list[str]
    samples: int | None
    runs: int
    run: RunAnswer
    notes: list[str]


def sensitivity_answer(found: Sensitivity, seconds: float) -> SensitivityAnswer:
    """The answer of ``reuptake sensitivity``."""
    method, effects = found.effects.method, found.effects
    return SensitivityAnswer(
        compound=found.request.compound, method=method,
        outputs={
            name: OutputAnswer(
                value=float(found.swings.centre[i]), unit=found.units[i],
                logarithm=method == "local" or found.scale.logarithmic[effects.outputs[i]],
                samples_used=int(effects.used[i]),
            )
            for i, name in enumerate(found.outputs)
        },
        parameters={factor.name: _parameter(factor) for factor in found.factors},
        effects={
            name: {found.factors[j].name: _effect(found, i, j) for j in effects.ranked(i)}
            for i, name in enumerate(found.outputs)
        },
        idle=list(found.idle), held=list(found.held), samples=None if method == "local" else effects.asked,
        runs=found.rows, run=run_answer(found.provenance, seconds),
        notes=[*found.notes, *found.provenance["notes"], found.provenance["use"]],
    )  # fmt: skip


def _parameter(factor: Factor) -> ParameterAnswer:
    low, high = factor.range.ends
    return ParameterAnswer(
        number=factor.number, unit=factor.unit, status=factor.status, origin=factor.origin,
        distribution=factor.range.told(), p05=low, p95=high,
    )  # fmt: skip


def _effect(found: Sensitivity, output: int, parameter: int) -> EffectAnswer:
    numbers = {
        "at_p05": found.swings.low, "at_p95": found.swings.high, **found.effects.columns,
    }  # fmt: skip
    told = {name: float(part[output, parameter]) for name, part in numbers.items()}
    return EffectAnswer.model_validate({name: value if math.isfinite(value) else None for name, value in told.items()})
