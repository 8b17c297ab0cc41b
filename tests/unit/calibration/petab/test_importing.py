"""Likelihoods of problems whose noise or model is less plain."""

import dataclasses

import numpy as np
import pytest

from reference.conversion import A_TWICE, CASES, MATH, case, conversion
from reuptake.calibration.petab.importing import from_petab, likelihood, nominal
from reuptake.errors import InputError
from reuptake.exchange.petab.problem import Observable

pytest.importorskip("libsbml")
TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'


def differences(density, x, step=1e-5):
    return [(density(x + step * e)[0] - density(x - step * e)[0]) / (2.0 * step) for e in np.eye(len(x))]


@pytest.mark.parametrize("noise", ["0.1 + 0.2 * obs_a", "0.1 + 0.2 * A * k1", "0.3"])
@pytest.mark.parametrize("distribution", ["normal", "laplace"])
def test_noise_may_move_with_the_model(noise, distribution):
    problem = case(A_TWICE, [Observable("obs_a", "A", noise, "lin", distribution)])
    density = likelihood(problem, 1e-10)
    x = nominal(problem, density.parameters) * 1.1 + 0.05
    assert density(x)[1] == pytest.approx(differences(density, x), rel=1e-6, abs=1e-8)


def with_event(trigger: str, variable: str, value: str, more: str = "") -> str:
    event = (
        f'<listOfEvents><event id="e" useValuesFromTriggerTime="true"><trigger initialValue="true" persistent="true">'
        f"{MATH}{trigger}</math></trigger><listOfEventAssignments><eventAssignment variable={variable!r}>{MATH}{value}"
        "</math></eventAssignment></listOfEventAssignments></event></listOfEvents></model>"
    )
    text = conversion().replace("</model>", event)
    return text.replace("</listOfParameters>", f"{more}</listOfParameters>")


DOSE = "<apply><plus/><ci>A</ci><ci>dose</ci></apply>"
GIVEN = '<parameter id="dose" value="2" constant="true"/><parameter id="when" value="3" constant="true"/>'


def test_derivatives_pass_a_dose():
    text = with_event(f"<apply><geq/>{TIME}<ci>when</ci></apply>", "A", DOSE, GIVEN)
    problem = dataclasses.replace(case(A_TWICE), model=text)
    density = likelihood(problem, 1e-10)
    x = nominal(problem, density.parameters) * 1.1 + 0.05
    assert density(x)[1] == pytest.approx(differences(density, x), rel=1e-6, abs=1e-8)
    assert from_petab(problem).residuals(x).values[1] == pytest.approx(
        (0.1 - (1.15 + 0.05 + 2.0) * 0.71 / 1.64) / 0.5, rel=1e-4
    )


def test_derivatives_pass_what_the_states_bring_about():
    half = "<apply><times/><cn>0.5</cn><ci>A</ci></apply>"
    text = with_event("<apply><gt/><ci>B</ci><cn>0.3</cn></apply>", "A", half)
    problem = dataclasses.replace(case([("obs_a", "c0", 2.0, 0.5)]), model=text)
    density = likelihood(problem, 1e-11)
    x = np.array([1.1, 0.05, 0.9, 0.6])
    assert density(x)[1] == pytest.approx(differences(density, x, 1e-4), rel=1e-4, abs=1e-5)


def test_when_and_how_much_cannot_be_estimated():
    text = with_event(f"<apply><geq/>{TIME}<ci>when</ci></apply>", "A", DOSE, GIVEN)
    asked = {"a0": 1.0, "b0": 0.0, "k1": 0.8, "k2": 0.6, "dose": 2.0, "when": 3.0}
    with pytest.raises(InputError) as caught:
        likelihood(dataclasses.replace(case(A_TWICE, parameters=asked), model=text))
    assert ["'dose'" in p.message or "'when'" in p.message for p in caught.value.problems] == [True, True]


def test_what_one_condition_leaves_open_the_model_decides():
    both = [(*row[:1], name, *row[2:]) for row in A_TWICE for name in ("c0", "c1")]
    fixed = case(both, conditions={"c0": {"B": 2.0}, "c1": {"B": 1.0}}, parameters={"k1": 0.8, "k2": 0.6})
    opened = case(both, conditions={"c0": {"B": 2.0}, "c1": {}}, parameters={"k1": 0.8, "k2": 0.6})
    x = np.array([0.7, 0.5])
    assert likelihood(opened)(x)[0] == likelihood(fixed)(x)[0]
    with pytest.raises(InputError, match="set 'B' in every condition"):
        likelihood(case(both, conditions={"c0": {"B": 2.0}, "c1": {}}))


def test_what_cannot_be_solved_is_not_a_number():
    problem, _ = CASES["0016 natural logarithms"]
    objective = from_petab(problem)
    at = objective.residuals(np.array([-1.0, -1.0, 0.8, 0.6]))
    assert np.all(np.isnan(at.values))
    assert np.all(np.isnan(at.slopes))


def test_formulas_that_name_nothing_are_all_told():
    problem = case(A_TWICE, [Observable("obs_a", "A + nobody", "0.5 * nothing")])
    with pytest.raises(InputError) as caught:
        from_petab(problem)
    assert [part in str(caught.value) for part in ("'nobody'", "'nothing'")] == [True, True]
