"""A population estimate as files: answer, subjects, levels, and how well these are predicted."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from reuptake.calibration.mixed.fit import Level, PopulationFit
from reuptake.calibration.rows import Row
from reuptake.reports.answers.population_fit import IndividualFitAnswer, LevelAnswer, population_fit_answer
from reuptake.reports.figures.residuals import goodness_of_population, residuals

__all__ = ["files"]

LEVELS = ("observed", "population", "individual", "residual")


def files(found: PopulationFit) -> dict[str, str]:
    """Names and texts of everything that belongs to a population; the same population gives the same bytes."""
    answer = population_fit_answer(found)
    typical = [_row(level, level.population) for level in found.levels]
    individual = [_row(level, level.individual) for level in found.levels]
    drawn = {
        "goodness-of-fit.svg": goodness_of_population(typical, individual),
        "residuals.svg": residuals(individual),
    }
    return {
        "population.json": answer.text() + "\n",
        "individuals.csv": _individuals(answer.individuals),
        "rows.csv": _levels(answer.rows),
        **{name: figure for name, figure in drawn.items() if figure},
    }


def _row(level: Level, predicted: float) -> Row:
    return Row(level.subject, level.output, level.observed, predicted, "ng/mL", level.residual, level.time)


def _individuals(individuals: Sequence[IndividualFitAnswer]) -> str:
    """Every subject as CSV: its values, then η with conditional standard deviations."""
    first = individuals[0]
    head = [*first.values, *(f"eta {name}" for name in first.eta), *(f"sd {name}" for name in first.conditional_sd)]
    rows = ((one.subject, *one.values.values(), *one.eta.values(), *one.conditional_sd.values()) for one in individuals)
    return _table(["subject", *head], rows)


def _levels(levels: Sequence[LevelAnswer]) -> str:
    """Every level as CSV, ng/mL; time in h, residuals of individual predictions in standard deviations."""
    rows = ((one.subject, one.period, one.output, one.time, *(getattr(one, key) for key in LEVELS)) for one in levels)
    return _table(["subject", "period", "output", "time_h", *LEVELS], rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> str:
    """Rows as CSV, numbers to six digits, empty where there is none."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow(["" if cell is None else cell if isinstance(cell, str) else f"{cell:.6g}" for cell in row])
    return text.getvalue()
