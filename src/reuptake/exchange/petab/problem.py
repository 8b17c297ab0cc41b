"""What a parameter estimation problem is, told as version 1 of PEtab tells it, whichever files it came from.

    transformation(measurement) = transformation(observable) + noise,   noise ~ distribution(0, σ)

Formulas are text in the identifiers of the SBML model, of parameters and of placeholders, which each measurement fills
with its own parameters.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["Condition", "Measurement", "Observable", "Parameter", "Prior", "Problem", "Scale", "placeholder"]

Scale = Literal["lin", "log", "log10"]
Setting = float | str


def placeholder(kind: str, number: int, observable: str) -> str:
    """Name of a placeholder (`kind` is ``observable`` or ``noise``), numbered from 1."""
    return f"{kind}Parameter{number}_{observable}"


def _where() -> Any:
    return field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Prior:
    """What is known of a parameter beforehand: PEtab's name of the distribution, and its two numbers."""

    kind: str
    numbers: tuple[float, float]


@dataclass(frozen=True)
class Parameter:
    """One row of the parameter table.

    `scale` is that of the search and of priors named after it; bounds and the nominal value are on no scale.
    """

    id: str
    scale: Scale
    low: float
    high: float
    nominal: float | None
    estimated: bool = True
    prior: Prior | None = None
    name: str = ""
    where: str = _where()


@dataclass(frozen=True)
class Observable:
    """What was measured, as formulas, and how it errs."""

    id: str
    formula: str
    noise: str
    transformation: Scale = "lin"
    distribution: Literal["normal", "laplace"] = "normal"
    name: str = ""
    where: str = _where()

    def placeholders(self, kind: Literal["observable", "noise"]) -> tuple[str, ...]:
        """Placeholders in order, as far as any formula names them."""
        text = f"{self.formula} {self.noise}"
        numbers = [int(n) for n in re.findall(rf"\b{kind}Parameter(\d+)_{re.escape(self.id)}\b", text)]
        return tuple(placeholder(kind, n, self.id) for n in range(1, max(numbers, default=0) + 1))


@dataclass(frozen=True)
class Condition:
    """What one experiment sets: entities of the model to numbers or parameters; the model decides the rest."""

    id: str
    settings: Mapping[str, Setting]
    name: str = ""
    where: str = _where()


@dataclass(frozen=True)
class Measurement:
    """One number that was measured; its parameters fill the placeholders of its observable."""

    observable: str
    condition: str
    time: float
    value: float
    observable_parameters: tuple[Setting, ...] = ()
    noise_parameters: tuple[Setting, ...] = ()
    dataset: str = ""
    where: str = _where()


@dataclass(frozen=True)
class Problem:
    """A whole problem.

    Attributes
    ----------
    name : str
    model : str
        SBML text.
    model_file : str
        Where the text comes from, for messages.
    notes : tuple of str
        What a reader must know, such as what was left out; written beside the problem.
    """

    name: str
    model: str = field(repr=False)
    parameters: tuple[Parameter, ...]
    observables: tuple[Observable, ...]
    conditions: tuple[Condition, ...]
    measurements: tuple[Measurement, ...] = field(repr=False)
    model_file: str = field(default="model.xml", compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)
