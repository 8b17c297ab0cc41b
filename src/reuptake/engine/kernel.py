"""What a compiled system promises, whichever back-end compiled it.

A `Batch` of subjects goes in, each with its own parameters and its own events; a
`Solution` comes out, one outcome a subject. What one subject's curves are never
depends on who else is in the batch, on the output grid, or on the number of threads.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.events import Event
from reuptake.equations.system import System
from reuptake.errors import RunError, nearest
from reuptake.trajectories import Outcome

__all__ = [
    "AbstractKernel", "AbstractSolver", "Batch", "Equations", "Flags", "Halt", "Segment", "Solution", "Tolerances",
    "directions",
]  # fmt: skip

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Tolerances:
    """Local error allowed in one step: ``absolute + relative·|state|``.

    `absolute` is an array (subject, state) in canonical units, or one number for all.
    """

    relative: float = 1e-6
    absolute: float | Array = 1e-6


@dataclass(frozen=True)
class Batch:
    """Subjects to integrate.

    Attributes
    ----------
    parameters : array (subject, parameter), canonical units, in the system's order
    events : tuple of tuple of Event (subject,)
        Of each subject, rising in time; times in h. Events of one time happen in their order. A kernel knows
        nothing of steady states (`Event.steady`): `reuptake.engine.ensemble.integrate` brings them about.
    states : array (subject, state) or None
        Where each subject starts, canonical units; where the system says, unless given.
    """

    parameters: Array
    events: tuple[tuple[Event, ...], ...]
    states: Array | None = None

    def part(self, chosen: slice) -> Batch:
        """Some of the subjects."""
        return Batch(self.parameters[chosen], self.events[chosen], None if self.states is None else self.states[chosen])


@dataclass(frozen=True)
class Solution:
    """Curves of a batch.

    Attributes
    ----------
    values : array (subject, time, output)
        In the units of the outputs; NaN for a subject that was not solved.
    outcomes : tuple of Outcome (subject,)
    steps : array (subject,)
        Steps accepted.
    states : array (subject, state), canonical units
        At the last time of the grid, after the events of that time; NaN where not solved.
    sensitivities : array (subject, time, output, parameter) or None
        Change of each output with each parameter asked for, in canonical units of the parameter.
    """

    values: Array
    outcomes: tuple[Outcome, ...]
    steps: NDArray[np.int64]
    states: Array
    sensitivities: Array | None = None

    def part(self, chosen: slice) -> Solution:
        """Some of the subjects."""
        slopes = None if self.sensitivities is None else self.sensitivities[chosen]
        return Solution(self.values[chosen], self.outcomes[chosen], self.steps[chosen], self.states[chosen], slopes)


class Halt:
    """A wish to stop soon, which a kernel looks at between steps or subjects."""

    def __init__(self) -> None:
        self.flag = np.zeros(1, dtype=np.int64)

    def __bool__(self) -> bool:
        return bool(self.flag[0])

    def now(self) -> None:
        """Ask for it."""
        self.flag[0] = 1


class AbstractKernel(ABC):
    """A system compiled by one back-end, which takes at most `pack` subjects at once, `lanes` of them side by side.

    ``integrate`` gives the outputs on a grid of times (rising, h; the first is the start).
    An event at a grid time happens before that time is reported. `sensitivities` names
    parameters of the system.
    """

    system: System
    pack: int = 1
    lanes: int = 1

    @abstractmethod
    def integrate(
        self, batch: Batch, grid: Array, tolerances: Tolerances, sensitivities: Sequence[str] = (),
        halt: Halt | None = None,
    ) -> Solution:  # fmt: skip
        """Curves, outcomes and, if asked for, sensitivities of every subject of a batch.

        Subjects not finished when `halt` is raised end as `CANCELLED`.
        """


def untriggered(now: float, state: Array) -> Array:
    """The crossings of a system without triggers: none."""
    return np.empty(0)


@dataclass(frozen=True)
class Equations:
    """The right-hand side of one subject between two events: dy/dt = f(t, y), with ∂f/∂y and ∂f/∂t.

    `crossings` are the quantities g(t, y), one for each trigger, that fire it by rising above nought.
    """

    rates: Callable[[float, Array], Array]
    jacobian: Callable[[float, Array], Array]
    drift: Callable[[float, Array], Array]
    crossings: Callable[[float, Array], Array] = untriggered


@dataclass(frozen=True)
class Segment:
    """What became of a stretch without events.

    Attributes
    ----------
    states : array (time, state)
        At the grid times up to `reached`.
    end : array (state,)
        At the time reached.
    reached : float, h
        The end of the stretch, or where triggers fired.
    steps : int
        Steps accepted.
    outcome : Outcome
    learned : float, h
        The step that the first accepted one asked for next, no longer than the stretch; 0 if none was accepted.
    armed, fired : array (trigger,)
        Which triggers are ready to fire, and which do so at the time reached, whose changes are not yet made.
    """

    states: Array
    end: Array
    reached: float
    steps: int
    outcome: Outcome
    learned: float
    armed: Flags
    fired: Flags


def directions(system: System, names: Sequence[str]) -> list[int]:
    """Places of the parameters whose sensitivities are asked for.

    Raises
    ------
    RunError
        If the system has no parameter of a name, or a name is given twice.
    """
    known = [parameter.name for parameter in system.parameters]
    for name in names:
        if name not in known:
            raise RunError(f"no parameter '{name}' to be sensitive to; {nearest(name, known)}")
    if len(set(names)) < len(names):
        raise RunError(f"each parameter is named once: {', '.join(names)}")
    return [known.index(name) for name in names]


class AbstractSolver(ABC):
    """A method that integrates one stretch between events, with its own choice of steps.

    A trigger is *armed* once its crossing g is nought or below at the start or at the end of a step. It
    *fires* when it is armed and g > 0 at the end of a step. Where in the step is sought on the dense output:
    the earliest share θ of the step, over all triggers that fire, with g > 0. The step is taken again with
    that length, so that its end has the full order, and with it fire all triggers whose own share lies behind
    by no more than one part in 10⁹ of the step, or the resolution of the time. Should g still be nought or
    below at the end of the shorter step (the dense output being of lower order), that step stands as an
    ordinary one and the search goes on from there.
    What rises and falls again within one step is not seen.
    """

    @abstractmethod
    def advance(
        self, equations: Equations, state: Array, start: float, end: float, grid: Array, *, relative: float,
        absolute: Array | float, first_step: float, most_steps: int, armed: Flags | None = None,
    ) -> Segment:  # fmt: skip
        """States at the grid times within (start, end], reached in steps that ignore the grid.

        `armed` says of each trigger whether it may fire (trigger,); it ends the stretch where it does.
        """
