"""Draw a population and show how it compares with people measured."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reuptake.cli.evidence import known
from reuptake.cli.show import plain, table
from reuptake.errors import InputError, Problem
from reuptake.population.recipe import Recipe, parse_recipe
from reuptake.qualification.census import census
from reuptake.reports.answers.populations import PopulationAnswer, population_answer
from reuptake.reports.population import people_table
from reuptake.simulation.store import check_place, make_folders, write_text

__all__ = ["show_population"]

FEWEST, MOST = 20, 1_000_000


def show_population(words: dict[str, Any], subjects: int, seed: int, out: Path | None, json: bool) -> None:
    """Check everything first, then draw and compare, then write, then show."""
    evidence, problems, recipe = known([]), list[Problem](), Recipe()
    try:
        recipe = parse_recipe(evidence, **words)
    except InputError as error:
        problems += error.problems
    if not FEWEST <= subjects <= MOST:
        problems.append(Problem(f"a population has {FEWEST} to {MOST} people (got {subjects})", "--subjects"))
    if seed < 0:
        problems.append(Problem(f"a seed is zero or more (got {seed})", "--seed"))
    try:
        if out is not None:
            check_place(out, "--out", directory=True)
    except InputError as error:
        problems += error.problems
    if problems:
        raise InputError(problems)
    found = census(evidence, recipe, subjects, seed)
    answer = population_answer(found)
    if out is not None:
        from reuptake.reports.figures.population import population_figure

        make_folders(out, "--out")
        write_text(out / "people.csv", people_table(found), "--out")
        write_text(out / "population.svg", population_figure(found), "--out")
        write_text(out / "population.json", answer.text() + "\n", "--out")
    if json:
        plain(answer.text())
        return
    _print(answer)
    if out is not None:
        plain(f"written: {out}")


def _print(answer: PopulationAnswer) -> None:
    table(
        f"{answer.subjects} people, seed {answer.seed}",
        ("", "5 %", "median", "95 %", "unit"),
        [
            (name, *(f"{one[p]:.3g}" for p in ("p05", "median", "p95")), str(one["unit"]))
            for name, one in answer.covariates.items()
            if "median" in one
        ],
        right=(1, 2, 3),
    )
    table(
        "Against the evidence",
        ("quantity", "n", "drawn", "±", "target", ""),
        [
            (f"{row.quantity} ({row.group})", str(row.n), f"{row.drawn:.3g}", f"{row.standard_error:.1g}",
             f"{row.target:.3g}",
             ("ok" if row.agrees else "OFF") + "*" * row.check)
            for row in answer.rows
        ],
        right=(1, 2, 3, 4),
    )  # fmt: skip
    plain(f"{len(answer.rows)} comparisons, {answer.off} off; off: beyond 3 standard errors and 5 % of the target")
    plain("*: the target did not go into the draw; --json names the record of every target")
    for note in answer.notes:
        plain(f"note: {note}")
