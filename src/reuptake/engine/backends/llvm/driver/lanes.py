"""How a lane takes a subject, lets its events happen, and gives it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reuptake.engine.backends.llvm.driver.grid import report_here
    from reuptake.engine.backends.llvm.driver.tangents import start_tangents
    from reuptake.engine.backends.llvm.driver.triggers import after_events, arm_first, fire, reached
    from reuptake.engine.backends.llvm.driver.workspace import (
        BOLUS, CHANGE, DIRECTIONS, ENDLESS, INPUTS, LANES, LARGEST, NAN, NEVER, NOT_FINITE, OUTPUTS, PARAMETERS, RESET,
        SOLVED, START, STATES, STEP_LIMIT, TRIGGERS, absolute, asked_for, cursor, direction_of, ends, entered, event,
        event_index, event_kind, event_time, event_value, first_event, fresh, grid, hoisted, inputs, landing, learned,
        live, now, origin, outcomes, own, parameters, points, prologue, remembered, rooting, sized, slopes, spoiled,
        started, starts, states, step, steps, stop, subject, subjects, taken, tolerated, values, waiting, wish,
    )  # fmt: skip
    from reuptake.engine.backends.llvm.language import floats, magnitude, part
    from reuptake.engine.control import FIRST_STEP, MOST_STEPS, opening, resolution


def arrive(lane: int) -> None:
    """The step was taken: time moves on, to a stop perhaps, or to where a trigger fires."""
    who = subject[lane]
    steps[who] = steps[who] + 1
    if fresh[lane] > 0:
        learn(lane)
    fresh[lane] = 0
    floats(now)[lane] = floats(now)[lane] + floats(step)[lane]
    if landing[lane] > 0:
        floats(now)[lane] = floats(stop)[lane]
    endless = False
    if TRIGGERS > 0 and rooting[lane] > 0 and reached(lane):
        endless = not fire(lane)
        restart(lane, FIRST_STEP)
    if endless:
        fail(lane, ENDLESS)
    elif landing[lane] > 0:
        land(lane)
    else:
        here = floats(now)[lane]
        # Where a trigger fires is known no better; but what an event at a stop does comes first.
        if fresh[lane] > 0 and floats(stop)[lane] > here + resolution(here):
            report_here(lane, resolution(here))
        if spoiled[lane] > 0:
            fail(lane, NOT_FINITE)
        elif steps[who] >= MOST_STEPS:
            fail(lane, STEP_LIMIT)


def refill(lane: int) -> None:
    """Give a lane that has none the next subject that waits, if any; some end as soon as they begin."""
    while subject[lane] < 0 and waiting[0] < subjects:
        subject[lane] = waiting[0]
        waiting[0] = waiting[0] + 1
        begin(lane)


def begin(lane: int) -> None:
    """Start a subject: parameters, states, the first stop."""
    who = subject[lane]
    sound = True
    for p in range(PARAMETERS):
        number = parameters[who * PARAMETERS + p]
        own[lane * PARAMETERS + p] = number
        if not magnitude(number) < LARGEST:
            sound = False
    for s in range(STATES):
        floats(tolerated)[s * LANES + lane] = absolute[who * STATES + s]
    for i in range(2 * INPUTS):
        learned[i * LANES + lane] = 0.0
        remembered[i * LANES + lane] = NAN
    steps[who] = 0
    spoiled[lane] = 0
    cursor[lane] = 0
    floats(now)[lane] = grid[0]
    event[lane] = first_event[who]
    while event[lane] < first_event[who + 1] and event_time[event[lane]] < grid[0]:
        event[lane] = event[lane] + 1
    prepare(lane)
    if started > 0:
        for s in range(STATES):
            floats(states)[s * LANES + lane] = starts[who * STATES + s]
    if DIRECTIONS > 0:
        for j in range(DIRECTIONS):
            floats(live)[j * LANES + lane] = 1.0
            size = magnitude(own[lane * PARAMETERS + asked_for[j]])
            floats(sized)[j * LANES + lane] = 1.0
            if size > 0.0:
                floats(sized)[j * LANES + lane] = 1.0 / size
        if started == 0:
            start_tangents(lane)
    if TRIGGERS > 0:
        arm_first(lane)
    if sound:
        land(lane)
    else:
        fail(lane, NOT_FINITE)


def prepare(lane: int) -> None:
    """States at their start, no infusion running."""
    prologue(part(own, lane * PARAMETERS), part(floats(hoisted), lane))
    for s in range(STATES):
        floats(states)[s * LANES + lane] = floats(hoisted)[(START + s) * LANES + lane]
    for i in range(INPUTS):
        floats(inputs)[i * LANES + lane] = 0.0


def land(lane: int) -> None:
    """At a stop: let happen what is due, report, and set out for the next stop or end."""
    here = floats(now)[lane]
    who = subject[lane]
    origin[lane] = event[lane]
    right_step = NEVER
    while event[lane] < first_event[who + 1] and event_time[event[lane]] <= here:
        right_step = min(right_step, happen(lane, event[lane]))
        event[lane] = event[lane] + 1
    endless = False
    if TRIGGERS > 0:
        endless = not after_events(lane)
    if endless:
        fail(lane, ENDLESS)
    else:
        report_here(lane, 0.0)
        for s in range(STATES):
            if not magnitude(floats(states)[s * LANES + lane]) < LARGEST:
                spoiled[lane] = 1
        if spoiled[lane] > 0:
            fail(lane, NOT_FINITE)
        elif here >= grid[points - 1]:
            finish(lane)
        else:
            there = grid[points - 1]
            if event[lane] < first_event[who + 1]:
                there = min(there, event_time[event[lane]])
            floats(stop)[lane] = there
            floats(wish)[lane] = FIRST_STEP
            if right_step < NEVER:
                floats(wish)[lane] = opening(right_step)
            fresh[lane] = 1


def restart(lane: int, first: float) -> None:
    """After a sudden change: nothing is known of the right step, and nothing is to be learned for doses."""
    origin[lane] = event[lane]
    floats(wish)[lane] = first
    fresh[lane] = 1


def happen(lane: int, e: int) -> float:
    """One event; the step that was right after the last one like it, 0 if there was none."""
    kind = event_kind[e]
    index = event_index[e]
    value = event_value[e]
    if kind == CHANGE:
        own[lane * PARAMETERS + index] = value
        if not magnitude(value) < LARGEST:
            spoiled[lane] = 1
        if DIRECTIONS > 0 and direction_of[index] >= 0:
            floats(live)[direction_of[index] * LANES + lane] = 0.0
        prologue(part(own, lane * PARAMETERS), part(floats(hoisted), lane))
        return 0.0
    if kind == RESET:
        prepare(lane)
        if DIRECTIONS > 0:
            start_tangents(lane)
        return 0.0
    if kind == BOLUS:
        place = entered[index] * LANES + lane
        floats(states)[place] = floats(states)[place] + value
    else:
        floats(inputs)[index * LANES + lane] = floats(inputs)[index * LANES + lane] + value
    place = ((kind - BOLUS) * INPUTS + index) * LANES + lane
    if remembered[place] == value:
        return learned[place]
    return 0.0


def learn(lane: int) -> None:
    """Remember which step was right after these doses: the next equal ones need not find it again."""
    for e in range(origin[lane], event[lane]):
        if event_kind[e] >= BOLUS:
            place = ((event_kind[e] - BOLUS) * INPUTS + event_index[e]) * LANES + lane
            remembered[place] = event_value[e]
            learned[place] = floats(wish)[lane]


# Ends --------------------------------------------------------------------------------------------------------------


def finish(lane: int) -> None:
    """The subject is at the end of the grid."""
    who = subject[lane]
    outcomes[who] = SOLVED
    for s in range(STATES):
        ends[who * STATES + s] = floats(states)[s * LANES + lane]
    subject[lane] = -1


def fail(lane: int, reason: int) -> None:
    """The subject cannot be followed further: nothing of it is reported."""
    who = subject[lane]
    outcomes[who] = reason
    for v in range(points * OUTPUTS):
        values[who * points * OUTPUTS + v] = NAN
        for j in range(DIRECTIONS):
            slopes[(who * points * OUTPUTS + v) * DIRECTIONS + j] = NAN
    for s in range(STATES):
        ends[who * STATES + s] = NAN
    floats(taken)[lane] = 0.0
    subject[lane] = -1
