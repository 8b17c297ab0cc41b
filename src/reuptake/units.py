"""Which units exist, what they are worth, and what may be added to what.

Inside the package every number is in one canonical set: nmol, L, h, kg (so a
concentration is nmol/L and a clearance L/h). Outside values arrive as text with
a unit and are converted here, once.

Five things that look alike are kept apart as dimensions of their own, because
dividing one by another is the classical silent error of the field: mass of drug
(`kg`), body mass (`kg_body`), tissue mass (`g_tissue`), microsomal protein
(`mg_protein`), and enzyme (`pmol_enzyme`). So 60 mg/kg_body is no pure number, and
pmol/min/pmol_enzyme is no rate constant until an amount of enzyme multiplies it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from reuptake.errors import InputError, Problem

__all__ = ["DIMENSIONLESS", "Dimension", "Quantity", "Unit", "convert", "quantity", "ratio", "unit"]

# The registry is small on purpose: pint's default one costs 150 ms more at start.
_DEFINITIONS = """
nano- = 1e-9 = n-
micro- = 1e-6 = µ- = μ- = u-
pico- = 1e-12 = p-
milli- = 1e-3 = m-
centi- = 1e-2 = c-
deci- = 1e-1 = d-
kilo- = 1e3 = k-
meter = [length] = m
gram = [mass] = g
mole = [substance] = mol
hour = [time] = h
g_body = [body_mass]
g_tissue = [tissue_mass]
g_protein = [protein_mass]
mol_enzyme = [enzyme]
mmHg = [pressure]
point = [score]
beat = [heartbeat]
copy = [count]
minute = hour / 60 = min
second = hour / 3600 = s
day = 24 * hour = d
week = 7 * day
month = 30.4375 * day
year = 365.25 * day = y
liter = 1e-3 * meter ** 3 = L = l
molar = mole / liter = M
percent = 0.01 = %
fraction = 1
"""

# Base dimension, its canonical unit (a pint expression), and how that unit is written.
_BASES: tuple[tuple[str, str, str], ...] = (
    ("[substance]", "nmol", "nmol"),
    ("[length]", "dm", "dm"),
    ("[time]", "hour", "h"),
    ("[mass]", "kg", "kg"),
    ("[body_mass]", "kg_body", "kg_body"),
    ("[tissue_mass]", "kg_tissue", "kg_tissue"),
    ("[protein_mass]", "g_protein", "g_protein"),
    ("[enzyme]", "nmol_enzyme", "nmol_enzyme"),
    ("[pressure]", "mmHg", "mmHg"),
    ("[score]", "point", "point"),
    ("[heartbeat]", "beat", "beat"),
    ("[count]", "copy", "copy"),
)
_UNIT_TEXT = re.compile(r"[A-Za-zµμ%][A-Za-z_µμ0-9%]*(?:\s*(?:\*\*|\^)\s*-?[0-9]{1,2})?")
_QUANTITY_TEXT = re.compile(
    r"\s*([-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?(?:nan|inf(?:inity)?))\s*(.*?)\s*\Z", re.I
)


@dataclass(frozen=True)
class Dimension:
    """Exponents of the base dimensions, printed in canonical units."""

    exponents: tuple[Fraction, ...] = (Fraction(0),) * len(_BASES)

    def __mul__(self, other: Dimension) -> Dimension:
        return Dimension(tuple(a + b for a, b in zip(self.exponents, other.exponents, strict=True)))

    def __truediv__(self, other: Dimension) -> Dimension:
        return Dimension(tuple(a - b for a, b in zip(self.exponents, other.exponents, strict=True)))

    def __pow__(self, power: Fraction | int) -> Dimension:
        return Dimension(tuple(exponent * power for exponent in self.exponents))

    @property
    def dimensionless(self) -> bool:
        """Whether a number of this dimension is a pure number."""
        return not any(self.exponents)

    def __str__(self) -> str:
        over: list[str] = []
        under: list[str] = []
        for (_, _, written), exponent in zip(_BASES, self.exponents, strict=True):
            if written == "dm" and exponent % 3 == 0:
                written, exponent = "L", exponent / 3
            if exponent:
                power = abs(exponent)
                (over if exponent > 0 else under).append(written if power == 1 else f"{written}^{power}")
        return "/".join(["·".join(over) or "1", *under]) if over or under else "dimensionless"


DIMENSIONLESS = Dimension()


@dataclass(frozen=True)
class Unit:
    """A unit as written, its worth in canonical units, and its dimension."""

    text: str
    factor: float
    dimension: Dimension


@dataclass(frozen=True)
class Quantity:
    """A number with a unit."""

    number: float
    unit: Unit

    @property
    def canonical(self) -> float:
        """The number in canonical units (nmol, L, h, kg)."""
        return self.number * self.unit.factor

    def to(self, text: str) -> float:
        """The number in another unit of the same dimension."""
        return convert(self.number, self.unit.text, text)

    def __str__(self) -> str:
        return f"{self.number:g} {self.unit.text}".strip()


@lru_cache(maxsize=1)
def _registry() -> Any:
    import pint

    return pint.UnitRegistry(_DEFINITIONS.strip().splitlines(), cache_folder=None)


@cache
def unit(text: str) -> Unit:
    """The unit that a text names.

    Parameters
    ----------
    text : str
        For example ``nmol/L``, ``mg/kg_body``, ``pmol/min/pmol_enzyme``; empty or
        ``1`` for a pure number.

    Raises
    ------
    InputError
        If a name is unknown, or mass is divided by mass without saying of what.
    """
    written = text.strip()
    if written in ("", "1", "dimensionless"):
        return Unit("", 1.0, DIMENSIONLESS)
    parts = [part.strip() for part in re.split(r"[*/·]", written)]
    if not all(part == "1" or _UNIT_TEXT.fullmatch(part) for part in parts):
        raise InputError(Problem(f"'{text}' is no unit", hint="for example nmol/L, mg/kg_body, L/h or 1/h"))
    try:
        parsed = _registry().Quantity(1.0, written.replace("·", "*"))
        root = parsed.to_root_units()
    except Exception as error:  # pint has no common ancestor for what a bad text can raise
        raise InputError(Problem(f"unknown unit '{text}'", hint=_unit_hint(text))) from error
    masses = [part for part in parts if re.fullmatch(r"[kmµμunp]?g", part)]
    if len(masses) > 1 and "[mass]" not in parsed.dimensionality:
        raise InputError(Problem(f"'{text}' divides mass by mass without saying of what", hint=_unit_hint(text)))
    exponents, factor = [], float(root.magnitude)
    dimensionality = dict(root.dimensionality)
    for name, canonical, _ in _BASES:
        exponent = Fraction(dimensionality.pop(name, 0)).limit_denominator(1000)
        exponents.append(exponent)
        if exponent:
            factor /= float(_registry().Quantity(1.0, canonical).to_root_units().magnitude) ** float(exponent)
    return Unit(written, _tidy(factor), Dimension(tuple(exponents)))


def _tidy(factor: float) -> float:
    """Take the rounding of repeated prefixes off: 0.001 stays 0.001."""
    return float(f"{factor:.14g}")


def _unit_hint(text: str) -> str:
    if re.search(r"/\s*k?g\b(?!_)", text):
        return "write /kg_body for body mass, /g_tissue for tissue, /mg_protein for microsomal protein"
    return "units are written like nmol/L, ng/mL, mg/kg_body, L/h, pmol/min/pmol_enzyme"


def convert(number: float, from_unit: str, to_unit: str) -> float:
    """A number in another unit of the same dimension.

    Examples
    --------
    >>> round(convert(1048, "mL/min", "L/h"), 2)
    62.88
    """
    here, there = unit(from_unit), unit(to_unit)
    if here.dimension != there.dimension:
        raise InputError(Problem(f"cannot convert '{from_unit}' ({here.dimension}) to '{to_unit}' ({there.dimension})"))
    return number * here.factor / there.factor


def ratio(one: Unit, other: Unit) -> float:
    """What one of a unit is in another of the same dimension, without the rounding of prefixes.

    Examples
    --------
    >>> ratio(unit("mg"), unit("ug"))
    1000.0
    """
    return _tidy(one.factor / other.factor)


def quantity(text: str, *, example: str) -> Quantity:
    """A quantity as a person writes it, ``"50 mg"`` or ``8h``.

    Raises
    ------
    InputError
        If number or unit is missing, unknown, or not finite; `example` is shown.
    """
    match = _QUANTITY_TEXT.match(text)
    if match is None:
        raise InputError(Problem(f"'{text}' is not a number with a unit", hint=f"write it like '{example}'"))
    number, unit_text = float(match[1]), match[2]
    if not math.isfinite(number):
        raise InputError(Problem(f"'{text}' is not a finite number", hint=f"write it like '{example}'"))
    if re.match(r",[0-9]", unit_text):
        raise InputError(Problem(f"'{text}' has a comma in its number", hint="write a decimal point"))
    if not unit_text:
        raise InputError(Problem(f"'{text}' has no unit", hint=f"write it like '{example}'"))
    return Quantity(number, unit(unit_text))
