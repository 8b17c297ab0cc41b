"""What every back-end promises: the same bits whoever else is there, failures as values, true sensitivities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.dosing.events import Event
from reuptake.engine.ensemble import BACKENDS, compiled, integrate
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.equations.system import SystemBuilder
from reuptake.errors import RunError
from reuptake.trajectories import NOT_FINITE

TIGHT = Tolerances(1e-9, 1e-12)
GRID = np.linspace(0.0, 48.0, 97)


def one_compartment():
    builder = SystemBuilder("one compartment")
    absorption, clearance = builder.parameter("x.absorption", "1/h"), builder.parameter("x.clearance", "L/h")
    volume = builder.parameter("x.volume", "L")
    gut, body = builder.state("gut", "nmol"), builder.state("body", "nmol")
    builder.state("out", "nmol")
    builder.flow("absorbed", absorption * gut, source="gut", target="body")
    builder.flow("cleared", clearance / volume * body, source="body", target="out")
    builder.input("oral", into="gut")
    builder.input("vein", into="body")
    builder.output("level", body / volume, "nmol/L", kind="level")
    builder.output("millilitre", body / volume, "pmol/mL", kind="level")
    return builder.build()


@pytest.fixture(params=BACKENDS, scope="module")
def kernel(request):
    return compiled(one_compartment(), request.param)


def oral(time, dose, ka, cl, v):
    after = np.maximum(time, 0.0)
    return np.where(time >= 0.0, dose * ka / (v * ka - cl) * (np.exp(-cl / v * after) - np.exp(-ka * after)), 0.0)


def infusion(time, rate, length, cl, v):
    during, after = np.clip(time, 0.0, length), np.maximum(time - length, 0.0)
    return rate / cl * (1.0 - np.exp(-cl / v * during)) * np.exp(-cl / v * after)


@given(ka=st.floats(0.3, 3.0), cl=st.floats(0.1, 2.0), v=st.floats(8.0, 50.0), second=st.floats(1.0, 30.0))
def test_oral_doses_and_infusions_follow_their_closed_forms(ka, cl, v, second):
    kernel = compiled(one_compartment(), "numpy")
    events = (
        Event(0.0, "oral", 100.0), Event(2.0, "vein", rate=30.0), Event(second + 2.0, "oral", 50.0), Event(40.0, "vein", rate=-30.0),
    )  # fmt: skip
    events = tuple(sorted(events, key=lambda event: event.time))
    solution = kernel.integrate(Batch(np.array([[ka, cl, v]]), (events,)), GRID, TIGHT)
    exact = (
        oral(GRID, 100.0, ka, cl, v)
        + oral(GRID - second - 2.0, 50.0, ka, cl, v)
        + infusion(GRID - 2.0, 30.0, 38.0, cl, v)
    )
    assert solution.values[0, :, 0] == pytest.approx(exact, rel=1e-6, abs=1e-7)  # 1e-9 a step, some hundred steps


def subjects(count):
    chance = np.random.Generator(np.random.Philox(5))
    parameters = np.column_stack(
        [chance.uniform(0.3, 3.0, count), chance.uniform(0.5, 2.0, count), chance.uniform(8, 40, count)]
    )
    events = tuple((Event(float(i), "oral", 100.0), Event(float(i) + 7.5, "vein", 10.0)) for i in range(count))
    return Batch(parameters, events)


def test_nobody_else_changes_a_subjects_bits(kernel):
    batch = subjects(5)
    together = kernel.integrate(batch, GRID, TIGHT)
    for i in range(5):
        alone = kernel.integrate(batch.part(slice(i, i + 1)), GRID, TIGHT)
        assert np.array_equal(together.values[i], alone.values[0])


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_threads_change_no_bit_and_progress_counts_everyone(kernel, threads):
    told = []
    batch = subjects(4)
    solution = integrate(
        kernel, batch, GRID, TIGHT, threads=threads, progress=lambda done, total: told.append((done, total))
    )
    assert np.array_equal(solution.values, kernel.integrate(batch, GRID, TIGHT).values)
    assert told[-1] == (4, 4)
    assert told == sorted(set(told))


def test_an_interruption_ends_the_work_soon(kernel):
    done = []

    def stop(count, total):
        done.append(count)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        integrate(kernel, subjects(200), GRID, TIGHT, threads=2, progress=stop)
    assert len(done) == 1


def test_the_grid_changes_no_bit(kernel):
    batch = subjects(2)
    coarse, fine = GRID[::8], np.unique(np.concatenate([GRID, GRID[1:] - 0.123]))
    common = np.isin(fine, coarse)
    assert np.array_equal(
        kernel.integrate(batch, coarse, TIGHT).values, kernel.integrate(batch, fine, TIGHT).values[:, common]
    )


@pytest.mark.parametrize("poison", [np.nan, np.inf, -np.inf])
def test_a_poisoned_subject_ends_as_its_own_outcome_and_harms_nobody(kernel, poison):
    batch = subjects(3)
    healthy = kernel.integrate(batch, GRID, TIGHT)
    sick = batch.parameters.copy()
    sick[1, 1] = poison
    solution = kernel.integrate(Batch(sick, batch.events), GRID, TIGHT)
    assert solution.outcomes[1] == NOT_FINITE
    assert solution.outcomes[1].remedy
    assert np.isnan(solution.values[1]).all()
    for i in (0, 2):
        assert np.array_equal(solution.values[i], healthy.values[i])


def test_a_volume_of_nought_is_an_outcome_and_no_crash(kernel):
    batch = subjects(1)
    empty = batch.parameters.copy()
    empty[0, 2] = 0.0
    assert not kernel.integrate(Batch(empty, batch.events), GRID, TIGHT).outcomes[0].solved


def test_outputs_come_in_their_own_units(kernel):
    values = kernel.integrate(subjects(1), GRID, TIGHT).values[0]
    assert values[:, 0] == pytest.approx(values[:, 1], rel=1e-14)  # nmol/L is pmol/mL


def test_an_event_at_a_grid_time_happens_before_the_report(kernel):
    batch = Batch(np.array([[1.0, 1.0, 10.0]]), ((Event(0.0, "vein", 50.0), Event(24.0, "vein", 50.0)),))
    level = kernel.integrate(batch, GRID, TIGHT).values[0, :, 0]
    assert level[0] == 5.0
    assert level[GRID == 24.0][0] == pytest.approx(5.0 + 5.0 * np.exp(-2.4), rel=1e-7)


def test_sensitivities_through_doses_agree_with_the_closed_form(kernel):
    cl, v, ka = 1.0, 20.0, 0.8
    batch = Batch(np.array([[ka, cl, v]]), ((Event(0.0, "vein", 100.0), Event(12.0, "vein", 100.0)),))
    slopes = kernel.integrate(batch, GRID, Tolerances(1e-10, 1e-13), ["x.clearance"]).sensitivities
    exact = sum(
        np.where(GRID >= s, -(GRID - s) / v * 100.0 / v * np.exp(-cl / v * np.maximum(GRID - s, 0.0)), 0.0)
        for s in (0.0, 12.0)
    )
    assert slopes[0, :, 0, 0] == pytest.approx(exact, rel=1e-5, abs=1e-6)  # central differences of a 1e-10 solution


def test_a_dose_just_before_a_grid_time_does_not_hide_the_one_at_it(kernel):
    early = 0.3 + 0.3 + 0.3  # a rounding below 0.9
    events = (Event(early, "vein", 10.0), Event(0.9, "vein", 100.0))
    level = kernel.integrate(Batch(np.array([[1.0, 1.0, 10.0]]), (events,)), np.array([0.0, 0.9]), TIGHT).values[
        0, 1, 0
    ]
    assert early < 0.9
    assert level == pytest.approx(11.0, rel=1e-9)


@pytest.mark.parametrize("bad", [Event(48.0, "vein", np.nan), Event(48.0, "vein", np.inf), Event(24.0, changes=(("x.volume", np.nan),))])  # fmt: skip
def test_what_is_not_finite_is_never_called_solved(kernel, bad):
    batch = Batch(np.array([[1.0, 1.0, 10.0]] * 2), ((bad,), (Event(0.0, "vein", 5.0),)))
    solution = kernel.integrate(batch, GRID, TIGHT)
    assert [outcome.name for outcome in solution.outcomes] == ["not finite", "solved"]


def test_events_out_of_order_are_refused(kernel):
    for events in (
        (Event(2.0, "vein", 1.0), Event(1.0, "vein", 1.0)),
        (Event(np.nan, "vein", 1.0),),
    ):
        with pytest.raises(RunError, match=r"subject 1 .* in order"):
            integrate(kernel, Batch(np.array([[1.0, 1.0, 10.0]] * 2), ((), events)), GRID, TIGHT)


@pytest.mark.parametrize("names", [["x.clearence"], ["x.volume", "x.volume"]])
def test_sensitivities_to_nothing_known_are_refused(kernel, names):
    with pytest.raises(RunError, match=r"clearance|once"):
        kernel.integrate(subjects(1), GRID, TIGHT, names)


def test_a_parameter_of_nought_has_its_slope(kernel):
    batch = Batch(np.array([[1.0, 0.0, 10.0]]), ((Event(0.0, "vein", 50.0),),))
    slopes = kernel.integrate(batch, GRID[:5], TIGHT, ["x.clearance"]).sensitivities[0, :, 0, 0]
    assert slopes == pytest.approx(-GRID[:5] * 50.0 / 10.0**2, rel=1e-5, abs=1e-8)  # central differences


def test_any_number_of_subjects_may_end_as_they_begin():
    kernel, count = compiled(one_compartment(), "llvm"), 300_000
    batch = Batch(np.full((count, 3), np.nan), ((),) * count)
    assert set(kernel.integrate(batch, GRID[:2], TIGHT).outcomes) == {NOT_FINITE}
