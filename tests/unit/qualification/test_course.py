"""Everybody is asked for the same thing, and errors are counted the same way."""

import numpy as np
import pytest

from reuptake.evidence.base import packaged
from reuptake.population.drawing import draw
from reuptake.qualification.course import FLOOR, Course, error
from reuptake.simulation.run import prepare, simulate
from reuptake.units import unit


def test_the_course_is_the_one_that_simulate_gives(course, reference):
    found = course.quantities(reference)[:, :, len(course.system.states) :]
    for subject, values in enumerate(varied(course)):
        simulated = simulate("imipramine", dose="75 mg", every="12 h", duration="2 d", settings=values)
        hourly = np.isin(simulated.times, course.grid)
        for i, label in enumerate(simulated.labels):
            curve = simulated.curve(label.name)[0, hourly]
            # both are exact to far less than the tolerance of a simulation, 1e-6 in each step
            assert found[subject, :, i] == pytest.approx(curve, rel=2e-5, abs=2e-5 * np.abs(curve).max())


def varied(course):
    """What each subject of the course differs in, as settings of a simulation."""
    table = prepare(packaged(), "human", {"imipramine": ["po"]}, "numpy").table
    drawn = draw(table, packaged(), "human", range(1, len(course.parameters) + 1), course.seed)
    factors = {name: unit(table.record(name).unit).factor for name in drawn}
    return [[f"{n}={float(drawn[n][i] / factors[n])!r}" for n in drawn] for i in range(len(course.parameters))]


def test_four_weeks_of_two_doses_a_day_are_reported_hourly():
    whole = Course.shipped(1, backend="numpy")
    assert len(whole.doses) == 56
    assert len(whole.grid) == 673
    assert whole.doses[-1].time == 27.5 * 24.0
    assert len(whole.stretches()) == 56
    assert whole.stretches()[-1][1] == whole.grid[-1]


def test_subjects_differ_and_are_the_same_however_many_are_drawn(course):
    assert not np.array_equal(course.parameters[0], course.parameters[1])
    assert np.array_equal(Course.shipped(1, backend="numpy", duration="2 d").parameters[0], course.parameters[0])


def test_the_error_is_relative_above_a_thousandth_of_the_largest_value():
    reference = np.array([[[100.0], [50.0], [0.0]]])
    for place, (off, at) in enumerate([(1e-3, 100.0), (1e-3, 50.0), (1e-3, 0.0)]):
        found = reference.copy()
        found[0, place, 0] += off
        assert error(found, reference) == pytest.approx(off / (at + FLOOR * 100.0), rel=1e-9)  # rounding of the sum


def test_the_largest_value_is_that_of_the_whole_population():
    reference = np.array([[[1.0]], [[1000.0]]])
    assert error(reference + np.array([[[1.0]], [[0.0]]]), reference) == pytest.approx(1.0 / (1.0 + 1.0))


def test_what_is_missing_or_appears_from_nothing_is_an_error():
    reference = np.zeros((1, 2, 2))
    reference[..., 0] = 1.0
    assert error(reference, reference) == 0.0
    missing = reference.copy()
    missing[0, 0, 0] = np.nan
    assert error(missing, reference) == np.inf
    from_nothing = reference.copy()
    from_nothing[0, 0, 1] = 0.5
    assert error(from_nothing, reference) == 0.5
