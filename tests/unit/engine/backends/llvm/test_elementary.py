"""Elementary functions are right to the last places, and the same in every lane and width."""

import ctypes
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.engine.backends.llvm.lowering import lower
from reuptake.engine.backends.llvm.machine import compiled, this_target
from reuptake.engine.backends.llvm.program import elementary
from reuptake.engine.backends.llvm.words import Target

SOURCE = """
count: int
first: Lanes
second: Lanes
answer: Lanes


def exponential() -> None:
    for i in range(count):
        answer[i] = exp(first[i])


def logarithm() -> None:
    for i in range(count):
        answer[i] = log(first[i])


def power() -> None:
    for i in range(count):
        answer[i] = pow(first[i], second[i])


def sine() -> None:
    for i in range(count):
        answer[i] = sin(first[i])


def cosine() -> None:
    for i in range(count):
        answer[i] = cos(first[i])
"""
LANES = (1, 2, 4, 8)


def function(name, lanes):
    target = Target(lanes, this_target().fused)
    text = "\n".join([*elementary(target), lower([SOURCE], target, {}, entry=name)])
    code = compiled(text, name)

    def call(x, y=None):
        x = np.atleast_1d(np.asarray(x, dtype=float))
        y = np.ones_like(x) if y is None else np.broadcast_to(np.asarray(y, dtype=float), x.shape)
        count = -(-len(x) // lanes)
        first, second, answer = (np.ones(count * lanes) for _ in range(3))
        first[: len(x)], second[: len(x)] = x, y
        slots = np.array([count, first.ctypes.data, second.ctypes.data, answer.ctypes.data])
        code.call(ctypes.c_void_p(slots.ctypes.data))
        return answer[: len(x)]

    return call


@pytest.fixture(scope="module")
def functions():
    return {name: function(name, 4) for name in ("exponential", "logarithm", "power", "sine", "cosine")}


def ulps(found, exact):
    exact = np.asarray(exact)
    return np.max(np.abs(found - exact) / np.spacing(np.abs(exact)))


CHANCE = np.random.Generator(np.random.Philox(7))


def test_exp_is_right_to_two_units_in_the_last_place(functions):
    x = np.concatenate([CHANCE.uniform(-700, 700, 20_000), CHANCE.uniform(-1, 1, 20_000)])
    assert ulps(functions["exponential"](x), [math.exp(v) for v in x]) <= 2


def test_log_is_right_to_two_units_in_the_last_place(functions):
    x = np.concatenate([np.exp(CHANCE.uniform(-700, 700, 20_000)), CHANCE.uniform(0.5, 2.0, 20_000)])
    assert ulps(functions["logarithm"](x), [math.log(v) for v in x]) <= 2


def test_pow_is_right_to_the_size_of_its_exponent(functions):
    x, y = np.exp(CHANCE.uniform(-20, 20, 20_000)), CHANCE.uniform(-8, 8, 20_000)
    exact = np.array([math.pow(a, b) for a, b in zip(x, y, strict=True)])
    error = np.abs(functions["power"](x, y) - exact) / np.spacing(exact)
    assert np.all(error <= 2 + np.abs(y * np.log(x)))


def test_sine_and_cosine_are_right_to_two_units_of_the_larger(functions):
    x = np.concatenate([CHANCE.uniform(-1e4, 1e4, 20_000), CHANCE.uniform(-4, 4, 20_000)])
    for name, exact in (("sine", math.sin), ("cosine", math.cos)):
        expected = np.array([exact(v) for v in x])
        # Near a root the last place of the argument, not of the answer, is what can be kept.
        assert np.max(np.abs(functions[name](x) - expected)) <= 2.3e-16


@pytest.mark.parametrize(
    ("name", "x", "y", "expected"),
    [
        ("exponential", 0.0, None, 1.0), ("exponential", 800.0, None, math.inf), ("exponential", -800.0, None, 0.0),
        ("exponential", math.inf, None, math.inf), ("exponential", -math.inf, None, 0.0),
        ("exponential", -740.0, None, math.exp(-740.0)),
        ("logarithm", 1.0, None, 0.0), ("logarithm", 0.0, None, -math.inf), ("logarithm", math.inf, None, math.inf),
        ("logarithm", 5e-324, None, math.log(5e-324)),
        ("power", 2.0, 10.0, 1024.0), ("power", -2.0, 3.0, -8.0), ("power", 0.0, 2.5, 0.0), ("power", 0.0, 0.0, 1.0),
        ("power", 1.0, math.inf, 1.0), ("power", 7.0, 0.0, 1.0), ("sine", 0.0, None, 0.0), ("cosine", 0.0, None, 1.0),
    ],
)  # fmt: skip
def test_ends_and_exceptions_are_as_everywhere(functions, name, x, y, expected):
    assert functions[name](x, y)[0] == pytest.approx(expected, rel=1e-14, abs=0.0)


@pytest.mark.parametrize(("name", "x", "y"), [("logarithm", -1.0, None), ("power", -2.0, 0.5), ("exponential", math.nan, None), ("sine", math.inf, None), ("cosine", 1e22, None)])  # fmt: skip
def test_what_has_no_value_is_no_number(functions, name, x, y):
    assert math.isnan(functions[name](x, y)[0])


@given(x=st.floats(1e-300, 1e300), y=st.floats(-5.0, 5.0))
def test_width_and_lane_change_no_bit(x, y):
    for name in ("logarithm", "power"):
        found = [call(np.full(lanes, x), y) for lanes, call in WIDTHS[name].items()]
        assert len({value.tobytes() for answer in found for value in answer}) == 1


WIDTHS = {name: {lanes: function(name, lanes) for lanes in LANES} for name in ("logarithm", "power")}
