"""How the drug leaves: closed forms of clearance, first pass, inhibition, kidney and formation."""

import numpy as np
import pytest

from reuptake.dosing.events import Event
from reuptake.units import unit

RATE = 1e-3  # nmol/h
CYP = ("cyp1a2", "cyp2c19", "cyp2d6", "cyp3a4")


def intrinsic(bench, at, name="imipramine"):
    """Unbound intrinsic clearance of the liver, L/h, at tiny concentrations."""
    enzymes = sum(
        bench.worth(f"{enzyme.upper()}.liver.amount", at) * at[f"{name}.{enzyme}.clint"]
        for enzyme in CYP
        if f"{name}.{enzyme}.clint" in at
    )
    return enzymes + (at[f"{name}.other.clint"] + at[f"{name}.minor.clint"]) * bench.worth("liver.mass", at)


def clearance(bench, at):
    """Plasma clearance of the well-stirred liver and the kidney, closed form."""
    fraction, ratio = bench.worth("imipramine.unbound_fraction", at), bench.worth("imipramine.blood_plasma_ratio", at)
    blood = bench.worth("liver.flow", at) + bench.worth("portal.flow", at)
    extraction = fraction * intrinsic(bench, at) / (blood * ratio + fraction * intrinsic(bench, at))
    kidney_blood = bench.worth("kidney.flow", at) * ratio
    filtered = fraction * at["kidney.filtration_rate"] * at["imipramine.renal_factor"]
    return blood * ratio * extraction + kidney_blood * filtered / (kidney_blood + filtered), extraction


def plasma(bench, at, outputs, name="imipramine"):
    return outputs[f"plasma.{name}"] * unit("ng/mL").factor / at[f"{name}.molar_mass"]


def test_clearance_is_that_of_a_well_stirred_liver_and_a_filtering_kidney(vein):
    at = vein.at()
    level = plasma(vein, at, vein.steady(at, RATE))
    assert RATE / level == pytest.approx(clearance(vein, at)[0], rel=1e-4)  # 4,000 h are not for ever


def test_first_pass_is_what_the_liver_and_the_gut_leave(mouth):
    at = mouth.at()
    grid = np.unique(np.concatenate([np.arange(0.0, 24.0, 0.05), np.arange(24.0, 400.0, 1.0)]))
    level = plasma(mouth, at, mouth.course([Event(0.0, "imipramine.po", 1e-3)], grid, at))
    bioavailability = np.trapezoid(level, grid) * clearance(mouth, at)[0] / 1e-3
    fraction, ratio = mouth.worth("imipramine.unbound_fraction", at), mouth.worth("imipramine.blood_plasma_ratio", at)
    gut = at["cyp3a4.gut_amount"] * at["imipramine.cyp3a4.clint"]
    passes_gut = at["enterocyte.blood_flow"] * ratio / (at["enterocyte.blood_flow"] * ratio + fraction * gut)
    assert passes_gut < 0.999
    assert bioavailability == pytest.approx(passes_gut * (1.0 - clearance(mouth, at)[1]), rel=1e-3)  # a trapezoid


def test_what_is_not_absorbed_is_found_in_faeces(mouth):
    at = mouth.at(imipramine__fraction_absorbed=0.4)
    grid = np.arange(0.0, 300.0, 0.1)
    whole, part = (mouth.course([Event(0.0, "imipramine.po", 1e-3)], grid, a) for a in (mouth.at(), at))
    areas = [np.trapezoid(course["plasma.imipramine"], grid) for course in (whole, part)]
    assert areas[1] / areas[0] == pytest.approx(0.4, rel=1e-6)
    assert part["balance.recovered"][-1] == pytest.approx(1e-3, rel=1e-9)


def test_a_substrate_saturates_its_enzyme_and_a_metabolite_inhibits_it(vein):
    """v = E·CLint·u/(1 + Σ u/K): the denominator is one plus every ligand over its own constant."""
    from reuptake.equations.evaluation import evaluate

    at = vein.at()
    states = {state.name: 0.0 for state in vein.system.states}
    for name, unbound in (("imipramine", 100.0), ("desipramine", 300.0)):
        states[f"{name}.liver"] = unbound * vein.worth("liver.volume", at) * vein.worth(f"{name}.liver.kpu", at)
    values = at | states | {entry.name: 0.0 for entry in vein.system.inputs}
    for enzyme, kind in (("CYP2D6", "km"), ("CYP2C19", "ki"), ("CYP1A2", "ki"), ("CYP3A4", "ki")):
        crowd = evaluate(vein.system.definitions[f"{enzyme}.liver.crowding"], values)
        key = enzyme.lower()
        expected = 1.0 + 100.0 / at[f"imipramine.{key}.km"] + 300.0 / at[f"desipramine.{key}.{kind}"]
        assert crowd == pytest.approx(expected, rel=1e-12)


def test_inhibition_by_the_metabolite_raises_the_drug(vein):
    tight = vein.at(desipramine__cyp2c19__ki=1.0)
    usual, inhibited = (plasma(vein, at, vein.steady(at, 1e4)) for at in (vein.at(), tight))
    assert inhibited > 1.05 * usual


def test_what_escapes_leaves_the_liver_and_the_rest_is_conjugated_or_goes_onward(vein):
    formation = [f for f in vein.system.flows if "2-hydroxylation" in f.name and f.source == "imipramine.liver"]
    targets = {flow.target: flow for flow in formation}
    assert set(targets) == {
        "2-hydroxyimipramine.venous", "2-hydroxyimipramine.metabolised", "2-hydroxydesipramine.liver",
    }  # fmt: skip
    levels = []
    for escape in (0.2, 0.4):
        at = vein.at()
        at["2-hydroxyimipramine.escape_fraction"] = escape
        levels.append(vein.steady(at, RATE)["plasma.2-hydroxyimipramine"])
    assert levels[1] / levels[0] == pytest.approx(2.0, rel=1e-6)


def test_mass_per_kg_is_multiplied_by_body_mass():
    from reuptake.simulation.run import simulate

    light, heavy = (
        simulate("imipramine", dose="1 mg/kg", duration="1 h", settings=[f"body.mass={mass}"]).dosed["imipramine"][0]
        for mass in (50, 100)
    )
    flat = simulate("imipramine", dose="50 mg", duration="1 h", settings=["body.mass=50"]).dosed["imipramine"][0]
    assert heavy == pytest.approx(2.0 * light, rel=1e-12)
    assert light == pytest.approx(flat, rel=1e-12)


def test_blood_of_gut_and_spleen_passes_the_liver(vein):
    ends = {(f.source, f.target) for f in vein.system.flows}
    for organ in ("gut", "spleen"):
        assert (f"imipramine.{organ}", "imipramine.portal") in ends
        assert (f"imipramine.{organ}", "imipramine.venous") not in ends
    assert ("imipramine.portal", "imipramine.liver") in ends


def test_what_the_liver_does_not_mix_is_not_extracted(vein):
    """AUC of desipramine formed in the liver: mixed f·F_h/CL, unmixed f/CL, so that their ratio is F_h."""
    levels = []
    for unmixed in (0.0, 1.0):
        at = vein.at(desipramine__unextracted_fraction=unmixed)
        at["desipramine.renal_factor"] = 0.0
        levels.append(vein.steady(at, RATE, hours=6000.0)["plasma.desipramine"])
    fraction = vein.worth("desipramine.unbound_fraction", at)
    ratio = vein.worth("desipramine.blood_plasma_ratio", at)
    blood = vein.worth("liver.flow", at) + vein.worth("portal.flow", at)
    clint = vein.worth("CYP2D6.liver.amount", at) * at["desipramine.cyp2d6.clint"]
    clint += vein.worth("liver.mass", at) * sum(
        at[f"desipramine.{rest}.clint"] for rest in ("minor", "unassigned", "other")
    )
    available = blood * ratio / (blood * ratio + fraction * clint)
    assert levels[0] / levels[1] == pytest.approx(available, rel=1e-3)
