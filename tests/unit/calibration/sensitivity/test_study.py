"""A study of sensitivity: who is varied, what is left out and told, the same bits every time, clear errors."""

import csv
import io

import numpy as np
import pytest

from reuptake.calibration.sensitivity.study import sensitivity
from reuptake.errors import InputError

SHORT = {"dose": "50 mg", "duration": "2 d", "threads": 1}
FEW = {"parameters": ["cyp2d6.abundance", "imipramine.fraction_unbound", "imipramine.h1.kd"]}


@pytest.fixture(scope="module")
def local():
    return sensitivity("imipramine", **SHORT)


def test_area_peak_and_occupancy_are_read_unless_others_are_named(local):
    assert [name.rpartition(".")[0] for name in local.outputs] == [
        "plasma.imipramine", "plasma.imipramine", "plasma.desipramine", "plasma.desipramine", "occupancy.SERT", "occupancy.NET",
    ]  # fmt: skip
    course = sensitivity("desipramine", dose="50 mg", every="24h", duration="3 d", threads=1)
    assert course.outputs[:3:2] == ("plasma.desipramine.auc_tau", "plasma.2-hydroxydesipramine.auc_tau")


def test_what_moves_nothing_is_listed_and_left_out(local):
    assert "imipramine.h1.kd" in local.idle
    assert not set(local.idle) & {factor.name for factor in local.factors}
    assert len(local.idle) + len(local.factors) == 87
    assert any("87 parameters" in note for note in local.notes)


def test_swings_are_simulations_at_the_ends_of_the_ranges(local):
    from reuptake.simulation.run import simulate

    j = next(i for i, factor in enumerate(local.factors) if factor.name == "imipramine.sert.kd")
    low, _ = local.factors[j].range.ends
    told = simulate("imipramine", dose="50 mg", duration="2 d", settings=[f"imipramine.sert.kd={low!r}"]).summary()
    place = local.outputs.index("occupancy.SERT.mean")
    assert local.swings.low[place, j] == pytest.approx(told["occupancy"]["SERT"]["mean"]["median"], rel=1e-6)


def test_parameters_of_small_account_are_held_where_nobody_named_them():
    found = sensitivity("imipramine", method="morris", samples=4, outputs=["occupancy.SERT.mean"], **SHORT)
    names = {factor.name for factor in found.factors}
    assert "imipramine.sert.kd" in names
    assert len(names) + len(found.held) + len(found.idle) == 87
    assert found.held
    assert found.rows == 4 * (len(names) + 1)
    asked = sensitivity(
        "imipramine", method="morris", samples=4, outputs=["occupancy.SERT.mean"],
        parameters=["imipramine.sert.kd", found.held[0]], **SHORT,
    )  # fmt: skip
    assert [factor.name for factor in asked.factors] == ["imipramine.sert.kd", found.held[0]]


@pytest.mark.parametrize(("method", "samples"), [("local", None), ("morris", 6), ("sobol", 16)])
def test_threads_and_repetition_change_no_bit(method, samples):
    words = {"method": method, "samples": samples, "seed": 5, **FEW, "dose": "50 mg", "duration": "1 d"}
    one, two = (sensitivity("imipramine", threads=threads, **words) for threads in (1, 2))
    assert one.to_csv() == two.to_csv()
    for name, column in one.effects.columns.items():
        assert np.array_equal(column, two.effects.columns[name], equal_nan=True)


def test_shares_of_variance_of_a_fraction_absorbed_and_a_potency_are_those_of_their_ranges():
    """Far from saturation ln AUC is ln F and a constant: all of its variance is that of F."""
    found = sensitivity(
        "desipramine", dose="0.01 mg", method="sobol", samples=256, outputs=["plasma.desipramine.auc_last"],
        parameters=["desipramine.fraction_absorbed", "desipramine.net.kd"], threads=1, duration="2 d",
    )  # fmt: skip
    assert [factor.name for factor in found.factors] == ["desipramine.fraction_absorbed"]
    assert found.idle == ("desipramine.net.kd",)
    assert found.effects.columns["total"][0] == pytest.approx([1.0], abs=0.02)


def test_the_table_has_a_line_for_each_output_and_parameter(local):
    rows = list(csv.DictReader(io.StringIO(local.to_csv())))
    assert len(rows) == len(local.outputs) * len(local.factors)
    first = [abs(float(row["elasticity"])) for row in rows[: len(local.factors)] if row["elasticity"]]
    assert first == sorted(first, reverse=True)
    assert {row["status"] for row in rows} >= {"measured", "assumed"}


def test_what_has_no_elasticity_is_told():
    found = sensitivity("imipramine", outputs=["plasma.imipramine.cmin", "plasma.imipramine.cmax"], **FEW, **SHORT)
    assert np.isnan(found.effects.columns["elasticity"][0]).all()
    (told,) = [note for note in found.notes if note.startswith("plasma.imipramine.cmin")]
    assert "no elasticity to 2 parameters" in told


def test_progress_counts_the_runs_of_the_method():
    told = []
    found = sensitivity(
        "imipramine", method="morris", samples=3, progress=lambda *now: told.append(now), **FEW, **SHORT
    )
    assert told[-1] == (found.rows, found.rows)


@pytest.mark.parametrize(
    ("words", "complaints"),
    [
        ({"method": "sobl", "width": 0.5, "dose": "50"}, ("--method", "--range", "--dose")),
        ({"method": "sobol", "samples": 100}, ("take 64 or 128",)),
        ({"method": "local", "samples": 8}, ("takes no samples",)),
        ({"method": "morris", "samples": 1}, ("two samples or more",)),
        ({"method": "morris", "samples": 10**6}, ("--samples", "runs are the most")),
        ({"outputs": ["plasma.imipramine.auc"], "parameters": ["nobody"]}, ("--output", "--parameter")),
        ({"outputs": ["plasma.imipramine.tmax"]}, ("moves in steps",)),
        ({"outputs": ["plasma.desipramine.half_life"], "duration": "3 h"}, ("cannot be told", "--for")),
        ({"outputs": ["occupancy.SERT.mean"] * 2}, ("named twice",)),
        ({"parameters": ["imipramine.h1.kd"]}, ("no parameter moves any of these outputs",)),
    ],
)
def test_mistakes_are_told_all_at_once_with_a_remedy(words, complaints):
    with pytest.raises(InputError) as caught:
        sensitivity("imipramine", **{**SHORT, **words})
    for complaint in complaints:
        assert complaint in str(caught.value)
