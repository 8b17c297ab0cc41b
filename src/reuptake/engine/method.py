"""A method of integration as data: a table of coefficients, and how the next step is chosen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Tableau"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Tableau:
    """Coefficients of a one-step method with an embedded error and dense output.

    Rosenbrock methods stand in the transformed form that avoids matrix-vector products; an explicit
    method is the same without `gamma` and `c`, its stages being h·f:

        (I/(hγ) − J) kᵢ = f(t + αᵢh, y + Σⱼ aᵢⱼ kⱼ) + Σⱼ (cᵢⱼ/h) kⱼ + hγᵢ ∂f/∂t        or  kᵢ = h f(…)
        y₁ = y + Σⱼ bⱼ kⱼ,    error = Σⱼ eⱼ kⱼ
        y(θ) = (1−θ)·y + θ·(y₁ + (1−θ)·(d₁ + θ·(d₂ + θ·d₃))),    dᵢ = Σⱼ denseᵢⱼ kⱼ

    Attributes
    ----------
    a, c : array (stage, stage), below the diagonal; `c` None for an explicit method
    b, e : array (stage,)
    dense : array (3, stage)
    gamma : float or None
    """

    name: str
    order: int
    a: Array
    b: Array
    e: Array
    dense: Array
    gamma: float | None = None
    c: Array | None = None

    @property
    def implicit(self) -> bool:
        """Whether a step solves linear equations."""
        return self.gamma is not None

    @property
    def _gammas(self) -> Array:
        """The matrix Γ of a Rosenbrock method: its inverse is I/γ − C."""
        assert self.gamma is not None
        assert self.c is not None
        inverse: Array = np.linalg.inv(np.eye(len(self.a)) / self.gamma - self.c).astype(np.float64)
        return inverse

    @property
    def nodes(self) -> Array:
        """αᵢ: when in the step each stage looks at the equations, as a share of the step."""
        inner = self.a @ self._gammas if self.implicit else self.a
        nodes: Array = inner.sum(axis=1)
        return nodes

    @property
    def drifts(self) -> Array:
        """γᵢ: how much of ∂f/∂t each stage takes; nought for an explicit method."""
        drifts: Array = self._gammas.sum(axis=1) if self.implicit else np.zeros(len(self.a))
        return drifts
