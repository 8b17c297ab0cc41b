"""The answer about one person: what measured levels say of her or his parameters, and of levels to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reuptake.reports.answers.shapes import Answer, Gaps, Quantity
from reuptake.simulation.provenance import USE

__all__ = [
    "Curve",
    "Estimate",
    "Forecast",
    "ForecastAnswer",
    "Individual",
    "IndividualAnswer",
    "IndividualParameterAnswer",
    "Level",
    "LevelAnswer",
    "LevelAtAnswer",
    "Spread",
    "individual_answer",
]

Array = NDArray[np.float64]
Spread = tuple[float, float, float]  # median, 5 % and 95 %


@dataclass(frozen=True)
class Estimate:
    """One parameter of one person beside the typical one.

    `low` and `high` enclose 90 %; `shrinkage` is 1 − the variance of the person's estimate explained by the levels,
    one where they say nothing and nought where they say all, None where nobody computed it.
    """

    name: str
    typical: float
    estimate: float
    low: float
    high: float
    unit: str
    shrinkage: float | None = None


@dataclass(frozen=True)
class Level:
    """One measured level (of an analyte, at a time in h) and what the person's own curve has there."""

    time: float
    analyte: str
    observed: float
    predicted: float
    unit: str


@dataclass(frozen=True)
class Curve:
    """Levels of one analyte over time: the person's, its 90 % band, and that of the typical person (time,)."""

    analyte: str
    unit: str
    times: Array  # h
    estimate: Array
    low: Array
    high: Array
    typical: Array


@dataclass(frozen=True)
class Forecast:
    """Levels of one analyte that a regimen would give the person; `at` by time (h). All in one unit."""

    dose: str
    every: str
    analyte: str
    unit: str
    cavg: Spread
    cmin: Spread
    cmax: Spread
    at: tuple[tuple[float, Spread], ...] = ()


@dataclass(frozen=True)
class Individual:
    """All that is told of one person, a curve for each analyte; `doses` are when doses were taken (h)."""

    name: str
    parameters: tuple[Estimate, ...]
    levels: tuple[Level, ...]
    curves: tuple[Curve, ...]
    forecasts: tuple[Forecast, ...] = ()
    doses: tuple[float, ...] = ()
    notes: tuple[str, ...] = field(default=())


class IndividualParameterAnswer(Answer):
    """One parameter: the typical person's, this person's with its 90 % interval, and its shrinkage."""

    name: str
    typical: float | None
    estimate: float | None
    low: float | None
    high: float | None
    unit: str
    shrinkage: float | None


class LevelAnswer(Answer):
    """A measured level and the person's own curve there; time in h."""

    time: float | None
    analyte: str
    observed: float | None
    predicted: float | None
    unit: str


class LevelAtAnswer(Answer):
    """A level to come, at a time in h."""

    time: float
    level: Quantity | None


class ForecastAnswer(Answer):
    """What a regimen would give the person, over its last interval."""

    dose: str
    every: str
    analyte: str
    cavg: Quantity | None
    cmin: Quantity | None
    cmax: Quantity | None
    at: list[LevelAtAnswer]


class IndividualAnswer(Answer):
    """What measured levels say of one person."""

    analytes: list[str]
    parameters: list[IndividualParameterAnswer]
    levels: list[LevelAnswer]
    predictions: list[ForecastAnswer]
    notes: list[str]


def individual_answer(found: Individual) -> IndividualAnswer:
    """The answer about one person."""
    gaps = Gaps()
    analytes = [*(one.analyte for one in found.levels), *(one.analyte for one in found.curves)]
    answer = IndividualAnswer(
        analytes=list(dict.fromkeys(analytes)),
        parameters=[
            IndividualParameterAnswer(
                name=one.name, typical=gaps.number(one.typical, "typical", one.name),
                estimate=gaps.number(one.estimate, "estimate", one.name), low=gaps.number(one.low, "low", one.name),
                high=gaps.number(one.high, "high", one.name), unit=one.unit,
                shrinkage=gaps.number(one.shrinkage, "shrinkage", one.name),
            )
            for one in found.parameters
        ],
        levels=[
            LevelAnswer(
                time=gaps.number(one.time, "time", one.analyte), analyte=one.analyte,
                observed=gaps.number(one.observed, "observed", f"{one.analyte} at {one.time:g} h"),
                predicted=gaps.number(one.predicted, "predicted", f"{one.analyte} at {one.time:g} h"), unit=one.unit,
            )
            for one in found.levels
        ],
        predictions=[_forecast(one, gaps) for one in found.forecasts], notes=[],
    )  # fmt: skip
    return answer.model_copy(update={"notes": [*found.notes, *gaps.notes, USE]})


def _forecast(one: Forecast, gaps: Gaps) -> ForecastAnswer:
    return ForecastAnswer(
        dose=one.dose, every=one.every, analyte=one.analyte,
        cavg=_quantity(one.cavg, one, "cavg", gaps), cmin=_quantity(one.cmin, one, "cmin", gaps),
        cmax=_quantity(one.cmax, one, "cmax", gaps),
        at=[LevelAtAnswer(time=time, level=_quantity(level, one, "at", gaps)) for time, level in one.at],
    )  # fmt: skip


def _quantity(spread: Sequence[float], one: Forecast, kind: str, gaps: Gaps) -> Quantity | None:
    numbers = [gaps.number(number, kind, f"{one.analyte}, {one.dose} every {one.every}") for number in spread]
    median, p05, p95 = numbers
    if median is None or p05 is None or p95 is None:
        return None
    return Quantity(median=median, p05=p05, p95=p95, unit=one.unit)
