"""One number: its value, its unit, who measured it, or why it is assumed."""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from reuptake.errors import InputError
from reuptake.units import unit

__all__ = [
    "SPECIES", "Frozen", "Number", "Record", "RecordName", "Sourced", "SpeciesName", "Spread", "UnitText",
    "impossible", "logarithmic", "possible",
]  # fmt: skip

SpeciesName = Literal["human", "rat", "mouse"]
SPECIES: tuple[SpeciesName, ...] = get_args(SpeciesName)
Status = Literal["measured", "derived", "fitted", "assumed"]
_DIVISORS = (
    "kd",
    "km",
    "ki",
    "mass",
    "density",
    "volume",
    "unbound",
    "ratio",
    "scale",
    "scalar",
    "haematocrit",
    "reference",
    "ec50",
)
_FRACTIONS = ("fraction", "share", "haematocrit", "water", "lipid")
_LOGARITHMS = {"pka": (0.0, 14.0), "ph": (0.0, 14.0), "logp": (-10.0, 15.0)}
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9_-]*)+\Z")


class Frozen(BaseModel):
    """Base of all evidence shapes: unknown keys refused, never changed after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


def impossible(name: str, number: float) -> str:
    """Why nature does not allow a number for a quantity of this name; empty where it does.

    Most quantities are zero or more; what is divided by is above zero; fractions do not pass one.
    """
    low, high = possible(name)
    if logarithmic(name):
        return "" if low <= number <= high else f"{name} lies between {low:g} and {high:g} (got {number:g})"
    if number < low:
        return f"{name} cannot be negative (got {number:g})"
    if number == 0.0 and any(word in _quantity(name).split("_") for word in _DIVISORS):
        return f"{name} must be above zero (got 0)"
    if number > high:
        return f"{name} is a fraction and cannot pass one (got {number:g})"
    return ""


def possible(name: str) -> tuple[float, float]:
    """Least and largest number that nature allows for a quantity of this name."""
    quantity = _quantity(name)
    if quantity in _LOGARITHMS:
        return _LOGARITHMS[quantity]
    return 0.0, 1.0 if any(word in quantity.split("_") for word in _FRACTIONS) else math.inf


def logarithmic(name: str) -> bool:
    """Whether a quantity of this name is a decimal logarithm: a pKa, a pH, a log P."""
    return _quantity(name) in _LOGARITHMS


def _quantity(name: str) -> str:
    """Last word of a name, without the species."""
    head, _, tail = name.rpartition(".")
    return (head if tail in SPECIES else name).rsplit(".", 1)[-1]


def _known_unit(text: str) -> str:
    try:
        unit(text)
    except InputError as error:
        problem = error.problems[0]
        raise ValueError(f"{problem.message}; {problem.hint}" if problem.hint else problem.message) from None
    return text


def _record_name(text: str) -> str:
    if not _NAME.match(text):
        raise ValueError("a record is named like imipramine.sert.kd or liver.mass_fraction.human, in lower case")
    return text


# A number must be written as one: neither quoted, nor true, nor infinite.
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
UnitText = Annotated[str, AfterValidator(_known_unit)]
RecordName = Annotated[str, AfterValidator(_record_name)]


class Spread(Frozen):
    """Uncertainty of a value between laboratories."""

    kind: Literal["lognormal", "normal", "range"]
    cv: Annotated[Number, Field(gt=0.0, lt=10.0)] | None = None
    sd: Annotated[Number, Field(gt=0.0)] | None = None
    low: Number | None = None
    high: Number | None = None

    @model_validator(mode="after")
    def _complete(self) -> Spread:
        needs = {"lognormal": (self.cv,), "normal": (self.sd,), "range": (self.low, self.high)}[self.kind]
        if any(value is None for value in needs):
            wanted = {"lognormal": "cv", "normal": "sd", "range": "low and high"}[self.kind]
            raise ValueError(f"a spread of kind {self.kind} needs {wanted}")
        return self


class Sourced(Frozen):
    """Base of what somebody measured, or somebody argued."""

    status: Status
    source: str = ""
    via: str = ""
    locator: str = ""
    because: str = ""
    spread: Spread | None = None

    @model_validator(mode="after")
    def _has_an_origin(self) -> Self:
        if self.status != "assumed" and not self.source:
            raise ValueError(f"a value that is {self.status} needs 'source', a key of sources.bib")
        if self.status == "measured" and not self.locator:
            raise ValueError("a value that is measured needs 'locator', the place in the source")
        if self.status != "measured" and not self.because.strip():
            raise ValueError(f"a value that is {self.status} needs 'because', one sentence saying how it was reached")
        return self


class Record(Sourced):
    """One value of one quantity, with its origin; see ``docs/reference/evidence-files.md``."""

    name: RecordName
    number: Number
    unit: UnitText
    use: bool = True

    @model_validator(mode="after")
    def _can_be(self) -> Record:
        complaint = impossible(self.name, self.number)
        if complaint:
            raise ValueError(complaint)
        return self

    @property
    def stem(self) -> str:
        """Name without the species."""
        head, _, tail = self.name.rpartition(".")
        return head if tail in SPECIES else self.name
