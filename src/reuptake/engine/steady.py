"""How subjects come to a steady state, whichever kernel integrates them.

A course of doses that has gone on for ever has states that are the same before each of them.
They are found by repeating its cycle until they are, which is plain, slow, and true for every system
that settles at all; between the cycles it leaps ahead to where their changes point, and back if that
was wrong. Kernels know nothing of it: each course is cut at its steady states, and what lies between
is integrated as ever.

    y[k+1] = G(y[k]),   the cycle G ends one interval later, at the event
    |y* − y[k+1]| ≤ |y[k+1] − y[k]| · q / (1 − q),   q the ratio of successive changes

Time runs from one interval before the event up to the event in every cycle, so equations that
depend on time meet the phase that they will have.

Source
------
The bound is that of every contraction (Banach); the extrapolation Anderson's (1965, J. ACM 12:547).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.events import Event
from reuptake.engine.kernel import Batch, Solution, Tolerances
from reuptake.equations.derivative import jacobian
from reuptake.equations.system import System
from reuptake.trajectories import NO_STEADY_STATE, SOLVED, Outcome

__all__ = ["feeding", "settled"]

Array = NDArray[np.float64]
Course = Callable[[Batch, Array, Tolerances], Solution]

MOST_CYCLES = 10_000
MOST_DOUBLINGS = 24  # stretches of an infusion that never stopped: 1, 2, 4, … h, two thousand years in all
CLOSER = 0.1  # tolerances of a cycle, as a share of those asked for: its own error must not hide the change
SMALL = 0.1  # a change in tolerances; below it no slow drift is likely to hide behind a fast one
FARTHEST = 10_000.0  # changes like the last are thought to be still to come, at most; no leap leads further
EPSILON, LEAST = float(np.finfo(float).eps), 1e-100  # no tolerance is finer than the numbers; squares stay finite
REMEMBERED = 10  # cycles that an extrapolation looks back on
SAME = 1e-8  # directions of changes closer to each other than this are one
ASTRAY = 10.0  # times the least change seen: an extrapolation that leads there is taken back
STALLED = 100  # cycles that stay within a tolerance: what is left is the solver's own error
WHOLE = 1e-9  # of an interval: a duration this close to a multiple of it is one


def settled(
    course: Course, system: System, batch: Batch, grid: Array, tolerances: Tolerances,
    progress: Callable[[int, int], None] | None = None,
) -> Solution:  # fmt: skip
    """Curves of subjects some of whose events begin with a steady state.

    Steady states need every state to come back to itself, so those on which nothing depends
    (urine, whatever is counted) are left out: they keep what they held before. A steady state that
    adds (SS = 2) adds what the course alone has made of the states the system starts with.

    Parameters
    ----------
    course : callable of (batch, grid, tolerances)
        Integrates subjects whose events know no steady states; one subject's bits depend on no other.
    batch : Batch (subject,)
    grid : array (time,), h
        Events before its start and after its end do not happen.
    progress : callable, optional
        Told how many subjects are done, and of how many.

    Returns
    -------
    Solution
        ``no steady state`` is the outcome of a subject whose states go on changing; steps count those of cycles.
    """
    size = len(batch.parameters)
    absolute = np.broadcast_to(tolerances.absolute, (size, len(system.states)))
    back = feeding(system)
    together: dict[tuple[tuple[float, float], ...], list[int]] = {}
    for i, events in enumerate(batch.events):
        cuts = [(e.time, e.steady.interval) for e in events if e.steady and grid[0] <= e.time <= grid[-1]]
        together.setdefault(tuple(cuts), []).append(i)
    values = np.full((size, len(grid), len(system.outputs)), np.nan)
    states, steps = np.full((size, len(system.states)), np.nan), np.zeros(size, dtype=np.int64)
    outcomes, done = [SOLVED] * size, 0
    for members in together.values():
        journey = _Journey(course, system, back, grid, tolerances.relative, absolute[members], batch, members)
        journey.travel()
        values[members], states[members], steps[members] = journey.values, journey.states, journey.steps
        for row, i in enumerate(members):
            outcomes[i] = journey.outcomes[row]
        done += len(members)
        if progress is not None:
            progress(done, size)
    return Solution(values, tuple(outcomes), steps, states)


def feeding(system: System) -> NDArray[np.bool_]:
    """Which states (state,) must come back to themselves: those that feed the others or themselves.

    Left out are states on which no rate and no trigger depends, and those on which only such states depend.
    """
    names = [state.name for state in system.states]
    users: dict[str, set[str]] = {name: set() for name in names}
    for row, name in jacobian(system.rates()):
        users[name].add(names[row])
    for trigger in system.triggers:
        for expression in (trigger.crossing, *trigger.changes.values()):
            for node in expression.walk():
                if node.op == "state":
                    users[node.name].add(node.name)
    sinks: set[str] = set()
    while found := {name for name in names if name not in sinks and users[name] <= sinks}:
        sinks |= found
    return np.array([name not in sinks for name in names])


class _Journey:
    """Subjects whose courses are cut at the same times, from the start of the grid to its end."""

    def __init__(
        self, course: Course, system: System, back: NDArray[np.bool_], grid: Array, relative: float, absolute: Array,
        batch: Batch, members: list[int],
    ) -> None:  # fmt: skip
        size = len(members)
        self.course, self.back, self.grid = course, back, grid
        self.relative, self.absolute = relative, absolute
        self.columns = {parameter.name: i for i, parameter in enumerate(system.parameters)}
        self.parameters = np.array(batch.parameters[members], dtype=float)
        self.ahead = [[e for e in batch.events[i] if grid[0] <= e.time <= grid[-1]] for i in members]
        self.begin = None if batch.states is None else np.array(batch.states[members], dtype=float)
        self.values = np.full((size, len(grid), len(system.outputs)), np.nan)
        self.states = np.full((size, len(system.states)), np.nan)
        self.steps = np.zeros(size, dtype=np.int64)
        self.outcomes = [SOLVED] * size

    def travel(self) -> None:
        """Leg by leg, each but the last up to a steady state."""
        now, last = float(self.grid[0]), False
        while not last and (alive := self._alive()).size:
            first = next((event for event in self.ahead[alive[0]] if event.steady), None)
            stop, last = (float(self.grid[-1]), True) if first is None else (first.time, False)
            legs = {i: self._leg(i) for i in alive.tolist()}
            self._integrate(alive, now, stop, last, [legs[i][0] for i in alive.tolist()])
            if not last:
                alive = self._alive()
                self._stand_still(alive, [legs[i] for i in alive.tolist()])
                now = stop
        failed = np.array([not outcome.solved for outcome in self.outcomes])
        self.values[failed], self.states[failed] = np.nan, np.nan

    def _alive(self) -> NDArray[np.intp]:
        return np.array([i for i, outcome in enumerate(self.outcomes) if outcome.solved], dtype=np.intp)

    def _tolerances(self, chosen: NDArray[np.intp], share: float = 1.0) -> Tolerances:
        return Tolerances(self.relative * share, self.absolute[chosen] * share)

    def _leg(self, i: int) -> tuple[list[Event], Event]:
        """Events of one subject up to its next steady state, and the event that brings it."""
        ahead = self.ahead[i]
        cut = next((j for j, event in enumerate(ahead) if event.steady), len(ahead))
        if cut == len(ahead):
            return ahead, Event(0.0)
        event = ahead[cut]
        self.ahead[i] = ahead[cut + 1 :]
        if event.changes or event.reset:
            return [*ahead[:cut], Event(event.time, changes=event.changes, reset=event.reset)], event
        return ahead[:cut], event

    def _integrate(
        self, alive: NDArray[np.intp], now: float, stop: float, last: bool, events: Sequence[list[Event]]
    ) -> None:
        """Values from now until a stop, which itself belongs to the next leg; states at the stop."""
        mine = (self.grid >= now) & ((self.grid <= stop) if last else (self.grid < stop))
        times = np.unique(np.concatenate([[now], self.grid[mine], [stop]]))
        begin = None if self.begin is None else self.begin[alive]
        batch = Batch(self.parameters[alive], tuple(tuple(own) for own in events), begin)
        solution = self.course(batch, times, self._tolerances(alive))
        self.values[np.ix_(alive, np.flatnonzero(mine))] = solution.values[:, np.isin(times, self.grid[mine])]
        self.states[alive], self.steps[alive] = solution.states, self.steps[alive] + solution.steps
        for row, i in enumerate(alive.tolist()):
            self.outcomes[i] = solution.outcomes[row]
            for name, value in (change for event in events[row] for change in event.changes):
                self.parameters[i, self.columns[name]] = value

    def _stand_still(self, alive: NDArray[np.intp], legs: Sequence[tuple[list[Event], Event]]) -> None:
        """Steady states of the subjects, and what their courses leave to happen."""
        if not alive.size:
            return
        doses = [event for _, event in legs]
        at, nothing = np.array([doses[0].time]), tuple(() for _ in alive)
        initial = self.course(Batch(self.parameters[alive], nothing), at, self._tolerances(alive)).states
        tolerances = self._tolerances(alive)
        found, outcomes, steps = _settle(
            self.course, self.back, self.parameters[alive], doses, initial, self._tolerances(alive, CLOSER),
            np.asarray(tolerances.absolute), tolerances.relative,
        )  # fmt: skip
        self.steps[alive] += steps
        if self.begin is None:
            self.begin = np.full(self.states.shape, np.nan)
        for row, i in enumerate(alive.tolist()):
            self.outcomes[i] = outcomes[row]
            steady = doses[row].steady
            assert steady is not None
            before, after = self.states[i], found[row] - initial[row] if steady.added else found[row]
            self.begin[i] = np.where(self.back, before + after if steady.added else after, before)
            running = _running(legs[row][0], doses[row].time) if steady.added else []
            own = _goes_on(doses[row], self.ahead[i])
            self.ahead[i] = sorted([*running, *own, *self.ahead[i]], key=lambda event: event.time)


def _running(events: Sequence[Event], time: float) -> list[Event]:
    """Infusions that run after events, for the next leg to begin with."""
    rates: dict[str, float] = {}
    for event in events:
        if event.reset:
            rates = {}
        if event.rate:
            rates[event.input] = rates.get(event.input, 0.0) + event.rate
    return [Event(time, name, rate=rate) for name, rate in rates.items() if rate]


def _overlap(dose: Event) -> tuple[int, float | None]:
    """How many infusions of a course run at its phase of the event, and how long until the first of them ends.

    Of those begun `i` intervals before the next dose, i = 1, 2, …, run the ones with
    ``duration + wait > i·interval``.
    """
    steady = dose.steady
    assert steady is not None
    if not dose.rate or not steady.interval:
        return 0, None
    if not steady.duration:
        raise ValueError(f"infusions of an endless course need a duration: {dose}")
    lengths = (steady.duration + steady.wait) / steady.interval
    whole = round(lengths)
    if whole and abs(lengths - whole) < WHOLE:
        return whole - 1, None
    return math.floor(lengths), (lengths - math.floor(lengths)) * steady.interval


def _cycle(dose: Event, start: float) -> tuple[Event, ...]:
    """One cycle of the course from `start` on: it begins with those infusions running that always do."""
    steady = dose.steady
    assert steady is not None
    if not steady.interval:
        return (Event(start, dose.input, rate=dose.rate),) if dose.rate else ()
    number, first_end = _overlap(dose)
    events = [Event(start + steady.wait, dose.input, amount=dose.amount, rate=dose.rate)]
    if number:
        events.append(Event(start, dose.input, rate=number * dose.rate))
    if first_end is not None:
        events.append(Event(start + first_end, dose.input, rate=-dose.rate))
    return tuple(sorted(events, key=lambda event: event.time))


def _goes_on(dose: Event, ahead: Sequence[Event]) -> list[Event]:
    """The dose itself and the ends of infusions still running, as far as no reset calls them off."""
    steady = dose.steady
    assert steady is not None
    number, _ = _overlap(dose)
    events = [Event(dose.time + steady.wait, dose.input, amount=dose.amount, rate=dose.rate)]
    if number:
        events.append(Event(dose.time, dose.input, rate=number * dose.rate))
        left = (steady.duration + steady.wait - i * steady.interval for i in range(number, 0, -1))
        events += [Event(dose.time + hours, dose.input, rate=-dose.rate) for hours in left]
    afresh = (event.time for event in ahead if event.reset or (event.steady and not event.steady.added))
    until = next(afresh, math.inf)
    return [event for event in events if event.time <= until]


def _settle(
    course: Course, back: NDArray[np.bool_], parameters: Array, doses: Sequence[Event], initial: Array,
    closer: Tolerances, absolute: Array, relative: float,
) -> tuple[Array, list[Outcome], NDArray[np.int64]]:  # fmt: skip
    """States (subject, state) just before the event, outcomes, and steps taken on the way."""
    time, steady = doses[0].time, doses[0].steady
    assert steady is not None
    states, steps = initial.copy(), np.zeros(len(doses), dtype=np.int64)
    outcomes = [NO_STEADY_STATE] * len(doses)
    searches = [_Search(back, relative, own, repeats=steady.interval > 0.0) for own in absolute]
    active = np.arange(len(doses))
    for number in range(MOST_CYCLES if steady.interval else MOST_DOUBLINGS):
        start = time - (steady.interval or 2.0**number)
        events = tuple(_cycle(doses[i], start) for i in active.tolist())
        own = replace(closer, absolute=np.asarray(closer.absolute)[active])
        solution = course(Batch(parameters[active], events, states[active]), np.array([start, time]), own)
        steps[active] += solution.steps
        going = []
        for row, i in enumerate(active.tolist()):
            if not solution.outcomes[row].solved and searches[i].kept is not None:
                states[i] = searches[i].turned_back()
                going.append(i)
            elif not solution.outcomes[row].solved:
                outcomes[i] = solution.outcomes[row]
            elif searches[i].arrived(states[i], solution.states[row]):
                outcomes[i], states[i] = SOLVED, solution.states[row]
            else:
                states[i] = searches[i].onward(solution.states[row])
                going.append(i)
        active = np.array(going, dtype=np.intp)
        if not going:
            break
    return states, outcomes, steps


@dataclass
class _Search:
    """What one subject's cycles have shown so far; `repeats` where each cycle is like the one before."""

    back: NDArray[np.bool_]
    relative: float
    absolute: Array
    repeats: bool
    changes: list[Array] = field(default_factory=list)  # of plain cycles one after the other, in tolerances
    history: list[tuple[Array, Array]] = field(default_factory=list)  # change and end of the cycles remembered
    least: float = math.inf
    passed: int = 0
    rest: int = 0  # cycles to go before the next leap
    penance: int = 2
    band: tuple[Array, Array] | None = None
    kept: Array | None = None  # the end that the last leap began at

    def arrived(self, begin: Array, end: Array) -> bool:
        """Whether the end of a cycle is the steady state, within the tolerances: for each state by itself.

        A change must be small and so must be the bound on what is still to come, with the larger of the
        last two ratios. Failing that, states that stay within their tolerances for many cycles are at rest.
        """
        change, scale = end - begin, self._scale(end)
        with np.errstate(over="ignore"):
            self.changes = [*self.changes[-2:], (np.abs(change) / scale)[self.back]]
        self.history = [*self.history[-REMEMBERED:], (change, end)]
        self.passed += 1
        if not np.any(change[self.back]):
            return True
        if len(self.changes) == 3 and np.max(self.changes[-1]) <= SMALL:
            first, second, third = (np.maximum(each, np.finfo(float).tiny) for each in self.changes)
            ratio = np.minimum(np.maximum(second / first, third / second), FARTHEST / (1.0 + FARTHEST))
            if np.all(third * ratio <= 1.0 - ratio):
                return True
        low, high = self.band or (end, end)
        self.band = np.minimum(low, end), np.maximum(high, end)
        if self.passed % STALLED:
            return False
        spread, self.band = self.band[1] - self.band[0], None
        return bool(np.all((spread <= 2.0 * scale)[self.back]))

    def onward(self, end: Array) -> Array:
        """Where the next cycle begins: at the end of this one, or further on where the changes point."""
        size = float(np.max(self.changes[-1], initial=0.0))
        if self.kept is not None and size > ASTRAY * self.least:
            return self.turned_back()
        self.least, self.kept = min(self.least, size), None
        if self.rest or not self.repeats or (size <= SMALL and len(self.changes) < 3):
            self.rest = max(0, self.rest - 1)
            return end
        leap = self._leap() if len(self.history) > 2 else None
        if leap is None:
            return end
        self.kept, self.changes = end, []
        return leap

    def turned_back(self) -> Array:
        """The end before a leap that went astray; what follows is plain for longer each time."""
        assert self.kept is not None
        end, self.kept = self.kept, None
        self.changes, self.history, self.rest, self.penance = [], [], self.penance, 2 * self.penance
        return end

    def _leap(self) -> Array | None:
        """The states whose change would be least, if changes went with states as in the last cycles."""
        change, end = self.history[-1]
        scale = self._scale(end)
        with np.errstate(over="ignore", invalid="ignore"):
            turns = np.diff([(each / scale)[self.back] for each, _ in self.history], axis=0).T
        if not np.all(np.isfinite(turns)):
            return None
        length = np.maximum(np.linalg.norm(turns, axis=0), np.finfo(float).tiny)
        shares = np.linalg.lstsq(turns / length, (change / scale)[self.back], rcond=SAME)[0] / length
        leap = np.where(self.back, -(np.diff([each for _, each in self.history], axis=0).T @ shares), 0.0)
        if not np.all(np.isfinite(leap)):
            return None
        # Pools that are never empty do not become so by a guess; a part of the leap keeps every total.
        falls = (end + leap < 0.0) & (np.min([each for _, each in self.history], axis=0) >= 0.0)
        share = float(np.min(-0.9 * end[falls] / leap[falls], initial=1.0))
        # What has no steady state must not be flung so far that its change is lost in the tolerance.
        most = FARTHEST * float(np.max(np.abs(change / scale)[self.back]))
        return end + min(share, most / max(most, float(np.max(np.abs(leap / scale))))) * leap

    def _scale(self, end: Array) -> Array:
        scale: Array = self.absolute + max(self.relative, EPSILON) * np.abs(end)
        return np.maximum(scale, LEAST)
