"""What a fit came to: numbers with intervals, what was explained and how well."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from reuptake.calibration.identifiability import Verdict
from reuptake.calibration.least_squares import Fitted
from reuptake.calibration.parameters import Parameter
from reuptake.calibration.posterior import Posterior
from reuptake.calibration.profile import Profile
from reuptake.calibration.rows import AbstractExplained, Row

__all__ = ["Calibration", "Value", "fold_error", "moved"]


@dataclass(frozen=True)
class Value:
    """One number that the fit gives: a quantity that was moved, or a record that follows from those.

    `log_error` is the standard error of its logarithm, None for what cannot have one; `low` and `high` are the ends
    of its 95 % interval (of the profile where there is one, else of the standard error), None where open.
    `status` is that of an evidence record, ``fitted``, ``derived`` or ``assumed``, or ``moved`` for a quantity that
    is no record; `source` is the key of what a record rests on.
    """

    name: str
    number: float
    unit: str
    status: str
    log_error: float | None
    low: float | None
    high: float | None
    note: str = ""
    source: str = ""


@dataclass(frozen=True)
class Calibration:
    """What a fit came to.

    Attributes
    ----------
    name : str
        The fit's id, which its records carry.
    fitted : Fitted
    values : tuple of Value
        Quantities moved, then records that follow.
    effects : mapping of label to float
        Effects of studies or people, as factors of levels (e^b).
    rows : tuple of Row
    verdicts : tuple of Verdict
        Of each parameter that is no nuisance.
    profiles : mapping of parameter name to Profile
        Only of those that were asked for.
    fold_error : float
        Geometric mean of the larger of predicted/observed and its inverse, without effects, of what was measured
        above nought; NaN where there is none.
    notes : tuple of str
        What was left out, and why; what a reader must know.
    posterior : Posterior or None
        If it was asked for.
    objective : AbstractExplained or None
        What was made small, where it can be asked again: to write the fit down for others, say.
    chi2, log_likelihood : float or None
        Σz² of all measurements, and the logarithm of their probability density without priors, of a problem whose
        tools report them.
    """

    name: str
    fitted: Fitted
    values: tuple[Value, ...]
    effects: Mapping[str, float]
    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...]
    profiles: Mapping[str, Profile]
    fold_error: float
    notes: tuple[str, ...] = ()
    posterior: Posterior | None = None
    objective: AbstractExplained | None = field(default=None, repr=False, compare=False)
    chi2: float | None = None
    log_likelihood: float | None = None


def fold_error(rows: Sequence[Row]) -> float:
    """Geometric mean of the larger of predicted/observed and its inverse; NaN where no row is above nought."""
    told = [row for row in rows if row.observed > 0.0 < row.predicted and not row.censored]
    misses = [abs(math.log(row.predicted / row.observed)) for row in told]
    return math.exp(float(np.mean(misses))) if misses else math.nan


def moved(fitted: Fitted, count: int, walked: Mapping[str, Profile]) -> Iterable[Value]:
    """The first `count` parameters as values, with intervals of their profile, or of their standard error."""
    for one, x, error in zip(fitted.parameters[:count], fitted.x, fitted.errors, strict=False):
        value, own = one.value(float(x)), walked.get(one.name)
        low, high = (own.low, own.high) if own else _ends(one, float(x), fitted.reach * float(error))
        relative = float(error) * abs(one.stretch(float(x)) / value) if value else None
        yield Value(one.name, value, one.unit, "moved", relative, low, high)


def _ends(one: Parameter, x: float, reach: float) -> tuple[float | None, float | None]:
    """Ends of an interval that reaches so far on the search scale; open where it is endless."""
    if not math.isfinite(reach):
        return None, None
    return one.value(x - reach), one.value(x + reach)
