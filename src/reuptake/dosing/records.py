"""What a table of dosing records means, and what is wrong with it.

One `Record` is one line of a table in the manner of NONMEM, a `Delivery` says how one subject
takes up what one input is given, and `events` makes of both what a solver is told. The rules
are NONMEM's; ``docs/reference/dosing-records.md`` lists them, their sources, and where other
tools differ.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from reuptake.dosing.events import Event, Steady, administered
from reuptake.dosing.regimens import MOST_DOSES
from reuptake.errors import InputError, Problem, nearest

__all__ = [
    "DOSE",
    "OBSERVATION",
    "OTHER",
    "RESET",
    "RESET_AND_DOSE",
    "Delivery",
    "Record",
    "events",
    "observation_times",
]

OBSERVATION, DOSE, OTHER, RESET, RESET_AND_DOSE = range(5)  # EVID
MODELLED_RATE, MODELLED_DURATION = -1.0, -2.0  # RATE
KINDS = ("an observation", "a dose", "an other event", "a reset", "a reset with a dose")
MOMENT = 2.0**-30  # h, some microseconds: what lasts less is at once


@dataclass(frozen=True)
class Record:
    """One line of a dosing table; names and meanings of its columns are NONMEM's.

    Attributes
    ----------
    time : float, h
        Never less than that of the record before.
    evid : int
        0 observation, 1 dose, 2 other event, 3 reset, 4 reset and dose.
    amt : float, nmol
        What is given; nought for an infusion that has never stopped (with `ss`).
    rate : float, nmol/h
        0 a bolus, above 0 an infusion of this rate; -1: `Delivery.rate`, -2: `Delivery.duration`.
    ii : float, h
        Between additional doses, and between the doses that led to a steady state.
    addl : int
        How many more doses follow, `ii` apart.
    ss : int
        0 no, 1 the dose is the last of an endless course, 2 that course adds to what is there.
    input : str
        The dosing input of the system; NONMEM's compartment, by name.
    covariates : mapping of parameter to value, canonical units
        Hold from this record on, whatever its `evid`, until a later record says otherwise.
    place : str
        Where the record stands, ``file:line``; messages say "record 7" without it.
    """

    time: float
    evid: int = DOSE
    amt: float = 0.0
    rate: float = 0.0
    ii: float = 0.0
    addl: int = 0
    ss: int = 0
    input: str = ""
    covariates: Mapping[str, float] = field(default_factory=dict)
    place: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "covariates", MappingProxyType(dict(self.covariates)))

    @property
    def doses(self) -> bool:
        """Whether something is given."""
        return self.evid in (DOSE, RESET_AND_DOSE)

    @property
    def resets(self) -> bool:
        """Whether the system starts afresh."""
        return self.evid in (RESET, RESET_AND_DOSE)

    @property
    def endless(self) -> bool:
        """Whether it is an infusion that has never stopped, until now."""
        return self.doses and self.ss != 0 and self.amt == 0.0


@dataclass(frozen=True)
class Delivery:
    """How one subject takes up what one input is given.

    Attributes
    ----------
    lag : float, h
        From a dose to its entry.
    fraction : float
        Share of the amount that enters.
    rate : float or None, nmol/h
        Of infusions that leave it to the subject (RATE = -1).
    duration : float or None, h
        Of infusions that leave it to the subject (RATE = -2).
    """

    lag: float = 0.0
    fraction: float = 1.0
    rate: float | None = None
    duration: float | None = None


def events(
    records: Sequence[Record], delivery: Mapping[str, Delivery], covariates: Collection[str] = ()
) -> tuple[Event, ...]:
    """What a solver is told, from the records of one subject; rising in time.

    Parameters
    ----------
    records : sequence of Record
        Of one subject, in the order of the table.
    delivery : mapping of input to Delivery
        Every input that may be dosed.
    covariates : collection of str
        Parameters that records may change.

    Returns
    -------
    tuple of Event
        Events of one time stand in the order of the records; doses follow the covariates of their own record.

    Raises
    ------
    InputError
        With every problem of every record.

    Notes
    -----
    - The fraction scales the amount. The *duration* of an infusion of given or modelled rate is what
      enters divided by the rate; the *rate* of one of modelled duration is what enters divided by the
      duration (Guide VIII "dose event record").
    - The lag shifts a dose, its additional doses and the ends of its infusions (Guide VIII "absorption
      lag"). Resets and covariates are not shifted.
    - With ``ss`` the states at the record are those of a course whose doses all lag alike, so the next
      enters one lag later; neither fraction nor lag applies to an infusion that has never stopped, and
      it ends at its record (Guide VI, V.F.1 and V.F.4, Guide VIII "SS dose event record").
    - Additional doses are plain ones, whatever ``ss`` and ``evid`` their record has (Guide VIII "ADDL").
    - A reset, and a dose with ``ss = 1``, ends the infusions there are and calls off the additional and the
      lagged doses of earlier records; ``ss = 2`` does not (Guide VI, V.K; Guide VIII "SS").
    - A modelled rate is one number for each subject; in NONMEM it may change while the infusion runs.

    Source
    ------
    Boeckmann, Sheiner and Beal, NONMEM Users Guide, parts VI (PREDPP, chapter V) and VIII (help guide), ICON.
    """
    problems = list(_problems(records, delivery, frozenset(covariates)))
    if problems:
        raise InputError(problems)
    made: list[Event] = []
    for record in records:
        if record.resets or record.ss == 1:
            made = [event for event in made if event.time <= record.time]
        if record.covariates or record.resets:
            made.append(Event(record.time, changes=tuple(record.covariates.items()), reset=record.resets))
        if record.doses:
            made += _given(record, delivery[record.input])
    return tuple(sorted(made, key=lambda event: event.time))


def observation_times(records: Sequence[Record], evids: Collection[int] = (OBSERVATION,)) -> tuple[float, ...]:
    """When to look, h: one time for each observation, in the order of the records.

    Kernels report what is so after the events of a time. An observation that its table puts *before*
    a dose or a reset of the same time is therefore looked up at the last number before that time, and a
    moment before the first record's; so it misses the covariates that its own time brings.
    Additional and lagged doses enter before an observation of the same time.

    Parameters
    ----------
    records : sequence of Record
        Of one subject.
    evids : collection of int
        Kinds of records to look at; ``(0, 2)`` reports at other events too.
    """
    first: dict[float, int] = {}
    for i, record in enumerate(records):
        if record.doses or record.resets:
            first.setdefault(record.time, i)
    times = []
    for i, record in enumerate(records):
        if record.evid not in evids:
            continue
        if first.get(record.time, -1) < i:
            times.append(record.time)
        elif record.time == records[0].time:
            times.append(record.time - max(MOMENT, 4.0 * math.ulp(record.time)))
        else:
            times.append(math.nextafter(record.time, -math.inf))
    return tuple(times)


def _given(record: Record, door: Delivery) -> list[Event]:
    """Events of one dose and of its additional ones."""
    if record.endless:
        rate = door.rate if record.rate == MODELLED_RATE and door.rate is not None else record.rate
        steady = Steady(0.0, added=record.ss == 2)
        return [
            Event(record.time, record.input, rate=rate, steady=steady),
            Event(record.time, record.input, rate=-rate),
        ]
    amount, duration, lag = record.amt * door.fraction, _duration(record, door), _lasting(door.lag)
    made: list[Event] = []
    for number in range(int(record.addl) + 1):
        entry = record.time + number * record.ii + lag
        made += administered(entry, record.input, amount, duration)
    if record.ss:
        course = Steady(record.ii, duration, record.ss == 2, lag)
        made[0] = replace(made[0], time=record.time, steady=course)
    return made


def _duration(record: Record, door: Delivery) -> float:
    """How long the infusion of a record runs, h; nought for a bolus."""
    if record.rate == MODELLED_DURATION and door.fraction > 0.0:
        return _lasting(door.duration or 0.0)
    rate = door.rate if record.rate == MODELLED_RATE else record.rate
    return _lasting(record.amt * door.fraction / rate) if rate else 0.0


def _lasting(hours: float) -> float:
    """The same, or nought where no solver could tell it from nought."""
    return hours if hours >= MOMENT else 0.0


def _problems(
    records: Sequence[Record], delivery: Mapping[str, Delivery], covariates: frozenset[str]
) -> Iterator[Problem]:
    for name, door in delivery.items():
        for message in _delivery_faults(door):
            yield Problem(message, f"delivery of {name}")
    known = {name: door for name, door in delivery.items() if not any(_delivery_faults(door))}
    counted = [record for record in records if record.doses and _finite(record.addl) and record.addl > 0]
    total = max(len(records), sum(record.doses for record in records) + sum(int(record.addl) for record in counted))
    if total > MOST_DOSES:
        yield Problem(f"{total} records and additional doses are more than {MOST_DOSES}", "records")
    latest: float = -math.inf
    for number, record in enumerate(records, 1):
        where = record.place or f"record {number}"
        strange = list(_strangers(record))
        for item, value in strange:
            yield Problem(f"{item} must be a finite number (got {value!r})", where)
        if strange:
            continue
        if record.time < latest:
            hint = "NONMEM lets time start again at a reset; here, add the time gone by"
            yield Problem(f"time goes back from {latest:g} h to {record.time:g} h", where, hint)
        latest = max(latest, record.time)
        for name in record.covariates:
            if name not in covariates:
                yield Problem(f"no covariate '{name}'", where, nearest(name, covariates))
        if record.evid not in range(5):
            yield Problem(f"evid is 0, 1, 2, 3 or 4 (got {record.evid:g})", where)
        elif not record.doses:
            yield from (Problem(message, where) for message in _carried(record))
        else:
            if record.input not in delivery:
                yield Problem(f"no input '{record.input}'", where, nearest(record.input, delivery))
            faults = [*_dose_faults(record), *_course_faults(record), *_mixed_faults(record, known.get(record.input))]
            yield from (Problem(message, where, hint) for message, hint in faults)


def _finite(value: float) -> bool:
    return isinstance(value, (int, float)) and math.isfinite(value)


def _strangers(record: Record) -> Iterator[tuple[str, object]]:
    """Items that are no finite number."""
    items = {name: getattr(record, name) for name in ("time", "evid", "amt", "rate", "ii", "addl", "ss")}
    items |= {f"covariate {name}": value for name, value in record.covariates.items()}
    yield from ((name, value) for name, value in items.items() if not _finite(value))


def _delivery_faults(door: Delivery) -> Iterator[str]:
    for name, value in (("lag", door.lag), ("fraction", door.fraction)):
        if not (_finite(value) and value >= 0.0):
            yield f"the {name} must be zero or more (got {value!r})"
    for name, modelled in (("rate", door.rate), ("duration", door.duration)):
        if modelled is not None and not (_finite(modelled) and modelled > 0.0):
            yield f"the {name} must be above zero (got {modelled!r})"


def _carried(record: Record) -> Iterator[str]:
    """What a record that gives nothing must not carry."""
    for name in ("amt", "rate", "ii", "addl", "ss"):
        if value := getattr(record, name):
            yield f"{KINDS[record.evid]} (evid {record.evid}) has no {name} (got {value:g})"


def _dose_faults(record: Record) -> Iterator[tuple[str, str]]:
    """What is wrong with each item of a dose by itself."""
    if record.amt < 0.0:
        yield f"an amount cannot be negative (got {record.amt:g})", ""
    if record.rate < 0.0 and record.rate not in (MODELLED_RATE, MODELLED_DURATION):
        yield f"rate is zero or more, -1 or -2 (got {record.rate:g})", "-1 is a modelled rate, -2 a modelled duration"
    if record.ii < 0.0:
        yield f"an interval cannot be negative (got {record.ii:g})", ""
    if record.addl < 0 or record.addl != int(record.addl):
        yield f"addl is a whole number, zero or more (got {record.addl:g})", "a steady state is asked for by ss"
    if record.ss not in (0, 1, 2):
        yield f"ss is 0, 1 or 2 (got {record.ss:g})", ""


def _course_faults(record: Record) -> Iterator[tuple[str, str]]:
    """What does not go together in one dose."""
    if record.endless:
        if record.ii > 0.0 or record.addl > 0:
            message = "an infusion that has never stopped (ss with no amt) has neither ii nor addl"
            yield message, "give an amt for a course of doses"
        if record.rate == MODELLED_DURATION:
            yield "an infusion that has never stopped (ss with no amt) has no duration (got rate -2)", ""
        return
    if record.amt == 0.0:
        yield "a dose needs an amt above zero", "amt 0 is for ss alone: an infusion that has never stopped"
    if record.addl > 0 and record.ii == 0.0:
        yield f"{record.addl:g} additional doses need an interval (ii)", ""
    if record.ss in (1, 2) and record.ii == 0.0:
        yield (
            f"a steady state (ss {record.ss}) of doses needs their interval (ii)",
            "amt 0 with a rate infuses for ever",
        )
    if record.ii > 0.0 and record.addl == 0 and record.ss == 0:
        yield f"an interval (ii {record.ii:g} h) says nothing without addl or ss", ""


def _mixed_faults(record: Record, door: Delivery | None) -> Iterator[tuple[str, str]]:
    """What a dose asks of its delivery and does not find."""
    if door is None:
        return
    if record.rate == MODELLED_RATE and door.rate is None:
        yield f"rate -1 needs a modelled rate for {record.input}", "set the rate of its delivery"
    elif record.rate == MODELLED_DURATION and door.duration is None:
        yield f"rate -2 needs a modelled duration for {record.input}", "set the duration of its delivery"
    elif record.ss in (1, 2) and not record.endless and record.ii > 0.0:
        if door.lag >= record.ii:
            # Guide VIII, "absorption lag": the lag should be less than the interdose interval.
            message = f"the lag ({door.lag:g} h) of a steady state must be less than its interval ({record.ii:g} h)"
            yield message, "give the doses one by one"
        if _duration(record, door) / record.ii > MOST_DOSES:
            yield f"more than {MOST_DOSES} infusions would run at once", "look for a slip in rate, amt or ii"
