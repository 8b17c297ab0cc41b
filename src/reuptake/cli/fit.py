"""Show what a fit came to, and write it."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from reuptake.calibration.fit import fit
from reuptake.calibration.petab.ours import problem_of
from reuptake.calibration.posterior import Nuts, Posterior
from reuptake.calibration.records import records_text
from reuptake.calibration.results import Calibration
from reuptake.calibration.specification import read_specification
from reuptake.cli.evidence import known
from reuptake.cli.population_fit import run_population
from reuptake.cli.show import Progress, plain, progress, table
from reuptake.errors import InputError, Problem
from reuptake.exchange.petab.reading import is_petab
from reuptake.exchange.petab.writing import VERSIONS, check_folder, write_problem
from reuptake.reports.answers.fit import FitAnswer, fit_answer
from reuptake.reports.fit import STALE, convergence, doubts, files, misfit, worst
from reuptake.reports.tables import interval_text, number_text, three_digits, unit_text
from reuptake.simulation.store import check_place, write_text

__all__ = ["run_fit", "show_fit"]

MOST_ROWS, MOST_DOUBTS, FEWEST_DRAWS = 5, 12, 4


def run_fit(
    file: Path, words: dict[str, Any], compound_files: list[Path], out: Path | None, records: Path | None,
    petab: Path | None, version: int | None, json: bool,
) -> None:  # fmt: skip
    """Fit what a file says, or estimate its population, then write, then show.

    Parameters
    ----------
    words : mapping
        What was given of starts, seed, profile and threads, as `reuptake.calibration.fit.fit` takes them, and of
        posterior, the draws of each chain.
    records : path or None
        Gets the evidence records.
    petab, version : path and int, or None
        A folder that gets the fit as a PEtab problem, and the version of PEtab, 1 unless given.
    """
    started = time.perf_counter()
    _see_that_options_apply(file, compound_files, records, petab, version)
    base = known(compound_files)
    if out is not None:
        check_place(out, "--out", directory=True)
    if records is not None:
        check_place(records, "--records")
    if petab is not None:
        check_folder(petab, version or VERSIONS[0])
    if not is_petab(file) and read_specification(file)[0].between:
        run_population(file, words | ({"petab": petab} if petab else {}), base, out, records, json)
        return
    draws = words.pop("posterior", None)
    if draws is not None and draws < FEWEST_DRAWS:
        raise InputError(Problem(f"at least {FEWEST_DRAWS} draws of each chain (got {draws})", "--posterior"))
    how = None if draws is None else Nuts(draws=draws, tune=draws)
    with progress(f"fitting {file.name}", shown=not json) as told:
        found = fit(file, evidence=base, posterior=how, progress=_stages(told), **words)
    text = "" if is_petab(file) else records_text(found)
    if records is not None:
        write_text(records, text, "--records")
    show_fit(found, out=out, records=text, seconds=time.perf_counter() - started, json=json)
    if petab is not None:
        problem, count = problem_of(found)
        path = write_problem(problem, petab, version or VERSIONS[0])
        if not json:
            plain(f"written: {path}, {count}; README.md beside it names what is left out")


def _see_that_options_apply(
    file: Path, compound_files: list[Path], records: Path | None, petab: Path | None, version: int | None
) -> None:  # fmt: skip
    """Refuse options that say nothing of such a file, all at once."""
    problems = []
    if version is not None and petab is None:
        problems.append(Problem("nothing is written as PEtab", "--petab-version", "name a folder by --petab"))
    if is_petab(file):
        given = {"--petab": petab, "--records": records, "--compound-file": compound_files}
        why = f"'{file}' is a PEtab problem, which knows no records of the evidence"
        problems += [Problem(why, word, "leave it out") for word, value in given.items() if value]
    if problems:
        raise InputError(problems)


def _stages(told: Progress | None) -> Callable[[str, int, int], None] | None:
    """Progress of one stage after the other on one bar."""
    return None if told is None else lambda stage, done, of: told(done, of)


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
        for name in STALE if out.is_dir() else ():  # what another fit left here would look like this one's
            (out / name).unlink(missing_ok=True)
        for name, text in {**files(found), **({"records.yaml": records} if records else {})}.items():
            write_text(out / name, text, "--out")
        if found.posterior is None:
            (out / "posterior.nc").unlink(missing_ok=True)
        else:
            found.posterior.to_netcdf(out / "posterior.nc")
    answer = fit_answer(found)
    if json:
        plain(answer.text())
        return
    _print(answer, seconds)
    if found.posterior is not None:
        _print_posterior(found.posterior)
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
    if answer.chi2 is not None and answer.log_likelihood is not None:
        plain(f"chi² {answer.chi2:.6g}, ln likelihood {answer.log_likelihood:.6g}, without priors")
    table(
        "Explained worst",
        ("group", "what", "time, h", "observed", "predicted", "unit", "residual, SD"),
        [
            (row.group, row.label, "–" if row.time is None else number_text(row.time), _number(row.observed),
             _number(row.predicted), unit_text(row.unit), "–" if row.residual is None else f"{row.residual:+.2f}")
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


def _print_posterior(found: Posterior) -> None:
    table(
        "posterior",
        ("quantity", "mean", "SD", "5 %", "median", "95 %", "unit", "R-hat", "effective draws"),
        [
            (row.name, *map(three_digits, (row.mean, row.sd, row.low, row.median, row.high)), unit_text(row.unit),
             f"{row.r_hat:.3f}", f"{min(row.ess_bulk, row.ess_tail):.0f}")
            for row in found.rows
        ],
        right=(1, 2, 3, 4, 5, 7, 8),
    )  # fmt: skip


def _number(number: float | None) -> str:
    return "–" if number is None else three_digits(number)
