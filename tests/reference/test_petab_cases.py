"""Problems of the PEtab test suite come to the likelihoods that others publish for them.

The problems are those of <https://github.com/PEtab-dev/petab_test_suite> (a reversible conversion A ⇌ B), told here as
facts; the values are those that PEtab.jl tests itself with
(<https://github.com/sebapersson/PEtab.jl>, test/Catalyst_PEtab_test_suite and test/defined_in_julia).
"""

import numpy as np
import pytest

from reuptake.calibration.petab.importing import from_petab, likelihood, nominal
from reuptake.errors import InputError
from reuptake.exchange.petab.problem import Condition, Measurement, Observable, Parameter, Problem
from reuptake.exchange.petab.reading import read_problem
from reuptake.exchange.petab.writing import write_problem

pytest.importorskip("libsbml")
MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">'
NOMINAL = {"a0": 1.0, "b0": 0.0, "k1": 0.8, "k2": 0.6}
RATES = {name: NOMINAL[name] for name in ("k1", "k2")}
SPAN = (0.0, 10.0)
OBSERVED = (Observable("obs_a", "A", "0.5"),)


def conversion() -> str:
    """A ⇌ B in one compartment, by mass action; what they begin with are parameters."""
    species = "".join(
        f'<species id="{name}" compartment="c" hasOnlySubstanceUnits="false" boundaryCondition="false" constant="false"/>'
        for name in "AB"
    )
    parameters = "".join(
        f'<parameter id="{name}" value="{value}" constant="true"/>'
        for name, value in {"a0": 1, "b0": 1, "k1": 0, "k2": 0, "offset_A": 0}.items()
    )
    starts = "".join(
        f'<initialAssignment symbol="{name}">{MATH}<ci>{name.lower()}0</ci></math></initialAssignment>' for name in "AB"
    )
    reactions = "".join(
        f'<reaction id="{k}" reversible="false"><listOfReactants><speciesReference species="{one}" stoichiometry="1" '
        f'constant="true"/></listOfReactants><listOfProducts><speciesReference species="{other}" stoichiometry="1" '
        f'constant="true"/></listOfProducts><kineticLaw>{MATH}<apply><times/><ci>c</ci><ci>{k}</ci><ci>{one}</ci></apply>'
        "</math></kineticLaw></reaction>"
        for k, one, other in (("k1", "A", "B"), ("k2", "B", "A"))
    ).replace('reaction id="k', 'reaction id="r')  # fmt: skip
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="conversion">'
        '<listOfCompartments><compartment id="c" spatialDimensions="3" size="1" constant="true"/></listOfCompartments>'
        f"<listOfSpecies>{species}</listOfSpecies><listOfParameters>{parameters}</listOfParameters>"
        f"<listOfInitialAssignments>{starts}</listOfInitialAssignments><listOfReactions>{reactions}</listOfReactions>"
        "</model></sbml>\n"
    )


def case(measured, observables=OBSERVED, conditions=None, parameters=None) -> Problem:
    """A problem; `measured` holds (observable, condition, time, value, …)."""
    return Problem(
        "case", conversion(),
        tuple(Parameter(name, "lin", 0.0, 10.0, value) for name, value in (parameters or NOMINAL).items()),
        tuple(observables), tuple(Condition(name, own) for name, own in (conditions or {"c0": {}}).items()),
        tuple(Measurement(*row) for row in measured),
    )  # fmt: skip


A_TWICE = [("obs_a", "c0", 0.0, 0.7), ("obs_a", "c0", 10.0, 0.1)]
A_AND_B = [("obs_a", "c0", 10.0, 0.2), ("obs_b", "c0", 10.0, 0.8)]
CASES = {
    "0001 plain": (case(A_TWICE), 0.84750169713188),
    "0002 two conditions": (case(
        [("obs_a", f"c{i}", time, value) for i, values in ((0, (0.7, 0.1)), (1, (0.8, 0.2))) for time, value in zip(SPAN, values, strict=True)],
        [Observable("obs_a", "A", "1")], {"c0": {"a0": 0.8}, "c1": {"a0": 0.9}}, RATES,
    ), 4.09983582520606),
    "0003 observable parameters": (case(
        [(*row, (0.5, 2.0)) for row in A_TWICE],
        [Observable("obs_a", "observableParameter1_obs_a * A + observableParameter2_obs_a", "0.5")],
    ), 15.87199287779978),
    "0005 a condition names parameters": (case(
        [("obs_a", "c0", 10.0, 2.1), ("obs_a", "c1", 10.0, 3.2)], [Observable("obs_a", "A + offset_A", "1")],
        {"c0": {"offset_A": "offset_A_c0"}, "c1": {"offset_A": "offset_A_c1"}},
        {**NOMINAL, "offset_A_c0": 2.0, "offset_A_c1": 3.0},
    ), 1.91797937195749),
    "0007 decadic logarithms": (case(
        A_AND_B, [Observable("obs_a", "A", "0.5"), Observable("obs_b", "B", "0.6", "log10")],
    ), 1.378941036858),
    "0008 replicates": (case([*A_TWICE, ("obs_a", "c0", 10.0, 0.2)]), 1.17778328012676),
    "0011 a condition sets a species": (case(A_TWICE, conditions={"c0": {"B": 2.0}}, parameters=RATES), 3.44341831317718),
    "0013 a condition sets a species to a parameter": (
        case(A_TWICE, conditions={"c0": {"B": "par"}}, parameters={**RATES, "par": 7.0}), 22.79033132827511),
    "0014 noise parameters": (case(
        [(*row, (), (0.5, 2.0)) for row in A_TWICE],
        [Observable("obs_a", "A", "noiseParameter1_obs_a + noiseParameter2_obs_a")],
    ), 3.68629528983135),
    "0015 noise is estimated": (case(
        [(*row, (), ("noise",)) for row in A_TWICE], [Observable("obs_a", "A", "noiseParameter1_obs_a")],
        parameters={**NOMINAL, "noise": 5.0},
    ), 5.06071208119597),
    "0016 natural logarithms": (case(
        A_AND_B, [Observable("obs_a", "A", "0.5"), Observable("obs_b", "B", "0.7", "log")],
    ), 0.78492623889606),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("version", [0, 1, 2])
def test_the_likelihood_is_the_published_one(name, version, tmp_path):
    problem, published = CASES[name]
    if version:  # through files of that version of PEtab
        problem = read_problem(write_problem(problem, tmp_path / "written", version))
    density = likelihood(problem)
    value, gradient = density(nominal(problem, density.parameters))
    assert value == pytest.approx(published, abs=1e-5)  # published from integrations with their own tolerances
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize("name", [name for name in CASES if "estimated" not in name])
def test_half_the_squares_and_the_likelihood_differ_by_a_constant(name):
    problem, _ = CASES[name]
    objective, density = from_petab(problem), likelihood(problem)
    x = nominal(problem, objective.parameters)
    aside = x * 1.1 + 0.05
    rise = objective.residuals(aside).cost - objective.residuals(x).cost
    assert rise == pytest.approx(density(aside)[0] - density(x)[0], rel=1e-9)
    assert objective.residuals(aside).gradient == pytest.approx(density(aside)[1], rel=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_slopes_are_those_of_differences(name):
    problem, _ = CASES[name]
    density = likelihood(problem, 1e-10)
    x = nominal(problem, density.parameters) * 1.1 + 0.05
    step = 1e-5
    moved = [(density(x + step * unit)[0] - density(x - step * unit)[0]) / (2.0 * step) for unit in np.eye(len(x))]
    assert density(x)[1] == pytest.approx(moved, rel=1e-6, abs=1e-8)


def test_estimated_noise_is_no_least_squares():
    with pytest.raises(InputError, match="not least squares"):
        from_petab(CASES["0015 noise is estimated"][0])


# The package petab asks pandas for much that pandas will no longer take.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_written_passes_the_linters_of_others(tmp_path):
    first, second = pytest.importorskip("petab.v1"), pytest.importorskip("petab.v2")
    for number, (problem, _) in enumerate(CASES.values()):
        path = write_problem(problem, tmp_path / f"{number} of 1")
        assert not first.lint_problem(first.Problem.from_yaml(path))
        path = write_problem(problem, tmp_path / f"{number} of 2", version=2)
        assert not [
            issue for issue in second.lint_problem(path) if issue.level > second.lint.ValidationIssueSeverity.WARNING
        ]
