"""Every parameter has a record; what is missing is told all at once."""

import numpy as np
import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.evidence.parameters import resolve

NEEDED = [("body.mass", "kg_body"), ("imipramine.sert.kd", "nmol/L")]


def test_values_are_canonical_and_remember_their_records():
    table = resolve(packaged(), [*NEEDED, ("imipramine.cyp2d6.km", "nmol/L")], "human")
    assert table["imipramine.cyp2d6.km"] == packaged().record("imipramine.cyp2d6.km").number * 1000.0  # µmol/L
    assert table.record("body.mass").name == "body.mass.human"


def test_all_that_is_missing_or_misfits_is_told_at_once():
    with pytest.raises(InputError) as caught:
        resolve(packaged(), [("body.mas", "kg_body"), ("body.mass", "L"), *NEEDED], "human", {"body.heigt": 1.0})
    assert len(caught.value.problems) == 3


def test_a_setting_replaces_a_value_in_the_unit_of_its_record():
    table = resolve(packaged(), NEEDED, "human", {"body.mass.human": 90.0})
    assert table["body.mass"] == 90.0
    assert table.overridden == {"body.mass": 90.0}


def test_drawn_columns_take_their_places():
    table = resolve(packaged(), NEEDED, "human")
    matrix = table.matrix({"body.mass": np.array([50.0, 60.0])}, 2)
    assert matrix.tolist() == [[50.0, 1.4], [60.0, 1.4]]
