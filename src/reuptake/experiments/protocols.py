"""How an experiment is done: the protocol as data that a virtual run and a laboratory both fill in.

A protocol is a YAML file of settings, each under the row of the mechanism that it belongs to,
and of groups with their doses. It is read like all evidence: every mistake at once, each with
file, line and column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, TypeVar

from pydantic import AfterValidator, FiniteFloat, TypeAdapter, model_validator

from reuptake.dosing.regimens import Route, parse_amount, parse_route, parse_time
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.claims import ROWS
from reuptake.evidence.reading import read, validated
from reuptake.evidence.records import SPECIES, Frozen, UnitText
from reuptake.units import Quantity

__all__ = ["Group", "PlannedDose", "Protocol", "Setting", "parse_dose", "protocol", "protocols", "read_protocol"]

T = TypeVar("T")
PROTOCOLS = Path(__file__).parent / "data"
_DOSE = re.compile(
    r"(?P<compound>[a-z0-9][a-z0-9-]*)\s+(?P<amount>\S+\s+\S+|\S+)\s+(?P<route>[a-z-]+)"
    r"(?:\s+every\s+(?P<every>\S+(?:\s+(?!for\b)\S+)?))?(?:\s+for\s+(?P<length>\S+(?:\s+\S+)?))?\Z"
)
_EXAMPLE = "imipramine 10 mg/kg ip every 24h for 35 d"


@dataclass(frozen=True)
class PlannedDose:
    """What one group is given: amount, route, and for a course its interval and length, h."""

    compound: str
    amount: Quantity
    route: Route
    every: float | None = None
    duration: float | None = None


def parse_dose(text: str) -> PlannedDose:
    """A planned dose as a person writes it.

    Raises
    ------
    InputError
        With everything in it that cannot be used.

    Examples
    --------
    >>> parse_dose("imipramine 60 mg/kg po").route
    'po'
    """
    matched = _DOSE.match(text.strip())
    if matched is None:
        raise InputError(Problem(f"'{text}' is no planned dose", hint=f"write it like '{_EXAMPLE}'"))
    problems: list[Problem] = []

    def tried(parse: Callable[[], T]) -> T | None:
        try:
            return parse()
        except InputError as error:
            problems.extend(error.problems)
            return None

    amount = tried(lambda: parse_amount(matched["amount"], ""))
    route = tried(lambda: parse_route(matched["route"], ""))
    every = tried(lambda: parse_time(matched["every"], "")) if matched["every"] else None
    length = tried(lambda: parse_time(matched["length"], "", example="35 d")) if matched["length"] else None
    if bool(matched["every"]) != bool(matched["length"]):
        problems.append(Problem("a course needs both 'every' and 'for'", hint=f"write it like '{_EXAMPLE}'"))
    if problems or amount is None or route is None:
        raise InputError(problems)
    return PlannedDose(matched["compound"], amount, route, every, length)


def _row(text: str) -> str:
    if text not in ROWS:
        raise ValueError("a row is one of A1–A5, B1–B5, C1–C6, D1–D6, E1–E5, F1–F4")
    return text


def _dose_text(text: str) -> str:
    try:
        parse_dose(text)
    except InputError as error:
        raise ValueError(
            "; ".join(filter(None, (f"{p.message}; {p.hint}".strip("; ") for p in error.problems)))
        ) from None
    return text


def _species(text: str) -> str:
    if text not in SPECIES:
        raise ValueError(f"a species is one of {', '.join(SPECIES)}")
    return text


class Setting(Frozen):
    """One line of a protocol: a number with its unit, or words."""

    row: Annotated[str, AfterValidator(_row)]
    part: str
    name: str
    number: FiniteFloat | None = None
    unit: UnitText = ""
    range: tuple[FiniteFloat, FiniteFloat] | None = None
    text: str = ""
    note: str = ""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Setting:
        if (self.number is None) == (not self.text.strip()):
            raise ValueError("a setting has either 'number' with 'unit', or 'text'")
        if self.number is not None and not self.unit:
            raise ValueError("a number needs 'unit' ('fraction' where it has none)")
        if self.number is None and (self.unit or self.range):
            raise ValueError("'unit' and 'range' go with a number, not with words")
        if self.range and self.number is not None and not self.range[0] <= self.number <= self.range[1]:
            raise ValueError(f"the number must lie within its range {self.range[0]:g} to {self.range[1]:g}")
        return self

    @property
    def quantity(self) -> str:
        """The setting as it is printed."""
        if self.number is None:
            return self.text
        shown = f"{self.range[0]:g}–{self.range[1]:g}" if self.range else f"{self.number:g}"
        return f"{shown} {self.unit}"


class Group(Frozen):
    """Animals treated alike; no doses means vehicle."""

    name: str
    doses: tuple[Annotated[str, AfterValidator(_dose_text)], ...] = ()

    @property
    def planned(self) -> tuple[PlannedDose, ...]:
        """The doses, parsed."""
        return tuple(parse_dose(text) for text in self.doses)


class Protocol(Frozen):
    """How an experiment is done, with the source that it follows."""

    protocol: str
    title: str
    species: Annotated[str, AfterValidator(_species)]
    source: str
    settings: tuple[Setting, ...]
    groups: tuple[Group, ...]

    @model_validator(mode="after")
    def _groups_are_told_apart(self) -> Protocol:
        names = [group.name for group in self.groups]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"group given twice: {', '.join(twice)}")
        return self

    @property
    def compounds(self) -> frozenset[str]:
        """Every compound that a group is given."""
        return frozenset(dose.compound for group in self.groups for dose in group.planned)

    @property
    def tables(self) -> frozenset[str]:
        """Letters of the mechanism's tables that it serves."""
        return frozenset(setting.row[0] for setting in self.settings)


_SHAPE = TypeAdapter(Protocol)
_FIELDS = sorted({name for shape in (Setting, Group, Protocol) for name in shape.model_fields})


def read_protocol(path: Path, shown: str | None = None) -> Protocol:
    """A protocol from a file, a laboratory's own among them.

    Raises
    ------
    InputError
        With every mistake of the file.
    """
    return validated(read(path, shown), _SHAPE, _FIELDS)


def protocols() -> Mapping[str, Protocol]:
    """The protocols that come with the package, by name."""
    found: dict[str, Protocol] = {}
    problems: list[Problem] = []
    for path in sorted(PROTOCOLS.glob("*.yaml")):
        try:
            found[path.stem] = read_protocol(path, path.name)
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return MappingProxyType(found)


def protocol(name: str) -> Protocol:
    """A packaged protocol by name.

    Raises
    ------
    InputError
        If there is none of this name; names the closest.
    """
    known = protocols()
    if name not in known:
        raise InputError(Problem(f"unknown protocol '{name}'", hint=nearest(name, known)))
    return known[name]
