"""Estimate one person from a few levels, and show what other doses would give."""

from __future__ import annotations

import time
from itertools import groupby
from pathlib import Path
from typing import Any

from reuptake.calibration.asking import parse_individual
from reuptake.calibration.individual import told
from reuptake.cli.evidence import known
from reuptake.cli.show import plain, table
from reuptake.errors import InputError
from reuptake.reports.answers.individual import IndividualAnswer, individual_answer
from reuptake.reports.answers.shapes import Quantity
from reuptake.reports.tables import three_digits
from reuptake.simulation.store import places_problems, write_text

__all__ = ["show_individual"]

KINDS = ("cavg", "cmin", "cmax")


def show_individual(
    compound: str, words: dict[str, Any], compound_files: list[Path], out: Path | None, figure: Path | None, json: bool
) -> None:
    """Check everything first, then estimate, write, draw and show."""
    started = time.perf_counter()
    base = known(compound_files)
    problems, asked = places_problems(out, figure), None
    try:
        asked = parse_individual(base, compound, **words)
    except InputError as error:
        problems += error.problems
    if problems or asked is None:
        raise InputError(problems)
    found = told(asked, base)
    answer = individual_answer(found, time.perf_counter() - started)
    if out is not None:
        write_text(out / "individual.json", answer.text() + "\n", "--out")
        write_text(out / "courses.csv", found.to_csv(), "--out")
    if figure is not None:
        from reuptake.reports.figures.individuals import individual

        write_text(figure, individual(found), "--plot")
    if json:
        plain(answer.text())
        return
    _print(answer, found.name)
    for place in filter(None, (out, figure)):
        plain(f"written: {place}")


def _print(answer: IndividualAnswer, name: str) -> None:
    table(
        f"{name}: this person beside the typical one (90 % intervals)",
        ("parameter", "typical", "of such people", "this person", "interval", "unit", "learned"),
        [
            (one.name, _number(one.typical), _range(one.population_low, one.population_high), _number(one.estimate),
             _range(one.low, one.high), one.unit, "–" if one.learned is None else f"{one.learned:.0%}")
            for one in answer.parameters
        ],
        right=(1, 3, 6),
    )  # fmt: skip
    table(
        "levels: measured, expected of this person if measured again, and of such people (z: how far off that is)",
        ("level", "time, h", "measured", "own curve", "this person", "such people", "z", "unit"),
        [
            (one.analyte, _number(one.time), _number(one.observed), _number(one.predicted), _cell(one.band),
             _cell(one.population), "–" if one.z is None else f"{one.z:+.1f}", one.unit)
            for one in answer.levels
        ],
        right=(1, 2, 3, 6),
    )  # fmt: skip
    for (dose, every), own in groupby(answer.predictions, key=lambda one: (one.dose, one.every)):
        table(
            f"{dose} every {every}: medians and 90 % of people, ng/mL",
            ("plasma", "who", "cavg", "cmin", "cmax"),
            [
                row
                for one in own
                for row in (
                    (one.analyte, "this person", *(_cell(getattr(one, kind)) for kind in KINDS)),
                    ("", "such people", *(_cell(one.population.get(kind)) for kind in KINDS)),
                )
            ],
        )
    for note in answer.notes:
        plain(f"note: {note}")


def _number(number: float | None) -> str:
    return "–" if number is None else three_digits(number)


def _range(low: float | None, high: float | None) -> str:
    return f"{_number(low)}–{_number(high)}"


def _cell(value: Quantity | None) -> str:
    return "–" if value is None else f"{_number(value.median)} ({_range(value.p05, value.p95)})"
