"""How the tab-separated tables of PEtab are read: every cell with its place, and what is wrong told later at once."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reuptake.errors import InputError, Problem, nearest

__all__ = ["Notebook", "Row", "inside", "rows"]

MOST_BYTES = 200_000_000


@dataclass
class Notebook:
    """Problems found so far."""

    problems: list[Problem] = field(default_factory=list)

    def note(self, message: str, where: str, hint: str = "") -> None:
        """One more."""
        self.problems.append(Problem(message, where, hint))

    def close(self) -> None:
        """Raise them all, if there are any."""
        if self.problems:
            raise InputError(self.problems)


@dataclass(frozen=True)
class Row:
    """One row of a table: cells by header, empty ones left out."""

    where: str
    cells: Mapping[str, str]
    notebook: Notebook = field(repr=False)

    def word(self, column: str, otherwise: str = "") -> str:
        """A cell as text."""
        return self.cells.get(column, otherwise)

    def number(self, column: str, otherwise: float | None = None) -> float:
        """A cell as a number; NaN, and a problem, where it is none."""
        text = self.cells.get(column)
        if text is None and otherwise is not None:
            return otherwise
        try:
            value = float(text or "")
        except ValueError:
            value = math.nan
        if math.isnan(value):
            self.notebook.note(f"{column} must be a number, not '{text or ''}'", self.where)
        return value

    def one_of(self, column: str, choices: Collection[str], otherwise: str) -> str:
        """A cell that holds one of some words."""
        word = self.word(column, otherwise)
        if word not in choices:
            self.notebook.note(f"{column} '{word}' is not supported", self.where, nearest(word, choices))
            return otherwise
        return word

    def settings(self, column: str) -> tuple[float | str, ...]:
        """A cell of numbers and names, parted by semicolons."""
        text = self.cells.get(column)
        return tuple(setting(part.strip()) for part in text.split(";")) if text else ()


def setting(text: str) -> float | str:
    """A number, or a name."""
    try:
        return float(text)
    except ValueError:
        return text


def rows(folder: Path, files: Sequence[str], needed: Collection[str], notebook: Notebook) -> Iterator[Row]:
    """Rows of some tables of one kind, one after another."""
    for name in files:
        path = inside(folder, name, notebook)
        if path is not None:
            yield from _rows(path, needed, notebook)


def inside(folder: Path, name: str, notebook: Notebook) -> Path | None:
    """The place of a file that a problem names; only files in its folder are opened."""
    path = (folder / name).resolve()
    if "://" in name or not path.is_relative_to(folder.resolve()):
        notebook.note(f"'{name}' lies outside the folder of the problem", str(folder), "copy it there")
        return None
    return path


def _rows(path: Path, needed: Collection[str], notebook: Notebook) -> Iterator[Row]:
    try:
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            notebook.note(f"more than {MOST_BYTES // 1_000_000} MB are too much for a table", str(path))
            return
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8 text"
        notebook.note(f"cannot read this file: {reason}", str(path))
        return
    reader = csv.reader(io.StringIO(text), delimiter="\t")
    header = [word.strip() for word in next(reader, [])]
    for column in [column for column in needed if column not in header]:
        notebook.note(f"the column '{column}' is missing", f"{path}:1")
    for cells in reader:
        where = f"{path}:{reader.line_num}"
        if len(cells) > len(header):
            notebook.note(f"{len(cells)} fields where the header has {len(header)}", where)
        kept = {name: cell.strip() for name, cell in zip(header, cells, strict=False)}
        kept = {name: cell for name, cell in kept.items() if name and cell and cell.lower() != "nan"}
        if kept:
            yield Row(where, kept, notebook)
