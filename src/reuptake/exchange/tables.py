"""How a text table becomes columns, as people and spreadsheets write them.

Comma, semicolon, tab or bar between the fields; a byte order mark, Latin-1 letters, Excel's ``sep=`` line and the
decimal comma of European tables are understood. Every cell stays text until it is asked for as a number, so that
what is wrong is told with its line, its column and the word that stood there.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import InputError, Problem

__all__ = ["Numbers", "Table", "from_columns", "read_table"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
MOST_BYTES = 1_000_000_000
MOST_SHOWN = 20  # problems of one kind in one column; the rest are counted
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
MISSING = ("", ".", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "-", "missing", "NS", "NR")
NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"


@dataclass(frozen=True)
class Numbers:
    """One column read as numbers: NaN where nothing stands, and where what stands is no number (`odd`)."""

    values: Array
    odd: Mask


@dataclass(frozen=True)
class Table:
    """Columns of text, None where nothing stands.

    Attributes
    ----------
    file : str
        As it is shown.
    columns : mapping of header to Arrow array of text (row,)
        Headers as they are written, without blanks around them.
    notes : tuple of str
        What was understood although it was unusual.
    """

    file: str
    columns: Mapping[str, Any] = field(repr=False)
    notes: tuple[str, ...] = ()
    text: str = field(default="", repr=False)
    delimiter: str = ","
    header_line: int = 1

    @property
    def rows(self) -> int:
        """How many rows follow the header."""
        return len(next(iter(self.columns.values())))

    def words(self, name: str) -> Any:
        """One column as an Arrow array of text, without blanks around the words."""
        return self.columns[name]

    def numbers(self, name: str) -> Numbers:
        """One column as numbers; where fields are not parted by commas a comma is a decimal one."""
        import pyarrow as pa
        import pyarrow.compute as pc

        words = self.columns[name]
        try:
            values = _floats(words.cast(pa.float64()))
            return Numbers(values, np.isinf(values))
        except pa.ArrowInvalid:
            pass
        if self.delimiter != ",":
            plain = pc.match_substring_regex(words, r"^[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?$")
            words = pc.if_else(plain, pc.replace_substring(words, ",", "."), words)
        words = pc.replace_substring_regex(words, r"^\+", "")
        good = pc.fill_null(pc.match_substring_regex(words, NUMBER), True)
        values = _floats(pc.if_else(good, words, pa.scalar(None, pa.string())).cast(pa.float64()))
        return Numbers(values, ~np.asarray(good, dtype=bool) | np.isinf(values))

    def place(self, row: int, name: str = "") -> str:
        """``file:line, column 'name'`` of a row, the first being 0."""
        return next(self.places([row], name))

    def places(self, rows: Iterable[int], name: str = "") -> Iterator[str]:
        """Places of many rows, in their order."""
        rows = list(rows)
        lines = self._lines(max(rows)) if rows else []
        for row in rows:
            line = f":{lines[row]}" if row < len(lines) else ""  # stray quotes may swallow lines
            yield f"{self.file}{line}" + (f", column '{name}'" if name else "")

    def complaints(self, wrong: Mask, name: str, message: str, hint: str = "") -> list[Problem]:
        """A problem for each wrong row (row,), with its place; ``{word}`` in the message is what stands there."""
        rows = np.flatnonzero(wrong)
        shown = rows[:MOST_SHOWN].tolist()
        words = [self.columns[name][row].as_py() if name else "" for row in shown]
        found = [
            Problem(message.format(word=_short(word)), place, hint)
            for word, place in zip(words, self.places(shown, name), strict=True)
        ]
        if len(rows) > len(shown):
            found.append(Problem(f"and {len(rows) - len(shown)} more like this", self.place(int(rows[-1]), name)))
        return found

    def _lines(self, until: int) -> list[int]:
        """Line numbers of the rows up to one, as an editor counts them: blank lines and quoted ones too."""
        if not self.text:
            return list(range(1, until + 2))
        reader = csv.reader(io.StringIO(self.text), delimiter=self.delimiter)
        lines, begun = [], 0
        for fields in reader:
            if fields and not _preamble(fields, begun):
                lines.append(begun + 1)
            begun = reader.line_num
            if len(lines) > until + 1:
                break
        return lines[1:]


def read_table(path: Path) -> Table:
    """The table in a text file.

    Raises
    ------
    InputError
        If it cannot be read, is empty, has no delimiter that is known, names a column twice, or has rows of
        another length than the header; all such rows are named.
    """
    file = str(path)
    text, notes = _decoded(_bytes(path, file), file)
    lines = io.StringIO(text)
    header = next((line for line in lines if line.strip() and not _preamble([line.rstrip("\r\n")], 0)), "")
    if not header.strip():
        raise InputError(Problem("the file is empty", file, "a table has a header and a row for each sample"))
    delimiter = _delimiter(header, file)
    names = [name.strip() for name in next(csv.reader([header], delimiter=delimiter))]
    at = text[: text.index(header)].count("\n") + 1
    _check_names(names, f"{file}:{at}")
    body = text[text.index(header) + len(header) :]
    if not body.strip():
        raise InputError(Problem("there is a header and nothing below it", f"{file}:{at}"))
    columns = _columns(body, names, delimiter, Table(file, {}, (), text, delimiter))
    if delimiter != ",":
        notes.append(f"fields are parted by a {DELIMITERS[delimiter]}; a comma in a number is read as a decimal comma")
    return Table(file, columns, tuple(notes), text, delimiter, at)


def from_columns(columns: Mapping[str, Any], name: str = "the data") -> Table:
    """A table of what is in memory already: sequences of one length by header; NaN and None are missing.

    Raises
    ------
    InputError
        If there are none, or they are of different lengths.
    """
    import pyarrow as pa

    lengths = {header: len(column) for header, column in columns.items()}
    if not lengths or not max(lengths.values()):
        raise InputError(Problem("there are no rows", name))
    if len(set(lengths.values())) > 1:
        told = ", ".join(f"{header} {length}" for header, length in lengths.items())
        raise InputError(Problem(f"columns differ in length ({told})", name))
    arrays = {header: pa.array(column, from_pandas=True) for header, column in columns.items()}
    return Table(name, {header: pa.chunked_array([array]).combine_chunks() for header, array in arrays.items()})


def _bytes(path: Path, file: str) -> bytes:
    try:
        if path.exists() and not path.is_file():
            raise InputError(Problem("this is no file", file))
        if path.exists() and path.stat().st_size > MOST_BYTES:
            hint = "split it by subject"
            raise InputError(Problem(f"more than {MOST_BYTES // 1_000_000} MB are too much at once", file, hint))
        return path.read_bytes()
    except OSError as error:
        raise InputError(Problem(f"cannot read this file: {error.strerror}", file)) from None


def _decoded(data: bytes, file: str) -> tuple[str, list[str]]:
    if data.startswith(b"PK\x03\x04") or data.startswith(b"\xd0\xcf\x11\xe0"):
        raise InputError(Problem("this is a workbook, not a text table", file, "save the sheet as CSV"))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace"), ["the file is UTF-16"]
    if b"\0" in data[:100_000]:
        raise InputError(Problem("this is no text file", file, "save the table as CSV"))
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), ["the file is not UTF-8; its letters are read as Windows-1252"]


def _preamble(fields: Sequence[str], begun: int) -> bool:
    """Excel's ``sep=;`` in front of a table, and remarks."""
    return fields[0].startswith("##") or (begun == 0 and fields[0].lower().startswith("sep="))


def _delimiter(header: str, file: str) -> str:
    if header.count('"') % 2:
        raise InputError(Problem("a quote in the header is not closed", file, "close it, or take it away"))
    bare = re.sub(r'"[^"]*"', "", header)
    counts = {delimiter: bare.count(delimiter) for delimiter in DELIMITERS}
    best = max(counts, key=lambda delimiter: counts[delimiter])
    if not counts[best]:
        shown = _short(header.strip())
        hint = "part the fields by commas, semicolons or tabs; in Excel: save as CSV"
        raise InputError(Problem(f"the header '{shown}' is one field; a table needs two columns or more", file, hint))
    return best


def _check_names(names: list[str], where: str) -> None:
    problems = [
        Problem(f"two columns are named '{name}'", where, "give each column a name of its own")
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    if problems:
        raise InputError(problems)


def _columns(body: str, names: list[str], delimiter: str, place: Table) -> dict[str, Any]:
    """Columns of text by header; columns without one are left out where they are empty (spreadsheets add such)."""
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import csv as arrow

    inside = [name or f"column {i + 1}" for i, name in enumerate(names)]
    broken: list[str] = []

    def skip(row: arrow.InvalidRow) -> Literal["skip"]:
        broken.append(row.text)
        return "skip"

    try:
        read = arrow.read_csv(
            io.BytesIO(body.encode()),
            read_options=arrow.ReadOptions(column_names=inside, block_size=1 << 24, use_threads=False),
            parse_options=arrow.ParseOptions(delimiter=delimiter, invalid_row_handler=skip),
            convert_options=arrow.ConvertOptions(
                column_types=dict.fromkeys(inside, pa.string()), strings_can_be_null=True, null_values=list(MISSING)
            ),
        )
    except pa.ArrowInvalid as error:
        raise InputError(Problem(f"this table cannot be read: {str(error)[:120]}", place.file)) from None
    if broken:
        raise InputError(_uneven(place, len(names)))
    columns = {}
    for name, given in zip(inside, names, strict=True):
        column = read.column(name).combine_chunks()
        if given or column.null_count < len(column):
            columns[name] = _trimmed(column, pc, pa)
    return columns


def _trimmed(column: Any, pc: Any, pa: Any) -> Any:
    """Words without blanks around them; what is then missing is None."""
    blanks = pc.match_substring_regex(column, r"^\s|\s$")
    if not pc.any(blanks).as_py():
        return column
    trimmed = pc.utf8_trim_whitespace(column)
    return pc.if_else(pc.is_in(trimmed, pa.array(MISSING)), pa.scalar(None, pa.string()), trimmed)


def _uneven(place: Table, expected: int) -> list[Problem]:
    """Rows that are longer or shorter than the header, by line."""
    reader = csv.reader(io.StringIO(place.text), delimiter=place.delimiter)
    found, begun, header = [], 0, False
    for fields in reader:
        if fields and not _preamble(fields, begun):
            if header and len(fields) != expected:
                found.append((begun + 1, len(fields)))
            header = True
        begun = reader.line_num
    hint = "quote fields that hold the delimiter; a decimal comma needs semicolons or tabs between the fields"
    problems = [
        Problem(f"{count} fields where the header has {expected}", f"{place.file}:{line}", hint)
        for line, count in found[:MOST_SHOWN]
    ]
    if len(found) > MOST_SHOWN:
        problems.append(Problem(f"and {len(found) - MOST_SHOWN} more lines like this", place.file))
    return problems or [Problem("a row cannot be told from the next one", place.file, "look for a stray quote")]


def _floats(values: Any) -> Array:
    floats: Array = np.asarray(values.to_numpy(zero_copy_only=False), dtype=np.float64)
    return floats


def _short(word: str | None, most: int = 60) -> str:
    word = word or ""
    return word if len(word) <= most else word[: most - 1] + "…"
