"""A record cannot say what nature does not allow."""

import pytest

from reuptake.evidence.base import packaged
from reuptake.evidence.records import impossible


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("x.sert.kd", -3.0), ("x.sert.kd", 0.0), ("x.fraction_unbound.human", 8.0), ("x.fraction_unbound.human", 0.0),
        ("x.pka", 70.0), ("x.logp", 99.0), ("x.molar_mass", 0.0), ("x.blood_plasma_ratio", -1.0), ("x.cyp2d6.clint", -1.0),
        ("x.fraction_absorbed", 7.0), ("blood.haematocrit", 1.5), ("muscle.flow_fraction.human", 5.0), ("x.aag_share", 1.1),
    ],
)  # fmt: skip
def test_impossible_numbers_are_refused_by_name(name, number):
    assert name in impossible(name, number)


@pytest.mark.parametrize(
    ("name", "number"),
    [("x.logp", -2.0), ("x.pka", 0.0), ("cyp2d6.abundance.human", 0.0), ("x.kp_scale", 8.0), ("x.renal_factor", 3.0)],
)
def test_what_may_be_may_be(name, number):
    assert impossible(name, number) == ""


def test_every_packaged_record_is_possible():
    assert not [record.name for record in packaged().records if impossible(record.name, record.number)]
