"""How strongly the ligands hold their targets: Gaddum with the in-vivo scale."""

import pytest

from reuptake.equations.evaluation import evaluate
from reuptake.model.mechanism import TARGETS


def occupancy(bench, at, levels, target):
    """Total and shares at given unbound levels in the biophase, nmol/L."""
    values = at | {state.name: 0.0 for state in bench.system.states}
    for name, level in levels.items():
        values[f"{name}.brain.interstitial"] = level * at["brain.interstitial_volume"]
    outputs = {output.name: output.expression for output in bench.system.outputs}
    shares = {name: evaluate(outputs[f"occupancy.{target}.{name}"], values) for name in levels}
    return evaluate(outputs[f"occupancy.{target}"], values), shares


@pytest.mark.parametrize("target", TARGETS)
def test_one_ligand_at_its_scaled_kd_holds_half(vein, target):
    at = vein.at()
    effective = at[f"imipramine.{target.lower()}.kd"] * at[f"{target.lower()}.in_vivo_scale"]
    assert occupancy(vein, at, {"imipramine": effective}, target)[0] == pytest.approx(0.5, rel=1e-12)


def test_ligands_compete_for_one_site(vein):
    at = vein.at()
    levels = {"imipramine": 5.0, "desipramine": 20.0}
    loads = {name: level / (at[f"{name}.net.kd"] * at["net.in_vivo_scale"]) for name, level in levels.items()}
    total, shares = occupancy(vein, at, levels, "NET")
    whole = 1.0 + sum(loads.values())
    assert total == pytest.approx(sum(loads.values()) / whole, rel=1e-12)
    for name, share in shares.items():
        assert share == pytest.approx(loads[name] / whole, rel=1e-12)


def test_a_weaker_scale_needs_more_drug(vein):
    at = vein.at()
    weaker = vein.at(sert__in_vivo_scale=2.0 * at["sert.in_vivo_scale"])
    one, other = (occupancy(vein, a, {"imipramine": 7.0}, "SERT")[0] for a in (at, weaker))
    assert other / (1.0 - other) == pytest.approx(0.5 * one / (1.0 - one), rel=1e-12)
