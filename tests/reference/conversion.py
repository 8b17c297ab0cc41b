"""The problems of the PEtab test suite, told as facts: a reversible conversion A ⇌ B, asked in several ways.

From <https://github.com/PEtab-dev/petab_test_suite>. `CASES` holds each with the negative log-likelihood that PEtab.jl
tests itself with (<https://github.com/sebapersson/PEtab.jl>, test/Catalyst_PEtab_test_suite and test/defined_in_julia).
"""

from reuptake.exchange.petab.problem import Condition, Measurement, Observable, Parameter, Problem

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
