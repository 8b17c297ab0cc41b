"""What every back-end makes of sudden changes that the states bring about themselves."""

import numpy as np
import pytest

from contracts.sketch import ONE, Sketch
from reuptake.dosing.events import Event
from reuptake.engine.ensemble import BACKENDS, compiled
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.equations.system import SystemBuilder
from reuptake.trajectories import ENDLESS_EVENTS

TIGHT = Tolerances(1e-9, 1e-12)
every = pytest.mark.parametrize("backend", BACKENDS)


def run(system, backend, grid, parameters, events=(), tolerances=TIGHT):
    names = [parameter.name for parameter in system.parameters]
    row = np.array([[parameters[name] for name in names]])
    solution = compiled(system, backend).integrate(
        Batch(row, (tuple(events),)), np.array(grid, dtype=float), tolerances
    )
    assert solution.outcomes[0].solved, solution.outcomes[0]
    return solution


def ball(restitution=0.8):
    sketch = Sketch("bouncing ball")
    height, speed = sketch.number("height", 1.0), sketch.number("speed")
    sketch.rate("height", speed)
    sketch.rate("speed", sketch.constant("gravity") * -1.0)
    sketch.trigger("bounce", -height, {"height": sketch.graph.number(0.0), "speed": -restitution * speed})
    return sketch.build()


def bounced(time, gravity, restitution=0.8):
    """Height of the ball, in closed form."""
    landing, speed = np.sqrt(2.0 / gravity), np.sqrt(2.0 * gravity)
    if time < landing:
        return 1.0 - gravity * time**2 / 2.0
    while True:
        speed *= restitution
        flight = 2.0 * speed / gravity
        if time < landing + flight:
            return speed * (time - landing) - gravity * (time - landing) ** 2 / 2.0
        landing += flight


@every
def test_a_bouncing_ball_follows_its_closed_form(backend):
    grid = np.linspace(0.0, 3.0, 301)
    heights = run(ball(), backend, grid, {"per.hour": 1.0, "gravity": 9.81}).values[0, :, 0]
    exact = [bounced(time, 9.81) for time in grid]
    # Parabolas are integrated exactly; what remains is where each of nine bounces is found.
    assert heights == pytest.approx(exact, abs=1e-8)


@every
@pytest.mark.parametrize("relative", [1e-3, 1e-6])
def test_a_bounce_is_not_found_twice_however_loose_the_tolerance(backend, relative):
    solution = run(
        ball(), backend, [0.0, 0.5, 1.0], {"per.hour": 1.0, "gravity": 9.81}, tolerances=Tolerances(relative, relative)
    )
    assert solution.values[0, -1, 0] == pytest.approx(bounced(1.0, 9.81), abs=20 * relative)


def thermostat():
    """An effect that is switched on above one threshold and off below another: hysteresis."""
    sketch = Sketch("thermostat")
    level, heating, switched = sketch.number("level", 1.0), sketch.number("heating"), sketch.number("switched")
    sketch.rate("level", 3.0 * heating - level)
    one, nought = sketch.graph.number(1.0), sketch.graph.number(0.0)
    sketch.trigger("on", (0.5 - level) * (1.0 - heating), {"heating": one, "switched": switched + 1.0})
    sketch.trigger("off", (level - 2.0) * heating, {"heating": nought, "switched": switched + 1.0})
    return sketch.build()


def switched_by(time):
    """How often the thermostat has switched: level e^−t from 1 or 2 down to ½, 3 − 2.5 e^−t from ½ up to 2."""
    count, clock = 0, np.log(2.0)
    while clock <= time:
        count, clock = count + 1, clock + (np.log(2.5) if count % 2 == 0 else np.log(4.0))
    return count


@every
def test_a_pair_of_triggers_keeps_a_level_between_two_thresholds(backend):
    grid = np.linspace(0.0, 20.0, 401)
    values = run(thermostat(), backend, grid, ONE).values[0]
    assert values[:, 2] == pytest.approx([switched_by(time) for time in grid], abs=1e-12)
    assert values[:, 0].min() > 0.5 - 1e-7  # the thresholds are found to the tolerance
    assert values[:, 0].max() < 2.0 + 1e-7
    assert values[:, 1] == pytest.approx(np.round(values[:, 1]), abs=1e-12)


@every
def test_a_threshold_switches_an_infusion_off_at_the_right_time(backend):
    sketch = Sketch("until full")
    level, running = sketch.number("level"), sketch.number("running", 1.0)
    sketch.rate("level", 2.0 * running - level)
    sketch.trigger("full", level - 1.5, {"running": sketch.graph.number(0.0)})
    grid = np.linspace(0.0, 5.0, 51)
    values = run(sketch.build(), backend, grid, ONE).values[0, :, 0]
    full = np.log(4.0)
    exact = np.where(grid < full, 2.0 - 2.0 * np.exp(-grid), 1.5 * np.exp(-np.maximum(grid - full, 0.0)))
    assert values == pytest.approx(exact, rel=1e-7, abs=1e-9)


@every
def test_a_counter_that_is_reset_counts_its_rounds(backend):
    sketch = Sketch("counter")
    clock, rounds = sketch.number("clock"), sketch.number("rounds")
    sketch.rate("clock", sketch.graph.number(1.0))
    sketch.trigger("round", clock - 0.7, {"clock": sketch.graph.number(0.0), "rounds": rounds + 1.0})
    grid = np.linspace(0.05, 10.05, 41) - 0.05
    values = run(sketch.build(), backend, grid, ONE).values[0]
    assert values[:, 1].tolist() == np.floor(grid / 0.7).tolist()
    assert values[:, 0] == pytest.approx(grid - 0.7 * values[:, 1], abs=1e-9)


@every
@pytest.mark.parametrize("when", [5.0, 4.9371])
def test_a_trigger_by_the_time_hits_its_time(backend, when):
    sketch = Sketch("alarm")
    level, seen = sketch.number("level", 1.0), sketch.number("seen")
    sketch.rate("level", -level)
    sketch.trigger("alarm", sketch.hours - when, {"level": level + 1.0, "seen": seen + sketch.hours})
    values = run(sketch.build(), backend, [0.0, 2.0, when - 1e-9, when, 7.0], ONE).values[0]
    assert values[:, 1] == pytest.approx([0.0, 0.0, 0.0, when, when], rel=1e-12)
    # The time on the grid at which it fires is reported after it.
    exact = [1.0, np.exp(-2.0), np.exp(-when), np.exp(-when) + 1.0, (np.exp(-when) + 1.0) * np.exp(when - 7.0)]
    assert values[:, 0] == pytest.approx(exact, rel=2e-8)  # 1e-9 a step, some twenty steps


@every
def test_a_trigger_whose_change_leaves_its_crossing_alone_fires_once(backend):
    sketch = Sketch("once")
    level, fired = sketch.number("level", 1.0), sketch.number("fired")
    sketch.rate("level", -1e-3 * level)
    sketch.trigger("low", 0.99 - level, {"fired": fired + 1.0})
    for relative in (1e-3, 1e-6, 1e-9):
        values = run(sketch.build(), backend, [0.0, 5.0, 20.0], ONE, tolerances=Tolerances(relative, relative)).values[
            0
        ]
        assert values[:, 1].tolist() == [0.0, 0.0, 1.0]


@every
def test_a_trigger_above_nought_from_the_start_waits_until_it_has_been_below(backend):
    sketch = Sketch("late")
    wave, fired = sketch.number("wave", 1.0), sketch.number("fired")
    sketch.rate("wave", -sketch.graph.sin(sketch.hours))
    sketch.trigger("crest", wave, {"fired": fired + 1.0})
    values = run(sketch.build(), backend, [0.0, 4.6, 4.8, 10.0, 12.0], ONE).values[0]
    assert values[:, 1].tolist() == [0.0, 0.0, 1.0, 1.0, 2.0]  # cos rises through nought at 3π/2 and 7π/2


def flooded():
    """A gut that empties itself when too much is in it."""
    builder = SystemBuilder("flooded")
    rate, limit = builder.parameter("rate", "1/h"), builder.parameter("limit", "nmol")
    gut, lost = builder.state("gut", "nmol"), builder.state("lost", "nmol")
    builder.flow("absorbed", rate * gut, source="gut")
    builder.input("mouth", into="gut")
    builder.trigger("vomited", gut - limit, {"gut": 0.25 * gut, "lost": lost + 0.75 * gut})
    builder.output("gut", gut, "nmol", kind="amount")
    builder.output("lost", lost, "nmol", kind="amount")
    return builder.build()


@every
def test_a_dose_sets_a_trigger_off_at_once(backend):
    parameters = {"rate": 0.5, "limit": 100.0}
    events = [Event(0.0, "mouth", 60.0), Event(2.0, "mouth", 90.0), Event(4.0, "mouth", 10.0)]
    values = run(flooded(), backend, [0.0, 1.0, 2.0, 3.0, 4.0], parameters, events).values[0]
    before = 60.0 * np.exp(-1.0) + 90.0
    after = 0.25 * before
    assert values[:, 1] == pytest.approx([0.0, 0.0, 0.75 * before, 0.75 * before, 0.75 * before], rel=1e-7)
    gut = [60.0, 60.0 * np.exp(-0.5), after, after * np.exp(-0.5), after * np.exp(-1.0) + 10.0]
    assert values[:, 0] == pytest.approx(gut, rel=1e-7)


@every
def test_the_first_dose_can_set_a_trigger_off(backend):
    values = run(flooded(), backend, [0.0, 1.0], {"rate": 0.5, "limit": 100.0}, [Event(0.0, "mouth", 160.0)]).values[0]
    assert values[0].tolist() == [40.0, 120.0]


@every
def test_a_reset_arms_the_triggers_anew(backend):
    sketch = Sketch("reset")
    level, fired = sketch.number("level"), sketch.number("fired")
    sketch.rate("level", sketch.graph.number(1.0))
    sketch.trigger("high", level - 1.0, {"fired": fired + 1.0})
    values = run(sketch.build(), backend, [0.0, 2.0, 3.0, 3.5, 5.0], ONE, [Event(3.0, reset=True)]).values[0]
    assert values[:, 1].tolist() == [0.0, 1.0, 0.0, 0.0, 1.0]


def relay(back):
    """One trigger lifts what fires the next; with `back`, the second sets off the first again."""
    sketch = Sketch("relay")
    clock, first, second = sketch.number("clock"), sketch.number("first", -1.0), sketch.number("second", -1.0)
    sketch.rate("clock", sketch.graph.number(1.0))
    one, below = sketch.graph.number(1.0), sketch.graph.number(-1.0)
    sketch.trigger("start", clock - 1.0, {"first": one})
    sketch.trigger("pass", first, {"second": one, "first": below})
    sketch.trigger("return", second, {"first": one if back else below, "second": below})
    return sketch.build()


@every
def test_a_chain_of_triggers_runs_through_at_one_time(backend):
    values = run(relay(back=False), backend, [0.0, 0.5, 1.5], ONE).values[0]
    assert values[:, 1:].tolist() == [[-1.0, -1.0]] * 3
    sketch = Sketch("two links")
    clock, first, second = sketch.number("clock"), sketch.number("first", -1.0), sketch.number("second")
    sketch.rate("clock", sketch.graph.number(1.0))
    sketch.trigger("start", clock - 1.0, {"first": sketch.graph.number(2.0)})
    sketch.trigger("pass", first, {"second": second + first})
    values = run(sketch.build(), backend, [0.0, 0.5, 1.0, 1.5], ONE).values[0]
    assert values[:, 1:].tolist() == [[-1.0, 0.0], [-1.0, 0.0], [2.0, 2.0], [2.0, 2.0]]


@every
def test_triggers_without_end_are_an_outcome(backend):
    system = relay(back=True)
    solution = compiled(system, backend).integrate(Batch(np.ones((1, 1)), ((),)), np.array([0.0, 2.0]), TIGHT)
    assert solution.outcomes == (ENDLESS_EVENTS,)
    assert ENDLESS_EVENTS.remedy
    assert np.isnan(solution.values).all()


@every
def test_triggers_of_one_time_see_the_states_just_before(backend):
    sketch = Sketch("swap")
    one, other, late = sketch.number("one", 1.0), sketch.number("other", 2.0), sketch.number("late")
    sketch.rate("late", sketch.graph.number(1.0))
    sketch.trigger("first", late - 1.0, {"one": other})
    sketch.trigger("second", 2.0 * late - 2.0, {"other": one})
    values = run(sketch.build(), backend, [0.0, 2.0], ONE).values[0]
    assert values[-1, :2].tolist() == [2.0, 1.0]


@every
def test_the_earliest_trigger_of_a_step_goes_first_and_may_forestall_the_next(backend):
    sketch = Sketch("forestalled")
    level, fired = sketch.number("level"), sketch.number("fired")
    sketch.rate("level", sketch.graph.number(1.0))
    sketch.trigger("late", level - 1.0001, {"fired": fired + 100.0})
    sketch.trigger("early", level - 1.0, {"fired": fired + 1.0, "level": sketch.graph.number(0.0)})
    assert run(sketch.build(), backend, [0.0, 5.5], ONE).values[0, -1, 1] == 5.0


@every
def test_the_grid_changes_no_bit_of_a_course_with_triggers(backend):
    coarse = np.linspace(0.0, 12.0, 13)
    fine = np.unique(np.concatenate([coarse, np.linspace(0.0, 12.0, 1018), np.log(2.0) + np.arange(3) * 1e-14]))
    few, many = (run(thermostat(), backend, grid, ONE) for grid in (coarse, fine))
    assert few.steps[0] == many.steps[0]
    assert np.array_equal(few.values[0], many.values[0, np.isin(fine, coarse)])


@every
def test_each_subject_fires_its_own_triggers(backend):
    kernel = compiled(ball(), backend)
    gravities = np.array([9.81, 1.62, 3.7, 24.8, 0.5])
    order = [parameter.name for parameter in kernel.system.parameters]
    rows = np.column_stack([np.ones(5) if name == "per.hour" else gravities for name in order])
    grid = np.linspace(0.0, 1.5, 31)
    together = kernel.integrate(Batch(rows, ((),) * 5), grid, TIGHT).values
    for i, gravity in enumerate(gravities):
        alone = kernel.integrate(Batch(rows[i : i + 1], ((),)), grid, TIGHT).values[0]
        assert np.array_equal(together[i], alone)
        assert alone[:, 0] == pytest.approx([bounced(time, gravity) for time in grid], abs=1e-8)
