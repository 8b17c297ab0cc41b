"""Which validation runs were recorded, one line each: a miss is told, and stays told.

The studies of role validation judge a model only as long as nobody chooses by them. So each run that was looked at
is a line of a CSV file: whose commit, on which evidence, with which outcome. Lines are only ever added; date and
commit are what the person says, for nothing here reads a clock.
"""

from __future__ import annotations

import csv
import io
import re
from datetime import date as calendar_date
from importlib.metadata import version

from reuptake.errors import InputError, Problem
from reuptake.qualification.validation import Validation

__all__ = ["COLUMNS", "OTHER_ROLE", "appended", "check_log"]

COLUMNS = (
    "date", "commit", "version", "evidence", "rows", "studies", "gmfe", "gmfe_low", "gmfe_high",
    "within_1_25", "within_1_5", "within_2", "imipramine_rows", "imipramine_gmfe", "not_simulated",
)  # fmt: skip
HEAD = ",".join(COLUMNS)
OTHER_ROLE = Problem("the log is of studies of role validation", "--log", "leave --role out")


def check_log(text: str, commit: str | None, date: str | None) -> list[Problem]:
    """What is wrong with a log so far, or with the commit and the date of the run that it is to record."""
    problems = []
    if text and text.splitlines()[0] != HEAD:
        problems.append(Problem("the file is no log of validation runs", "--log", f"its first line is {HEAD}"))
    if commit is None or not re.fullmatch(r"[0-9a-f]{7,40}", commit):
        got = f" (got '{commit}')" if commit else ""
        problems.append(
            Problem(f"a recorded run names its commit{got}", "--commit", 'for example --commit "$(git rev-parse HEAD)"')
        )
    try:
        calendar_date.fromisoformat(date or "1970-01-01")
    except ValueError:
        problems.append(Problem(f"'{date}' is no date", "--date", "write it as 2026-01-31"))
    return problems


def appended(text: str, found: Validation, commit: str, date: str | None = None) -> str:
    """The log with one line more.

    Parameters
    ----------
    text : str
        The log so far; empty if there is none.
    found : Validation
        A run that asked the studies of role validation.

    Raises
    ------
    InputError
        If the text is no such log, the commit or the date none, or the run did not ask those studies.
    """
    problems = check_log(text, commit, date)
    if "validation" not in found.roles:
        problems.append(OTHER_ROLE)
    if problems:
        raise InputError(problems)
    line = io.StringIO()
    writer = csv.DictWriter(line, COLUMNS, lineterminator="\n")
    writer.writerow(_outcome(found) | {"date": date or "", "commit": commit})
    before = text or HEAD + "\n"
    return before + "\n" * (not before.endswith("\n")) + line.getvalue()


def _outcome(found: Validation) -> dict[str, str | int]:
    whole, imipramine = found.folds(role="validation"), found.folds(role="validation", compound="imipramine")
    known: dict[str, str | int] = {
        "version": version("reuptake"), "evidence": found.evidence,
        "not_simulated": sum(e.role == "validation" and bool(e.arm) for e in found.excluded),
    }  # fmt: skip
    if whole is not None:
        known |= {"rows": whole.rows, "studies": whole.studies, "gmfe": f"{whole.gmfe:.4f}"}
        known |= {f"within_{band:g}".replace(".", "_"): f"{share:.4f}" for band, share in whole.within.items()}
        if whole.interval is not None:
            known |= {"gmfe_low": f"{whole.interval.low:.4f}", "gmfe_high": f"{whole.interval.high:.4f}"}
    if imipramine is not None:
        known |= {"imipramine_rows": imipramine.rows, "imipramine_gmfe": f"{imipramine.gmfe:.4f}"}
    return known
