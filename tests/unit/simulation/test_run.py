"""One run: windows, several regimens, and answers that do not depend on how long one looks."""

import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from reuptake.dosing.regimens import Regimen
from reuptake.errors import InputError
from reuptake.evidence.base import load, packaged
from reuptake.simulation.request import parse_request
from reuptake.simulation.run import plan, run, simulate, stream
from reuptake.simulation.shards import divided
from reuptake.units import quantity


@pytest.mark.parametrize("compound", ["imipramine", "desipramine"])
def test_half_life_and_area_do_not_depend_on_how_long_one_looks(compound):
    """Beyond some weeks nothing is left but the solver's dust, which must not be read as a terminal phase."""
    found = [
        simulate(compound, dose="50 mg", duration=f"{days} d").summary()["analytes"][compound]
        for days in (10, 25, 31, 60)
    ]
    for measure in ("half_life", "auc_inf"):
        values = [level[measure]["median"] for level in found]
        assert values == pytest.approx([values[-1]] * 4, rel=0.01), measure  # the last points before 1e-5 of the peak


def test_an_infusion_cut_short_counts_as_far_as_it_ran():
    course = simulate("imipramine", dose="50 mg", route="iv-infusion", infuse_over="48 h", duration="24 h").summary()
    whole = simulate("imipramine", dose="50 mg", route="iv-infusion", infuse_over="12 h", duration="24 h").summary()
    balance = course["mass_balance"]
    assert balance["recovered"] == pytest.approx(balance["dosed"], rel=1e-6)
    assert balance["dosed"] == pytest.approx(whole["mass_balance"]["dosed"] / 2.0, rel=1e-9)


def test_an_intravenous_bolus_peaks_at_once_and_falls():
    course = simulate("imipramine", dose="12.5 mg", route="iv")
    level = course.curve("plasma.imipramine")[0]
    assert course.times[level.argmax()] < 0.1
    assert course.curve("plasma.imipramine")[0][course.times >= 0.1].argmax() == 0


def test_two_compounds_given_together_are_counted_apart_and_share_their_targets():
    request = parse_request(packaged(), "imipramine", dose="50 mg", duration="2 d")
    beside = Regimen.single("desipramine", "iv", quantity("25 mg", example=""))
    both = run(replace(request, regimens=(*request.regimens, beside)), packaged())
    alone = run(request, packaged())
    assert set(both.dosed) == {"imipramine", "desipramine"}
    assert both.dosed["imipramine"] == alone.dosed["imipramine"]
    balance = both.summary()["mass_balance"]
    assert balance["recovered"] == pytest.approx(balance["dosed"], rel=1e-6)
    assert both.summary()["occupancy"]["NET"]["mean"]["median"] > alone.summary()["occupancy"]["NET"]["mean"]["median"]


def test_two_courses_of_one_compound_add_up_even_if_alike():
    request = parse_request(packaged(), "imipramine", dose="50 mg", duration="2 d")
    twice = run(replace(request, regimens=(*request.regimens, *request.regimens)), packaged())
    once = run(request, packaged())
    assert twice.dosed["imipramine"] == pytest.approx(2.0 * once.dosed["imipramine"], rel=1e-12)
    balance = twice.summary()["mass_balance"]
    assert balance["recovered"] == pytest.approx(balance["dosed"], rel=1e-6)


def test_a_run_on_a_users_compound_carries_its_file(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(COMPLETE, encoding="utf-8")
    course = simulate("testamine", dose="10 mg", evidence=load([path]))
    assert course.provenance["compound_files"] == {"testamine": COMPLETE}
    assert course.summary()["occupancy"]["SERT"]["max"]["median"] > 0.0


COMPLETE = """compound: testamine
title: Testamine
pathways:
  - {enzyme: CYP2D6, reaction: hydroxylation}
values:
  - {name: testamine.molar_mass, number: 300, unit: g/mol, status: assumed, because: made up for a test}
  - {name: testamine.pka, number: 9, unit: "", status: assumed, because: made up for a test}
  - {name: testamine.logp, number: 3, unit: "", status: assumed, because: made up for a test}
  - {name: testamine.fraction_unbound, number: 0.1, unit: fraction, status: assumed, because: made up for a test}
  - {name: testamine.blood_plasma_ratio, number: 1, unit: fraction, status: assumed, because: made up for a test}
  - {name: testamine.kp_scale, number: 1, unit: "", status: assumed, because: made up for a test}
  - {name: testamine.barrier_influx, number: 0.3, unit: mL/min/g_tissue, status: assumed, because: made up for a test}
  - {name: testamine.barrier_efflux, number: 0.3, unit: mL/min/g_tissue, status: assumed, because: made up for a test}
  - {name: testamine.renal_factor, number: 1, unit: fraction, status: assumed, because: made up for a test}
  - {name: testamine.cyp2d6.clint, number: 5, unit: µL/min/pmol_enzyme, status: assumed, because: made up for a test}
  - {name: testamine.fraction_absorbed, number: 1, unit: fraction, status: assumed, because: made up for a test}
  - {name: testamine.absorption_rate, number: 1, unit: 1/h, status: assumed, because: made up for a test}
  - {name: testamine.sert.kd, number: 2, unit: nmol/L, status: assumed, because: made up for a test}
"""


def test_what_a_compound_needs_is_what_the_reference_lists():
    from pathlib import Path

    text = (Path(__file__).parents[3] / "docs" / "reference" / "evidence-files.md").read_text(encoding="utf-8")
    for line in COMPLETE.splitlines():
        if "name: testamine." in line and "sert" not in line:
            quantity_name = line.split("name: testamine.")[1].split(",")[0].replace("cyp2d6", "ENZYME")
            assert f"`{quantity_name}`" in text, quantity_name


def in_shards_of(made, size):
    return replace(made, shards=divided(made.request.subjects, 1, size))


def test_how_subjects_are_divided_changes_no_bit():
    request = parse_request(packaged(), "imipramine", dose="1 mg/kg", duration="12 h", subjects=5, seed=3)
    whole = plan(request, packaged())
    assert len(whole.shards) == 1
    curves = whole.curves()
    for size in (1, 2):
        parted = in_shards_of(whole, size)
        again = parted.curves()
        assert again.values.tobytes() == curves.values.tobytes()
        assert again.subjects.tolist() == curves.subjects.tolist()
        assert again.dosed["imipramine"].tolist() == curves.dosed["imipramine"].tolist()
        assert parted.measures().summary() == curves.summary()


def test_a_stream_says_what_a_simulation_says():
    words = {"dose": "50 mg", "every": "8 h", "duration": "1 d", "subjects": 3, "seed": 2}
    streamed, held = stream("imipramine", **words), simulate("imipramine", **words, threads=1)
    assert streamed.summary() == held.summary()
    assert streamed.provenance == held.provenance
    assert streamed.counts == {"solved": 3}


def test_progress_counts_the_subjects_of_the_whole_run(pretend):
    request = parse_request(packaged(), "imipramine", dose="50 mg", subjects=50, threads=1)
    told = []
    in_shards_of(plan(request, packaged(), pretend), 20).measures(progress=lambda *done: told.append(done))
    assert [total for _, total in told] == [50] * len(told)
    done = [done for done, _ in told]
    assert done == sorted(done)
    assert {16, 32, 48, 50} <= set(done)  # the ends of the shards, which hold a multiple of sixteen


def test_curves_that_would_fill_the_memory_are_refused_with_the_way_out(pretend):
    request = parse_request(packaged(), "imipramine", dose="50 mg", every="8 h", duration="28 d", subjects=100_000)
    with pytest.raises(InputError, match=r"reuptake\.stream") as caught:
        run(request, packaged(), laboratory=pretend)
    assert pretend.kernel.seen == 0
    assert "GiB" in str(caught.value)


def test_memory_grows_by_the_measures_of_a_subject_and_not_by_its_curves(pretend):
    def peak(subjects):
        request = parse_request(packaged(), "imipramine", dose="50 mg", duration="2 d", subjects=subjects, threads=1)
        made = in_shards_of(plan(request, packaged(), pretend), 32)
        made.measures()  # what is loaded or remembered once
        tracemalloc.start()
        read = made.measures()
        size = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return size, made.curve_bytes, sum(column.nbytes for column in read.columns.values())

    (few, _, small), (many, curves, large) = peak(128), peak(1024)
    # Beside its numbers a subject leaves an outcome's place and its own number: some tens of bytes.
    assert many - few <= (large - small) + 896 * 100
    assert many < curves / 4


def test_dust_below_nought_is_wiped_and_what_is_truly_negative_stays():
    from reuptake.simulation.run import _dust

    values = np.ones((2, 4, 2))
    values[0, :, 0] = [1.0, -1e-7, 0.5, -1e-5]
    values[1] = np.nan
    _dust(values)
    assert values[0, :, 0].tolist() == [1.0, 0.0, 0.5, -1e-5]
    assert np.isnan(values[1]).all()


def test_another_equation_is_another_run(pretend):
    request = parse_request(packaged(), "imipramine", dose="50 mg")
    system = pretend.kernel.system
    other = replace(system, outputs=system.outputs[:-1])
    first = plan(request, packaged(), pretend).provenance
    second = plan(request, packaged(), replace(pretend, kernel=replace(pretend.kernel, system=other))).provenance
    assert first["hash"] != second["hash"]
    assert plan(replace(request, threads=7), packaged(), pretend).provenance == first
