"""Areas and moments whose answers are known on paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.noncompartmental.areas import area, cumulative_area, cumulative_moment, until


@given(rate=st.floats(1e-6, 5.0), start=st.floats(1e-2, 1e3), begin=st.floats(0.0, 10.0), width=st.floats(0.1, 10.0))
def test_the_moment_of_an_exponential_decline_is_exact(rate, start, begin, width):
    times = begin + width * np.array([[0.0, 0.3, 1.0]])
    levels = start * np.exp(-rate * (times - begin))
    end = width
    # ∫ (begin + s)·c0·exp(−k·s) ds in closed form, by expm1 so that small k keep their digits.
    fading = -np.expm1(-rate * end)
    exact = start * (begin * fading / rate + (fading - rate * end * np.exp(-rate * end)) / rate**2)
    tolerance = 1e-9 + 1e-15 / (rate * end) ** 2  # the closed form itself loses digits where the curve is nearly flat
    assert cumulative_moment(times, levels)[0, -1] == pytest.approx(exact, rel=tolerance)


def test_the_moment_is_smooth_where_its_series_takes_over():
    drops = np.array([0.029, 0.02999999, 0.03000001, 0.031])
    times, levels = np.array([0.0, 1.0]), np.stack([np.ones(4), np.exp(-drops)], axis=1)
    moments = cumulative_moment(times, levels)[:, -1]
    exact = (1.0 - (1.0 + drops) * np.exp(-drops)) / drops**2
    np.testing.assert_allclose(moments, exact, rtol=1e-12)


def test_a_rising_moment_is_the_trapezoid_of_time_times_level():
    assert cumulative_moment(np.array([1.0, 3.0]), np.array([[2.0, 4.0]]))[0, -1] == pytest.approx(2 * (2 + 12) / 2)


def test_repeating_the_last_point_adds_nothing():
    times, levels = np.array([[0.0, 1.0, 4.0]]), np.array([[0.0, 5.0, 1.0]])
    longer = np.array([[0.0, 1.0, 4.0, 4.0, 4.0]]), np.array([[0.0, 5.0, 1.0, 1.0, 1.0]])
    assert area(*longer)[0] == area(times, levels)[0]
    assert cumulative_moment(*longer)[0, -1] == cumulative_moment(times, levels)[0, -1]


@given(st.floats(0.0, 8.0))
def test_a_cut_curve_has_the_area_of_the_whole_less_the_rest(end):
    times = np.array([[0.0, 1.0, 2.0, 5.0, 8.0]])
    levels = 10.0 * np.exp(-0.4 * times)
    held = until(times, levels, np.array([end]))
    assert cumulative_area(*held)[0, -1] == pytest.approx(10.0 * -np.expm1(-0.4 * end) / 0.4, rel=1e-12, abs=1e-12)
    assert held[1][0, -1] == pytest.approx(10.0 * np.exp(-0.4 * end), rel=1e-12)


def test_a_cut_rise_is_cut_on_its_straight_line():
    times, levels = until(np.array([[0.0, 4.0]]), np.array([[0.0, 8.0]]), np.array([1.0]))
    np.testing.assert_array_equal(times, [[0.0, 1.0]])
    np.testing.assert_array_equal(levels, [[0.0, 2.0]])
