"""Parameters of PEtab as ours: search scale, bounds, and priors that are normal on that scale.

N(m, s²) of log₁₀ v           →  N(m·ln 10, (s·ln 10)²) of x = ln v
log-normal density of v, μ, s →  N(μ − s², s²) of x = ln v, but for a constant: its 1/v completes the square
normal density of v           →  N(m, s²) of x = v: the search is linear, whatever scale the table asks for
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from reuptake.calibration.parameters import Parameter, Prior, Scale
from reuptake.errors import InputError, Problem
from reuptake.exchange.petab import problem as told

__all__ = ["of_petab"]

TEN = math.log(10.0)
INSIDE = 1e-3  # of the range of the search: how far a start keeps from a bound
_SCALES: dict[str, tuple[Scale, float]] = {"lin": ("linear", 1.0), "log": ("log", 1.0), "log10": ("log", TEN)}


def of_petab(parameters: Sequence[told.Parameter]) -> tuple[Parameter, ...]:
    """What is estimated, in the order of the table.

    Raises
    ------
    InputError
        If a prior is not normal on any scale of ours, or leaves no room between bounds; all at once.
    """
    found: list[Parameter] = []
    problems: list[Problem] = []
    for one in parameters:
        if one.estimated:
            try:
                found.append(_parameter(one))
            except InputError as error:
                problems += error.problems
    if problems:
        raise InputError(problems)
    return tuple(found)


def _parameter(one: told.Parameter) -> Parameter:
    scale, prior, low, high = _scaled(one)
    if not low < high:
        raise InputError(Problem(f"'{one.id}': prior and bounds leave no room", one.where))
    if scale == "log" and not low > 0.0:
        raise InputError(Problem(f"'{one.id}': a logarithmic scale or prior needs a lower bound above 0", one.where))
    shape = Parameter(one.id, 0.0, low, high, scale=scale)
    left, right = shape.search(low), shape.search(high)
    if math.isfinite(left) and math.isfinite(right):
        edge = INSIDE * (right - left)
        middle = 0.5 * (left + right)
        nominal = one.nominal if one.nominal is not None and (scale != "log" or one.nominal > 0.0) else None
        x = middle if nominal is None else min(max(shape.search(nominal), left + edge), right - edge)
    else:
        x = one.nominal if one.nominal is not None else 0.0
    return Parameter(one.id, shape.value(x), low, high, scale=scale, prior=prior)


def _scaled(one: told.Parameter) -> tuple[Scale, Prior | None, float, float]:
    """Scale of the search, prior on it, and bounds."""
    scale, stretch = _SCALES[one.scale]
    if one.prior is None:
        return scale, None, one.low, one.high
    first, second = one.prior.numbers
    if one.prior.kind in ("uniform", "parameterScaleUniform"):
        ends = (first, second)
        if one.prior.kind == "parameterScaleUniform" and scale == "log":
            ends = (math.exp(first * stretch), math.exp(second * stretch))
        return scale, None, max(one.low, ends[0]), min(one.high, ends[1])
    if not second > 0.0:
        raise InputError(Problem(f"'{one.id}': the spread of a prior must be above 0", one.where))
    if one.prior.kind == "parameterScaleNormal":
        return scale, Prior(first * stretch, second * stretch), one.low, one.high
    if one.prior.kind == "normal":
        return "linear", Prior(first, second), one.low, one.high
    if one.prior.kind == "logNormal":
        return "log", Prior(first - second**2, second), one.low, one.high
    hint = "priors of least squares are normal on the scale of the search"
    raise InputError(Problem(f"'{one.id}': the prior '{one.prior.kind}' is not supported", one.where, hint))
