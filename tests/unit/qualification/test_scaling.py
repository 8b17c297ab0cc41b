"""Synthetic systems are what they say, and points are taken as long as time allows."""

import numpy as np
import pytest

from reuptake.engine.ensemble import compiled
from reuptake.qualification.course import Course
from reuptake.qualification.machine import fma_peak, machine
from reuptake.qualification.scaling import chain, floating_rate, in_size, in_states, in_threads, star


@pytest.mark.parametrize("build", [chain, star])
def test_a_synthetic_system_loses_matter_at_its_first_pool_only(build):
    system = build(12)
    kernel = compiled(system, "numpy")
    rates = kernel.equations(kernel.hoist(np.ones(1)), [0.0]).rates(0.0, np.arange(1.0, 13.0))
    assert len(system.states) == 12
    assert rates.sum() == pytest.approx(-0.1, rel=1e-9)  # a tenth an hour of the one nmol there; rounding of the sum


def test_sizes_and_threads_are_those_asked_for(course):
    short = Course(course.kernel, "numpy", course.parameters, course.doses[:1], np.arange(0.0, 3.0), 1)
    points = in_size(short, 1e-3, 1.0, (1, 2), 60.0)
    assert [point.subjects for point in points] == [1, 2]
    assert len(in_size(short, 1e-3, 1.0, (1, 2), 0.0)) == 1
    threads = in_threads(short, 1e-3, 1.0, (1, 2), 1)
    assert [point.threads for point in threads] == [1, 2]
    assert threads[0].speedup == 1.0


def test_states_stop_when_time_is_up():
    points = in_states("numpy", (3, 4), 1, 0.0)
    assert [(point.shape, point.states) for point in points] == [("chain", 3), ("star", 3)]


def test_a_back_end_that_does_not_say_what_a_step_costs_has_no_rate(course):
    short = Course(course.kernel, "numpy", course.parameters[:1], course.doses[:1], np.arange(0.0, 3.0), 1)
    rate = floating_rate(short, 1e-3, 1.0)
    assert rate.gflops is None
    assert rate.share is None
    assert rate.steps_per_subject > 0.0


def test_the_peak_is_what_a_processor_can_do_and_not_what_a_compiler_can_leave_out():
    peak = fma_peak()
    assert 1e8 < peak < 1e12  # from a slow core to thrice the fastest of today


def test_the_machine_tells_what_it_is():
    here = machine()
    assert here.cpu
    assert here.cores >= 1
