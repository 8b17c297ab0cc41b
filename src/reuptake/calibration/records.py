"""What a fit found, as evidence records that name the fit."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable

from reuptake.calibration.mixed.fit import PopulationFit
from reuptake.calibration.results import Calibration, Value

__all__ = ["population_records_text", "records_text"]

FIGURES = 4  # of a number: finer than any spread, coarse enough to be the same on every machine
LEAST_CV, MOST_CV = 0.01, 9.0


def records_text(calibration: Calibration) -> str:
    """A YAML file of all records of a fit, in order of name, each with its standard error as spread."""
    results = sum(1 for _ in calibration.rows)
    lines = [
        f"# Written by the fit {calibration.name} ({results} numbers explained, geometric mean fold error",
        f"# {calibration.fold_error:.3f} without effects of studies). Do not edit; fit again. The spread is the",
        "# standard error of the fit on the log scale: near one or above, the data hardly tell the value.",
    ]
    if calibration.effects:
        lines.append("# Effects of studies, levels relative to what the kinetics explain (no part of any prediction):")
        lines += [f"#   {name} {effect:.2f}" for name, effect in calibration.effects.items()]
    return _text(lines, (value for value in calibration.values if value.status != "moved"), calibration.name)


def population_records_text(found: PopulationFit) -> str:
    """A YAML file of all records of a population: typical values, and how people differ in them."""
    estimate = found.estimate
    lines = [
        f"# Written by the population estimate {found.name} ({estimate.observations} levels of",
        f"# {len(estimate.subjects)} subjects, {found.method}, {estimate.outcome}). Do not edit; estimate again. The",
        "# spread is the standard error on the log scale: near one or above, the data hardly tell the value.",
    ]
    return _text(lines, found.records, found.name)


def _text(head: Iterable[str], values: Iterable[Value], fit: str) -> str:
    """Records in order of name, under some lines of comment."""
    records = sorted(values, key=lambda value: value.name)
    return "\n".join([*head, *(line for value in records for line in _record(value, fit))]) + "\n"


def _record(value: Value, fit: str) -> list[str]:
    lines = [
        f"- name: {value.name}",
        f"  number: {value.number:.{FIGURES}g}",
        f"  unit: {value.unit or repr('')}",
        f"  status: {value.status}",
    ]
    if value.source:
        lines.append(f"  source: {value.source}")
    lines.append(f"  because: {json.dumps(f'Fit {fit}: {value.note}.', ensure_ascii=False)}")
    if value.log_error is not None:
        cv = min(MOST_CV, max(LEAST_CV, value.log_error)) if math.isfinite(value.log_error) else MOST_CV
        lines.append(f"  spread: {{kind: lognormal, cv: {cv:.2g}}}")
    return lines
