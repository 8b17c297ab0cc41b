"""What is told of one person: estimates beside the typical ones, levels, forecasts, and a figure of all of it."""

import json
import math
from xml.etree import ElementTree

import numpy as np
import pytest

from reuptake.calibration.individual import Curve, Estimate, Forecast, Individual, Level
from reuptake.reports.answers.individual import individual_answer
from reuptake.reports.figures.individuals import individual

SVG = "{http://www.w3.org/2000/svg}"
TIMES = np.linspace(0.0, 48.0, 97)


def somebody(**more):
    shape = np.exp(-0.05 * TIMES)
    fields = {
        "name": "patient <7>",
        "parameters": (Estimate("imipramine.clearance", 60.0, 35.0, 25.0, 49.0, "L/h", 0.2),),
        "levels": (Level(12.0, "imipramine", 41.0, 44.0, "ng/mL"), Level(36.0, "desipramine", 80.0, 71.0, "ng/mL")),
        "curves": tuple(Curve(analyte, "ng/mL", TIMES, 80.0 * shape, 60.0 * shape, 110.0 * shape, 50.0 * shape)
                        for analyte in ("imipramine", "desipramine")),
        "forecasts": (Forecast("75 mg", "24 h", "imipramine", "ng/mL", (50.0, 40.0, 63.0), (30.0, 21.0, 41.0),
                               (90.0, 70.0, 120.0), ((24.0, (31.0, 22.0, 42.0)),)),),
        "doses": (0.0, 24.0), "notes": ("The first level was drawn during absorption.",),
    }  # fmt: skip
    return Individual(**(fields | more))


def test_the_answer_holds_what_was_told():
    told = json.loads(individual_answer(somebody()).text())
    assert told["analytes"] == ["imipramine", "desipramine"]
    assert told["parameters"][0]["shrinkage"] == pytest.approx(0.2)
    assert told["levels"][1] == {
        "time": 36.0, "analyte": "desipramine", "observed": 80.0, "predicted": 71.0, "unit": "ng/mL",
        "band": None, "population": None, "z": None,
    }  # fmt: skip
    forecast = told["predictions"][0]
    assert forecast["cavg"] == {"median": 50.0, "p05": 40.0, "p95": 63.0, "unit": "ng/mL"}
    assert forecast["at"][0]["time"] == 24.0
    assert somebody().notes[0] in told["notes"]


def test_what_is_not_finite_is_null_with_a_note():
    blind = (Estimate("imipramine.lag", 0.5, 0.5, math.nan, math.inf, "h"),)
    lost = (Forecast("75 mg", "24 h", "imipramine", "ng/mL", (math.nan,) * 3, (1.0,) * 3, (2.0,) * 3),)
    told = individual_answer(somebody(parameters=blind, forecasts=lost))
    json.loads(told.text(), parse_constant=lambda word: pytest.fail(word))
    assert told.parameters[0].low is None
    assert told.predictions[0].cavg is None
    assert told.predictions[0].cmin.median == 1.0
    assert any(note.startswith("low of imipramine.lag") for note in told.notes)
    assert any(note.startswith("cavg of imipramine, 75 mg every 24 h") for note in told.notes)


def test_the_figure_has_a_panel_for_each_analyte_and_repeats_its_bytes():
    figure = individual(somebody())
    root = ElementTree.fromstring(figure)
    said = {element.text for element in root.iter(f"{SVG}text")}
    assert {"imipramine", "desipramine", "measured", "typical person", "Levels of patient <7>"} <= said
    assert "1 measured level" in root.find(f"{SVG}desc").text
    assert individual(somebody()) == figure
    assert individual(somebody(curves=())) == ""


def test_a_person_without_levels_still_has_curves():
    assert "0 measured levels" in individual(somebody(levels=(), doses=()))
