"""How long the next step may be, and which times are one and the same.

The one place where steps are controlled, for every back-end: plain functions of numbers,
since a back-end that compiles its own stepping compiles this very file with it. Hence only
arithmetic, comparisons, ``if`` and ``pow``.
"""

from __future__ import annotations

from math import pow

__all__ = [
    "FIRST_STEP", "HALVINGS", "MOST_CHAINED", "MOST_STEPS", "RETRY", "SAFETY", "TOGETHER", "growth", "opening",
    "resolution", "shortest",
]  # fmt: skip

SAFETY = 0.9  # of the step that would just keep the tolerance
SHORTEST = 0.2  # of a step its successor may be
LONGEST = 6.0
LONGEST_FIRST = 1000.0  # after a restart nothing is known of the right step yet
RETRY = 0.25  # of a step that led to what is not finite
LEAST_ERROR = 1e-20  # of the error allowed; far below where any step may grow no further

FIRST_STEP = 1e-4  # h; the error control finds the right one within a few steps
MOST_STEPS = 100_000  # for one subject
MOST_CHAINED = 100  # firings of triggers at one time
HALVINGS = 60  # of a step, to find where in it a trigger fires: down to its last bit
TOGETHER = 1e-9  # of the share of a step: triggers this close to the first fire with it


def growth(error: float, order: int, first: int) -> float:
    """How many times as long the next step may be.

    Parameters
    ----------
    error : float
        Of the step just tried, in units of what is allowed; a step above 1 is to be tried again.
    order : int
        The error grows with this power of the step.
    first : int
        1 until a step after a restart has been accepted, 0 from then on.
    """
    longest = LONGEST
    if first == 1:
        longest = LONGEST_FIRST
    if error < LEAST_ERROR:
        return longest
    factor = SAFETY * pow(error, -1.0 / order)
    if factor > longest:
        return longest
    if factor < SHORTEST:
        return SHORTEST
    return factor


def opening(learned: float) -> float:
    """The first step after a restart, h, given what proved right after an equal one; 0 if none is known."""
    if learned > 0.0:
        return learned
    return FIRST_STEP


def resolution(time: float) -> float:
    """Times this close to one another, h, are the same."""
    if time > 1.0:
        return 1e-12 * time
    if time < -1.0:
        return -1e-12 * time
    return 1e-12


def shortest(time: float) -> float:
    """A step below this, h, moves the time no more."""
    return 0.1 * resolution(time)
