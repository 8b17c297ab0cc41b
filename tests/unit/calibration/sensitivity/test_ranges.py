"""Ranges are those that the evidence tells, and stay within what nature allows."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.calibration.sensitivity.ranges import LogNormal, LogUniform, Normal, Uniform, factors
from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.evidence.records import impossible
from reuptake.simulation.run import prepare

NORMAL_95 = 1.6448536269514722  # the 95th per cent of a standard normal number


@pytest.fixture(scope="module")
def table():
    return prepare(packaged(), "human", {"imipramine": ["po"]}).table


def found(table, *names, width=1.5):
    return {factor.name: factor for factor in factors(table, packaged(), "human", names, width)}


def test_quantiles_are_the_closed_ones():
    width = math.sqrt(math.log1p(0.4**2))
    assert LogNormal(2.0, 0.4).ends == pytest.approx(
        (2 * math.exp(-NORMAL_95 * width), 2 * math.exp(NORMAL_95 * width))
    )
    assert Normal(2.0, 0.4).ends == pytest.approx((2.0 - NORMAL_95 * 0.4, 2.0 + NORMAL_95 * 0.4))
    assert Uniform(1.0, 3.0).ends == pytest.approx((1.1, 2.9))
    assert LogUniform(1.0, 10.0).ends == pytest.approx((10**0.05, 10**0.95))


@given(st.floats(0.05, 0.99), st.floats(0.1, 2.0))
def test_a_cut_distribution_stays_within_its_bounds_and_rises(median, cv):
    values = LogNormal(median, cv, (0.0, 1.0)).quantiles(np.linspace(0.0, 1.0, 41))
    assert np.all((values > 0.0) & (values <= 1.0))
    assert np.all(np.diff(values) >= 0.0)


def test_all_that_tells_a_spread_is_varied_and_nothing_else(table):
    everyone = found(table)
    for name, record in zip(table.names, table.records, strict=True):
        differs = packaged().find(f"{name}.between_subject_cv", "human") is not None
        assert (name in everyone) == (record.spread is not None or differs), name


def test_every_range_holds_its_number_and_nothing_impossible(table):
    shares = np.linspace(0.0, 1.0, 101)
    for name, factor in found(table, *(n for n, v in zip(table.names, table.values, strict=True) if v)).items():
        values = factor.range.quantiles(shares)
        assert values[0] <= factor.number <= values[-1], name
        assert not any(impossible(table.record(name).name, float(value)) for value in (values[0], values[-1])), name


def test_ranges_are_of_the_kind_that_the_record_tells(table):
    chosen = found(table, "imipramine.sert.kd", "imipramine.cyp2d6.km", "sert.in_vivo_scale", "body.mass.human", "imipramine.pka",
                   "liver.density", width=2.0)  # fmt: skip
    assert chosen["imipramine.sert.kd"].range == LogNormal(1.4, 0.6)
    assert chosen["imipramine.cyp2d6.km"].range == LogUniform(0.1, 5.0)  # fiftyfold
    assert chosen["sert.in_vivo_scale"].range == Uniform(4.0, 6.0)
    assert chosen["body.mass"].origin == "between subjects"
    assert chosen["liver.density"].range == LogUniform(1.05 / 2.0, 2.1)
    assert chosen["imipramine.pka"].range == Uniform(9.2 - math.log10(2.0), 9.2 + math.log10(2.0))
    assert chosen["imipramine.pka"].origin == "factor"


def test_what_the_user_has_set_is_held_unless_it_is_named():
    laboratory = prepare(packaged(), "human", {"imipramine": ["po"]}).under({"imipramine.sert.kd": 3.0})
    assert "imipramine.sert.kd" not in found(laboratory.table)
    assert found(laboratory.table, "imipramine.sert.kd")["imipramine.sert.kd"].range == LogNormal(3.0, 0.6)


def test_every_name_that_cannot_be_varied_is_told_at_once(table):
    with pytest.raises(InputError) as caught:
        found(table, "imipramine.sert.dk", "tobacco-smoke.exposure", "body.mass", "body.mass.human")
    told = str(caught.value)
    for part in ("no parameter 'imipramine.sert.dk'", "did you mean", "which no factor moves", "named twice"):
        assert part in told
