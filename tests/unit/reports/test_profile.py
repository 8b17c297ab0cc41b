"""What a report reads off a simulation agrees with the simulation."""

from __future__ import annotations

import pytest

from reuptake.evidence.base import packaged


def test_shares_of_a_target_add_up_to_its_occupancy(packaged_profile):
    for target in packaged_profile.targets:
        shares = [packaged_profile.occupancy(target, name).mean for name in packaged_profile.ligands(target)]
        # 1e-4: the logarithmic rule for areas is not additive; the grid itself is good to about 1e-3.
        assert sum(shares) == pytest.approx(packaged_profile.occupancy(target).mean, rel=1e-4)


def test_mean_occupancy_is_that_of_the_summary(packaged_profile):
    for target, measured in packaged_profile.summary["occupancy"].items():
        assert packaged_profile.occupancy(target).mean == pytest.approx(measured["mean"]["median"], rel=1e-9)


def test_every_target_tells_the_same_unbound_level(packaged_profile):
    """Occupancy follows from one level in brain, so each target must give that level back."""
    name = packaged_profile.compound.compound
    level = packaged_profile.unbound_in_brain(name)
    for target in ("NET", "H1", "alpha1"):
        kd, scale = packaged_profile.kd(name, target), packaged_profile.in_vivo_scale(target)
        total, share = packaged_profile.occupancy(target), packaged_profile.occupancy(target, name)
        # Occupancy is curved in the level, so means agree only roughly; a wrong scale would miss by its factor.
        assert kd.number * scale.number * share.mean / (1 - total.mean) == pytest.approx(level.mean, rel=0.1)


def test_shares_of_clearance_add_up_to_one(packaged_profile):
    for name in packaged_profile.names:
        ways = packaged_profile.clearances(name)
        assert sum(way.share for way in ways) == pytest.approx(1.0)
        assert all(way.share >= 0.0 for way in ways)


def test_clearance_per_enzyme_molecule_times_molecules_is_the_clearance_of_a_liver(packaged_profile):
    way = next(w for w in packaged_profile.clearances("desipramine") if w.pathway.enzyme == "CYP2D6")
    evidence = packaged()
    per_molecule = evidence.record("desipramine.cyp2d6.clint").number  # µL/min/pmol
    molecules = evidence.record("cyp2d6.abundance", "human").number  # pmol/mg
    protein = evidence.record("liver.microsomal_protein", "human").number  # mg/g
    # µL/min/g to L/h/kg: 60 min/h, 1000 g/kg, 1e-6 L/µL.
    assert way.intrinsic == pytest.approx(per_molecule * molecules * protein * 0.06)


def test_every_parameter_of_the_run_is_among_those_printed(packaged_profile):
    printed = {record.name for record in packaged_profile.parameters()}
    ran_on = {parameter["record"] for parameter in packaged_profile.course.provenance["parameters"]}
    assert ran_on <= printed
