"""Who was given what: from one dose for all, from columns beside the samples, or from dosing records.

A dosing record is a row with an amount (AMT, EVID 1) in the manner of NONMEM: RATE makes it an infusion, ADDL and II
a course, SS the last of an endless one. What a record may say is the rule of `reuptake.dosing.records`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.records import DOSE, OBSERVATION, RESET, RESET_AND_DOSE, Delivery, Record, events
from reuptake.dosing.regimens import LARGEST_DOSE, ROUTES, Route
from reuptake.errors import InputError, Problem, nearest
from reuptake.exchange.request import DOSES, Request
from reuptake.exchange.samples import KEYS, MOST_TIME, Layout, Samples
from reuptake.exchange.tables import MOST_SHOWN
from reuptake.noncompartmental.measured import Given
from reuptake.units import Unit, ratio, unit

__all__ = [
    "Doses",
    "Records",
    "course_codes",
    "course_keys",
    "dosed",
    "observed_rows",
    "recorded",
    "routes_of",
    "stated_doses",
]

Array = NDArray[np.float64]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]
AMOUNT = "ug"  # so that an amount over a level in ng/mL is a volume in L
SMALLEST_DOSE = 1e-25  # kg: a guard against slips, as is the largest one
VEIN = ("iv", "iv-infusion")
_WAYS: dict[str, Route] = {
    "oral": "po", "p.o.": "po", "per os": "po", "extravascular": "po", "intravenous": "iv", "i.v.": "iv",
    "bolus": "iv", "iv bolus": "iv", "iv-bolus": "iv", "intravascular": "iv", "infusion": "iv-infusion",
    "iv infusion": "iv-infusion", "i.m.": "im", "s.c.": "sc", "i.p.": "ip", "intramuscular": "im",
    "subcutaneous": "sc", "intraperitoneal": "ip",
}  # fmt: skip


@dataclass(frozen=True)
class Doses:
    """What every profile was given, arrays (profile,).

    Attributes
    ----------
    given : Given
        The last dose; amounts in µg, times in h.
    first, last : array, h
        Times of the first and the last dose.
    even : array, bool
        Whether the first dose was as large as the last, or nobody said.
    routes : list of Route
    """

    given: Given = field(repr=False)
    first: Array = field(repr=False)
    last: Array = field(repr=False)
    even: Mask = field(repr=False)
    routes: list[Route] = field(repr=False)


@dataclass(frozen=True)
class Records:
    """Dosing records in order of course and time; arrays (record,), times in h, rates per h.

    A course is of one subject, period and treatment; `row` is that of the table, `steady` the SS of NONMEM.
    """

    course: Integers
    time: Array
    amount: Array
    rate: Array
    interval: Array
    additional: Array
    steady: Array
    row: Integers


def observed_rows(layout: Layout) -> tuple[Mask, Mask]:
    """Which rows are samples, and which are dosing records (row,)."""
    nobody = np.zeros(layout.table.rows, dtype=bool)
    if layout.subjects or not {"evid", "amt"} & set(layout.roles):
        return ~nobody, nobody
    amounts = layout.numbers("amt", "amount")
    given = nobody if amounts is None else amounts > 0.0
    kinds = layout.numbers("evid", "kind of record: EVID is 0, 1, 2, 3 or 4")
    if kinds is None:
        levels = layout.table.numbers(layout.roles["conc"].name)
        if not (given & np.isnan(levels.values) & ~levels.odd).any() and "mdv" not in layout.roles:
            levelled = given & (levels.values > 0.0)
            if levelled.any():  # an amount beside every sample is no record
                layout.roles["dose"] = layout.roles.pop("amt")
                return ~nobody, nobody
        kinds = np.where(given, float(DOSE), float(OBSERVATION))
    kinds = np.where(np.isnan(kinds), np.where(given, float(DOSE), float(OBSERVATION)), kinds)
    name = layout.roles.get("evid", layout.roles.get("amt", layout.roles["conc"])).name
    resets = (kinds == RESET) | (kinds == RESET_AND_DOSE)
    hint = "number the courses in a column 'period', and begin each at time 0"
    layout.complain(resets, name, "a reset (EVID {word}) begins a new course", hint)
    strange = ~np.isin(kinds, range(5))
    layout.complain(strange, name, "EVID is 0, 1, 2, 3 or 4 (got {word})")
    missing = layout.numbers("mdv", "mark of a missing level: MDV is 0 or 1")
    lost = nobody if missing is None else missing == 1.0
    observed = (kinds == OBSERVATION) & ~lost
    _analytes_by_compartment(layout, observed)
    return observed, kinds == DOSE


def _analytes_by_compartment(layout: Layout, observed: Mask) -> None:
    """Where samples were taken of several compartments and nobody names analytes, they are the analytes."""
    if "cmt" in layout.roles and "analyte" not in layout.roles:
        codes = layout.labels("cmt").codes[observed]
        if len(np.unique(codes)) > 1:
            layout.roles["analyte"] = layout.roles["cmt"]
            layout.notes.append(f"column '{layout.roles['cmt'].name}' tells analytes apart")


def dosed(layout: Layout, samples: Samples, records: Mask, request: Request) -> Doses:
    """What every profile was given; what is wrong is added to the problems of the layout.

    Parameters
    ----------
    samples : Samples
        In order of profile and time.
    records : array (row,), bool
        Rows that are dosing records.
    """
    head, n = samples.head, len(samples.head)
    if records.any():
        return _from_records(layout, recorded(layout, records, request), head, request)
    routes = routes_of(layout, head, request)
    amount = _amounts(layout, samples, head, request)
    last = np.full(n, request.last_dose_at or 0.0)
    tau = np.full(n, np.nan if request.tau is None else request.tau)
    lengths = layout.hours("duration", "length of an infusion", request)
    duration = np.zeros(n) if lengths is None else np.nan_to_num(lengths[head])
    return _doses(layout, amount, routes, duration, tau, (np.zeros(n), last), np.ones(n, dtype=bool), request)


def _doses(
    layout: Layout, amount: Array, routes: list[Route], duration: Array, tau: Array, ends: tuple[Array, Array],
    even: Mask, request: Request,
) -> Doses:  # fmt: skip
    infused = np.array([route == "iv-infusion" for route in routes], dtype=bool)
    if request.infuse_over is not None:
        duration = np.where(infused, request.infuse_over, duration)
    lacking = infused & ~(duration > 0.0)
    if lacking.any():
        message = f"the length of the infusion is not known of {int(lacking.sum())} profile(s)"
        hint = "give it: --infuse-over 1h, a column 'duration', or RATE"
        layout.problems.append(Problem(message, layout.table.file, hint))
    vein = np.array([route in VEIN for route in routes], dtype=bool)
    given = Given(amount, vein, np.where(infused, duration, 0.0), tau)
    return Doses(given, ends[0], ends[1], even, routes)


def routes_of(layout: Layout, head: Integers, request: Request, rate: Array | None = None) -> list[Route]:
    """The route of every profile, or record, that begins in a row `head`; by mouth, with a note, where nobody said.

    Where only rates (of each, zero for a bolus) are known, they tell infusions apart.
    """
    if request.route is not None:
        return [request.route] * len(head)
    if rate is not None and (rate > 0.0).any() and "route" not in layout.roles:
        layout.notes.append("records with a RATE are read as infusions into a vein, the others as doses by mouth")
        return ["iv-infusion" if rated else "po" for rated in (rate > 0.0).tolist()]
    if "route" in layout.roles:
        labels = layout.labels("route")
        ways = [_way(word, layout) for word in labels.words]
        return [ways[code] for code in labels.codes[head].tolist()]
    if request.infuse_over is not None:
        return ["iv-infusion"] * len(head)
    layout.notes.append("no route is stated: taken as by mouth, so that clearances are CL/F (--route changes it)")
    return ["po"] * len(head)


def _way(word: str, layout: Layout) -> Route:
    plain = word.lower().strip()
    for route in ROUTES:
        if plain == route:
            return route
    if plain in _WAYS:
        return _WAYS[plain]
    where = f"{layout.table.file}, column '{layout.roles['route'].name}'"
    layout.problems.append(Problem(f"unknown route '{word}'", where, nearest(word, ROUTES)))
    return "po"


def _amounts(layout: Layout, samples: Samples, head: Integers, request: Request) -> Array:
    """Amounts (profile,), µg, from one dose for all or a column beside the samples; NaN, with a note, where neither."""
    n = len(head)
    if request.dose is not None:
        if "dose" in layout.roles:
            layout.notes.append(f"--dose is used; column '{layout.roles['dose'].name}' is not")
        told = f"{request.dose.number:g} {_told(request.dose.unit)}"
        layout.notes.append(f"dose: {told} as stated, whatever its salt")
        return _in_amount(np.full(n, request.dose.number), request.dose.unit, layout, head, request)
    stated = layout.numbers("dose", "dose")
    if stated is None:
        layout.notes.append("no dose is stated: clearances and volumes are not estimable (--dose gives it)")
        return np.full(n, np.nan)
    written = layout.unit("dose", request.dose_unit, DOSES, "dose")
    layout.notes.append(f"doses in {_told(written)} as the table states them, whatever their salt")
    return _in_amount(stated_doses(layout, samples, stated, n), written, layout, head, request)


def stated_doses(layout: Layout, samples: Samples, stated: Array, n: int) -> Array:
    """The one dose of each profile; two different ones, or none, become problems."""
    name, values = layout.roles["dose"].name, stated[samples.row]
    lowest, highest = np.full(n, np.inf), np.full(n, -np.inf)
    np.fmin.at(lowest, samples.profile, values)
    np.fmax.at(highest, samples.profile, values)
    wrong = ((highest != lowest) | ~(lowest > 0.0)) & np.isin(np.arange(n), samples.profile)
    for profile in np.flatnonzero(wrong)[:MOST_SHOWN].tolist():
        rows = samples.row[samples.profile == profile]
        who = samples.names["id"][profile]
        if np.isinf(lowest[profile]):
            message, hint = f"no dose of '{who}' is stated", "state it on each of its rows, or give --dose"
        elif lowest[profile] <= 0.0:
            message, hint = f"a dose is above zero (got {lowest[profile]:g} for '{who}')", ""
        else:
            message = f"'{who}' has doses of {lowest[profile]:g} and {highest[profile]:g}"
            hint = "tell courses apart by a column 'period', or write dosing records (AMT, EVID)"
        layout.problems.append(Problem(message, layout.table.place(int(rows[0]), name), hint))
    if wrong.sum() > MOST_SHOWN:
        layout.problems.append(Problem(f"and {int(wrong.sum()) - MOST_SHOWN} more doses like this", layout.table.file))
    return np.where(wrong | ~np.isfinite(highest), np.nan, highest)


def _in_amount(numbers: Array, written: Unit, layout: Layout, head: Integers, request: Request) -> Array:
    """Amounts in µg; by body mass where the dose was."""
    most, least = LARGEST_DOSE / written.factor, SMALLEST_DOSE / written.factor
    strange = np.zeros(layout.table.rows, dtype=bool)
    strange[head[(numbers > most) | ((numbers > 0.0) & (numbers < least))]] = True
    message = "a dose of more than a kilogram, or less than a molecule, cannot be meant"
    layout.complain(strange, "", message, "look at its unit")
    # An endless infusion has no amount.
    amount = np.where(numbers > 0.0, np.clip(numbers, least, most), np.nan) * ratio(written, unit(AMOUNT))
    if written.dimension == unit(AMOUNT).dimension:
        return amount
    if "weight" in layout.roles and not layout.subjects:
        stated = layout.numbers("weight", "body mass")
        assert stated is not None
        column = layout.roles["weight"]
        mass = stated[head] * unit(column.unit or "kg").factor
        lacking = np.zeros(layout.table.rows, dtype=bool)
        lacking[head[~(mass > 0.0)]] = request.weight is None
        hint = "state it above zero, or give --weight"
        layout.complain(lacking, column.name, "a dose by body mass needs one", hint)
        if not column.unit:
            layout.notes.append("no unit of body mass is stated: taken as kg")
        return amount * np.where(mass > 0.0, mass, request.weight or np.nan)
    if request.weight is None:
        hint = "add a column 'weight', or give --weight '70 kg'"
        layout.problems.append(Problem(f"a dose in {_told(written)} needs the body mass", layout.table.file, hint))
    return amount * (request.weight or np.nan)


def _told(written: Unit) -> str:
    return written.text.replace("_body", "")


def recorded(layout: Layout, wanted: Mask, request: Request) -> Records:
    """Dosing records as numbers, in order of course and time; each that says what no record may is a problem."""
    rows = np.flatnonzero(wanted)

    def column(role: str, what: str) -> Array:
        values = layout.numbers(role, what)
        return np.zeros(len(rows)) if values is None else np.nan_to_num(values[rows])

    time = layout.hours("time", "time", request)
    intervals = layout.hours("ii", "interval", request)
    assert time is not None
    hint = "say when it was given"
    layout.complain(wanted & np.isnan(time), layout.roles["time"].name, "a dosing record needs a time", hint)
    amount, rate = column("amt", "amount"), column("rate", "rate") / layout.hour(request)
    interval = np.zeros(len(rows)) if intervals is None else np.nan_to_num(intervals[rows])
    endless = np.zeros(layout.table.rows, dtype=bool)
    endless[rows[interval > MOST_TIME]] = True
    if endless.any():
        message = "an interval of {word} cannot be meant"
        layout.complain(endless, layout.roles["ii"].name, message, "look at the unit of time")
        interval = np.minimum(interval, MOST_TIME)
    additional, steady = column("addl", "number of doses"), column("ss", "SS")
    modelled = np.zeros(layout.table.rows, dtype=bool)
    modelled[rows[rate < 0.0]] = True
    hint = "give the rate itself, or --infuse-over"
    if modelled.any():
        message = "a rate that is modelled (RATE {word}) is no number"
        layout.complain(modelled, layout.roles["rate"].name, message, hint)
    code = course_codes(layout)
    # Of amounts above nought only the length of their infusion matters to the rules.
    whole = np.where(amount > 0.0, amount, 1.0)
    said = amount / whole, np.maximum(rate, 0.0) / whole, interval, additional, steady
    _check(layout, rows, np.stack(said, axis=1))
    order = np.lexsort((time[rows], code[rows]))
    return Records(
        code[rows][order], time[rows][order], amount[order], rate[order], interval[order], additional[order],
        steady[order], rows[order],
    )  # fmt: skip


def course_keys(layout: Layout) -> tuple[str, ...]:
    """What tells courses of doses apart; an analyte does not: it is measured, not given."""
    return tuple(key for key in KEYS if key != "analyte" and key in layout.roles)


def course_codes(layout: Layout) -> Integers:
    """A number for the course that each row belongs to (row,)."""
    code = np.zeros(layout.table.rows, dtype=np.int64)
    for key in course_keys(layout):
        labels = layout.labels(key)
        code = code * len(labels.words) + labels.codes
    return code


def _check(layout: Layout, rows: Integers, said: Array) -> None:
    """Hold each kind of record to the rules of dosing records, at the place where it stands first."""
    kinds, first = np.unique(said, axis=0, return_index=True)
    places = layout.table.places(rows[first].tolist())
    for (amount, rate, interval, additional, steady), place in zip(kinds.tolist(), places, strict=True):
        record = Record(0.0, DOSE, amount, rate, interval, additional, steady, place=place)
        try:
            events([record], {"": Delivery()})
        except InputError as error:
            layout.problems.extend(error.problems)
            if len(layout.problems) > MOST_SHOWN:
                return


def _from_records(layout: Layout, records: Records, head: Integers, request: Request) -> Doses:
    """The first and the last dose of each profile's course."""
    mine = course_codes(layout)[head]
    begin = np.searchsorted(records.course, mine, side="left")
    end = np.searchsorted(records.course, mine, side="right") - 1
    lacking = np.zeros(layout.table.rows, dtype=bool)
    lacking[head[end < begin]] = True
    hint = "every subject needs a dosing record (AMT above zero, EVID 1) before its samples"
    layout.complain(lacking, "", "no dose of this subject is recorded", hint)
    begin, end = np.minimum(begin, len(records.course) - 1), np.maximum(end, 0)
    first, last, tau = _course_times(records, begin, end)
    rate = records.rate[end]
    written = layout.unit("amt", request.dose_unit, DOSES, "dose") if request.dose is None else request.dose.unit
    numbers = records.amount[end] if request.dose is None else np.full(len(head), request.dose.number)
    amount = _in_amount(numbers, written, layout, head, request)
    # Slower than a dose in a century is no infusion, and would only overflow.
    rated = rate * MOST_TIME > records.amount[end]
    run_in = np.where(rated, records.amount[end] / np.where(rated, rate, 1.0), 0.0)
    layout.notes.append(
        f"doses in {_told(written)} as {'the table states them' if request.dose is None else '--dose states them'}, "
        "whatever their salt"
    )
    tau = np.full(len(head), request.tau) if request.tau is not None else tau
    routes = routes_of(layout, head, request, rate)
    even = records.amount[begin] == records.amount[end]
    return _doses(layout, amount, routes, run_in, tau, (first, last), even, request)


def _course_times(records: Records, begin: Integers, end: Integers) -> tuple[Array, Array, Array]:
    """Times of the first and last dose of each course, and the interval between doses, NaN of a single one."""
    last = records.time + records.additional * records.interval
    spacing = records.time[end] - records.time[np.maximum(end - 1, begin)]
    tau = np.where(records.interval[end] > 0.0, records.interval[end], np.where(spacing > 0.0, spacing, np.nan))
    return records.time[begin], last[end], tau
