"""The machine code that peers are handed computes the equations that the reference back-end computes."""

import numpy as np
import pytest

from reuptake.engine.ensemble import compiled
from reuptake.equations.system import SystemBuilder
from reuptake.qualification.functions import Functions


def test_compiled_rates_and_slopes_are_those_of_the_reference(course):
    functions, kernel = Functions(course.system), compiled(course.system, "numpy")
    chance = np.random.Generator(np.random.Philox(1))
    for parameters in course.parameters:
        functions.turn_to(parameters)
        equations = kernel.equations(kernel.hoist(parameters), [0.0])
        state = chance.uniform(0.0, 1e4, functions.size)
        expected, slopes = equations.rates(0.0, state), equations.jacobian(0.0, state)
        # the compiler may contract a product and a sum into one rounding
        assert functions.rates(0.0, state) == pytest.approx(expected, rel=1e-12, abs=1e-12 * np.abs(expected).max())
        found = np.zeros_like(slopes)
        found[functions.rows, functions.columns] = functions.entries(0.0, state)
        assert found == pytest.approx(slopes, rel=1e-12, abs=1e-12 * np.abs(slopes).max())
        assert np.all(functions.pattern()[slopes != 0.0] == 1.0)


def test_every_operation_and_the_time_can_be_compiled():
    builder = SystemBuilder("all")
    rate, pool = builder.parameter("rate", "1/h"), builder.state("pool", "nmol")
    graph, now = builder.graph, builder.time
    phase = rate * now
    shape = graph.exp(graph.sin(phase)) + graph.log(2.0 + graph.cos(phase)) ** 1.5
    builder.flow("out", rate * pool * shape, source="pool")
    functions = Functions(builder.build())
    functions.turn_to(np.array([0.7]))
    angle = 0.7 * 3.0
    expected = -0.7 * 5.0 * (np.exp(np.sin(angle)) + np.log(2.0 + np.cos(angle)) ** 1.5)
    assert functions.rates(3.0, np.array([5.0]))[0] == pytest.approx(expected, rel=1e-13)  # a few roundings
