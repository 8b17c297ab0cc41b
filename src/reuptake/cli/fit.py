"""Show what a fit came to, and write it."""

from __future__ import annotations

from pathlib import Path

from reuptake.calibration.fit import Calibration
from reuptake.cli.show import plain, table
from reuptake.reports.answers.fit import FitAnswer, fit_answer
from reuptake.reports.fit import convergence, doubts, files, misfit, worst
from reuptake.reports.tables import interval_text, three_digits, unit_text
from reuptake.simulation.store import write_text

__all__ = ["show_fit"]

MOST_ROWS, MOST_DOUBTS = 5, 12


def show_fit(
    found: Calibration, *, out: Path | None = None, records: str = "", seconds: float | None = None, json: bool = False
) -> None:
    """Write the fit into a folder, if one is given, then show it.

    Parameters
    ----------
    found : Calibration
    out : Path, optional
        Gets fit.json, rows.csv, report.html and the figures; to be checked before the work begins
        (`reuptake.simulation.store.check_place`).
    records : str
        Evidence records as the text of a file, written as records.yaml; none if empty.
    seconds : float, optional
        How long the fit took, for people.
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
    answer = fit_answer(found)
    if json:
        plain(answer.text())
        return
    _print(answer, seconds)
    if out is not None:
        plain(f"written: {out}")


def _print(answer: FitAnswer, seconds: float | None) -> None:
    table(
        f"{answer.fit}: {len(answer.parameters)} parameter(s), {len(answer.rows)} rows",
        ("parameter", "value", "95 % interval", "unit", "told"),
        [
            (one.name, _number(one.value), interval_text(one.low, one.high), unit_text(one.unit), one.told or "–")
            for one in answer.parameters
        ],
        right=(1,),
    )
    for said in filter(None, (convergence(answer), misfit(answer))):
        plain(said)
    error = "–" if answer.fold_error is None else f"{answer.fold_error:.2f}"
    plain(f"mean fold error {error}, {answer.freedom} degrees of freedom" + (f", {seconds:.3g} s" if seconds else ""))
    table(
        "Explained worst",
        ("group", "what", "time, h", "observed", "predicted", "unit", "residual, SD"),
        [
            (row.group, row.label, _number(row.time), _number(row.observed), _number(row.predicted),
             unit_text(row.unit), "–" if row.residual is None else f"{row.residual:+.2f}")
            for row in worst(answer, MOST_ROWS)
        ],
        right=(2, 3, 4, 6),
    )  # fmt: skip
    open_questions = doubts(answer)
    plain("What the data cannot tell:" if open_questions else "The data tell every parameter that was moved.")
    for doubt in open_questions[:MOST_DOUBTS]:
        plain(f"  {doubt}")
    if len(open_questions) > MOST_DOUBTS:
        plain(f"  and {len(open_questions) - MOST_DOUBTS} more; --out DIR writes all, --json prints all")
    for note in answer.notes:
        plain(f"note: {note}")


def _number(number: float | None) -> str:
    return "–" if number is None else three_digits(number)
