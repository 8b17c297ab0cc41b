"""Figures of sensitivity: named, described, the same bytes each time; answers with every number."""

import math
from xml.etree import ElementTree

import pytest

from reuptake.calibration.sensitivity.study import sensitivity
from reuptake.reports.answers.sensitivity import sensitivity_answer
from reuptake.reports.figures.sensitivity import MOST_BARS, sensitivity_figure

DESCRIPTION = "{http://www.w3.org/2000/svg}desc"


@pytest.fixture(scope="module", params=["local", "morris", "sobol"])
def found(request):
    samples = {"local": None, "morris": 4, "sobol": 8}[request.param]
    return sensitivity(
        "imipramine", dose="50 mg", duration="1 d", method=request.param, samples=samples, threads=1,
        outputs=["plasma.imipramine.cmax", "occupancy.SERT.mean", "occupancy.NET.mean"],
    )  # fmt: skip


def test_the_figure_is_the_same_twice_and_says_what_matters_most(found):
    figure = sensitivity_figure(found)
    assert figure == sensitivity_figure(found)
    root = ElementTree.fromstring(figure)
    assert root.get("role") == "img"
    told = root.find(DESCRIPTION).text
    for i, name in enumerate(found.outputs):
        assert f"{name}: {found.factors[found.effects.ranked(i)[0]].name}" in told


def test_no_more_bars_are_drawn_than_can_be_read_and_assumed_ones_are_marked(found):
    figure = sensitivity_figure(found)
    drawn = [factor for factor in found.factors if f">{factor.name}" in figure]
    assert 0 < len(drawn) <= MOST_BARS * len(found.outputs)
    if found.effects.method != "morris":
        assert "sert.in_vivo_scale °" in figure


def test_the_answer_holds_every_number_ranked(found):
    answer = sensitivity_answer(found, 0.1)
    first = next(iter(found.effects.columns))
    for i, name in enumerate(found.outputs):
        sizes = [getattr(effect, first) for effect in answer.effects[name].values()]
        told = [abs(size) for size in sizes if size is not None]
        assert told == sorted(told, reverse=True)
        assert answer.outputs[name].value == found.swings.centre[i]
    assert all(math.isfinite(one.p05) and one.p05 < one.p95 for one in answer.parameters.values())
    assert '"NaN"' not in answer.text()
