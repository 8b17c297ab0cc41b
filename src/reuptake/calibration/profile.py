"""Profile likelihood: the least cost that is left when one parameter is held at each value.

    rise(v) = 2·(min over the others of cost(v, others) − least cost) / inflation  ~  χ² with one degree of freedom

The root of the rise is a straight line where the cost is a parabola. Steps are chosen so that it grows evenly, and the
ends of the interval are where it crosses `Fitted.reach`, √3.84 where σ is known.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.gathering import TOGETHER, in_step
from reuptake.calibration.least_squares import AT_BOUND, Fitted, at_bounds, bounds, descend
from reuptake.calibration.objective import AbstractObjective, Residuals, with_priors
from reuptake.errors import InputError, Problem, nearest

__all__ = ["Profile", "profile", "profiles"]

Array = NDArray[np.float64]
Progress = Callable[[int, int], None]

STRIDE = 0.4  # by how much the root of the rise is to grow at each step: five steps to the limit, √3.84 = 1.96
LEAP = 2.0  # a step is at most this many times the last one, and one that grew the rise as much too fast is halved
FLAT = 1 / 16  # first step at most, as part of the way to the bound: how far an interval reaches may be said badly
SHORT = 1e-4  # of the first step, below which no way on is looked for where the model cannot be solved
CLOSE = 1e-4  # the root of the rise at an end is this near to its limit: 1e-4 of a standard error
TOLERANCE = 1e-11  # of the cost of the others: finer than any figure that is read off
POINTS = 40


@dataclass(frozen=True)
class Profile:
    """One parameter's profile.

    Attributes
    ----------
    name : str
    values : array (point,)
        Where it was held, rising, as values a person reads.
    rises : array (point,)
        Twice the cost above the least one, divided by the inflation; ends lie where it is the square of `Fitted.reach`
        (3.84 where σ is known). Clearly below nought where the fit had not found the best place.
    low, high : float or None
        Ends of the 95 % interval; None where the profile stays below its limit up to the bound of the search, or up
        to where the model can be solved, and where it rises above the limit only as another parameter is stopped by
        its bound.
    """

    name: str
    values: Array
    rises: Array
    low: float | None
    high: float | None


def profile(objective: AbstractObjective, fitted: Fitted, name: str, *, points: int = POINTS) -> Profile:
    """The profile of one parameter, all others (nuisances too) fitted again at each of its values.

    Parameters
    ----------
    points : int
        On each side at most this many before the end is narrowed down.

    Raises
    ------
    InputError
        If there is no such parameter.
    """
    return profiles(objective, fitted, [name], points=points)[name]


def profiles(
    objective: AbstractObjective,
    fitted: Fitted,
    names: Sequence[str],
    *,
    points: int = POINTS,
    together: int = TOGETHER,
    progress: Progress | None = None,
) -> Mapping[str, Profile]:
    """Profiles by name, walks in step with the same bits for any number; progress tells profiles done, of how many."""
    known = [one.name for one in fitted.parameters]
    wrong = [
        Problem(f"no parameter {name!r} was fitted", hint=nearest(name, known)) for name in names if name not in known
    ]
    if wrong:
        raise InputError(wrong)
    places = product([known.index(name) for name in names], (-1, 1))

    def walked(asked: AbstractObjective, which: int, side: int) -> tuple[list[_Point], float | None]:
        return _Walk(asked, fitted, which, side).ended(points)

    walks = in_step(objective, [partial(walked, which=which, side=side) for which, side in places], together)
    done: dict[str, Profile] = {}
    for name, below, above in zip(names, walks, walks, strict=True):  # two walks of each
        done[name] = _joined(fitted, known.index(name), below, above)
        if progress is not None:
            progress(len(done), len(names))
    return done


@dataclass(frozen=True)
class _Point:
    """One value of the parameter that is held, the others there, and the rise."""

    x: float
    others: Array
    rise: float

    @property
    def root(self) -> float:
        return math.sqrt(max(0.0, self.rise))


class _Held(AbstractObjective):
    """An objective with one parameter held; what its prior says of the place is one more residual."""

    def __init__(self, objective: AbstractObjective, which: int, x: float) -> None:
        self._objective, self._which, self._x = objective, which, x
        self.parameters = objective.parameters[:which] + objective.parameters[which + 1 :]
        prior = objective.parameters[which].prior
        self._departure = [] if prior is None else [(x - prior.mean) / prior.sd]
        self.labels = (*objective.labels, *("prior" for _ in self._departure))
        self.resolution = objective.resolution

    def residuals(self, x: Array) -> Residuals:
        found = self._objective.residuals(np.insert(x, self._which, self._x))
        slopes = np.delete(found.slopes, self._which, axis=1)
        still = np.zeros((len(self._departure), slopes.shape[1]))
        return Residuals(np.append(found.values, self._departure), np.vstack([slopes, still]))


class _Walk:
    """The way from the best place to one side."""

    def __init__(self, objective: AbstractObjective, fitted: Fitted, which: int, side: int) -> None:
        self._objective, self._fitted, self._which, self._side = objective, fitted, which, side
        low, high = bounds(fitted.parameters)
        self._bound, self._far = (float(end[which]) for end in ((high, low) if side > 0 else (low, high)))
        self.points = [_Point(float(fitted.x[which]), np.delete(fitted.x, which), 0.0)]

    def ended(self, points: int) -> tuple[list[_Point], float | None]:
        """Points from the best place on, and the end of the interval on the search scale."""
        step = first = self._first()
        if abs(self._bound - self.points[0].x) <= AT_BOUND * abs(self._far - self._bound):
            return self.points, None
        for _ in range(points):
            last = self.points[-1]
            room = abs(self._bound - last.x)
            if last.root >= self._fitted.reach or room == 0.0 or step < SHORT * first:
                break
            found = self._at(self._bound if step >= room else last.x + self._side * step)
            if found is None or found.root - last.root > LEAP * STRIDE:
                step = min(step, room) / 2.0
                continue
            self.points.append(found)
            grown = found.root - last.root
            step = min(step, room) * (min(LEAP, STRIDE / grown) if grown > 0.0 else LEAP)
        told = self.points[-1].root >= self._fitted.reach and not self._forced()
        return self.points, self._narrowed() if told else None

    def _forced(self) -> bool:
        """Whether another parameter has come to a bound on the way: the rise is the bound's then, not the data's."""
        parameters = self._fitted.parameters
        last = np.insert(self.points[-1].others, self._which, self.points[-1].x)
        now = at_bounds(parameters, last, with_priors(self._objective, last).slopes)
        before = at_bounds(parameters, self._fitted.x, self._fitted.at.slopes)
        return bool(np.delete(now & ~before, self._which).any())

    def _first(self) -> float:
        """A first step, by the standard error where that is of use."""
        error = float(self._fitted.errors[self._which])
        room = abs(self._bound - self.points[0].x)
        return min(STRIDE * error, FLAT * room)

    def _at(self, x: float) -> _Point | None:
        """The point at x, the others led on from the last two points; None where the model cannot be solved."""
        last = self.points[-1]
        guess = last.others
        if len(self.points) > 1:
            before = self.points[-2]
            guess = guess + (last.others - before.others) * ((x - last.x) / (last.x - before.x))
        held = _Held(self._objective, self._which, x)
        for start in (guess, last.others):
            way = descend(held, start, tolerance=TOLERANCE)
            if way.outcome != "not finite":
                return _Point(x, way.x, 2.0 * (way.costs[-1] - self._fitted.at.cost) / self._fitted.inflation)
        return None

    def _narrowed(self) -> float:
        """Where the root of the rise crosses its limit between the last two points, by false position (Illinois)."""
        limit = self._fitted.reach
        inner, outer = self.points[-2], self.points.pop()
        furthest = outer
        low, high = inner.root - limit, outer.root - limit
        crossing = outer.x
        for _ in range(POINTS):
            crossing = (inner.x * high - outer.x * low) / (high - low)
            found = self._at(crossing)
            if found is None:
                break
            gap = found.root - limit
            if abs(gap) < CLOSE:
                self.points.append(found)
                break
            if gap < 0.0:
                self.points.append(found)
                inner, low, high = found, gap, high / 2.0
            else:
                outer, low, high = found, low / 2.0, gap
        self.points.append(furthest)
        return crossing


def _joined(
    fitted: Fitted, which: int, below: tuple[list[_Point], float | None], above: tuple[list[_Point], float | None]
) -> Profile:
    """Both sides as one profile, in values."""
    one = fitted.parameters[which]
    points = [*reversed(below[0]), *above[0][1:]]
    low, high = (None if end is None else one.value(end) for end in (below[1], above[1]))
    values = np.array([one.value(point.x) for point in points])
    return Profile(one.name, values, np.array([point.rise for point in points]), low, high)
