"""Whatever the system, every back-end says what the reference says, and the reference what SciPy says."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from scipy.integrate import solve_ivp

from contracts.random_systems import Case, random_systems
from reuptake.engine.ensemble import BACKENDS, compiled
from reuptake.engine.kernel import Batch, Solution, Tolerances
from reuptake.equations.evaluation import evaluate

# Amounts are of the order of 1 to 1000 nmol; errors of 1e-8 a step hardly add up, since every state is lost.
NEAR = {"rel": 1e-6, "abs": 1e-6}
slow = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def run(case: Case, backend: str, relative: float) -> Solution:
    row = np.array([[case.parameters[parameter.name] for parameter in case.system.parameters]])
    solution = compiled(case.system, backend).integrate(
        Batch(row, (case.events,)), case.grid, Tolerances(relative, relative)
    )
    assert solution.outcomes[0].solved, solution.outcomes[0]
    return solution


@pytest.mark.parametrize("backend", BACKENDS)
@settings(slow, max_examples=40)
@given(case=random_systems())
def test_every_back_end_agrees_with_the_reference_at_a_finer_tolerance(backend, case):
    found, finer = run(case, backend, 1e-8), run(case, "numpy", 1e-10)
    assert found.values == pytest.approx(finer.values, **NEAR)
    assert found.states == pytest.approx(finer.states, **NEAR)


@settings(slow, max_examples=40)
@given(case=random_systems())
def test_random_systems_stay_above_nought_and_bounded(case):
    states = run(case, "numpy", 1e-6).values[0, :, : len(case.system.states)]
    # Bound receptors begin with none; everything else is made all the time.
    assert states.min() > -1e-6
    assert states.max() < 1e5  # the largest production over the slowest loss, and all doses


def by_scipy(case: Case) -> np.ndarray:
    """States on the grid by LSODA, from the expressions evaluated one by one, event after event."""
    names, rates = [state.name for state in case.system.states], case.system.rates()
    doors = {entry.name: entry for entry in case.system.inputs}
    values, running = dict(case.parameters), dict.fromkeys(doors, 0.0)

    def slopes(time, state):
        known = values | running | dict(zip(names, state.tolist(), strict=True)) | {"time": time}
        return [evaluate(rate, known) for rate in rates]

    def start():
        return np.array([evaluate(state.initial, values) for state in case.system.states])

    now, state, found = 0.0, start(), np.empty((len(case.grid), len(names)))
    for stop in sorted({event.time for event in case.events if event.time <= case.grid[-1]} | {case.grid[-1]}):
        inside = (case.grid >= now) & (case.grid <= stop)
        if stop > now:
            curve = solve_ivp(slopes, (now, stop), state, "LSODA", rtol=1e-10, atol=1e-10, dense_output=True)
            state = curve.y[:, -1]
            if inside.any():
                found[inside] = curve.sol(case.grid[inside]).T
        for event in (event for event in case.events if event.time == stop):
            values |= dict(event.changes)
            if event.reset:
                state, running = start(), dict.fromkeys(doors, 0.0)
            if event.input:
                state[names.index(doors[event.input].state)] += event.amount
                running[event.input] += event.rate
        found[case.grid == stop], now = state, stop
    return found


@settings(slow, max_examples=12)
@given(case=random_systems())
def test_the_reference_agrees_with_an_integrator_that_is_not_ours(case):
    outputs = [output.name for output in case.system.outputs]
    places = [outputs.index(f"amount {state.name}") for state in case.system.states]
    assert run(case, "numpy", 1e-8).values[0][:, places] == pytest.approx(by_scipy(case), rel=1e-5, abs=1e-6)
