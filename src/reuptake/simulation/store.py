"""How results reach the disk: whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from reuptake.errors import InputError, Problem

__all__ = ["check_place", "make_folders", "places_problems", "write_text", "write_whole"]

LONGEST_NAME = 200  # bytes; file systems take 255, and a temporary name is a little longer


def check_place(path: Path, where: str, *, directory: bool = False) -> None:
    """See before the work begins that its result can be put there.

    Raises
    ------
    InputError
        If the place is of the wrong kind or cannot be written.
    """
    try:
        _check(path, where, directory)
    except OSError as error:
        reason = error.strerror or "the place cannot be used"
        hint = "choose a folder that you may write to"
        raise InputError(Problem(f"cannot write to '{_short(path)}': {reason}", where, hint)) from None


def places_problems(out: Path | None, figure: Path | None) -> list[Problem]:
    """What is wrong with a folder (``--out``) and a figure (``--plot``) that results are to go to."""
    problems: list[Problem] = []
    for place, option, folder in ((out, "--out", True), (figure, "--plot", False)):
        try:
            if place is not None:
                check_place(place, option, directory=folder)
        except InputError as error:
            problems += error.problems
    if figure is not None and figure.suffix != ".svg":
        problems.append(Problem(f"a plot is an SVG file (got '{figure.name}')", "--plot", "name it FILE.svg"))
    return problems


def _check(path: Path, where: str, directory: bool) -> None:
    if directory and path.exists() and not path.is_dir():
        raise InputError(Problem(f"'{path}' is a file, not a folder", where))
    if not directory and path.is_dir():
        raise InputError(Problem(f"'{path}' is a folder, not a file", where))
    nearest_parent = path if directory and path.exists() else path.parent
    while not nearest_parent.exists() and nearest_parent != nearest_parent.parent:
        nearest_parent = nearest_parent.parent
    if not nearest_parent.is_dir():
        raise InputError(Problem(f"'{nearest_parent}' is not a folder", where))
    with tempfile.TemporaryFile(dir=nearest_parent):
        pass
    if len(path.name.encode()) > LONGEST_NAME:
        raise InputError(Problem(f"'{_short(path)}' is too long for the name of a file", where))


def _short(path: Path) -> str:
    text = str(path)
    return text if len(text) <= 80 else f"{text[:60]}…"


def write_text(path: Path, text: str, where: str) -> None:
    """A text file, complete or absent."""
    write_whole(path, where, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def write_whole(path: Path, where: str, write: Callable[[Path], object]) -> None:
    """A file that `write` makes under another name first, complete or absent.

    Raises
    ------
    InputError
        If it cannot be written; what was there before is there still.
    """
    created = make_folders(path.parent, where)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except BaseException as error:
        temporary.unlink(missing_ok=True)
        for folder in reversed(created):
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, OSError):
            raise InputError(Problem(f"cannot write '{path}': {error.strerror}", where)) from None
        raise


def make_folders(folder: Path, where: str) -> list[Path]:
    """Make a folder and those above it; return the ones that were not there."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()][::-1]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(Problem(f"cannot make '{folder}': {error.strerror}", where)) from None
    return missing
