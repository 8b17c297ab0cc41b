"""The answer of ``fit``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.least_squares import Fitted
from reuptake.calibration.parameters import Parameter
from reuptake.calibration.profile import Profile
from reuptake.calibration.results import Calibration, Value
from reuptake.reports.answers.shapes import Answer, Gaps, named
from reuptake.simulation.provenance import USE

__all__ = [
    "CLOSE",
    "CorrelationAnswer",
    "FitAnswer",
    "ParameterAnswer",
    "ProfileAnswer",
    "RecordAnswer",
    "RowAnswer",
    "StartAnswer",
    "asked",
    "correlation",
    "fit_answer",
    "record_answer",
]

Array = NDArray[np.float64]
CLOSE = 0.01  # of cost above the best: a start that ends so near has reached it (χ² 0.02, of 3.84 that would matter)
STRONG = 0.5  # correlations above this, either way, are listed


class ParameterAnswer(Answer):
    """One quantity that was moved. `low` and `high` are the ends of its 95 % interval, null where that is open.

    `log_error` is the standard error of the logarithm, `told` whether the data tell it, `reason` why.
    """

    name: str
    value: float | None
    unit: str
    status: str
    low: float | None
    high: float | None
    log_error: float | None
    told: str | None
    reason: str
    start: float
    bound_low: float
    bound_high: float


class RecordAnswer(Answer):
    """One evidence record that the fit gives, whether it was moved itself or follows from what was."""

    name: str
    number: float | None
    unit: str
    status: str
    low: float | None
    high: float | None
    log_error: float | None
    note: str


class RowAnswer(Answer):
    """One number that was to be explained; `residual` is weighted, in standard deviations; `time` in h."""

    group: str
    label: str
    time: float | None
    observed: float | None
    predicted: float | None
    unit: str
    residual: float | None


class CorrelationAnswer(Answer):
    """Correlation of the estimates of two parameters, on the search scale."""

    a: str
    b: str
    r: float


class ProfileAnswer(Answer):
    """Twice the cost above the least, at values where one parameter was held; its ends are where it meets its limit."""

    values: list[float | None]
    rises: list[float | None]
    low: float | None
    high: float | None


class StartAnswer(Answer):
    """Where one start ended."""

    cost: float | None
    outcome: str
    iterations: int


class MarginalAnswer(Answer):
    """What the sampled posterior says of one quantity; `low` and `high` enclose 90 %."""

    name: str
    unit: str
    mean: float | None
    sd: float | None
    low: float | None
    median: float | None
    high: float | None
    r_hat: float | None
    ess_bulk: float | None
    ess_tail: float | None


class FitAnswer(Answer):
    """What a fit came to.

    `converged` is how many starts reached the best cost, `inflation` by how much the mean square of residuals exceeds
    one, `freedom` residuals less parameters, `fold_error` the geometric mean fold error of rows. `chi2` (Σz²) and
    `log_likelihood` (without priors) are those that PEtab defines, null of any other fit. `posterior` is null unless it
    was sampled.
    """

    fit: str
    converged: int
    cost: float | None
    freedom: int
    inflation: float | None
    fold_error: float | None
    parameters: list[ParameterAnswer]
    records: list[RecordAnswer]
    effects: dict[str, float | None]
    rows: list[RowAnswer]
    correlations: list[CorrelationAnswer]
    profiles: dict[str, ProfileAnswer]
    starts: list[StartAnswer]
    chi2: float | None
    log_likelihood: float | None
    posterior: list[MarginalAnswer] | None
    notes: list[str]


def fit_answer(found: Calibration) -> FitAnswer:
    """The answer of ``reuptake fit``."""
    gaps, fitted = Gaps(), found.fitted
    starts = [
        StartAnswer(
            cost=gaps.number(down.costs[-1], "final cost", f"start {i + 1}"), outcome=down.outcome,
            iterations=len(down.costs) - 1,
        )
        for i, down in enumerate(fitted.descents)
    ]  # fmt: skip
    cost = gaps.number(fitted.cost, "cost", "the best place")
    answer = FitAnswer(
        fit=found.name, cost=cost, freedom=fitted.freedom,
        converged=0 if cost is None else sum(s.cost is not None and s.cost <= cost + CLOSE for s in starts),
        inflation=gaps.number(fitted.inflation, "inflation", "the fit"),
        fold_error=gaps.number(found.fold_error, "fold_error", "the fit"),
        parameters=_parameters(found, gaps),
        records=[record_answer(value, gaps) for value in found.values if value.status != "moved"],
        effects={label: gaps.number(factor, "effect", label) for label, factor in found.effects.items()},
        rows=[
            RowAnswer(
                group=row.group, label=row.label, time=gaps.number(row.time, "time", row.label),
                observed=gaps.number(row.observed, "observed", row.label),
                predicted=gaps.number(row.predicted, "predicted", row.label), unit=row.unit,
                residual=gaps.number(row.residual, "residual", row.label),
            )
            for row in found.rows
        ],
        correlations=_correlations(fitted),
        profiles={name: _profile(profile, gaps) for name, profile in found.profiles.items()},
        starts=starts, chi2=found.chi2, log_likelihood=found.log_likelihood,
        posterior=_posterior(found, gaps), notes=[],
    )  # fmt: skip
    open_ended = [one.name for one in answer.parameters if one.low is None or one.high is None]
    told = f"95 % interval of {named(open_ended)}: open on one side or both, low or high is null"
    drawn = found.posterior.notes if found.posterior else ()
    notes = [*found.notes, *drawn, *([told] if open_ended else []), *gaps.notes, USE]
    return answer.model_copy(update={"notes": notes})


def _posterior(found: Calibration, gaps: Gaps) -> list[MarginalAnswer] | None:
    if found.posterior is None:
        return None
    words = ("mean", "sd", "low", "median", "high", "r_hat", "ess_bulk", "ess_tail")
    return [
        MarginalAnswer(
            name=row.name, unit=row.unit,
            **{word: gaps.number(getattr(row, word), word, f"the posterior of {row.name}") for word in words},
        )
        for row in found.posterior.rows
    ]  # fmt: skip


def asked(parameters: Sequence[Parameter]) -> list[int]:
    """Places of the parameters that somebody asks after: all but nuisances."""
    return [j for j, one in enumerate(parameters) if not one.nuisance]


def correlation(fitted: Fitted) -> Array:
    """Correlations (parameter, parameter) of the estimates, nuisances left out; NaN where an error is not finite."""
    chosen = asked(fitted.parameters)
    covariance = fitted.covariance[np.ix_(chosen, chosen)]
    variances = np.diag(covariance)
    errors = np.sqrt(np.where(np.isfinite(variances) & (variances > 0.0), variances, np.nan))
    found: Array = (covariance / np.multiply.outer(errors, errors)).clip(-1.0, 1.0)
    return found


def _parameters(found: Calibration, gaps: Gaps) -> list[ParameterAnswer]:
    values = {value.name: value for value in found.values}
    verdicts = {verdict.name: verdict for verdict in found.verdicts}
    best = found.fitted.values
    answers = []
    for j in asked(found.fitted.parameters):
        one = found.fitted.parameters[j]
        value = values.get(one.name) or Value(one.name, float(best[j]), one.unit, "moved", None, None, None)
        verdict = verdicts.get(one.name)
        answers.append(
            ParameterAnswer(
                name=one.name, value=gaps.number(value.number, "value", one.name), unit=value.unit,
                status=value.status, low=_end(value.low), high=_end(value.high),
                log_error=gaps.number(value.log_error, "log_error", one.name),
                told=verdict.told if verdict else None, reason=verdict.reason if verdict else "",
                start=one.start, bound_low=one.low, bound_high=one.high,
            )
        )  # fmt: skip
    return answers


def record_answer(value: Value, gaps: Gaps) -> RecordAnswer:
    """One evidence record that follows."""
    return RecordAnswer(
        name=value.name, number=gaps.number(value.number, "number", value.name), unit=value.unit,
        status=value.status, low=_end(value.low), high=_end(value.high),
        log_error=gaps.number(value.log_error, "log_error", value.name), note=value.note,
    )  # fmt: skip


def _end(end: float | None) -> float | None:
    """An end of an interval; one that is infinitely far away is open."""
    return end if end is not None and math.isfinite(end) else None


def _correlations(fitted: Fitted) -> list[CorrelationAnswer]:
    """Pairs of parameters that the data tell together rather than apart, the strongest first."""
    names = [fitted.parameters[j].name for j in asked(fitted.parameters)]
    matrix = correlation(fitted)
    strong = [
        CorrelationAnswer(a=names[i], b=names[j], r=float(matrix[i, j]))
        for i, j in combinations(range(len(names)), 2)
        if abs(matrix[i, j]) > STRONG
    ]
    return sorted(strong, key=lambda pair: -abs(pair.r))


def _profile(profile: Profile, gaps: Gaps) -> ProfileAnswer:
    return ProfileAnswer(
        values=[gaps.number(float(value), "values of the profile", profile.name) for value in profile.values],
        rises=[gaps.number(float(rise), "rises of the profile", profile.name) for rise in profile.rises],
        low=_end(profile.low), high=_end(profile.high),
    )  # fmt: skip
