"""How a PEtab problem is written: a folder with its YAML, tables, model and a README, whole or not at all."""

from __future__ import annotations

import csv
import io
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from reuptake.errors import InputError
from reuptake.errors import Problem as Trouble
from reuptake.exchange.petab.lines import Line, cell, tables_1, tables_2
from reuptake.exchange.petab.problem import Problem
from reuptake.simulation.store import check_place, make_folders

__all__ = ["VERSIONS", "check_folder", "write_problem"]

VERSIONS = (1, 2)


def check_folder(folder: Path, version: int = 1, where: str = "--petab") -> None:
    """See before the work begins that a problem can be written there.

    Raises
    ------
    InputError
        If the folder holds something or cannot be written, or the version is none that is written.
    """
    if version not in VERSIONS:
        raise InputError(Trouble(f"PEtab version {version} cannot be written", where, "versions 1 and 2 can"))
    check_place(folder, where, directory=True)
    if folder.exists() and any(folder.iterdir()):
        raise InputError(Trouble(f"the folder '{folder}' is not empty", where, "name another one"))


def write_problem(problem: Problem, folder: Path, version: int = 1, where: str = "--petab") -> Path:
    """A problem in a folder of its own.

    Parameters
    ----------
    problem : Problem
    folder : Path
        Not there yet, or empty.
    version : int
        Of PEtab, 1 or 2.
    where : str
        What named the folder, for messages.

    Returns
    -------
    Path of the YAML file.

    Raises
    ------
    InputError
        If the folder holds something or cannot be written, or if version 2 cannot say what the problem says.
    """
    check_folder(folder, version, where)
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", problem.name).strip("_") or "problem"
    created = make_folders(folder, where)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for name, text in _texts(problem, version, stem).items():
            (temporary / name).write_text(text, encoding="utf-8")
        temporary.chmod(0o755)
        os.replace(temporary, folder)
    except BaseException as error:
        for path in reversed(created):
            shutil.rmtree(path, ignore_errors=True)
        if isinstance(error, OSError):
            raise InputError(Trouble(f"cannot write '{folder}': {error.strerror}", where)) from None
        raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder / f"{stem}.yaml"


def _texts(problem: Problem, version: int, stem: str) -> dict[str, str]:
    """Text of each file by its name; tables without lines are left out."""
    tables = tables_1(problem) if version == 1 else tables_2(problem)
    texts = {f"{kind}.tsv": _table(lines) for kind, lines in tables.items() if lines}
    named = [f"{kind.removesuffix('s')}_files: [{kind}.tsv]" for kind, lines in tables.items() if lines]
    if version == 1:
        head = "format_version: 1\nparameter_file: parameters.tsv\nproblems:\n  - sbml_files: [model.xml]\n"
        yaml = head + "".join(f"    {line}\n" for line in named if not line.startswith("parameter"))
    else:
        head = "format_version: 2.0.0\nmodel_files:\n  model:\n    location: model.xml\n    language: sbml\n"
        yaml = head + "".join(f"{line}\n" for line in named)
    texts |= {f"{stem}.yaml": yaml, "model.xml": problem.model}
    if problem.notes:
        texts["README.md"] = f"# {problem.name}\n\n" + "".join(f"- {note}\n" for note in problem.notes)
    return texts


def _table(lines: Sequence[Line]) -> str:
    """Tab-separated text; columns in which nothing stands are left out."""
    used = list(dict.fromkeys(name for line in lines for name, value in line.items() if value not in (None, "")))
    out = io.StringIO()
    writer = csv.writer(out, delimiter="\t", lineterminator="\n")
    writer.writerow(used)
    writer.writerows([cell(line.get(name)) for name in used] for line in lines)
    return out.getvalue()
