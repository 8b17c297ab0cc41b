"""Page and figures of the qualification show every row, repeat their bytes, and say in words what they draw."""

from xml.etree import ElementTree

import pytest

from reuptake.qualification.folds import guest_limits, tightest_band
from reuptake.reports.answers.validation import ComparedAnswer
from reuptake.reports.figures.qualification import forest, goodness_of_fit, interactions, quantity_text
from reuptake.reports.qualification import misses
from reuptake.reports.tables import three_digits

SVG = "{http://www.w3.org/2000/svg}"


def row(observed=10.0, ratio=1.0, quantity="cmax", unit="ng/mL", against=None, **more):
    limits = guest_limits(observed) if against else None
    fields = {
        "study": "someone1999", "role": "validation", "domain": "exposure", "compound": "desipramine", "arm": "po", "analyte": "desipramine",
        "quantity": quantity, "relative_to": against, "relative_to_analyte": None, "observed": observed, "predicted": observed * ratio,
        "ratio": ratio, "unit": unit, "n": 8, "within": tightest_band(ratio), "because": "",
        "guest_low": limits.low if limits else None, "guest_high": limits.high if limits else None,
        "within_guest": limits.hold(observed * ratio) if limits else None,
    }  # fmt: skip
    return ComparedAnswer(**(fields | more))


ROWS = [
    row(ratio=1.1),
    row(ratio=3.0, quantity="auc_inf", unit="ng*h/mL", study="missed1999"),
    row(ratio=0.8, quantity="clearance", unit="mL/min", role="calibration", domain="disposition"),
    row(ratio=0.8, quantity="volume_steady_state", unit="L/kg_body", role="information", domain="disposition"),
    row(observed=4.0, ratio=0.9, quantity="auc_inf", unit="fraction", against="po", arm="with", domain="interaction"),
    row(
        observed=4.0,
        ratio=0.3,
        quantity="auc_inf",
        unit="fraction",
        against="po",
        arm="with",
        study="apart1999",
        domain="interaction",
    ),
]


def described(figure):
    return ElementTree.fromstring(figure).find(f"{SVG}desc").text


def texts(figure):
    return {element.text for element in ElementTree.fromstring(figure).iter(f"{SVG}text")}


@pytest.mark.parametrize("figure", [forest, goodness_of_fit, interactions])
def test_figures_repeat_their_bytes_and_nothing_gives_nothing(figure):
    assert figure(ROWS) == figure(ROWS)
    assert described(figure(ROWS))
    assert figure([]) == ""


def test_the_forest_has_a_line_for_every_row_by_domain():
    said = texts(forest(ROWS))
    assert {"Exposure (2)", "Disposition (2)", "Interaction (2)", "missed1999"} <= said
    assert "with: AUC∞ of desipramine against po" in said


def test_words_tell_the_misses():
    told = described(forest(ROWS))
    assert "missed1999 po auc_inf" in told
    assert "apart1999" in told
    assert "None lies outside" in described(forest(ROWS[:1]))


def test_what_fits_no_panel_is_counted():
    assert any("1 rows in other units" in (text or "") for text in texts(goodness_of_fit(ROWS)))


def test_an_interaction_outside_the_limits_is_named():
    figure = interactions(ROWS)
    assert "apart1999: AUC∞ of desipramine" in texts(figure)
    assert "1 of them lie within" in described(figure)
    assert interactions(ROWS[:3]) == ""


def test_misses_come_farthest_first():
    assert [missed.study for missed in misses(ROWS)] == ["apart1999", "missed1999"]


def test_numbers_keep_three_digits_and_no_exponent():
    assert [three_digits(number) for number in (4649.0, 0.27149, 12.0, 1e6)] == ["4650", "0.271", "12", "1000000"]


def test_a_quantity_says_what_it_is_relative_to():
    assert (
        quantity_text(row(quantity="auc_inf", relative_to_analyte="imipramine"))
        == "AUC∞ of desipramine over imipramine"
    )
