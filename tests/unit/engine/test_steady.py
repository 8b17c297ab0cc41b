"""The search for a steady state, and what it looks at."""

import numpy as np
import pytest

from reuptake.dosing.events import Event, Steady
from reuptake.engine.steady import MOST_CYCLES, _cycle, _goes_on, _overlap, _Search, feeding
from reuptake.equations.system import SystemBuilder


def chain():
    builder = SystemBuilder("chain")
    rate = builder.parameter("x.rate", "1/h")
    blood, bladder = builder.state("blood", "nmol"), builder.state("bladder", "nmol")
    builder.state("voided", "nmol")
    area, moment = builder.state("area", "nmol*h"), builder.state("moment", "nmol*h*h")
    builder.flow("filtered", rate * blood, source="blood", target="bladder")
    builder.flow("voiding", rate * bladder, source="bladder", target="voided")
    builder.flow("area grows", blood, target="area")
    builder.flow("moment grows", area, target="moment")
    return builder, blood, area, moment


def test_only_what_feeds_itself_or_others_must_come_back():
    builder, *_ = chain()
    names = [state.name for state in builder.build().states]
    held = dict(zip(names, feeding(builder.build()).tolist(), strict=True))
    assert held == {"blood": True, "bladder": True, "voided": False, "area": False, "moment": False}


def test_what_a_trigger_looks_at_must_come_back_too():
    builder, blood, area, _ = chain()
    limit = builder.parameter("x.limit", "nmol*h")
    builder.trigger("full", area - limit, {"blood": blood})
    names = [state.name for state in builder.build().states]
    assert dict(zip(names, feeding(builder.build()).tolist(), strict=True))["area"]


@pytest.mark.parametrize(
    ("duration", "wait", "number", "first_end"),
    [
        (0.5, 0.0, 0, 0.5), (8.0, 0.0, 0, None), (9.0, 0.0, 1, 1.0), (24.0, 0.0, 2, None), (20.0, 0.0, 2, 4.0),
        (2.0, 5.0, 0, 7.0), (3.0, 5.0, 0, None), (4.0, 5.0, 1, 1.0), (18.0, 5.0, 2, 7.0), (8.0 * 3 * (1 + 1e-15), 0.0, 2, None),
    ],
)  # fmt: skip
def test_infusions_that_run_all_the_time_are_counted(duration, wait, number, first_end):
    dose = Event(0.0, "vein", rate=2.0, steady=Steady(8.0, duration, wait=wait))
    assert _overlap(dose) == (number, first_end)


@pytest.mark.parametrize(
    ("duration", "wait"), [(3.0, 0.0), (8.0, 0.0), (20.0, 0.0), (20.0, 5.0), (6.0, 5.0), (24.0, 1.0)]
)
def test_a_cycle_gives_one_dose_and_what_follows_it_the_rest(duration, wait):
    dose = Event(16.0, "vein", rate=2.0, steady=Steady(8.0, duration, wait=wait))
    cycle = sum(event.rate * (16.0 - event.time) for event in _cycle(dose, 8.0))
    assert cycle == pytest.approx(2.0 * duration, rel=1e-12)  # a few products
    # Whatever was given before the event and is not yet in still comes: the parts of doses 1, 2, … intervals ago.
    after = [event for event in _goes_on(dose, []) if event.rate < 0.0 or event.time == 16.0]
    left = -sum(event.rate * (event.time - 16.0) for event in after if event.rate < 0.0)
    due = sum(2.0 * max(0.0, duration + wait - 8.0 * j) for j in range(1, 9))
    assert left == pytest.approx(due, abs=1e-12)


def test_a_reset_to_come_calls_off_what_a_course_leaves():
    dose = Event(0.0, "vein", rate=2.0, steady=Steady(8.0, 20.0, wait=5.0))
    assert {event.time for event in _goes_on(dose, [Event(3.0, reset=True)])} == {0.0, 1.0}
    assert {event.time for event in _goes_on(dose, [Event(3.0, "vein", 1.0, steady=Steady(8.0))])} == {0.0, 1.0}
    assert {event.time for event in _goes_on(dose, [])} == {0.0, 1.0, 5.0, 9.0, 17.0}


def test_infusions_of_no_length_make_no_course():
    with pytest.raises(ValueError, match="need a duration"):
        _overlap(Event(0.0, "vein", rate=2.0, steady=Steady(8.0)))


def search(matrix, offset, start, relative=1e-6):
    """Cycles of the map y → matrix·y + offset until they arrive: how many, and where."""
    here = np.array(start, dtype=float)
    looked = _Search(np.ones(len(here), dtype=bool), relative, np.full(len(here), 1e-12), repeats=True)
    for number in range(1, MOST_CYCLES):
        end = matrix @ here + offset
        if looked.arrived(here, end):
            return number, end
        here = looked.onward(end)
    return MOST_CYCLES, here


@pytest.mark.parametrize("slowest", [0.3, 0.9, 0.99, 0.9999])
def test_linear_cycles_end_within_their_tolerance_however_slow_they_are(slowest):
    turn = np.linalg.qr(np.array([[2.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.1, 0.7, 1.0]]))[0]
    matrix = turn @ np.diag([slowest, 0.5, 0.1]) @ turn.T
    fixed = np.array([3.0, 20.0, 7.0])
    number, end = search(matrix, fixed - matrix @ fixed, np.zeros(3))
    assert np.max(np.abs(end / fixed - 1.0)) < 2e-6  # the tolerance, of which the bound allows one
    assert number < 60


def test_a_slow_drift_behind_a_fast_one_is_not_overlooked():
    matrix, fixed = np.diag([0.2, 0.999]), np.array([100.0, 1.0])
    start = np.array([0.0, 0.9])
    _, end = search(matrix, fixed - matrix @ fixed, start)
    assert end == pytest.approx(fixed, rel=2e-6)  # as above


def test_what_grows_by_the_same_each_time_never_arrives():
    assert search(np.eye(1), np.array([1.0]), [0.0])[0] == MOST_CYCLES


def test_what_grows_ever_more_slowly_in_proportion_never_arrives_either():
    assert search(np.diag([1.0, 0.5]), np.array([28.0, 1.0]), [0.0, 0.0], relative=1e-6)[0] == MOST_CYCLES


def test_what_flies_apart_never_arrives():
    with np.errstate(over="ignore"):
        assert search(np.array([[1.01]]), np.array([1.0]), [1.0])[0] == MOST_CYCLES


def test_where_only_noise_is_left_the_search_ends_if_it_is_within_the_tolerance():
    chance = np.random.Generator(np.random.Philox(3))
    looked = _Search(np.ones(1, dtype=bool), 1e-6, np.full(1, 1e-12), repeats=True)
    here, fixed = np.array([1.0]), 10.0
    number = 0
    while number < 500:
        number += 1
        end = fixed + 0.5 * (here - fixed) + 3e-6 * chance.normal(size=1)
        if looked.arrived(here, end):
            break
        here = looked.onward(end)
    assert number < 200
    assert end == pytest.approx([fixed], rel=3e-6)  # ten times the noise


def test_no_leap_makes_a_pool_negative():
    looked = _Search(np.ones(2, dtype=bool), 1e-6, np.full(2, 1e-12), repeats=True)
    here, low = np.array([1.0, 1.0]), np.inf
    for _ in range(100):
        end = np.array([0.9 * here[0] + 0.01 * here[1] ** 2, here[1] / (1.0 + here[1])])  # fades as 1/n: no ratio
        if looked.arrived(here, end):
            break
        here = looked.onward(end)
        low = min(low, here.min())
    assert low >= 0.0


def test_tolerances_of_nought_are_those_of_the_numbers():
    looked = _Search(np.ones(2, dtype=bool), 0.0, np.zeros(2), repeats=True)
    here, cycles = np.array([1.0, 0.0]), 0
    while cycles < 1000:
        cycles += 1
        end = 0.5 * here + np.array([1.0, 0.0])
        if looked.arrived(here, end):
            break
        here = looked.onward(end)
    assert cycles < 100
    assert end == pytest.approx([2.0, 0.0], rel=1e-15)  # four units in the last place
