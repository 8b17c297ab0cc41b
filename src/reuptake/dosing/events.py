"""What a solver is told to do at one time: let something in, start afresh, change a number."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Event", "Steady", "administered"]


@dataclass(frozen=True)
class Steady:
    """The endless course whose steady state an event begins with.

    The course gives what the event itself gives (its amount, or its rate for `duration`)
    every `interval`, for ever; at the event the states are those `wait` before its next dose,
    which is the event's own and enters `wait` after it. Infusions of the course that are
    still running then go on to their ends.

    Attributes
    ----------
    interval : float, h
        Zero for an infusion that has never stopped.
    duration : float, h
        How long each infusion of the course runs; zero for boluses. It may exceed the interval.
    added : bool
        Whether the steady state adds to the states there are (SS = 2) or replaces them (SS = 1).
        Where it replaces them, every infusion that was running ends.
    wait : float, h
        From the event to the next dose of the course: less than the interval; a lag makes it so.
    """

    interval: float
    duration: float = 0.0
    added: bool = False
    wait: float = 0.0

    def __post_init__(self) -> None:
        early = self.wait == 0.0 or 0.0 < self.wait < self.interval
        if not (self.interval >= 0.0 and self.duration >= 0.0 and early):
            raise ValueError(f"no endless course has interval, duration and wait like these: {self}")


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


def administered(time: float, input: str, amount: float, duration: float = 0.0) -> tuple[Event, ...]:
    """One dose: a bolus (nmol), or an infusion over `duration` (h) that begins and ends."""
    if not duration > 0.0:
        return (Event(time, input, amount=amount),)
    rate = amount / duration
    return Event(time, input, rate=rate), Event(time + duration, input, rate=-rate)
