"""Systems: what flows out of one pool flows into another, and units are checked before any code."""

import pytest

from reuptake.equations.expression import UnitMismatch
from reuptake.equations.program import straighten
from reuptake.equations.system import SystemBuilder
from reuptake.errors import ReuptakeError


@pytest.fixture
def builder():
    builder = SystemBuilder("two pools")
    rate, volume = builder.parameter("x.rate", "1/h"), builder.parameter("x.volume", "L")
    first = builder.state("first", "nmol")
    builder.state("second", "nmol")
    builder.flow("over", rate * first, source="first", target="second")
    builder.input("dose", into="first")
    builder.output("level", first / volume, "nmol/L", kind="level")
    return builder


def test_what_leaves_one_pool_enters_the_other(builder):
    system = builder.build()
    assert [str(rate) for rate in system.rates()] == ["−x.rate·first + dose", "x.rate·first"]


def test_equations_print_from_the_expressions_that_are_computed(builder):
    printed = dict(builder.build().equations())
    assert printed["d second/dt"] == "x.rate·first"


def test_a_flow_of_the_wrong_unit_is_refused_by_name(builder):
    with pytest.raises(UnitMismatch, match="flow wrong"):
        builder.flow("wrong", builder.parameter("x.volume", "L"), source="first", target="second")


def test_an_output_or_definition_of_the_wrong_unit_is_refused(builder):
    first = builder.parameter("x.volume", "L")
    with pytest.raises(UnitMismatch, match="output"):
        builder.output("other", first, "nmol/L", kind="level")
    with pytest.raises(UnitMismatch, match="share"):
        builder.define("share", first, "")
    with pytest.raises(UnitMismatch, match=r"x\.volume"):
        builder.parameter("x.volume", "h")


def test_names_are_given_once_and_ends_must_exist(builder):
    with pytest.raises(ReuptakeError, match="there already"):
        builder.state("first", "nmol")
    with pytest.raises(ReuptakeError, match="did you mean 'first'"):
        builder.flow("lost", builder.parameter("x.rate", "1/h") * 1.0, source="frist")
    with pytest.raises(ReuptakeError, match="defines"):
        builder.known("nothing")


def test_parameters_alone_are_hoisted_out_of_the_loop(builder):
    builder.define("half", builder.parameter("x.rate", "1/h") / 2.0, "1/h")
    first = builder.build().states
    graph = builder.graph
    state = graph.symbol("state", first[0].name, first[0].initial.dimension)
    program = straighten([builder.known("half") * state])
    assert [node.op for node in program.hoisted] == ["divide"]
    assert [node.op for node in program.body] == ["multiply"]
