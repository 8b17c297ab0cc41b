"""Steps are right whether equations are solved in straight lines, by blocks, or with pivoting."""

import numpy as np
import pytest
from scipy.linalg import expm

from contracts.sketch import Sketch
from reuptake.engine.backends.llvm.kernel import LlvmKernel
from reuptake.engine.control import FIRST_STEP
from reuptake.engine.ensemble import compiled
from reuptake.engine.kernel import Batch, Tolerances
from reuptake.engine.solvers.rodas5p import RODAS5P

TIGHT = Tolerances(1e-9, 1e-12)


def linear(matrix):
    """y' = M·y from ones, every entry a parameter."""
    sketch, size = Sketch("linear"), len(matrix)
    states = [sketch.number(f"y{i}", 1.0) for i in range(size)]
    for i in range(size):
        terms = [sketch.parameter(f"m{i}.{j}", "1") * states[j] for j in range(size) if matrix[i, j] != 0.0]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        sketch.rate(f"y{i}", total)
    system = sketch.build()
    named = {f"m{i}.{j}": matrix[i, j] for i in range(size) for j in range(size)} | {"per.hour": 1.0}
    return system, np.array([[named[parameter.name] for parameter in system.parameters]])


@pytest.mark.parametrize("size", [3, 17, 30, 43])
def test_fully_coupled_systems_follow_the_matrix_exponential(size):
    chance = np.random.Generator(np.random.Philox(size))
    matrix = chance.standard_normal((size, size)) - 2.0 * np.sqrt(size) * np.eye(size)
    matrix[0] *= 300.0  # stiff in one direction
    system, row = linear(matrix)
    found = LlvmKernel(system, RODAS5P).integrate(
        Batch(np.repeat(row, 5, axis=0), ((),) * 5), np.array([0.0, 0.7]), TIGHT
    )
    exact = expm(0.7 * matrix) @ np.ones(size)
    assert np.all(found.values[:, -1] == found.values[0, -1])
    assert found.values[0, -1] == pytest.approx(exact, rel=1e-6, abs=1e-8)


def test_a_pivot_of_nought_is_found_out_and_the_step_solved_with_pivoting():
    # The first step's matrix I/(hγ) − J then has a nought where elimination begins.
    nought = 1.0 / FIRST_STEP * (1.0 / RODAS5P.gamma)
    matrix = np.array([[nought, 3e4], [-5e4, nought]])
    system, row = linear(matrix)
    batch, grid = Batch(row, ((),)), np.array([0.0, 1e-3])
    ours, reference = (
        kernel.integrate(batch, grid, Tolerances(1e-9, 1e-3))
        for kernel in (LlvmKernel(system, RODAS5P), compiled(system, "numpy"))
    )
    assert ours.steps[0] == reference.steps[0]  # without pivoting the first attempt fails, and others are needed
    assert ours.values[0, -1] == pytest.approx(reference.values[0, -1], rel=1e-9)  # the same steps, rounded otherwise


def test_pivoting_in_one_lane_changes_no_other():
    nought = 1.0 / FIRST_STEP * (1.0 / RODAS5P.gamma)
    system, row = linear(np.array([[nought, 3e4], [-5e4, nought]]))
    tame = row * 0.5
    kernel, grid = LlvmKernel(system, RODAS5P), np.array([0.0, 1e-3])
    mixed = kernel.integrate(Batch(np.concatenate([tame, row, tame]), ((),) * 3), grid, TIGHT)
    alone = kernel.integrate(Batch(tame, ((),)), grid, TIGHT)
    assert np.array_equal(mixed.values[0], alone.values[0])
    assert np.array_equal(mixed.values[2], alone.values[0])
