"""Ask what a simulation hangs on, and show, write or draw it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from reuptake.calibration.sensitivity.study import Sensitivity, sensitivity
from reuptake.cli.evidence import known
from reuptake.cli.show import plain, progress, table
from reuptake.errors import InputError
from reuptake.reports.answers.sensitivity import EffectAnswer, SensitivityAnswer, sensitivity_answer
from reuptake.simulation.store import places_problems, write_text

__all__ = ["show_sensitivity"]

MOST_SHOWN = 10  # parameters of each output on a terminal; files hold all
SHOWN = {
    "local": {"elasticity": "elasticity"},
    "morris": {"mu_star": "µ*", "mu_star_confidence": "±", "sigma": "σ"},
    "sobol": {"first": "first", "first_confidence": "±", "total": "total", "total_confidence": "±"},
}


def show_sensitivity(
    compound: str, words: dict[str, Any], compound_files: list[Path], out: Path | None, figure: Path | None, json: bool
) -> None:
    """Check every place first, then run, then write and draw, then show."""
    started = time.perf_counter()
    problems = places_problems(out, figure)
    if problems:
        raise InputError(problems)
    with progress(f"what {compound} hangs on", shown=not json) as told:
        found = sensitivity(compound, evidence=known(compound_files), progress=told, **words)
    answer = sensitivity_answer(found, time.perf_counter() - started)
    _write(found, answer, out, figure)
    if json:
        plain(answer.text())
    else:
        _print(answer, words)
        for place in filter(None, (out, figure)):
            plain(f"written: {place}")


def _write(found: Sensitivity, answer: SensitivityAnswer, out: Path | None, figure: Path | None) -> None:
    if out is None and figure is None:
        return
    from reuptake.reports.figures.sensitivity import sensitivity_figure

    drawn = sensitivity_figure(found)
    if figure is not None:
        write_text(figure, drawn, "--plot")
    if out is not None:
        write_text(out / "sensitivity.json", answer.text() + "\n", "--out")
        write_text(out / "sensitivity.csv", found.to_csv(), "--out")
        write_text(out / "sensitivity.svg", drawn, "--out")


def _print(answer: SensitivityAnswer, words: dict[str, Any]) -> None:
    every = f" every {words['every']}" if words["every"] else ""
    samples = f", {answer.samples} samples" if answer.samples else ""
    plain(f"{answer.compound} {words['dose']}{every}: {answer.method}{samples}, {len(answer.parameters)} parameters")
    shown = SHOWN[answer.method]
    for name, output in answer.outputs.items():
        rows = [
            (parameter, answer.parameters[parameter].status, *(_cell(effect, measure) for measure in shown),
             f"{_number(effect.at_p05)} … {_number(effect.at_p95)}")
            for parameter, effect in list(answer.effects[name].items())[:MOST_SHOWN]
        ]  # fmt: skip
        unit = f" {output.unit}" if output.unit else ""
        table(
            f"{name}: {output.value:.3g}{unit}", ("parameter", "status", *shown.values(), "at 5 … 95 % of its range"),
            rows, right=range(2, 3 + len(shown)),
        )  # fmt: skip
    most = max((len(effects) for effects in answer.effects.values()), default=0)
    if most > MOST_SHOWN:
        plain(f"the first {MOST_SHOWN} of {most} parameters; --json and --out hold all")
    if answer.idle:
        plain(f"these move none of the outputs: {', '.join(answer.idle)}")
    if answer.held:
        plain(f"these hardly move one and are held: {', '.join(answer.held)}")
    for note in answer.notes:
        plain(f"note: {note}")


def _cell(effect: EffectAnswer, measure: str) -> str:
    value = getattr(effect, measure)
    return "–" if value is None else f"{value:.3f}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
