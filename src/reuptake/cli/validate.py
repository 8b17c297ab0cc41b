"""Put the published studies to the model and show how far off it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from reuptake.cli.show import plain, progress, table
from reuptake.errors import InputError, Problem, nearest
from reuptake.simulation.store import check_place, write_text

if TYPE_CHECKING:
    from reuptake.evidence.studies import Role
    from reuptake.reports.answers.validation import ComparedAnswer, FoldsAnswer, ValidateAnswer

__all__ = ["show_answer", "show_rows", "show_validation"]


def show_rows(*, role: str | None, out: Path | None) -> None:
    """The table of rows, before anything is simulated: on the terminal, or in a folder."""
    from reuptake.evidence.base import packaged
    from reuptake.qualification.questions import table as rows
    from reuptake.reports.qualification import ROWS

    text = rows(packaged(), _checked(role, out))
    if out is None:
        plain(text.rstrip("\n"))
    else:
        write_text(out / ROWS, text, "--out")
        plain(f"written: {out / ROWS}")


def show_validation(
    *, role: str | None, out: Path | None, log: Path | None, commit: str | None, date: str | None,
    fail_above: float | None, json: bool,
) -> None:  # fmt: skip
    """Check everything first, then simulate, then write, then show; leaves with 1 where the gate is passed."""
    from reuptake.evidence.base import packaged
    from reuptake.qualification.log import appended
    from reuptake.qualification.validation import validate
    from reuptake.reports.answers.validation import validate_answer
    from reuptake.reports.qualification import files

    chosen = _checked(role, out, log, commit, date, fail_above)
    before = _read(log)
    with progress("asking the studies", shown=not json) as told:
        found = validate(packaged(), role=chosen, told=told)
    answer = validate_answer(found, commit)
    if log is not None and commit is not None:
        write_text(log, appended(before, found, commit, date), "--log")
    if out is not None:
        for name, text in files(answer, packaged()).items():
            write_text(out / name, text, "--out")
    if json:
        plain(answer.text())
    else:
        show_answer(answer)
        for place in (log, out):
            if place is not None:
                plain(f"written: {place}")
    whole = answer.summary["all"]
    if fail_above is not None and whole is not None and whole.gmfe > fail_above:
        raise typer.Exit(1)


def _checked(
    role: str | None, out: Path | None, log: Path | None = None, commit: str | None = None, date: str | None = None,
    fail_above: float | None = None,
) -> Role | None:  # fmt: skip
    """The role that is meant; every mistake of the options at once."""
    from reuptake.qualification.log import OTHER_ROLE, check_log
    from reuptake.qualification.validation import ROLES

    problems: list[Problem] = []
    chosen = next((known for known in ROLES if known == role), None)
    if role is not None and chosen is None:
        problems.append(Problem(f"unknown role '{role}'", "--role", nearest(role, ROLES)))
    if log is not None:
        problems += check_log(_read(log), commit, date)
        if chosen not in (None, "validation"):
            problems.append(OTHER_ROLE)
    elif date is not None:
        problems.append(Problem("a date belongs to a line of the log", "--date", "name the log with --log FILE.csv"))
    if fail_above is not None and not fail_above >= 1.0:
        problems.append(Problem(f"a GMFE is 1 or more (got {fail_above:g})", "--fail-above", "for example 1.5"))
    for place, option, folder in ((out, "--out", True), (log, "--log", False)):
        try:
            if place is not None:
                check_place(place, option, directory=folder)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return chosen


def _read(log: Path | None) -> str:
    """The log so far; empty if there is none."""
    return log.read_text(encoding="utf-8", errors="replace") if log is not None and log.is_file() else ""


def show_answer(answer: ValidateAnswer) -> None:
    """What missed first, then how it is all in all, then what could not be asked."""
    from reuptake.reports.qualification import misses, reasons

    for role in answer.gmfe:
        own = [row for row in answer.rows if row.role == role]
        outside = misses(own)
        if outside:
            _show_rows(f"Outside two-fold, {role}: {len(outside)} of {len(own)} rows", outside)
        elif own:
            plain(f"none of {len(own)} rows of {role} lies outside two-fold")
    _show_folds("By role", answer.summary)
    _show_gmfe("GMFE by what was given (rows)", answer.compounds)
    _show_gmfe("GMFE by domain (rows)", answer.domains)
    _show_gmfe("GMFE by species (rows)", answer.species)
    wrong = [d for d in answer.directions if not d.holds]
    if answer.directions:
        plain(f"{len(answer.directions) - len(wrong)} of {len(answer.directions)} directions hold")
    for d in wrong:
        plain(f"  {d.study}: {d.claim}: found {d.expected}, predicted {d.predicted}")
    table(
        "Not answered", ("how many", "reason"),
        [(str(len(studies)), why) for why, studies in reasons(answer).items()], right=(0,),
    )  # fmt: skip
    for note in answer.notes:
        plain(f"note: {note}")
    plain(f"evidence {answer.run['evidence']}, {answer.run['seconds']:g} s")


def _show_rows(title: str, rows: Sequence[ComparedAnswer]) -> None:
    from reuptake.reports.figures.qualification import quantity_text
    from reuptake.reports.tables import three_digits, unit_text

    cells = [
        (row.study, f"{row.arm}: {quantity_text(row)}", f"{three_digits(row.observed)} {unit_text(row.unit)}",
         three_digits(row.predicted), f"{row.ratio:.2f}")
        for row in rows
    ]  # fmt: skip
    table(title, ("study", "what", "observed", "predicted", "ratio"), cells, right=(3, 4))


def _show_folds(title: str, tables: Mapping[str, FoldsAnswer | None]) -> None:
    cells = [
        (role, str(own.rows), str(own.studies), f"{own.gmfe:.2f}",
         "–" if own.low is None or own.high is None else f"{own.low:.2f}–{own.high:.2f}", f"{own.bias:.2f}",
         *(f"{share:.0%}" for share in (own.within_1_25, own.within_1_5, own.within_2)))
        for role, own in tables.items() if own is not None
    ]  # fmt: skip
    heads = ("role", "rows", "studies", "GMFE", "95 %", "bias", "≤ 1.25", "≤ 1.5", "≤ 2")
    table(title, heads, cells, right=range(1, 9))


def _show_gmfe(title: str, tables: Mapping[str, Mapping[str, FoldsAnswer | None]]) -> None:
    first = next(iter(tables.values()), {})
    roles = [role for role in first if any(own[role] is not None for own in tables.values())]
    cells = [
        (name, *(f"{found.gmfe:.2f} ({found.rows})" if (found := own[role]) else "–" for role in roles))
        for name, own in tables.items()
    ]
    table(title, ("", *roles), cells, right=range(1, len(roles) + 1))
