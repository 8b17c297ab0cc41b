"""What is written in another graph is worth the same there."""

import math

import pytest

from reuptake.equations.evaluation import evaluate
from reuptake.equations.expression import Graph
from reuptake.equations.transcription import transcribed
from reuptake.units import DIMENSIONLESS, unit


def test_an_expression_is_worth_the_same_in_another_graph():
    there, here = Graph(), Graph()
    volume = unit("L").dimension
    a, b = there.symbol("parameter", "a", volume), there.symbol("input", "b", volume)
    share = there.named("share", a / (a + b))
    asked = (
        there.exp(-share) * a + b**2 / a - 3.0 * there.log(share) * b + there.sin(share) * there.cos(share) ** share * a
    )
    names = {"a": here.symbol("parameter", "c", volume), "b": here.number(0.5, volume)}
    found = transcribed(asked, here, lambda node: names[node.name])
    assert found.graph is here
    assert {node.name for node in found.walk() if node.op == "parameter"} == {"c"}
    assert found.dimension == volume != DIMENSIONLESS
    assert evaluate(found, {"c": 2.0}) == pytest.approx(evaluate(asked, {"a": 2.0, "b": 0.5}), rel=1e-15)
    assert math.isfinite(evaluate(found, {"c": 2.0}))
