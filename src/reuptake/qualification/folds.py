"""How far predictions lie from what was observed, in folds.

A ratio is r = predicted/observed, its fold error max(r, 1/r). Over the n rows of a table, each of equal weight,

    GMFE = exp(mean |ln r|)        bias = exp(mean ln r)        share within b = #{fold error ≤ b} / n

Rows of one study share its subjects, its assay and its sampling, so the interval of the GMFE counts studies, not
rows: with e = |ln r|, K studies and their sums of residuals s_k = Σ_(i in k) (e_i − mean e), the variance of the mean
is K/(K − 1) · Σ s_k² / n², and Student's t has K − 1 degrees of freedom. It needs no chance.

A ratio R of two exposures, with and without an inhibitor, is nearly always within two-fold if it is small. The
limits of Guest et al. narrow with it: predicted between R/L and R·L, L = (δ + 2(R − 1))/R, and by symmetry 1/R in
place of R below one.

Source
------
Guest et al. 2011, Drug Metab Dispos 39:170–173 (abstract read), for the limits; their formula as it stands in the
library TLF of Open Systems Pharmacology. δ is what a ratio of one may vary by.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["BANDS", "Folds", "Limits", "fold_error", "folds", "guest_limits", "tightest_band"]

BANDS = (1.25, 1.5, 2.0)
# The margin within which two exposures pass for equal (bioequivalence); 1 would allow a ratio of one no variation.
VARIABILITY = 1.25
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Limits:
    """Between which predicted ratios count as right."""

    low: float
    high: float

    def hold(self, ratio: float) -> bool:
        """Whether a ratio lies between them."""
        return self.low <= ratio <= self.high


@dataclass(frozen=True)
class Folds:
    """What a table of ratios comes to.

    Attributes
    ----------
    rows, studies : int
    gmfe : float
        Geometric mean fold error, 1 or more.
    interval : Limits or None
        95 % interval of the GMFE by study; None with fewer than two studies.
    bias : float
        Geometric mean of the ratios; above one where predictions are too high.
    within : mapping of float
        Share of rows by band.
    """

    rows: int
    studies: int
    gmfe: float
    interval: Limits | None
    bias: float
    within: Mapping[float, float]


def fold_error(ratio: float) -> float:
    """How many times too high or too low; 1 or more.

    Examples
    --------
    >>> fold_error(0.5), fold_error(2.0)
    (2.0, 2.0)
    """
    return max(ratio, 1.0 / ratio)


def tightest_band(ratio: float) -> float | None:
    """The narrowest of the bands that a ratio lies in, or None."""
    return next((band for band in BANDS if fold_error(ratio) <= band), None)


def folds(ratios: Sequence[float], studies: Sequence[str]) -> Folds | None:
    """What ratios come to; None if there are none.

    Parameters
    ----------
    ratios : sequence (row,)
        Predicted over observed, above zero.
    studies : sequence (row,)
        Which study each row is from.
    """
    if not ratios:
        return None
    logs = np.log(np.asarray(ratios, dtype=np.float64))
    errors = np.abs(logs)
    within = {band: sum(fold_error(ratio) <= band for ratio in ratios) / len(ratios) for band in BANDS}
    return Folds(
        len(ratios), len(set(studies)), float(np.exp(errors.mean())), _interval(errors.tolist(), studies),
        float(np.exp(logs.mean())), within,
    )  # fmt: skip


def guest_limits(observed: float, variability: float = VARIABILITY) -> Limits:
    """Between which a predicted ratio of exposures counts as right, given the observed one.

    Parameters
    ----------
    observed : float
        Observed ratio, above zero.
    variability : float
        δ: the limits of a ratio of one are 1/δ and δ.

    Examples
    --------
    >>> guest_limits(1.0), guest_limits(4.0, variability=1.0)
    (Limits(low=0.8, high=1.25), Limits(low=2.2857142857142856, high=7.0))
    """
    size = max(observed, 1.0 / observed)
    width = (variability + 2.0 * (size - 1.0)) / size
    return Limits(observed / width, observed * width)


def _interval(errors: Sequence[float], studies: Sequence[str]) -> Limits | None:
    """Interval of exp(mean error), by study; a fold error is never below one."""
    count, mean = len(set(studies)), sum(errors) / len(errors)
    if count < 2:
        return None
    from scipy.special import stdtrit

    sums = dict.fromkeys(studies, 0.0)
    for study, error in zip(studies, errors, strict=True):
        sums[study] += error - mean
    spread = math.sqrt(count / (count - 1) * sum(total**2 for total in sums.values())) / len(errors)
    reach = float(stdtrit(count - 1, 0.5 + CONFIDENCE / 2.0)) * spread
    return Limits(max(1.0, math.exp(mean - reach)), math.exp(mean + reach))
