"""Figures of fits: named, described, finite, the same bytes each time, and empty where there is nothing to show."""

import math
import re
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest

from reuptake.calibration.rows import Row
from reuptake.reports.answers.fit import fit_answer
from reuptake.reports.figures import individuals, likelihood
from reuptake.reports.figures.descents import descents
from reuptake.reports.figures.estimates import MOST_CROSSED, correlations, intervals
from reuptake.reports.figures.likelihood import likelihood_profiles
from reuptake.reports.figures.residuals import goodness_of_fit, residuals
from reuptake.reports.figures.style import log_ticks, looks
from unit.reports.linear_fit import linear_fit

SVG = "{http://www.w3.org/2000/svg}"
DRAW = {
    "descents": lambda fit: descents(fit.fitted),
    "goodness of fit": lambda fit: goodness_of_fit(fit.rows),
    "residuals": lambda fit: residuals(fit.rows),
    "correlations": lambda fit: correlations(fit.fitted),
    "intervals": lambda fit: intervals(fit_answer(fit).parameters, fit.fitted.parameters),
    "profiles": likelihood_profiles,
    "curves": lambda fit: individuals.curves(fit.rows),
}
FITS = {
    "usual": linear_fit(),
    "blind": linear_fit(blind=2),
    "one of all": linear_fit(1, 1, people=1),
    "sixty": linear_fit(60, 120, people=20, blind=2),
}


def texts(figure):
    return [element.text or "" for element in ElementTree.fromstring(figure).iter(f"{SVG}text")]


def described(figure):
    return ElementTree.fromstring(figure).find(f"{SVG}desc").text


@pytest.mark.parametrize("draw", DRAW.values(), ids=DRAW)
@pytest.mark.parametrize("fit", FITS.values(), ids=FITS)
def test_figures_are_named_finite_and_repeatable(draw, fit):
    figure = draw(fit)
    if not figure:
        assert draw is DRAW["correlations"]
        assert len(fit.fitted.parameters) == 1
        return
    root = ElementTree.fromstring(figure)
    assert root.get("role") == "img"
    assert described(figure)
    assert not list(root.iter(f"{SVG}image"))
    assert not re.search(r"\b(nan|inf)\b", re.sub(r"<text.*?</text>", "", figure))
    assert draw(fit) == figure


def test_nothing_to_show_is_no_figure():
    fit = linear_fit(profiled=False, times=False)
    assert likelihood_profiles(fit) == ""
    assert individuals.curves(fit.rows) == ""
    assert goodness_of_fit([]) == ""
    assert residuals([]) == ""
    assert intervals([], []) == ""


def test_starts_that_reached_the_best_are_counted_in_words():
    assert "14 of 20 starts ended" in described(descents(linear_fit().fitted))
    assert "not drawn on the left: 1" in described(descents(linear_fit().fitted))
    assert {"converged (17)", "at a bound (1)"} <= set(texts(descents(linear_fit().fitted)))


def test_starts_that_all_failed_are_drawn_all_the_same():
    fit = linear_fit()
    lost = replace(fit.fitted.descents[0], costs=(math.nan,), outcome="not finite")
    assert "0 of 2 starts" in described(descents(replace(fit.fitted, descents=(lost, lost))))


def test_profiles_say_which_side_is_open():
    said = texts(likelihood_profiles(linear_fit(blind=1)))
    assert said.count("← open") == 2
    assert said.count("open →") == 1
    assert "desipramine.cyp2d6.clint" in described(likelihood_profiles(linear_fit(blind=1)))


def test_no_more_profiles_than_a_page_holds():
    figure = likelihood_profiles(linear_fit(60, people=20))
    assert f"the first {likelihood.MOST_PANELS} of 60" in " ".join(texts(figure))


def test_correlations_of_many_are_those_that_are_strongest():
    fit = linear_fit(60, people=20)
    covariance = fit.fitted.covariance.copy()
    covariance[58, 59] = covariance[59, 58] = 0.9 * np.sqrt(covariance[58, 58] * covariance[59, 59])
    figure = correlations(replace(fit.fitted, covariance=covariance))
    names = [fit.fitted.parameters[j].name for j in (58, 59)]
    assert all(name in texts(figure) for name in names)
    assert f"the {MOST_CROSSED} most correlated drawn" in described(figure)
    assert f"{names[0]} and {names[1]} +0.90" in described(figure)


def test_a_parameter_without_a_finite_error_has_no_correlation():
    assert texts(correlations(linear_fit(blind=1).fitted)).count("–") == 3


def test_intervals_name_every_parameter_with_its_number():
    fit = linear_fit(blind=1)
    said = " ".join(texts(DRAW["intervals"](fit)))
    for one in fit_answer(fit).parameters:
        assert one.name in said
    assert "2 (open)" in " ".join(said.split())
    assert "known before (95 %)" in said


def test_a_parameter_below_nought_stands_in_words():
    fit = linear_fit()
    moved = replace(fit.fitted.parameters[0], start=-1.0, low=-9.0, high=9.0, scale="linear")
    parameters = (moved, *fit.fitted.parameters[1:])
    answers = fit_answer(replace(fit, fitted=replace(fit.fitted, parameters=parameters))).parameters
    assert moved.name in texts(intervals(answers, parameters))


def test_predictions_within_two_fold_are_counted_by_unit():
    rows = [
        Row("a", "x", 1.0, 1.5, "ng/mL", 0.1),
        Row("b", "x", 1.0, 3.0, "ng/mL", 0.1),
        Row("b", "y", 2.0, 2.0, "h", 0.1),
        Row("b", "z", 0.0, 2.0, "h", 0.1),
        Row("b", "z", math.nan, 2.0, "h", 0.1),
    ]
    figure = goodness_of_fit(rows)
    assert "holds 2 of 3 rows" in described(figure)
    assert "not drawn: 2 rows" in described(figure)
    assert {"ng/mL (2)", "h (1)"} <= set(texts(figure))


def test_numbers_below_nought_are_drawn_on_even_axes():
    rows = [Row("a", "change", -1.0 + i, -0.9 + i, "mmHg", 0.1 * i) for i in range(2)]
    rows += [Row("a", "change", -3.0, -2.0, "mmHg", math.inf)]
    assert "mmHg (3)" in texts(goodness_of_fit(rows))
    assert "not drawn: 1" in described(residuals(rows))


def test_everybody_beyond_the_first_groups_is_grey():
    found = looks(f"subject {i}" for i in range(20))
    assert len({look for look in found.values()}) == 8
    assert len({marker for _, marker in found.values()}) == 8


def test_curves_are_as_many_as_a_page_holds_and_need_times():
    figure = individuals.curves(linear_fit(people=20).rows)
    assert f"{individuals.MOST_PANELS} of 20 panels" in described(figure)
    assert "subject 12" in texts(figure)
    assert "subject 13" not in texts(figure)


@pytest.mark.parametrize(
    ("low", "high"), [(1.0, 1.03), (0.9, 1.2), (2.1, 4.9), (1.5, 95.0), (0.003, 7e8), (1e-9, 1e-8), (4.0, 400.0)]
)
@pytest.mark.parametrize("most", [4, 7])
def test_an_axis_has_a_few_round_ticks_within_it(low, high, most):
    ticks = log_ticks(low, high, most)
    assert 2 <= len(ticks) <= most
    assert all(low <= tick <= high for tick in ticks)
    assert ticks == sorted(ticks)
