"""What the driver finds when it is called: sizes known while compiling, arrays laid out, functions written.

Names in capitals are constants of one system and method. The others are slots of one table, a
number or an array each; the caller fills it in this order. Arrays of the caller run (subject, …),
those of the lanes (…, lane).
"""

from __future__ import annotations

from reuptake.engine.backends.llvm.language import Floats, Ints, Lanes

# The method.
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
STAGES: int

# The system.
LANES: int
STATES: int
INPUTS: int
OUTPUTS: int
PARAMETERS: int
TRIGGERS: int
CHANGES: int  # of states by triggers
DIRECTIONS: int  # parameters whose sensitivities are asked for
DENSELY: bool  # whether linear equations are solved by loops
DRIFTING: bool  # whether the equations name the time
START: int  # where in `hoisted` the starting states lie
START_DOT: int  # where in `hoisted` their derivatives lie
ENTRIES: int  # of ∂f/∂y that are not always nought; the others likewise
LEANINGS: int  # ∂f/∂p
BENDS: int  # ∂(∂f/∂y)/∂y
TWISTS: int  # ∂(∂f/∂y)/∂p
DRIFT_BENDS: int  # ∂(∂f/∂t)/∂y
DRIFT_TWISTS: int  # ∂(∂f/∂t)/∂p
OUTPUT_SLOPES: int  # ∂o/∂y
OUTPUT_LEANINGS: int  # ∂o/∂p
STARTING: int  # ∂y₀/∂p

# What is asked for.
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

# What is answered.
values: Floats
slopes: Floats
outcomes: Ints
steps: Ints
ends: Floats

# Where things lie: for each number of a sparse array, its row and column.
entered: Ints  # the state that each input enters
entries_at: Ints
leanings_at: Ints
bends_at: Ints
twists_at: Ints
drift_bends_at: Ints
drift_twists_at: Ints
output_slopes_at: Ints
output_leanings_at: Ints
starting_at: Ints
changes_at: Ints  # trigger, state
asked_for: Ints  # parameter of each direction
direction_of: Ints  # of each parameter, −1 if none is asked for

# What each lane is at.
waiting: Ints
subject: Ints
cursor: Ints
event: Ints
landing: Ints
fresh: Ints
pending: Ints
spoiled: Ints  # whether anything reported, or any parameter, is no finite number
weak: Ints
origin: Ints
rooting: Ints
armed: Ints
firing: Ints
own: Floats  # (lane, parameter)
remembered: Floats
learned: Floats
now: Lanes
stop: Lanes
step: Lanes
wish: Lanes
error: Lanes
taken: Lanes
theta: Lanes
low: Lanes
missed: Lanes  # two vectors: by how much a solution misses, and the size of what it solves
high: Lanes
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
drifted: Lanes
jacobian: Lanes
factors: Lanes
sampled: Lanes
reported: Lanes
weights: Lanes
heights: Lanes
heights_before: Lanes
changed: Lanes
pivoted: Floats  # (lane, state, state)
swaps: Ints  # (lane, state)

# Tangents: (direction, …).
dot: Lanes
live: Lanes  # 1 where the parameter is still the one asked about, 0 where an event has replaced it
dot_new: Lanes
dot_stages: Lanes
dot_inner: Lanes
dot_sampled: Lanes
dot_matrix: Lanes
stage_jacobian: Lanes
stage_leanings: Lanes
bent: Lanes
twisted: Lanes
drift_bent: Lanes
drift_twisted: Lanes
sized: Lanes  # 1/|p| of each direction: by it a tolerance of states becomes one of tangents
output_sloped: Lanes
output_leaned: Lanes
dot_reported: Lanes

SOLVED, STEP_LIMIT, STEP_TOO_SMALL, NOT_FINITE, CANCELLED, ENDLESS = 0, 1, 2, 3, 4, 5
CHANGE, RESET, BOLUS, RATE = 0, 1, 2, 3
HONEST = 1e-10  # of the size of the equations: what a solution without pivoting may miss them by
NAN, NEVER, LARGEST = float("nan"), 1e300, 1e300


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
    """∂f/∂y (entry)."""
    ...


def leanings(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """∂f/∂p (entry)."""
    ...


def bends(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """∂(∂f/∂y)/∂y (entry)."""
    ...


def twists(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """∂(∂f/∂y)/∂p (entry)."""
    ...


def drift_bends(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """∂(∂f/∂t)/∂y (entry)."""
    ...


def drift_twists(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """∂(∂f/∂t)/∂p (entry)."""
    ...


def outputs(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """What is reported (output)."""
    ...


def output_slopes(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """∂o/∂y (entry)."""
    ...


def output_leanings(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """∂o/∂p (entry)."""
    ...


def crossings(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """How far above nought each trigger stands (trigger)."""
    ...


def consequences(time: Lanes, states: Lanes, inputs: Lanes, hoisted: Lanes, out: Lanes) -> None:
    """What states become when their trigger fires (change)."""
    ...


def factor(jacobian: Lanes, shift: Lanes, out: Lanes) -> None:
    """L and U of shift·I − ∂f/∂y."""
    ...


def misfit(jacobian: Lanes, shift: Lanes, right: Lanes, x: Lanes, out: Lanes) -> None:
    """How much a solution x misses b by, Σ|b − (shift·I − ∂f/∂y)·x|, and what that is to be held against."""
    ...


def solve(factors: Lanes, right: Lanes, out: Lanes) -> None:
    """X of L·U·x = b."""
    ...
