"""What a person's levels would be: people drawn from what is believed of her or him, each given each regimen.

Each person drawn from the population, who stands for what is believed without levels, has a counterpart drawn with the
same random numbers from the posterior; both go through every regimen in one batch. So the two differ by what the levels
told, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.asking import Asked
from reuptake.calibration.estimation import Posterior, predicted, solved
from reuptake.calibration.variation import Variation
from reuptake.engine.kernel import Batch
from reuptake.errors import RunError
from reuptake.noncompartmental.areas import area
from reuptake.population.chance import normals
from reuptake.simulation.run import Laboratory, Plan, Start, plan
from reuptake.simulation.schedules import window
from reuptake.trajectories import Window

__all__ = ["Ensemble", "Exposure", "Followed", "drawn", "exposure"]

Array = NDArray[np.float64]
ACCURACY = 1e-4  # relative tolerance of drawn curves: their spread is a thousand times larger
COARSE, FINE = 1.0, 0.25  # h between times looked at, over the course and over the interval that is read
TYPICAL, MODE, PEOPLE = 0, 1, 2  # rows of the ensemble: two persons, then those drawn


@dataclass(frozen=True)
class Followed:
    """One regimen in everybody.

    Attributes
    ----------
    window : Window
        That exposure is read over.
    values : array (person, time, output), ng/mL
        Of the typical person, of the person at the mode, of those drawn from the population, of those drawn from
        the posterior.
    """

    window: Window
    values: Array


@dataclass(frozen=True)
class Ensemble:
    """All regimens in everybody.

    Attributes
    ----------
    grid : array (time,), h
    outputs : tuple of str (output,)
    courses : tuple of Followed
        Of the options: the course that was taken first.
    draws : int
        How many people were drawn from the population, and from the posterior as well.
    failed : int
        Pairs of drawn people of whom one could not be solved; they are left out of `values`.
    residuals : array (draw, sample)
        Standard normal, for levels as they would be measured.
    levels : array (person, sample), ng/mL
        In the course that was taken.
    """

    grid: Array
    outputs: tuple[str, ...]
    courses: tuple[Followed, ...]
    draws: int
    failed: int
    residuals: Array
    levels: Array

    @property
    def population(self) -> slice:
        """Rows of those drawn from the population."""
        return slice(PEOPLE, PEOPLE + self.draws)

    @property
    def posterior(self) -> slice:
        """Rows of those drawn from the posterior."""
        return slice(PEOPLE + self.draws, PEOPLE + 2 * self.draws)

    def curves(self, course: Followed, analytes: Sequence[str]) -> Array:
        """Levels of some analytes together (person, time), ng/mL; never negative."""
        return sum(
            (np.maximum(course.values[:, :, self.outputs.index(f"plasma.{name}")], 0.0) for name in analytes),
            start=np.zeros(course.values.shape[:2]),
        )


@dataclass(frozen=True)
class Exposure:
    """What a curve comes to over the interval that is read, (person,), ng/mL.

    `drift` is the last level over the first of the interval, less one: nought where the course has settled.
    """

    cavg: Array
    cmin: Array
    cmax: Array
    drift: Array


def exposure(ensemble: Ensemble, course: Followed, analytes: Sequence[str]) -> Exposure:
    """Over the last interval of a course."""
    inside = (ensemble.grid >= course.window.start - 1e-9) & (ensemble.grid <= course.window.end + 1e-9)
    times, curves = ensemble.grid[inside], ensemble.curves(course, analytes)[:, inside]
    mean = area(times - times[0], curves) / (times[-1] - times[0])
    drift = (curves[:, -1] - curves[:, 0]) / np.maximum(curves[:, -1], np.finfo(float).tiny)
    return Exposure(mean, curves.min(axis=1), curves.max(axis=1), drift)


def drawn(asked: Asked, variation: Variation, laboratory: Laboratory, found: Posterior) -> Ensemble:
    """Everybody under every regimen, in one batch.

    Raises
    ------
    RunError
        If the person at the mode cannot be solved under one of the regimens.
    """
    subjects = range(1, asked.draws + 1)
    prior = variation.drawn(asked.seed, subjects)
    people = variation.people(np.concatenate([0.0 * prior[:1], found.mode[None], prior, found.drawn(prior)]))
    plans = [plan(option.request, laboratory.evidence, laboratory) for option in asked.options]
    size = PEOPLE + 2 * asked.draws
    starts = [made.start_of(np.arange(size), people) for made in plans]
    grid = _grid(asked, plans)
    whole = solved(plans[0], _together(starts), grid, ACCURACY)
    values = whole.values.reshape(len(plans), size, len(grid), -1)
    ends = np.array([outcome.solved for outcome in whole.outcomes], dtype=bool).reshape(len(plans), size)
    good = np.asarray(ends.all(axis=0))
    if not good[:PEOPLE].all():
        raise RunError("the person that these levels point to cannot be simulated; check doses, times and units")
    pairs = good[PEOPLE : PEOPLE + asked.draws] & good[PEOPLE + asked.draws :]
    rows = np.concatenate([np.full(PEOPLE, True), pairs, pairs])
    courses = tuple(Followed(_window(made), own[rows]) for made, own in zip(plans, values, strict=True))
    residuals = normals(asked.seed, subjects, "individual.residual", len(asked.samples))[pairs]
    levels = predicted(asked.samples, asked.first, grid, plans[0].laboratory, courses[0].values)
    outputs = tuple(entry.name for entry in laboratory.kernel.system.outputs)
    left = int(pairs.sum())
    return Ensemble(grid, outputs, courses, left, asked.draws - left, residuals, levels)


def _together(starts: Sequence[Start]) -> Start:
    batch = Batch(
        np.concatenate([start.batch.parameters for start in starts]),
        tuple(events for start in starts for events in start.batch.events),
    )
    subjects = np.arange(len(batch.parameters))
    return Start(subjects, batch, np.concatenate([start.smallest for start in starts]), {})


def _window(made: Plan) -> Window:
    return window(made.request.regimens[0], made.request.duration)


def _grid(asked: Asked, plans: Sequence[Plan]) -> Array:
    """Times that all courses are looked at (time,), h."""
    windows = [_window(made) for made in plans if made.request.regimens[0].interval is not None]
    longest = max(made.request.duration for made in plans)
    times = [
        np.arange(0.0, longest, COARSE), np.array([longest, asked.request.duration]),
        np.array([asked.first + one.time for one in asked.samples]),
        *(np.append(np.arange(one.start, one.end, FINE), one.end) for one in windows),
    ]  # fmt: skip
    return np.unique(np.round(np.concatenate(times), 9))
