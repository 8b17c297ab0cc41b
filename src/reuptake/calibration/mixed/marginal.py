"""The likelihood of a population, with everybody's η integrated out, and its exact gradient.

    OFV = Σᵢ [lᵢ(η̂ᵢ) + ln|Ω| + ln|Hᵢ|],   −2·ln L ≈ OFV + n·ln 2π  of n observations

OFV is the objective function value of NONMEM, which leaves the constant out. Since γ = 0 at the mode, l turns with
the place of the search x as if the mode stood still; ln|H| turns also with the mode, which moves by

    ∂η̂/∂x = −(½·∂²l/∂η²)⁻¹·(½·∂²l/∂η∂x)

The search is over x: ln θ, the numbers of Ω, ln of the residual standard deviations. What was known of a θ before,
normal in ln θ, adds its ((ln θ − mean)/sd)².
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.mixed.curvature import AbstractCurvature, Bent, FirstOrder
from reuptake.calibration.mixed.individuals import AbstractIndividuals
from reuptake.calibration.mixed.modes import LONGEST, Joint, Setting, definite, inverse, joint, modes
from reuptake.calibration.mixed.residual import AbstractResidual
from reuptake.calibration.mixed.spread import AbstractSpread
from reuptake.calibration.parameters import Parameter

__all__ = ["Marginal", "Population", "marginal"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """What is to be estimated.

    Attributes
    ----------
    parameters : tuple of Parameter (parameter,)
        Typical values θ, one for each parameter that the individuals read, all on the ``log`` scale; with bounds,
        and with what was known of them before.
    spread : AbstractSpread
        Which of them differ between people, and by how much at first.
    error : AbstractResidual
        Residual error, with its first standard deviations.
    curvature : AbstractCurvature
        How the integral is taken: FOCEI unless told.
    """

    parameters: tuple[Parameter, ...]
    spread: AbstractSpread
    error: AbstractResidual
    curvature: AbstractCurvature = field(default_factory=FirstOrder)

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the search (x,)."""
        names = tuple(one.name for one in self.parameters)
        return (*names, *self.spread.labels, *(f"sigma {name}" for name in self.error.names))

    def start(self) -> Array:
        """Where the search begins (x,)."""
        thetas = [one.search(one.start) for one in self.parameters]
        return np.concatenate([thetas, self.spread.start(), np.log(np.array(self.error.sds))])

    def parts(self, x: Array) -> tuple[Array, Array, Array]:
        """Logarithms of θ, the numbers of Ω, and the residual standard deviations at x."""
        last = len(x) - len(self.error.names)
        return x[: len(self.parameters)], x[len(self.parameters) : last], np.exp(x[last:])

    def setting(self, individuals: AbstractIndividuals, x: Array) -> Setting:
        """The population at x."""
        typical, numbers, sds = self.parts(x)
        names = [one.name for one in self.parameters]
        varying = np.array([names.index(name) for name in self.spread.names], dtype=np.intp)
        return Setting(individuals, self.error, typical, varying, inverse(self.spread.omega(numbers)[0]), sds)


@dataclass(frozen=True)
class Marginal:
    """The objective at one place.

    Attributes
    ----------
    value : float
        OFV, with what was known before; infinite where a subject could not be solved or has no mode.
    gradient : array (x,)
    parts : array (subject,)
        What each subject adds to the value.
    scores : array (subject, x)
        And to the gradient.
    x : array (x,)
        The place.
    etas : array (subject, eta)
        Modes η̂.
    moves : array (subject, eta, x)
        ∂η̂/∂x.
    curvature : array (subject, eta, eta)
        Full curvature of the data's part of ½·l at the modes.
    covariances : array (subject, eta, eta)
        Conditional covariance H⁻¹ of η.
    wanted : array (subject,)
        Step that the mode still wanted, in conditional standard deviations.
    weighted : tuple of array (subject,) of (observation,)
        Residuals at the modes, in standard deviations.
    values : tuple of array (subject,) of (observation,)
        Predictions at the modes.
    """

    value: float
    gradient: Array
    parts: Array
    scores: Array
    x: Array
    etas: Array
    moves: Array
    curvature: Array
    covariances: Array
    wanted: Array
    weighted: tuple[Array, ...]
    values: tuple[Array, ...]


def marginal(
    population: Population, individuals: AbstractIndividuals, x: Array, nearby: Marginal | None = None
) -> Marginal:
    """The objective at x (x,), its modes sought where those of a place nearby should have moved to, or from η = 0."""
    setting = population.setting(individuals, x)
    if nearby is None:
        found, wanted = modes(setting, np.zeros((len(individuals.subjects), len(setting.varying))))
    else:
        moved = np.clip(nearby.moves @ (x - nearby.x), -LONGEST, LONGEST)
        found, wanted = modes(setting, nearby.etas + moved, nearby.curvature)
    at = joint(setting, np.arange(len(found), dtype=np.intp), found)
    if not np.all(np.isfinite(at.halves)):
        return _nowhere(at, x, found, wanted)
    bent = population.curvature.bent(setting, found, at)
    if not np.all(np.isfinite(bent.slopes)) or not np.all(definite(bent.information)):
        return _nowhere(at, x, found, wanted)
    omega, slopes = population.spread.omega(population.parts(x)[1])
    parts = 2.0 * at.halves + _log_determinant(omega) + _log_determinant(bent.information)
    scores, moves = _scores(setting, at, bent, found, slopes)
    before, pull = _known_before(population, x)
    starts = at.levels.starts[1:]
    return Marginal(
        float(parts.sum()) + before, scores.sum(axis=0) + pull, parts, scores,
        x, found, moves, bent.cross[:, :, setting.varying],
        inverse(bent.information), wanted,
        tuple(np.split(at.terms.weighted, starts)), tuple(np.split(at.levels.values, starts)),
    )  # fmt: skip


def _scores(setting: Setting, at: Joint, bent: Bent, etas: Array, omega_slopes: Array) -> tuple[Array, Array]:
    """What each subject adds to the gradient (subject, x), and how its mode moves (subject, eta, x)."""
    sums, varying = at.levels.sums, setting.varying
    stiff = -setting.precision @ omega_slopes @ setting.precision  # ∂Ω⁻¹ (number, eta, eta)
    covariances = inverse(bent.information)
    prior = np.einsum("kab,sb->ska", stiff, etas)  # ½·∂²l/∂η∂x of the numbers of Ω
    noise = sums(bent.turns.u_s[:, :, None] * at.levels.slopes[:, None, varying])  # and of ln sd (subject, sd, eta)
    still = np.concatenate(
        [
            2.0 * sums(at.terms.u[:, None] * at.levels.slopes) + bent.slopes,
            np.einsum("ska,sa->sk", prior, etas)
            + np.einsum("ab,kba->k", setting.precision, omega_slopes)
            + np.einsum("sab,kba->sk", covariances, stiff),
            sums(bent.turns.g_s) + bent.noise,
        ],
        axis=1,
    )
    mixed = np.concatenate([bent.cross, prior.transpose(0, 2, 1), noise.transpose(0, 2, 1)], axis=2)
    full = bent.cross[:, :, varying] + setting.precision
    moves: Array = -np.linalg.solve(full, mixed).astype(np.float64)
    return still + np.einsum("sa,sax->sx", bent.slopes[:, varying], moves), moves


def _known_before(population: Population, x: Array) -> tuple[float, Array]:
    """What priors of θ add to the value and to the gradient."""
    pull, value = np.zeros(len(x)), 0.0
    for j, one in enumerate(population.parameters):
        if one.prior is not None:
            departure = (x[j] - one.prior.mean) / one.prior.sd
            value, pull[j] = value + departure**2, 2.0 * departure / one.prior.sd
    return value, pull


def _log_determinant(matrices: Array) -> Array:
    logarithms: Array = np.linalg.slogdet(matrices)[1]
    return logarithms


def _nowhere(at: Joint, x: Array, etas: Array, wanted: Array) -> Marginal:
    """A place where the objective is infinite."""
    size, (people, count), starts = len(x), etas.shape, at.levels.starts[1:]
    unknown = np.full((people, count, count), np.nan)
    return Marginal(
        np.inf, np.full(size, np.nan), np.where(np.isfinite(at.halves), at.halves, np.inf),
        np.full((people, size), np.nan), x, etas, np.zeros((people, count, size)), unknown, unknown, wanted,
        tuple(np.split(at.terms.weighted, starts)), tuple(np.split(at.levels.values, starts)),
    )  # fmt: skip
