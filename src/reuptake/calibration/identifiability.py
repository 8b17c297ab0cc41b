"""Which parameters the data can tell, and which combinations they cannot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Verdict"]


@dataclass(frozen=True)
class Verdict:
    """Whether the data tell a parameter: ``told``, ``hardly told`` or ``not told``, and why."""

    name: str
    told: Literal["told", "hardly told", "not told"]
    reason: str
