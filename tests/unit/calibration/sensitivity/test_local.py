"""Elasticities are those of whole simulations, and of closed forms."""

from dataclasses import replace

import numpy as np
import pytest

from reuptake.calibration.sensitivity.local import elasticities
from reuptake.calibration.sensitivity.ranges import Factor, Uniform, factors
from reuptake.evidence.base import load, packaged
from reuptake.simulation.gradients import sloped
from reuptake.simulation.request import parse_request
from reuptake.simulation.run import prepare
from reuptake.simulation.sweep import looking_at
from reuptake.trajectories import measures

NUDGE = 1.5e-3  # two widths of it, extrapolated: the error is that of its fourth power
TESTAMINE = """compound: testamine
title: Testamine
disposition: compact
pathways:
  - {enzyme: other, reaction: none to speak of}
values:
  - {name: testamine.molar_mass, number: 300, unit: g/mol, status: assumed, because: made up for a test}
  - {name: testamine.fraction_unbound, number: 0.5, unit: fraction, status: assumed, because: made up for a test}
  - {name: testamine.blood_plasma_ratio, number: 1, unit: fraction, status: assumed, because: made up for a test}
  - {name: testamine.renal_factor, number: 1, unit: fraction, status: assumed, because: made up for a test}
  - {name: testamine.volume_central, number: 0.3, unit: L/kg_body, status: assumed, because: made up for a test}
  - {name: testamine.other.clint, number: 0, unit: L/h/kg_tissue, status: assumed, because: made up for a test}
"""


def named(laboratory, *names):
    return [
        Factor(name, laboratory.table.record(name).number, Uniform(0.0, 1.0), laboratory.table.record(name).unit)
        for name in names
    ]


def by_differences(laboratory, request, factor, outputs):
    """∂ln output/∂ln parameter from four whole simulations at a tight tolerance."""
    name, logs = laboratory.table.record(factor.name).name, []
    for step in (NUDGE, -NUDGE, 2.0 * NUDGE, -2.0 * NUDGE):
        moved = replace(request, settings={name: factor.number * np.exp(step)})
        (curves,) = sloped(laboratory, [moved], [], relative=1e-11)
        read = measures(curves.course).columns
        logs.append(np.log([read[output][0] for output in outputs]))
    near, far = (logs[0] - logs[1]) / (2.0 * NUDGE), (logs[2] - logs[3]) / (4.0 * NUDGE)
    return (4.0 * near - far) / 3.0


@pytest.mark.parametrize(
    "words",
    [{"dose": "50 mg"}, {"dose": "1 mg/kg", "route": "iv"}, {"dose": "75 mg", "every": "24 h", "duration": "7 d"}],
    ids=["single", "by body mass", "course"],
)
def test_elasticities_are_those_of_whole_simulations(words):
    known = packaged()
    request = parse_request(known, "imipramine", threads=1, **words)
    laboratory = prepare(known, "human", request.doors)
    outputs = ["plasma.imipramine.cmax", "plasma.desipramine.auc_last", "occupancy.SERT.mean", "activity.CYP2D6.mean"]
    outputs += [] if "every" in words else ["plasma.imipramine.auc_inf"]
    laboratory = looking_at(laboratory, outputs, request.backend)
    names = ["cyp2d6.abundance", "imipramine.fraction_unbound", "body.mass", "imipramine.sert.kd",
             "imipramine.dose_form.molar_mass", "liver.flow_fraction"]  # fmt: skip
    chosen = factors(laboratory.table, known, "human", names, 1.5)
    found = elasticities(laboratory, request, chosen, outputs)
    for j, factor in enumerate(chosen):
        exact = by_differences(laboratory, request, factor, outputs)
        assert found[:, j] == pytest.approx(exact, rel=1e-5, abs=1e-7), factor.name


@pytest.fixture(scope="module")
def testamine(tmp_path_factory):
    path = tmp_path_factory.mktemp("compounds") / "testamine.yaml"
    path.write_text(TESTAMINE, encoding="utf-8")
    return load([path])


def test_area_after_a_bolus_is_the_dose_over_the_clearance(testamine):
    request = parse_request(testamine, "testamine", dose="10 mg", route="iv", threads=1)
    outputs = ["plasma.testamine.auc_inf", "balance.dosed"]
    laboratory = looking_at(prepare(testamine, "human", request.doors), outputs, request.backend)
    chosen = named(laboratory, "testamine.renal_factor", "kidney.filtration_rate", "testamine.fraction_unbound",
                   "testamine.volume_central", "testamine.molar_mass")  # fmt: skip
    found = elasticities(laboratory, request, chosen, outputs)
    # AUC = D/(fu·GFR·factor): 2e-4 of it is the trapezoidal rule's, whose share of a slope is as small.
    assert found[0] == pytest.approx([-1.0, -1.0, -1.0, 0.0, 0.0], abs=5e-4)
    assert found[1] == pytest.approx([0.0, 0.0, 0.0, 0.0, -1.0], abs=1e-9)  # nmol from mg


def test_what_moves_in_steps_or_is_nought_has_no_elasticity():
    known = packaged()
    request = parse_request(known, "imipramine", dose="50 mg", threads=1)
    outputs = ["plasma.imipramine.tmax", "plasma.imipramine.cmin", "plasma.imipramine.cmax"]
    laboratory = looking_at(prepare(known, "human", request.doors), outputs, request.backend)
    found = elasticities(laboratory, request, named(laboratory, "cyp2d6.abundance"), outputs)
    assert np.isnan(found[:2]).all()
    assert np.isfinite(found[2]).all()
