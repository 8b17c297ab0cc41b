"""Write the living datasheet."""

from __future__ import annotations

from pathlib import Path

from reuptake.cli.evidence import known
from reuptake.cli.show import plain
from reuptake.errors import InputError, Problem
from reuptake.simulation.store import check_place, write_text

__all__ = ["write_dossier"]


def write_dossier(compound: str, out: Path, compound_files: list[Path]) -> None:
    """The dossier of one compound as one HTML file."""
    problems: list[Problem] = []
    if out.suffix.lower() not in (".html", ".htm"):
        problems.append(Problem(f"a dossier is an HTML file (got '{out.name}')", "--out", "name it FILE.html"))
    try:
        check_place(out, "--out")
    except InputError as error:
        problems += error.problems
    base = None
    try:
        base = known(compound_files)
        base.compound(compound, "COMPOUND")
    except InputError as error:
        problems += error.problems
    if problems or base is None:
        raise InputError(problems)
    from reuptake.reports.dossier import dossier

    write_text(out, dossier(compound, base), "--out")
    plain(f"written: {out}")
