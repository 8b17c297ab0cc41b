"""Every chapter keeps the promise of `AbstractMechanism`; every number of every model has a record."""

import inspect

import pytest

from reuptake.evidence.base import packaged
from reuptake.evidence.parameters import resolve
from reuptake.model.absorption import open_routes
from reuptake.model.assemble import MECHANISMS, assemble, followed
from reuptake.model.mechanism import AbstractMechanism, Cast
from reuptake.units import unit

DRUGS = [name for name, compound in packaged().compounds.items() if compound.kind == "drug"]
MODELS = [("human", name) for name in DRUGS] + [
    (species, name) for species in ("rat", "mouse") for name in ("imipramine", "desipramine")
]


def model(species, drug):
    return assemble(packaged(), species, {drug: open_routes(packaged(), drug, species)})


@pytest.fixture(params=MODELS, ids="-".join)
def system(request):
    return model(*request.param)


def test_every_parameter_of_every_model_has_a_record(system):
    species = system.name.rsplit(" ", 1)[-1]
    table = resolve(packaged(), [(p.name, p.unit) for p in system.parameters], species)
    assert len(table.records) == len(system.parameters)
    for record in table.records:
        assert record.use
        assert record.source or record.because


def test_every_equation_is_of_its_states_unit_per_hour(system):
    for state, rate in zip(system.states, system.rates(), strict=True):
        assert rate.dimension == unit(f"{state.unit or 1}/h").dimension


def test_nothing_flows_out_of_the_world(system):
    """Every flow of matter has two ends, so that the sum of all amounts only changes by doses."""
    matter = {state.name for state in system.states if state.unit == "nmol"}
    assert all({flow.source, flow.target} <= matter for flow in system.flows if {flow.source, flow.target} & matter)


def test_nothing_leaves_an_empty_pool(system):
    """Each outflow is proportional to, or vanishes with, the amount in its source: no pool can go below nought."""
    from reuptake.equations.expression import Expression

    def vanishes(node: Expression, source: str) -> bool:
        if node.op == "state":
            return node.name == source
        if node.op == "named":
            return vanishes(node.args[0], source)
        if node.op == "multiply":
            return any(vanishes(arg, source) for arg in node.args)
        if node.op == "divide":
            return vanishes(node.args[0], source)
        if node.op in ("add", "subtract"):
            return all(vanishes(arg, source) for arg in node.args)
        return False

    for flow in system.flows:
        assert flow.source is None or vanishes(flow.rate, flow.source), flow.name


@pytest.mark.parametrize("mechanism", MECHANISMS, ids=lambda mechanism: mechanism.name)
def test_a_chapter_is_a_leaf_with_a_name_and_a_page_of_its_own(mechanism):
    kind = type(mechanism)
    assert kind.__bases__ == (AbstractMechanism,)
    assert mechanism.name == kind.__module__.rsplit(".", 1)[-1]
    assert inspect.getdoc(inspect.getmodule(kind))


def test_metabolites_of_metabolites_are_followed_once():
    names = [compound.compound for compound in followed(packaged(), ["imipramine", "desipramine"], "human")]
    assert len(names) == len(set(names)) == 5


def test_a_cast_finds_the_species_own_value_first():
    cast = Cast("human", (), {}, packaged())
    assert cast.find("body.mass").name == "body.mass.human"
    assert cast.find("body.nothing") is None


def test_assembling_twice_gives_the_same_equations(system):
    drug, species = system.name.split(" in ")
    again = model(species, drug)
    assert again.equations() == system.equations()
