"""The space in which people stand is the virtual population itself."""

import numpy as np
import pytest

from reuptake.population import people

SUBJECTS = range(1, 31)


def test_people_at_the_numbers_of_a_seed_are_those_that_a_population_draws(clinic):
    variation = clinic.case.variation
    drawn = people.draw(variation.table, variation.evidence, variation.recipe, SUBJECTS, 3).parameters
    placed = variation.people(variation.drawn(3, SUBJECTS))
    assert set(placed) == set(drawn) - {"cyp2d6.activity_score", "cyp2c19.relative_activity"}
    for name, column in placed.items():
        assert column.tolist() == drawn[name].tolist(), name


def test_the_origin_is_the_typical_person(clinic):
    variation = clinic.case.variation
    typical = people.typical(variation.table, variation.evidence, variation.recipe).parameters
    for name, column in variation.people(np.zeros((1, variation.size))).items():
        assert column.tolist() == typical[name].tolist()


def test_genes_and_size_that_are_known_do_not_vary(clinic):
    names = clinic.case.variation.names
    assert {"cyp2d6.abundance", "cyp2c19.abundance", "liver.mass_fraction"} <= set(names)
    assert not {"body.mass", "cyp2d6.activity_score", "tobacco-smoke.exposure"} & set(names)


def test_a_log_normal_parameter_has_its_width_as_slope(clinic):
    variation = clinic.case.variation
    slopes = variation.slopes(np.zeros(variation.size), ["plasma.albumin", "cyp2d6.abundance"])
    for row, cv in zip(slopes, (0.09, 0.4), strict=True):
        assert np.sqrt(np.sum(row**2)) == pytest.approx(np.sqrt(np.log1p(cv**2)), rel=1e-6)


def test_enzymes_that_go_together_share_a_coordinate(clinic):
    variation = clinic.case.variation
    slopes = variation.slopes(np.zeros(variation.size), ["cyp2c19.abundance", "cyp3a4.abundance"])
    together = slopes[0] @ slopes[1] / np.linalg.norm(slopes[0]) / np.linalg.norm(slopes[1])
    assert together == pytest.approx(2.0 * np.sin(np.pi * 0.5 / 6.0), rel=1e-6)
