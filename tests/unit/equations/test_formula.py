"""Formulas are read by grammar, and mean what arithmetic means."""

import math

import pytest

from reuptake.equations.evaluation import evaluate
from reuptake.equations.expression import Graph
from reuptake.equations.formula import names, parse
from reuptake.errors import InputError
from reuptake.units import DIMENSIONLESS

VALUES = {"a": 1.7, "b": 0.4, "time": 3.0}


def read(text):
    graph = Graph()
    symbols = {name: graph.symbol("parameter", name, DIMENSIONLESS) for name in VALUES}
    return parse(text, graph, symbols.get, "t.tsv:2")


@pytest.mark.parametrize(("text", "value"), [
    ("1 + 2 * 3", 7.0), ("2 - 3 - 4", -5.0), ("2 / 4 / 2", 0.25), ("-2 ^ 2", -4.0), ("2 ^ -1", 0.5),
    ("2 ^ 3 ^ 2", 512.0), ("(1 + a) * b", 2.7 * 0.4), ("1e-3*a", 1.7e-3), (".5 + +a", 2.2), ("2**a", 2.0**1.7),
    ("exp(a) / ln(b)", math.exp(1.7) / math.log(0.4)), ("log(a, 2) + log2(a)", 2.0 * math.log2(1.7)),
    ("log10(100) + sqrt(a)", 2.0 + math.sqrt(1.7)), ("pow(a, b)", 1.7**0.4), ("sin(a) + cos(b)*time", math.sin(1.7) + 3.0 * math.cos(0.4)),
])  # fmt: skip
def test_arithmetic(text, value):
    assert evaluate(read(text), VALUES) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(("text", "said"), [
    ("a +", "something is missing"), ("a b", "'b' is not expected"), ("(a", r"'\)' is missing"), ("c + 1", "'c' is neither"),
    ("open('x')", "cannot be read"), ("__import__(a)", "function '__import__' is not supported"), ("exp(a, b)", "2 arguments"),
    ("(" * 100 + "a" + ")" * 100, "nested"), ("a" * 30_000, "more than"), ("", "missing"), ("1 2", "not expected"),
])  # fmt: skip
def test_what_is_no_formula_is_refused_with_its_place(text, said):
    with pytest.raises(InputError, match=said) as caught:
        read(text)
    assert caught.value.problems[0].where == "t.tsv:2"


def test_names_of_symbols():
    assert names("exp(k1 * A) + 1e3 * k1 / noiseParameter1_A") == ["k1", "A", "noiseParameter1_A"]
