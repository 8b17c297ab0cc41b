"""Subjects whose model is solved on paper: one compartment after a dose by mouth, a dose into the blood, a straight line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reuptake.calibration.mixed.individuals import AbstractIndividuals, Prediction

__all__ = ["Bolus", "Linear", "Oral", "bateman"]


def bateman(first, second, times):
    """(e^(−first·t) − e^(−second·t))/(second − first) and its slopes with both rates, also where the two are equal.

        E = t·e^(−b·t)·E₁(z),  E₁(z) = (1 − e^(−z))/z,  z = (c − b)·t ≥ 0

    with the smaller rate b and the larger one c; E is the same with the two exchanged.
    """
    small, large = np.minimum(first, second), np.maximum(first, second)
    z = (large - small) * times
    near = z < 0.1
    safe = np.where(near, 1.0, z)
    ratio = -np.expm1(-safe) / safe
    slope = (np.exp(-safe) - ratio) / safe
    ratio[near], slope[near] = _series(z[near])
    base = times * np.exp(-small * times)
    with_large, with_small = base * times * slope, -base * times * (ratio + slope)
    swapped = first > second
    return base * ratio, np.where(swapped, with_large, with_small), np.where(swapped, with_small, with_large)


def _series(z):
    """E₁ and its slope near nought, Σ (−z)ⁿ/(n + 1)!"""
    ratio, slope, term = np.zeros_like(z), np.zeros_like(z), np.ones_like(z)
    for n in range(12):
        ratio += term
        slope -= (n + 1) * term / (n + 2)
        term = -term * z / (n + 2)
    return ratio, slope


@dataclass(frozen=True)
class Oral(AbstractIndividuals):
    """Parameters ka (1/h), cl (L/h), v (L): f = D·ka/v·E(cl/v, ka)."""

    subjects: tuple
    doses: tuple
    times: tuple
    observed: tuple
    parameters = ("ka", "cl", "v")

    def predict(self, subjects, log_parameters):
        times = [self.times[subject] for subject in subjects]
        sizes = [len(one) for one in times]
        ka, cl, v, dose = (
            np.repeat(one, sizes) for one in (*np.exp(log_parameters).T, [self.doses[subject] for subject in subjects])
        )
        factor, ke = dose * ka / v, cl / v
        shape, with_ke, with_ka = bateman(ke, ka, np.concatenate(times))
        f, through = factor * shape, factor * ke * with_ke
        slopes = np.stack([f + factor * ka * with_ka, through, -f - through], axis=1)
        ends = np.cumsum(sizes)[:-1]
        return [Prediction(*one) for one in zip(np.split(f, ends), np.split(slopes, ends), strict=True)]


@dataclass(frozen=True)
class Bolus(AbstractIndividuals):
    """Parameter ke (1/h): f = c·e^(−ke·t)."""

    subjects: tuple
    start: float
    times: tuple
    observed: tuple
    parameters = ("ke",)

    def predict(self, subjects, log_parameters):
        found = []
        for subject, (log_ke,) in zip(subjects, log_parameters, strict=True):
            power = np.exp(log_ke) * self.times[subject]
            f = self.start * np.exp(-power)
            found.append(Prediction(f, (-power * f)[:, None]))
        return found


@dataclass(frozen=True)
class Linear(AbstractIndividuals):
    """Straight in the logarithms of its parameters: f = X·ln φ."""

    subjects: tuple
    designs: tuple
    observed: tuple
    parameters: tuple

    def predict(self, subjects, log_parameters):
        rows = zip(subjects, log_parameters, strict=True)
        return [Prediction(self.designs[subject] @ row, self.designs[subject]) for subject, row in rows]
