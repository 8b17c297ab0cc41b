"""Where the drug goes: partition, binding, brain, against what the equations must give."""

import pytest

from reuptake.evidence.base import packaged
from reuptake.units import unit

RATE = 1e-3  # nmol/h


def unbound_plasma(steady, bench, at, name="imipramine"):
    """nmol/L from the reported ng/mL."""
    level = steady[f"plasma.{name}"] * unit("ng/mL").factor / at[f"{name}.molar_mass"]
    return level * bench.worth(f"{name}.unbound_fraction", at)


def test_partition_of_a_neutral_compound_without_lipids_is_its_water(vein):
    """With no lipid and a base that is never ionised, a tissue holds the drug in its water alone."""
    changes = {f"muscle__{part}": 0.0 for part in ("neutral_lipid", "neutral_phospholipid", "acidic_phospholipid")}
    at = vein.at(imipramine__pka=0.0, imipramine__kp_scale=1.0, muscle__kp_scalar=1.0, **changes)
    water = at["muscle.water_extracellular"] + at["muscle.water_intracellular"]
    assert vein.worth("imipramine.muscle.kpu", at) == pytest.approx(water, rel=1e-6)  # 10^-7 of it is ionised


def test_affinity_for_phospholipids_is_read_off_the_red_cell(vein):
    """Put back into the equation of a tissue made like a red cell, K_AP gives the red cell's own Kpu."""
    at = vein.at(imipramine__kp_scale=1.0, muscle__kp_scalar=1.0)
    for part in ("water_intracellular", "neutral_lipid", "neutral_phospholipid", "acidic_phospholipid"):
        at[f"muscle.{part}"] = at[f"rbc.{part}"]
    at |= {"muscle.water_extracellular": 0.0, "cell.ph": at["rbc.ph"]}
    assert vein.worth("imipramine.muscle.kpu", at) == pytest.approx(vein.worth("imipramine.rbc.kpu", at), rel=1e-12)


def test_unbound_imipramine_follows_the_glycoprotein_as_measured(vein):
    """freilich1984: bound over free = 7.95 + 0.03 per mg/dL; its slope relative to its value at 65 mg/dL."""
    ratios = []
    for level in (0.65, 1.81):
        fraction = vein.worth("imipramine.unbound_fraction", vein.at(plasma__aag=level * unit("g/L").factor))
        ratios.append((1.0 - fraction) / fraction)
    assert ratios[1] / ratios[0] == pytest.approx(
        (7.95 + 0.03 * 181.0) / (7.95 + 0.03 * 65.0), rel=1e-3
    )  # share has three digits


def test_more_glycoprotein_binds_more_and_none_leaves_the_rest_bound(vein):
    usual = vein.at()["imipramine.fraction_unbound"]
    more = vein.worth("imipramine.unbound_fraction", vein.at(plasma__aag=2.0 * vein.at()["plasma.aag"]))
    none = vein.worth("imipramine.unbound_fraction", vein.at(plasma__aag=0.0))
    assert more < usual < none < 0.2


def test_blood_carries_what_plasma_and_red_cells_hold(vein):
    at = vein.at()
    ratio = vein.worth("imipramine.blood_plasma_ratio", at)
    cells = vein.worth("imipramine.rbc.kpu", at) * vein.worth("imipramine.unbound_fraction", at)
    haematocrit = at["blood.haematocrit"]
    assert ratio == pytest.approx((1.0 - haematocrit) + haematocrit * cells, rel=1e-12)
    reference = vein.worth(
        "imipramine.blood_plasma_ratio", vein.at(blood__haematocrit=at["blood.haematocrit_reference"])
    )
    assert reference == pytest.approx(at["imipramine.blood_plasma_ratio"], rel=1e-12)


@pytest.mark.parametrize(("influx", "efflux"), [(10.0, 20.0), (20.0, 10.0), (15.0, 15.0)])
def test_the_biophase_stands_in_the_ratio_of_influx_to_efflux(vein, influx, efflux):
    """Bulk flow to the CSF, small beside the barrier, lowers it by its share."""
    at = vein.at(imipramine__barrier_influx=influx, imipramine__barrier_efflux=efflux)
    steady = vein.steady(at, RATE)
    load = steady["occupancy.H1.imipramine"] * at["imipramine.h1.kd"] * at["h1.in_vivo_scale"]
    drained = at["brain.interstitial_flow"] / at["brain.mass"]
    # capillary blood is a little below arterial while the brain drains into CSF
    assert load / unbound_plasma(steady, vein, at) == pytest.approx(influx / (efflux + drained), rel=5e-3)


def test_csf_takes_up_what_interstitial_fluid_and_plasma_bring(vein):
    at = vein.at()
    from reuptake.equations.evaluation import evaluate

    system = vein.system
    fed = [f for f in system.flows if f.target == "imipramine.brain.csf"]
    states = {state.name: 0.0 for state in system.states}
    values = at | states | {entry.name: 0.0 for entry in system.inputs}
    values |= {"imipramine.brain.interstitial": at["brain.interstitial_volume"]}  # 1 nmol/L
    values |= {"imipramine.brain.capillary": vein.worth("brain.blood_volume", at)}
    bulk, total = at["brain.interstitial_flow"], at["brain.csf_flow"]
    to_blood = vein.worth("imipramine.blood_plasma_ratio", at) / vein.worth("imipramine.unbound_fraction", at)
    assert sorted(evaluate(flow.rate, values) for flow in fed) == pytest.approx(
        sorted([bulk, (total - bulk) / to_blood])
    )


def test_heavier_people_have_a_cardiac_output_of_the_three_quarter_power(vein):
    usual, double = (vein.at(body__mass=mass) for mass in (73.0, 146.0))
    ratio = vein.worth("heart.cardiac_output", double) / vein.worth("heart.cardiac_output", usual)
    assert ratio == pytest.approx(2.0**0.75, rel=1e-12)
    assert vein.worth("liver.mass", double) == pytest.approx(2.0 * vein.worth("liver.mass", usual), rel=1e-12)


def test_volume_at_steady_state_is_the_sum_over_the_body(vein):
    """Vss = blood volume times B:P + sum of volume times Kp, over everything but the eliminating organs' gradient."""
    blocked = {f"{enzyme}__abundance": 0.0 for enzyme in ("cyp1a2", "cyp2c19", "cyp2d6", "cyp3a4")}
    at = vein.at(kidney__filtration_rate=0.0, imipramine__other__clint=0.0, imipramine__minor__clint=0.0, **blocked)
    given = RATE * 10.0
    from reuptake.dosing.events import Event

    events = [Event(0.0, "imipramine.iv-infusion", rate=RATE), Event(10.0, "imipramine.iv-infusion", rate=-RATE)]
    course = vein.course(events, [0.0, 2000.0], at)
    fraction = vein.worth("imipramine.unbound_fraction", at)
    level = course["plasma.imipramine"][-1] * unit("ng/mL").factor / at["imipramine.molar_mass"]
    organs = ("adipose", "bone", "gut", "heart", "kidney", "liver", "lung", "muscle", "skin", "spleen", "rest")
    volume = vein.worth("blood.volume", at) * vein.worth("imipramine.blood_plasma_ratio", at)
    volume += sum(vein.worth(f"{o}.volume", at) * fraction * vein.worth(f"imipramine.{o}.kpu", at) for o in organs)
    brain = at["brain.mass"] / at["brain.density"] * fraction * vein.worth("imipramine.brain.kpu", at)
    csf = at["brain.csf_volume"] * fraction
    assert given / level == pytest.approx(volume + brain + csf, rel=2e-3)  # CSF drain keeps a small gradient
    assert packaged().record("imipramine.kp_scale", "human").status == "fitted"


@pytest.mark.parametrize("scale", ["imipramine__kp_scale", "muscle__kp_scalar"])
def test_scales_of_partition_multiply_it(vein, scale):
    at = vein.at()
    doubled = vein.at(**{scale: 2.0 * at[scale.replace("__", ".")]})
    assert vein.worth("imipramine.muscle.kpu", doubled) == pytest.approx(
        2.0 * vein.worth("imipramine.muscle.kpu", at), rel=1e-12
    )
