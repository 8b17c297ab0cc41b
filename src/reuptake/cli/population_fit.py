"""Show what a population came to, and write it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reuptake.calibration.mixed.fit import PopulationFit, fit_population
from reuptake.calibration.records import population_records_text
from reuptake.cli.show import plain, table
from reuptake.errors import InputError, Problem
from reuptake.evidence.base import Evidence
from reuptake.reports.answers.population_fit import NumberAnswer, PopulationFitAnswer, population_fit_answer
from reuptake.reports.population_fit import files
from reuptake.reports.tables import interval_text, three_digits, unit_text
from reuptake.simulation.store import write_text

__all__ = ["run_population", "show_population_fit"]


def run_population(
    file: Path, words: Mapping[str, Any], evidence: Evidence, out: Path | None, records: Path | None, json: bool
) -> None:
    """Estimate the population of a file, then write, then show.

    Parameters
    ----------
    words : mapping
        Options that were given; all but threads are refused.
    out, records : Path or None
        Places, already checked.

    Raises
    ------
    InputError
        With every option that makes no sense for a population, or everything that is wrong with the file.
    """
    started = time.perf_counter()
    hint = "leave it out: there is one search, from the values of the file"
    if problems := [
        Problem("a population estimate knows no such option", f"--{word}", hint) for word in words if word != "threads"
    ]:
        raise InputError(problems)
    found = fit_population(file, threads=words.get("threads"), evidence=evidence)
    text = population_records_text(found)
    if records is not None:
        write_text(records, text, "--records")
    show_population_fit(found, out=out, records=text, seconds=time.perf_counter() - started, json=json)


def show_population_fit(
    found: PopulationFit, *, out: Path | None = None, records: str = "", seconds: float | None = None,
    json: bool = False,
) -> None:  # fmt: skip
    """Write a population into a folder, if one is given, then show it.

    Parameters
    ----------
    out : Path, optional
        Gets population.json, individuals.csv, rows.csv and figures.
    records : str
        Evidence records as the text of a file, written as records.yaml; none if empty.
    seconds : float, optional
        How long it took, for people.
    json : bool
        Print one JSON object and nothing else.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    if out is not None:
        for name, text in {**files(found), **({"records.yaml": records} if records else {})}.items():
            write_text(out / name, text, "--out")
    answer = population_fit_answer(found)
    if json:
        plain(answer.text())
        return
    _print(answer, seconds)
    if out is not None:
        plain(f"written: {out}")


def _print(answer: PopulationFitAnswer, seconds: float | None) -> None:
    _numbers(
        f"{answer.fit}: {answer.observations} levels of {answer.subjects} subjects, {answer.method}", "typical value",
        answer.typical,
    )  # fmt: skip
    _numbers("Between subjects", "coefficient of variation", answer.between)
    if answer.correlations:
        _numbers("Between subjects, together", "correlation", answer.correlations)
    _numbers("Residual error", "standard deviation", answer.residual)
    plain(
        f"{answer.outcome}; objective (OFV) {_digits(answer.objective, 3)}, "
        f"residual shrinkage {_share(answer.residual_shrinkage)}" + (f", {seconds:.3g} s" if seconds else "")
    )
    for note in answer.notes:
        plain(f"note: {note}")


def _numbers(title: str, what: str, numbers: list[NumberAnswer]) -> None:
    """A table of numbers; shrinkage where there is one."""
    shrunk = any(one.shrinkage is not None for one in numbers)
    table(
        title,
        (what, "value", "RSE", "95 % interval", "unit", *(["shrinkage"] if shrunk else [])),
        [
            (one.name, "–" if one.value is None else three_digits(one.value), _share(one.relative_error),
             interval_text(one.low, one.high), unit_text(one.unit), *([_share(one.shrinkage)] if shrunk else []))
            for one in numbers
        ],
        right=(1, 2, 5),
    )  # fmt: skip


def _share(number: float | None) -> str:
    return "–" if number is None else f"{100.0 * number:.1f} %".replace("-", "−")


def _digits(number: float | None, after: int) -> str:
    return "–" if number is None else f"{number:.{after}f}".replace("-", "−")
