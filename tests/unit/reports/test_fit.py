"""A fit is told whole: every parameter, row and note, what the data cannot tell first, and nothing that JSON cannot hold."""

import csv
import io
import json
import re
from dataclasses import replace
from html import unescape

import numpy as np
import pytest

from reuptake.calibration.rows import Row
from reuptake.reports.answers.fit import fit_answer
from reuptake.reports.fit import MOST_ROWS, convergence, doubts, files, fit_page, misfit, worst
from reuptake.reports.tables import interval_text
from unit.reports.linear_fit import linear_fit
from unit.reports.reading import Page, words

FITS = {
    "usual": linear_fit(),
    "blind": linear_fit(blind=1),
    "one of all": linear_fit(1, 1, people=1, profiled=False),
    "studies": linear_fit(6, 30, people=9, times=False),
    "sixty": linear_fit(60, people=20, blind=2),
}


@pytest.fixture(params=FITS, scope="module")
def found(request):
    return FITS[request.param]


@pytest.fixture(scope="module")
def made(found):
    """Files of a fit, made once."""
    return files(found)


def test_json_has_no_number_that_is_none(found):
    told = json.loads(fit_answer(found).text(), parse_constant=lambda word: pytest.fail(word))
    assert told["fit"] == found.name
    assert len(told["rows"]) == len(found.rows)
    assert [one["name"] for one in told["parameters"]] == [one.name for one in found.fitted.parameters]


def test_what_is_null_has_a_note():
    fit = linear_fit(blind=1)
    rows = (replace(fit.rows[0], predicted=float("nan"), residual=float("inf")), *fit.rows[1:])
    told = fit_answer(replace(fit, rows=rows, fold_error=float("inf")))
    assert told.rows[0].predicted is None
    assert told.rows[0].residual is None
    assert told.fold_error is None
    for kind in ("predicted", "residual", "fold_error", "log_error", "final cost", "95 % interval"):
        assert any(note.startswith(kind) for note in told.notes), kind


def test_values_and_errors_of_the_linear_model_are_told_as_they_are():
    fit = linear_fit()
    for one, value, error in zip(fit_answer(fit).parameters, fit.fitted.values, fit.fitted.errors, strict=True):
        assert one.value == pytest.approx(value)
        assert one.log_error == pytest.approx(error)
        assert one.low < one.value < one.high


def test_a_moved_quantity_that_is_no_record_is_not_listed_as_one():
    told = fit_answer(linear_fit())
    assert [one.name for one in told.records] == ["imipramine.cyp2c19.clint", "imipramine.half_life.human"]
    assert {one.status for one in told.records} == {"fitted", "derived"}


def test_nuisances_are_left_out_of_parameters_and_correlations():
    fit = linear_fit()
    hidden = replace(fit.fitted.parameters[0], nuisance=True)
    covariance = fit.fitted.covariance.copy()
    covariance[0, 1] = covariance[1, 0] = 0.99 * np.sqrt(covariance[0, 0] * covariance[1, 1])
    covariance[2, 3] = covariance[3, 2] = -0.8 * np.sqrt(covariance[2, 2] * covariance[3, 3])
    parameters = (hidden, *fit.fitted.parameters[1:])
    told = fit_answer(replace(fit, fitted=replace(fit.fitted, parameters=parameters, covariance=covariance)))
    assert hidden.name not in [one.name for one in told.parameters]
    assert [(pair.a, pair.b) for pair in told.correlations] == [(parameters[2].name, parameters[3].name)]
    assert told.correlations[0].r == pytest.approx(-0.8)


def test_starts_at_the_best_cost_are_counted():
    assert fit_answer(linear_fit(starts=20)).converged == 14
    assert convergence(fit_answer(linear_fit(starts=20))).startswith("14 of 20 starts reached")
    assert "one start only" in convergence(fit_answer(linear_fit(starts=1)))
    fit = linear_fit(starts=20)
    lonely = replace(fit, fitted=replace(fit.fitted, descents=(fit.fitted.descents[0], *fit.fitted.descents[14:])))
    assert "try more starts" in convergence(fit_answer(lonely))
    best = replace(fit.fitted.descents[0], costs=(np.nan,))
    lost = replace(fit, fitted=replace(fit.fitted, descents=(best, *fit.fitted.descents[1:])))
    assert "no finite cost" in convergence(fit_answer(lost))


def test_doubts_begin_with_what_is_not_told_at_all():
    said = doubts(fit_answer(linear_fit(blind=1)))
    assert said[0].startswith("imipramine.kp_scale.human is not told")
    assert said[1].startswith("desipramine.cyp2d6.clint is hardly told")
    assert len(said) == 2
    unjudged = doubts(fit_answer(replace(linear_fit(), verdicts=())))
    assert len(unjudged) == 4
    assert all(doubt.endswith("was not judged.") for doubt in unjudged)


def test_a_value_at_its_bound_is_a_doubt():
    fit = linear_fit()
    value = replace(fit.values[0], number=199.9)
    assert any("lies at a bound" in said for said in doubts(fit_answer(replace(fit, values=(value, *fit.values[1:])))))


def test_too_large_residuals_are_said():
    fit = linear_fit()
    assert misfit(fit_answer(replace(fit, fitted=replace(fit.fitted, inflation=1.0)))) == ""
    assert "2.00 times" in misfit(fit_answer(replace(fit, fitted=replace(fit.fitted, inflation=4.0))))


def test_the_worst_rows_come_first():
    fit = linear_fit()
    sizes = [abs(row.residual) for row in worst(fit_answer(fit), 5)]
    assert sizes == sorted((abs(row.residual) for row in fit.rows), reverse=True)[:5]


def test_an_open_end_is_said():
    assert interval_text(None, None) == "open"
    assert interval_text(None, 2.345) == "open to 2.35"
    assert interval_text(-1.0, 2.0) == "-1 to 2"


def test_the_page_is_whole_and_needs_nothing_beside_it(made):
    page = Page(made["report.html"])
    identifiers = [given["id"] for _, given in page.found if "id" in given]
    assert page.open == []
    assert len(identifiers) == len(set(identifiers))
    links = [given[key] for _, given in page.found for key in ("href", "xlink:href", "src") if key in given]
    assert all(link.startswith("#") and link[1:] in identifiers for link in links)


def test_the_page_has_every_parameter_row_effect_and_note(found, made):
    page = made["report.html"]
    read = words(page)
    for name in [one.name for one in found.fitted.parameters] + [row.group for row in found.rows]:
        assert name in read
    for text in (*found.notes, *found.effects, *(verdict.reason for verdict in found.verdicts)):
        assert text in read
    assert page.count("<tr><td>") == len(found.rows)
    assert read.count("Research use only.") == 3  # at the top, among the notes, at the bottom
    assert "nan" not in read
    assert all("<caption>" in table and 'scope="' in table for table in re.findall(r"<table.*?</table>", page, re.S))


def test_a_user_s_words_are_shown_and_never_obeyed():
    fit, bad = linear_fit(), "<script>alert(1)</script>$x^2$"
    first = replace(fit.fitted.parameters[0], name=bad, unit=bad)
    page = fit_page(
        replace(
            fit, name=bad, fitted=replace(fit.fitted, parameters=(first, *fit.fitted.parameters[1:])), notes=(bad,),
            rows=(replace(fit.rows[0], group=bad, label=bad, unit=bad), *fit.rows[1:]), profiles={},
        )
    )  # fmt: skip
    assert "<script" not in page
    assert bad in unescape(page)


def test_very_many_rows_are_left_to_the_table():
    fit = linear_fit()
    many = tuple(replace(fit.rows[0], residual=0.001 * i) for i in range(MOST_ROWS + 100))
    page = fit_page(replace(fit, rows=many))
    assert page.count("<tr><td>") == MOST_ROWS
    assert f"{MOST_ROWS} rows of {MOST_ROWS + 100}" in words(page)


def test_files_repeat_their_bytes_and_the_table_has_every_row(found, made):
    assert made == files(found)
    assert {"fit.json", "rows.csv", "report.html", "starts.svg", "parameters.svg"} <= set(made)
    assert ("profiles.svg" in made) == bool(found.profiles)
    rows = list(csv.DictReader(io.StringIO(made["rows.csv"])))
    assert [row["group"] for row in rows] == [row.group for row in found.rows]
    assert float(rows[-1]["predicted"]) == pytest.approx(found.rows[-1].predicted, rel=1e-5)


def test_a_fit_that_explains_nothing_still_has_its_page():
    fit = linear_fit()
    lost = Row("somebody", "level", 1.0, float("nan"), "ng/mL", float("nan"))
    page = fit_page(replace(fit, rows=(lost,), effects={}, profiles={}, notes=(), verdicts=()))
    assert "somebody" in words(page)
    assert "None were fitted" in words(page)
