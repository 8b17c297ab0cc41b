"""How a PEtab problem is read from its files, versions 1 and 2.

Version 2 is told in the words of version 1 where both say the same: an experiment with one period becomes a
condition, a log-normal noise becomes the logarithm of a normal one, named placeholders become numbered ones. What
version 2 has and version 1 has not (several periods, truncated priors) is refused by name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from reuptake.equations.formula import names
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.reading import Document
from reuptake.evidence.reading import read as read_yaml
from reuptake.exchange.petab import problem as told
from reuptake.exchange.petab.tables import Notebook, Row, inside, rows, setting

__all__ = ["is_petab", "read_problem"]

NEEDED: dict[str, tuple[str, ...]] = {
    "parameter": ("parameterId", "parameterScale", "lowerBound", "upperBound", "estimate"),
    "observable": ("observableId", "observableFormula", "noiseFormula"), "condition": ("conditionId",),
    "measurement": ("observableId", "simulationConditionId", "measurement", "time"),
}  # fmt: skip
NEEDED_2: dict[str, tuple[str, ...]] = {
    "parameter": ("parameterId", "estimate"), "observable": NEEDED["observable"],
    "condition": ("conditionId", "targetId", "targetValue"), "experiment": ("experimentId", "time"),
    "measurement": ("observableId", "measurement", "time"),
}  # fmt: skip
SCALES = ("lin", "log", "log10")
PRIORS = (
    "uniform", "normal", "laplace", "logNormal", "logLaplace", "parameterScaleUniform", "parameterScaleNormal",
    "parameterScaleLaplace",
)  # fmt: skip
PRIORS_2 = {
    "uniform": "uniform", "normal": "normal", "laplace": "laplace", "log-normal": "logNormal",
    "log-laplace": "logLaplace",
}  # fmt: skip
NOISES_2 = {
    "normal": ("lin", "normal"), "log-normal": ("log", "normal"), "laplace": ("lin", "laplace"),
    "log-laplace": ("log", "laplace"),
}  # fmt: skip


def is_petab(path: Path) -> bool:
    """Whether a YAML file says that it is a PEtab problem."""
    try:
        data = read_yaml(path).data
    except InputError:
        return False
    return isinstance(data, dict) and "format_version" in data


def read_problem(path: Path | str) -> told.Problem:
    """The problem that a YAML file describes.

    Raises
    ------
    InputError
        Everything that is wrong in any of its files, each with its line.
    """
    path = Path(path)
    document = read_yaml(path)
    data = document.data if isinstance(document.data, dict) else {}
    version = str(data.get("format_version", ""))
    notebook = Notebook()
    if re.fullmatch(r"1(\..*)?", version):
        found = _first(path, document, data, notebook)
    elif re.fullmatch(r"2(\..*)?", version):
        found = _second(path, data, notebook)
    else:
        hint = "format_version: 1 (or 2.0.0) says that this is PEtab"
        raise InputError(Problem(f"format_version '{version}' is not read", document.where(["format_version"]), hint))
    _check(found, notebook)
    notebook.close()
    return found


# Version 1


def _first(path: Path, document: Document, data: Mapping[str, Any], notebook: Notebook) -> told.Problem:
    problems = data.get("problems")
    if not isinstance(problems, list) or len(problems) != 1 or not isinstance(problems[0], dict):
        raise InputError(Problem("one problem a file is read", document.where(["problems"]), "part it into files"))
    files = {key: _files(problems[0].get(f"{key}_files")) for key in ("sbml", "condition", "measurement", "observable")}
    files["parameter"] = _files(data.get("parameter_file"))
    _check_files(files, path, notebook)
    folder = path.parent
    model_file, model = _model(folder, files["sbml"], notebook)
    parameters = tuple(_parameter(row) for row in rows(folder, files["parameter"], NEEDED["parameter"], notebook))
    observables = tuple(_observable(row) for row in rows(folder, files["observable"], NEEDED["observable"], notebook))
    conditions = tuple(_condition(row) for row in rows(folder, files["condition"], NEEDED["condition"], notebook))
    measurements = tuple(
        _measurement(row, row.word("simulationConditionId"))
        for row in rows(folder, files["measurement"], NEEDED["measurement"], notebook)
    )
    return told.Problem(path.stem, model, parameters, observables, conditions, measurements, model_file)


def _parameter(row: Row) -> told.Parameter:
    estimated = row.one_of("estimate", ("0", "1", "0.0", "1.0"), "1").startswith("1")
    scale = cast(told.Scale, row.one_of("parameterScale", SCALES, "lin"))
    return replace(
        _range(row, estimated), scale=scale, name=row.word("parameterName"),
        prior=_prior(row, "objectivePrior", dict.fromkeys(PRIORS)) if estimated else None,
    )  # fmt: skip


def _range(row: Row, estimated: bool) -> told.Parameter:
    low = row.number("lowerBound") if estimated else row.number("lowerBound", -math.inf)
    high = row.number("upperBound") if estimated else row.number("upperBound", math.inf)
    nominal = row.number("nominalValue") if not estimated or row.word("nominalValue") else None
    return told.Parameter(row.word("parameterId"), "lin", low, high, nominal, estimated, where=row.where)


def _prior(row: Row, column: str, kinds: Mapping[str, str | None]) -> told.Prior | None:
    """The prior of a row; `kinds` tells the first version's name of each, if another."""
    given, kind = row.word(f"{column}Type") or row.word(f"{column}Distribution"), ""
    if not given:
        return None
    if given not in kinds:
        row.notebook.note(f"the prior '{given}' is not supported", row.where, nearest(given, kinds))
        return None
    kind = kinds[given] or given
    numbers = row.settings(f"{column}Parameters")
    if not numbers and kind in ("uniform", "parameterScaleUniform"):
        return None
    if len(numbers) != 2 or not all(isinstance(number, float) for number in numbers):
        row.notebook.note(f"{column}Parameters must be two numbers parted by a semicolon", row.where)
        return None
    return told.Prior(kind, cast(tuple[float, float], numbers))


def _observable(row: Row) -> told.Observable:
    transformation = cast(told.Scale, row.one_of("observableTransformation", SCALES, "lin"))
    distribution = cast(Any, row.one_of("noiseDistribution", ("normal", "laplace"), "normal"))
    return told.Observable(row.word("observableId"), row.word("observableFormula"), row.word("noiseFormula"),
                           transformation, distribution, row.word("observableName"), row.where)  # fmt: skip


def _condition(row: Row) -> told.Condition:
    kept = {name: cell for name, cell in row.cells.items() if name not in ("conditionId", "conditionName")}
    settings = {name: setting(cell) for name, cell in kept.items()}
    return told.Condition(row.word("conditionId"), settings, row.word("conditionName"), row.where)


def _measurement(row: Row, condition: str) -> told.Measurement:
    if row.word("preequilibrationConditionId"):
        row.notebook.note("a measurement after preequilibration is not supported", row.where,
                          "give the doses or conditions that lead there one by one")  # fmt: skip
    time = row.number("time")
    if math.isinf(time):
        row.notebook.note("a measurement at steady state is not supported", row.where, "give a late time")
    return told.Measurement(
        row.word("observableId"), condition, time, row.number("measurement"), row.settings("observableParameters"),
        row.settings("noiseParameters"), row.word("datasetId"), row.where,
    )  # fmt: skip


# Version 2


def _second(path: Path, data: Mapping[str, Any], notebook: Notebook) -> told.Problem:
    kinds = ("condition", "measurement", "observable", "parameter", "experiment")
    files = {kind: _files(data.get(f"{kind}_files")) for kind in kinds}
    models = data.get("model_files")
    entries = list(models.values()) if isinstance(models, dict) else []
    files["sbml"] = [str(entry.get("location")) for entry in entries if isinstance(entry, dict)]
    _check_files({kind: files[kind] for kind in ("sbml", "measurement", "observable", "parameter")}, path, notebook)
    folder = path.parent
    model_file, model = _model(folder, files["sbml"], notebook)
    parameters = tuple(_parameter_2(row) for row in rows(folder, files["parameter"], NEEDED_2["parameter"], notebook))
    observables = tuple(
        _observable_2(row) for row in rows(folder, files["observable"], NEEDED_2["observable"], notebook)
    )
    conditions = _conditions_2(folder, files, notebook)
    measurements = tuple(
        _measurement(row, row.word("experimentId", _PLAIN))
        for row in rows(folder, files["measurement"], NEEDED_2["measurement"], notebook)
    )
    return told.Problem(path.stem, model, parameters, observables, conditions, measurements, model_file)


_PLAIN = "as_it_is"  # the condition of measurements that belong to no experiment


def _parameter_2(row: Row) -> told.Parameter:
    """Version 2 knows no scale of the search: the logarithm where bounds are positive."""
    estimated = row.one_of("estimate", ("true", "false", "True", "False", "TRUE", "FALSE"), "true").lower() == "true"
    found = _range(row, estimated)
    prior = _prior(row, "prior", PRIORS_2) if estimated else None
    scale: told.Scale = "log" if found.low > 0.0 and estimated else "lin"
    return replace(found, scale=scale, prior=prior, name=row.word("parameterName"))


def _observable_2(row: Row) -> told.Observable:
    transformation, distribution = NOISES_2[row.one_of("noiseDistribution", NOISES_2, "normal")]
    name = row.word("observableId")
    formulas = [row.word("observableFormula"), row.word("noiseFormula")]
    for kind in ("observable", "noise"):
        given = [part.strip() for part in row.word(f"{kind}Placeholders").split(";") if part.strip()]
        for number, own in enumerate(given, start=1):
            numbered = told.placeholder(kind, number, name)
            formulas = [re.sub(rf"\b{re.escape(own)}\b", numbered, formula) for formula in formulas]
    return told.Observable(name, formulas[0], formulas[1], cast(told.Scale, transformation), cast(Any, distribution),
                           row.word("observableName"), row.where)  # fmt: skip


def _conditions_2(folder: Path, files: Mapping[str, Sequence[str]], notebook: Notebook) -> tuple[told.Condition, ...]:
    """Experiments as conditions."""
    settings: dict[str, dict[str, float | str]] = {}
    for row in rows(folder, files["condition"], NEEDED_2["condition"], notebook):
        value = setting(row.word("targetValue"))
        if isinstance(value, str) and names(value) != [value]:
            notebook.note(f"the formula '{value}' as a value of a condition is not supported", row.where)
        settings.setdefault(row.word("conditionId"), {})[row.word("targetId")] = value
    found = {_PLAIN: told.Condition(_PLAIN, {})}
    for row in rows(folder, files["experiment"], NEEDED_2["experiment"], notebook):
        name, given = row.word("experimentId"), row.word("conditionId")
        if name in found or row.number("time") != 0.0:
            notebook.note(f"experiment '{name}' has more than one period from the time 0 on: not supported", row.where)
        if given and given not in settings:
            notebook.note(f"no condition '{given}'", row.where, nearest(given, settings))
        found[name] = told.Condition(name, settings.get(given, {}), where=row.where)
    return tuple(found.values())


# Both


def _files(entry: Any) -> list[str]:
    """Names of files: one, several, or none."""
    return [str(name) for name in entry] if isinstance(entry, list) else [] if entry is None else [str(entry)]


def _check_files(files: Mapping[str, Sequence[str]], path: Path, notebook: Notebook) -> None:
    for kind, given in files.items():
        if not given:
            notebook.note(f"no {kind} file is named", str(path))
    if len(files["sbml"]) > 1:
        notebook.note("more than one model is not supported", str(path))
    notebook.close()


def _model(folder: Path, files: Sequence[str], notebook: Notebook) -> tuple[str, str]:
    path = inside(folder, files[0], notebook)
    if path is None:
        return files[0], ""
    try:
        return str(path), path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        notebook.note(f"cannot read this file: {reason}", str(path))
        return str(path), ""


def _check(found: told.Problem, notebook: Notebook) -> None:
    """See that rows fit one another."""
    for rows_ in (found.parameters, found.observables, found.conditions):
        _check_once(rows_, notebook)
    for one in found.parameters:
        if one.estimated and not one.low < one.high:
            notebook.note(f"'{one.id}': the lower bound must lie below the upper one", one.where)
        if one.estimated and one.scale != "lin" and not one.low > 0.0:
            notebook.note(f"'{one.id}' is searched on a logarithm, its lower bound must be above 0", one.where)
    observables = {one.id: one for one in found.observables}
    conditions = {one.id for one in found.conditions}
    known = {one.id for one in found.parameters}
    for measured in found.measurements:
        if measured.condition not in conditions:
            notebook.note(
                f"no condition '{measured.condition}'", measured.where, nearest(measured.condition, conditions)
            )
        if measured.observable not in observables:
            hint = nearest(measured.observable, observables)
            notebook.note(f"no observable '{measured.observable}'", measured.where, hint)
            continue
        _check_fillings(measured, observables[measured.observable], known, notebook)


def _check_once(entries: Sequence[Any], notebook: Notebook) -> None:
    seen: set[str] = set()
    for one in entries:
        if not re.fullmatch(r"[A-Za-z_]\w*", one.id):
            notebook.note(f"'{one.id}' is no identifier", one.where)
        if one.id in seen:
            notebook.note(f"'{one.id}' is given twice", one.where)
        seen.add(one.id)


def _check_fillings(
    measured: told.Measurement, observable: told.Observable, known: set[str], notebook: Notebook
) -> None:
    for kind, given in (("observable", measured.observable_parameters), ("noise", measured.noise_parameters)):
        asked = len(observable.placeholders(cast(Any, kind)))
        if asked != len(given):
            notebook.note(f"'{observable.id}' takes {asked} {kind} parameters, {len(given)} are given", measured.where)
        for name in [name for name in given if isinstance(name, str) and name not in known]:
            notebook.note(f"no parameter '{name}'", measured.where, nearest(name, known))
