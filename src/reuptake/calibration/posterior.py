"""What data and prior knowledge leave possible: draws from the posterior, by the No-U-Turn sampler.

    ln p(x | data) = −cost(x) + constant          inside the bounds of the search, nothing outside
    x = a + (b − a)·s,  s = 1/(1 + e^(−y)),  ln|dx/dy| = ln(b − a) + ln s + ln(1 − s)
    y = y₀ + L·w,       L·Lᵀ = (KᵀK + ⅓·I)⁻¹,     K = ∂r/∂y at y₀

A parameter without a prior is flat on its search scale x between its bounds (log-uniform, if that is a logarithm);
one with a prior is normal there, cut off at its bounds. The bounds are kept by y, which runs over the whole line; its
Jacobian makes a flat x a logistic y, whose information is ⅓. The chains move in w, in which the posterior is nearly
round as far as the fitted place can tell; what they tune is a diagonal on top of that.

Where the model cannot be solved the density is nothing: such a proposal ends its trajectory as a divergence, and is
counted. The posterior is that of the cost as it stands: standard deviations that were set too small make it too narrow,
which the inflation of a fit tells.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.objective import AbstractObjective, with_priors
from reuptake.calibration.parameters import Parameter, from_search
from reuptake.errors import InputError, Problem
from reuptake.population.chance import generator

__all__ = ["Density", "Marginal", "Nuts", "Posterior", "sample"]

Array = NDArray[np.float64]
LOGISTIC_INFORMATION = 1.0 / 3.0
EDGE = 0.01  # of the width between bounds: a fit that ends at a bound is begun so far inside
# Vehtari A, Gelman A, Simpson D, Carpenter B, Bürkner P-C. Rank-normalization, folding, and localization: an improved
# R̂ for assessing convergence of MCMC. Bayesian Analysis 2021, 16(2):667–718, doi:10.1214/20-BA1221.
HIGHEST_R_HAT = 1.01
LEAST_DRAWS_PER_CHAIN = 100  # effective ones, in the bulk and in the tails
STATISTICS = {
    "logp": "lp",
    "diverging": "diverging",
    "energy": "energy",
    "depth": "tree_depth",
    "maxdepth_reached": "reached_max_treedepth",
    "n_steps": "n_steps",
    "step_size": "step_size",
    "mean_tree_accept": "acceptance_rate",
}  # nutpie's name, and that which arviz's readers know


@dataclass(frozen=True)
class Nuts:
    """How much the No-U-Turn sampler draws.

    Attributes
    ----------
    chains, draws, tune : int
        Chains (two or more: one alone has nothing to agree with), draws kept of each, and draws thrown away before,
        while step and mass are tuned.
    acceptance : float
        Mean acceptance that the step size is tuned to; nearer one, smaller steps and fewer divergences.
    """

    chains: int = 4
    draws: int = 1000
    tune: int = 1000
    acceptance: float = 0.8

    def __post_init__(self) -> None:
        if self.chains < 2 or self.draws < 4 or self.tune < 1 or not 0.0 < self.acceptance < 1.0:
            raise ValueError(f"chains must be 2 or more, draws 4, tune 1, and acceptance between 0 and 1: {self}")


@dataclass(frozen=True)
class Marginal:
    """One parameter's posterior in its own values; `low` and `high` are the 5th and the 95th percentile."""

    name: str
    unit: str
    mean: float
    sd: float
    low: float
    median: float
    high: float
    r_hat: float
    ess_bulk: float
    ess_tail: float


@dataclass(frozen=True)
class Posterior:
    """Draws from a posterior, and all that is needed to judge them.

    Attributes
    ----------
    rows : tuple of Marginal
        Of each parameter that is no nuisance.
    divergences : int
        Kept draws whose trajectory went astray or met a place that cannot be solved.
    tried, unsolved : int
        Places where the density was asked for, tuning included, and those of them where the model has no solution.
    notes : tuple of str
        Why the draws are not to be trusted; empty where nothing speaks against them.
    data : arviz.InferenceData (arviz 0.23) or xarray.DataTree (arviz 1)
        Groups `posterior` (a variable (chain, draw) for every parameter, in its own values, with unit, scale, bounds
        and prior as attributes), `log_likelihood` (`residuals` (chain, draw, group), but for a constant: −½·Σr²) and
        `sample_stats`.
    """

    rows: tuple[Marginal, ...]
    divergences: int
    tried: int
    unsolved: int
    notes: tuple[str, ...]
    data: Any = field(repr=False, compare=False)

    def draws(self, name: str) -> Array:
        """A parameter's draws (chain, draw), as values."""
        drawn: Array = self.data["posterior"][name].values
        return drawn

    @property
    def diverging(self) -> NDArray[np.bool_]:
        """Whether each draw (chain, draw) ended a trajectory that went astray."""
        astray: NDArray[np.bool_] = self.data["sample_stats"]["diverging"].values
        return astray

    def to_netcdf(self, path: Path) -> None:
        """Write all draws to a file that arviz and xarray read; the same draws give the same bytes."""
        self.data.to_netcdf(str(path), engine="h5netcdf")


class Density:
    """Posterior density of an objective over the whole line, made nearly round about a place."""

    def __init__(self, objective: AbstractObjective, x: Array) -> None:
        """Density of an objective about the place x (parameter,) on the search scale where it is best.

        Raises
        ------
        InputError
            Where bounds are not finite, or the model cannot be solved at x.
        """
        if problems := list(_problems(objective.parameters)):
            raise InputError(problems)
        self.objective = objective
        self.low = np.array([one.search(one.low) for one in objective.parameters])
        self.high = np.array([one.search(one.high) for one in objective.parameters])
        share = np.clip((x - self.low) / (self.high - self.low), EDGE, 1.0 - EDGE)
        self.centre = np.log(share) - np.log1p(-share)
        slopes = with_priors(objective, self.low + (self.high - self.low) * share).slopes
        if not np.isfinite(slopes).all():
            message = "the model could not be solved at the place where sampling begins"
            raise InputError(Problem(message, "start", "begin at the place that a fit found"))
        slopes = slopes * (self.high - self.low) * share * (1.0 - share)
        information = slopes.T @ slopes + LOGISTIC_INFORMATION * np.eye(len(x))
        self.spread: Array = np.linalg.inv(np.linalg.cholesky(information)).T

    def place(self, w: Array) -> Array:
        """Place x (parameter,) on the search scale of w (parameter,)."""
        share = 0.5 * (1.0 + np.tanh(0.5 * (self.centre + self.spread @ w)))
        x: Array = np.clip(self.low + (self.high - self.low) * share, self.low, self.high)
        return x

    def at(self, w: Array) -> tuple[float, Array] | None:
        """Logarithm of the density at w but for a constant, and its gradient; None where the model has no solution."""
        with np.errstate(over="ignore", invalid="ignore"):  # a step size that is being tuned may go anywhere
            y = self.centre + self.spread @ w
        if not np.isfinite(y).all():
            return None
        found = with_priors(self.objective, self.place(w))
        if not (np.isfinite(found.values).all() and np.isfinite(found.slopes).all()):
            return None
        slant = np.tanh(0.5 * y)  # 2s − 1
        stretch = (self.high - self.low) * 0.25 * (1.0 + slant) * (1.0 - slant)
        jacobian = float(np.sum(-np.abs(y) - 2.0 * np.log1p(np.exp(-np.abs(y)))))
        return jacobian - found.cost, self.spread.T @ (-slant - found.gradient * stretch)


def sample(
    objective: AbstractObjective,
    x: Array,
    seed: int,
    how: Nuts | None = None,
    cores: int = 1,
    groups: Sequence[str] | None = None,
) -> Posterior:
    """Draw from the posterior of an objective.

    Parameters
    ----------
    objective : AbstractObjective
    x : array (parameter,)
        The fitted place on the search scale; chains begin about it.
    seed : int
        The same seed gives the same draws, for any number of cores; more chains leave the first ones as they are.
    how : Nuts, optional
    cores : int
        Chains that run side by side.
    groups : sequence of str (residual,), optional
        Whose residual each is, by which likelihoods are kept apart; the labels, if left out.

    Raises
    ------
    InputError
        Where nutpie or arviz is missing, a bound is not finite, or the model cannot be solved at x.

    Source
    ------
    Hoffman MD, Gelman A. The No-U-Turn sampler: adaptively setting path lengths in Hamiltonian Monte Carlo. Journal of
    Machine Learning Research 2014; as nutpie has it.
    """
    how = how or Nuts()
    density = Density(objective, x)
    walk = _walk(density, seed, how, cores)
    likelihoods = _likelihoods(density, walk.places, tuple(groups or objective.labels), cores)
    attributes = {"seed": seed, "tune": how.tune, "target_accept": how.acceptance}
    return _judged(objective.parameters, _inference_data(density, walk, likelihoods, attributes), walk)


@dataclass(frozen=True)
class _Walk:
    """Where the chains went: places w (chain, draw, parameter), and each statistic (chain, draw) by its name."""

    places: Array
    statistics: dict[str, Array]
    tried: int
    unsolved: int


def _walk(density: Density, seed: int, how: Nuts, cores: int) -> _Walk:
    """The walk in w, which is all that nutpie is asked for; what it means is worked out for kept draws alone."""
    nutpie, _ = _extra()
    from nutpie.compiled_pyfunc import from_pyfunc

    callers: list[_Caller] = []
    faults: list[Exception] = []

    def begin() -> _Caller:
        callers.append(_Caller(density, faults))
        return callers[-1]

    def start(chain_seed: int) -> Array:
        return begin().start(chain_seed)

    def keep(_first: int, _second: int, _chain: int) -> Any:
        return lambda w: {"w": np.array(w)}

    shape = density.centre.shape
    model = from_pyfunc(*shape, begin, keep, [np.dtype(np.float64)], [shape], ["w"], make_initial_point_fn=start)
    own_seed = int(generator(seed, 0, "posterior").integers(2**63))
    # Waited for here: nutpie's own waiting would take an interrupted run for a finished one.
    running = nutpie.sample(
        model, draws=how.draws, tune=how.tune, chains=how.chains, cores=cores, target_accept=how.acceptance,
        seed=own_seed, save_warmup=False, progress_bar=False, blocking=False,
    )  # fmt: skip
    try:
        trace = running.wait()
    finally:
        if faults:
            raise faults[0]
    statistics = {ours: trace["sample_stats"][theirs].values for theirs, ours in STATISTICS.items()}
    tried, unsolved = sum(caller.tried for caller in callers), sum(caller.unsolved for caller in callers)
    return _Walk(trace["posterior"]["w"].values, statistics, tried, unsolved)


class _Caller:
    """What one chain asks of the density, and how often it found nothing.

    A fault of the objective is kept for later, and ends all asking: thrown into nutpie it would come out as a panic
    that names neither cause nor place.
    """

    def __init__(self, density: Density, faults: list[Exception]) -> None:
        self.density, self.faults = density, faults
        self.tried = self.unsolved = 0

    def __call__(self, w: Array) -> tuple[float, Array]:
        found = None
        if not self.faults:
            self.tried += 1
            try:
                found = self.density.at(w)
            except Exception as fault:
                self.faults.append(fault)
            self.unsolved += found is None
        return (-math.inf, np.zeros(len(w))) if found is None else found

    def start(self, seed: int) -> Array:
        """Where a chain begins: a normal draw about the fitted place, drawn nearer until the model can be solved."""
        w = generator(seed, 0, "posterior.start").standard_normal(len(self.density.centre))
        for _ in range(8):
            if self(w)[0] > -math.inf:
                return w
            w = 0.5 * w
        return np.zeros(len(w))


def _extra() -> tuple[Any, Any]:
    """The packages nutpie and arviz; the first import of a day would else announce arviz's next version."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"\s*ArviZ is undergoing a major refactor", FutureWarning)
        try:
            import arviz
            import nutpie
        except ImportError as absent:
            message = f"sampling needs the package {absent.name}, which is not installed"
            raise InputError(Problem(message, hint="pip install 'reuptake[bayes]'")) from None
    return nutpie, arviz


def _problems(parameters: Sequence[Parameter]) -> Iterator[Problem]:
    for one in parameters:
        try:
            width = one.search(one.high) - one.search(one.low)
        except (ValueError, ZeroDivisionError):
            width = math.nan
        if not 0.0 < width < math.inf:
            told = f"bounds from {one.low:g} to {one.high:g} are not two finite places on a {one.scale} scale"
            yield Problem(told, one.name, "give bounds as wide as you like, but finite, the lower one first")
        if "/" in one.name:
            yield Problem("a name with a slash cannot be kept in a netCDF file", one.name, "write another name")


def _likelihoods(density: Density, walk: Array, groups: Sequence[str], cores: int) -> dict[str, Array]:
    """Logarithm of the likelihood (chain, draw) of each group of residuals, but for a constant."""
    names = list(dict.fromkeys(groups))
    members = np.array([[group == name for group in groups] for name in names], dtype=float)

    def of(w: Array) -> Array:
        residuals: Array = density.objective.residuals(density.place(w)).values
        found: Array = -0.5 * (members @ residuals**2)
        return found

    with ThreadPoolExecutor(cores) as pool:
        found = np.array(list(pool.map(of, walk.reshape(-1, walk.shape[-1]))))
    return {name: found[:, i].reshape(walk.shape[:2]) for i, name in enumerate(names)}


def _inference_data(
    density: Density,
    walk: _Walk,
    likelihoods: dict[str, Array],
    attributes: dict[str, Any],
) -> Any:
    """Everything that was drawn, as arviz has it, without the time of day that arviz would write."""
    import xarray

    _, arviz = _extra()
    parameters = density.objective.parameters
    chains, draws, count = walk.places.shape
    places = [density.place(w) for w in walk.places.reshape(-1, count)]
    values = np.array([from_search(parameters, x) for x in places]).reshape(walk.places.shape)
    axes = ("chain", "draw")
    along = {"chain": np.arange(chains), "draw": np.arange(draws)}
    drawn = {one.name: (axes, values[..., j], _told(one)) for j, one in enumerate(parameters)}
    told = (*axes, "group"), np.stack(list(likelihoods.values()), axis=-1)
    groups = {
        "posterior": xarray.Dataset(drawn, along, {**attributes, "inference_library": "nutpie"}),
        "log_likelihood": xarray.Dataset({"residuals": told}, {**along, "group": list(likelihoods)}),
        "sample_stats": xarray.Dataset({name: (axes, one) for name, one in walk.statistics.items()}, along),
    }
    return arviz.InferenceData(**groups) if "InferenceData" in vars(arviz) else xarray.DataTree.from_dict(groups)


def _told(one: Parameter) -> dict[str, str | float]:
    """What is known of a parameter beforehand."""
    prior = {} if one.prior is None else {"prior_mean": one.prior.mean, "prior_sd": one.prior.sd}
    return {"unit": one.unit, "scale": one.scale, "low": one.low, "high": one.high, **prior}


def _judged(parameters: Sequence[Parameter], data: Any, walk: _Walk) -> Posterior:
    """Draws with their summary, and with what speaks against them."""
    marginals = [_marginal(one, data["posterior"][one.name].values) for one in parameters]
    astray, deep = walk.statistics["diverging"], int(walk.statistics["reached_max_treedepth"].sum())
    notes = [note for row in marginals for note in _doubts(row, LEAST_DRAWS_PER_CHAIN * len(astray))]
    if astray.any():
        notes.append(f"{astray.sum()} of {astray.size} draws diverged: the posterior may reach where no chain went")
    if deep:
        notes.append(f"{deep} of {astray.size} draws stopped at the greatest length of a trajectory")
    if walk.unsolved:
        notes.append(f"no solution at {walk.unsolved} of {walk.tried} places that were tried; they count as impossible")
    rows = tuple(row for one, row in zip(parameters, marginals, strict=True) if not one.nuisance)
    return Posterior(rows, int(astray.sum()), walk.tried, walk.unsolved, tuple(notes), data)


def _marginal(one: Parameter, drawn: Array) -> Marginal:
    _, arviz = _extra()
    low, median, high = (float(q) for q in np.quantile(drawn, [0.05, 0.5, 0.95]))
    return Marginal(
        one.name, one.unit, float(drawn.mean()), float(drawn.std(ddof=1)), low, median, high,
        r_hat=float(arviz.rhat(drawn)),
        ess_bulk=float(arviz.ess(drawn, method="bulk")),
        ess_tail=float(arviz.ess(drawn, method="tail", prob=(0.05, 0.95))),
    )  # fmt: skip


def _doubts(row: Marginal, wanted: int) -> Iterator[str]:
    if not row.r_hat <= HIGHEST_R_HAT:
        yield f"{row.name}: R̂ {row.r_hat:.3f} is above {HIGHEST_R_HAT}: its chains do not agree; tune and draw longer"
    for where, effective in (("bulk", row.ess_bulk), ("tails", row.ess_tail)):
        if not effective >= wanted:
            yield f"{row.name}: {effective:.0f} effective draws in the {where} are fewer than {wanted}; draw longer"
