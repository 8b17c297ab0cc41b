"""Every back-end solves the classical stiff problems, to the tolerance that it is asked for."""

import numpy as np
import pytest

from contracts.stiff_problems import PROBLEMS
from reuptake.engine.ensemble import BACKENDS, compiled
from reuptake.engine.kernel import Batch, Tolerances

# The error at the end, in units of the tolerance of one step. Errors of single steps do not add up here: each
# of these problems ends on a slow course on which nearby courses draw together. Measured with Rodas5P: up to 0.8.
ALLOWED = 5.0
LARGE = "medical akzo nobel"  # 400 states, a dense matrix for the slow back-end

CASES = [
    (backend, name, relative)
    for backend in BACKENDS
    for name in PROBLEMS
    for relative in ((1e-4, 1e-6) if (backend, name) == ("numpy", LARGE) else (1e-6, 1e-8))
]


@pytest.mark.parametrize(("backend", "name", "relative"), CASES)
def test_a_stiff_problem_ends_where_another_method_says(backend, name, relative):
    problem = PROBLEMS[name]()
    outputs = [output.name for output in problem.system.outputs]
    row = np.array([[problem.parameters[parameter.name] for parameter in problem.system.parameters]])
    tolerances = Tolerances(relative, relative * problem.smallest)
    solution = compiled(problem.system, backend).integrate(
        Batch(row, (problem.events,)), np.array([0.0, problem.end]), tolerances
    )
    assert solution.outcomes[0].solved, solution.outcomes[0]
    assert problem.ends.keys() <= set(outputs)
    found = dict(zip(outputs, solution.values[0, -1], strict=True))
    errors = {
        output: abs(found[output] - end) / (relative * (problem.smallest + abs(end)))
        for output, end in problem.ends.items()
    }
    assert max(errors.values()) < ALLOWED, errors


def test_the_problems_conserve_what_their_chemistry_conserves():
    # Robertson: matter. HIRES: the last two of its states. Pollution: sulphur. Linear sums survive every step.
    for name, parts, total in [
        ("robertson", ("y1", "y2", "y3"), 1.0),
        ("hires", ("y7", "y8"), 0.0057),
        ("pollution", ("y17", "y18"), 0.007),
    ]:
        problem = PROBLEMS[name]()
        assert sum(problem.ends[part] for part in parts) == pytest.approx(total, rel=1e-11)
