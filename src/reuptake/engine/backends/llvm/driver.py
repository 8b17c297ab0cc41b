"""The life of one step, for several subjects side by side, and what happens between steps.

Each lane follows one subject: its own time, step, doses and grid. All lanes compute a step
together (`attempt`); each then judges its own error, takes the step or tries a shorter one,
reports the grid points inside it, and lets happen what is due at its end. A lane whose subject
has ended takes the next one. Nothing is ever summed across lanes, so a subject's bits depend on
that subject alone; the grid is read between steps and never steers them.

The method is a `reuptake.engine.method.Tableau`, the choice of steps `reuptake.engine.control`.
The reference back-end does the same, one subject at a time, in plain numpy.
"""

from __future__ import annotations

from reuptake.engine.backends.llvm.dense import factor_with_pivots, solve_with_pivots
from reuptake.engine.backends.llvm.language import (
    Floats,
    Ints,
    Lanes,
    floats,
    fma,
    magnitude,
    part,
    root,
    spread,
    unrolled,
    where,
)  # fmt: skip
from reuptake.engine.control import FIRST_STEP, MOST_STEPS, RETRY, growth, opening, resolution, shortest

# Known while compiling: the tableau, and the sizes of the system.
A: list[list[float]]
B: list[float]
C: list[list[float]]
E: list[float]
DENSE: list[list[float]]
NODES: list[float]
DRIFTS: list[float]
CHAINED: list[bool]  # whether a stage starts where the one before did, plus that stage itself
GAMMA: float
ORDER: int
IMPLICIT: bool
DRIFTING: bool  # whether the equations name the time
LANES: int
STATES: int
STAGES: int
INPUTS: int
OUTPUTS: int
PARAMETERS: int
ENTRIES: int  # of the Jacobian that are not always nought
START: int  # where in `hoisted` the states' starting values lie

# What is asked for, (subject, …) arrays one subject after another.
subjects: int
points: int
grid: Floats
parameters: Floats
started: int  # whether starting states are given
starts: Floats
first_event: Ints
event_time: Floats
event_kind: Ints
event_index: Ints
event_value: Floats
relative: float
absolute: Floats
cancelled: Ints
entered: Ints  # the state that each input enters
rows: Ints
columns: Ints

# What is answered.
values: Floats
outcomes: Ints
steps: Ints
ends: Floats

# What each lane is at: a number or a vector a lane.
waiting: Ints
subject: Ints
cursor: Ints
event: Ints
landing: Ints
fresh: Ints
pending: Ints
weak: Ints
origin: Ints
own: Floats  # (lane, parameter)
remembered: Floats  # (kind, input, lane)
learned: Floats
now: Lanes
stop: Lanes
step: Lanes
wish: Lanes
error: Lanes
taken: Lanes
theta: Lanes
moment: Lanes
shift: Lanes
states: Lanes
new: Lanes
tolerated: Lanes
inputs: Lanes
hoisted: Lanes
stages: Lanes
inner: Lanes
outer: Lanes
right: Lanes
slope: Lanes
jacobian: Lanes
factors: Lanes
sampled: Lanes
reported: Lanes
weights: Lanes
pivoted: Floats  # (lane, state, state)
swaps: Ints  # (lane, state)

SOLVED, STEP_LIMIT, STEP_TOO_SMALL, NOT_FINITE, CANCELLED = 0, 1, 2, 3, 4
CHANGE, RESET, BOLUS, RATE = 0, 1, 2, 3
HONEST = 1e-10  # of the size of the equations: what a solution without pivoting may miss them by
NAN, NEVER, LARGEST = float("nan"), 1e300, 1e300


# Written from the equations of the system; all but the first in whole vectors.
def prologue(parameters: Floats, out: Floats) -> None:
    """What one subject's parameters alone decide, and where its states start; `out` points to its lane."""
    ...


def rates(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """The right-hand side f (state)."""
    ...


def drift(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """∂f/∂t (state)."""
    ...


def entries(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """∂f/∂y (entry), as `rows` and `columns` place them."""
    ...


def outputs(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """What is reported (output)."""
    ...


def factor(jacobian: Lanes, shift: Lanes, out: Lanes) -> None:
    """L and U of shift·I − ∂f/∂y."""
    ...


def solve(factors: Lanes, right: Lanes, out: Lanes) -> None:
    """X of L·U·x = b."""
    ...


def run() -> None:
    """Integrate every subject."""
    for lane in range(LANES):
        subject[lane] = -1
        floats(now)[lane] = 0.0
        floats(step)[lane] = 1.0
        begin_next(lane)
    while anyone() and cancelled[0] == 0:
        for lane in range(LANES):
            if subject[lane] >= 0:
                aim(lane)
        attempt()
        for lane in range(LANES):
            floats(taken)[lane] = 0.0
            if subject[lane] >= 0:
                judge(lane)
        report()
        for s in range(STATES):
            states[s] = where(taken[0] > 0.5, new[s], states[s])
        for lane in range(LANES):
            if floats(taken)[lane] > 0.5:
                arrive(lane)
    for lane in range(LANES):
        if subject[lane] >= 0:
            fail(lane, CANCELLED)


def anyone() -> bool:
    """Whether a lane still has a subject."""
    found = False
    for lane in range(LANES):
        found = found or subject[lane] >= 0
    return found


# The step ----------------------------------------------------------------------------------------------------------


def aim(lane: int) -> None:
    """How far this lane's next step goes: as it wishes, or to the next stop if that is nearer."""
    h = floats(wish)[lane]
    here = floats(now)[lane]
    there = floats(stop)[lane]
    landing[lane] = 0
    if here + h >= there - resolution(there):
        h = there - here
        landing[lane] = 1
    floats(step)[lane] = h


def attempt() -> None:
    """One step of every lane, to `new`, with its stages and its `error` in units of what is tolerated."""
    h = step[0]
    inverse = 1.0 / h
    if IMPLICIT:
        shift[0] = inverse * (1.0 / GAMMA)
        entries(now, states, inputs, hoisted, jacobian)
        factor(jacobian, shift, factors)
        if DRIFTING:
            drift(now, states, inputs, hoisted, slope)
    for i in unrolled(range(STAGES)):
        moment[0] = fma(h, NODES[i], now[0])
        for s in range(STATES):
            x = states[s]
            if CHAINED[i]:
                x = inner[s] + stages[(i - 1) * STATES + s]
            else:
                for j in unrolled(range(i)):
                    if A[i][j] != 0.0:
                        x = fma(stages[j * STATES + s], A[i][j], x)
            inner[s] = x
            if IMPLICIT and i > 0:
                w = stages[s] * C[i][0]
                for j in unrolled(range(1, i)):
                    w = fma(stages[j * STATES + s], C[i][j], w)
                outer[s] = w
        rates(moment, inner, inputs, hoisted, right)
        if IMPLICIT:
            if i > 0:
                for s in range(STATES):
                    right[s] = fma(outer[s], inverse, right[s])
            if DRIFTING and DRIFTS[i] != 0.0:
                for s in range(STATES):
                    right[s] = fma(slope[s], h * DRIFTS[i], right[s])
            solve(factors, right, part(stages, i * STATES))
            if i == 0:
                doubt()
            for lane in range(LANES):
                if weak[lane] > 0:
                    solve_again(lane, i * STATES)
        else:
            for s in range(STATES):
                stages[i * STATES + s] = h * right[s]
    total = spread(0.0)
    for s in range(STATES):
        old = states[s]
        x = old
        e = spread(0.0)
        for j in unrolled(range(STAGES)):
            if B[j] != 0.0:
                x = fma(stages[j * STATES + s], B[j], x)
            if E[j] != 0.0:
                e = fma(stages[j * STATES + s], E[j], e)
        new[s] = x
        largest = where(magnitude(old) > magnitude(x), magnitude(old), magnitude(x))
        share = e / fma(largest, relative, tolerated[s])
        total = fma(share, share, total)
    error[0] = root(total * (1.0 / STATES))


def doubt() -> None:
    """Check the first solution of the linear equations; a lane where it does not hold pivots for this step."""
    for s in range(STATES):
        sampled[s] = fma(shift[0], stages[s], -right[s])
    for e in range(ENTRIES):
        sampled[rows[e]] = fma(-jacobian[e], stages[columns[e]], sampled[rows[e]])
    wrong = spread(0.0)
    size = spread(0.0)
    for s in range(STATES):
        wrong = wrong + magnitude(sampled[s])
        size = size + magnitude(right[s]) + magnitude(shift[0] * stages[s])
    theta[0] = wrong - HONEST * size
    for lane in range(LANES):
        weak[lane] = 0
        if subject[lane] >= 0 and not floats(theta)[lane] <= 0.0:
            weak[lane] = 1
            pivot(lane)


def pivot(lane: int) -> None:
    """Factor this lane's matrix anew, with row exchanges."""
    matrix = part(pivoted, lane * STATES * STATES)
    for place in range(STATES * STATES):
        matrix[place] = 0.0
    for s in range(STATES):
        matrix[s * STATES + s] = floats(shift)[lane]
    for e in range(ENTRIES):
        place = rows[e] * STATES + columns[e]
        matrix[place] = matrix[place] - floats(jacobian)[e * LANES + lane]
    factor_with_pivots(STATES, matrix, part(swaps, lane * STATES))


def solve_again(lane: int, start: int) -> None:
    """Solve this lane's equations by the factors with row exchanges."""
    answer = part(floats(part(stages, start)), lane)
    for s in range(STATES):
        answer[s * LANES] = floats(right)[s * LANES + lane]
    solve_with_pivots(STATES, LANES, part(pivoted, lane * STATES * STATES), part(swaps, lane * STATES), answer)


# Judgement ---------------------------------------------------------------------------------------------------------


def judge(lane: int) -> None:
    """Take this lane's step or try a shorter one, and choose the step after it."""
    wrong = floats(error)[lane]
    h = floats(step)[lane]
    if not magnitude(wrong) < LARGEST:
        floats(wish)[lane] = h * RETRY
        stay(lane, NOT_FINITE)
    else:
        factor_ = growth(wrong, ORDER, fresh[lane])
        if wrong > 1.0:
            floats(wish)[lane] = h * min(factor_, 1.0)
            stay(lane, STEP_TOO_SMALL)
        else:
            floats(taken)[lane] = 1.0
            floats(wish)[lane] = h * factor_


def stay(lane: int, reason: int) -> None:
    """The step was not taken; give up when the next would be lost in rounding."""
    if floats(wish)[lane] < shortest(floats(now)[lane]):
        fail(lane, reason)


def arrive(lane: int) -> None:
    """The step was taken: time moves on."""
    who = subject[lane]
    steps[who] = steps[who] + 1
    if fresh[lane] > 0:
        learn(lane)
    fresh[lane] = 0
    if landing[lane] > 0:
        floats(now)[lane] = floats(stop)[lane]
        land(lane)
    else:
        floats(now)[lane] = floats(now)[lane] + floats(step)[lane]
        if steps[who] >= MOST_STEPS:
            fail(lane, STEP_LIMIT)


# The grid ----------------------------------------------------------------------------------------------------------


def report() -> None:
    """Put the grid points inside the steps just taken where they belong, from the dense output."""
    while due():
        sample()
        outputs(moment, sampled, inputs, hoisted, reported)
        for lane in range(LANES):
            if pending[lane] > 0:
                write(lane)


def due() -> bool:
    """Whether any lane has a grid point before the end of its step; `theta` says where in the step."""
    found = False
    for lane in range(LANES):
        pending[lane] = 0
        floats(theta)[lane] = 0.0
        if floats(taken)[lane] > 0.5 and cursor[lane] < points:
            at = grid[cursor[lane]]
            if landing[lane] > 0:
                pending[lane] = int(at < floats(stop)[lane])
            else:
                pending[lane] = int(at <= floats(now)[lane] + floats(step)[lane])
            if pending[lane] > 0:
                floats(theta)[lane] = (at - floats(now)[lane]) / floats(step)[lane]
                floats(moment)[lane] = at
                found = True
    return found


def sample() -> None:
    """States at `theta`, the share of its step that each lane asks for."""
    t = theta[0]
    for j in unrolled(range(STAGES)):
        bend = fma(t, fma(t, DENSE[2][j], DENSE[1][j]), DENSE[0][j])
        weights[j] = t * (1.0 - t) * bend
    for s in range(STATES):
        x = fma(t, new[s], (1.0 - t) * states[s])
        for j in unrolled(range(STAGES)):
            x = fma(weights[j], stages[j * STATES + s], x)
        sampled[s] = x


def write(lane: int) -> None:
    """Store what is reported for this lane's grid point, and go to the next."""
    place = (subject[lane] * points + cursor[lane]) * OUTPUTS
    for o in range(OUTPUTS):
        values[place + o] = floats(reported)[o * LANES + lane]
    cursor[lane] = cursor[lane] + 1


# Events ------------------------------------------------------------------------------------------------------------


def begin_next(lane: int) -> None:
    """Take the next subject that waits, if any."""
    subject[lane] = -1
    if waiting[0] < subjects:
        who = waiting[0]
        waiting[0] = who + 1
        subject[lane] = who
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
    cursor[lane] = 0
    floats(now)[lane] = grid[0]
    event[lane] = first_event[who]
    while event[lane] < first_event[who + 1] and event_time[event[lane]] < grid[0]:
        event[lane] = event[lane] + 1
    prepare(lane)
    if started > 0:
        for s in range(STATES):
            floats(states)[s * LANES + lane] = starts[who * STATES + s]
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
    restart = NEVER
    while event[lane] < first_event[who + 1] and event_time[event[lane]] <= here:
        restart = min(restart, happen(lane, event[lane]))
        event[lane] = event[lane] + 1
    if cursor[lane] < points and grid[cursor[lane]] <= here:
        outputs(now, states, inputs, hoisted, reported)
        write(lane)
    if here >= grid[points - 1]:
        finish(lane)
    else:
        there = grid[points - 1]
        if event[lane] < first_event[who + 1]:
            there = min(there, event_time[event[lane]])
        floats(stop)[lane] = there
        floats(wish)[lane] = FIRST_STEP
        if restart < NEVER:
            floats(wish)[lane] = opening(restart)
        fresh[lane] = 1


def happen(lane: int, e: int) -> float:
    """One event; the step that was right after the last one like it, 0 if there was none."""
    kind = event_kind[e]
    index = event_index[e]
    value = event_value[e]
    if kind == CHANGE:
        own[lane * PARAMETERS + index] = value
        prologue(part(own, lane * PARAMETERS), part(floats(hoisted), lane))
        return 0.0
    if kind == RESET:
        prepare(lane)
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
    begin_next(lane)


def fail(lane: int, reason: int) -> None:
    """The subject cannot be followed further: nothing of it is reported."""
    who = subject[lane]
    outcomes[who] = reason
    for v in range(points * OUTPUTS):
        values[who * points * OUTPUTS + v] = NAN
    for s in range(STATES):
        ends[who * STATES + s] = NAN
    floats(taken)[lane] = 0.0
    begin_next(lane)
