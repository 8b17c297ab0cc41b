"""Numbers that were to be explained, beside what the model says of them."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Row"]


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
