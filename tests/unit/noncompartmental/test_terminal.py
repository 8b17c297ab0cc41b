"""Terminal phases: which points, and what the line says."""

import numpy as np
import pytest

from reuptake.noncompartmental.terminal import BestFit, LastPoints, TimeRange, terminal_phase

TIMES = np.array([[0.0, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0]])
TWO_PHASES = 90.0 * np.exp(-1.5 * TIMES) + 10.0 * np.exp(-0.1 * TIMES)
LAST = np.array([6])


def test_so_many_last_points_are_the_points():
    phase = terminal_phase(TIMES, TWO_PHASES, LAST, LastPoints(3))
    slope = np.polyfit(TIMES[0, -3:], np.log(TWO_PHASES[0, -3:]), 1)
    assert phase.rate[0] == pytest.approx(-slope[0], rel=1e-12)
    assert (phase.points[0], phase.start[0], phase.end[0]) == (3.0, 8.0, 24.0)
    assert phase.predicted(np.array([12.0]))[0] == pytest.approx(np.exp(np.polyval(slope, 12.0)), rel=1e-12)
    assert phase.predicted(TIMES).shape == TIMES.shape


def test_a_range_takes_every_point_within_it_and_both_ends():
    phase = terminal_phase(TIMES, TWO_PHASES, LAST, TimeRange(4.0, 12.0))
    assert (phase.points[0], phase.start[0], phase.end[0]) == (3.0, 4.0, 12.0)
    assert terminal_phase(TIMES, TWO_PHASES, LAST, TimeRange(2.0)).points[0] == 5.0


def test_adjusted_r2_is_that_of_the_textbook():
    levels = np.array([[9.0, 8.0, 5.5, 3.5, 1.0, 0.4, 0.05]])
    phase = terminal_phase(TIMES, levels, LAST, TimeRange(1.0))
    x, y = TIMES[0, 1:], np.log(levels[0, 1:])
    r2 = np.corrcoef(x, y)[0, 1] ** 2
    assert phase.adjusted_r2[0] == pytest.approx(1 - (1 - r2) * 5 / 4, rel=1e-12)


def test_ties_go_to_more_points():
    straight = 50.0 * np.exp(-0.2 * TIMES)
    assert terminal_phase(TIMES, straight, LAST, BestFit()).points[0] == 6.0  # all but the peak


@pytest.mark.parametrize("rule", [LastPoints(8), TimeRange(9.0, 11.0), TimeRange(30.0), LastPoints(7)])
def test_too_few_points_or_a_zero_among_them_make_no_phase(rule):
    levels = TWO_PHASES.copy()
    levels[0, 3] = 0.0
    assert np.isnan(terminal_phase(TIMES, levels, LAST, rule).rate[0])


def test_a_rise_is_no_terminal_phase():
    assert np.isnan(terminal_phase(TIMES, TIMES + 1.0, LAST, LastPoints(3)).rate[0])


def test_fewer_than_three_points_are_refused():
    with pytest.raises(ValueError, match="3 points or more"):
        LastPoints(2)
