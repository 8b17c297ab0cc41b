"""One fit from its file to its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from reuptake.calibration.identifiability import Verdict
from reuptake.calibration.least_squares import Fitted
from reuptake.calibration.profile import Profile

__all__ = ["Calibration", "Row", "Value"]


@dataclass(frozen=True)
class Row:
    """One number that was to be explained: observed and predicted in the same unit.

    `group` is whom it comes from (study or subject), `label` what it is, `time` (h) when, where that makes sense;
    `residual` is weighted, before any robust loss.
    """

    group: str
    label: str
    observed: float
    predicted: float
    unit: str
    residual: float
    time: float | None = None


@dataclass(frozen=True)
class Value:
    """One number that the fit gives: a quantity that was moved, or a record that follows from those.

    `log_error` is the standard error of its logarithm, None for what cannot have one; `low` and `high` are the ends
    of its 95 % interval (of the profile where there is one, else of the standard error), None where open.
    `status` is that of an evidence record, ``fitted``, ``derived`` or ``assumed``, or ``moved`` for a quantity that
    is no record.
    """

    name: str
    number: float
    unit: str
    status: str
    log_error: float | None
    low: float | None
    high: float | None
    note: str = ""


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
        Geometric mean of the larger of predicted/observed and its inverse, without effects.
    notes : tuple of str
        What was left out, and why; what a reader must know.
    """

    name: str
    fitted: Fitted
    values: tuple[Value, ...]
    effects: Mapping[str, float]
    rows: tuple[Row, ...]
    verdicts: tuple[Verdict, ...]
    profiles: Mapping[str, Profile]
    fold_error: float
    notes: tuple[str, ...] = field(default=())
