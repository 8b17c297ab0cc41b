"""A study's question put to the model gives the answer that its definition demands."""

import numpy as np
import pytest

from reuptake.evidence.base import packaged
from reuptake.evidence.studies import Study
from reuptake.simulation.observation import Laboratories, NotSimulated, observe, simulator

ARMS = [
    {"id": "iv", "compound": "imipramine", "dose": "12.5 mg", "route": "iv"},
    {"id": "po", "compound": "imipramine", "dose": "50 mg"},
    {"id": "double", "compound": "imipramine", "dose": "100 mg"},
    {"id": "daily", "compound": "imipramine", "dose": "50 mg", "every": "24 h", "duration": "28 d"},
    {"id": "pm", "compound": "imipramine", "dose": "50 mg", "genotype": "CYP2D6=PM"},
    {"id": "fast", "compound": "imipramine", "dose": "50 mg", "genotype": "CYP2D6=hasty"},
    {"id": "with", "compound": "imipramine", "dose": "50 mg", "coadministered": ["nothingine 200 mg every 24h"]},
]


@pytest.fixture(scope="module")
def ask():
    evidence = packaged()
    run = simulator(Laboratories(evidence), {})

    def asked(arm, quantity, unit="", analyte="imipramine", **more):
        row = {"arm": arm, "analyte": analyte, "quantity": quantity, "number": 1.0, "unit": unit, **more}
        study = Study.model_validate(
            {"id": "s", "source": "x", "role": "validation", "species": "human", "arms": ARMS, "observations": [row]}
        )
        return observe(study, study.observations[0], run, evidence)

    return asked


def test_units_of_the_observation_do_not_matter(ask):
    litres = ask("iv", "clearance", "L/h")
    assert ask("iv", "clearance", "mL/min") == pytest.approx(litres * 1000 / 60, rel=1e-12)
    body = packaged().record("body.mass", "human").number
    assert ask("iv", "clearance", "L/h/kg_body") == pytest.approx(litres / body, rel=1e-12)
    mass = packaged().record("imipramine.molar_mass").number
    assert ask("po", "auc_inf", "ng*h/mL") == pytest.approx(ask("po", "auc_inf", "nmol*h/L") * mass / 1000, rel=1e-12)


def test_bioavailability_is_systemic_over_oral_clearance(ask):
    ratio = ask("iv", "clearance", "L/h") / ask("po", "oral_clearance", "L/h")
    assert ask("po", "bioavailability") == pytest.approx(ratio, rel=0.01)  # two doses of a slightly saturable drug


def test_area_of_one_interval_at_steady_state_is_that_of_a_single_dose_to_infinity(ask):
    single, repeated = ask("po", "auc_inf", "nmol*h/L"), ask("daily", "auc_tau", "nmol*h/L")
    assert repeated == pytest.approx(single, rel=0.03)  # but for what accumulation saturates


def test_ratios_name_their_denominators(ask):
    assert ask("double", "cmax", relative_to="po") == pytest.approx(2.0, rel=0.02)
    assert ask("po", "auc_inf", relative_to_analyte="imipramine") == 1.0
    assert ask("pm", "auc_inf", relative_to="po") > 1.1


def test_volume_at_steady_state_is_clearance_times_residence(ask):
    volume, clearance, half_life = (
        ask("iv", "volume_steady_state", "L"),
        ask("iv", "clearance", "L/h"),
        ask("iv", "half_life", "h"),
    )
    assert 0.3 * clearance * half_life / np.log(2) < volume < clearance * half_life / np.log(2)


@pytest.mark.parametrize(
    ("arm", "quantity", "why"),
    [("fast", "cmax", "hasty"), ("with", "cmax", "nothingine"), ("po", "hamd", "observable")],
)
def test_what_cannot_be_simulated_says_why(ask, arm, quantity, why):
    with pytest.raises(NotSimulated, match=why):
        ask(arm, quantity, "ng/mL")


def test_a_level_is_read_off_the_curve_at_its_time(ask):
    peak_at, peak = ask("po", "tmax", "h"), ask("po", "cmax", "ng/mL")
    assert ask("po", "level", "ng/mL", at=f"{peak_at} h") == pytest.approx(peak, rel=1e-3)  # between grid times
    assert ask("po", "level", "ng/mL", at="0 h") == 0.0
    with pytest.raises(NotSimulated, match="'at'"):
        ask("po", "level", "ng/mL")


def test_mean_residence_is_volume_over_clearance(ask):
    ratio = ask("iv", "volume_steady_state", "L") / ask("iv", "clearance", "L/h")
    assert ask("iv", "mean_residence_time", "h") == pytest.approx(ratio, rel=1e-12)


def test_brain_over_plasma_is_the_ratio_of_areas_in_mass(ask):
    ratio = ask("po", "brain_to_plasma_ratio", "mL/g_tissue")
    areas = ask("po", "brain_auc_last", "ng*h/g_tissue") / ask("po", "auc_last", "ng*h/mL")
    assert ratio == pytest.approx(areas, rel=1e-9)
    assert ask("po", "brain_to_plasma_ratio") == ratio  # as published, a plain number of mL/g
    both = ask("po", "brain_to_plasma_ratio", analyte="imipramine+desipramine")
    desipramine = ask("po", "brain_to_plasma_ratio", analyte="desipramine")
    assert min(ratio, desipramine) < both < max(ratio, desipramine)
    with pytest.raises(NotSimulated, match="brain"):
        ask("po", "brain_to_plasma_ratio", analyte="quinidine")
