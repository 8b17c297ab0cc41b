"""Who takes how much, how, and when: doses, regimens, and the events they become.

A `Dose` is one administration, a `Regimen` a course of them for one compound and
route. Amounts stay quantities (mg, or mg per kg of body mass) until a
subject's body mass and the compound's dose form are known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal, get_args

from reuptake.dosing.events import Event, administered
from reuptake.errors import InputError, Problem, nearest
from reuptake.units import Quantity, quantity, unit

__all__ = [
    "LARGEST_DOSE",
    "MOST_DOSES",
    "ROUTES",
    "Dose",
    "Regimen",
    "Route",
    "parse_amount",
    "parse_route",
    "parse_time",
]

Route = Literal["po", "iv", "iv-infusion", "im", "ip", "sc"]
ROUTES: tuple[Route, ...] = get_args(Route)
MOST_DOSES = 20_000
LARGEST_DOSE = 1.0  # kg, or kg per kg of body mass: a guard against slips of unit, no pharmacology


@dataclass(frozen=True)
class Dose:
    """One administration: h since the start, an amount, and how long it runs in (h, 0 = at once)."""

    time: float
    amount: Quantity
    duration: float = 0.0


@dataclass(frozen=True)
class Regimen:
    """A course of one compound by one route.

    `interval` (h) is the distance between doses of a repeated course, None for a single dose.
    """

    compound: str
    route: Route
    doses: tuple[Dose, ...]
    interval: float | None = None

    @staticmethod
    def single(compound: str, route: Route, amount: Quantity, *, at: float = 0.0, duration: float = 0.0) -> Regimen:
        """One dose."""
        return Regimen(compound, route, (Dose(at, amount, duration),))

    @staticmethod
    def repeated(
        compound: str, route: Route, amount: Quantity, *, every: float, until: float, duration: float = 0.0
    ) -> Regimen:
        """Doses at 0, `every`, 2·`every`, … before `until` (h).

        Raises
        ------
        InputError
            If the interval is not above zero, or the doses are too many to be meant.
        """
        if not every > 0.0:
            raise InputError(Problem(f"an interval must be above 0 h (got {every:g} h)", "--every"))
        # A dose exactly at the end belongs to the next course: 28 d of daily doses are 28 doses.
        count = max(1, -int(-(until / every - 1e-9) // 1))
        if count > MOST_DOSES:
            raise InputError(
                Problem(
                    f"{count} doses are more than {MOST_DOSES}",
                    "--every",
                    "give a longer interval or a shorter time",
                )
            )
        return Regimen(compound, route, tuple(Dose(i * every, amount, duration) for i in range(count)), every)

    def shifted(self, hours: float) -> Regimen:
        """The same course, begun later."""
        return replace(self, doses=tuple(replace(dose, time=dose.time + hours) for dose in self.doses))

    def with_loading(self, amount: Quantity) -> Regimen:
        """The same course with another first dose."""
        return replace(self, doses=(replace(self.doses[0], amount=amount), *self.doses[1:]))

    def missing(self, numbers: Iterable[int]) -> Regimen:
        """The same course with some doses not taken; the first is number 1."""
        left_out = set(numbers)
        kept = tuple(dose for number, dose in enumerate(self.doses, 1) if number not in left_out)
        return replace(self, doses=kept)

    def events(self, input_name: str, nmol: Callable[[Quantity], float]) -> tuple[Event, ...]:
        """What the solver sees, in order of time.

        Parameters
        ----------
        input_name : str
            Dosing input of the system that this route leads to.
        nmol : callable
            Amount of substance (nmol) in a dose, for one subject.
        """
        events = [
            event for dose in self.doses
            for event in administered(dose.time, input_name, nmol(dose.amount), dose.duration)
        ]  # fmt: skip
        return tuple(sorted(events, key=lambda event: event.time))

    def overlapping_infusions(self) -> bool:
        """Whether an infusion begins before the one before it ends."""
        return any(a.time + a.duration > b.time + 1e-9 for a, b in pairwise(self.doses) if a.duration)


def parse_amount(text: str, where: str = "--dose") -> Quantity:
    """A dose as a person writes it: ``50 mg``, or ``60 mg/kg`` of body mass.

    Raises
    ------
    InputError
        If the unit is missing or is no mass, or the number is not above zero.
    """
    per_body = re.sub(r"/\s*kg\b(?!_)", "/kg_body", text) if isinstance(text, str) else text
    amount = _quantity(per_body, where, "50 mg")
    allowed = (unit("mg").dimension, unit("mg/kg_body").dimension)
    if amount.unit.dimension not in allowed:
        raise InputError(
            Problem(
                f"a dose is a mass, or a mass per kg of body mass (got '{text}')",
                where,
                "write it like '50 mg' or '60 mg/kg'",
            )
        )
    if amount.number <= 0.0:
        raise InputError(Problem(f"a dose must be above zero (got '{text}')", where))
    if amount.canonical > LARGEST_DOSE:
        raise InputError(Problem(f"more than a kilogram cannot be meant (got '{text}')", where))
    return amount


def parse_time(text: str, where: str, *, example: str = "8 h", zero: bool = False) -> float:
    """A time as a person writes it, in h: ``8h``, ``10 d``, ``30 min``.

    Raises
    ------
    InputError
        If it is no time, negative, or zero where zero makes no sense.
    """
    time = _quantity(text, where, example)
    if time.unit.dimension != unit("h").dimension:
        raise InputError(Problem(f"'{text}' is no time", where, f"write it like '{example}'"))
    if time.number < 0.0 or (time.number == 0.0 and not zero):
        least = "zero or more" if zero else "above zero"
        raise InputError(Problem(f"a time here must be {least} (got '{text}')", where))
    return time.canonical


def parse_route(text: str, where: str = "--route") -> Route:
    """A route of administration by its short name."""
    for route in ROUTES:
        if text == route:
            return route
    raise InputError(
        Problem(f"unknown route (got '{text}', allowed {', '.join(ROUTES)})", where, nearest(text, ROUTES))
    )


def _quantity(text: str, where: str, example: str) -> Quantity:
    if not isinstance(text, str):
        raise InputError(Problem(f"a quantity is text with a unit (got {text!r})", where, f"write it like '{example}'"))
    try:
        return quantity(text, example=example)
    except InputError as error:
        raise InputError(replace(problem, where=where) for problem in error.problems) from None
