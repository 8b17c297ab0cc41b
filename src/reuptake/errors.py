"""What can go wrong, and how it is told.

The tree::

    ReuptakeError
    ├── InputError    the user's text or file cannot be used; exit status 2
    └── RunError      the work itself failed; exit status 1

An `InputError` carries every `Problem` that was found, never only the first.
A subject that fails inside an ensemble is no error but an outcome
(`reuptake.trajectories.Outcome`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

__all__ = ["InputError", "Problem", "ReuptakeError", "RunError", "nearest"]


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong: where, what, and how to mend it.

    Parameters
    ----------
    message : str
        What is wrong, as a sentence to a tired colleague.
    where : str
        ``file:line:column``, an option such as ``--dose``, or an argument name.
    hint : str
        How to mend it; may be empty.
    """

    message: str
    where: str = ""
    hint: str = ""

    def render(self) -> str:
        """Text as it is printed, one or two lines."""
        head = f"error: {self.where}: {self.message}" if self.where else f"error: {self.message}"
        return f"{head}\n  hint: {self.hint}" if self.hint else head


class ReuptakeError(Exception):
    """Everything this package raises about its own world."""

    exit_status = 1


class RunError(ReuptakeError):
    """The work was well asked for and still failed."""


class InputError(ReuptakeError):
    """What the user gave cannot be used; holds all problems found."""

    exit_status = 2

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(problem.render() for problem in self.problems))


def nearest(name: str, known: Iterable[str]) -> str:
    """Hint that names the closest known spellings, or lists what there is.

    Examples
    --------
    >>> nearest("imipramin", ["imipramine", "desipramine"])
    "did you mean 'imipramine' or 'desipramine'?"
    """
    known = list(known)
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = [by_lower[match] for match in get_close_matches(name.lower(), by_lower, n=3, cutoff=0.6)]
    if close:
        return "did you mean " + " or ".join(repr(match) for match in close) + "?"
    if not known:
        return ""
    shown = ", ".join(known[:12])
    return f"known: {shown}" + (f" and {len(known) - 12} more" if len(known) > 12 else "")
