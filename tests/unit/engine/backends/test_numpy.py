"""The reference back-end remembers which step proved right after a dose."""

import numpy as np
import pytest

from reuptake.dosing.events import Event
from reuptake.engine.backends.numpy import Memory, NumpyKernel
from reuptake.engine.control import FIRST_STEP
from reuptake.engine.kernel import AbstractSolver, Batch, Tolerances
from reuptake.engine.solvers.one_step import OneStep
from reuptake.engine.solvers.rodas5p import RODAS5P
from reuptake.equations.system import SystemBuilder

GRID = np.linspace(0.0, 96.0, 5)


class Listener(AbstractSolver):
    """A solver that notes where each stretch began, and with which step."""

    def __init__(self):
        self.heard = []

    def advance(self, equations, state, start, end, grid, **settings):
        segment = OneStep(RODAS5P).advance(equations, state, start, end, grid, **settings)
        self.heard.append((start, settings["first_step"], segment.learned))
        return segment


def decay():
    builder = SystemBuilder("decay")
    rate = builder.parameter("x.rate", "1/h")
    for name in ("first", "second"):
        amount = builder.state(name, "nmol")
        builder.flow(f"lost {name}", rate * amount, source=name)
        builder.input(name, into=name)
        builder.output(f"amount {name}", amount, "nmol", kind="amount")
    return builder.build()


def listened(events):
    listener = Listener()
    solution = NumpyKernel(decay(), listener).integrate(
        Batch(np.array([[0.3]]), (events,)), GRID, Tolerances(1e-6, 1e-9)
    )
    assert solution.outcomes[0].solved
    return listener.heard


def test_an_equal_dose_begins_with_the_step_that_the_last_one_found():
    (_, first, found), (_, second, better), (_, third, _) = listened(
        tuple(Event(24.0 * i, "first", 7.0) for i in range(3))
    )
    assert first == FIRST_STEP
    assert second == found > 100 * FIRST_STEP
    assert third == better


@pytest.mark.parametrize(
    "other",
    [
        Event(24.0, "first", 8.0), Event(24.0, "second", 7.0), Event(24.0, "first", 7.0, rate=1.0), Event(24.0),
        Event(24.0, "first", 7.0, reset=True), Event(24.0, "first", 7.0, changes=(("x.rate", 0.5),)),
    ],
)  # fmt: skip
def test_anything_else_begins_anew(other):
    assert [step for _, step, _ in listened((Event(0.0, "first", 7.0), other))] == [FIRST_STEP, FIRST_STEP]


def test_each_input_has_its_own_memory():
    events = (
        Event(0.0, "first", 7.0),
        Event(12.0, "second", 3.0),
        Event(24.0, "first", 7.0),
        Event(36.0, "second", 3.0),
    )
    heard = listened(events)
    assert [step > FIRST_STEP for _, step, _ in heard] == [False, False, True, True]
    assert heard[2][1] == heard[0][2]


def test_doses_given_together_begin_with_the_shortest_step_if_all_are_known():
    memory = Memory()
    one, other = Event(0.0, "first", 7.0), Event(0.0, "second", 3.0)
    memory.learn([one], 2.0)
    assert memory.first_step([one, other]) == FIRST_STEP
    memory.learn([other], 0.5)
    assert memory.first_step([one, other]) == 0.5


def test_what_was_learned_is_no_longer_than_the_stretch():
    events = (Event(0.0, "first", 7.0), Event(0.002, "first", 7.0), Event(24.0, "first", 7.0))
    assert listened(events)[0][2] <= 0.002


def test_a_remembered_step_saves_steps_and_moves_nothing_beyond_the_tolerance():
    events = tuple(Event(8.0 * i, "first", 7.0) for i in range(12))
    same = NumpyKernel(decay(), OneStep(RODAS5P)).integrate(
        Batch(np.array([[0.3]]), (events,)), GRID, Tolerances(1e-6, 1e-9)
    )
    # Amounts that differ by less than the tolerance are new to the memory.
    unequal = tuple(Event(event.time, "first", 7.0 + 1e-9 * i) for i, event in enumerate(events))
    anew = NumpyKernel(decay(), OneStep(RODAS5P)).integrate(
        Batch(np.array([[0.3]]), (unequal,)), GRID, Tolerances(1e-6, 1e-9)
    )
    assert same.steps[0] < anew.steps[0]
    assert same.values == pytest.approx(anew.values, rel=1e-5)  # ten steps of 1e-6 each
