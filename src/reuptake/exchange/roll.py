"""Who the subjects of a table are: one course of doses each, their rows, and what is known of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import InputError, Problem
from reuptake.exchange.columns import measuring
from reuptake.exchange.doses import course_codes, course_keys
from reuptake.exchange.samples import Layout, Samples

__all__ = ["Roll", "numbers", "rolled", "words"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Roll:
    """Courses in order of appearance, (course,): names, subjects, first rows; and whose each profile and row is."""

    names: list[str]
    subjects: list[str]
    head: Integers
    of_profile: Integers
    of_row: Integers


def rolled(layout: Layout, samples: Samples, used: Mask) -> Roll:
    """Whose rows these are."""
    if layout.subjects:
        names = samples.names["id"]
        head = np.zeros(len(names), dtype=np.int64)
        return Roll(names, names, head, np.arange(len(names)), np.zeros(layout.table.rows, dtype=np.int64))
    codes, rows = course_codes(layout), np.flatnonzero(used)
    unique, first = np.unique(codes[rows], return_index=True)
    order = np.argsort(first, kind="stable")
    number = np.full(int(codes.max(initial=0)) + 1, -1, dtype=np.int64)
    number[unique[order]] = np.arange(len(order))
    head = rows[first[order]]
    labels = {key: layout.labels(key) for key in course_keys(layout)}
    said = [[one.words[one.codes[row]] for one in labels.values()] for row in head.tolist()]
    names = subjects = [told[0] if "id" in labels else "1" for told in said]
    if len(set(names)) < len(names):
        names = [", ".join(filter(None, told)) for told in said]
    return Roll(names, subjects, head, number[codes[samples.head]], number[codes])


def numbers(layout: Layout, roll: Roll, role: str, what: str) -> list[float | None]:
    """The first number of each course in a column of what subjects are; a body mass in kg."""
    values = layout.numbers(role, what)
    if values is None:
        return [None] * len(roll.names)
    column = layout.roles[role]
    if role == "weight":
        layout.complain(values <= 0.0, column.name, "a body mass is above zero (got {word})")
        values = values * _body_mass(layout)
    found: list[float | None] = []
    for i, name in enumerate(roll.names):
        own = values[(roll.of_row == i) & np.isfinite(values)]
        found.append(float(own[0]) if len(own) else None)
        if len(own) and (own != own[0]).any():
            layout.notes.append(f"'{column.name}' of '{name}' changes; the first is used")
    return found


def _body_mass(layout: Layout) -> float:
    """What one unit of the column of body masses is in kg; kg, with a note, where none is stated."""
    column = layout.roles["weight"]
    if not column.unit:
        layout.notes.append("no unit of body mass is stated: taken as kg")
    try:
        return measuring(
            column.unit or "kg", ("kg",), "body mass", f"{layout.table.file}, column '{column.name}'"
        ).factor
    except InputError as error:
        layout.problems.extend(error.problems)
        return 1.0


def words(layout: Layout, roll: Roll, role: str) -> list[str]:
    """The one word of each course in a column of what subjects are; two different ones become a problem."""
    if role not in layout.roles:
        return [""] * len(roll.names)
    header, labels = layout.roles[role].name, layout.labels(role)
    found = []
    for i, name in enumerate(roll.names):
        rows = np.flatnonzero(roll.of_row == i)
        said = [row for row in rows.tolist() if labels.words[labels.codes[row]]]
        told = dict.fromkeys(labels.words[labels.codes[row]] for row in said)
        if len(told) > 1:
            message = f"'{name}' is said to be {' and '.join(repr(word) for word in told)}"
            layout.problems.append(Problem(message, layout.table.place(said[0], header), "keep one"))
        found.append(next(iter(told), ""))
    return found
