"""A population of virtual people on the full model: its truth is recovered, its gradient exact, its bits are its own."""

import numpy as np
import pytest

from contracts.cohort import CVS, NAMES, SIGMA, Cohort, write_study
from reuptake.calibration.mixed.curvature import FirstOrder, Laplace
from reuptake.calibration.mixed.dosed import Dosed
from reuptake.calibration.mixed.fit import fit_population
from reuptake.calibration.mixed.marginal import Population, marginal
from reuptake.calibration.mixed.residual import LogNormal
from reuptake.calibration.mixed.spread import Diagonal

SIZE, REPLICATES = 20, 4


@pytest.fixture(scope="module")
def replicates(tmp_path_factory):
    """Estimates of four studies of twenty people, each from its file."""
    cohort = Cohort(SIZE)
    found = []
    for seed in range(1, REPLICATES + 1):
        folder = tmp_path_factory.mktemp(f"study-{seed}")
        found.append(fit_population(write_study(folder, cohort.replicate(seed)), threads=1))
    return cohort, found


def test_the_truth_is_recovered(replicates):
    cohort, found = replicates
    truth = np.array([*cohort.typical, *CVS, SIGMA])
    assert {one.estimate.outcome for one in found} == {"converged"}
    assert [value.name for value in found[0].values] == [*NAMES, *NAMES, "log-normal"]
    ratios = np.log([[value.number for value in one.values] for one in found] / truth)
    errors = np.array([[value.relative_error for value in one.values] for one in found])
    # No number of a study is farther off than three standard errors; their mean over studies no farther than three
    # of its own and the bias of maximum likelihood: a variance over 20 people is low by 1/20, an ω by half of that.
    assert np.max(np.abs(ratios) / errors) < 3.0
    assert np.all(np.abs(ratios.mean(axis=0)) < 3.0 * errors.mean(axis=0) / np.sqrt(REPLICATES) + 0.5 / SIZE)
    # What twenty people can tell at best: a mean of logarithms by ω/√n, an ω by 1/√(2n), σ by 1/√(2·(levels − η)).
    best = np.array([*np.sqrt(np.log1p(CVS**2)) / np.sqrt(SIZE), *[1.0 / np.sqrt(2 * SIZE)] * 2, 1.0 / np.sqrt(160.0)])
    assert np.all(errors.mean(axis=0) > 0.8 * best)
    assert np.all(errors.mean(axis=0) < 1.3 * best)


def test_subjects_are_told_apart_and_predicted_better_than_a_typical_one(replicates):
    for one in replicates[1]:
        levels = one.levels
        typical, individual = (
            np.std([np.log(level.observed / getattr(level, kind)) for level in levels])
            for kind in ("population", "individual")
        )
        assert individual < SIGMA < typical
        # Six samples tell both values of a subject nearly alone.
        assert all(abs(share) < 0.2 for _, share in one.estimate.eta_shrinkage)


@pytest.mark.parametrize("curvature", [FirstOrder(), Laplace()], ids=["first-order", "laplace"])
def test_the_gradient_is_that_of_differences_on_the_full_model(curvature):
    cohort = Cohort(6)
    individuals = Dosed(
        cohort.replicate(1), cohort.translation(1.3), cohort.evidence, laboratories=cohort.laboratories
    )  # fmt: skip
    model = Population(
        cohort.translation(1.3).parameters,
        Diagonal(dict.fromkeys(NAMES, 0.4)), LogNormal(0.2), curvature,
    )  # fmt: skip
    x, step = model.start(), 1e-3
    found = marginal(model, individuals, x)
    exact = []
    for j in range(len(x)):
        nudge = step * np.eye(len(x))[j]
        far, low, high, there = (marginal(model, individuals, x + k * nudge, found).value for k in (-2, -1, 1, 2))
        exact.append((far - 8.0 * low + 8.0 * high - there) / (12.0 * step))
    # The solver errs by 1e-8 of a level, differences by that over their step: of the largest number.
    assert found.gradient == pytest.approx(np.array(exact), abs=1e-5 * np.max(np.abs(exact)))


def test_threads_change_no_bit(tmp_path):
    file = write_study(tmp_path, Cohort(6).replicate(2))
    alone, together = (fit_population(file, threads=threads) for threads in (1, 2))
    assert alone.values == together.values
    assert alone.levels == together.levels
    assert alone.estimate.objective == together.estimate.objective
