"""Each back-end computes the equations that are printed: rates, Jacobian and outputs of the whole model."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reuptake.engine.backends.numpy import NumpyKernel
from reuptake.equations.evaluation import evaluate
from reuptake.evidence.base import packaged
from reuptake.simulation.run import prepare
from reuptake.units import unit


@pytest.fixture(scope="module")
def laboratory():
    return prepare(packaged(), "human", {"imipramine": ["po", "iv-infusion"]}, "numpy")


@settings(max_examples=5)
@given(seed=st.integers(0, 10_000))
def test_the_compiled_equations_are_the_printed_ones(laboratory, seed):
    kernel, table = laboratory.kernel, laboratory.table
    assert isinstance(kernel, NumpyKernel)
    system, chance = kernel.system, np.random.Generator(np.random.Philox(seed))
    parameters = table.values * chance.uniform(0.8, 1.2, len(table.values))
    state, infusion = chance.uniform(0.0, 1e4, len(system.states)), chance.uniform(0.0, 10.0, len(system.inputs))
    at = dict(zip(table.names, parameters.tolist(), strict=True))
    at |= dict(zip((s.name for s in system.states), state.tolist(), strict=True))
    at |= dict(zip((entry.name for entry in system.inputs), infusion.tolist(), strict=True))
    hoisted = kernel.hoist(parameters)
    equations = kernel.equations(hoisted, infusion.tolist())
    expected = np.array([evaluate(rate, at) for rate in system.rates()])
    assert equations.rates(0.0, state) == pytest.approx(expected, rel=1e-12, abs=1e-9 * np.abs(expected).max())
    outputs = [evaluate(output.expression, at) / unit(output.unit).factor for output in system.outputs]
    assert kernel.outputs(hoisted, infusion.tolist(), np.zeros(1), state[None, :])[0] == pytest.approx(
        outputs, rel=1e-12
    )
    direction = chance.standard_normal(len(state))
    step = 1e-3
    difference = (equations.rates(0.0, state + step * direction) - equations.rates(0.0, state - step * direction)) / (
        2 * step
    )
    slope = equations.jacobian(0.0, state) @ direction
    assert slope == pytest.approx(difference, rel=1e-5, abs=1e-6 * np.abs(slope).max())  # a central difference
