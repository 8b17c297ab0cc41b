"""Which parameters the data can tell, and which combinations they cannot.

    information of the data = JᵀJ over the rows of data and of the spread of nuisances

What is believed of a parameter that is asked after must not make it look told: priors of such parameters are left out
here, and every verdict is about what the data alone would say. Priors of nuisances stay, for how much one study differs
from another is part of how the data came to be. Relative errors are meant throughout: of the logarithm, of the logit,
or, on a linear scale, divided by the value itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.information import SHARE, information
from reuptake.calibration.least_squares import Fitted, at_bounds
from reuptake.calibration.parameters import Parameter

__all__ = ["Combination", "Verdict", "combinations", "correlation", "doubt", "verdicts"]

Array = NDArray[np.float64]

# A standard deviation that stays above this part of the prior's, √½: the data are worth less than the prior.
DECIDED = 0.71
# A relative standard error above this: the 95 % interval reaches from a seventh to sevenfold, e^±1.96.
HARDLY = 1.0
# A correlation above this: if the other were known, the standard error would fall to less than a third, √(1 − 0.95²).
TWINS = 0.95
# An exponent below this part of the largest is left out of a combination that is written down.
PART = 0.1


@dataclass(frozen=True)
class Verdict:
    """Whether the data tell a parameter: ``told``, ``hardly told`` or ``not told``, and why."""

    name: str
    told: Literal["told", "hardly told", "not told"]
    reason: str


@dataclass(frozen=True)
class Combination:
    """A product of powers of parameters, as ``a·b^-1``, and the relative standard error to which data tell it."""

    text: str
    names: tuple[str, ...]
    error: float


def correlation(fitted: Fitted) -> Array:
    """Of the estimates (parameter, parameter), by data and priors."""
    return information(fitted.at.slopes).correlation


def combinations(fitted: Fitted) -> tuple[Combination, ...]:
    """Combinations of parameters that are no nuisance, those that the data tell least first.

    First those of which the data say nothing, as few parameters in each as can be; then the principal axes of the
    covariance of the parameters that the data tell.
    """
    asked = _asked(fitted)
    names = [fitted.parameters[j].name for j in asked]
    units = _units(fitted)[asked]
    known = information(_evidence(fitted))
    free = known.directions[~known.told] / (known.lengths * _units(fitted))
    free = free / np.linalg.norm(free, axis=1, keepdims=True)
    found = [_combination(names, row, math.inf) for row in _sparse(free[:, asked])]
    covariance = known.covariance[np.ix_(asked, asked)] * fitted.inflation
    told = np.isfinite(np.diag(covariance))
    spread, axes = np.linalg.eigh(covariance[np.ix_(told, told)] / np.outer(units[told], units[told]))
    kept = [name for name, one in zip(names, told, strict=True) if one]
    axial = [_combination(kept, axis, math.sqrt(max(0.0, s))) for s, axis in zip(spread, axes.T, strict=True)]
    return (*found, *reversed(axial))


def verdicts(fitted: Fitted) -> tuple[Verdict, ...]:
    """One verdict on each parameter that is no nuisance."""
    stuck = at_bounds(fitted.parameters, fitted.x, fitted.at.slopes)
    alone = np.sqrt(fitted.inflation * np.diag(information(_evidence(fitted)).covariance)) / _units(fitted)
    # Residuals taken at their word, as priors are.
    together = np.sqrt(np.diag(information(fitted.at.slopes).covariance))
    pairs, blind = correlation(fitted), [one for one in combinations(fitted) if one.error == math.inf]
    found = []
    for j in _asked(fitted):
        one = fitted.parameters[j]
        if stuck[j]:
            found.append(Verdict(one.name, "not told", _bound(one, float(fitted.x[j]))))
        elif one.prior is not None and together[j] >= DECIDED * one.prior.sd:
            reason = f"the prior decides: its standard deviation of {one.prior.sd:.2g} only fell to {together[j]:.2g}"
            found.append(Verdict(one.name, "not told", reason))
        elif alone[j] == math.inf:
            found.append(Verdict(one.name, "not told", _unseen(one, blind)))
        else:
            told: Literal["told", "hardly told"] = "hardly told" if alone[j] > HARDLY else "told"
            found.append(Verdict(one.name, told, _size(one, float(alone[j])) + _twins(fitted, j, pairs[j])))
    return tuple(found)


def doubt(fitted: Fitted, slopes: Array) -> str:
    """Why the data do not tell the logarithm of what hangs on the search by some slopes; empty where they do.

    Parameters
    ----------
    slopes : array (parameter,)
        ∂ln value/∂x.
    """
    used = np.flatnonzero(slopes)
    if not len(used):
        return ""
    data = fitted.inflation * information(_evidence(fitted)).covariance
    after, alone = (_length(slopes[used], of[np.ix_(used, used)]) for of in (fitted.covariance, data))
    priors = [fitted.parameters[j].prior for j in used]
    widths = [prior.sd if prior else math.inf for prior in priors]
    before = float(np.linalg.norm(slopes[used] * np.array(widths)))
    if math.isfinite(before) and after >= DECIDED * before:
        return f"priors decide: its relative standard deviation of {before:.2g} only fell to {after:.2g}"
    if alone == math.inf or after == math.inf:
        return "the data alone are as well explained by any value"
    if alone > HARDLY:
        return f"the data alone tell it to a factor of {math.exp(min(alone, 99.0)):.2g} only"
    return ""


def _length(slopes: Array, covariance: Array) -> float:
    """Standard deviation √(g·C·gᵀ), endless where a part of C is."""
    if not np.isfinite(covariance).all():
        return math.inf
    return math.sqrt(max(0.0, float(slopes @ covariance @ slopes)))


def _asked(fitted: Fitted) -> list[int]:
    """Places of the parameters that are no nuisance."""
    return [j for j, one in enumerate(fitted.parameters) if not one.nuisance]


def _units(fitted: Fitted) -> Array:
    """What a change of x (parameter,) is to be divided by to be relative."""
    linear = np.array([one.scale == "linear" for one in fitted.parameters])
    units: Array = np.where(linear & (fitted.x != 0.0), np.abs(fitted.x), 1.0)
    return units


def _evidence(fitted: Fitted) -> Array:
    """Slopes (row, parameter) of the data, and of the priors of nuisances."""
    held = [one.nuisance for one in fitted.parameters if one.prior is not None]
    rows: Array = fitted.at.slopes[np.array([True] * len(fitted.labels) + held)]
    return rows


def _sparse(rows: Array) -> Array:
    """A basis of the space of some rows with as many zeros as elimination gives."""
    rows = rows.copy()
    done = 0
    for _ in range(min(rows.shape)):
        left = np.abs(rows[done:])
        row, column = divmod(int(left.argmax()), left.shape[1])
        if left[row, column] < SHARE:
            break
        rows[[done, done + row]] = rows[[done + row, done]]
        rows[done] /= rows[done, column]
        others = np.arange(len(rows)) != done
        rows[others] -= np.outer(rows[others, column], rows[done])
        done += 1
    return rows[:done]


def _combination(names: list[str], exponents: Array, error: float) -> Combination:
    """A direction as a product of powers, the largest exponent (the first of several) being 1."""
    size = np.abs(exponents)
    largest = exponents[np.flatnonzero(size >= (1.0 - SHARE) * size.max())[0]]
    powers = exponents / largest
    parts = [(name, power) for name, power in zip(names, powers, strict=True) if abs(power) >= PART]
    text = "·".join(name if round(power, 2) == 1.0 else f"{name}^{power:.2g}" for name, power in parts)
    return Combination(text, tuple(name for name, _ in parts), error / abs(float(largest)))


def _bound(one: Parameter, x: float) -> str:
    side = "lower" if x - one.search(one.low) < one.search(one.high) - x else "upper"
    limit = one.low if side == "lower" else one.high
    return f"it ended at its {side} bound, {limit:g} {one.unit}".rstrip() + ": the bound decides"


def _unseen(one: Parameter, blind: list[Combination]) -> str:
    among = [each for each in blind if one.name in each.names]
    if all(each.names == (one.name,) for each in among):
        return "the data do not tell it: they are as well explained by any value"
    return "the data alone do not tell " + " or ".join(each.text for each in among)


def _size(one: Parameter, error: float) -> str:
    if one.scale == "logit":
        return f"standard error {error:.2g} on the logit scale"
    if one.scale == "linear" or error < 0.3:  # where a factor and a percentage say the same
        return f"standard error {100.0 * error:.2g} %"
    return f"standard error a factor of {math.exp(min(error, 99.0)):.2g}"


def _twins(fitted: Fitted, j: int, row: Array) -> str:
    others = [i for i in np.argsort(-np.abs(row)) if i != j and abs(row[i]) > TWINS]
    named = [f"{fitted.parameters[i].name} (correlation {row[i]:.3f})" for i in others]
    return f"; hardly told apart from {' and '.join(named)}" if named else ""
