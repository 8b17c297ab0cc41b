"""Figures of measured profiles: named, described, the same bytes each time."""

from xml.etree import ElementTree

import numpy as np
import pytest

from reuptake.exchange.analysis import nca
from reuptake.reports.figures.profiles import MOST_PANELS, profiles, terminal_phases

TIMES = [0.0, 1.0, 2.0, 4.0, 8.0, 12.0]


def measured(n):
    rates = 0.1 + 0.01 * np.arange(n)[:, None]
    return nca((TIMES, 50.0 * (np.exp(-rates * TIMES) - np.exp(-2.0 * np.array(TIMES)))), dose="50 mg")


@pytest.mark.parametrize("draw", [profiles, terminal_phases])
@pytest.mark.parametrize("n", [1, 3, 20])
def test_figures_are_named_svg_and_repeatable(draw, n):
    found = measured(n)
    figure = draw(found)
    root = ElementTree.fromstring(figure)
    assert root.get("role") == "img"
    assert f"estimable in {n} of {n}" in figure
    assert draw(found) == figure


def test_panels_are_as_many_as_a_page_holds():
    figure = terminal_phases(measured(20))
    assert f"{MOST_PANELS} of 20 profiles" in figure
    assert figure.count("t½") == MOST_PANELS


def test_who_has_no_terminal_phase_is_drawn_all_the_same():
    found = nca((TIMES, [[0, 1, 2, 3, 4, 5], [np.nan] * 5 + [0.0]]), dose="50 mg")
    assert terminal_phases(found).count("no terminal phase") == 2
    assert "no terminal half-life is estimable" in profiles(found)
