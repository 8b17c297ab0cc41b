"""Rodas5P has the order it claims, is L-stable, and its dense output does not care about the grid."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from reuptake.engine.kernel import Equations
from reuptake.engine.solvers.rodas5p import RODAS5P
from reuptake.engine.solvers.rosenbrock import Rosenbrock
from reuptake.trajectories import NOT_FINITE, SOLVED, STEP_LIMIT

SOLVER = Rosenbrock(RODAS5P)


def advance(equations, state, end, grid, relative=1e-8, absolute=1e-10, most_steps=100_000):
    return SOLVER.advance(
        equations, np.array(state, dtype=float), 0.0, end, np.array(grid, dtype=float), relative=relative, absolute=absolute,
        first_step=1e-4, most_steps=most_steps,
    )  # fmt: skip


def still(t, y):
    return np.zeros(len(y))


def pendulum():
    return Equations(
        lambda t, y: np.array([y[1], -np.sin(y[0])]), lambda t, y: np.array([[0.0, 1.0], [-np.cos(y[0]), 0.0]]), still
    )


def robertson():
    def rates(t, y):
        slow, fast, faster = 0.04 * y[0], 3e7 * y[1] ** 2, 1e4 * y[1] * y[2]
        return np.array([-slow + faster, slow - faster - fast, fast])

    def slopes(t, y):
        return np.array([
            [-0.04, 1e4 * y[2], 1e4 * y[1]], [0.04, -1e4 * y[2] - 6e7 * y[1], -1e4 * y[1]], [0.0, 6e7 * y[1], 0.0],
        ])  # fmt: skip

    return Equations(rates, slopes, still)


def fixed_steps(count, dense=False):
    """Integrate the pendulum to t = 2 in equal steps; the error at the end, or within the steps."""
    exact = solve_ivp(
        lambda t, y: [y[1], -np.sin(y[0])], (0, 2), [1.0, 0.5], "DOP853", rtol=1e-13, atol=1e-14, dense_output=True
    ).sol
    state, step, worst = np.array([1.0, 0.5]), 2.0 / count, 0.0
    for i in range(count):
        stages, _ = SOLVER._step(pendulum(), i * step, state, step, 1.0, 1.0)
        new = state + RODAS5P.b @ stages
        theta = np.linspace(0.1, 0.9, 9)[:, None]
        between = SOLVER._between(theta, state, new, stages)
        worst = max(worst, float(np.abs(between - exact((i + theta[:, 0]) * step).T).max()))
        state = new
    return worst if dense else float(np.abs(state - exact(2.0)).max())


def test_halving_the_step_divides_the_error_by_two_to_the_fifth():
    # The mean over three halvings: a single one can be off where the error changes its sign.
    assert np.log2(fixed_steps(8) / fixed_steps(64)) / 3.0 == pytest.approx(5.0, abs=0.3)


def test_dense_output_is_of_order_four():
    orders = np.log2([fixed_steps(n, dense=True) / fixed_steps(2 * n, dense=True) for n in (8, 16)])
    assert np.all(orders > 3.7)


def test_a_stiff_decay_is_gone_after_one_huge_step():
    stiff = Equations(lambda t, y: -1e9 * y, lambda t, y: np.array([[-1e9]]), still)
    stages, _ = SOLVER._step(stiff, 0.0, np.array([1.0]), 1.0, 1.0, 1.0)
    assert abs(1.0 + (RODAS5P.b @ stages)[0]) < 1e-6  # R(∞) = 0


def test_robertson_agrees_with_an_independent_method():
    ends = [0.4, 40.0, 4000.0]
    ours = advance(robertson(), [1.0, 0.0, 0.0], 4000.0, ends, 1e-9, 1e-12).states
    theirs = solve_ivp(lambda t, y: robertson().rates(t, y), (0, 4000), [1, 0, 0], "Radau", ends, rtol=1e-10, atol=1e-14,
                       jac=lambda t, y: robertson().jacobian(t, y)).y.T  # fmt: skip
    assert ours == pytest.approx(theirs, rel=1e-6)  # both at 1e-9 a step or better


def test_the_grid_changes_neither_steps_nor_the_end():
    coarse, fine = (advance(pendulum(), [1.0, 0.0], 10.0, grid) for grid in ([10.0], np.linspace(0.1, 10.0, 997)))
    assert coarse.steps == fine.steps
    assert np.array_equal(coarse.end, fine.end)


@pytest.mark.parametrize("relative", [1e-4, 1e-6, 1e-8])
def test_errors_follow_the_tolerance(relative):
    exact = solve_ivp(lambda t, y: [y[1], -np.sin(y[0])], (0, 10), [1.0, 0.0], "DOP853", rtol=1e-12, atol=1e-13).y[
        :, -1
    ]
    assert np.abs(advance(pendulum(), [1.0, 0.0], 10.0, [10.0], relative, relative).end - exact).max() < 100 * relative


def test_failures_are_values():
    nan = Equations(lambda t, y: np.full(1, np.nan), lambda t, y: np.zeros((1, 1)), still)
    assert advance(nan, [1.0], 1.0, [1.0]).outcome == NOT_FINITE
    assert advance(pendulum(), [1.0, 0.0], 10.0, [10.0], most_steps=3).outcome == STEP_LIMIT
    assert advance(pendulum(), [1.0, 0.0], 1.0, [1.0]).outcome == SOLVED
