"""What every back-end makes of dosing records: the closed forms of linear kinetics, and steady states that are steady."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reuptake.dosing.events import Event, Steady
from reuptake.dosing.records import Delivery, Record, events, observation_times
from reuptake.engine import ensemble, steady
from reuptake.engine.ensemble import BACKENDS, compiled, integrate
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.equations.system import SystemBuilder
from reuptake.errors import RunError
from reuptake.trajectories import NO_STEADY_STATE, NOT_FINITE

TIGHT = Tolerances(1e-9, 1e-12)
GRID = np.linspace(0.0, 48.0, 97)
NONE = Delivery()
KA, CL, V, Q, V2 = 0.9, 2.0, 20.0, 3.0, 35.0
NAMES = ["x.absorption", "x.clearance", "x.volume", "x.exchange", "x.periphery"]
PARAMETERS = np.array([[KA, CL, V, Q, V2]])


def body(compartments):
    builder = SystemBuilder(f"{compartments} compartments")
    units = ["1/h", "L/h", "L", "L/h", "L"]
    ka, cl, v, q, v2 = (builder.parameter(name, unit) for name, unit in zip(NAMES, units, strict=True))
    gut, centre = builder.state("gut", "nmol"), builder.state("centre", "nmol")
    builder.state("urine", "nmol")
    builder.flow("absorbed", ka * gut, source="gut", target="centre")
    builder.flow("cleared", cl / v * centre, source="centre", target="urine")
    if compartments == 2:
        edge = builder.state("edge", "nmol")
        builder.flow("out", q / v * centre, source="centre", target="edge")
        builder.flow("back", q / v2 * edge, source="edge", target="centre")
    builder.input("oral", into="gut")
    builder.input("vein", into="centre")
    builder.output("level", centre / v, "nmol/L", kind="level")
    return builder.build()


class Exponentials:
    """Response of a linear system to a unit dose: sum of a·exp(-λt); all else follows by superposition."""

    def __init__(self, terms):
        self.a, self.rate = np.array([a for a, _ in terms])[:, None], np.array([rate for _, rate in terms])[:, None]

    def bolus(self, time):
        return np.where(time >= 0.0, np.sum(self.a * np.exp(-self.rate * np.maximum(time, 0.0)), axis=0), 0.0)

    def infusion(self, time, duration):
        """Of rate 1 from time 0."""
        during, after = np.clip(time, 0.0, duration), np.maximum(time - duration, 0.0)
        shape = (1.0 - np.exp(-self.rate * during)) * np.exp(-self.rate * after)
        return np.sum(self.a / self.rate * shape, axis=0)

    def past(self, time, interval, duration=0.0):
        """All unit doses given 1, 2, 3, … intervals before time 0 (infusions: of rate 1)."""
        if not duration:
            return np.sum(
                self.a * np.exp(-self.rate * (time + interval)) / (1.0 - np.exp(-self.rate * interval)), axis=0
            )
        some = math.ceil(duration / interval) + 1  # these may still run; from the next on all have ended
        total = sum(self.infusion(time + j * interval, duration) for j in range(1, some))
        ended = np.exp(-self.rate * (time + some * interval)) / (1.0 - np.exp(-self.rate * interval))
        return total + np.sum(self.a / self.rate * (np.exp(self.rate * duration) - 1.0) * ended, axis=0)


def central(compartments, cl=CL, q=Q):
    """Terms of the level after a unit bolus into the central compartment."""
    if compartments == 1:
        return [(1.0 / V, cl / V)]
    k10, k12, k21 = cl / V, q / V, q / V2
    half = (k10 + k12 + k21) / 2.0
    root = math.sqrt(half**2 - k10 * k21)
    fast, slow = half + root, half - root  # eigenvalues of the two-compartment matrix
    return [((fast - k21) / (fast - slow) / V, fast), ((k21 - slow) / (fast - slow) / V, slow)]


def absorbed(terms):
    """The same after first-order absorption."""
    gone = [(a * KA / (KA - rate), rate) for a, rate in terms]
    return [*gone, (-sum(a for a, _ in gone), KA)]


@pytest.fixture(
    params=[(1, "vein"), (1, "oral"), (2, "vein"), (2, "oral")], ids=lambda p: f"{p[0]}-{p[1]}", scope="module"
)
def model(request):
    compartments, door = request.param
    terms = central(compartments)
    return compartments, door, Exponentials(terms if door == "vein" else absorbed(terms))


@pytest.fixture(params=BACKENDS, scope="module")
def kernels(request):
    return {count: compiled(body(count), request.param) for count in (1, 2)}


def level(kernels, model, records, delivery=NONE, grid=GRID):
    compartments, door, _ = model
    told = events([Record(**({"input": door} | record)) for record in records], {door: delivery}, NAMES)
    solution = integrate(kernels[compartments], Batch(PARAMETERS, (told,)), grid, TIGHT)
    assert solution.outcomes[0].solved
    return solution.values[0, :, 0]


def agrees(exact):
    # 1e-9 a step and some hundred steps; the cycles of a steady state stop within 1e-9 of it.
    return pytest.approx(exact, rel=1e-6, abs=1e-7)


LAG, F = 1.25, 0.4
PLAIN = {
    "a bolus": ([{"time": 2.0, "amt": 100.0}], Delivery(), lambda r, t: 100 * r.bolus(t - 2)),
    "additional boluses": (
        [{"time": 1.0, "amt": 100.0, "ii": 8.0, "addl": 3}], Delivery(),
        lambda r, t: sum(100 * r.bolus(t - 1 - 8 * j) for j in range(4)),
    ),
    "an infusion": (
        [{"time": 1.0, "amt": 90.0, "rate": 15.0}], Delivery(), lambda r, t: 15 * r.infusion(t - 1, 6.0),
    ),
    "additional infusions that overlap": (
        [{"time": 0.0, "amt": 90.0, "rate": 9.0, "ii": 4.0, "addl": 2}], Delivery(),
        lambda r, t: sum(9 * r.infusion(t - 4 * j, 10.0) for j in range(3)),
    ),
    "a bolus with lag and fraction": (
        [{"time": 0.0, "amt": 100.0, "ii": 12.0, "addl": 1}], Delivery(LAG, F),
        lambda r, t: sum(F * 100 * r.bolus(t - LAG - 12 * j) for j in range(2)),
    ),
    "an infusion of given rate: the fraction shortens it": (
        [{"time": 0.0, "amt": 90.0, "rate": 15.0}], Delivery(LAG, F), lambda r, t: 15 * r.infusion(t - LAG, F * 6.0),
    ),
    "a modelled rate: the fraction shortens it": (
        [{"time": 0.0, "amt": 90.0, "rate": -1}], Delivery(LAG, F, rate=10.0),
        lambda r, t: 10 * r.infusion(t - LAG, F * 9.0),
    ),
    "a modelled duration: the fraction thins it": (
        [{"time": 0.0, "amt": 90.0, "rate": -2, "ii": 10.0, "addl": 1}], Delivery(LAG, F, duration=5.0),
        lambda r, t: sum(F * 18 * r.infusion(t - LAG - 10 * j, 5.0) for j in range(2)),
    ),
    "a reset": (
        [{"time": 0.0, "amt": 90.0, "rate": 9.0}, {"time": 6.0, "evid": 3, "input": ""}, {"time": 8.0, "amt": 50.0}],
        Delivery(), lambda r, t: np.where(t < 6, 9 * r.infusion(t, 10.0), 50 * r.bolus(t - 8)),
    ),
    "a reset that calls off additional and lagged doses": (
        [{"time": 0.0, "amt": 90.0, "ii": 5.5, "addl": 3}, {"time": 6.0, "evid": 3, "input": ""}], Delivery(LAG),
        lambda r, t: np.where(t < 6, 90 * r.bolus(t - LAG), 0.0),
    ),
    "a reset with a dose, whose additional ones reset nothing": (
        [{"time": 0.0, "amt": 90.0}, {"time": 6.0, "evid": 4, "amt": 50.0, "ii": 8.0, "addl": 1}], Delivery(LAG),
        lambda r, t: np.where(t < 6, 90 * r.bolus(t - LAG), 50 * (r.bolus(t - 6 - LAG) + r.bolus(t - 14 - LAG))),
    ),
}  # fmt: skip
STEADY = {
    "boluses": (
        [{"time": 0.0, "amt": 100.0, "ii": 8.0, "ss": 1}], Delivery(),
        lambda r, t: 100 * (r.past(t, 8.0) + r.bolus(t)),
    ),
    "boluses that go on": (
        [{"time": 0.0, "amt": 100.0, "ii": 8.0, "ss": 1, "addl": 2}], Delivery(),
        lambda r, t: 100 * (r.past(t, 8.0) + sum(r.bolus(t - 8 * j) for j in range(3))),
    ),
    "boluses that lag: the last but one still fades at the record": (
        [{"time": 0.0, "amt": 100.0, "ii": 8.0, "ss": 1, "addl": 1}], Delivery(LAG, F),
        lambda r, t: F * 100 * (r.past(t - LAG, 8.0) + r.bolus(t - LAG) + r.bolus(t - LAG - 8)),
    ),
    "infusions": (
        [{"time": 0.0, "amt": 90.0, "rate": 30.0, "ii": 8.0, "ss": 1}], Delivery(),
        lambda r, t: 30 * (r.past(t, 8.0, 3.0) + r.infusion(t, 3.0)),
    ),
    "infusions longer than the interval": (
        [{"time": 0.0, "amt": 90.0, "rate": 4.5, "ii": 8.0, "ss": 1, "addl": 1}], Delivery(),
        lambda r, t: 4.5 * (r.past(t, 8.0, 20.0) + r.infusion(t, 20.0) + r.infusion(t - 8, 20.0)),
    ),
    "infusions exactly three intervals long": (
        [{"time": 0.0, "amt": 96.0, "rate": 4.0, "ii": 8.0, "ss": 1}], Delivery(),
        lambda r, t: 4 * (r.past(t, 8.0, 24.0) + r.infusion(t, 24.0)),
    ),
    "infusions that lag past their record": (
        [{"time": 0.0, "amt": 90.0, "rate": 15.0, "ii": 8.0, "ss": 1}], Delivery(lag=5.0),
        lambda r, t: 15 * (r.past(t - 5, 8.0, 6.0) + r.infusion(t - 5, 6.0)),
    ),
    "infusions of modelled rate, lagging and longer than the interval": (
        [{"time": 0.0, "amt": 90.0, "rate": -1, "ii": 8.0, "ss": 1}], Delivery(5.0, 0.5, rate=2.5),
        lambda r, t: 2.5 * (r.past(t - 5, 8.0, 18.0) + r.infusion(t - 5, 18.0)),
    ),
    "infusions of modelled duration": (
        [{"time": 0.0, "amt": 90.0, "rate": -2, "ii": 8.0, "ss": 1}], Delivery(LAG, 0.5, duration=9.0),
        lambda r, t: 5 * (r.past(t - LAG, 8.0, 9.0) + r.infusion(t - LAG, 9.0)),
    ),
    "an infusion that ends at its record, whatever lag and fraction": (
        [{"time": 0.0, "rate": 6.0, "ss": 1}], Delivery(LAG, F),
        lambda r, t: np.sum(6 * r.a / r.rate * np.exp(-r.rate * t), axis=0),
    ),
    "an infusion of modelled rate that never stopped": (
        [{"time": 0.0, "rate": -1, "ss": 1}], Delivery(rate=6.0),
        lambda r, t: np.sum(6 * r.a / r.rate * np.exp(-r.rate * t), axis=0),
    ),
    "a steady state later on, which replaces what is there and calls off what is due": (
        [{"time": 0.0, "amt": 70.0, "rate": 5.0, "ii": 9.0, "addl": 4}, {"time": 13.0, "amt": 100.0, "ii": 8.0, "ss": 1}],
        Delivery(),
        lambda r, t: np.where(
            t < 13, 5 * (r.infusion(t, 14.0) + r.infusion(t - 9, 14.0)), 100 * (r.past(np.maximum(t - 13, 0), 8.0) + r.bolus(t - 13))
        ),
    ),
    "a steady state that adds to a bolus, an infusion that runs, and one that is due": (
        [
            {"time": 0.0, "amt": 70.0, "rate": 5.0, "ii": 9.0, "addl": 1}, {"time": 1.0, "amt": 40.0},
            {"time": 13.0, "amt": 90.0, "rate": 7.5, "ii": 8.0, "ss": 2},
        ],
        Delivery(),
        lambda r, t: 5 * (r.infusion(t, 14.0) + r.infusion(t - 9, 14.0)) + 40 * r.bolus(t - 1)
        + np.where(t < 13, 0.0, 7.5 * (r.past(np.maximum(t - 13, 0), 8.0, 12.0) + r.infusion(t - 13, 12.0))),
    ),
    "two courses at once: morning and evening": (
        [{"time": 0.0, "amt": 100.0, "ii": 24.0, "ss": 1}, {"time": 10.0, "amt": 40.0, "ii": 24.0, "ss": 2}], Delivery(),
        lambda r, t: 100 * (r.past(t, 24.0) + r.bolus(t))
        + np.where(t < 10, 0.0, 40 * (r.past(np.maximum(t - 10, 0), 24.0) + r.bolus(t - 10))),
    ),
    "boluses and an infusion that never stopped": (
        [{"time": 0.0, "amt": 100.0, "ii": 8.0, "ss": 1}, {"time": 0.0, "rate": 6.0, "ss": 2}], Delivery(),
        lambda r, t: 100 * (r.past(t, 8.0) + r.bolus(t)) + np.sum(6 * r.a / r.rate * np.exp(-r.rate * t), axis=0),
    ),
    "a reset with a dose of a steady state": (
        [{"time": 0.0, "amt": 500.0}, {"time": 5.0, "evid": 4, "amt": 100.0, "ii": 8.0, "ss": 1}], Delivery(LAG),
        lambda r, t: np.where(
            t < 5, 500 * r.bolus(t - LAG), 100 * (r.past(np.maximum(t - 5, 0) - LAG, 8.0) + r.bolus(t - 5 - LAG))
        ),
    ),
    "a reset before the lagged dose of a steady state has come": (
        [{"time": 0.0, "amt": 90.0, "rate": 5.0, "ii": 8.0, "ss": 1, "addl": 2}, {"time": 2.0, "evid": 3, "input": ""}],
        Delivery(lag=5.0), lambda r, t: np.where(t < 2, 5 * r.past(t - 5, 8.0, 18.0), 0.0),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", PLAIN)
def test_doses_follow_their_closed_forms(kernels, model, case):
    records, delivery, exact = PLAIN[case]
    assert level(kernels, model, records, delivery) == agrees(exact(model[2], GRID))


@pytest.mark.parametrize("case", STEADY)
def test_steady_states_follow_their_closed_forms(kernels, model, case):
    records, delivery, exact = STEADY[case]
    assert level(kernels, model, records, delivery) == agrees(exact(model[2], GRID))


def test_observations_and_other_events_give_nothing(kernels, model):
    records = [{"time": 0.0, "amt": 100.0}, {"time": 3.0, "evid": 0}, {"time": 5.0, "evid": 2, "input": ""}]
    assert np.array_equal(level(kernels, model, records), level(kernels, model, records[:1]))


def test_an_observation_before_a_dose_of_its_time_misses_it(kernels, model):
    kind = {"evid": 0, "input": ""}
    told = [{"time": 0.0} | kind, {"time": 0.0, "amt": 100.0, "ii": 8.0, "ss": 1}, {"time": 8.0} | kind]
    told += [{"time": 8.0, "amt": 100.0}, {"time": 16.0} | kind]
    times = observation_times([Record(**record) for record in told])
    response = model[2]
    start, trough, later = level(kernels, model, told, grid=np.array(times))
    assert start == 0.0
    trough_exact = 100 * (response.past(np.array([8.0]), 8.0) + response.bolus(np.array([8.0])))
    assert trough == agrees(trough_exact[0])
    assert later == agrees(trough_exact[0])  # another dose has come and faded


def test_clearance_that_changes_with_time_is_followed_piece_by_piece(kernels):
    pieces = [(0.0, 2.0), (5.0, 0.5), (20.0, 4.0)]
    records = [Record(0.0, amt=100.0, input="vein", covariates={"x.clearance": 2.0})]
    records += [Record(5.0, 0, covariates={"x.clearance": 0.5}), Record(20.0, 2, covariates={"x.clearance": 4.0})]
    told = events(records, {"vein": Delivery()}, NAMES)
    values = integrate(kernels[1], Batch(PARAMETERS, (told,)), GRID, TIGHT).values[0, :, 0]
    ends = [5.0, 20.0, np.inf]
    spent = sum(np.clip(GRID - begin, 0.0, end - begin) * cl / V for (begin, cl), end in zip(pieces, ends, strict=True))
    assert values == agrees(100.0 / V * np.exp(-spent))


def test_a_steady_state_holds_under_the_covariates_of_its_record_and_of_those_before(kernels):
    covariates = {"x.clearance": 1.0}
    records = [
        Record(0.0, 2, covariates={"x.volume": 40.0}),
        Record(6.0, amt=100.0, ii=8.0, ss=1, input="vein", covariates=covariates),
    ]
    told = events(records, {"vein": Delivery()}, NAMES)
    values = integrate(kernels[1], Batch(PARAMETERS, (told,)), GRID, TIGHT).values[0, :, 0]
    exact = 100.0 / 40.0 / (1.0 - math.exp(-8.0 / 40.0)) * np.exp(-(GRID - 6.0) / 40.0)
    assert values == agrees(np.where(GRID < 6.0, 0.0, exact))


@settings(max_examples=25)
@given(
    cl=st.floats(0.05, 8.0), q=st.floats(0.1, 5.0), interval=st.floats(1.0, 24.0), duration=st.floats(0.5, 40.0),
    lag=st.floats(0.0, 0.99),
)  # fmt: skip
def test_steady_states_follow_their_closed_form_whatever_the_numbers(cl, q, interval, duration, lag):
    kernel, grid, wait = compiled(body(2), "numpy"), np.linspace(0.0, 24.0, 13), lag * interval
    course = Record(0.0, amt=100.0, rate=-2, ii=interval, ss=1, input="vein")
    told = events([course], {"vein": Delivery(lag=wait, duration=duration)})
    values = integrate(kernel, Batch(np.array([[KA, cl, V, q, V2]]), (told,)), grid, TIGHT).values[0, :, 0]
    response = Exponentials(central(2, cl, q))
    past = response.past(grid - wait, interval, duration) + response.infusion(grid - wait, duration)
    assert values == pytest.approx(100.0 / duration * past, rel=1e-6)  # as above


def saturable():
    builder = SystemBuilder("saturable")
    most, half = builder.parameter("x.most", "nmol/h"), builder.parameter("x.half", "nmol")
    centre = builder.state("centre", "nmol")
    builder.state("urine", "nmol")
    builder.flow("cleared", most * centre / (half + centre), source="centre", target="urine")
    builder.input("vein", into="centre")
    builder.output("centre", centre, "nmol", kind="amount")
    builder.output("urine", builder.graph.symbol("state", "urine", centre.dimension), "nmol", kind="amount")
    return builder.build()


@pytest.fixture(params=BACKENDS, scope="module")
def saturating(request):
    return compiled(saturable(), request.param)


COURSE = Event(0.0, "vein", 100.0, steady=Steady(12.0))


def test_saturable_elimination_settles_where_a_long_course_does(saturating):
    parameters = np.array([[11.0, 150.0]])  # 132 may leave in an interval, 100 enter
    found = integrate(saturating, Batch(parameters, ((COURSE,),)), GRID, TIGHT)
    doses = tuple(Event(-12.0 * j, "vein", 100.0) for j in range(400, -1, -1))
    explicit = integrate(saturating, Batch(parameters, (doses,)), np.concatenate([[-4800.0], GRID]), TIGHT)
    # 1e-9 a step, and 400 doses are enough for the transient to go: the ratio of its steps is below 0.9.
    assert found.values[0, :, 0] == pytest.approx(explicit.values[0, 1:, 0], rel=1e-6)


def test_what_is_only_counted_goes_on_from_where_it_was(saturating):
    parameters, dose = np.array([[11.0, 150.0]]), Event(10.0, "vein", 100.0, steady=Steady(12.0))
    solution = integrate(saturating, Batch(parameters, ((Event(0.0, "vein", 80.0), dose),)), GRID, TIGHT)
    centre, urine = solution.values[0].T
    at = int(np.flatnonzero(GRID == 10.0)[0])
    assert urine[at] == pytest.approx(80.0 - centre[at - 1], rel=0.1)  # as much as had left by then
    assert (centre + urine)[at:] == pytest.approx((centre + urine)[at], rel=1e-8)  # and nothing is lost after it
    assert solution.states[0] == pytest.approx(solution.values[0, -1], rel=1e-12)


def test_more_than_can_leave_has_no_steady_state_and_harms_nobody(saturating, monkeypatch):
    monkeypatch.setattr(steady, "MOST_CYCLES", 60)
    parameters = np.array([[11.0, 150.0], [6.0, 150.0], [20.0, 150.0]])  # 72 may leave of the second
    solution = integrate(saturating, Batch(parameters, ((COURSE,),) * 3), GRID, TIGHT)
    assert [outcome.solved for outcome in solution.outcomes] == [True, False, True]
    assert solution.outcomes[1] == NO_STEADY_STATE
    assert NO_STEADY_STATE.remedy
    assert np.isnan(solution.values[1]).all()
    assert np.isnan(solution.states[1]).all()
    for i in (0, 2):
        alone = integrate(saturating, Batch(parameters[[i]], ((COURSE,),)), GRID, TIGHT)
        assert np.array_equal(alone.values[0], solution.values[i])


def test_no_extrapolation_finds_a_steady_state_where_there_is_none(saturating, monkeypatch):
    monkeypatch.setattr(steady, "MOST_CYCLES", 600)
    for most in (8.33, 4.0):  # 99.96 may leave in an interval and 100 enter; and far less
        solution = integrate(
            saturating, Batch(np.array([[most, 150.0]]), ((COURSE,),)), GRID[:2], Tolerances(1e-5, 1e-6)
        )
        assert solution.outcomes[0] == NO_STEADY_STATE


def test_an_infusion_faster_than_elimination_never_holds_still(saturating):
    endless = Event(0.0, "vein", rate=12.0, steady=Steady(0.0))
    solution = integrate(saturating, Batch(np.array([[11.0, 150.0]]), ((endless,),)), GRID, Tolerances(1e-6, 1e-9))
    assert solution.outcomes[0] == NO_STEADY_STATE


def test_a_subject_that_cannot_be_integrated_keeps_its_own_outcome(saturating):
    parameters = np.array([[11.0, 150.0], [np.nan, 150.0]])
    solution = integrate(saturating, Batch(parameters, ((COURSE,),) * 2), GRID, TIGHT)
    assert solution.outcomes[0].solved
    assert solution.outcomes[1] == NOT_FINITE


def crowd():
    chance = np.random.Generator(np.random.Philox(7))
    count = 6
    parameters = PARAMETERS * np.exp(chance.normal(0.0, 0.3, (count, 5)))
    kinds = [
        [Record(0.0, amt=100.0, ii=8.0, ss=1, input="oral")], [Record(0.0, amt=100.0, ii=12.0, ss=1, input="oral")],
        [Record(0.0, amt=100.0, ii=8.0, ss=1, input="oral"), Record(9.0, amt=50.0, ii=8.0, ss=2, input="vein")],
        [Record(0.0, amt=100.0, input="oral")], [Record(3.0, rate=7.0, ss=1, input="vein")],
        [Record(0.0, amt=100.0, rate=5.0, ii=8.0, ss=1, input="vein")],
    ]  # fmt: skip
    ask = {"oral": Delivery(lag=0.5), "vein": Delivery()}
    return Batch(parameters, tuple(events(records, ask) for records in kinds))


def test_nobody_else_and_no_thread_changes_a_bit_of_a_steady_state(kernels):
    batch, told = crowd(), []
    together = integrate(kernels[2], batch, GRID, TIGHT, threads=2, progress=lambda *done: told.append(done))
    assert all(outcome.solved for outcome in together.outcomes)
    for i in range(len(batch.events)):
        alone = integrate(kernels[2], batch.part(slice(i, i + 1)), GRID, TIGHT)
        assert np.array_equal(together.values[i], alone.values[0])
        assert np.array_equal(together.states[i], alone.states[0])
    assert told[-1] == (6, 6)


def test_the_grid_changes_no_bit_after_a_steady_state(kernels):
    batch, fine = crowd(), np.unique(np.concatenate([GRID, GRID[1:] - 0.123]))
    coarse = integrate(kernels[2], batch, GRID[::4], TIGHT).values
    assert np.array_equal(coarse, integrate(kernels[2], batch, fine, TIGHT).values[:, np.isin(fine, GRID[::4])])


def test_given_states_are_where_a_subject_begins_also_before_a_steady_state(kernels):
    dose = Event(6.0, "vein", 100.0, steady=Steady(8.0))
    begin = np.array([[0.0, 50.0, 7.0]])
    solution = integrate(kernels[1], Batch(PARAMETERS, ((dose,),), begin), GRID, TIGHT)
    assert solution.values[0, GRID < 6.0, 0] == agrees(50.0 / V * np.exp(-CL / V * GRID[GRID < 6.0]))
    assert solution.states[0, 2] > 7.0  # urine counts on from what it held


def test_a_grid_of_one_time_gives_the_states_after_its_events(kernels):
    batch = Batch(PARAMETERS, ((Event(3.0, "vein", 100.0),),))
    solution = kernels[1].integrate(batch, np.array([3.0]), TIGHT)
    assert solution.values[0, 0, 0] == pytest.approx(100.0 / V, rel=1e-14)  # one division
    assert solution.states[0].tolist() == [0.0, 100.0, 0.0]


def test_steady_events_outside_the_grid_do_not_happen(kernels):
    batch = Batch(
        PARAMETERS, ((Event(-1.0, "vein", 1.0, steady=Steady(8.0)), Event(99.0, "vein", 1.0, steady=Steady(8.0))),)
    )
    assert not integrate(kernels[1], batch, GRID, TIGHT).values.any()


def test_a_course_meets_the_phase_that_time_dependent_equations_will_have():
    builder = SystemBuilder("day and night")
    rate, volume = builder.parameter("x.rate", "1/h"), builder.parameter("x.volume", "L")
    centre, graph = builder.state("centre", "nmol"), builder.graph
    swing = graph.sin(builder.parameter("x.frequency", "1/h") * builder.time)
    builder.flow("cleared", rate * (1.0 + 0.8 * swing) * centre, source="centre")
    builder.input("vein", into="centre")
    builder.output("level", centre / volume, "nmol/L", kind="level")
    kernel = compiled(builder.build(), "numpy")
    parameters = np.array([[0.1, 10.0, 2.0 * math.pi / 24.0]])
    dose = Event(7.0, "vein", 100.0, steady=Steady(24.0))
    grid = np.linspace(7.0, 31.0, 25)
    values = integrate(kernel, Batch(parameters, ((dose,),)), grid, TIGHT).values[0, :, 0]
    # ∫ rate·(1 + 0.8 sin(2πt/24)) dt over one day is 24·rate; within it the phase of the dose counts.
    spent = 0.1 * (
        (grid - 7.0) - 0.8 * 12.0 / math.pi * (np.cos(math.pi * grid / 12.0) - math.cos(math.pi * 7.0 / 12.0))
    )
    assert values == agrees(10.0 / (1.0 - math.exp(-2.4)) * np.exp(-spent))


def test_a_pool_at_its_baseline_keeps_it_when_a_course_is_added():
    builder = SystemBuilder("turnover")
    made, gone = builder.parameter("x.made", "nmol/h"), builder.parameter("x.gone", "1/h")
    pool = builder.state("pool", "nmol", initial=made / gone)
    builder.flow("made", made, target="pool")
    builder.flow("gone", gone * pool, source="pool")
    builder.input("vein", into="pool")
    builder.output("pool", pool, "nmol", kind="amount")
    kernel = compiled(builder.build(), "numpy")
    dose = Event(0.0, "vein", 100.0, steady=Steady(8.0, added=True))
    values = integrate(kernel, Batch(np.array([[5.0, 0.1]]), ((dose,),)), GRID, TIGHT).values[0, :, 0]
    assert values == agrees(50.0 + 100.0 / (1.0 - math.exp(-0.8)) * np.exp(-0.1 * GRID))


def test_a_system_far_slower_than_its_doses_still_settles(kernels):
    parameters = np.array([[KA, 0.002, V, Q, V2]])  # a fade of a ten-thousandth an hour, doses every hour
    dose = Event(0.0, "vein", 1.0, steady=Steady(1.0))
    solution = integrate(kernels[1], Batch(parameters, ((dose,),)), GRID, Tolerances(1e-6, 1e-9))
    exact = 1.0 / V / -math.expm1(-0.002 / V)
    # An error of 1e-6·0.1 in each of the ten thousand cycles that count would be 1e-3.
    assert solution.values[0, 0, 0] == pytest.approx(exact, rel=1e-3)


def test_sensitivities_through_steady_states_are_refused_with_a_way_out(kernels):
    batch = Batch(PARAMETERS, ((Event(0.0, "vein", 1.0, steady=Steady(8.0)),),))
    with pytest.raises(RunError, match="one by one"):
        integrate(kernels[1], batch, GRID, TIGHT, sensitivities=["x.clearance"])


def test_subjects_without_steady_states_never_meet_them(kernels, monkeypatch):
    def must_not(*_, **__):
        raise AssertionError("the plain way is the plain way")

    monkeypatch.setattr(ensemble, "settled", must_not)
    batch = Batch(PARAMETERS, ((Event(0.0, "vein", 100.0),),))
    values = integrate(kernels[1], batch, GRID, TIGHT).values
    assert np.array_equal(values, kernels[1].integrate(batch, GRID, TIGHT).values)
