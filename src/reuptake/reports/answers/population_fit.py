"""The answer of ``fit`` for a file with ``between``: a population."""

from __future__ import annotations

from reuptake.calibration.mixed.estimate import Subject
from reuptake.calibration.mixed.fit import Level, PopulationFit, PopulationValue
from reuptake.reports.answers.fit import RecordAnswer, record_answer
from reuptake.reports.answers.shapes import Answer, Gaps
from reuptake.simulation.provenance import USE

__all__ = ["IndividualFitAnswer", "LevelAnswer", "NumberAnswer", "PopulationFitAnswer", "population_fit_answer"]


class NumberAnswer(Answer):
    """One number with its standard errors and the ends of its 95 % interval, null where it cannot have them.

    `relative_error` is the standard error over the number, `robust_error` that of the sandwich. `shrinkage` is that of
    η, and null but for variation between subjects.
    """

    name: str
    value: float | None
    unit: str
    error: float | None
    robust_error: float | None
    relative_error: float | None
    low: float | None
    high: float | None
    shrinkage: float | None


class IndividualFitAnswer(Answer):
    """One subject: the likeliest η with its conditional standard deviation, and values there, by quantity."""

    subject: str
    eta: dict[str, float | None]
    conditional_sd: dict[str, float | None]
    values: dict[str, float | None]


class LevelAnswer(Answer):
    """One level (ng/mL) at some time (h): measured, as of a typical subject, as of that subject; `residual` in SD."""

    subject: str
    period: str
    output: str
    time: float
    observed: float | None
    population: float | None
    individual: float | None
    residual: float | None


class PopulationFitAnswer(Answer):
    """What a population came to.

    `objective` is NONMEM's objective function value, `between` holds coefficients of variation, `residual` standard
    deviations.
    """

    fit: str
    method: str
    outcome: str
    objective: float | None
    minus_two_log_likelihood: float | None
    subjects: int
    observations: int
    typical: list[NumberAnswer]
    between: list[NumberAnswer]
    correlations: list[NumberAnswer]
    residual: list[NumberAnswer]
    residual_shrinkage: float | None
    individuals: list[IndividualFitAnswer]
    rows: list[LevelAnswer]
    records: list[RecordAnswer]
    notes: list[str]


def population_fit_answer(found: PopulationFit) -> PopulationFitAnswer:
    """The answer of ``reuptake fit`` for a population."""
    gaps, estimate = Gaps(), found.estimate
    shrinkage = dict(estimate.eta_shrinkage)
    answer = PopulationFitAnswer(
        fit=found.name, method=found.method, outcome=estimate.outcome,
        objective=gaps.number(estimate.objective, "objective", "the fit"),
        minus_two_log_likelihood=gaps.number(estimate.minus_two_log_likelihood, "likelihood", "the fit"),
        subjects=len(estimate.subjects), observations=estimate.observations,
        typical=[_number(one, gaps) for one in found.of("typical")],
        between=[_number(one, gaps, shrinkage[one.name]) for one in found.of("between")],
        correlations=[_number(one, gaps) for one in found.of("correlation")],
        residual=[_number(one, gaps) for one in found.of("residual")],
        residual_shrinkage=gaps.number(estimate.residual_shrinkage, "residual shrinkage", "the fit"),
        individuals=[_individual(one, found, gaps) for one in estimate.subjects],
        rows=[_level(one, gaps) for one in found.levels],
        records=[record_answer(one, gaps) for one in found.records],
        notes=[],
    )  # fmt: skip
    return answer.model_copy(update={"notes": [*found.notes, *gaps.notes, USE]})


def _number(one: PopulationValue, gaps: Gaps, shrinkage: float | None = None) -> NumberAnswer:
    return NumberAnswer(
        name=one.name, value=gaps.number(one.number, "value", one.name), unit=one.unit,
        error=gaps.number(one.error, "standard error", one.name),
        robust_error=gaps.number(one.robust_error, "robust standard error", one.name),
        relative_error=gaps.number(one.relative_error, "relative error", one.name),
        low=gaps.number(one.low, "end of the interval", one.name),
        high=gaps.number(one.high, "end of the interval", one.name),
        shrinkage=gaps.number(shrinkage, "shrinkage", one.name),
    )  # fmt: skip


def _individual(one: Subject, found: PopulationFit, gaps: Gaps) -> IndividualFitAnswer:
    population = found.estimate.population
    etas, names = population.spread.names, [parameter.name for parameter in population.parameters]

    def told(keys: tuple[str, ...] | list[str], numbers: list[float], kind: str) -> dict[str, float | None]:
        return {key: gaps.number(number, kind, one.name) for key, number in zip(keys, numbers, strict=True)}

    return IndividualFitAnswer(
        subject=one.name, eta=told(etas, one.eta.tolist(), "eta"),
        conditional_sd=told(etas, one.conditional_sd.tolist(), "conditional standard deviation"),
        values=told(names, one.parameters.tolist(), "value"),
    )  # fmt: skip


def _level(one: Level, gaps: Gaps) -> LevelAnswer:
    return LevelAnswer(
        subject=one.subject, period=one.period, output=one.output, time=one.time,
        observed=gaps.number(one.observed, "observed", one.subject),
        population=gaps.number(one.population, "population prediction", one.subject),
        individual=gaps.number(one.individual, "individual prediction", one.subject),
        residual=gaps.number(one.residual, "residual", one.subject),
    )  # fmt: skip
