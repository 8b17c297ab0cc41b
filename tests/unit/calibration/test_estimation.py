"""Where a person stands: the prior without levels, the truth with all of them, honest intervals between."""

from dataclasses import replace

import numpy as np
import pytest

from reuptake.calibration.estimation import Likeness, posterior, predicted, solved
from reuptake.calibration.objective import with_priors
from reuptake.calibration.samples import Sample

EXACT = 1e-8  # relative tolerance of the solver where differences of its curves are looked at


def levels_of(case, z):
    """Levels (person, sample) of people at z (person, coordinate)."""
    start = case.plan.start_of(np.arange(len(z)), case.variation.people(z))
    values = solved(case.plan, start, case.grid, EXACT).values
    return predicted(case.samples, case.first, case.grid, case.plan.laboratory, values)


def test_what_matters_is_moved_and_the_rest_is_little(clinic):
    found = clinic.relevance
    left = np.delete(found.levels**2, found.coordinates, axis=1).sum(axis=1)
    assert np.all(left < 0.01 * np.sum(found.levels**2, axis=1))
    assert {"cyp2d6.abundance", "liver.mass_fraction"} <= set(found.told_of) <= set(found.parameters)


def test_slopes_are_those_that_differences_show(clinic):
    likeness = Likeness(clinic.case, clinic.relevance)
    x = 0.3 * np.cos(np.arange(len(likeness.parameters)))
    step, slopes = 1e-3, likeness.residuals(x).slopes
    shifts = step * np.concatenate([np.eye(len(x)), -np.eye(len(x))])
    logs = np.log(levels_of(clinic.case, np.stack([likeness.whole(x + shift) for shift in shifts])))
    differences = (logs[: len(x)] - logs[len(x) :]).T / (2.0 * step * clinic.case.log_sd)
    # Tangents of a solver at a relative 1e-6, differences of one at 1e-8 over a step of 1e-3.
    np.testing.assert_allclose(slopes, differences, atol=2e-4 * np.abs(slopes).max())


def test_levels_that_tell_nothing_leave_the_population(clinic):
    blind = replace(clinic.case, log_sd=1e6)
    found = posterior(blind, clinic.relevance)
    np.testing.assert_allclose(found.mode, 0.0, atol=1e-6)
    np.testing.assert_allclose(found.covariance, np.eye(len(found.covariance)), atol=1e-6)
    people = clinic.case.variation.drawn(1, range(1, 4))
    np.testing.assert_allclose(found.drawn(people), people, atol=1e-5)


def test_many_exact_levels_tell_the_truth(clinic):
    truth = np.zeros(clinic.case.variation.size)
    truth[list(clinic.relevance.coordinates)] = 0.8 * np.cos(1.0 + np.arange(len(clinic.relevance.coordinates)))
    times = [1.0, 2.0, 4.0, 6.0, 9.0, 12.0, 18.0, 23.0, *np.arange(60.0, 168.0, 6.0)]
    dense = clinic.at([Sample((name,), 1.0, t) for t in times for name in ("imipramine", "desipramine")], 1e-4)
    levels = levels_of(dense, truth[None])[0]
    dense = replace(dense, samples=tuple(replace(s, level=x) for s, x in zip(dense.samples, levels, strict=True)))
    found = posterior(dense, clinic.relevance)
    np.testing.assert_allclose(found.fitted, levels, rtol=1e-3)
    likeness = Likeness(dense, clinic.relevance)
    moved = list(clinic.relevance.coordinates)
    assert with_priors(likeness, found.mode[moved]).cost <= with_priors(likeness, truth[moved]).cost
    # What the liver has of the enzyme that clears desipramine is told. Its factors one by one are not, nor which of
    # three enzymes it is that demethylates.
    people = clinic.case.variation.people(np.stack([truth, found.mode]))
    before, after = people["cyp2d6.abundance"] * people["liver.microsomal_protein"] * people["liver.mass_fraction"]
    assert after == pytest.approx(before, rel=0.03)
    assert abs(np.log(people["cyp2d6.abundance"][0] / clinic.case.plan.laboratory.table["cyp2d6.abundance"])) > 0.05


def test_the_same_levels_give_the_same_bits(clinic):
    one, two = (posterior(clinic.case, clinic.relevance) for _ in range(2))
    assert one.mode.tobytes() == two.mode.tobytes()
    assert one.covariance.tobytes() == two.covariance.tobytes()


def test_levels_shrink_no_variance_below_nought_and_none_above_the_prior(clinic):
    covariance = posterior(clinic.case, clinic.relevance).covariance
    widths = np.linalg.eigvalsh(covariance)
    assert np.all((widths > 0.0) & (widths < 1.0 + 1e-12))
    assert np.sum(widths < 0.999) <= len(clinic.case.samples)  # each level tells one direction at most
