"""What is moved and what the model runs on: quantities of a fit, and the records that follow from them.

    record_k = f_k(quantities, evidence),     ∂ln record_k/∂x_j = (∂f_k/∂v_j)·(dv_j/dx_j)/f_k

A quantity that bears the name of a record is that record. Others, a total clearance and a share of it say, are known
to the fit alone, and records follow from them by formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.parameters import Parameter
from reuptake.equations.derivative import jacobian
from reuptake.equations.evaluation import evaluate
from reuptake.equations.expression import Expression
from reuptake.units import unit

__all__ = ["Leaned", "Settings", "Translation"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Settings:
    """Values of records at one place of the search.

    Attributes
    ----------
    values : mapping of record name to number
        In the unit of each record.
    slopes : array (record, parameter)
        ∂ln record/∂x, in the order of `values`.
    """

    values: Mapping[str, float]
    slopes: Array


@dataclass(frozen=True)
class Leaned:
    """A record that formulas lean on: its name, the standard deviation of its logarithm, and whether it is assumed."""

    name: str
    width: float
    assumed: bool


@dataclass(frozen=True)
class Translation:
    """From a place of the search to values of records.

    Attributes
    ----------
    parameters : tuple of Parameter (parameter,)
        Those that are no nuisance, in the order of the search.
    records : mapping of record name to (expression, unit)
        Expressions of parameters of the fit and of constants, in canonical units.
    constants : mapping of name to number
        What else stands in the expressions, in canonical units.
    leaned : mapping of name to Leaned
        Those constants that are records.
    """

    parameters: tuple[Parameter, ...]
    records: Mapping[str, tuple[Expression, str]]
    constants: Mapping[str, float] = field(default_factory=dict)
    leaned: Mapping[str, Leaned] = field(default_factory=dict)

    def is_itself(self, record: str) -> bool:
        """Whether a record is a quantity as it is moved."""
        expression = self.records[record][0]
        return expression.op == "parameter" and expression.name == record

    @property
    def names(self) -> tuple[str, ...]:
        """Records that are moved, (record,)."""
        return tuple(self.records)

    @cached_property
    def _slopes(self) -> Mapping[tuple[int, str], Expression]:
        return jacobian([expression for expression, _ in self.records.values()], "parameter")

    def settings(self, x: Sequence[float] | Array) -> Settings:
        """Values of the records, and how they change, at x (parameter,)."""
        places = {one.name: i for i, one in enumerate(self.parameters)}
        at = self._at(x)
        canonical = np.array([evaluate(expression, at) for expression, _ in self.records.values()])
        slopes = np.zeros((len(canonical), len(self.parameters)))
        for (row, name), entry in self._slopes.items():
            one, place = self.parameters[places[name]], float(x[places[name]])
            slopes[row, places[name]] = (
                evaluate(entry, at) * one.stretch(place) * unit(one.unit).factor / canonical[row]
            )
        factors = np.array([unit(text).factor for _, text in self.records.values()])
        return Settings(dict(zip(self.records, (canonical / factors).tolist(), strict=True)), slopes)

    def borrowed(self, x: Sequence[float] | Array) -> list[dict[str, float]]:
        """What the uncertainty of constants makes of each record: standard deviations of its logarithm, by constant."""
        at = self._at(x)
        worth = [evaluate(expression, at) for expression, _ in self.records.values()]
        found: list[dict[str, float]] = [{} for _ in worth]
        for (row, name), entry in self._leanings.items():
            if name in self.leaned and self.leaned[name].width > 0.0:
                elasticity = evaluate(entry, at) * at[name] / worth[row]
                found[row][name] = abs(elasticity) * self.leaned[name].width
        return found

    @cached_property
    def _leanings(self) -> Mapping[tuple[int, str], Expression]:
        return jacobian([expression for expression, _ in self.records.values()], "input")

    def _at(self, x: Sequence[float] | Array) -> dict[str, float]:
        """Every symbol of the expressions, canonical units."""
        moved = zip(self.parameters, x, strict=True)
        return dict(self.constants) | {
            one.name: one.value(float(place)) * unit(one.unit).factor for one, place in moved
        }
