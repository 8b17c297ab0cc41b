"""One sentence of a mechanism: who does what to which target, and what follows."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator

from reuptake.evidence.records import Frozen

__all__ = ["ROWS", "Claim", "Direction"]

ROWS = tuple(
    f"{table}{n}"
    for table, last in {"A": 5, "B": 5, "C": 6, "D": 6, "E": 5, "F": 4}.items()
    for n in range(1, last + 1)
)
Direction = Literal["increase", "decrease", "unchanged"]


def _row(text: str) -> str:
    if text not in ROWS:
        raise ValueError("a row is one of A1–A5, B1–B5, C1–C6, D1–D6, E1–E5, F1–F4")
    return text


def _ascii(text: str) -> str:
    if not re.fullmatch(r"[\x20-\x7e]+", text):
        raise ValueError("write it in ASCII: alpha1, beta1")
    return text


class Claim(Frozen):
    """A statement of the mechanism with its sources; see ``docs/reference/evidence-files.md``."""

    id: str
    row: Annotated[str, AfterValidator(_row)]
    subject: str
    statement: str
    target: Annotated[str, AfterValidator(_ascii)] | None = None
    action: str | None = None
    outcome: str | None = None
    correlate: str | None = None
    direction: Direction | None = None
    values: tuple[str, ...] = ()
    tested_by: tuple[str, ...] = ()
    grade: Literal["established", "supported", "uncertain", "contested"]
    sources: tuple[str, ...]
    note: str = ""
