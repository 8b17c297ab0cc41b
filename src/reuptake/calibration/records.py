"""What a fit found, as evidence records that name the fit."""

from __future__ import annotations

import json
import math

from reuptake.calibration.results import Calibration, Value

__all__ = ["records_text"]

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
    records = sorted((value for value in calibration.values if value.status != "moved"), key=lambda value: value.name)
    return "\n".join([*lines, *(line for value in records for line in _record(value, calibration.name))]) + "\n"


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
