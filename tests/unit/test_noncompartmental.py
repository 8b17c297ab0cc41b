"""Areas and half-lives of curves whose answers are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.noncompartmental import area, cumulative_area, exposure, terminal_rate


@given(rate=st.floats(0.01, 2.0), start=st.floats(1e-3, 1e3))
def test_an_exponential_decline_is_measured_exactly(rate, start):
    times = np.array([0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0])
    curve = start * np.exp(-rate * times)[None, :]
    measures = exposure(times, curve)
    assert measures.auc_inf[0] == pytest.approx(start / rate, rel=1e-9)  # the rule is exact; rounding only
    assert measures.half_life[0] == pytest.approx(np.log(2) / rate, rel=1e-9)
    assert measures.tmax[0] == 0.0


def test_a_straight_rise_is_a_triangle():
    times = np.array([0.0, 1.0, 3.0])
    assert area(times, np.array([[0.0, 1.0, 3.0]]))[0] == pytest.approx(4.5, rel=1e-14)


@given(st.lists(st.floats(0.0, 1e3), min_size=3, max_size=12), st.floats(1e-3, 1e3))
def test_areas_scale_with_levels_and_never_fall(levels, factor):
    times, curve = np.arange(float(len(levels))), np.array([levels])
    running = cumulative_area(times, curve)
    assert np.all(np.diff(running) >= 0.0)
    assert area(times, curve * factor)[0] == pytest.approx(factor * area(times, curve)[0], rel=1e-6, abs=1e-9)


@given(st.lists(st.floats(0.0, 1e3), min_size=3, max_size=12))
def test_an_area_lies_between_those_of_the_smaller_and_larger_ends(levels):
    times, curve = np.arange(float(len(levels))), np.array([levels])
    low, high = np.minimum(curve[:, 1:], curve[:, :-1]).sum(), np.maximum(curve[:, 1:], curve[:, :-1]).sum()
    assert low * (1 - 1e-9) <= area(times, curve)[0] <= high * (1 + 1e-9)


def test_a_curve_that_does_not_fall_has_no_terminal_rate():
    times = np.arange(5.0)
    curves = np.array([[1.0, 1, 1, 1, 1], [0.0, 1, 2, 3, 4], [0.0, 0, 0, 0, 0], [4.0, 3, 0, 0, 0]])
    assert np.isnan(terminal_rate(times, curves)).all()


def test_the_terminal_phase_wins_over_the_distribution_phase():
    times = np.concatenate([np.arange(0.0, 4.0, 0.25), np.arange(4.0, 100.0, 4.0)])
    curve = (100.0 * np.exp(-2.0 * times) + 10.0 * np.exp(-0.05 * times))[None, :]
    assert terminal_rate(times, curve)[0] == pytest.approx(0.05, rel=0.01)  # the rule admits R² within 1e-4 of the best
