"""How much slopes tell about parameters: Fisher information, the directions it is weak in, and its inverse.

    JᵀJ = D·(Σₖ sₖ²·vₖvₖᵀ)·D,    (JᵀJ)⁻¹ = D⁻¹·(Σₖ vₖvₖᵀ/sₖ²)·D⁻¹

D holds the lengths of the columns of J, so that units do not matter. A direction without information (sₖ = 0) makes the
variance of every parameter that it involves infinite; it is never left out in silence.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Information", "information"]

Array = NDArray[np.float64]

# Below this part of the strongest direction slopes are rounding: a direction weaker still would multiply a standard
# error by more than ten milliards, which nobody would take for knowledge.
RANK = 1e-10
# A parameter is part of a direction if its share is above the square of this; vectors are exact to far less.
SHARE = 1e-6


@dataclass(frozen=True)
class Information:
    """What slopes tell, direction by direction.

    Attributes
    ----------
    lengths : array (parameter,)
        Of the columns of slopes, D; 1 where a column is nought.
    strengths : array (direction,)
        Singular values s of the slopes with columns of length 1, the largest first; as many as parameters.
    directions : array (direction, parameter)
        The v of each, of length 1.
    """

    lengths: Array
    strengths: Array
    directions: Array

    @property
    def told(self) -> NDArray[np.bool_]:
        """Which directions (direction,) have information."""
        told: NDArray[np.bool_] = self.strengths > RANK * self.strengths.max(initial=0.0)
        return told

    @property
    def rank(self) -> int:
        """How many directions have information."""
        return int(np.count_nonzero(self.told))

    @property
    def blind(self) -> Array:
        """Projector (parameter, parameter) on the directions without information; its diagonal is their share."""
        empty = self.directions[~self.told]
        projector: Array = empty.T @ empty
        return np.where(np.abs(projector) > SHARE**2, projector, 0.0)

    @property
    def covariance(self) -> Array:
        """Inverse of the information (parameter, parameter), ±∞ where a direction without information reaches."""
        vectors = self.directions[self.told]
        pairs: Array = (vectors.T / self.strengths[self.told] ** 2) @ vectors
        pairs = pairs / np.outer(self.lengths, self.lengths)
        return np.where(self.blind == 0.0, pairs, np.copysign(np.inf, self.blind))

    @property
    def correlation(self) -> Array:
        """Of parameters (parameter, parameter); between two of infinite variance that which it tends to."""
        covariance, blind = self.covariance, self.blind
        lost = np.diag(blind) > 0.0
        one_sided = lost[:, None] != lost[None, :]  # nought beside infinity
        pairs = np.where(lost[:, None] & lost[None, :], blind, covariance)
        pairs = np.where(one_sided, 0.0, pairs)
        spread = np.sqrt(np.diag(pairs))
        return np.clip(pairs / np.outer(spread, spread), -1.0, 1.0)


def information(slopes: Array) -> Information:
    """Information of slopes (residual, parameter)."""
    lengths = np.linalg.norm(slopes, axis=0)
    lengths = np.where(lengths > 0.0, lengths, 1.0)
    missing = max(0, slopes.shape[1] - slopes.shape[0])  # fewer residuals than parameters: the rest tell nothing
    scaled = np.vstack([slopes / lengths, np.zeros((missing, slopes.shape[1]))])
    _, strengths, directions = np.linalg.svd(scaled, full_matrices=False)
    return Information(lengths, strengths, directions)
