"""Who was sampled when, and what was found: the rows of a table as numbers with their places.

Long tables have a row for each sample, with columns for subject, time and concentration; wide ones a column of
times and a column for each subject. Times come out in h, levels in ng/mL.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import InputError, Problem, nearest
from reuptake.exchange.columns import Column, measuring, parted, recognised
from reuptake.exchange.request import CONCENTRATIONS, Request
from reuptake.exchange.tables import MOST_SHOWN, Table
from reuptake.noncompartmental.quantification import Profiles
from reuptake.units import Unit, ratio, unit

__all__ = ["KEYS", "Labels", "Layout", "Samples", "encoded", "in_order", "layout_of", "padded", "read_samples"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]
KEYS = ("id", "analyte", "period", "treatment")
LEVEL = "ng/mL"
MOMENT = 1e-9  # h: what lies within it of an end lies at the end
# Guards against slips, no pharmacology: denser than any matter, thinner than one molecule in a litre, a century.
MOST_LEVEL, LEAST_LEVEL, MOST_TIME = 1e12, 1e-20, 1e6  # ng/mL, ng/mL, h
_BELOW = re.compile(r"(?:[<≤]\s*)?(?:blq|bql|bloq|blod|lloq|loq|nd|n\.d\.|bdl)\.?\Z|[<≤]\s*([0-9.,eE+-]+)\Z", re.I)
_YES = {"1", "true", "yes", "y", "t", "blq", "bql", "1.0"}


@dataclass(frozen=True)
class Labels:
    """Words of one column, numbered in the order in which they appear: a number for each row."""

    codes: Integers = field(repr=False)
    words: list[str]


@dataclass(frozen=True)
class Layout:
    """How a table is built: its columns by role; in a wide one, the subjects' columns.

    What is noticed and what is wrong is gathered here while the table is read, so that all of it is told at once.
    """

    table: Table
    roles: dict[str, Column]
    subjects: tuple[Column, ...] = ()
    notes: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, wrong: Mask, name: str, message: str, hint: str = "") -> None:
        """Problems of all wrong rows (row,), as in `Table.complaints`."""
        self.problems.extend(self.table.complaints(wrong, name, message, hint))

    def numbers(self, role: str, what: str) -> Array | None:
        """A column of numbers (row,), NaN where nothing stands; what is no number becomes a problem."""
        if role not in self.roles:
            return None
        name = self.roles[role].name
        read = self.table.numbers(name)
        self.complain(read.odd, name, "'{word}' is no " + what)
        return np.where(read.odd, np.nan, read.values)

    def hours(self, role: str, what: str, request: Request) -> Array | None:
        """A column of times or lengths of time (row,), in the unit of the column of times, as h."""
        values = self.numbers(role, what)
        if values is None:
            return None
        factor = self.hour(request)
        # So many to the hour are divided, not multiplied: 1440 min are 24 h to the last digit.
        per_hour = round(1.0 / factor) if factor < 1.0 else 1
        return values / per_hour if per_hour > 1 else values * factor

    def hour(self, request: Request) -> float:
        """What one unit of the column of times is in h."""
        return self.unit("time", request.time_unit, ("h", "min"), "time").factor

    def labels(self, role: str) -> Labels:
        """A column of words; one empty word where there is no such column."""
        if role not in self.roles:
            return Labels(np.zeros(self.table.rows, dtype=np.int64), [""])
        return encoded(self.table.words(self.roles[role].name))

    def unit(self, role: str, asked: Unit | None, examples: tuple[str, ...], what: str) -> Unit:
        """The unit of a column: what was asked, else its header's, else the usual one, with a note."""
        if asked is not None:
            return asked
        column = self.roles.get(role) or (self.subjects[0] if role == "conc" and self.subjects else None)
        if column is not None and column.unit:
            where = f"{self.table.file}, column '{column.name}'"
            try:
                return measuring(column.unit, examples, what, where)
            except InputError as error:
                self.problems.extend(error.problems)
                return unit(examples[0])
        option = {"time": "--time-unit", "conc": "--conc-unit"}.get(role, "--dose-unit")
        self.notes.append(f"no unit of {what} is stated: taken as {examples[0]} ({option} changes it)")
        return unit(examples[0])


@dataclass(frozen=True)
class Samples:
    """Samples of all profiles, one after the other in no order; arrays (sample,).

    Attributes
    ----------
    profile : array, int
    time : array, h
    level : array, ng/mL
        NaN where missing or below the limit.
    below : array, bool
    limit : array, ng/mL
        Limit of quantification where one is known, else NaN.
    row : array, int
        Of the table.
    head : array (profile,), int
        The row where each profile begins in the table.
    names : mapping of key to list of word (profile,)
    """

    profile: Integers = field(repr=False)
    time: Array = field(repr=False)
    level: Array = field(repr=False)
    below: Mask = field(repr=False)
    limit: Array = field(repr=False)
    row: Integers = field(repr=False)
    head: Integers = field(repr=False)
    names: dict[str, list[str]] = field(repr=False)

    def some(self, kept: Mask | Integers) -> Samples:
        """Some of the samples, of as many profiles, by mask or by number."""
        return Samples(
            self.profile[kept], self.time[kept], self.level[kept], self.below[kept], self.limit[kept], self.row[kept],
            self.head, self.names,
        )  # fmt: skip


def encoded(words: Any) -> Labels:
    """Words with a number for each row; the empty word where nothing stands."""
    import pyarrow.compute as pc

    coded = pc.fill_null(words.cast("string"), "").dictionary_encode()
    return Labels(coded.indices.to_numpy(zero_copy_only=False).astype(np.int64), coded.dictionary.to_pylist())


def layout_of(table: Table, request: Request, beside: Collection[str] = ()) -> Layout:
    """Which columns mean what.

    Parameters
    ----------
    beside : collection of str
        Headers that the caller reads by itself.

    Raises
    ------
    InputError
        If there is no time, or no concentration and no subjects' columns; names what was found.
    """
    headers = list(table.columns)
    where = f"{table.file}:{table.header_line}"
    headers = [header for header in headers if header not in beside]
    roles = recognised(headers, request.columns or {}, where)
    if "time" not in roles:
        raise InputError(_lacking("time", headers, roles, where))
    if "conc" in roles:
        known = {column.name for column in roles.values()}
        spare = [header for header in headers if header not in known]
        notes = [f"columns not used: {', '.join(spare[:12])}"] * bool(spare)
        if "id" not in roles:
            notes.append("no column says who: all rows are read as one subject")
        return Layout(table, roles, (), [*table.notes, *notes])
    known = {roles[role].name for role in roles if role in ("time", "id", *KEYS)}
    subjects = tuple(Column(header, _bracketed(header)) for header in headers if header not in known)
    if "id" in roles or not subjects:
        raise InputError(_lacking("conc", headers, roles, where))
    stated = sorted({column.unit for column in subjects if column.unit})
    if len(stated) > 1 or (stated and not all(column.unit for column in subjects)):
        message = f"the columns of subjects are not all in one unit ({', '.join(stated)}, or none)"
        raise InputError(Problem(message, where, "state the same unit behind each, or none and --conc-unit"))
    notes = [f"wide table: each column but '{roles['time'].name}' is read as a subject"]
    return Layout(table, {"time": roles["time"]}, subjects, [*table.notes, *notes])


def _bracketed(header: str) -> str:
    """The unit that stands in brackets behind a subject's name; empty where none does."""
    return parted(header)[1] if header.rstrip().endswith((")", "]")) else ""


def _lacking(role: str, headers: Iterable[str], roles: dict[str, Column], where: str) -> Problem:
    what = {"time": "time", "conc": "concentration"}[role]
    spare = [header for header in headers if header not in {column.name for column in roles.values()}]
    close = nearest({"time": "time", "conc": "conc"}[role], spare)
    message = f"no column of {what} (found: {', '.join(list(headers)[:12])})"
    hint = f"name it '{role}', or say which it is: --column {role}=HEADER"
    return Problem(message, where, f"{close} {hint}" if close.startswith("did") else hint)


def read_samples(layout: Layout, request: Request, observed: Mask) -> Samples:
    """Samples of a table; what is wrong with them is added to the problems of the layout.

    Parameters
    ----------
    observed : array (row,), bool
        Rows that are samples, not doses.
    """
    times = layout.hours("time", "time: a number is needed", request)
    assert times is not None
    name = layout.roles["time"].name
    absent = np.isnan(times) & observed & ~layout.table.numbers(name).odd
    layout.complain(absent, name, "no time stands here", "give every sample a time")
    scale = _level_scale(layout, request)
    layout.complain(
        observed & (np.abs(times) > MOST_TIME), name, "a time of {word} cannot be meant", "look at its unit"
    )
    columns = layout.subjects or (layout.roles["conc"],)
    parts = [_levels(layout, request, column, scale, observed) for column in columns]
    row = np.flatnonzero(observed)
    profile, head, names = _profiles(layout, row)
    level, below, limit = (np.concatenate([part[i] for part in parts]) for i in range(3))
    time, rows = np.tile(times[row], len(parts)), np.tile(row, len(parts))
    return Samples(profile, time, level, below.astype(bool), limit, rows, head, names)


def _profiles(layout: Layout, row: Integers) -> tuple[Integers, Integers, dict[str, list[str]]]:
    """A profile number for each sample, in order of appearance; first row and keys of every profile."""
    if layout.subjects:
        names = [parted(column.name)[0] if column.unit else column.name for column in layout.subjects]
        nothing = [""] * len(names)
        profile, head = np.repeat(np.arange(len(names)), len(row)), np.zeros(len(names), dtype=np.int64)
        return profile, head, {"id": names} | {key: nothing for key in KEYS[1:]}
    if "id" in layout.roles:
        name = layout.roles["id"].name
        import pyarrow.compute as pc

        nameless = np.asarray(pc.is_null(layout.table.words(name)), dtype=bool)
        layout.complain(nameless, name, "nobody is named here", "name the subject on each row")
    labels = {key: layout.labels(key) for key in KEYS}
    code = np.zeros(len(row), dtype=np.int64)
    for key in KEYS:
        code = code * len(labels[key].words) + labels[key].codes[row]
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    heads = row[first[order]]
    names_of = {key: [labels[key].words[code] for code in labels[key].codes[heads].tolist()] for key in KEYS}
    if "id" not in layout.roles:
        names_of["id"] = ["1"] * len(heads)
    return number[inverse], heads, names_of


def _level_scale(layout: Layout, request: Request) -> float:
    """What one unit of the table's levels is in ng/mL."""
    written = layout.unit("conc", request.conc_unit, CONCENTRATIONS, "concentration")
    return _in_level(written, request, layout)


def _in_level(written: Unit, request: Request, layout: Layout) -> float:
    target = unit(LEVEL)
    if written.dimension == target.dimension:
        return ratio(written, target)
    if request.molar_mass is None:
        hint = "give it: --molar-mass '280.4 g/mol'"
        message = f"levels in {written.text} need the molar mass to become {LEVEL}"
        layout.problems.append(Problem(message, layout.table.file, hint))
    return written.factor * (request.molar_mass or 1.0) / target.factor


def _levels(
    layout: Layout, request: Request, column: Column, scale: float, observed: Mask
) -> tuple[Array, Array, Array]:
    """Levels, whether below the limit, and limits, of one column of levels; arrays (sample,)."""
    table, name = layout.table, column.name
    read = table.numbers(name)
    level, below = np.where(read.odd, np.nan, read.values), np.zeros(table.rows, dtype=bool)
    limit = np.full(table.rows, np.nan)
    odd = read.odd & observed
    if odd.any():
        odd_rows = np.flatnonzero(odd)
        labels = encoded(table.words(name).take(odd_rows))
        for number, word in enumerate(labels.words):
            stated = _BELOW.match(word)
            rows = odd_rows[labels.codes == number]
            if stated:
                below[rows], odd[rows] = True, False
                limit[rows] = _stated(stated[1])
    hint = "a number, BLQ or <0.5 stands in a column of levels; a comma in a number needs semicolons between fields"
    layout.complain(odd, name, "'{word}' is no level", hint)
    negative = observed & (level < 0.0)
    hint = "levels are zero or more; turn logarithms back"
    layout.complain(negative, name, "a level cannot be negative (got {word})", hint)
    strange = observed & (level != 0.0) & ((level > MOST_LEVEL / scale) | (np.abs(level) < LEAST_LEVEL / scale))
    layout.complain(strange, name, "a level of {word} cannot be meant", "look at the unit")
    level, limit = np.where(strange, np.nan, level) * scale, limit * scale
    limit = np.where(np.isnan(limit), _limits(layout, request, scale), limit)
    flagged = _flagged(layout)
    below |= flagged | (level == 0.0) | (level < limit)
    return np.where(below | negative, np.nan, level)[observed], below[observed], limit[observed]


def _stated(text: str | None) -> float:
    """The number of ``<0.5``."""
    try:
        return float((text or "").replace(",", "."))
    except ValueError:
        return float("nan")


def _limits(layout: Layout, request: Request, scale: float) -> Array:
    """Limit of quantification of each row, ng/mL; NaN where nobody said."""
    if request.lloq is not None:
        number, written = request.lloq
        return np.full(layout.table.rows, number * (scale if written is None else _in_level(written, request, layout)))
    stated = layout.numbers("lloq", "limit of quantification")
    return np.full(layout.table.rows, np.nan) if stated is None else stated * scale


def _flagged(layout: Layout) -> Mask:
    """Rows that a column of their own says are below the limit."""
    labels = layout.labels("blq")
    said = np.array([word.lower() in _YES for word in labels.words], dtype=bool)
    flagged: Mask = said[labels.codes]
    return flagged


def in_order(samples: Samples, layout: Layout) -> Samples:
    """The same, sorted by profile and time, without those that are missing; two of one time become problems."""
    there = samples.below | np.isfinite(samples.level)
    if not there.all():
        layout.notes.append(f"{int((~there).sum())} samples without a level are left out")
    samples = samples.some(there & np.isfinite(samples.time))
    if (np.diff(samples.profile) < 0).any():
        samples = samples.some(np.argsort(samples.profile, kind="stable"))
    fallen = (np.diff(samples.profile) == 0) & (np.diff(samples.time) < 0.0)
    if fallen.any():
        count = len(np.unique(samples.profile[1:][fallen]))
        layout.notes.append(f"samples of {count} profile(s) were not in order of time; they have been sorted")
        samples = samples.some(np.lexsort((samples.time, samples.profile)))
    twice = np.flatnonzero((np.diff(samples.profile) == 0) & (np.diff(samples.time) == 0.0)) + 1
    for which, place in zip(twice[:MOST_SHOWN].tolist(), _places(samples, layout, twice[:MOST_SHOWN]), strict=True):
        who = ", ".join(filter(None, (samples.names[key][samples.profile[which]] for key in KEYS)))
        message = f"two samples of '{who}' at {samples.time[which]:g} h"
        hint = "average them, or tell them apart by a column analyte, period or treatment"
        layout.problems.append(Problem(message, place, hint))
    if len(twice) > MOST_SHOWN:
        layout.problems.append(Problem(f"and {len(twice) - MOST_SHOWN} more samples of one time", layout.table.file))
    return samples


def _places(samples: Samples, layout: Layout, which: Integers) -> Iterable[str]:
    return layout.table.places(samples.row[which].tolist(), layout.roles["time"].name)


def padded(samples: Samples, chosen: Integers, since: Array, until: Array) -> Profiles:
    """Some profiles side by side, from one time of each to another, in h since the first.

    Parameters
    ----------
    samples : Samples
        In order of profile and time.
    chosen : array (subject,), int
        Rising numbers of profiles.
    since, until : array (subject,), h
    """
    number = np.full(len(samples.names["id"]), -1)
    number[chosen] = np.arange(len(chosen))
    subject = number[samples.profile]
    kept = (subject >= 0) & (samples.time >= since[subject]) & (samples.time <= until[subject] + MOMENT)
    subject, samples = subject[kept], samples.some(kept)
    counts = np.bincount(subject, minlength=len(chosen))
    begins = np.cumsum(counts) - counts
    at = subject, np.arange(len(subject)) - begins[subject]
    shape = len(chosen), max(1, int(counts.max(initial=0)))
    times, levels, below = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, dtype=bool)
    times[at], levels[at], below[at] = samples.time - since[subject], samples.level, samples.below
    limit = np.full(len(chosen), np.nan)
    known = np.isfinite(samples.limit)
    limit[subject[known]] = samples.limit[known]
    return Profiles(times, levels, below, limit)
