"""The answer about one person: what measured levels say of her or his parameters, and of levels to come."""

from __future__ import annotations

from reuptake.calibration.individual import Estimate, Forecast, Individual, Level, Spread
from reuptake.reports.answers.shapes import Answer, Gaps, Quantity, RunAnswer, run_answer
from reuptake.simulation.provenance import USE

__all__ = [
    "ForecastAnswer", "IndividualAnswer", "IndividualParameterAnswer", "LevelAnswer", "LevelAtAnswer",
    "individual_answer",
]  # fmt: skip


class IndividualParameterAnswer(Answer):
    """One parameter: the typical person's, this person's with its 90 % interval, and what the levels told of it.

    `shrinkage` is posterior over prior variance, `learned` one less that.
    """

    name: str
    typical: float | None
    estimate: float | None
    low: float | None
    high: float | None
    unit: str
    shrinkage: float | None
    learned: float | None
    population_low: float | None
    population_high: float | None


class LevelAnswer(Answer):
    """A measured level and the person's own curve there; time in h since the first dose.

    `band` is what would be measured there again, `population` what was to be expected without levels, and `z` how many
    standard deviations of that the level lies off.
    """

    time: float | None
    analyte: str
    observed: float | None
    predicted: float | None
    unit: str
    band: Quantity | None
    population: Quantity | None
    z: float | None


class LevelAtAnswer(Answer):
    """A level to come, at a time in h."""

    time: float
    level: Quantity | None


class ForecastAnswer(Answer):
    """What a regimen would give the person over its last interval, and what it would give such people at large."""

    dose: str
    every: str
    analyte: str
    cavg: Quantity | None
    cmin: Quantity | None
    cmax: Quantity | None
    population: dict[str, Quantity | None]
    at: list[LevelAtAnswer]


class IndividualAnswer(Answer):
    """What measured levels say of one person; `sigma` is the SD of the logarithm of a level that was assumed."""

    analytes: list[str]
    parameters: list[IndividualParameterAnswer]
    levels: list[LevelAnswer]
    predictions: list[ForecastAnswer]
    uninformed: list[str]
    sigma: float | None
    draws: int | None
    run: RunAnswer | None
    notes: list[str]


def individual_answer(found: Individual, seconds: float = 0.0) -> IndividualAnswer:
    """The answer about one person."""
    gaps = Gaps()
    analytes = [*(one.analyte for one in found.levels), *(one.analyte for one in found.curves)]
    answer = IndividualAnswer(
        analytes=list(dict.fromkeys(analytes)),
        parameters=[_parameter(one, gaps) for one in found.parameters],
        levels=[_level(one, gaps) for one in found.levels],
        predictions=[_forecast(one, gaps) for one in found.forecasts],
        uninformed=list(found.uninformed), sigma=found.log_sd, draws=found.draws,
        run=run_answer(found.provenance, seconds) if found.provenance else None, notes=[],
    )  # fmt: skip
    return answer.model_copy(update={"notes": [*found.notes, *gaps.notes, USE]})


def _parameter(one: Estimate, gaps: Gaps) -> IndividualParameterAnswer:
    def number(value: float | None, kind: str) -> float | None:
        return gaps.number(value, kind, one.name)

    low, high = one.population or (None, None)
    return IndividualParameterAnswer(
        name=one.name, typical=number(one.typical, "typical"), estimate=number(one.estimate, "estimate"),
        low=number(one.low, "low"), high=number(one.high, "high"), unit=one.unit,
        shrinkage=number(one.shrinkage, "shrinkage"), learned=number(one.learned, "learned"),
        population_low=number(low, "population_low"), population_high=number(high, "population_high"),
    )  # fmt: skip


def _level(one: Level, gaps: Gaps) -> LevelAnswer:
    whose = f"{one.analyte} at {one.time:g} h"
    return LevelAnswer(
        time=gaps.number(one.time, "time", one.analyte), analyte=one.analyte,
        observed=gaps.number(one.observed, "observed", whose),
        predicted=gaps.number(one.predicted, "predicted", whose), unit=one.unit,
        band=_quantity(one.band, one.unit, "band", whose, gaps),
        population=_quantity(one.population, one.unit, "population", whose, gaps), z=gaps.number(one.z, "z", whose),
    )  # fmt: skip


def _forecast(one: Forecast, gaps: Gaps) -> ForecastAnswer:
    def quantity(spread: Spread | None, kind: str) -> Quantity | None:
        return _quantity(spread, one.unit, kind, f"{one.analyte}, {one.dose} every {one.every}", gaps)

    return ForecastAnswer(
        dose=one.dose, every=one.every, analyte=one.analyte,
        cavg=quantity(one.cavg, "cavg"), cmin=quantity(one.cmin, "cmin"), cmax=quantity(one.cmax, "cmax"),
        population={kind: quantity(spread, f"population's {kind}") for kind, spread in one.population.items()},
        at=[LevelAtAnswer(time=time, level=quantity(level, "at")) for time, level in one.at],
    )  # fmt: skip


def _quantity(spread: Spread | None, unit: str, kind: str, whose: str, gaps: Gaps) -> Quantity | None:
    if spread is None:
        return None
    median, p05, p95 = (gaps.number(number, kind, whose) for number in spread)
    if median is None or p05 is None or p95 is None:
        return None
    return Quantity(median=median, p05=p05, p95=p95, unit=unit)
