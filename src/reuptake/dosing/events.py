"""What a solver is told to do at one time: let something in, start afresh, change a number."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Event", "Steady"]


@dataclass(frozen=True)
class Steady:
    """The endless course whose steady state an event begins with.

    The course gives what the event itself gives (its amount, or its rate for `duration`)
    every `interval`, for ever; at the event the states are those just before its next dose.

    Attributes
    ----------
    interval : float, h
        Zero for an infusion that has never stopped.
    duration : float, h
        How long each infusion of the course runs; zero for boluses. It may exceed the interval.
    added : bool
        Whether the steady state adds to the states there are (SS = 2) or replaces them (SS = 1).
    """

    interval: float
    duration: float = 0.0
    added: bool = False


@dataclass(frozen=True)
class Event:
    """What happens to the system at one time: changes first, then the reset, then the dose.

    Attributes
    ----------
    time : float, h
    input : str
        Name of a dosing input of the system; empty where nothing enters.
    amount : float, nmol
        Enters at this very time.
    rate : float, nmol/h
        Added to the input's rate from this time on; a negative one ends an infusion.
    changes : tuple of (name, value)
        Parameters, in canonical units, that hold from this time on.
    reset : bool
        Every state returns to where it starts, and every infusion ends.
    steady : Steady or None
        The states become those of an endless course before this dose is given.
    """

    time: float
    input: str = ""
    amount: float = 0.0
    rate: float = 0.0
    changes: tuple[tuple[str, float], ...] = ()
    reset: bool = False
    steady: Steady | None = None
