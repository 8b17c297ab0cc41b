"""How well the model does against published studies, as a page with its tables and figures.

The page is text that a person and a diff can read; it holds no clock and no name of a machine, so the same model and
evidence give the same bytes.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from reuptake.evidence.base import Evidence
from reuptake.qualification.questions import table
from reuptake.reports.answers.validation import ComparedAnswer, FoldsAnswer, ValidateAnswer
from reuptake.reports.figures.qualification import forest, goodness_of_fit, interactions, quantity_text
from reuptake.reports.tables import three_digits, unit_text

__all__ = ["files", "misses", "reasons"]

ROWS, RESULTS, PAGE = "qualification-rows.csv", "qualification-results.csv", "qualification.md"
_INTRODUCTION = """\
Every published study of kinetics in the evidence is put to the model: the reference individual is treated as the
study treated its subjects, and what was measured is read off the simulated curves. A ratio is predicted over observed;
the fold error is the ratio or one over it, whichever is above one, and GMFE is the geometric mean of fold errors,
exp(mean |ln ratio|), every row with equal weight. Its interval (95 %) counts studies, not rows. Studies of role
calibration were there to be fitted to; studies of role validation were not. Which rows count is settled by rule before
anything is simulated: [the table of rows](qualification-rows.csv). All results are in
[one table](qualification-results.csv). Research use only.

`reuptake validate` computes all of it again; `make regress` writes this page."""


def files(answer: ValidateAnswer, evidence: Evidence) -> dict[str, str]:
    """Names and texts of everything that belongs to a report: page, two tables, figures that have something to show.

    Parameters
    ----------
    answer : ValidateAnswer
    evidence : Evidence
        What it was asked from, for the table of rows.
    """
    figures = {
        "qualification-forest.svg": (forest(answer.rows), "Predicted over observed, row by row"),
        "qualification-fit.svg": (goodness_of_fit(answer.rows), "Predicted against observed"),
        "qualification-interactions.svg": (interactions(answer.rows), "Ratios of interactions with Guest's limits"),
    }
    drawn = {name: figure for name, figure in figures.items() if figure[0]}
    return {
        PAGE: _page(answer, {name: told for name, (_, told) in drawn.items()}),
        ROWS: table(evidence),
        RESULTS: _results(answer),
        **{name: text for name, (text, _) in drawn.items()},
    }


def misses(rows: Iterable[ComparedAnswer]) -> list[ComparedAnswer]:
    """Rows outside two-fold, the farthest first."""
    return sorted((row for row in rows if row.within is None), key=lambda row: -max(row.ratio, 1.0 / row.ratio))


def reasons(answer: ValidateAnswer) -> dict[str, list[str]]:
    """Why things are excluded, the commonest reason first, each with the studies that it concerns."""
    found: dict[str, list[str]] = {}
    for excluded in answer.excluded:
        found.setdefault(excluded.because, []).append(excluded.study)
    return dict(sorted(found.items(), key=lambda pair: -len(pair[1])))


def _page(answer: ValidateAnswer, figures: Mapping[str, str]) -> str:
    run, outside = answer.run, misses(answer.rows)
    parts = [
        "# Qualification",
        _INTRODUCTION,
        f"Version {run['version']}, evidence `{run['evidence']}`.",
        "## In short",
        _folds_table("role", answer.summary),
        "By what was given, whatever was measured of it and its metabolites:",
        _folds_table("given", _flat(answer.compounds)),
        "By domain:",
        _folds_table("domain", _flat(answer.domains)),
        "## Outside two-fold",
        _rows_table(outside) if outside else "No row.",
        *(f"![{told}]({name})" for name, told in figures.items()),
        "## Rats and mice",
        "Models of their own, fitted to a few studies and judged by themselves: none of these rows counts above. What "
        "they assume, and what is known to be wrong, is told in [rat and mouse](rodents.md).",
        _folds_table("species", _flat(answer.species)),
        _rows_table(answer.animals),
        "## Directions",
        _directions(answer),
        "## Where each study lies",
        "The mean ln(predicted/observed) of the exposures in a study, co-administration apart; above nought the model "
        "predicts more than was found. It is reported, and no part of the kinetics.",
        _grid(
            ("study", "role", "given", "effect", "rows"),
            [(e.study, e.role, e.compound, f"{e.effect:+.2f}", str(e.n)) for e in answer.study_effects],
        ),
        "## Shown and not counted",
        _rows_table(answer.reported, because=True),
        "## Not answered",
        _grid(
            ("reason", "how many", "studies"),
            [(why, str(len(who)), ", ".join(dict.fromkeys(who))) for why, who in reasons(answer).items()],
        ),
        "## Notes",
        "\n".join(f"- {note}" for note in answer.notes),
    ]
    return "\n\n".join(parts) + "\n"


def _flat(tables: Mapping[str, Mapping[str, FoldsAnswer | None]]) -> dict[str, FoldsAnswer | None]:
    """One level of names; the whole of a table bears its own name only, and no role without rows is listed."""
    return {
        name if role == "all" else f"{name}, {role}": own
        for name, table in tables.items() for role, own in table.items() if own is not None
    }  # fmt: skip


def _folds_table(head: str, tables: Mapping[str, FoldsAnswer | None]) -> str:
    rows = []
    for name, own in tables.items():
        if own is None:
            rows.append((name, "0", *["–"] * 7))
            continue
        interval = "–" if own.low is None or own.high is None else f"{own.low:.2f}–{own.high:.2f}"
        shares = (f"{100.0 * share:.0f} %" for share in (own.within_1_25, own.within_1_5, own.within_2))
        rows.append(
            (name, str(own.rows), str(own.studies), f"{own.gmfe:.2f}", interval, f"{own.bias:.2f}", *shares)
        )  # fmt: skip
    return _grid((head, "rows", "studies", "GMFE", "95 %", "bias", "in 1.25", "in 1.5", "in 2"), rows)


def _rows_table(rows: Sequence[ComparedAnswer], *, because: bool = False) -> str:
    heads = ("study", "role", "domain", "arm", "what", "observed", "predicted", "unit", "ratio")
    cells = [
        (row.study, row.role, row.domain, row.arm, quantity_text(row), three_digits(row.observed),
         three_digits(row.predicted), unit_text(row.unit), f"{row.ratio:.2f}", *([row.because] if because else []))
        for row in rows
    ]  # fmt: skip
    return _grid((*heads, "because") if because else heads, cells)


def _directions(answer: ValidateAnswer) -> str:
    if not answer.directions:
        return "No study of kinetics gives a direction without a number that the model can be asked."
    return _grid(
        ("study", "role", "claim", "found", "predicted", "holds"),
        [(d.study, d.role, d.claim, d.expected, d.predicted, "yes" if d.holds else "no") for d in answer.directions],
    )


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _results(answer: ValidateAnswer) -> str:
    """Every row and every reported number as CSV, to six digits."""
    text = io.StringIO()
    names = [name for name in ComparedAnswer.model_fields if name != "because"]
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, "counted", "because"])
    for row in (*answer.rows, *answer.animals, *answer.reported):
        values = row.model_dump()
        cells = [f"{values[name]:.6g}" if isinstance(values[name], float) else values[name] for name in names]
        writer.writerow([*cells, "no" if row.because else "yes", row.because])
    return text.getvalue()
