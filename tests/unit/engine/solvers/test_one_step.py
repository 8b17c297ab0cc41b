"""Both kinds of step converge as they claim, keep their tolerance, and never look at the grid."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from reuptake.engine.kernel import Equations
from reuptake.engine.solvers.dormand_prince import DORMAND_PRINCE
from reuptake.engine.solvers.one_step import OneStep
from reuptake.engine.solvers.rodas5p import RODAS5P
from reuptake.trajectories import NOT_FINITE, SOLVED, STEP_LIMIT

METHODS = [RODAS5P, DORMAND_PRINCE]
both = pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)


def advance(
    equations, state, end, grid, relative=1e-8, absolute=1e-10, most_steps=100_000, method=RODAS5P, first_step=1e-4
):
    return OneStep(method).advance(
        equations, np.array(state, dtype=float), 0.0, end, np.array(grid, dtype=float), relative=relative, absolute=absolute,
        first_step=first_step, most_steps=most_steps,
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


def pursuit(haste):
    """y' = −haste·(y − cos t), of Prothero and Robinson's kind: the time enters, and its derivative matters."""
    return Equations(
        lambda t, y: -haste * (y - np.cos(t)),
        lambda t, y: np.array([[-haste]]),
        lambda t, y: np.array([-haste * np.sin(t)]),
    )


def pursued(haste, t, start):
    particular = haste * (haste * np.cos(t) + np.sin(t)) / (haste**2 + 1.0)
    return particular + (start - haste**2 / (haste**2 + 1.0)) * np.exp(-haste * t)


def quadrature():
    """y' = f(t): nothing but the time matters."""
    return Equations(
        lambda t, y: np.array([np.exp(np.sin(3.0 * t))]),
        lambda t, y: np.zeros((1, 1)),
        lambda t, y: np.array([3.0 * np.cos(3.0 * t) * np.exp(np.sin(3.0 * t))]),
    )


PROBLEMS = {
    "autonomous": (pendulum(), [1.0, 0.5], 2.0),
    "pursuit": (pursuit(2.0), [0.3], 2.0),
    "quadrature": (quadrature(), [0.0], 2.0),
}


def fixed_steps(method, problem, count, dense=False):
    """Integrate in equal steps; the error at the end, or within the steps."""
    equations, start, end = PROBLEMS[problem]
    exact = solve_ivp(equations.rates, (0, end), start, "DOP853", rtol=1e-13, atol=1e-14, dense_output=True).sol
    solver, state, step, worst = OneStep(method), np.array(start), end / count, 0.0
    for i in range(count):
        stages = solver.stages(equations, i * step, state, step)
        new = state + method.b @ stages
        theta = np.linspace(0.1, 0.9, 9)[:, None]
        between = solver.between(theta, state, new, stages)
        worst = max(worst, float(np.abs(between - exact((i + theta[:, 0]) * step).T).max()))
        state = new
    return worst if dense else float(np.abs(state - exact(end)).max())


@both
@pytest.mark.parametrize("problem", PROBLEMS)
def test_halving_the_step_divides_the_error_by_two_to_the_fifth(method, problem):
    # The mean over three halvings: a single one is off by one or two where the error changes its sign.
    assert np.log2(fixed_steps(method, problem, 8) / fixed_steps(method, problem, 64)) / 3.0 == pytest.approx(
        5.0, abs=0.4
    )


@both
@pytest.mark.parametrize("problem", PROBLEMS)
def test_dense_output_is_of_order_four(method, problem):
    orders = np.log2([
        fixed_steps(method, problem, n, dense=True) / fixed_steps(method, problem, 2 * n, dense=True) for n in (16, 32)
    ])  # fmt: skip
    assert orders.mean() > 3.7


def test_without_the_slope_in_time_the_order_is_lost():
    equations, start, end = PROBLEMS["pursuit"]
    blind = Equations(equations.rates, equations.jacobian, still)

    def error(count):
        state, step = np.array(start), end / count
        for i in range(count):
            state = state + RODAS5P.b @ OneStep(RODAS5P).stages(blind, i * step, state, step)
        return abs(state[0] - pursued(2.0, end, start[0]))

    assert np.log2(error(8) / error(64)) / 3.0 < 2.5


@pytest.mark.parametrize("relative", [1e-5, 1e-7, 1e-9])
@both
def test_a_stiff_pursuit_of_a_moving_aim_keeps_its_tolerance(method, relative):
    times = np.linspace(0.1, 10.0, 100)
    found = advance(pursuit(50.0), [0.0], 10.0, times, relative, relative, method=method)
    # |y| ≤ 1 and what was missed is forgotten within 1/50 h, so errors do not add up; dense output costs a few.
    assert found.states[:, 0] == pytest.approx(pursued(50.0, times, 0.0), abs=20 * relative)


@both
def test_a_quadrature_keeps_its_tolerance(method):
    exact = solve_ivp(quadrature().rates, (0, 10), [0.0], "DOP853", rtol=1e-13, atol=1e-13).y[0, -1]
    assert advance(quadrature(), [0.0], 10.0, [10.0], method=method).end[0] == pytest.approx(exact, rel=1e-7)


def test_a_stiff_decay_is_gone_after_one_huge_step():
    stiff = Equations(lambda t, y: -1e9 * y, lambda t, y: np.array([[-1e9]]), still)
    stages = OneStep(RODAS5P).stages(stiff, 0.0, np.array([1.0]), 1.0)
    assert abs(1.0 + (RODAS5P.b @ stages)[0]) < 1e-6  # R(∞) = 0


def test_robertson_agrees_with_an_independent_method():
    ends = [0.4, 40.0, 4000.0]
    ours = advance(robertson(), [1.0, 0.0, 0.0], 4000.0, ends, 1e-9, 1e-12).states
    theirs = solve_ivp(lambda t, y: robertson().rates(t, y), (0, 4000), [1, 0, 0], "Radau", ends, rtol=1e-10, atol=1e-14,
                       jac=lambda t, y: robertson().jacobian(t, y)).y.T  # fmt: skip
    assert ours == pytest.approx(theirs, rel=1e-6)  # both at 1e-9 a step or better


@both
def test_the_grid_changes_neither_steps_nor_the_end(method):
    grids = ([10.0], np.linspace(0.1, 10.0, 997))
    coarse, fine = (advance(pendulum(), [1.0, 0.0], 10.0, grid, method=method) for grid in grids)
    assert coarse.steps == fine.steps
    assert np.array_equal(coarse.end, fine.end)


@both
@pytest.mark.parametrize("relative", [1e-4, 1e-6, 1e-8])
def test_errors_follow_the_tolerance(method, relative):
    exact = solve_ivp(pendulum().rates, (0, 10), [1.0, 0.0], "DOP853", rtol=1e-12, atol=1e-13).y[:, -1]
    found = advance(pendulum(), [1.0, 0.0], 10.0, [10.0], relative, relative, method=method).end
    assert np.abs(found - exact).max() < 100 * relative


@both
def test_failures_are_values(method):
    nan = Equations(lambda t, y: np.full(1, np.nan), lambda t, y: np.zeros((1, 1)), still)
    assert advance(nan, [1.0], 1.0, [1.0], method=method).outcome == NOT_FINITE
    assert advance(pendulum(), [1.0, 0.0], 10.0, [10.0], most_steps=3, method=method).outcome == STEP_LIMIT
    assert advance(pendulum(), [1.0, 0.0], 1.0, [1.0], method=method).outcome == SOLVED
