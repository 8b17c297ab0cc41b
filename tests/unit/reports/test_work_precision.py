"""Work and precision are drawn from the settings that were tried, and nothing else."""

from types import SimpleNamespace
from xml.etree import ElementTree

from reuptake.reports.figures.work_precision import frontier, work_precision


def point(tool, error, ms):
    return SimpleNamespace(tool=tool, error=error, ms_per_subject=ms)


def test_the_line_joins_what_nothing_else_beats():
    assert frontier([(1e-3, 5.0), (1e-4, 3.0), (1e-6, 4.0), (1e-5, 6.0)]) == [(1e-4, 3.0), (1e-6, 4.0)]


def test_the_figure_is_the_same_twice_and_says_who_does_not_reach_the_accuracy():
    points = [point("reuptake", 1e-6, 2.0), point("scipy", 1e-3, 200.0), point("scipy", None, 100.0)]
    figure = work_precision(points, 1e-5, "a course")
    assert figure == work_precision(points, 1e-5, "a course")
    told = ElementTree.fromstring(figure).find("{http://www.w3.org/2000/svg}desc").text
    assert "reuptake 2 ms" in told
    assert "scipy does not reach it" in told


def test_a_short_axis_is_labelled_in_plain_text():
    points = [point("reuptake", error, ms) for error, ms in ((2e-6, 2.0), (3e-6, 1.5), (6e-6, 1.2))]
    assert "mathdefault" not in work_precision(points, 1e-5, "a course")
