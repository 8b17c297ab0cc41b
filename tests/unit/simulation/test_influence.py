"""Explaining a number: where it stands, and what it moves."""

import pytest

from reuptake.evidence.base import packaged
from reuptake.simulation.influence import entrances, responses


def test_an_affinity_stands_in_the_load_of_its_target_only():
    places = {entry.where for entry in entrances(packaged(), "imipramine.sert.kd")}
    assert places == {"SERT.load", "output occupancy.SERT.imipramine"}


def test_a_weaker_affinity_lowers_occupancy_and_no_level():
    moved = {r.output: r.percent for r in responses(packaged(), "imipramine.sert.kd", "imipramine")}
    assert moved["mean occupancy of SERT"] < -1.0
    assert moved["mean occupancy of NET"] == pytest.approx(0.0, abs=1e-9)
    assert moved["AUC of imipramine"] == pytest.approx(0.0, abs=1e-9)


def test_more_of_an_enzyme_clears_the_drug_and_makes_the_metabolite():
    moved = {r.output: r.percent for r in responses(packaged(), "cyp2c19.abundance.human", "imipramine")}
    assert moved["AUC of imipramine"] < -1.0 < 0.0 < moved["AUC of desipramine"]
