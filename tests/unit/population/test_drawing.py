"""Every subject rolls its own dice."""

import numpy as np
import pytest

from reuptake.evidence.base import packaged
from reuptake.evidence.parameters import resolve
from reuptake.model.assemble import assemble
from reuptake.population.chance import first_normals, generator
from reuptake.population.drawing import draw, varying


@pytest.fixture(scope="module")
def table():
    system = assemble(packaged(), "human", {"imipramine": ["po"]})
    return resolve(packaged(), [(p.name, p.unit) for p in system.parameters], "human")


def test_body_mass_haematocrit_aag_and_every_cytochrome_vary(table):
    assert {
        "body.mass", "blood.haematocrit", "plasma.aag",
        *(f"{enzyme}.abundance" for enzyme in ("cyp1a2", "cyp2c19", "cyp2d6", "cyp3a4")),
    } <= varying(table, packaged(), "human").keys()  # fmt: skip


def test_a_subject_is_the_same_whoever_else_is_drawn(table):
    alone = draw(table, packaged(), "human", [7], 3)
    among = draw(table, packaged(), "human", [1, 7, 2], 3)
    assert all(alone[name][0] == among[name][1] for name in alone)


def test_another_seed_makes_other_subjects(table):
    first, second = (draw(table, packaged(), "human", [1], seed) for seed in (1, 2))
    assert all(first[name][0] != second[name][0] for name in first)


def test_spread_and_median_are_those_of_the_evidence(table):
    drawn = draw(table, packaged(), "human", range(1, 2001), 11)
    for name, cv in varying(table, packaged(), "human").items():
        logs = np.log(drawn[name] / table[name])
        width = np.sqrt(np.log1p(cv**2))
        assert abs(logs.mean()) < 4.5 * width / np.sqrt(2000), name  # 4.5 standard errors of a mean
        assert logs.std() == pytest.approx(width, rel=4.5 / np.sqrt(2 * 2000)), name  # and of a standard deviation


def test_streams_are_pinned_for_ever():
    # A change of this number changes every population ever drawn.
    assert generator(1, 1, "body.mass").standard_normal() == pytest.approx(PINNED, rel=0.0, abs=0.0)


PINNED = -1.0951890073772002


def test_the_fast_way_draws_the_bits_of_the_obvious_one():
    subjects = [*range(1, 400), 999_999, 10**12]
    for stream in ("body.mass", "cyp2d6.abundance"):
        one_by_one = [generator(7, subject, stream).standard_normal() for subject in subjects]
        assert first_normals(7, subjects, stream).tolist() == one_by_one
    assert first_normals(7, [], "body.mass").tolist() == []
