"""A fit as a page and files: what the data cannot tell first, then how it was found, then every number."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from importlib.metadata import version

from reuptake.calibration.results import Calibration
from reuptake.reports.answers.fit import FitAnswer, ParameterAnswer, RowAnswer, fit_answer
from reuptake.reports.answers.shapes import named
from reuptake.reports.figures.descents import descents
from reuptake.reports.figures.estimates import correlations, intervals
from reuptake.reports.figures.individuals import curves
from reuptake.reports.figures.likelihood import likelihood_profiles
from reuptake.reports.figures.residuals import goodness_of_fit, residuals
from reuptake.reports.pages import Figure, render
from reuptake.reports.tables import interval_text, number_text, three_digits, unit_text

__all__ = ["convergence", "doubts", "files", "fit_page", "misfit", "worst"]

MOST_ROWS = 500  # in the page; rows.csv has all
AT_BOUND = 0.01  # of a bound: a value so near lies at it

_CAPTIONS = {
    "parameters": (
        "Every parameter over the value where the search began, on a logarithmic axis, with its 95 % interval. A line "
        "that ends in an arrow is open: within the bounds of the search, the data set no limit there. Grey bars: what "
        "was known before the data."
    ),
    "profiles": (
        "For each parameter the least cost that is left when it is held at a value and all others are free, twice, "
        "above the best, over the inflation. The 95 % interval ends where it crosses the dashed line; it is open where "
        "it does not cross, or only as another parameter is stopped by its bound."
    ),
    "correlations": (
        "Correlations of the estimates. A pair near ±1 is told only together: as a product or a ratio. Grey: a "
        "standard error is not finite."
    ),
    "starts": (
        "Left: the final cost of every start, in order. Steps are other hollows of the cost; a flat beginning says "
        "that many starts found the same place. Right: the way down from each start. Shaded: as good as the best."
    ),
    "goodness-of-fit": "Predicted against observed, a panel for each unit. Line: equal; band: within two-fold.",
    "residuals": (
        "Weighted residuals against the prediction, against time where rows have one, and in order against those of "
        "a normal distribution. Shape in any panel is something that the model does not know."
    ),
    "curves": "Observed levels (points) and predicted ones at the same times (lines), for the first groups.",
}
WORTH_A_WORD = 1.01  # of an inflation
STALE = tuple(f"{name}.svg" for name in _CAPTIONS)  # figures that a fit may have, or not
_PARTS = {
    "parameters": ("parameters", "profiles", "correlations"),
    "convergence": ("starts",),
    "fit": ("goodness-of-fit", "residuals", "curves"),
}


def files(found: Calibration) -> dict[str, str]:
    """Names and texts of everything that belongs to a fit: answer, rows, page, figures that have something to show."""
    answer = fit_answer(found)
    drawn = _drawn(found, answer)
    return {
        "fit.json": answer.text() + "\n",
        "rows.csv": _rows_table(answer.rows),
        "report.html": _page(answer, drawn),
        **{f"{name}.svg": figure for name, figure in drawn.items()},
    }


def fit_page(found: Calibration) -> str:
    """A fit as one HTML page that needs nothing beside it; the same fit gives the same bytes."""
    answer = fit_answer(found)
    return _page(answer, _drawn(found, answer))


def convergence(answer: FitAnswer) -> str:
    """How sure the search is of its best place, in one or two sentences."""
    count = len(answer.starts)
    if answer.cost is None:
        return "The best place found has no finite cost: the model could not be solved there."
    if count == 1:
        return "There was one start only: whether another place explains the data better was not tried."
    said = f"{answer.converged} of {count} starts reached the best cost."
    return said if answer.converged > 1 else f"{said} A better place may have been missed: try more starts."


def misfit(answer: FitAnswer) -> str:
    """By how much residuals are larger than they should be, as a sentence; empty if they are not."""
    if answer.inflation is None or answer.inflation <= WORTH_A_WORD:
        return ""
    wide = math.sqrt(answer.inflation)
    return f"Residuals are {wide:.2f} times as large as their errors say; standard errors are widened by that."


def doubts(answer: FitAnswer) -> list[str]:
    """What the data cannot tell, a sentence for each parameter; empty if there is none."""
    untold = [one for one in answer.parameters if one.told in ("hardly told", "not told")]
    bound = [one for one in answer.parameters if _at_bound(one)]
    said = [
        f"{one.name} is {one.told}: {one.reason.rstrip('.')}."
        for one in sorted(untold, key=lambda one: one.told != "not told")
    ]
    said += [f"{one.name} was not judged." for one in answer.parameters if one.told is None]
    said += [f"{one.name} lies at a bound of the search, {three_digits(one.value or 0.0)}." for one in bound]
    return said


def worst(answer: FitAnswer, most: int) -> list[RowAnswer]:
    """The rows that are explained worst, the farthest first; those without a finite residual before all."""
    return sorted(answer.rows, key=lambda row: -math.inf if row.residual is None else -abs(row.residual))[:most]


def _at_bound(one: ParameterAnswer) -> bool:
    near = [math.isclose(one.value, bound, rel_tol=AT_BOUND) for bound in (one.bound_low, one.bound_high)
            if one.value is not None]  # fmt: skip
    return any(near)


def _drawn(found: Calibration, answer: FitAnswer) -> dict[str, str]:
    """Figures by name; those that have nothing to show are left out."""
    made = {
        "parameters": intervals(answer.parameters, found.fitted.parameters),
        "profiles": likelihood_profiles(found),
        "correlations": correlations(found.fitted),
        "starts": descents(found.fitted),
        "goodness-of-fit": goodness_of_fit(found.rows),
        "residuals": residuals(found.rows),
        "curves": curves(found.rows),
    }
    return {name: figure for name, figure in made.items() if figure}


def _page(answer: FitAnswer, drawn: dict[str, str]) -> str:
    shown = answer.rows if len(answer.rows) <= MOST_ROWS else worst(answer, MOST_ROWS)
    figures = {
        part: [Figure(f"figure-{name}", drawn[name], _CAPTIONS[name]) for name in names if name in drawn]
        for part, names in _PARTS.items()
    }
    return render(
        "fit.html.j2",
        {
            "answer": answer,
            "version": version("reuptake"),
            "convergence": convergence(answer),
            "misfit": misfit(answer),
            "doubts": doubts(answer),
            "facts": _facts(answer),
            "groups": _groups(answer),
            "figures": figures,
            "shown": shown,
            "three": lambda number: "–" if number is None else three_digits(number),
            "five": lambda number: "–" if number is None else number_text(number),
            "interval": interval_text,
        },
    )


def _facts(answer: FitAnswer) -> list[tuple[str, str]]:
    """The few numbers that a reader comes for."""
    told = sum(one.told == "told" for one in answer.parameters)
    others = [("χ²", answer.chi2), ("ln likelihood", answer.log_likelihood)]
    return [
        ("Rows", f"{len(answer.rows)} from {len({row.group for row in answer.rows})} groups"),
        ("Parameters that the data tell", f"{told} of {len(answer.parameters)}"),
        ("Mean fold error", "–" if answer.fold_error is None else f"{answer.fold_error:.2f}"),
        ("Starts at the best cost", f"{answer.converged} of {len(answer.starts)}"),
        ("Cost", "–" if answer.cost is None else f"{answer.cost:.4g}"),
        ("Degrees of freedom", str(answer.freedom)),
        ("Inflation", "–" if answer.inflation is None else f"{answer.inflation:.2f}"),
        *((name, number_text(value)) for name, value in others if value is not None),
    ]


def _groups(answer: FitAnswer) -> list[tuple[str, int, str, str]]:
    """Who was fitted to: group, rows, what they are, units."""
    groups: dict[str, list[RowAnswer]] = {}
    for row in answer.rows:
        groups.setdefault(row.group, []).append(row)
    return [
        (group, len(own), named([row.label for row in own], 4),
         named([unit_text(row.unit) or "pure number" for row in own], 4))
        for group, own in groups.items()
    ]  # fmt: skip


def _rows_table(rows: Sequence[RowAnswer]) -> str:
    """Every row as CSV, to six digits; time in h, residuals in standard deviations."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["group", "label", "time_h", "observed", "predicted", "unit", "residual"])
    for row in rows:
        numbers = ["" if n is None else f"{n:.6g}" for n in (row.time, row.observed, row.predicted, row.residual)]
        writer.writerow([row.group, row.label, *numbers[:3], row.unit, numbers[3]])
    return text.getvalue()
