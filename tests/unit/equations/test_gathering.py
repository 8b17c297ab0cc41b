"""A gathered sum is worth what it was, and costs less at every step."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.equations.evaluation import evaluate
from reuptake.equations.gathering import gathered, moving
from reuptake.equations.program import straighten
from reuptake.equations.system import SystemBuilder
from reuptake.evidence.base import packaged
from reuptake.model.assemble import assemble


def names_of(system):
    return [
        *(state.name for state in system.states),
        *(parameter.name for parameter in system.parameters),
        *(entry.name for entry in system.inputs),
        "time",
    ]


@given(seed=st.integers(0, 10_000))
def test_the_model_of_imipramine_is_worth_what_it_was_at_every_point(seed):
    system = MODEL
    chance = np.random.Generator(np.random.Philox(seed))
    at = dict(zip(names_of(system), chance.uniform(0.5, 2.0, len(names_of(system))).tolist(), strict=True))
    before = [evaluate(rate, at) for rate in system.rates()]
    after = [evaluate(rate, at) for rate in gathered(system.rates())]
    assert after == pytest.approx(before, rel=1e-9, abs=1e-11 * max(map(abs, before)))  # sums in another order


MODEL = assemble(packaged(), "human", {"imipramine": ["po"]})


def test_the_model_of_imipramine_needs_fewer_operations_at_every_step():
    plain, fewer = (len(straighten(roots).body) for roots in (MODEL.rates(), gathered(MODEL.rates())))
    assert fewer < 0.8 * plain


def test_terms_of_one_factor_are_one_term_and_what_cancels_is_gone():
    builder = SystemBuilder("terms")
    a, b = builder.parameter("a", "1/h"), builder.parameter("b", "1/h")
    y = builder.state("y", "nmol")
    (once,) = gathered([a * y + b * y - y * a / 2.0])
    assert sum(node.op == "multiply" for node in straighten([once]).body) == 1
    assert evaluate(once, {"a": 3.0, "b": 5.0, "y": 7.0}) == 45.5
    (nothing,) = gathered([2.0 * y - y * 2.0])
    assert nothing.op == "number"
    assert nothing.value == 0.0


def test_a_quotient_by_a_parameter_becomes_a_product():
    builder = SystemBuilder("quotient")
    volume, y = builder.parameter("v", "L"), builder.state("y", "nmol")
    (level,) = gathered([y / volume])
    assert [node.op for node in straighten([level]).body] == ["multiply"]
    assert moving([level])[level.serial]


@pytest.mark.parametrize("op", ["exp", "log", "sin", "cos"])
def test_functions_are_kept_as_they_are(op):
    builder = SystemBuilder("function")
    y = builder.state("y", "1")
    (value,) = gathered([getattr(builder.graph, op)(2.0 * y + y)])
    assert evaluate(value, {"y": 0.4}) == pytest.approx(getattr(math, op)(1.2), rel=1e-15)
