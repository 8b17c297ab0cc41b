"""A population as numbers, as a table of people, and as a figure."""

import csv
import io
import json
from xml.etree import ElementTree

import pytest

from reuptake.evidence.base import packaged
from reuptake.population.recipe import Recipe
from reuptake.qualification.census import census
from reuptake.reports.answers.populations import population_answer
from reuptake.reports.figures.population import population_figure
from reuptake.reports.population import people_table


@pytest.fixture(scope="module")
def found():
    return census(packaged(), Recipe(), 200, 1)


def test_the_answer_is_json_with_recipe_spread_and_comparison(found):
    answer = json.loads(population_answer(found).text())
    assert answer["recipe"] == Recipe().words
    assert answer["covariates"]["height"]["p05"] < answer["covariates"]["height"]["median"]
    assert answer["off"] == sum(not row["agrees"] for row in answer["rows"])
    assert sum(answer["phenotypes"]["CYP2D6"].values()) == pytest.approx(1.0)


def test_the_table_has_a_row_a_person_and_all_that_the_model_is_given(found):
    rows = list(csv.DictReader(io.StringIO(people_table(found))))
    assert [row["subject"] for row in rows] == [str(number) for number in range(1, 201)]
    assert set(found.people.parameters) <= rows[0].keys()
    assert {row["sex"] for row in rows} == {"female", "male"}
    assert float(rows[0]["body.mass"]) == float(rows[0]["weight_kg"])


def test_the_figure_is_whole_and_says_what_it_shows(found):
    text = population_figure(found)
    ElementTree.fromstring(text)
    assert "200 people" in text
    assert "Cardiac output" in text
    assert population_figure(found) == text
