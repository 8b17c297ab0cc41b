"""Models of others run as their authors say, or are refused by name."""

import csv
import dataclasses
import io
import zipfile

import numpy as np
import pytest

from reuptake.engine.ensemble import compiled, integrate
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.equations.system import Output
from reuptake.errors import InputError
from reuptake.exchange.sbml.model import Model
from reuptake.exchange.sbml.reading import read_file, read_model

pytest.importorskip("libsbml")
CLOSE = Tolerances(1e-9, 1e-14)
MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'


def sbml(inner: str) -> str:
    return (
        '<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2">\n<model id="m">\n'
        f"{inner}\n</model>\n</sbml>"
    )


def parameter(name: str, value: str = "", constant: bool = False) -> str:
    return f'<parameter id="{name}" {f"value={value!r}" if value else ""} constant="{str(constant).lower()}"/>'


def curves(model: Model, asked: dict, grid: np.ndarray, given: dict | None = None) -> np.ndarray:
    """Of expressions, (time, output)."""
    outputs = tuple(Output(name, node, "", "level") for name, node in asked.items())
    parameters, events = model.subject(given)
    kernel = compiled(dataclasses.replace(model.system, outputs=outputs), "numpy")
    solution = integrate(kernel, Batch(parameters[None], (events,)), grid, CLOSE)
    assert solution.outcomes[0].solved, solution.outcomes[0]
    return solution.values[0]


def published(shared, case: str) -> str | None:
    """What became of one case of the SBML test suite: nothing where it came out as published, else why not."""
    with zipfile.ZipFile(shared / "sbml-cases" / "cases.zip") as cases:
        files = {name: cases.read(f"{case}/{name}").decode() for name in ("model.xml", "settings.txt", "results.csv")}
    told = dict(line.split(":", 1) for line in files["settings.txt"].splitlines() if ":" in line)
    settings = {name.strip(): value.strip() for name, value in told.items()}
    amounts, levels = settings["amount"].split(", "), settings["concentration"].split(", ")
    try:
        model = read_model(files["model.xml"], case)
    except InputError as error:
        return error.problems[0].message
    asked = {}
    for name in filter(None, map(str.strip, settings["variables"].split(","))):
        shelf = model.amounts if name in amounts else model.concentrations if name in levels else model.symbols
        asked[name] = shelf.get(name, model.symbols[name])
    start, duration = float(settings["start"]), float(settings["duration"])
    grid = np.linspace(start, start + duration, int(settings["steps"]) + 1)
    rows = [row for row in csv.reader(io.StringIO(files["results.csv"])) if row]
    header = [word.strip() for word in rows[0]]
    columns = [1 + header[1:].index(name) for name in asked]
    expected = np.array(rows[1:], dtype=float)[:, columns]
    found = curves(model, asked, grid)
    allowed = float(settings["absolute"]) + float(settings["relative"]) * np.abs(expected)
    near = np.abs(found - expected) <= allowed
    assert near.all(), f"case {case} at time {grid[np.argwhere(~near)[0][0]]}"
    return None


@pytest.mark.needs("shared")
def test_no_case_of_the_test_suite_comes_out_wrong(shared):
    with zipfile.ZipFile(shared / "sbml-cases" / "cases.zip") as cases:
        names = sorted({name.split("/")[0] for name in cases.namelist() if "/" in name})
    refused = {case: why for case in names if (why := published(shared, case)) is not None}
    assert len(names) - len(refused) >= 355, refused
    assert all("not supported" in why or "no formula" in why for why in refused.values())


def test_a_reaction_moves_amounts_and_speaks_of_concentrations():
    model = read_model(sbml(
        '<listOfCompartments><compartment id="c" size="2" spatialDimensions="3" constant="true"/></listOfCompartments>'
        '<listOfSpecies><species id="A" compartment="c" initialConcentration="3" hasOnlySubstanceUnits="false" '
        'boundaryCondition="false" constant="false"/></listOfSpecies>'
        f'<listOfParameters>{parameter("k", "0.5", True)}</listOfParameters>'
        '<listOfReactions><reaction id="r" reversible="false"><listOfReactants><speciesReference species="A" '
        'stoichiometry="2" constant="true"/></listOfReactants><kineticLaw>'
        f"<math {MATH}><apply><times/><ci>c</ci><ci>k</ci><ci>A</ci></apply></math></kineticLaw></reaction></listOfReactions>"
    ), "m.xml")  # fmt: skip
    grid = np.linspace(0.0, 3.0, 7)
    found = curves(model, {"level": model.symbols["A"], "amount": model.amounts["A"]}, grid)
    level = 3.0 * np.exp(-grid)  # dA/dt = −2·c·k·[A]
    assert found == pytest.approx(np.stack([level, 2.0 * level], axis=1), rel=1e-7)
    assert curves(model, {"level": model.symbols["A"]}, grid, {"A.start": 1.0})[0, 0] == 1.0


def test_pieces_change_where_time_or_states_say():
    rise = f"<math {MATH}><piecewise><piece><cn>2</cn><apply><lt/><csymbol encoding='text' definitionURL='http://www.sbml.org/sbml/symbols/time'>t</csymbol><ci>when</ci></apply></piece><otherwise><cn>0</cn></otherwise></piecewise></math>"
    follow = f"<math {MATH}><piecewise><piece><cn>1</cn><apply><gt/><ci>x</ci><cn>1</cn></apply></piece><otherwise><cn>0</cn></otherwise></piecewise></math>"
    model = read_model(sbml(
        f'<listOfParameters>{parameter("x", "0")}{parameter("y", "0")}{parameter("when", "3", True)}</listOfParameters>'
        f'<listOfRules><rateRule variable="x">{rise}</rateRule><rateRule variable="y">{follow}</rateRule></listOfRules>'
    ), "m.xml")  # fmt: skip
    grid = np.array([0.0, 0.5, 2.0, 3.0, 5.0])
    found = curves(model, {name: model.symbols[name] for name in "xy"}, grid)
    assert found[:, 0] == pytest.approx([0.0, 1.0, 4.0, 6.0, 6.0], abs=1e-9)
    assert found[:, 1] == pytest.approx([0.0, 0.0, 1.5, 2.5, 4.5], abs=1e-7)
    assert "when" in model.timing


def test_what_is_not_supported_is_named_with_its_line_all_at_once(tmp_path):
    text = sbml(
        f'<listOfParameters>{parameter("x", "0")}{parameter("y", "0")}</listOfParameters>\n<listOfRules>\n'
        f'<algebraicRule><math {MATH}><ci>x</ci></math></algebraicRule>\n</listOfRules>\n<listOfEvents>\n'
        f'<event id="e" useValuesFromTriggerTime="true"><trigger initialValue="true" persistent="true"><math {MATH}><true/></math></trigger>'
        f"<delay><math {MATH}><cn>1</cn></math></delay></event>\n</listOfEvents>"
    )  # fmt: skip
    (tmp_path / "m.xml").write_text(text)
    with pytest.raises(InputError) as caught:
        read_file(tmp_path / "m.xml")
    assert [(problem.message, problem.where.rpartition(":")[2]) for problem in caught.value.problems] == [
        ("an algebraic rule is not supported", "5"), ("the event 'e' with a delay is not supported", "8"),
    ]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), [
    ("no markup at all", "not valid SBML"),
    (sbml(f'<listOfParameters>{parameter("x")}</listOfParameters><listOfRules><assignmentRule variable="x"><math {MATH}><ci>x</ci></math></assignmentRule></listOfRules>'), "defined by itself"),
])  # fmt: skip
def test_a_broken_text_is_one_clear_error(text, said):
    with pytest.raises(InputError, match=said):
        read_model(text, "m.xml")
