"""The numbers a system runs on, each with the record it came from."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import Evidence
from reuptake.evidence.records import Record
from reuptake.units import unit

__all__ = ["ParameterTable", "resolve"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ParameterTable:
    """Parameters by name, in canonical units, with their records.

    Attributes
    ----------
    names : tuple of str (parameter,)
        As the system asks for them (without species).
    units : tuple of str (parameter,)
        The system's own units.
    values : array (parameter,)
        Of the reference individual, in canonical units.
    records : tuple of Record (parameter,)
    overridden : mapping of name to value
        What the user set, in the unit of the record.
    """

    names: tuple[str, ...]
    units: tuple[str, ...]
    values: Array
    records: tuple[Record, ...]
    overridden: Mapping[str, float]

    def __getitem__(self, name: str) -> float:
        return float(self.values[self.names.index(name)])

    def record(self, name: str) -> Record:
        """The record behind a parameter."""
        return self.records[self.names.index(name)]

    def under(self, overrides: Mapping[str, float], species: str) -> ParameterTable:
        """The same table with some values replaced, each in the unit of its record; a name may carry the species.

        Raises
        ------
        InputError
            With every value that is set without being needed.
        """
        wanted = {name.removesuffix(f".{species}"): value for name, value in overrides.items()}
        problems = _not_needed(wanted, self._places)
        if problems:
            raise InputError(problems)
        values = self.values.copy()
        for name, value in wanted.items():
            place = self._places[name]
            values[place] = value * unit(self.records[place].unit).factor
        return replace(self, values=values, overridden={**self.overridden, **wanted})

    def own(self, settings: Mapping[str, float], species: str) -> dict[str, float]:
        """Those of some settings that name a parameter of this table, with the species or without."""
        return {name: value for name, value in settings.items() if name.removesuffix(f".{species}") in self._places}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    def matrix(self, drawn: Mapping[str, Array], size: int) -> Array:
        """Values for each subject, (subject, parameter): as drawn where drawn, else the reference."""
        matrix = np.tile(self.values, (size, 1))
        for name, column in drawn.items():
            matrix[:, self.names.index(name)] = column
        return matrix


def resolve(
    evidence: Evidence,
    needed: Sequence[tuple[str, str]],
    species: str,
    overrides: Mapping[str, float] | None = None,
) -> ParameterTable:
    """Find the record of every parameter, species by species.

    Parameters
    ----------
    evidence : Evidence
    needed : sequence of (name, unit)
        As a system lists them.
    species : str
    overrides : mapping of name to number, optional
        Values in the unit of their record that replace it in this run; the name may carry the species.

    Raises
    ------
    InputError
        With every parameter that has no record, has one of another dimension, or is set without being needed.
    """
    problems, records, values = [], [], []
    for name, unit_text in needed:
        record = evidence.find(name, species)
        if record is None:
            problems.append(
                Problem(
                    f"the model needs '{name}' ({unit_text or 'a pure number'}) for {species}; no record gives it",
                    hint=f"add a record named '{name}' to the compound file"
                    if name.split(".")[0] in evidence.compounds
                    else nearest(name, evidence.in_use),
                )
            )
            continue
        if unit(record.unit).dimension != unit(unit_text).dimension:
            problems.append(
                Problem(
                    f"'{record.name}' is in {record.unit}; the model needs {unit_text or 'a pure number'}",
                    evidence.places.get(record.name, ""),
                )
            )
            continue
        records.append(record)
        values.append(record.number * unit(record.unit).factor)
    wanted = [name.removesuffix(f".{species}") for name in overrides or {}]
    problems += _not_needed(wanted, [name for name, _ in needed])
    if problems:
        raise InputError(problems)
    names, units = (tuple(entry[i] for entry in needed) for i in range(2))
    table = ParameterTable(names, units, np.array(values), tuple(records), {})
    return table.under(overrides, species) if overrides else table


def _not_needed(wanted: Iterable[str], names: Collection[str]) -> list[Problem]:
    """A problem for each name that the model does not ask for."""
    return [
        Problem(f"this model has no parameter '{name}'", "--set", nearest(name, names))
        for name in wanted
        if name not in names
    ]
