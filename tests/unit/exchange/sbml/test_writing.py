"""What is written as SBML says to others what our own engine computes."""

import dataclasses

import numpy as np
import pytest

from reuptake.dosing.events import Event, Steady, administered
from reuptake.engine.ensemble import compiled, integrate
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.equations.system import Output, System, SystemBuilder
from reuptake.errors import InputError
from reuptake.exchange.sbml.reading import read_model
from reuptake.exchange.sbml.writing import write_model

VALUES = {"clearance": 3.0, "2 volume": 20.0, "absorption": 0.9, "exchange": 2.0, "deep volume": 45.0, "baseline": 1.5}
COURSE = (*administered(0.0, "oral", 100.0), *administered(0.0, "drip", 30.0, 3.0), *administered(12.0, "oral", 50.0))
OTHER = (*administered(1.0, "oral", 70.0), *administered(2.0, "drip", 40.0, 4.0))
GRID = np.linspace(0.0, 24.0, 49)
CLOSE = Tolerances(1e-9, 1e-9)


def two_compartments() -> System:
    """Oral and infused doses, two pools, an enzyme that is no matter, an output in another unit."""
    b = SystemBuilder("two compartments")
    gut, central, deep = (b.state(name, "nmol") for name in ("gut", "central", "deep"))
    enzyme = b.state("enzyme", "", initial=b.parameter("baseline", ""), meaning="enzyme, of its baseline")
    volume = b.parameter("2 volume", "L")
    level = b.define("level", central / volume, "nmol/L")
    b.flow("absorbed", b.parameter("absorption", "1/h") * gut, source="gut", target="central")
    b.flow("eliminated", b.parameter("clearance", "L/h") * level * enzyme, source="central")
    there = b.parameter("exchange", "L/h") * level
    back = b.parameter("exchange", "L/h") * (deep / b.parameter("deep volume", "L"))
    b.flow("to and fro", there - back, source="central", target="deep")
    b.flow("turnover", 0.1 * (1.0 - enzyme) * b.graph.number(1.0, (level / level / b.time).dimension), target="enzyme")
    b.input("oral", into="gut")
    b.input("drip", into="central")
    b.output("plasma", level, "nmol/mL", kind="level")
    b.output("enzyme", enzyme, "", kind="level")
    return b.build()


def ours(course) -> np.ndarray:
    system = two_compartments()
    values = np.array([[VALUES[entry.name] for entry in system.parameters]])
    return integrate(compiled(system, "numpy"), Batch(values, (tuple(course),)), GRID, CLOSE).values[0]


def test_a_simulator_of_others_computes_what_we_compute():
    roadrunner = pytest.importorskip("roadrunner")
    told = write_model(two_compartments(), VALUES, [COURSE, OTHER])
    for course, numbers in zip((COURSE, OTHER), told.courses, strict=True):
        simulator = roadrunner.RoadRunner(told.text)
        simulator.getIntegrator().setValue("relative_tolerance", 1e-10)
        simulator.getIntegrator().setValue("absolute_tolerance", 1e-10)
        asked = ["time", told.outputs["plasma"], told.outputs["enzyme"]]
        for identifier, value in numbers.items():
            simulator[f"init({identifier})"] = value
        simulator.reset()
        found = np.array(simulator.simulate(0.0, 24.0, 49, asked))[:, 1:]
        away = ~np.isin(GRID, [event.time for event in course])  # which side of a jump is shown is its own affair
        assert found[away] == pytest.approx(ours(course)[away], rel=1e-6, abs=1e-12)


def test_what_is_written_is_read_again():
    told = write_model(two_compartments(), VALUES, [COURSE, OTHER])
    model = read_model(told.text, "written")
    assert not model.system.triggers
    outputs = tuple(Output(name, model.symbols[identifier], "", "level") for name, identifier in told.outputs.items())
    kernel = compiled(dataclasses.replace(model.system, outputs=outputs), "numpy")
    for course, numbers in zip((COURSE, OTHER), told.courses, strict=True):
        parameters, events = model.subject(numbers)
        found = integrate(kernel, Batch(parameters[None], (events,)), GRID, CLOSE).values[0]
        assert found == pytest.approx(ours(course), rel=1e-6, abs=1e-9)


def test_the_text_is_valid_and_readable():
    libsbml = pytest.importorskip("libsbml")
    told = write_model(two_compartments(), VALUES, [COURSE])
    document = libsbml.readSBMLFromString(told.text)
    document.checkConsistency()
    said = [document.getError(i) for i in range(document.getNumErrors())]
    assert [error.getMessage() for error in said if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR] == []
    model = document.getModel()
    assert model.getParameter(told.parameters["2 volume"]).getName() == "2 volume"
    assert told.parameters["2 volume"] == "_2_volume"
    assert model.getParameter(told.parameters["clearance"]).getUnits() == "L_per_h_unit"
    assert [one.getId() for one in model.getListOfSpecies()] == ["gut", "central", "deep"]


def test_triggers_become_events():
    b = SystemBuilder("triggered")
    pool = b.state("pool", "nmol", initial=b.parameter("start", "nmol"))
    b.flow("filling", b.parameter("speed", "nmol/h"), target="pool")
    b.trigger("full", pool - b.parameter("limit", "nmol"), {"pool": b.graph.zero(pool.dimension)})
    b.output("pool", pool, "nmol", kind="level")
    told = write_model(b.build(), {"start": 1.0, "speed": 2.0, "limit": 10.0})
    model = read_model(told.text, "written")
    output = Output("pool", model.symbols["pool"], "", "level")
    kernel = compiled(dataclasses.replace(model.system, outputs=(output,)), "numpy")
    parameters, events = model.subject()
    found = integrate(kernel, Batch(parameters[None], (events,)), np.array([0.0, 4.0, 5.0]), CLOSE).values[0, :, 0]
    assert found == pytest.approx([1.0, 9.0, 1.0], rel=1e-6)


def test_what_cannot_be_written_is_named_all_at_once():
    course = (Event(1.0, "oral", amount=1.0, steady=Steady(24.0)), Event(2.0, changes=(("clearance", 2.0),)))
    with pytest.raises(InputError) as caught:
        write_model(two_compartments(), {name: 1.0 for name in VALUES if name != "exchange"}, [course])
    said = [problem.message for problem in caught.value.problems]
    assert len(said) == 3
    assert said[0] == "parameter exchange has no value"
    assert "steady state" in said[1]
    assert "change of parameters" in said[2]
