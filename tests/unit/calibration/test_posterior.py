"""A posterior has the mean, the spread and the bounds that closed forms give it, and says where it is not to be trusted."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from dataclasses import dataclass, replace

import numpy as np
import pytest

from reuptake.calibration.objective import AbstractObjective, Residuals, with_priors
from reuptake.calibration.parameters import Parameter, Prior, to_search
from reuptake.calibration.posterior import Density, Nuts, sample
from reuptake.errors import InputError

SURE = 4.5  # standard errors of Monte Carlo: once in 150,000 by chance, and the same draws on every run
SHORT = Nuts(chains=2, draws=60, tune=100)


@dataclass(frozen=True)
class Straight(AbstractObjective):
    """Observations that are linear in x: r = (A·x − y)/σ."""

    parameters: tuple[Parameter, ...]
    matrix: np.ndarray
    observed: np.ndarray
    sd: float = 1.0

    @property
    def labels(self):
        return tuple("even" if i % 2 == 0 else "odd" for i in range(len(self.observed)))

    def residuals(self, x):
        return Residuals((self.matrix @ x - self.observed) / self.sd, self.matrix / self.sd)


@dataclass(frozen=True)
class Decay(AbstractObjective):
    """A level that falls, a·e^(−k·t), measured with a coefficient of variation."""

    parameters: tuple[Parameter, ...]
    times: np.ndarray
    observed: np.ndarray
    cv: float = 0.1
    labels: tuple[str, ...] = ("level",) * 8

    def residuals(self, x):
        level = np.exp(x[0] - np.exp(x[1]) * self.times)
        slopes = np.stack([level, -level * np.exp(x[1]) * self.times], axis=1)
        scale = self.cv * self.observed
        return Residuals((level - self.observed) / scale, slopes / scale[:, None])


@dataclass(frozen=True)
class Walled(Straight):
    """One that cannot be solved beyond a place."""

    wall: float = 1.0

    def residuals(self, x):
        found = super().residuals(x)
        return found if x[0] < self.wall else Residuals(np.full_like(found.values, np.nan), found.slopes)


def line(name="slope", reach=50.0, **known):
    return Parameter(name, 0.0, -reach, reach, scale="linear", **known)


@pytest.fixture(scope="module")
def straight():
    parameters = (line("level"), line("slope"), line("bend", prior=Prior(0.5, 0.3)))
    times = np.linspace(0.0, 3.0, 9)
    matrix = np.stack([np.ones(9), times, times**2], axis=1)
    noise = np.array([0.3, -0.7, 0.2, 1.1, -0.4, 0.1, -1.0, 0.6, 0.2])
    return Straight(parameters, matrix, matrix @ [1.0, -2.0, 0.4] + 0.5 * noise, sd=0.5)


@pytest.fixture(scope="module")
def closed_form(straight):
    """Mean and covariance of a linear model with normal errors and priors."""
    at = with_priors(straight, np.zeros(3))
    covariance = np.linalg.inv(at.slopes.T @ at.slopes)
    return -covariance @ at.gradient, covariance


@pytest.fixture(scope="module")
def drawn(straight, closed_form):
    return sample(straight, closed_form[0], seed=11)


@pytest.fixture(scope="module")
def decay():
    parameters = (Parameter("amount", 10.0, 0.1, 1000.0), Parameter("rate", 0.3, 0.01, 10.0, unit="1/h"))
    times = np.array([0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0])
    wobble = 1.0 + 0.1 * np.array([0.9, -1.1, 0.3, 0.8, -0.6, -0.9, 1.2, -0.2])
    return Decay(parameters, times, 20.0 * np.exp(-0.25 * times) * wobble)


def surprise(values, expected):
    """How many standard errors of Monte Carlo a mean of draws (chain, draw) lies off."""
    import arviz

    return (values.mean() - expected) / float(arviz.mcse(values, method="mean"))


def test_a_linear_model_has_the_posterior_of_the_closed_form(drawn, closed_form):
    mean, covariance = closed_form
    values = [drawn.draws(name) for name in ("level", "slope", "bend")]
    for j in range(3):
        assert abs(surprise(values[j], mean[j])) < SURE
        for k in range(j + 1):
            products = (values[j] - mean[j]) * (values[k] - mean[k])
            assert abs(surprise(products, covariance[j, k])) < SURE


def test_a_row_tells_what_the_draws_are(drawn, closed_form):
    mean, covariance = closed_form
    assert [row.name for row in drawn.rows] == ["level", "slope", "bend"]
    for j, row in enumerate(drawn.rows):
        sd = covariance[j, j] ** 0.5
        assert row.mean == pytest.approx(mean[j], abs=0.1 * sd)  # 2,000 effective draws: 0.02 of a standard deviation
        assert row.sd == pytest.approx(sd, rel=0.1)
        assert [row.low, row.median, row.high] == pytest.approx(
            mean[j] + sd * np.array([-1.645, 0, 1.645]), abs=0.2 * sd
        )
        assert row.r_hat < 1.01
        assert min(row.ess_bulk, row.ess_tail) > 400
    assert drawn.divergences == drawn.unsolved == 0
    assert drawn.notes == ()


def test_correlated_parameters_cost_few_steps(drawn):
    """The walk is in the shape of the fitted place, where a linear model is a ball."""
    assert drawn.data["sample_stats"]["n_steps"].values.mean() < 8


def test_what_the_data_do_not_tell_is_uniform_on_the_search_scale():
    """Between its bounds a parameter on a log scale is log-uniform, and one on a linear scale uniform."""
    parameters = (
        line("told"),
        Parameter("untold", 3.0, 1.0, 1000.0),
        replace(line("flat"), low=2.0, high=3.0, start=2.5),
    )
    found = sample(
        Straight(parameters, np.array([[1.0, 0.0, 0.0]]), np.array([1.0])), np.array([1.0, 1.0, 2.1]), seed=3
    )
    shares = {"untold": np.log(found.draws("untold")) / np.log(1000.0), "flat": found.draws("flat") - 2.0}
    for share in shares.values():
        assert 0.0 <= share.min() < 0.01
        assert 0.99 < share.max() <= 1.0
        assert abs(surprise(share, 0.5)) < SURE
        assert abs(surprise((share - 0.5) ** 2, 1.0 / 12.0)) < SURE
        for part in (0.1, 0.25, 0.75, 0.9):
            assert abs(surprise((share < part).astype(float), part)) < SURE


@pytest.mark.parametrize(
    ("prior", "observed"), [(None, 1.7), (Prior(1.7, 1.0), None)], ids=["data beyond a bound", "prior beyond a bound"]
)
def test_a_normal_is_cut_off_at_the_bounds(prior, observed):
    from scipy.stats import truncnorm

    matrix, seen = (np.zeros((1, 1)), [0.0]) if observed is None else (np.ones((1, 1)), [observed])
    objective = Straight((line(reach=1.0, prior=prior),), matrix, np.array(seen))
    found = sample(objective, np.array([1.0]), seed=5)
    expected = truncnorm(-2.7, -0.7, loc=1.7, scale=1.0)
    values = found.draws("slope")
    assert abs(values).max() <= 1.0
    assert abs(surprise(values, expected.mean())) < SURE
    assert abs(surprise((values - expected.mean()) ** 2, expected.var())) < SURE


def test_a_curve_well_measured_has_nearly_the_posterior_of_its_fitted_place(decay):
    x = np.log([20.0, 0.25])
    for _ in range(20):  # Gauss and Newton
        at = decay.residuals(x)
        x = x - np.linalg.solve(at.slopes.T @ at.slopes, at.gradient)
    sds = np.sqrt(np.diag(np.linalg.inv(at.slopes.T @ at.slopes)))
    found = sample(decay, x, seed=7)
    for name, best, sd in zip(("amount", "rate"), x, sds, strict=True):
        logs = np.log(found.draws(name))
        assert abs(logs.mean() - best) < 0.25 * sd  # what is curved adds a little
        assert logs.std() == pytest.approx(sd, rel=0.1)


@pytest.mark.parametrize("w", [[0.0, 0.0], [0.7, -1.3], [-4.0, 3.0]])
def test_the_gradient_is_the_slope_of_the_density(decay, w):
    density = Density(decay, np.log([20.0, 0.25]))
    w = np.array(w)
    for j, step in enumerate(1e-6 * np.eye(2)):
        difference = density.at(w + step)[0] - density.at(w - step)[0]
        assert density.at(w)[1][j] == pytest.approx(difference / 2e-6, rel=1e-6, abs=1e-5)


def test_the_density_is_that_of_the_cost_times_the_stretch_of_places(decay):
    """Differences of ln p are those of −cost and of ln|dx/dw|, the latter by finite differences."""
    density = Density(decay, np.log([20.0, 0.25]))

    def expected(w):
        columns = [(density.place(w + step) - density.place(w - step)) / 2e-6 for step in 1e-6 * np.eye(2)]
        return -decay.residuals(density.place(w)).cost + np.log(abs(np.linalg.det(columns)))

    one, other = np.array([0.3, -0.2]), np.array([-1.5, 2.0])
    assert density.at(one)[0] - density.at(other)[0] == pytest.approx(expected(one) - expected(other), rel=1e-6)


def test_the_farthest_places_are_still_inside(decay):
    density = Density(decay, np.log([20.0, 0.25]))
    for w in (np.array([1e9, -1e9]), np.array([-1e300, 1e300])):
        x = density.place(w)
        assert np.all((x >= density.low) & (x <= density.high))
        assert np.isfinite(density.at(w)[1]).all()
    assert density.at(np.array([np.inf, 0.0])) is None


def test_the_same_seed_gives_the_same_draws_for_any_number_of_cores(straight, closed_form):
    x = closed_form[0]
    once = sample(straight, x, 1, SHORT)
    assert once == sample(straight, x, 1, SHORT, cores=2)
    for again in (sample(straight, x, 1, SHORT, cores=2), sample(straight, x, 1, replace(SHORT, chains=3))):
        assert np.array_equal(once.draws("slope"), again.draws("slope")[:2])
    assert not np.array_equal(once.draws("slope"), sample(straight, x, 2, SHORT).draws("slope"))


def test_no_two_chains_are_alike(drawn):
    firsts = drawn.draws("slope")[:, 0]
    assert len(set(firsts)) == len(firsts)


def test_few_draws_are_said_to_be_few(straight, closed_form):
    found = sample(straight, closed_form[0], 1, SHORT)
    assert any("slope" in note and "effective draws in the tails" in note for note in found.notes)


def test_chains_that_do_not_agree_are_told():
    """Two hills with a deep valley between: each chain stays on the one where it began."""

    class Hills(AbstractObjective):
        parameters = (line(reach=3.0),)
        labels = ("square",)

        def residuals(self, x):
            return Residuals((x**2 - 4.0) * 10.0, np.array([[20.0 * x[0]]]))

    found = sample(Hills(), np.array([0.02]), 2, Nuts(chains=6, draws=100, tune=200))
    assert found.rows[0].r_hat > 1.01
    assert any("R̂" in note for note in found.notes)


def test_where_there_is_no_solution_nothing_is_drawn_and_it_is_told():
    parameters = (line(),)
    found = sample(Walled(parameters, np.ones((1, 1)), np.zeros(1), wall=0.5), np.zeros(1), 4, Nuts(draws=300))
    assert found.draws("slope").max() < 0.5
    assert found.unsolved > 0
    assert found.divergences == found.diverging.sum() > 0
    assert any(f"{found.unsolved} of {found.tried} places" in note for note in found.notes)
    assert any("diverged" in note for note in found.notes)


def test_a_place_to_begin_that_cannot_be_solved_is_refused():
    with pytest.raises(InputError, match="could not be solved at the place where sampling begins"):
        Density(Broken((line(),), np.ones((1, 1)), np.zeros(1)), np.zeros(1))


class Broken(Straight):
    def residuals(self, x):
        return Residuals(np.full(1, np.nan), np.full((1, 1), np.nan))


def test_a_fault_of_the_objective_comes_out_as_it_was(capfd):
    class Faulty(Straight):
        def residuals(self, x):
            if x[0] > 1.0:
                raise ArithmeticError("a fault of the model")
            return super().residuals(x)

    with pytest.raises(ArithmeticError, match="a fault of the model"):
        sample(Faulty((line(),), np.ones((1, 1)), np.zeros(1)), np.zeros(1), 1, SHORT)
    assert capfd.readouterr() == ("", "")


def test_all_bounds_that_are_none_are_told_at_once():
    parameters = (
        Parameter("clearance", 1.0, 0.0, 10.0),
        Parameter("share", 0.5, 0.0, 1.0, scale="logit"),
        replace(line("slope"), high=np.inf),
        replace(line("a/b"), low=60.0),
        line("fine"),
    )
    with pytest.raises(InputError) as caught:
        Density(Straight(parameters, np.ones((1, 5)), np.zeros(1)), np.zeros(5))
    assert [problem.where for problem in caught.value.problems] == ["clearance", "share", "slope", "a/b", "a/b"]


@pytest.mark.parametrize("wrong", [{"chains": 1}, {"draws": 3}, {"tune": 0}, {"acceptance": 1.0}])
def test_one_chain_or_none_or_no_draws_are_no_sampling(wrong):
    with pytest.raises(ValueError, match="chains"):
        Nuts(**wrong)


@pytest.mark.parametrize("package", ["nutpie", "arviz"])
def test_a_missing_extra_is_named_with_its_remedy(monkeypatch, straight, package):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InputError, match=package) as caught:
        sample(straight, np.zeros(3), 1, SHORT)
    assert caught.value.problems[0].hint == "pip install 'reuptake[bayes]'"


def test_what_is_nobodys_question_is_drawn_but_has_no_row(straight, closed_form):
    asked, effect, bend = straight.parameters
    found = sample(
        replace(straight, parameters=(asked, replace(effect, nuisance=True), bend)), closed_form[0], 1, SHORT
    )
    assert [row.name for row in found.rows] == ["level", "bend"]
    assert found.draws("slope").shape == (2, 60)
    assert any("slope" in note for note in found.notes)


def test_likelihoods_of_the_groups_add_up_to_the_cost_of_the_data(straight, drawn):
    told = drawn.data["log_likelihood"]["residuals"]
    assert list(told["group"].values) == ["even", "odd"]
    for chain, draw in ((0, 0), (3, 999)):
        values = [drawn.draws(one.name)[chain, draw] for one in straight.parameters]
        cost = straight.residuals(to_search(straight.parameters, values)).cost
        assert -told.values[chain, draw].sum() == pytest.approx(cost, rel=1e-9)


def test_groups_may_be_others_than_the_labels(straight, closed_form):
    found = sample(straight, closed_form[0], 1, SHORT, groups=["early"] * 4 + ["late"] * 5)
    assert list(found.data["log_likelihood"]["group"].values) == ["early", "late"]


def test_a_file_has_everything_and_the_same_bytes(tmp_path, straight, closed_form):
    import arviz

    found = sample(straight, closed_form[0], 1, SHORT)
    for name in ("one.nc", "two.nc"):
        found.to_netcdf(tmp_path / name)
    sums = {hashlib.sha256((tmp_path / name).read_bytes()).hexdigest() for name in ("one.nc", "two.nc")}
    assert len(sums) == 1
    read = arviz.from_netcdf(tmp_path / "one.nc")
    assert np.array_equal(read["posterior"]["bend"].values, found.draws("bend"))
    assert read["posterior"]["bend"].attrs == {
        "unit": "", "scale": "linear", "low": -50.0, "high": 50.0, "prior_mean": 0.5, "prior_sd": 0.3,
    }  # fmt: skip
    assert read["posterior"].attrs["seed"] == 1
    assert {"diverging", "lp", "energy", "tree_depth"} <= set(read["sample_stats"])
    assert read["log_likelihood"]["residuals"].shape == (2, 60, 2)


def test_the_announcement_that_arviz_makes_once_a_day_is_not_heard(tmp_path):
    """In a cache of its own it is always the first import of the day; any other warning would be an error."""
    code = "from reuptake.calibration.posterior import _extra; _extra()"
    answer = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
