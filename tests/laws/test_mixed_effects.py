"""What holds for every population estimate: exactness where the model is straight, shrinkage, recovery of the truth."""

import math

import numpy as np
import pytest

from contracts.closed_forms import Linear, Oral
from reuptake.calibration.mixed.curvature import FirstOrder, Laplace
from reuptake.calibration.mixed.estimate import estimate
from reuptake.calibration.mixed.marginal import Population, marginal
from reuptake.calibration.mixed.residual import Additive, Proportional
from reuptake.calibration.mixed.spread import Diagonal, Full
from reuptake.calibration.parameters import Parameter
from reuptake.population.chance import normals


def straight(size=7):
    """Subjects with different numbers of observations, straight in ln φ of two parameters, one of them fixed too."""
    designs = tuple(normals(1, [i], "design", 3 * (3 + i % 4)).reshape(-1, 3) for i in range(size))
    observed = tuple(normals(1, [i], "observed", len(design))[0] * 2.0 + 1.0 for i, design in enumerate(designs))
    return Linear(tuple(f"{i}" for i in range(size)), designs, observed, ("a", "b", "c"))


@pytest.mark.parametrize("curvature", [FirstOrder(), Laplace()], ids=["first-order", "laplace"])
@pytest.mark.parametrize(
    "spread",
    [Diagonal({"a": 0.7, "c": 0.4}), Full(("c", "a"), ((0.5, 0.2), (0.2, 0.3)))],
    ids=["diagonal", "full"],
)
def test_a_straight_model_has_its_exact_likelihood(curvature, spread):
    # y ~ N(X·ln θ, XZ·Ω·(XZ)ᵀ + σ²·1): nothing is approximated, and differences of straight lines do not err.
    subjects, sigma = straight(), 0.6
    model = Population(
        tuple(Parameter(name, value, 0.01, 100.0) for name, value in (("a", 2.0), ("b", 0.5), ("c", 1.5))),
        spread, Additive(sigma), curvature,
    )  # fmt: skip
    omega, chosen = spread.omega(spread.start())[0], ["abc".index(name) for name in spread.names]
    exact = 0.0
    for design, observed in zip(subjects.designs, subjects.observed, strict=True):
        own = design[:, chosen]
        covariance = own @ omega @ own.T + sigma**2 * np.eye(len(observed))
        residual = observed - design @ np.log([2.0, 0.5, 1.5])
        exact += residual @ np.linalg.solve(covariance, residual) + np.linalg.slogdet(covariance)[1]
    found = marginal(model, subjects, model.start())
    assert found.value == pytest.approx(exact, abs=1e-8)


def groups(size=8, each=4):
    """One level a subject, measured four times."""
    own = normals(5, range(size), "own", 1)
    noise = normals(5, range(size), "noise", each)
    design = (np.ones((each, 1)),) * size
    return Linear(tuple("abcdefgh"), design, tuple(1.0 + 0.8 * own[i] + 0.5 * noise[i] for i in range(size)), ("a",))


def test_one_way_groups_have_their_closed_form_estimate_and_shrinkage():
    # Balanced groups: σ² = SSW/(N(n − 1)), ω² + σ²/n = mean (ȳᵢ − ȳ)²; modes shrink by λ = ω²/(ω² + σ²/n), whence
    # their variance is λ·ω², and N/(N − 1) times that as a sample.
    subjects = groups()
    found = estimate(Population((Parameter("a", 2.0, 0.01, 100.0),), Diagonal({"a": 1.0}), Additive(1.0)), subjects)
    means = np.array([values.mean() for values in subjects.observed])
    within = sum(((values - values.mean()) ** 2).sum() for values in subjects.observed) / (8 * 3)
    between = means.var() - within / 4
    assert found.outcome == "converged"
    assert math.log(found["a"].number) == pytest.approx(means.mean(), abs=1e-6)
    assert found["sigma additive"].number == pytest.approx(math.sqrt(within), rel=1e-6)
    assert found["omega a"].number == pytest.approx(math.sqrt(between), rel=1e-6)
    assert found["a"].error / found["a"].number == pytest.approx(math.sqrt(means.var() / 8), rel=1e-5)
    share = between / (between + within / 4)
    assert found.eta_shrinkage[0][1] == pytest.approx(1.0 - math.sqrt(share * 8 / 7), abs=1e-6)
    assert found.subjects[0].conditional_sd[0] == pytest.approx(math.sqrt(between * (1.0 - share)), rel=1e-6)


def test_a_subject_that_says_less_is_shrunk_more():
    subjects = groups()
    fewer = Linear(
        subjects.subjects, (np.ones((1, 1)), *subjects.designs[1:]),
        (subjects.observed[0][:1], *subjects.observed[1:]), ("a",),
    )  # fmt: skip
    model = Population((Parameter("a", 2.0, 0.01, 100.0),), Diagonal({"a": 0.8}), Additive(0.5))
    rich, poor = (marginal(model, some, model.start()).covariances[0, 0, 0] for some in (subjects, fewer))
    assert rich < poor < 0.8**2


def test_an_omega_of_nobody_collapses_and_is_said_not_to_be_known():
    # Groups alike but for noise, and less different than noise makes them: the estimate of ω is nought.
    noise = normals(3, range(8), "noise", 4)
    alike = tuple(1.0 + 0.5 * (row - row.mean()) for row in noise)
    subjects = Linear(tuple("abcdefgh"), (np.ones((4, 1)),) * 8, alike, ("a",))
    found = estimate(Population((Parameter("a", 2.0, 0.01, 100.0),), Diagonal({"a": 0.5}), Additive(1.0)), subjects)
    assert found["omega a"].number < 1e-3
    assert found["omega a"].error is None
    assert found["a"].error is not None
    assert any("omega a collapsed to nought" in note and "not known" in note for note in found.notes)


# The warfarin example that programs for optimal design share (Nyberg and others, Br J Clin Pharmacol 2014, as it is
# quoted in the examples of PopED): 32 subjects, 70 mg by mouth, eight samples.
TRUTH = {"ka": 1.0, "cl": 0.15, "v": 8.0, "omega ka": math.sqrt(0.6), "omega cl": math.sqrt(0.07),
         "omega v": math.sqrt(0.02), "sigma proportional": 0.1}  # fmt: skip
# Relative standard errors (%) that PopED expects of it, of ω² and σ² there: half as much for their roots.
EXPECTED = {"ka": 13.925829, "cl": 4.738266, "v": 2.756206, "omega ka": 25.777327 / 2, "omega cl": 25.627205 / 2,
            "omega v": 30.344316 / 2, "sigma proportional": 11.170784 / 2}  # fmt: skip
REPLICATES = 20


@pytest.fixture(scope="module")
def replicates():
    """Estimates of twenty simulated studies."""
    times, people = np.array([0.5, 1.0, 2.0, 6.0, 24.0, 36.0, 72.0, 120.0]), range(32)
    names = tuple(f"{i}" for i in people)
    model = Population(
        tuple(Parameter(name, TRUTH[name] * 1.3, TRUTH[name] / 50, TRUTH[name] * 50) for name in ("ka", "cl", "v")),
        Diagonal({"ka": 0.5, "cl": 0.5, "v": 0.5}), Proportional(0.2),
    )  # fmt: skip
    omegas = np.array([TRUTH[f"omega {name}"] for name in ("ka", "cl", "v")])
    found = []
    for seed in range(REPLICATES):
        places = np.log([1.0, 0.15, 8.0]) + omegas * normals(seed, people, "eta", 3)
        empty = Oral(names, (70.0,) * 32, (times,) * 32, (None,) * 32)
        noise = 1.0 + 0.1 * normals(seed, people, "epsilon", 8)
        observed = tuple(one.values * row for one, row in zip(empty.predict(people, places), noise, strict=True))
        found.append(estimate(model, Oral(names, empty.doses, empty.times, observed)))
    return found


def test_simulated_truth_is_recovered(replicates):
    assert {one.outcome for one in replicates} == {"converged"}
    for name, truth in TRUTH.items():
        numbers, spread = np.array([one[name].number for one in replicates]), EXPECTED[name] / 100.0
        # The mean of twenty errs by spread/√20; maximum likelihood of ω over 32 people is low by some 1/64 beside.
        assert np.mean(numbers) == pytest.approx(truth, rel=3.0 * spread / math.sqrt(REPLICATES) + 0.02), name


def test_standard_errors_are_those_that_the_design_promises(replicates):
    for name in TRUTH:
        relative = np.mean([one[name].relative_error for one in replicates])
        # PopED's come from a first-order approximation at the truth; replicates differ by ten percent among them.
        assert 100.0 * relative == pytest.approx(EXPECTED[name], rel=0.12), name


def test_standard_errors_cover_the_truth(replicates):
    inside = [
        abs(one[name].number - truth) < 1.96 * one[name].error for one in replicates for name, truth in TRUTH.items()
    ]
    assert np.mean(inside) > 0.88  # 95 % of 140, that are not independent; ω is low in small studies
