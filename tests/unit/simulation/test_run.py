"""One run: windows, several regimens, and answers that do not depend on how long one looks."""

from dataclasses import replace

import pytest

from reuptake.dosing.regimens import Regimen
from reuptake.evidence.base import load, packaged
from reuptake.simulation.request import parse_request
from reuptake.simulation.run import run, simulate
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
