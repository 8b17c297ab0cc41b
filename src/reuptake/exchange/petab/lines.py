"""What stands in each table of a PEtab problem, in version 1 and in version 2.

Version 2 knows neither scales of the search nor decadic noise, and its priors are densities of the value itself:

    noise on log₁₀, σ          →  log-normal noise, σ·ln 10
    N(m, s²) of x = ln v       →  log-normal(m + s², s): its 1/v gives s² back, so that the objective stays the same
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from reuptake.errors import InputError
from reuptake.errors import Problem as Trouble
from reuptake.exchange.petab.problem import Observable, Parameter, Problem

__all__ = ["Line", "cell", "tables_1", "tables_2"]

Line = Mapping[str, float | str | None]
TEN = math.log(10.0)
_STRETCH = {"lin": 1.0, "log": 1.0, "log10": TEN}
_PRIORS_2 = {"normal": "normal", "laplace": "laplace", "uniform": "uniform", "logNormal": "log-normal",
             "logLaplace": "log-laplace"}  # fmt: skip


def cell(value: float | str | None) -> str:
    """A value as text, numbers in full."""
    return "" if value is None else value if isinstance(value, str) else repr(float(value))


def tables_1(problem: Problem) -> dict[str, Sequence[Line]]:
    """Lines of each table of version 1."""
    columns = dict.fromkeys(name for one in problem.conditions for name in one.settings)
    return {
        "parameters": [{
            "parameterId": one.id, "parameterName": one.name, "parameterScale": one.scale, "lowerBound": one.low,
            "upperBound": one.high, "nominalValue": one.nominal, "estimate": str(int(one.estimated)),
            "objectivePriorType": one.prior.kind if one.prior else None,
            "objectivePriorParameters": _joined(one.prior.numbers) if one.prior else None,
        } for one in problem.parameters],
        "observables": [{
            "observableId": one.id, "observableName": one.name, "observableFormula": one.formula,
            "observableTransformation": one.transformation, "noiseFormula": one.noise,
            "noiseDistribution": one.distribution,
        } for one in problem.observables],
        "conditions": [
            {"conditionId": one.id, "conditionName": one.name, **{name: one.settings.get(name) for name in columns}}
            for one in problem.conditions
        ],
        "measurements": [{
            "observableId": one.observable, "simulationConditionId": one.condition, "time": one.time,
            "measurement": one.value, "observableParameters": _joined(one.observable_parameters),
            "noiseParameters": _joined(one.noise_parameters), "datasetId": one.dataset,
        } for one in problem.measurements],
    }  # fmt: skip


def tables_2(problem: Problem) -> dict[str, Sequence[Line]]:
    """Lines of each table of version 2.

    Raises
    ------
    InputError
        If a prior cannot be told in version 2.
    """
    plain = {one.id for one in problem.conditions if not one.settings}
    return {
        "parameters": [_parameter_2(one) for one in problem.parameters],
        "observables": [_observable_2(one) for one in problem.observables],
        "conditions": [
            {"conditionId": f"set_{one.id}", "targetId": name, "targetValue": value}
            for one in problem.conditions for name, value in one.settings.items()
        ],
        "experiments": [
            {"experimentId": one.id, "time": 0.0, "conditionId": f"set_{one.id}"}
            for one in problem.conditions if one.settings
        ],
        "measurements": [{
            "observableId": one.observable, "experimentId": None if one.condition in plain else one.condition,
            "time": one.time, "measurement": one.value, "observableParameters": _joined(one.observable_parameters),
            "noiseParameters": _joined(one.noise_parameters), "datasetId": one.dataset,
        } for one in problem.measurements],
    }  # fmt: skip


def _parameter_2(one: Parameter) -> Line:
    kind, numbers = _prior_2(one) if one.prior else (None, None)
    return {
        "parameterId": one.id, "parameterName": one.name, "lowerBound": one.low, "upperBound": one.high,
        "nominalValue": one.nominal, "estimate": str(one.estimated).lower(), "priorDistribution": kind,
        "priorParameters": _joined(numbers) if numbers else None,
    }  # fmt: skip


def _prior_2(one: Parameter) -> tuple[str, tuple[float, float]]:
    assert one.prior is not None
    kind, (first, second) = one.prior.kind, one.prior.numbers
    if kind in _PRIORS_2:
        return _PRIORS_2[kind], (first, second)
    stretch, plain = _STRETCH[one.scale], kind.removeprefix("parameterScale").lower()
    if one.scale == "lin":
        return plain, (first, second)
    if plain == "normal":
        return "log-normal", (first * stretch + (second * stretch) ** 2, second * stretch)
    if plain == "uniform":
        return "uniform", (math.exp(first * stretch), math.exp(second * stretch))
    raise InputError(Trouble(f"version 2 of PEtab has no prior like {kind} of '{one.id}'", one.where))


def _observable_2(one: Observable) -> Line:
    """Placeholders are named; a logarithm of the noise is the natural one."""
    noise = one.noise if one.transformation != "log10" else f"{TEN!r} * ({one.noise})"
    return {
        "observableId": one.id, "observableName": one.name, "observableFormula": one.formula, "noiseFormula": noise,
        "noiseDistribution": one.distribution if one.transformation == "lin" else f"log-{one.distribution}",
        "observablePlaceholders": ";".join(one.placeholders("observable")),
        "noisePlaceholders": ";".join(one.placeholders("noise")),
    }  # fmt: skip


def _joined(given: Sequence[float | str]) -> str | None:
    return ";".join(map(cell, given)) or None
