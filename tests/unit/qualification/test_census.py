"""Who is counted, and what is called off."""

import math

import pytest

from reuptake.evidence.base import packaged
from reuptake.population.recipe import Range, Recipe
from reuptake.qualification.census import Row, census


@pytest.fixture(scope="module")
def found():
    return census(packaged(), Recipe(), 3000, 2)


def row(**changes):
    usual = dict(quantity="q", group="g", count=50, drawn=1.0, error=0.0, target=1.0, unit="", record="r")
    return Row(**(usual | changes))


def test_a_row_agrees_within_three_errors_or_a_twentieth():
    assert row(drawn=1.049).agrees
    assert not row(drawn=1.051).agrees
    assert row(drawn=1.29, error=0.1).agrees
    assert not row(drawn=1.31, error=0.1).agrees


def test_every_target_is_a_record_or_a_table_of_alleles(found):
    for one in found.rows:
        assert one.record in packaged().in_use or one.record.startswith("alleles/"), one.record
        assert math.isfinite(one.drawn)
        assert math.isfinite(one.error)


def test_what_went_into_the_draw_comes_out_of_it(found):
    assert not [one.quantity for one in found.rows if not one.check and not one.agrees]


def test_checks_that_are_off_are_the_known_ones(found):
    """Tails of body mass are heavier than log-normal, and livers of ICRP lighter than those weighed elsewhere."""
    off = {one.quantity for one in found.rows if not one.agrees}
    assert off <= {"body mass, SD", "BMI, 95th percentile", "BMI, 5th percentile", "liver, mean"}


def test_people_that_the_survey_does_not_speak_of_are_not_held_against_it():
    small = census(packaged(), Recipe(mass=Range(50.0, 60.0)), 60, 1)
    children = census(packaged(), Recipe(ages=Range(6.0, 12.0)), 60, 1)
    assert not any(one.quantity.startswith("height") for one in (*small.rows, *children.rows))


def test_every_person_has_a_phenotype_of_every_gene(found):
    assert {gene: len(names) for gene, names in found.phenotypes.items()} == {"CYP2D6": 3000, "CYP2C19": 3000}
