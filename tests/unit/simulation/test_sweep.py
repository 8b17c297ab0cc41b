"""A sweep is the same simulation row by row."""

import numpy as np
import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.simulation import run
from reuptake.simulation.request import parse_request
from reuptake.simulation.run import plan, prepare
from reuptake.simulation.shards import divided
from reuptake.simulation.sweep import looking_at, sweep


def asked(**words):
    return parse_request(packaged(), "imipramine", **{"dose": "50 mg", "duration": "1 d", "threads": 2, **words})


def test_each_row_has_the_bits_of_a_simulation_with_those_values(real_laboratory):
    rows = {"imipramine.sert.kd": [1.0, 3.0, 9.0], "body.mass.human": [50.0, 73.0, 120.0]}
    request = asked(dose="1 mg/kg")
    found = sweep(request, real_laboratory, {name: np.array(column) for name, column in rows.items()})
    for i in range(3):
        settings = [f"{name}={column[i]!r}" for name, column in rows.items()]
        one = plan(asked(dose="1 mg/kg", settings=settings), packaged(), real_laboratory).measures()
        for name, column in one.columns.items():
            assert np.array_equal(found.columns[name][i : i + 1], column, equal_nan=True), name


def test_a_typical_person_and_what_is_set_hold_for_every_row(real_laboratory):
    request = asked(population={"sex": "female"}, settings=["imipramine.cyp2d6.clint=10"])
    found = sweep(request, real_laboratory, {"imipramine.sert.kd": np.array([1.4, 1.4])})
    one = plan(request, packaged(), real_laboratory).measures()
    assert found.columns["plasma.imipramine.cmax"] == pytest.approx(one.columns["plasma.imipramine.cmax"][0], rel=1e-12)


def test_curves_that_nobody_asks_for_change_no_bit(real_laboratory):
    names = ["occupancy.SERT.mean", "plasma.desipramine.cmax"]
    rows = {"cyp2d6.abundance": np.array([5.0, 20.0])}
    few = sweep(asked(), looking_at(real_laboratory, names, "llvm"), rows)
    every = sweep(asked(), real_laboratory, rows)
    assert len(few.columns) < len(every.columns) / 5
    for name in names:
        assert np.array_equal(few.columns[name], every.columns[name])


def test_rows_that_fail_are_outcomes_and_told(pretend):
    pretend.kernel.fails = 100.0
    found = sweep(asked(), pretend, {"body.mass": np.array([80.0, 120.0, 90.0])})
    assert [outcome.solved for outcome in found.outcomes] == [True, False, True]
    assert np.isnan(found.columns["plasma.imipramine.cmax"][1])


def test_rows_are_integrated_part_by_part(pretend, monkeypatch):
    request, told = asked(), []
    masses = np.linspace(60.0, 90.0, 40)
    whole = sweep(request, pretend, {"body.mass": masses})
    monkeypatch.setattr(run, "divided", lambda size, each: divided(size, each, 16 * each))
    parts = sweep(request, pretend, {"body.mass": masses}, progress=lambda *now: told.append(now))
    assert told[-1] == (40, 40)
    assert np.array_equal(whole.columns["plasma.imipramine.cmax"], parts.columns["plasma.imipramine.cmax"])


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ({"nobody": [1.0]}, "no parameter 'nobody'"),
        ({"imipramine.fraction_unbound": [0.5, 1.2]}, "cannot pass one"),
        ({"imipramine.sert.kd": [0.0]}, "above zero"),
        ({"body.mass": [float("nan")]}, "finite"),
        ({"body.mass": []}, "rows"),
    ],
)
def test_values_that_cannot_be_are_refused(real_laboratory, rows, complaint):
    with pytest.raises(InputError, match=complaint):
        sweep(asked(), real_laboratory, {name: np.array(column) for name, column in rows.items()})


def test_columns_belong_together(real_laboratory):
    with pytest.raises(ValueError, match="same length"):
        sweep(asked(), real_laboratory, {"body.mass": np.ones(2), "imipramine.sert.kd": np.ones(3)})
    with pytest.raises(ValueError, match="one subject"):
        sweep(asked(subjects=2), real_laboratory, {"body.mass": np.ones(2)})


def test_a_laboratory_is_made_for_the_doors_of_the_request():
    request = asked(route="iv")
    found = sweep(request, prepare(packaged(), "human", request.doors), {"body.mass": np.array([60.0, 80.0])})
    assert found.columns["plasma.imipramine.cmax"][0] > found.columns["plasma.imipramine.cmax"][1]
