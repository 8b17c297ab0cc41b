"""Enzymes: turnover, induction, suppression and inactivation at steady state; inhibition by closed forms."""

import numpy as np
import pytest

from reuptake.dosing.events import Event
from reuptake.units import unit

RATE = 1000.0  # nmol/h of the agent: some hundred nmol/L in plasma, unbound tens


def unbound_in_liver(bench, at, course):
    """Of the agent at steady state: what the liver's vein carries, (Q·C_in)/(Q + fu·CLint/(B:P)), made unbound."""
    unbound, ratio = at["agent.fraction_unbound"], at["agent.blood_plasma_ratio"]
    plasma = course["plasma.agent"] * unit("ng/mL").factor / at["agent.molar_mass"]
    blood = bench.worth("liver.flow", at) + bench.worth("portal.flow", at)
    intrinsic = course["activity.CYP3A4"] * bench.worth("CYP3A4.liver.amount", at) * at["agent.cyp3a4.clint"]
    intrinsic += at["agent.other.clint"] * bench.worth("liver.mass", at)
    return plasma * unbound / (1.0 + unbound * intrinsic / (blood * ratio))


def test_an_inducer_raises_the_level_by_its_saturation(agent):
    at = agent.at(agent__cyp3a4__induction_emax=4.0)
    course = agent.steady(at, RATE, door="agent.iv-infusion")
    u = unbound_in_liver(agent, at, course)
    assert course["activity.CYP3A4"] == pytest.approx(1.0 + 4.0 * u / (at["agent.cyp3a4.induction_ec50"] + u), rel=1e-4)
    assert course["activity.CYP3A4"] > 1.5


def test_an_inactivator_leaves_what_turnover_replaces(pair):
    at = pair.at(agent__cyp2d6__inactivation_rate=0.2)
    course = pair.steady(at, RATE, door="agent.iv-infusion")
    u = unbound_in_liver(pair, at, course)
    loss = 0.2 * u / (at["agent.cyp2d6.inactivation_constant"] + u)
    left = at["cyp2d6.turnover_rate"] / (at["cyp2d6.turnover_rate"] + loss)
    assert course["activity.CYP2D6"] == pytest.approx(left, rel=1e-3)
    assert left < 0.2


def test_suppression_lowers_what_is_made(pair):
    at = pair.at(agent__cyp2d6__suppression_maximum=0.8)
    course = pair.steady(at, RATE, door="agent.iv-infusion")
    u = unbound_in_liver(pair, at, course)
    left = 1.0 - 0.8 * u / (at["agent.cyp2d6.suppression_ec50"] + u)
    assert course["activity.CYP2D6"] == pytest.approx(left, rel=1e-3)


def test_turnover_sets_the_pace(pair):
    """A lasting stop of half the synthesis brings the level to its end with the half-life of the enzyme."""
    at = pair.at(agent__cyp2d6__suppression_maximum=0.5, agent__cyp2d6__suppression_ec50=1e-9)
    half = np.log(2.0) / at["cyp2d6.turnover_rate"]
    course = pair.course([Event(0.0, "agent.iv-infusion", rate=1.0)], [0.0, 0.01, half, 20 * half], at, dose=1.0)
    assert course["activity.CYP2D6"] == pytest.approx([1.0, 1.0, 0.75, 0.5], abs=2e-3)


def test_oral_exposure_rises_by_the_share_that_is_inhibited(pair):
    """AUC ratio = 1/(fm/(1 + I/Ki) + 1 − fm) of a drug cleared by the liver alone, swallowed."""
    grid = np.unique(np.concatenate([np.arange(0.0, 48.0, 0.25), np.arange(48.0, 3000.0, 4.0)])) + 2000.0
    grid = np.concatenate([[0.0], grid])

    def area(ki):
        at = pair.at(agent__cyp2d6__ki=ki, desipramine__renal_factor=0.0)
        events = [Event(0.0, "agent.iv-infusion", rate=RATE), Event(2000.0, "desipramine.po", 1e-2)]
        course = pair.course(events, grid, at, dose=1e-2)
        return np.trapezoid(course["plasma.desipramine"][1:], grid[1:]), course

    (alone, usual), (inhibited, course) = area(1e12), area(10.0)
    fraction = usual["intrinsic.desipramine.CYP2D6"][-1] / sum(
        usual[f"intrinsic.desipramine.{enzyme}"][-1] for enzyme in ("CYP2D6", "minor", "unassigned", "other")
    )
    left = course["activity.CYP2D6"][-1]
    u = unbound_in_liver(pair, pair.at(), {name: curve[-1] for name, curve in course.items()})
    assert left == pytest.approx(1.0 / (1.0 + u / 10.0), rel=1e-3)
    assert inhibited / alone == pytest.approx(1.0 / (fraction * left + 1.0 - fraction), rel=2e-3)
    assert inhibited / alone > 1.5


def test_smoking_multiplies_its_enzyme_and_no_other(mouth):
    smoker = mouth.at(**{"tobacco_8_smoke__exposure": 1.0})
    fold = smoker["tobacco-smoke.cyp1a2.fold"]
    assert mouth.worth("CYP1A2.liver.amount", smoker) == pytest.approx(
        fold * mouth.worth("CYP1A2.liver.amount", mouth.at())
    )
    assert mouth.worth("CYP3A4.liver.amount", smoker) == mouth.worth("CYP3A4.liver.amount", mouth.at())
