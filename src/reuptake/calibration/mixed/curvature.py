"""How the integral over a subject's η is taken: by the curvature of l at the mode.

    −2·ln ∫ exp(−½l) dη ≈ l(η̂) + ln|H| − q·ln 2π

Laplace's method takes the full curvature H = ½·∂²l/∂η². First-order conditional estimation with interaction (FOCEI)
takes its average over observations, H = Σⱼ wⱼ·JⱼJⱼᵀ + Ω⁻¹, for which first derivatives of the model are enough; this
is what NONMEM does. How ln|H| turns with ln φ needs one derivative more than H has: these come from differences of
exact slopes J along the columns s of a factor of the inverse, H⁻¹ = S·Sᵀ, in steps of conditional standard deviations.

    FOCEI    ∂ln|H|/∂ln φ = Σⱼ [w′·d·J + 2w·Σₐ(J·sₐ)·∂J/∂sₐ],   d = Σₐ(J·sₐ)²
    Laplace  ∂ln|H|/∂ln φ = Σⱼ [u″·d·J + 2u′·Σₐ(J·sₐ)·∂J/∂sₐ + u′·J·Σₐ(sₐ·∂J/∂sₐ) + u·Σₐ∂²J/∂sₐ²]

Source
------
Wang, J Pharmacokinet Pharmacodyn 2007; 34: 575-593, doi 10.1007/s10928-007-9060-6 (the methods and how they relate);
Almquist, Leander and Jirstrand, J Pharmacokinet Pharmacodyn 2015, doi 10.1007/s10928-015-9409-1 (the idea that the
gradient of the approximate likelihood follows the mode).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.mixed.individuals import levels
from reuptake.calibration.mixed.modes import Joint, Setting, definite, inverse
from reuptake.calibration.mixed.residual import Turns, turns

__all__ = ["AbstractCurvature", "Bent", "FirstOrder", "Laplace"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Bent:
    """The curvature of all subjects at their modes, and how its determinant turns.

    Attributes
    ----------
    information : array (subject, eta, eta)
        H, as the method takes it.
    cross : array (subject, eta, parameter)
        ½·∂²l/∂η∂ln θ but for the prior of η: the full curvature of the data.
    turns : Turns
    slopes : array (subject, parameter)
        ∂ln|H|/∂ln φ.
    noise : array (subject, sd)
        ∂ln|H| with the logarithm of each residual standard deviation.
    """

    information: Array
    cross: Array
    turns: Turns
    slopes: Array
    noise: Array


class AbstractCurvature(ABC):
    """A way to take the integral."""

    @abstractmethod
    def bent(self, setting: Setting, etas: Array, at: Joint) -> Bent:
        """At the modes; NaN for a subject whose H is not positive definite, and whose mode is none."""


@dataclass(frozen=True)
class FirstOrder(AbstractCurvature):
    """First-order conditional estimation with interaction (FOCEI)."""

    def bent(self, setting: Setting, etas: Array, at: Joint) -> Bent:
        turn = turns(setting.error, at.levels, setting.sds)
        factor = _factor(at.information)
        first, _ = _differences(setting, etas, at, factor)
        along, spread = _along(setting, at, factor)
        w, slopes = at.terms.w[:, None], at.levels.slopes
        return Bent(
            at.information,
            _cross(setting, at, turn, factor, first),
            turn,
            at.levels.sums((turn.w1 * spread)[:, None] * slopes + 2.0 * w * np.einsum("oa,oap->op", along, first)),
            at.levels.sums(turn.w_s * spread[:, None]),
        )


@dataclass(frozen=True)
class Laplace(AbstractCurvature):
    """Laplace's method with the full curvature."""

    def bent(self, setting: Setting, etas: Array, at: Joint) -> Bent:
        turn = turns(setting.error, at.levels, setting.sds)
        guess = _factor(at.information)
        cross = _cross(setting, at, turn, guess, _differences(setting, etas, at, guess)[0])
        information = cross[:, :, setting.varying] + setting.precision
        information = (information + information.transpose(0, 2, 1)) / 2.0
        factor = _factor(information)
        first, second = _differences(setting, etas, at, factor)
        along, spread = _along(setting, at, factor)
        trace = np.einsum("oea,oae->o", factor[at.levels.row], first[:, :, setting.varying])
        slopes, u, u1 = at.levels.slopes, at.terms.u[:, None], turn.u1[:, None]
        return Bent(
            information,
            cross,
            turn,
            at.levels.sums(
                (turn.u2 * spread + turn.u1 * trace)[:, None] * slopes
                + 2.0 * u1 * np.einsum("oa,oap->op", along, first)
                + u * second.sum(axis=1)
            ),
            at.levels.sums(turn.u1_s * spread[:, None] + turn.u_s * trace[:, None]),
        )


def _factor(information: Array) -> Array:
    """S (subject, eta, eta) with S·Sᵀ = H⁻¹; NaN where H is not positive definite."""
    factors, fit = np.full_like(information, np.nan), definite(information)
    factors[fit] = inverse(np.linalg.cholesky(information[fit])).transpose(0, 2, 1)
    return factors


def _along(setting: Setting, at: Joint, factor: Array) -> tuple[Array, Array]:
    """J·sₐ (observation, eta) and the sum of its squares (observation,)."""
    along = np.einsum("oe,oea->oa", at.levels.slopes[:, setting.varying], factor[at.levels.row])
    return along, np.sum(along**2, axis=1)


def _differences(setting: Setting, etas: Array, at: Joint, factor: Array) -> tuple[Array, Array]:
    """First and second central differences of J along each sₐ (observation, eta, parameter)."""
    size, count = etas.shape
    h = setting.individuals.nudge
    steps = h * np.nan_to_num(factor).transpose(2, 0, 1)  # (a, subject, eta)
    places = np.concatenate([etas + steps, etas - steps]).reshape(-1, count)
    rows = np.tile(np.arange(size, dtype=np.intp), 2 * count)
    slopes = levels(setting.individuals, rows, setting.log_parameters(places)).slopes
    up, down = slopes.reshape(2, count, *at.levels.slopes.shape).transpose(0, 2, 1, 3)
    return (up - down) / (2.0 * h), (up - 2.0 * at.levels.slopes[:, None] + down) / h**2


def _cross(setting: Setting, at: Joint, turn: Turns, factor: Array, first: Array) -> Array:
    """Σⱼ [u′·J·Jᵀ + u·∂J/∂η] (subject, eta, parameter)."""
    slopes = at.levels.slopes
    outer = slopes[:, setting.varying, None] * slopes[:, None, :]
    bends = at.levels.sums(at.terms.u[:, None, None] * first)  # along sₐ
    straight = np.full_like(bends, np.nan)
    good = np.all(np.isfinite(factor), axis=(1, 2))
    straight[good] = np.linalg.solve(factor[good].transpose(0, 2, 1), bends[good])
    return at.levels.sums(turn.u1[:, None, None] * outer) + straight
