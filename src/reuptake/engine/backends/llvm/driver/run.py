"""Several subjects side by side: every lane follows one, and takes the next when its own has ended.

Nothing is ever summed across lanes, so a subject's bits depend on that subject alone. The
reference back-end does the same, one subject at a time, in plain numpy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reuptake.engine.backends.llvm.driver.grid import report
    from reuptake.engine.backends.llvm.driver.lanes import arrive, fail, refill
    from reuptake.engine.backends.llvm.driver.step import aim, attempt, judge
    from reuptake.engine.backends.llvm.driver.tangents import follow
    from reuptake.engine.backends.llvm.driver.triggers import watch
    from reuptake.engine.backends.llvm.driver.workspace import (
        CANCELLED, DIRECTIONS, LANES, STATES, TRIGGERS, cancelled, dot, dot_new, new, now, states, step, subject, taken,
    )  # fmt: skip
    from reuptake.engine.backends.llvm.language import floats, where


def run() -> None:
    """Integrate every subject."""
    for lane in range(LANES):
        subject[lane] = -1
        floats(now)[lane] = 0.0
        floats(step)[lane] = 1.0
        refill(lane)
    while anyone() and cancelled[0] == 0:
        for lane in range(LANES):
            if subject[lane] >= 0:
                aim(lane)
        attempt()
        if DIRECTIONS > 0:
            follow()
        for lane in range(LANES):
            floats(taken)[lane] = 0.0
            if subject[lane] >= 0:
                judge(lane)
        if TRIGGERS > 0:
            watch()
        report()
        commit()
        for lane in range(LANES):
            if floats(taken)[lane] > 0.5:
                arrive(lane)
            refill(lane)
    for lane in range(LANES):
        if subject[lane] >= 0:
            fail(lane, CANCELLED)


def commit() -> None:
    """The states are now those at the end of the step, in every lane that has taken it."""
    yes = taken[0] > 0.5
    for s in range(STATES):
        states[s] = where(yes, new[s], states[s])
    for s in range(DIRECTIONS * STATES):
        dot[s] = where(yes, dot_new[s], dot[s])


def anyone() -> bool:
    """Whether a lane still has a subject."""
    found = False
    for lane in range(LANES):
        found = found or subject[lane] >= 0
    return found
