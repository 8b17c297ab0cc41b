"""A made-up fit of a linear model, ln y = A·x + noise: best place, errors and profiles are known in closed form."""

from __future__ import annotations

import numpy as np

from reuptake.calibration.identifiability import Verdict
from reuptake.calibration.least_squares import Descent, Fitted
from reuptake.calibration.objective import Residuals
from reuptake.calibration.parameters import Parameter, Prior
from reuptake.calibration.profile import Profile
from reuptake.calibration.results import Calibration, Value
from reuptake.calibration.rows import Row

NOISE, LIMIT = 0.2, 3.841458820694124
NAMES = ("imipramine.cyp2c19.clint", "imipramine.cyp1a2.clint", "desipramine.cyp2d6.clint", "imipramine.kp_scale.human")
NOTES = (
    "2 levels below the limit of quantification <5 ng/mL> & one on day 3 were left out.",
    "Lag time held at 0.5 h.",
)


def linear_fit(
    parameters: int = 4, starts: int = 20, *, people: int = 5, times: bool = True, profiled: bool = True, blind: int = 0
) -> Calibration:
    """A calibration; the last `blind` parameters move nothing, so that their errors are infinite."""
    draw = np.random.default_rng(7)
    sampled = np.array([0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0])
    groups = [f"subject {k + 1}" if times else f"author{1980 + k}" for k in range(people)]
    size = len(groups) * len(sampled)
    design = draw.normal(size=(size, parameters)) * 0.6
    design[:, parameters - blind :] = 0.0
    base = np.tile(np.log(120.0 * (np.exp(-0.08 * sampled) - np.exp(-1.4 * sampled))), people)
    truth = 0.5 * draw.normal(size=parameters)
    observed = base + design @ truth + NOISE * draw.normal(size=size)
    slopes, chosen = -design / NOISE, parameters - blind
    seen = slopes[:, :chosen]
    x = np.zeros(parameters)
    x[:chosen] = np.linalg.lstsq(seen, -(observed - base) / NOISE, rcond=None)[0]
    residuals = (observed - base - design @ x) / NOISE
    inflation = max(1.0, float(residuals @ residuals) / (size - chosen))
    covariance = np.diag(np.full(parameters, np.inf))
    covariance[:chosen, :chosen] = inflation * np.linalg.inv(seen.T @ seen)
    moved = tuple(
        Parameter(
            _name(j), start=2.0, low=0.02, high=200.0, unit="uL/min/pmol" if j < 3 else "",
            prior=Prior(np.log(2.0), 0.4) if j == 1 else None,
        )
        for j in range(parameters)
    )  # fmt: skip
    at = Residuals(residuals, slopes)
    fitted = Fitted(
        moved, x + np.log(2.0), at, tuple(f"row {i}" for i in range(size)), _descents(starts, at.cost, x),
        covariance, inflation, size - chosen,
    )  # fmt: skip
    rows = tuple(
        Row(
            groups[i // len(sampled)], "imipramine" if times else f"AUC∞ of arm {i}", float(np.exp(observed[i])),
            float(np.exp(observed[i] - NOISE * residuals[i])), "ng/mL" if i % 3 or times else "ng*h/mL",
            float(residuals[i]), float(sampled[i % len(sampled)]) if times else None,
        )
        for i in range(size)
    )  # fmt: skip
    return Calibration(
        "imipramine.disposition.7", fitted, _values(fitted, chosen),
        {"abernethy1984, exposure to imipramine": 0.71, "sallee1990 <oral>": 1.38}, rows,
        tuple(_verdict(j, chosen, parameters) for j in range(parameters)),
        {moved[j].name: _profile(fitted, j, chosen) for j in range(parameters)} if profiled else {}, 1.27, NOTES,
    )  # fmt: skip


def _name(j: int) -> str:
    return NAMES[j] if j < len(NAMES) else f"desipramine.made_up_quantity_{j}.human"


def _values(fitted: Fitted, chosen: int) -> tuple[Value, ...]:
    values = []
    for j, one in enumerate(fitted.parameters):
        error = float(np.sqrt(fitted.covariance[j, j]))
        ends = [float(np.exp(fitted.x[j] + side * 1.96 * error)) if j < chosen else None for side in (-1.0, 1.0)]
        values.append(Value(one.name, float(fitted.values[j]), one.unit, "moved" if j else "fitted", error, *ends))
    half_life = Value("imipramine.half_life.human", 14.2, "h", "derived", 0.11, 11.4, 17.6, "ln 2·V/CL <of both>")
    return (*values, half_life)


def _verdict(j: int, chosen: int, parameters: int) -> Verdict:
    if j >= chosen:
        return Verdict(_name(j), "not told", "no residual moves with it; the data would be as well met by any value")
    if j and j == chosen - 1 and parameters > 2:
        return Verdict(_name(j), "hardly told", f"only its product with {_name(0)} is told (r −0.97)")
    return Verdict(_name(j), "told", "the profile rises above 3.84 on both sides")


def _profile(fitted: Fitted, j: int, chosen: int) -> Profile:
    one, x = fitted.parameters[j], fitted.x[j]
    if j >= chosen:
        places = np.linspace(np.log(one.low), np.log(one.high), 15)
        return Profile(one.name, np.exp(places), np.full(15, 1e-9), None, None)
    error = float(np.sqrt(fitted.covariance[j, j]))
    places = x + error * np.linspace(-2.6, 2.6, 17)
    reach = error * np.sqrt(LIMIT)
    low = None if j == 2 else float(np.exp(x - reach))
    rises = ((places - x) / error) ** 2
    if j == 2:
        rises = np.where(places < x, 2.2 * (1.0 - np.exp(-rises)), rises)
    return Profile(one.name, np.exp(places), rises, low, float(np.exp(x + reach)))


def _descents(starts: int, cost: float, x: np.ndarray) -> tuple[Descent, ...]:
    """Ways down: most to the best, some to a second hollow, one to a bound, one out of steps, one nowhere."""
    found = []
    for i in range(starts):
        outcome, above = "converged", 0.0 if i < 0.7 * starts else 3.5 + 0.01 * i
        if i and i == starts - 3:
            outcome, above = "at a bound", 40.0
        if i and i == starts - 2:
            outcome, above = "iteration limit", 210.0
        steps = np.arange(9 + (5 * i) % 7)
        costs = cost + above + 900.0 * np.exp(-1.5 * steps) * (steps < steps[-1])
        if i and i == starts - 1:
            outcome, costs = "not finite", np.array([cost + 2000.0, np.inf])
        found.append(Descent(x - 1.0, x, tuple(map(float, costs)), outcome))
    return tuple(found)
