"""The smaller body: clearance, first pass, volume and balance by closed forms."""

import numpy as np
import pytest

from reuptake.dosing.events import Event
from reuptake.units import unit

FOREVER = np.unique(np.concatenate([np.arange(0.0, 12.0, 0.01), np.arange(12.0, 400.0, 0.1)]))


def extraction_and_clearance(bench, at):
    """Well-stirred liver and a filtering kidney, plasma terms."""
    unbound, ratio = at["agent.fraction_unbound"], at["agent.blood_plasma_ratio"]
    blood = bench.worth("liver.flow", at) + bench.worth("portal.flow", at)
    intrinsic = bench.worth("CYP3A4.liver.amount", at) * at["agent.cyp3a4.clint"]
    intrinsic += at["agent.other.clint"] * bench.worth("liver.mass", at)
    extraction = unbound * intrinsic / (blood * ratio + unbound * intrinsic)
    renal = unbound * at["kidney.filtration_rate"] * at["agent.renal_factor"]
    return extraction, blood * ratio * extraction + renal


def nmol_per_l(course, at):
    return course["plasma.agent"] * unit("ng/mL").factor / at["agent.molar_mass"]


def test_clearance_is_that_of_a_well_stirred_liver_and_a_filtering_kidney(agent):
    at = agent.at()
    level = nmol_per_l(agent.steady(at, 1.0, door="agent.iv-infusion"), at)
    assert pytest.approx(extraction_and_clearance(agent, at)[1], rel=1e-5) == 1.0 / level


def test_first_pass_is_absorption_and_what_the_liver_leaves(agent):
    at = agent.at()
    area = np.trapezoid(nmol_per_l(agent.course([Event(0.0, "agent.po", 1.0)], FOREVER, at, dose=1.0), at), FOREVER)
    extraction, clearance = extraction_and_clearance(agent, at)
    assert area * clearance == pytest.approx(at["agent.fraction_absorbed"] * (1.0 - extraction), rel=1e-3)


def test_nothing_is_lost(agent):
    at = agent.at()
    course = agent.course([Event(0.0, "agent.po", 1.0)], [0.0, 1.0, 10.0, 100.0], at, dose=1.0)
    assert course["balance.recovered"][1:] == pytest.approx(1.0, rel=1e-6)


def test_without_elimination_it_fills_its_volumes(agent):
    at = agent.at(agent__cyp3a4__clint=0.0, agent__other__clint=0.0, agent__renal_factor=0.0)
    events = [Event(0.0, "agent.iv-infusion", rate=1.0), Event(10.0, "agent.iv-infusion", rate=-1.0)]
    level = nmol_per_l(agent.course(events, [0.0, 500.0], at, dose=10.0), at)[-1]
    body = at["body.mass"] * (at["agent.volume_central"] + at["agent.volume_peripheral"])
    liver = agent.worth("liver.volume", at) * at["agent.blood_plasma_ratio"]
    assert 10.0 / level == pytest.approx(body + liver, rel=1e-5)
