"""Subjects of tables as individuals: exact slopes in any order of rows, periods of one subject, and what cannot be."""

from dataclasses import replace

import numpy as np
import pytest

from contracts.cohort import NAMES, TIMES, Cohort
from reuptake.calibration.measured import Levels
from reuptake.calibration.mixed.dosed import Dosed
from reuptake.calibration.parameters import Parameter
from reuptake.calibration.translation import Translation
from reuptake.equations.expression import Graph
from reuptake.errors import InputError
from reuptake.units import unit

ABSORBED = "desipramine.fraction_absorbed.human"


@pytest.fixture(scope="module")
def cohort():
    return Cohort(3)


@pytest.fixture(scope="module")
def people(cohort):
    return cohort.replicate(1)


def dosed(cohort, people, translation=None, **how):
    return Dosed(people, translation or cohort.translation(), cohort.evidence, laboratories=cohort.laboratories, **how)


def places(cohort, rows):
    return np.log(cohort.typical) + np.linspace(-0.3, 0.4, 2 * rows).reshape(rows, 2)


def test_slopes_are_those_of_differences(cohort, people):
    # Records that follow by a formula: the clearance as it is moved, and the partition as the product of both.
    graph = Graph()
    first, second = (
        graph.symbol("parameter", name, unit(text).dimension)
        for name, text in (("clearance", "µL/min/pmol_enzyme"), ("scale", ""))
    )
    clearance, scale = cohort.typical
    parameters = (
        Parameter("clearance", clearance, 1.0, 200.0, "µL/min/pmol_enzyme"), Parameter("scale", scale, 0.5, 50.0),
    )  # fmt: skip
    records = {NAMES[0]: (first, "µL/min/pmol_enzyme"), NAMES[1]: (second * second / graph.number(scale), "")}
    individuals = dosed(cohort, people, Translation(parameters, records), relative=1e-10)
    at, step = places(cohort, 3), 1e-4
    found = individuals.predict([0, 1, 2], at)
    for j in range(2):
        nudge = step * np.eye(2)[j]
        up, down = individuals.predict([0, 1, 2], at + nudge), individuals.predict([0, 1, 2], at - nudge)
        for one, high, low in zip(found, up, down, strict=True):
            exact = (high.values - low.values) / (2.0 * step)
            # Differences err by the square of their step and by the solver's tolerance over it.
            assert one.slopes[:, j] == pytest.approx(exact, abs=1e-5 * np.max(np.abs(exact)))


def test_rows_of_one_subject_in_any_order_are_the_same_to_the_bit(cohort, people):
    individuals, at = dosed(cohort, people), places(cohort, 3)
    once = individuals.predict([0, 1, 2], at)
    mixed = individuals.predict([2, 0, 2, 1], at[[2, 0, 2, 1]])
    for row, subject in zip(mixed, (2, 0, 2, 1), strict=True):
        assert row.values.tobytes() == once[subject].values.tobytes()
        assert row.slopes.tobytes() == once[subject].slopes.tobytes()


def test_periods_of_a_subject_share_its_values(cohort, people):
    periods = [replace(one, name=f"S1, {i}", subject="S1") for i, one in enumerate(people[:2])]
    individuals = dosed(cohort, [periods[0], people[2], periods[1]])
    assert individuals.subjects == ("S1", "S3")
    assert individuals.members == ((0, 2), (1,))
    expected = np.concatenate([people[0].levels[0].values, people[1].levels[0].values])
    assert individuals.observed[0].tolist() == expected.tolist()
    found = individuals.predict([0], places(cohort, 1))[0].values
    assert found.tolist() == [*found[: len(TIMES)]] * 2


def test_a_row_that_cannot_be_is_not_a_number_and_harms_no_other(cohort, people):
    graph = Graph()
    moved = Parameter("share", 0.5, 0.01, 0.99)
    share = graph.symbol("parameter", "share", unit("").dimension)
    individuals = dosed(cohort, people, Translation((moved,), {ABSORBED: (share, "fraction")}))
    at = np.log([[0.5], [1.2], [0.5]])
    good, bad, alone = individuals.predict([0, 1, 0], at)
    assert np.isnan(bad.values).all()
    assert np.isnan(bad.slopes).all()
    assert good.values.tobytes() == alone.values.tobytes()
    assert np.isfinite(good.values).all()
    endless = dosed(cohort, people).predict([0, 1], np.array([[800.0, 0.0], [np.nan, 0.0]]))
    assert all(np.isnan(one.values).all() for one in endless)


def test_levels_below_a_limit_and_before_the_dose_are_refused_together(cohort, people):
    below = replace(people[0], levels=(replace(people[0].levels[0], values=np.array([1.0, np.nan] * 3), limit=0.5),))
    early = replace(people[1], levels=(Levels("plasma.desipramine", np.array([0.0, 4.0]), np.array([3.0, 9.0])),))
    with pytest.raises(InputError) as caught:
        dosed(cohort, [below, early, people[2]])
    told = [problem.render() for problem in caught.value.problems]
    assert len(told) == 2
    assert "S1" in told[0]
    assert "below a limit (here 3)" in told[0]
    assert "S2: plasma.desipramine at 0 h" in told[1]
