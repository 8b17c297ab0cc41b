"""A posterior's figures show every row, the same draws as the same bytes, and what diverged."""

from __future__ import annotations

from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pytest

from reuptake.calibration.posterior import Marginal, Posterior
from reuptake.reports.figures.posterior import MOST_PAIRED, chains, pairs

SVG = "{http://www.w3.org/2000/svg}"


def posterior(count=3, draws=120, astray=0, tie=(0, 1)):
    """Four chains of normal draws, two of the parameters near each other."""
    drawn = np.random.default_rng(5).standard_normal((count, 4, draws))
    drawn[tie[1]] = drawn[tie[0]] + 0.3 * drawn[tie[1]]
    drawn = np.exp(drawn)
    diverging = np.zeros((4, draws), dtype=bool)
    diverging.flat[:astray] = True
    names = [f"drug.rate_{i}" for i in range(count)]
    rows = tuple(
        Marginal(name, "1/h", values.mean(), values.std(), *np.quantile(values, [0.05, 0.5, 0.95]), 1.001, 400.0, 350.0)
        for name, values in zip(names, drawn, strict=True)
    )
    data = {
        "posterior": {name: SimpleNamespace(values=values) for name, values in zip(names, drawn, strict=True)},
        "sample_stats": {"diverging": SimpleNamespace(values=diverging)},
    }
    notes = ("some draws diverged",) if astray else ()
    return Posterior(rows, astray, 4 * draws, 0, notes, data)


def texts(figure):
    return " ".join(element.text or "" for element in ElementTree.fromstring(figure).iter(f"{SVG}text"))


def description(figure):
    return ElementTree.fromstring(figure).find(f"{SVG}desc").text


@pytest.mark.parametrize("draw", [chains, pairs])
def test_the_same_draws_give_the_same_bytes(draw):
    assert draw(posterior()) == draw(posterior())
    assert draw(posterior()) != draw(posterior(draws=121))


def test_every_row_is_shown_with_how_far_it_is_to_be_trusted():
    figure = chains(posterior())
    for i in range(3):
        assert f"drug.rate_{i}, 1/h" in texts(figure)
        assert f"drug.rate_{i} " in description(figure)
    assert texts(figure).count("R̂ 1.001, effective draws 400 (tails 350)") == 3


@pytest.mark.parametrize(
    ("astray", "told"), [(0, "nothing speaks against them"), (7, "7 diverged; 1 note speaks against")]
)
def test_what_speaks_against_the_draws_stands_at_the_top(astray, told):
    assert told in texts(chains(posterior(astray=astray)))


def test_pairs_tell_of_divergences_only_where_there_are_some():
    assert "the 9 that diverged" in texts(pairs(posterior(astray=9)))
    assert "diverged" not in texts(pairs(posterior()))


def test_pairs_of_many_are_those_that_hang_together():
    figure = pairs(posterior(count=9, tie=(4, 8)))
    assert "drug.rate_4 with drug.rate_8 +0." in description(figure)
    assert description(figure).count(" with ") == MOST_PAIRED * (MOST_PAIRED - 1) // 2


def test_pairs_may_be_named():
    told = description(pairs(posterior(), ["drug.rate_2", "drug.rate_0"]))
    assert told.startswith("Correlations of draws: drug.rate_0 with drug.rate_2 ")
    assert "rate_1" not in told


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["drug.rate_0"], "two to 6 parameters"),
        ([f"drug.rate_{i}" for i in range(7)], "two to 6 parameters"),
        (["drug.rate_0", "drug.speed"], "no row"),
    ],
)
def test_pairs_that_cannot_be_drawn_are_refused(names, said):
    with pytest.raises(ValueError, match=said):
        pairs(posterior(count=8), names)


def test_a_parameter_that_never_moved_can_be_drawn():
    still = posterior()
    still.data["posterior"]["drug.rate_2"].values[:] = 2.0
    assert "drug.rate_2" in texts(chains(still))
    assert "drug.rate_1 with drug.rate_2 +0.00" in description(pairs(still))
