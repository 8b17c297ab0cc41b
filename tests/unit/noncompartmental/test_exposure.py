"""Areas and half-lives of curves whose answers are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.noncompartmental.areas import area, cumulative_area
from reuptake.noncompartmental.exposure import exposure
from reuptake.noncompartmental.terminal import terminal_rate


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


def slow_terminal_rate(times, curve, resolution):
    """The obvious way, one curve and one regression at a time."""
    peak = int(np.argmax(curve))
    last = next((i - 1 for i in range(peak, len(curve)) if curve[i] <= resolution * curve[peak]), len(curve) - 1)
    x, y = times[peak + 1 : last + 1], curve[peak + 1 : last + 1]
    if len(x) < 3 or np.any(y <= 0.0):
        return np.nan
    fits = []
    for k in range(3, len(x) + 1):
        dx, dy = x[-k:] - x[-k:].mean(), np.log(y[-k:]) - np.log(y[-k:]).mean()
        slope, whole = (dx @ dy) / (dx @ dx), dy @ dy
        r2 = slope**2 * (dx @ dx) / whole if whole > 0.0 else 0.0
        fits.append((1.0 - (1.0 - r2) * (k - 1.0) / (k - 2.0), slope))
    best = max(quality for quality, _ in fits)
    slope = next(slope for quality, slope in reversed(fits) if quality >= best - 1e-4)
    return -slope if slope < 0.0 else np.nan


def test_many_curves_at_once_are_measured_as_one_by_one():
    chance = np.random.Generator(np.random.Philox(key=5))
    times = np.concatenate([np.arange(0.0, 8.0, 0.25), np.arange(8.0, 60.0, 2.0)])
    rate, rise = 0.05 + 0.3 * chance.random((150, 1)), 0.5 + chance.random((150, 1))
    curves = (np.exp(-rate * times) - np.exp(-rise * times)) * (1.0 + 0.01 * chance.random((150, len(times))))
    curves = np.maximum(curves, 0.0)
    curves[::7, -3:] = 0.0
    curves[5] = 0.0
    curves[11] = times
    expected = [slow_terminal_rate(times, curve, 1e-5) for curve in curves]
    # Running sums lose some digits against centred ones; noise keeps fits within 1e-4 of the best well apart.
    np.testing.assert_allclose(terminal_rate(times, curves, 1e-5), expected, rtol=1e-9)
    assert np.isnan(expected).sum() == 2
    one_by_one = [terminal_rate(times, curve[None, :], 1e-5)[0] for curve in curves]
    np.testing.assert_array_equal(terminal_rate(times, curves, 1e-5), one_by_one)
    assert len(terminal_rate(times, curves[:0])) == 0
