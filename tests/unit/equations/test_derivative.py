"""Symbolic derivatives agree with differences of the expressions themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.equations.derivative import jacobian
from reuptake.equations.evaluation import evaluate
from reuptake.equations.expression import Graph
from reuptake.units import DIMENSIONLESS


def expressions(x, y, graph):
    return [
        x * y / (1.0 + x + 2.0 * y), graph.exp(-x) * y, graph.log(x + y) ** 2.0, x**y, 10.0 ** (x - y),
        graph.named("load", x / (1.0 + y)) / (1.0 + graph.named("load", x / (1.0 + y))),
    ]  # fmt: skip


@given(x=st.floats(0.1, 3.0), y=st.floats(0.1, 3.0))
def test_every_entry_agrees_with_a_central_difference(x, y):
    graph = Graph()
    a, b = graph.symbol("state", "a", DIMENSIONLESS), graph.symbol("state", "b", DIMENSIONLESS)
    rows = expressions(a, b, graph)
    entries = jacobian(rows)
    for i, row in enumerate(rows):
        for name in ("a", "b"):
            up, down = {"a": x, "b": y}, {"a": x, "b": y}
            step = 1e-6
            up[name] += step
            down[name] -= step
            difference = (evaluate(row, up) - evaluate(row, down)) / (2 * step)
            exact = evaluate(entries[i, name], {"a": x, "b": y}) if (i, name) in entries else 0.0
            # second-order differences at step 1e-6 carry about 1e-9 of rounding and curvature
            assert exact == pytest.approx(difference, rel=1e-5, abs=1e-6)


def test_what_does_not_depend_has_no_entry():
    graph = Graph()
    a, b = graph.symbol("state", "a", DIMENSIONLESS), graph.symbol("state", "b", DIMENSIONLESS)
    assert set(jacobian([a * 2.0, b - b + a])) == {(0, "a"), (1, "a")}
