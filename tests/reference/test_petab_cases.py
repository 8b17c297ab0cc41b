"""Problems of the PEtab test suite come to the likelihoods that others publish for them (see `reference.conversion`)."""

import numpy as np
import pytest

from reference.conversion import CASES
from reuptake.calibration.petab.importing import from_petab, likelihood, nominal
from reuptake.errors import InputError
from reuptake.exchange.petab.reading import read_problem
from reuptake.exchange.petab.writing import write_problem

pytest.importorskip("libsbml")


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("version", [1, 2])
def test_the_likelihood_is_the_published_one(name, version, tmp_path):
    problem, published = CASES[name]
    problem = read_problem(write_problem(problem, tmp_path / "written", version))
    density = likelihood(problem)
    value, gradient = density(nominal(problem, density.parameters))
    assert value == pytest.approx(published, abs=1e-5)  # published from integrations with their own tolerances
    assert np.all(np.isfinite(gradient))


@pytest.mark.parametrize("name", [name for name in CASES if "estimated" not in name])
def test_half_the_squares_and_the_likelihood_differ_by_a_constant(name):
    problem, _ = CASES[name]
    objective, density = from_petab(problem), likelihood(problem)
    x = nominal(problem, objective.parameters)
    aside = x * 1.1 + 0.05
    rise = objective.residuals(aside).cost - objective.residuals(x).cost
    assert rise == pytest.approx(density(aside)[0] - density(x)[0], rel=1e-9)
    assert objective.residuals(aside).gradient == pytest.approx(density(aside)[1], rel=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_slopes_are_those_of_differences(name):
    problem, _ = CASES[name]
    density = likelihood(problem, 1e-10)
    x = nominal(problem, density.parameters) * 1.1 + 0.05
    step = 1e-5
    moved = [(density(x + step * unit)[0] - density(x - step * unit)[0]) / (2.0 * step) for unit in np.eye(len(x))]
    assert density(x)[1] == pytest.approx(moved, rel=1e-6, abs=1e-8)


def test_estimated_noise_is_no_least_squares():
    with pytest.raises(InputError, match="not least squares"):
        from_petab(CASES["0015 noise is estimated"][0])


# The package petab asks pandas for much that pandas will no longer take.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_written_passes_the_linters_of_others(tmp_path):
    first, second = pytest.importorskip("petab.v1"), pytest.importorskip("petab.v2")
    for number, (problem, _) in enumerate(CASES.values()):
        path = write_problem(problem, tmp_path / f"{number} of 1")
        assert not first.lint_problem(first.Problem.from_yaml(path))
        path = write_problem(problem, tmp_path / f"{number} of 2", version=2)
        assert not [
            issue for issue in second.lint_problem(path) if issue.level > second.lint.ValidationIssueSeverity.WARNING
        ]
