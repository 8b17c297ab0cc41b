"""Whoever draws truths from a prior and data from them finds the truth at every rank of the posterior equally often."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chisquare

from reuptake.calibration.objective import AbstractObjective, Residuals
from reuptake.calibration.parameters import Parameter, Prior, from_search
from reuptake.calibration.posterior import Nuts, sample
from reuptake.population.chance import generator

WORLDS, BINS, KEPT, APART = 60, 6, 59, 3  # every third draw of two chains; 59 of them leave 60 ranks, ten to a bin
PRIORS = {"intercept": Prior(0.5, 0.8), "slope": Prior(-1.0, 0.5)}
TIMES = np.array([0.0, 0.4, 1.0, 1.3, 2.0])
NOISE = 0.6


@dataclass(frozen=True)
class Line(AbstractObjective):
    """Observations on a straight line of ln-values, with normal errors."""

    observed: np.ndarray
    noise: float
    parameters = tuple(
        Parameter(name, float(np.exp(prior.mean)), 1e-6, 1e6, prior=prior) for name, prior in PRIORS.items()
    )
    labels = ("point",) * len(TIMES)

    def residuals(self, x):
        slopes = np.stack([np.ones_like(TIMES), TIMES], axis=1) / self.noise
        return Residuals(slopes @ x - self.observed / self.noise, slopes)


def test_truths_lie_at_every_rank_of_their_posteriors_equally_often():
    """Talts S, Betancourt M, Simpson D, Vehtari A, Gelman A, arXiv:1804.06788: simulation-based calibration."""
    assert chances(NOISE).min() > 0.001


def test_a_posterior_that_is_too_narrow_is_found_out():
    """Noise that is taken for less than half of what it is leaves truths outside their posteriors."""
    assert chances(0.4 * NOISE).max() < 0.001


def chances(noise):
    """How probable so uneven ranks (parameter,) are, were all of them equally likely."""
    ranks = np.array([rank(world, noise) for world in range(WORLDS)])
    return np.array([chisquare(np.histogram(one, BINS, (0, KEPT + 1))[0]).pvalue for one in ranks.T])


def rank(world, noise):
    """Ranks of the truth (parameter,) among draws that are nearly independent of one another."""
    chance = generator(20, world, "truth")
    truth = np.array([prior.mean + prior.sd * chance.standard_normal() for prior in PRIORS.values()])
    objective = Line(truth[0] + truth[1] * TIMES + NOISE * chance.standard_normal(len(TIMES)), noise)
    found = sample(objective, truth, world, Nuts(chains=2, draws=90, tune=100))
    drawn = np.array([found.draws(name)[:, ::APART].ravel()[:KEPT] for name in PRIORS])
    return (drawn < from_search(objective.parameters, truth)[:, None]).sum(axis=1)
