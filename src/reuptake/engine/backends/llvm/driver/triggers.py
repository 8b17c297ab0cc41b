"""How the states bring about sudden changes: crossings are watched, located, and let fire.

A trigger is armed where its crossing is seen at or below nought, and fires where, armed, it is
seen above at the end of a step. The step is then taken again, up to where the first armed
trigger rises on the dense output (bisection), so that its end has the full order of the
method; there all that have risen fire together. After that each must be armed anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reuptake.engine.backends.llvm.driver.grid import sample
    from reuptake.engine.backends.llvm.driver.workspace import (
        CHANGES, LANES, TRIGGERS, armed, changed, changes_at, consequences, crossings, firing, heights, heights_before,
        high, hoisted, inputs, low, moment, new, now, pending, rooting, sampled, states, step, taken, theta, wish,
    )  # fmt: skip
    from reuptake.engine.backends.llvm.language import floats, fma
    from reuptake.engine.control import MOST_CHAINED

HALVINGS = 45  # of a step: its place is then known to a part in 3e13
# Fired, and left its own crossing as it was: within rounding of nought, on which side does not tell.
SPENT = -1


def watch() -> None:
    """Send back, to just past the root, each lane in whose step an armed trigger rises."""
    moment[0] = now[0] + step[0]
    crossings(moment, new, inputs, hoisted, heights)
    searching = False
    for lane in range(LANES):
        pending[lane] = 0
        if floats(taken)[lane] > 0.5 and rooting[lane] == 0:
            if risen(lane):
                pending[lane] = 1
                searching = True
            else:
                arm(lane)
    if searching:
        locate()
        for lane in range(LANES):
            if pending[lane] > 0:
                floats(taken)[lane] = 0.0
                floats(wish)[lane] = floats(high)[lane] * floats(step)[lane]
                rooting[lane] = 1
                risen(lane)


def locate() -> None:
    """Halve the step around the first rise; `high` is just past it, and `heights` are those at `high`."""
    for lane in range(LANES):
        floats(low)[lane] = 0.0
        floats(high)[lane] = 1.0
    for _ in range(HALVINGS):
        theta[0] = (low[0] + high[0]) * 0.5
        look()
        for lane in range(LANES):
            if pending[lane] > 0:
                if risen(lane):
                    floats(high)[lane] = floats(theta)[lane]
                else:
                    floats(low)[lane] = floats(theta)[lane]
    theta[0] = high[0]
    look()


def look() -> None:
    """Crossings at `theta`."""
    sample()
    moment[0] = fma(theta[0], step[0], now[0])
    crossings(moment, sampled, inputs, hoisted, heights)


def risen(lane: int) -> bool:
    """Whether an armed trigger stands above nought; which do is kept in `firing`."""
    found = False
    for k in range(TRIGGERS):
        place = k * LANES + lane
        firing[place] = int(armed[place] > 0 and floats(heights)[place] > 0.0)
        found = found or firing[place] > 0
    return found


def arm(lane: int) -> None:
    """Arm every trigger that stands at or below nought."""
    for k in range(TRIGGERS):
        place = k * LANES + lane
        if floats(heights)[place] <= 0.0:
            armed[place] = 1


def arm_first(lane: int) -> None:
    """At a subject's start: armed is what is not above nought already."""
    for k in range(TRIGGERS):
        armed[k * LANES + lane] = 0
    rooting[lane] = 0
    crossings(now, states, inputs, hoisted, heights)
    arm(lane)


def after_events(lane: int) -> bool:
    """After doses: what they have raised fires at once. False if firings never end."""
    crossings(now, states, inputs, hoisted, heights)
    if risen(lane):
        return fire(lane)
    arm(lane)
    return True


def fire(lane: int) -> bool:
    """Let fire what is in `firing`, and what that raises in turn. False if that never ends."""
    chain = 0
    more = True
    while more and chain < MOST_CHAINED:
        crossings(now, states, inputs, hoisted, heights_before)
        consequences(now, states, inputs, hoisted, changed)
        for c in range(CHANGES):
            if firing[changes_at[2 * c] * LANES + lane] > 0:
                floats(states)[changes_at[2 * c + 1] * LANES + lane] = floats(changed)[c * LANES + lane]
        crossings(now, states, inputs, hoisted, heights)
        for k in range(TRIGGERS):
            place = k * LANES + lane
            if firing[place] > 0:
                armed[place] = int(floats(heights)[place] <= 0.0)
                if floats(heights)[place] == floats(heights_before)[place]:
                    armed[place] = SPENT
            elif floats(heights)[place] <= 0.0 and armed[place] != SPENT:
                armed[place] = 1
        more = risen(lane)
        chain = chain + 1
    for k in range(TRIGGERS):
        armed[k * LANES + lane] = max(armed[k * LANES + lane], 0)
    rooting[lane] = 0
    return not more
