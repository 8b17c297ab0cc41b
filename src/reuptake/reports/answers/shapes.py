"""What all answers are made of."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict

__all__ = ["Answer", "Fraction", "Gaps", "Quantity", "RunAnswer", "named", "run_answer"]


class Answer(BaseModel):
    """Base of all answers."""

    model_config = ConfigDict(extra="forbid")

    def text(self) -> str:
        """The answer as one JSON object, in ASCII: no terminal or pipe can spoil it."""
        return json.dumps(self.model_dump(mode="json"), indent=2, allow_nan=False)


class Quantity(Answer):
    """A quantity over subjects; for one subject all three are equal."""

    median: float
    p05: float
    p95: float
    unit: str


class Fraction(Answer):
    """A pure number over subjects."""

    median: float
    p05: float
    p95: float


class RunAnswer(Answer):
    """What identifies the run."""

    seed: int
    backend: str
    hash: str
    seconds: float
    version: str
    request: dict[str, Any]


def run_answer(provenance: Mapping[str, Any], seconds: float) -> RunAnswer:
    """What identifies a run, from its provenance."""
    request = provenance["request"]
    return RunAnswer(
        seed=request["seed"], backend=request["backend"], hash=provenance["hash"], seconds=round(seconds, 3),
        version=provenance["version"], request=dict(request),
    )  # fmt: skip


class Gaps:
    """Numbers that JSON cannot hold: null in an answer, and one note for each kind of them."""

    def __init__(self) -> None:
        self._whose: dict[str, list[str]] = {}

    def number(self, value: float | None, kind: str, whose: str) -> float | None:
        """The number, or None where it is infinite or no number, which is remembered."""
        if value is None or math.isfinite(value):
            return value
        self._whose.setdefault(kind, []).append(whose)
        return None

    @property
    def notes(self) -> list[str]:
        """What is null, and of whom."""
        return [f"{kind} of {named(names)}: not a finite number (null)" for kind, names in self._whose.items()]


def named(names: list[str], most: int = 6) -> str:
    """Names in a row, the first few of many."""
    unique = list(dict.fromkeys(names))
    shown = ", ".join(unique[:most])
    return f"{shown} and {len(unique) - most} more" if len(unique) > most else shown
