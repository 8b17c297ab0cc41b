"""Steps grow and shrink within their bounds, and the file stays simple enough for every back-end to compile."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.engine import control
from reuptake.engine.control import growth, opening, resolution, shortest

errors = st.floats(0.0, 1e30)


@given(error=errors, order=st.integers(2, 8))
def test_steps_grow_and_shrink_within_bounds(error, order):
    assert control.SHORTEST <= growth(error, order, 0) <= control.LONGEST
    assert control.SHORTEST <= growth(error, order, 1) <= control.LONGEST_FIRST


@given(error=st.floats(1.0, 1e30), first=st.sampled_from([0, 1]))
def test_a_step_that_failed_is_tried_again_with_a_shorter_one(error, first):
    assert growth(error, 5, first) < 1.0


@given(smaller=errors, larger=errors, first=st.sampled_from([0, 1]))
def test_a_larger_error_never_makes_a_longer_step(smaller, larger, first):
    smaller, larger = sorted((smaller, larger))
    assert growth(larger, 5, first) <= growth(smaller, 5, first)


def test_the_new_step_would_keep_the_tolerance_with_a_margin():
    assert growth(1.0, 5, 0) == control.SAFETY
    assert growth(2.0**-5, 5, 0) == pytest.approx(2.0 * control.SAFETY, rel=1e-15)


@pytest.mark.parametrize("order", [2, 5, 8])
def test_the_first_step_can_grow_as_far_as_it_may(order):
    assert growth(0.0, order, 1) == growth(1.1 * control.LEAST_ERROR, 5, 1) == control.LONGEST_FIRST
    assert growth(0.0, order, 0) == control.LONGEST


def test_a_restart_begins_with_what_is_known():
    assert opening(0.0) == control.FIRST_STEP
    assert opening(0.5) == 0.5


@given(time=st.floats(-1e14, 1e14))
def test_no_step_is_too_short_to_move_the_time(time):
    assert time + 2.0 * resolution(time) > time + resolution(time) > time
    assert time + shortest(time) > time


def test_the_file_holds_nothing_that_a_back_end_could_not_compile():
    tree = ast.parse(Path(control.__file__).read_text(encoding="utf-8"))
    allowed = (
        ast.FunctionDef, ast.arguments, ast.arg, ast.Return, ast.If, ast.Compare, ast.Gt, ast.Lt, ast.Eq, ast.Call, ast.Name, ast.Load,
        ast.Store, ast.Assign, ast.BinOp, ast.Mult, ast.Div, ast.Add, ast.Sub, ast.UnaryOp, ast.USub, ast.Constant, ast.Expr,
    )  # fmt: skip
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef)]
    assert {function.name for function in functions} == {"growth", "opening", "resolution", "shortest"}
    for function in functions:
        assert not [ast.dump(node) for node in ast.walk(function) if not isinstance(node, allowed)]
        kinds = [argument.annotation for argument in function.args.args] + [function.returns]
        assert all(isinstance(kind, ast.Name) and kind.id in ("float", "int") for kind in kinds)
        called = {node.func.id for node in ast.walk(function) if isinstance(node, ast.Call)}
        assert called <= {"pow", "resolution"}
