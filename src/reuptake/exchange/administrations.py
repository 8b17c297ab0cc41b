"""What each subject of a table was given, record by record: from dosing records, a column of doses, or words for all.

A steady state (SS 1) becomes the doses that led to it, for slopes are carried through doses only.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.regimens import LARGEST_DOSE, MOST_DOSES, Dose, Route, parse_time
from reuptake.errors import Problem
from reuptake.exchange.doses import VEIN, Records, recorded, routes_of, stated_doses
from reuptake.exchange.request import DOSES, Request
from reuptake.exchange.roll import Roll
from reuptake.exchange.samples import MOMENT, Layout, Samples
from reuptake.units import Quantity

__all__ = ["Administration", "given"]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]
SETTLED = "28 d"  # of doses stand for an endless course: more than six half-lives of the slowest known eliminators


@dataclass(frozen=True)
class Administration:
    """One dosing record: an amount at a time (h, of the table), and how it goes on.

    Attributes
    ----------
    duration : float, h
        Of an infusion; zero for all that is given at once.
    interval : float or None, h
        Between additional doses.
    additional : int
        How many more doses follow.
    before : int
        How many came before, at the same interval, to stand for a steady state.
    """

    time: float
    amount: Quantity
    route: Route
    duration: float = 0.0
    interval: float | None = None
    additional: int = 0
    before: int = 0

    @property
    def doses(self) -> tuple[Dose, ...]:
        """Every dose by itself, rising in time."""
        apart = self.interval or 0.0
        numbers = range(-self.before, self.additional + 1)
        return tuple(Dose(self.time + number * apart, self.amount, self.duration) for number in numbers)


def given(
    layout: Layout, samples: Samples, roll: Roll, records: Mask, request: Request, until: float | None
) -> list[tuple[Administration, ...]]:  # fmt: skip
    """What each course was given (course,); empty where nobody says."""
    if not records.any():
        return _alike(layout, samples, roll, request, until)
    if request.dose is not None or until is not None:
        hint = "keep one of the two"
        layout.problems.append(Problem("doses stand in the table and beside it", layout.table.file, hint))
    found: list[list[Administration]] = [[] for _ in roll.names]
    written = recorded(layout, records, request)
    for course, record in _administrations(layout, written, roll, request):
        found[course].append(record)
    lacking = np.zeros(layout.table.rows, dtype=bool)
    lacking[[row for row, own in zip(roll.head, found, strict=True) if not own]] = True
    hint = "every subject needs a dosing record (AMT above zero, EVID 1)"
    layout.complain(lacking, "", "no dose of this subject is recorded", hint)
    return [tuple(own) for own in found]


def _administrations(
    layout: Layout, records: Records, roll: Roll, request: Request
) -> Iterator[tuple[int, Administration]]:  # fmt: skip
    """Records one by one, each with the course that it belongs to."""
    written = layout.unit("amt", request.dose_unit, DOSES, "dose")
    routes = routes_of(layout, records.row, request, records.rate)
    lengths = layout.hours("duration", "length of an infusion", request)
    run_in = np.zeros(len(records.row)) if lengths is None else np.nan_to_num(lengths[records.row])
    rated = (records.rate > 0.0) & (records.amount > 0.0)
    run_in = np.where(rated, records.amount / np.where(rated, records.rate, 1.0), run_in)
    routes, run_in = _infused(layout, records.row, routes, run_in, rated, request)
    before = _led_up(layout, records)
    _see_sizes(layout, records.row, records.amount * written.factor)
    for i, row in enumerate(records.row.tolist()):
        amount = Quantity(float(records.amount[i]), written)
        interval = float(records.interval[i]) or None
        yield int(roll.of_row[row]), Administration(
            float(records.time[i]), amount, routes[i], float(run_in[i]), interval, int(records.additional[i]),
            int(before[i]),
        )  # fmt: skip


def _led_up(layout: Layout, records: Records) -> Integers:
    """How many doses stand for the steady state of each record (record,)."""
    begun = np.ones(len(records.row), dtype=bool)
    begun[1:] = records.course[1:] != records.course[:-1]
    settles, before = records.steady > 0.0, np.zeros(len(records.row), dtype=np.int64)
    hint = "write the doses that led there one by one (ADDL, II)"
    refused = {
        "SS 2 adds an endless course to what is there, which carries no slopes": records.steady == 2.0,
        "an infusion that never stopped carries no slopes": settles & (records.amount <= 0.0),
        "a steady state begins a course; here doses went before": settles & ~begun,
    }
    for message, wrong in refused.items():
        rows = np.zeros(layout.table.rows, dtype=bool)
        rows[records.row[wrong]] = True
        layout.complain(rows, "", message, hint)
    for i in np.flatnonzero((records.steady == 1.0) & (records.interval > 0.0)).tolist():
        before[i] = min(math.ceil(parse_time(SETTLED, "SS") / records.interval[i]), MOST_DOSES)
        layout.notes.append(
            f"steady states (SS 1) are reached by {before[i]} doses before, one every {records.interval[i]:g} h "
            f"over {SETTLED}"
        )
    return before


def _alike(
    layout: Layout, samples: Samples, roll: Roll, request: Request, until: float | None
) -> list[tuple[Administration, ...]]:
    """One course for all, or for each as a column of doses has it; the first dose at time 0."""
    names, file = roll.names, layout.table.file
    additional = 0
    if (request.tau is None) != (until is None):
        layout.problems.append(Problem("repeated doses need an interval and an end", file, "state every and for"))
    elif request.tau is not None and until is not None:
        additional = max(0, math.ceil(until / request.tau - MOMENT) - 1)
        if additional >= MOST_DOSES:
            layout.problems.append(Problem(f"{additional + 1} doses are more than {MOST_DOSES}", file))
    stated = layout.numbers("dose", "dose")
    if request.dose is not None and stated is not None:
        hint = "keep one of the two"
        layout.problems.append(Problem("doses stand in the table and beside it", file, hint))
    first = [int(np.flatnonzero(roll.of_profile == i)[0]) for i in range(len(names))]
    heads = samples.head[first]
    if request.dose is not None:
        amounts = [request.dose] * len(names)
    elif stated is not None:
        written = layout.unit("dose", request.dose_unit, DOSES, "dose")
        numbers = stated_doses(layout, samples, stated, len(samples.head))[first]
        _see_sizes(layout, heads, numbers * written.factor)
        amounts = [Quantity(number, written) for number in numbers.tolist()]
    else:
        hint = "state dose, or write a column of doses or dosing records (AMT, EVID)"
        layout.problems.append(Problem("no dose is stated", file, hint))
        return [()] * len(names)
    lengths = layout.hours("duration", "length of an infusion", request)
    run_in = np.zeros(len(names)) if lengths is None else np.nan_to_num(lengths[heads])
    unrated = np.zeros(len(names), dtype=bool)
    routes, run_in = _infused(layout, heads, routes_of(layout, heads, request), run_in, unrated, request)
    return [
        (Administration(0.0, amount, route, length, request.tau, additional),)
        for amount, route, length in zip(amounts, routes, run_in.tolist(), strict=True)
    ]


def _infused(
    layout: Layout, rows: Integers, routes: list[Route], run_in: Array, rated: Mask, request: Request
) -> tuple[list[Route], Array]:
    """Routes and lengths of infusions (h) that agree: what has a rate into a vein is an infusion."""
    strange, lacking = (np.zeros(layout.table.rows, dtype=bool) for _ in range(2))
    vein = np.array([route in VEIN for route in routes], dtype=bool)
    strange[rows[rated & ~vein]] = True
    layout.complain(
        strange, "", "a rate is stated, but nothing runs into a vein", "leave the rate out, or mend the route"
    )
    routes = [
        "iv-infusion" if fast and inside else route for route, fast, inside in zip(routes, rated, vein, strict=True)
    ]
    infused = np.array([route == "iv-infusion" for route in routes], dtype=bool)
    if request.infuse_over is not None:
        run_in = np.where(rated, run_in, request.infuse_over)
    lacking[rows[infused & ~(run_in > 0.0)]] = True
    hint = "state infuse_over, a column 'duration', or RATE"
    layout.complain(lacking, "", "the length of the infusion is not known", hint)
    return routes, np.where(infused, run_in, 0.0)


def _see_sizes(layout: Layout, rows: Integers, canonical: Array) -> None:
    strange = np.zeros(layout.table.rows, dtype=bool)
    strange[rows[canonical > LARGEST_DOSE]] = True
    layout.complain(strange, "", "a dose of more than a kilogram cannot be meant", "look at its unit")
