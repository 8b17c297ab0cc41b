"""The likeliest η of each subject: where data and population together leave the least.

    ½·l(η) = ½·Σⱼ gⱼ + ½·ηᵀΩ⁻¹η,   γ = ∂(½l)/∂η = Σⱼ uⱼ·Jⱼ + Ω⁻¹η,   H = Σⱼ wⱼ·JⱼJⱼᵀ + Ω⁻¹

Steps are −K·γ with K = H⁻¹ (scoring) far from the mode, and K mended by what each step taught (BFGS) near it, where
it begins with the inverse of the full curvature if that is known from a place nearby. A step that gains nothing is
halved. All subjects step side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.mixed.individuals import AbstractIndividuals, Levels, levels
from reuptake.calibration.mixed.residual import AbstractResidual, Terms, terms

__all__ = ["Joint", "Setting", "definite", "inverse", "joint", "modes"]

Array = NDArray[np.float64]
Rows = NDArray[np.intp]
ENOUGH = 1e-10  # a mode is found when a step is this small, in conditional standard deviations
NEAR = 0.3  # from this step on, each step mends K
LONGEST = 2.0  # step in any η: a factor of seven
ROUNDS, HALVINGS = 100, 25
FINE, FEW = 1e-5, 2  # so near the mode, a step that gains nothing after so many halvings is lost in the model's noise


@dataclass(frozen=True)
class Setting:
    """A population at one place of the search.

    Attributes
    ----------
    individuals : AbstractIndividuals
    error : AbstractResidual
    typical : array (parameter,)
        ln θ.
    varying : array (eta,)
        Numbers of the parameters with an η.
    precision : array (eta, eta)
        Ω⁻¹.
    sds : array (sd,)
        Of the residual error.
    """

    individuals: AbstractIndividuals
    error: AbstractResidual
    typical: Array
    varying: Rows
    precision: Array
    sds: Array

    def log_parameters(self, etas: Array) -> Array:
        """Logarithms of φ (row, parameter) of η (row, eta)."""
        places = np.tile(self.typical, (len(etas), 1))
        places[:, self.varying] += etas
        return places


@dataclass(frozen=True)
class Joint:
    """Half of l (row,), γ (row, eta) and H (row, eta, eta) of some subjects at some η."""

    levels: Levels
    terms: Terms
    halves: Array
    gradients: Array
    information: Array


def joint(setting: Setting, subjects: Rows, etas: Array) -> Joint:
    """Of subjects (row,) at η (row, eta); an infinite half where the model could not be solved."""
    at = levels(setting.individuals, subjects, setting.log_parameters(etas))
    found = terms(setting.error, at, setting.sds)
    solved = np.isfinite(found.g)
    slopes = np.where(solved[:, None], at.slopes[:, setting.varying], 0.0)
    prior = etas @ setting.precision
    return Joint(
        at,
        found,
        0.5 * (at.sums(found.g) + np.sum(prior * etas, axis=1)),
        at.sums(found.u[:, None] * slopes) + prior,
        at.sums(found.w[:, None, None] * slopes[:, :, None] * slopes[:, None, :]) + setting.precision,
    )


def modes(setting: Setting, start: Array, curvature: Array | None = None) -> tuple[Array, Array]:
    """Modes and the steps still wanted there.

    Parameters
    ----------
    setting : Setting
    start : array (subject, eta)
        Where η is sought from.
    curvature : array (subject, eta, eta), optional
        Full curvature of the data's part of ½·l at a place nearby; NaN where it is not known.

    Returns
    -------
    array (subject, eta)
        η of the modes.
    array (subject,)
        Step still wanted, in conditional standard deviations; infinite where the model could not be solved.
    """
    everyone = np.arange(len(start), dtype=np.intp)
    now = joint(setting, everyone, start)
    etas = np.where(np.isfinite(now.halves)[:, None], start, 0.0)
    if not np.all(np.isfinite(now.halves)):
        now = joint(setting, everyone, etas)
    halves, gradients, scaling = now.halves, now.gradients, _scaling(setting, now, curvature)
    stuck = ~np.isfinite(halves)
    for _ in range(ROUNDS):
        wanted = _length(gradients, scaling)
        busy = np.flatnonzero((wanted > ENOUGH) & ~stuck)
        if not len(busy):
            break
        steps = _steps(gradients[busy], scaling[busy])
        taken, after = _search(setting, busy, etas[busy], steps, halves[busy], wanted[busy], scaling[busy])
        stuck[busy[~np.isfinite(after.halves)]] = True
        moved = np.isfinite(after.halves)
        rows, change = busy[moved], taken[moved]
        scaling[rows] = np.where(
            (wanted[rows] > NEAR)[:, None, None],
            inverse(after.information[moved]),
            _mended(scaling[rows], change, after.gradients[moved] - gradients[rows]),
        )
        etas[rows] += change
        halves[rows], gradients[rows] = after.halves[moved], after.gradients[moved]
    return etas, np.where(np.isfinite(halves), _length(gradients, scaling), np.inf)


def definite(matrices: Array) -> NDArray[np.bool_]:
    """Which matrices (row, eta, eta) are finite and positive definite, with room for rounding."""
    fit: NDArray[np.bool_] = np.all(np.isfinite(matrices), axis=(1, 2))
    values = np.linalg.eigvalsh(matrices[fit])
    fit[fit] = values[:, 0] > 1e-12 * np.abs(values[:, -1])
    return fit


def _scaling(setting: Setting, at: Joint, curvature: Array | None) -> Array:
    """The first K (subject, eta, eta)."""
    scaling = inverse(at.information)
    if curvature is not None:
        full = curvature + setting.precision
        fit = definite(full)
        scaling[fit] = inverse(full[fit])
    return scaling


def _length(gradients: Array, scaling: Array) -> Array:
    """Length of the step wanted (row,), √(γᵀKγ)."""
    length: Array = np.sqrt(np.maximum(np.einsum("ra,rab,rb->r", gradients, scaling, gradients), 0.0))
    return length


def inverse(matrices: NDArray[np.floating[Any]]) -> Array:
    """Of each matrix (..., eta, eta)."""
    inverted: Array = np.linalg.inv(matrices).astype(np.float64)
    return inverted


def _steps(gradients: Array, scaling: Array) -> Array:
    """−K·γ (row, eta), none longer than allowed."""
    steps = -np.einsum("rab,rb->ra", scaling, gradients)
    longest = np.max(np.abs(steps), axis=1, keepdims=True)
    shortened: Array = steps * np.minimum(1.0, LONGEST / np.maximum(longest, LONGEST))
    return shortened


def _search(
    setting: Setting, rows: Rows, etas: Array, steps: Array, halves: Array, wanted: Array, scaling: Array
) -> tuple[Array, Joint]:
    """Steps (row, eta) that gain something, halved as often as needed, and what is found there.

    Near the mode, where a gain is lost in rounding, a shorter step wanted is a gain. An infinite half says that no
    step gained anything.
    """
    slack = 1e-13 * (1.0 + np.abs(halves))
    share, waiting = np.ones(len(rows)), np.arange(len(rows))
    found = joint(setting, rows, etas + steps)
    halved, gradients, information = found.halves.copy(), found.gradients.copy(), found.information.copy()
    for halving in range(HALVINGS):
        nearer = (wanted[waiting] < 1e-3) & (_length(gradients[waiting], scaling[waiting]) < wanted[waiting])
        fine = np.isfinite(halved[waiting]) & ((halved[waiting] < halves[waiting] - slack[waiting]) | nearer)
        waiting = waiting[~fine]
        hopeful = waiting[wanted[waiting] > FINE] if halving >= FEW else waiting
        if not len(hopeful):
            break
        halved[np.setdiff1d(waiting, hopeful)] = np.inf
        waiting = hopeful
        share[waiting] /= 2.0
        again = joint(setting, rows[waiting], etas[waiting] + share[waiting, None] * steps[waiting])
        halved[waiting], gradients[waiting], information[waiting] = again.halves, again.gradients, again.information
    halved[waiting] = np.inf
    return share[:, None] * steps, Joint(found.levels, found.terms, halved, gradients, information)


def _mended(scaling: Array, steps: Array, changes: Array) -> Array:
    """K (row, eta, eta) that takes each change of γ back to its step (BFGS); as it was where they do not agree."""
    product = np.sum(steps * changes, axis=1)
    fit = product > 1e-8 * np.sqrt(np.sum(steps**2, axis=1) * np.sum(changes**2, axis=1))
    rho = 1.0 / np.where(fit, product, 1.0)
    identity = np.eye(steps.shape[1])
    turn = identity - rho[:, None, None] * steps[:, :, None] * changes[:, None, :]
    mended = turn @ scaling @ turn.transpose(0, 2, 1) + rho[:, None, None] * steps[:, :, None] * steps[:, None, :]
    return np.where(fit[:, None, None], mended, scaling)
