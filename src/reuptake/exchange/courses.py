"""Who was given what and what was found in whom: a table of levels as one course for each subject.

Everything that stands in a table for a fit is kept as it is: each dosing record with its own time, amount and unit,
each sample with its analyte and its limit of quantification, and what is known of the subject. Nothing is guessed that
a fit would be led astray by: levels and doses bear a unit, and a level below the limit names that limit.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import InputError, Problem
from reuptake.exchange.administrations import Administration, given
from reuptake.exchange.columns import personal
from reuptake.exchange.doses import observed_rows
from reuptake.exchange.request import CONCENTRATIONS, Request
from reuptake.exchange.roll import Roll, numbers, rolled, words
from reuptake.exchange.samples import MOMENT, Layout, Samples, in_order, layout_of, read_samples
from reuptake.exchange.tables import MOST_SHOWN, Table, from_columns, read_table
from reuptake.units import unit

__all__ = ["Course", "Courses", "Sampled", "read_courses"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Sampled:
    """Samples of one analyte of one subject.

    Attributes
    ----------
    analyte : str
        As the table calls it; empty where it names none.
    times : array (sample,), h
        Rising, as in the table.
    levels : array (sample,), ng/mL
        NaN where below the limit.
    limit : float or None, ng/mL
        Limit of quantification of those below it.
    place : str
        ``file:line`` of the first.
    """

    analyte: str
    times: Array = field(repr=False)
    levels: Array = field(repr=False)
    limit: float | None
    place: str


@dataclass(frozen=True)
class Course:
    """One subject, or one period of it: what was given, what was found, who it is.

    Attributes
    ----------
    name : str
    subject : str
        Whose course it is; the name too, unless the subject has several.
    place : str
        ``file:line`` where it begins.
    given : tuple of Administration
        Rising in time.
    sampled : tuple of Sampled
    weight : float or None, kg
    age : float or None
        In years, as the table states it.
    sex : str
        As the table states it; empty where it does not.
    genes : mapping of gene to word
        A diplotype, ``*1/*4``, or a phenotype, ``PM``.
    """

    name: str
    subject: str
    place: str
    given: tuple[Administration, ...]
    sampled: tuple[Sampled, ...]
    weight: float | None = None
    age: float | None = None
    sex: str = ""
    genes: Mapping[str, str] = field(default_factory=dict)

    @property
    def begin(self) -> float:
        """Time of the first dose, h, as in the table."""
        return min(record.doses[0].time for record in self.given)


@dataclass(frozen=True)
class Courses:
    """Courses of a table, in the order in which they appear, and what was taken for granted."""

    courses: tuple[Course, ...]
    notes: tuple[str, ...]


def read_courses(
    data: Table | str | Path | Mapping[str, Any],
    request: Request,
    *,
    until: float | None = None,
    genes: Collection[str] = (),
    molar_masses: Mapping[str, float] | None = None,
) -> Courses:
    """What a table says of each subject.

    Parameters
    ----------
    data : Table, path, or mapping of header to column
        Plain rows, a column for each subject, or dosing records in the manner of NONMEM.
    request : Request
        Units, columns, limits; `dose`, `tau` and `route` of all subjects where the table has no dosing records.
    until : float, optional, h
        End of repeated doses; the first is given at time 0.
    genes : collection of str
        Names of genes that columns may tell.
    molar_masses : mapping of analyte, as the table calls it in lower case, to kg/nmol, optional
        For levels in moles; an analyte that is not among them has the molar mass of the request.

    Raises
    ------
    InputError
        With every problem of the table, each with its file and line.
    """
    table = data if isinstance(data, Table) else _read(data)
    told = personal(table.columns, genes)
    layout = layout_of(table, request, [column.name for column in told.values()])
    layout.roles.update(told)
    observed, records = observed_rows(layout)
    layout.problems.extend(_unstated(layout, request, records))
    samples = in_order(read_samples(layout, request, observed), layout)
    roll = rolled(layout, samples, observed | records)
    doses = given(layout, samples, roll, records, request, until)
    _see_that_all_were_sampled(layout, samples, roll, observed)
    sampled = _sampled(layout, _since(layout, samples, roll, doses), roll, request, molar_masses or {})
    weight, age = numbers(layout, roll, "weight", "body mass"), numbers(layout, roll, "age", "age")
    sex, genotypes = words(layout, roll, "sex"), {gene: words(layout, roll, gene) for gene in genes}
    if layout.problems:
        raise InputError(dict.fromkeys(layout.problems))
    places = list(table.places(roll.head.tolist()))
    courses = [
        Course(
            name, roll.subjects[i], places[i], doses[i], tuple(sampled[i]), weight[i] or request.weight, age[i], sex[i],
            {gene: said[i] for gene, said in genotypes.items() if said[i]},
        )
        for i, name in enumerate(roll.names)
    ]  # fmt: skip
    return Courses(tuple(courses), tuple(dict.fromkeys(layout.notes)))


def _read(data: str | Path | Mapping[str, Any]) -> Table:
    return read_table(Path(data)) if isinstance(data, (str, Path)) else from_columns(data)


def _unstated(layout: Layout, request: Request, records: Mask) -> Iterator[Problem]:
    """A problem for levels, and for doses of the table, that bear no unit: a fit cannot tell mg from µg."""
    where = f"{layout.table.file}:{layout.table.header_line}"
    columns = layout.subjects or (layout.roles["conc"],)
    if request.conc_unit is None and not columns[0].unit:
        hint = "write it into the header, as in 'conc (ng/mL)', or state conc_unit"
        yield Problem(f"no unit of the levels in '{columns[0].name}' is stated", where, hint)
    dose = layout.roles.get("amt" if records.any() else "dose")
    if dose is not None and request.dose is None and request.dose_unit is None and not dose.unit:
        hint = f"write it into the header, as in '{dose.name} (mg)', or state dose_unit"
        yield Problem(f"no unit of the doses in '{dose.name}' is stated", where, hint)


def _since(layout: Layout, samples: Samples, roll: Roll, doses: list[tuple[Administration, ...]]) -> Samples:
    """Samples after the first dose; before it nothing tells of the drug, and no level can stand there."""
    begin = np.array([min((one.doses[0].time for one in own), default=-math.inf) for own in doses])
    early = samples.time <= begin[roll.of_profile[samples.profile]] + MOMENT
    wrong = np.zeros(layout.table.rows, dtype=bool)
    wrong[samples.row[early & np.isfinite(samples.level)]] = True
    hint = "leave it out, or write the doses that came before"
    layout.complain(wrong, layout.roles["time"].name, "a level above nought at or before the first dose", hint)
    left = roll.of_profile[samples.profile[~early]]
    for i in sorted(set(roll.of_profile[samples.profile[early]].tolist()) - set(left.tolist()))[:MOST_SHOWN]:
        where = layout.table.place(int(roll.head[i]))
        hint = "times count from the first dose, or from the same zero as those of the dosing records"
        layout.problems.append(Problem(f"'{roll.names[i]}' has samples before the first dose only", where, hint))
    if early.any():
        layout.notes.append(
            f"{int(early.sum())} samples at or before the first dose are left out: nothing is there yet"
        )
    kept = samples.some(~early)
    unknown = np.zeros(layout.table.rows, dtype=bool)
    unknown[kept.row[kept.below & np.isnan(kept.limit)]] = True
    hint = "state lloq, as in '0.5 ng/mL', write a column lloq, or <0.5 instead of the level"
    layout.complain(unknown, "", "a level below the limit of quantification, which nobody states", hint)
    return kept


def _see_that_all_were_sampled(layout: Layout, samples: Samples, roll: Roll, observed: Mask) -> None:
    """A problem for each course without a single level, quantified or not."""
    import pyarrow.compute as pc

    def there(name: str) -> Mask:
        found: Mask = np.asarray(pc.is_valid(layout.table.words(name)), dtype=bool) & observed
        return found

    seen = set(roll.of_profile[samples.profile].tolist())
    if layout.subjects:
        seen |= {i for i, column in enumerate(layout.subjects) if there(column.name).any()}
    else:
        seen |= set(roll.of_row[there(layout.roles["conc"].name)].tolist())
    for i in [i for i in range(len(roll.names)) if i not in seen][:MOST_SHOWN]:
        where = layout.table.place(int(roll.head[i]))
        layout.problems.append(Problem(f"no level of '{roll.names[i]}' stands here", where, "leave this subject out"))


def _sampled(
    layout: Layout, samples: Samples, roll: Roll, request: Request, molar_masses: Mapping[str, float]
) -> list[list[Sampled]]:
    """Samples of each course, by analyte, and by limit where there are several."""
    written = layout.unit("conc", request.conc_unit, CONCENTRATIONS, "concentration")
    molar = written.dimension != unit(CONCENTRATIONS[0]).dimension
    limit_unit = None if request.lloq is None else request.lloq[1]
    by_mass = limit_unit is not None and limit_unit.dimension == unit(CONCENTRATIONS[0]).dimension
    found: list[list[Sampled]] = [[] for _ in roll.names]
    for profile in np.unique(samples.profile).tolist():
        own = samples.some(samples.profile == profile)
        analyte = own.names["analyte"][profile]
        mass = request.molar_mass or 1.0
        factor = molar_masses.get(analyte.lower(), mass) / mass if molar else 1.0
        limits = np.where(own.below, own.limit * (1.0 if by_mass else factor), np.nan)
        known = np.unique(limits[np.isfinite(limits)]).tolist() or [None]
        for number, limit in enumerate(known):
            some = limits == limit if number else ~own.below | (limits == limit)
            part = own.some(some)
            place = layout.table.place(int(part.row[0]))
            found[roll.of_profile[profile]].append(Sampled(analyte, part.time, part.level * factor, limit, place))
    return found
