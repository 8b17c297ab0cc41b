"""How a dose gets in: availability by each route in closed form, and doors that no record opens."""

import numpy as np
import pytest

from reuptake.dosing.events import Event
from reuptake.errors import InputError
from reuptake.evidence.base import DATA, load, packaged
from reuptake.model.absorption import open_routes
from reuptake.model.assemble import assemble

GRID = np.concatenate([[0.0], np.geomspace(1e-4, 1.0, 400), np.arange(1.02, 24.0, 0.02), np.arange(24.0, 150.0, 0.5)])
DOSE = 1e-6  # nmol: far below every Ki


def exposure(bench, route, **changes):
    at = bench.at(**changes)
    levels = bench.course([Event(0.0, f"imipramine.{route}", DOSE)], GRID, at, DOSE)["plasma.imipramine"]
    return np.trapezoid(levels, GRID)


def extraction(bench, at):
    """Share that a well-stirred liver takes of what the blood brings."""
    names = ("cyp-demethylation", "cyp2d", "other")
    intrinsic = sum(at[f"imipramine.{name}.clint"] for name in names) * bench.worth("liver.mass", at)
    unbound = bench.worth("imipramine.unbound_fraction", at)
    blood = bench.worth("liver.flow", at) + bench.worth("portal.flow", at)
    carried = blood * bench.worth("imipramine.blood_plasma_ratio", at)
    return unbound * intrinsic / (carried + unbound * intrinsic)


@pytest.mark.parametrize("route", ["sc", "im"])
def test_all_of_an_injection_under_the_skin_or_into_a_muscle_reaches_the_veins(animal, route):
    assert exposure(animal, route) == pytest.approx(exposure(animal, "iv"), rel=2e-3)  # trapezoids


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_what_goes_by_the_portal_vein_passes_the_liver_first(animal, share):
    changes = {"peritoneum__portal_share": share}
    passing = 1.0 - share * extraction(animal, animal.at(**changes))
    assert exposure(animal, "ip", **changes) / exposure(animal, "iv") == pytest.approx(passing, rel=2e-3)


def test_a_dose_by_mouth_loses_what_the_liver_takes_and_no_more(animal):
    passing = 1.0 - extraction(animal, animal.at())
    assert exposure(animal, "po") / exposure(animal, "iv") == pytest.approx(passing, rel=2e-3)


def test_a_route_without_a_rate_is_refused_with_those_that_are_open():
    with pytest.raises(InputError) as caught:
        assemble(packaged(), "human", {"imipramine": ["ip", "sc"], "desipramine": ["sc"]})
    assert len(caught.value.problems) == 3
    for problem in caught.value.problems:
        assert problem.where == "--route"
        assert "po, iv, iv-infusion, im;" in problem.hint
    assert "'imipramine.intraperitoneal_rate.human'" in caught.value.problems[0].hint


def test_a_record_opens_the_door(tmp_path):
    text = (DATA / "values" / "compounds" / "imipramine.yaml").read_text(encoding="utf-8")
    record = (
        "  - name: imipramine.subcutaneous_rate.human\n    number: 1\n    unit: 1/h\n    status: assumed\n"
        "    because: made up for a test of doors\n"
    )
    path = tmp_path / "imipramine.yaml"
    path.write_text(text.rstrip("\n") + "\n" + record, encoding="utf-8")
    evidence = load([path])
    assert "sc" in open_routes(evidence, "imipramine", "human")
    assert "imipramine.sc" in {door.name for door in assemble(evidence, "human", {"imipramine": ["sc"]}).inputs}
