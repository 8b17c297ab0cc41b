"""Expressions: shared, unit-checked as they are written, printed as they are computed."""

import pytest

from reuptake.equations.expression import Graph, UnitMismatch
from reuptake.units import unit


@pytest.fixture
def graph():
    return Graph()


def symbol(graph, name, unit_text):
    return graph.symbol("state", name, unit(unit_text).dimension)


def test_the_same_thing_written_twice_is_one_thing(graph):
    a, b = symbol(graph, "a", "nmol"), symbol(graph, "b", "nmol")
    assert (a + b) * 2.0 is (a + b) * 2.0
    assert a * 1.0 is a
    assert a + 0.0 is a
    assert (a * 0.0).value == 0.0


def test_adding_what_cannot_be_added_names_the_expression_and_both_units(graph):
    amount, time = symbol(graph, "amount", "nmol"), symbol(graph, "wait", "h")
    with pytest.raises(UnitMismatch, match=r"amount.*wait.*nmol.*h"):
        amount + time
    with pytest.raises(UnitMismatch):
        amount - 1.0


def test_exponents_logarithms_and_exponentials_take_pure_numbers(graph):
    amount, ratio = symbol(graph, "amount", "nmol"), symbol(graph, "ratio", "")
    for wrong in (lambda: graph.exp(amount), lambda: graph.log(amount), lambda: 10.0**amount, lambda: amount**ratio):
        with pytest.raises(UnitMismatch):
            wrong()
    assert (amount**2.0).dimension == amount.dimension * amount.dimension
    assert (10.0**ratio).dimension.dimensionless


def test_body_mass_does_not_cancel_mass_of_drug(graph):
    dose, body = symbol(graph, "dose", "kg"), symbol(graph, "body", "kg_body")
    assert not (dose / body).dimension.dimensionless


def test_print_has_the_brackets_that_the_value_needs(graph):
    a, b, c = (symbol(graph, name, "") for name in "abc")
    assert str(a * (b + c)) == "a·(b + c)"
    assert str(a - (b - c)) == "a − (b − c)"
    assert str(a / (b / c)) == "a / (b / c)"
    assert str(graph.exp(a + b) * c) == "exp(a + b)·c"


def test_a_name_stands_for_what_it_names_and_is_transparent_to_walks(graph):
    a, b = symbol(graph, "a", ""), symbol(graph, "b", "")
    named = graph.named("total", a + b)
    assert str(named * a) == "total·a"
    assert {node.name for node in (named * a).walk() if node.op == "state"} == {"a", "b"}
