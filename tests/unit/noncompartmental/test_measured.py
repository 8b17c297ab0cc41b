"""Measured profiles whose every measure is known in closed form or on paper."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.noncompartmental.exposure import exposure
from reuptake.noncompartmental.measured import Given, analysed, interval_area
from reuptake.noncompartmental.quantification import Between, Imputation, Later, Profiles
from reuptake.noncompartmental.terminal import TimeRange
from unit.noncompartmental.obvious import one_by_one

DENSE = np.concatenate([np.arange(0.0, 12.0, 0.05), np.arange(12.0, 150.0, 0.5)])
SPARSE = np.array([0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 24.0])


def profile(times, levels, below=None, limit=np.nan):
    times, levels = np.atleast_2d(times).astype(float), np.atleast_2d(levels).astype(float)
    below = np.zeros(times.shape, dtype=bool) if below is None else np.atleast_2d(below)
    return Profiles(times, np.where(below, np.nan, levels), below, np.full(len(times), limit))


def given_as(amount=1000.0, vein=False, duration=0.0, tau=np.nan):
    return Given(np.array([amount]), np.array([vein]), np.array([duration]), np.array([tau]))


def measured(times, levels, given_, below=None, limit=np.nan, **rules):
    found, _ = analysed(profile(times, levels, below, limit), given_, **rules)
    return {name: float(values[0]) for name, values in found.items()}


@given(rate=st.floats(0.05, 0.6), volume=st.floats(1.0, 100.0))
def test_one_compartment_bolus_is_exact_from_few_samples(rate, volume):
    found = measured(SPARSE, 1000.0 / volume * np.exp(-rate * SPARSE), given_as(vein=True))
    # The logarithmic rule is exact for an exponential decline; what is left is rounding.
    assert found["c0"] == pytest.approx(1000.0 / volume, rel=1e-9)
    assert found["auc_inf"] == pytest.approx(1000.0 / volume / rate, rel=1e-9)
    assert found["auc_inf_predicted"] == pytest.approx(found["auc_inf"], rel=1e-9)
    assert found["aumc_inf"] == pytest.approx(1000.0 / volume / rate**2, rel=1e-9)
    assert found["cl"] == pytest.approx(rate * volume, rel=1e-9)
    assert found["mrt"] == pytest.approx(1.0 / rate, rel=1e-9)
    assert found["vss"] == pytest.approx(volume, rel=1e-9)
    assert found["vz"] == pytest.approx(volume, rel=1e-9)
    assert found["half_life"] == pytest.approx(np.log(2.0) / rate, rel=1e-9)
    assert np.isnan(found["cl_f"])
    assert np.isnan(found["tlag"])


def test_two_compartment_bolus_has_the_volumes_of_its_exponents():
    a, alpha, b, beta = 80.0, 1.2, 20.0, 0.08
    levels = a * np.exp(-alpha * DENSE) + b * np.exp(-beta * DENSE)
    found = measured(DENSE, levels, given_as(vein=True), rule=TimeRange(30.0))
    auc, aumc = a / alpha + b / beta, a / alpha**2 + b / beta**2
    # Between samples 0.05 h apart the sum of two exponentials is an exponential to within (Δt·α)²/12 of a piece.
    assert found["auc_inf"] == pytest.approx(auc, rel=1e-4)
    assert found["aumc_inf"] == pytest.approx(aumc, rel=1e-4)
    assert found["vss"] == pytest.approx(1000.0 * aumc / auc**2, rel=3e-4)
    assert found["vz"] == pytest.approx(1000.0 / auc / beta, rel=3e-4)


def test_the_residence_of_an_infusion_is_that_of_a_bolus():
    rate, volume, run_in = 0.2, 10.0, 2.0
    steady = 1000.0 / run_in / (rate * volume)
    levels = np.where(
        DENSE <= run_in,
        steady * -np.expm1(-rate * DENSE),
        steady * -np.expm1(-rate * run_in) * np.exp(-rate * np.maximum(DENSE - run_in, 0.0)),
    )
    found = measured(DENSE, levels, given_as(vein=True, duration=run_in), below=DENSE == 0.0)
    assert found["mrt"] == pytest.approx(1.0 / rate, rel=1e-4)  # the rise is taken in straight lines of 0.05 h
    assert found["vss"] == pytest.approx(volume, rel=1e-4)
    assert found["tmax"] == pytest.approx(run_in)
    assert np.isnan(found["c0"])


def test_absorption_adds_its_time_to_the_residence_and_a_lag_is_seen():
    rate, absorption, volume, lag = 0.1, 1.5, 20.0, 0.5
    since = np.maximum(DENSE - lag, 0.0)
    scale = 1000.0 / volume * absorption / (absorption - rate)
    levels = scale * (np.exp(-rate * since) - np.exp(-absorption * since))
    found = measured(DENSE, levels, given_as(), below=levels <= 0.0)
    assert found["mrt"] == pytest.approx(1.0 / rate + 1.0 / absorption + lag, rel=2e-4)
    assert found["cl_f"] == pytest.approx(rate * volume, rel=2e-4)
    assert found["tlag"] == pytest.approx(lag)
    assert np.isnan(found["vss"])
    assert np.isnan(found["cl"])


def test_a_profile_worked_out_by_hand():
    # t 0 1 2 4 8; c 0 10 8 4 1. Rise: 1·10/2 = 5. Falls: (10−8)/ln(10/8) = 8.96284, 2·(8−4)/ln 2 = 11.54156,
    # 4·(4−1)/ln 4 = 8.65617. λz from the points (2, 8) (4, 4) (8, 1): ln c falls by 3·ln 2 in 6 h, a straight line.
    found = measured([0, 1, 2, 4, 8], [0, 10, 8, 4, 1], given_as(), below=[True, False, False, False, False])
    last = 5.0 + 2.0 / np.log(1.25) + 8.0 / np.log(2.0) + 12.0 / np.log(4.0)
    assert last == pytest.approx(34.16057, abs=1e-5)
    assert found["auc_last"] == pytest.approx(last, rel=1e-12)
    assert found["lambda_z"] == pytest.approx(np.log(2.0) / 2.0, rel=1e-12)
    assert found["auc_inf"] == pytest.approx(last + 2.0 / np.log(2.0), rel=1e-12)
    assert found["extrapolated"] == pytest.approx(100 * 2.88539 / 37.04596, rel=1e-5)
    assert found["span"] == pytest.approx(3.0, rel=1e-12)
    assert (found["lambda_z_points"], found["cmax"], found["tmax"], found["tlag"]) == (3.0, 10.0, 1.0, 0.0)


STEADY = np.array([0.0, 1.0, 2.0, 4.0, 8.0, 12.0, 16.0, 24.0])


def steady_bolus(times, rate=0.1, tau=24.0):
    return 100.0 * np.exp(-rate * times) / -np.expm1(-rate * tau)


def test_a_bolus_at_steady_state_has_the_clearance_of_a_single_one():
    found = measured(STEADY, steady_bolus(STEADY), given_as(vein=True, tau=24.0))
    assert found["auc_tau"] == pytest.approx(100.0 / 0.1, rel=1e-9)
    assert found["cl"] == pytest.approx(1.0, rel=1e-9)
    assert found["vss"] == pytest.approx(10.0, rel=1e-9)
    assert found["mrt"] == pytest.approx(10.0, rel=1e-9)
    assert found["cavg"] == pytest.approx(1000.0 / 24.0, rel=1e-9)
    assert found["ctrough"] == pytest.approx(steady_bolus(24.0), rel=1e-9)
    assert found["cmin"] == pytest.approx(steady_bolus(24.0), rel=1e-9)
    assert found["swing"] == pytest.approx(np.exp(2.4) - 1.0, rel=1e-9)
    assert found["fluctuation"] == pytest.approx(100.0 * 100.0 / (1000.0 / 24.0), rel=1e-9)
    assert found["accumulation_index"] == pytest.approx(1.0 / (1.0 - np.exp(-2.4)), rel=1e-9)
    assert np.isnan(found["auc_inf"])


def test_an_interval_may_end_between_or_beyond_the_samples():
    between = np.array([0.0, 1.0, 4.0, 8.0, 12.0, 30.0])
    beyond = np.array([0.0, 1.0, 4.0, 8.0, 12.0, 16.0])
    for times in (between, beyond):
        found = measured(times, steady_bolus(times), given_as(vein=True, tau=24.0))
        assert found["auc_tau"] == pytest.approx(1000.0, rel=1e-9)
        assert found["ctrough"] == pytest.approx(steady_bolus(24.0), rel=1e-9)
    rising = measured([1.0, 4.0, 8.0], [1.0, 2.0, 3.0], given_as(tau=24.0))
    assert np.isnan(rising["auc_tau"])
    assert np.isnan(rising["cl_f"])


def test_the_peak_of_an_interval_is_not_sought_beyond_it():
    found = measured([0, 4, 12, 24, 26, 30, 40], [3, 9, 6, 3, 20, 5, 2], given_as(tau=24.0))
    assert (found["cmax"], found["tmax"], found["cmin"]) == (9.0, 4.0, 3.0)


def test_at_steady_state_the_level_at_a_dose_by_mouth_is_the_lowest_of_the_interval():
    sampled = measured([0, 4, 12, 24], [3, 9, 6, 3], given_as(tau=24.0))
    unsampled = measured([4, 12, 24], [9, 6, 3], given_as(tau=24.0))
    assert unsampled["auc_tau"] == pytest.approx(sampled["auc_tau"], rel=1e-14)


def test_the_first_interval_is_that_of_a_first_dose():
    times = np.array([4.0, 12.0, 24.0])
    area = interval_area(profile(times, [8.0, 4.0, 2.0]), given_as(tau=24.0))
    exact = 4 * 8 / 2 + 8 * 4 / np.log(2) + 12 * 2 / np.log(2)
    assert area[0] == pytest.approx(exact, rel=1e-12)
    assert np.isnan(interval_area(profile(times, [8.0, 4.0, 2.0]), given_as(tau=36.0))[0])


BELOW = np.array([True, False, False, True, False, False, False, True, True])
TIMES = np.array([0.0, 1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 12.0])
LEVELS = np.array([0.0, 4.0, 8.0, 0.0, 4.0, 2.0, 1.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("rule", "auc_last", "auc_all"),
    [
        # Rise 2 + 6 (0→4→8), then falls: 8→4→2→1 by halves, each 2 h: (8−4 + 4−2 + 2−1)·2/ln 2.
        (Imputation(), 8 + 14 / np.log(2), 8 + 14 / np.log(2)),
        (Imputation(after=Later.ZERO), 8 + 14 / np.log(2), 8 + 14 / np.log(2) + 1),
        (Imputation(after=Later.HALF_LIMIT), 8 + 14 / np.log(2), 8 + 14 / np.log(2) + 2 * 0.75 / np.log(4)),
        # With nought at 3 h: 8→0 and 0→4 are triangles.
        (Imputation(Between.ZERO), 8 + 4 + 2 + 6 / np.log(2), 8 + 4 + 2 + 6 / np.log(2)),
    ],
)
def test_what_stands_for_samples_below_the_limit(rule, auc_last, auc_all):
    found = measured(TIMES, LEVELS, given_as(), BELOW, limit=0.5, imputation=rule)
    assert found["auc_last"] == pytest.approx(auc_last, rel=1e-12)
    assert found["auc_all"] == pytest.approx(auc_all, rel=1e-12)
    # Neither the last quantified level nor the terminal phase depends on the rule.
    assert (found["clast"], found["tlast"], found["lambda_z_points"]) == (1.0, 8.0, 3.0)
    assert found["half_life"] == pytest.approx(2.0, rel=1e-12)


def test_a_sample_before_a_bolus_does_not_pull_the_level_at_the_dose_down():
    rate = 0.3
    times = np.concatenate([[0.0], SPARSE])
    levels = 50.0 * np.exp(-rate * times)
    found = measured(times, levels, given_as(vein=True), below=times == 0.0)
    assert found["c0"] == pytest.approx(50.0, rel=1e-9)
    assert found["back_extrapolated"] == pytest.approx(100.0 * -np.expm1(-rate * 0.25), rel=1e-9)


def test_a_bolus_that_rises_first_begins_at_its_first_level():
    assert measured([1, 2, 4, 8], [5, 7, 3, 1], given_as(vein=True))["c0"] == 5.0


def test_who_has_no_level_has_no_number():
    found = measured([0, 1, 2], [0, 0, 0], given_as(), below=[True] * 3)
    counts = {name: found.pop(name) for name in ("samples", "quantified", "after_peak")}
    assert counts == {"samples": 3.0, "quantified": 0.0, "after_peak": 0.0}
    assert all(np.isnan(value) for value in found.values())


def test_one_level_is_a_peak_and_no_more():
    found = measured([0, 1, 2], [0, 5, 0], given_as(), below=[True, False, True])
    assert (found["cmax"], found["auc_last"], found["tlag"]) == (5.0, 2.5, 0.0)
    assert np.isnan(found["half_life"])


def test_many_ragged_profiles_at_once_are_measured_as_one_by_one_and_as_the_obvious_way():
    chance = np.random.Generator(np.random.Philox(key=11))
    n, width = 200, 14
    counts = chance.integers(1, width + 1, n)
    times = np.sort(chance.random((n, width)) * 30.0, axis=1)
    times[np.arange(width) >= counts[:, None]] = np.nan
    rate, absorption = 0.05 + 0.2 * chance.random((n, 1)), 0.4 + chance.random((n, 1))
    levels = (
        50 * (np.exp(-rate * times) - np.exp(-absorption * times)) * np.exp(0.2 * chance.standard_normal((n, width)))
    )
    below = np.isfinite(times) & (chance.random((n, width)) < 0.15)
    below[np.arange(n), 0] &= counts > 1
    together = Profiles(times, np.where(below, np.nan, levels), below, np.full(n, np.nan))
    dosing = Given(np.full(n, 500.0), np.zeros(n, bool), np.zeros(n), np.full(n, np.nan))
    found, _ = analysed(together, dosing)
    checked = 0
    for i in range(n):
        alone, _ = analysed(together.some(np.array([i])), dosing.some(np.array([i])))
        for name, values in found.items():
            np.testing.assert_array_equal(alone[name], values[i : i + 1], err_msg=f"{name} of {i}")
        if found["quantified"][i]:
            there = np.isfinite(times[i])
            for name, expected in one_by_one(times[i][there], levels[i][there], below[i][there], 500.0).items():
                # Sums in another order, and polyfit's own rounding on short phases.
                assert found[name][i] == pytest.approx(expected, rel=1e-7), (i, name)
                checked += 1
    assert checked > 1000


@given(st.floats(0.01, 100.0), st.floats(0.01, 100.0))
def test_units_of_time_and_level_change_nothing_but_units(hour, level):
    times, levels = np.array([0.5, 1, 2, 4, 8, 12, 24]), np.array([3.0, 9, 12, 10, 6, 3.5, 0.9])
    here = measured(times, levels, given_as())
    there = measured(times * hour, levels * level, given_as())
    powers = {
        "cmax": (0, 1), "tmax": (1, 0), "auc_last": (1, 1), "auc_inf": (1, 1), "aumc_last": (2, 1), "aumc_inf": (2, 1),
        "mrt": (1, 0), "lambda_z": (-1, 0), "half_life": (1, 0), "r2_adjusted": (0, 0), "span": (0, 0),
        "extrapolated": (0, 0), "cl_f": (-1, -1), "vz_f": (0, -1),
    }  # fmt: skip
    for name, (of_time, of_level) in powers.items():
        assert there[name] == pytest.approx(here[name] * hour**of_time * level**of_level, rel=1e-8), name


def test_a_range_of_the_users_may_hold_the_peak():
    found = measured(SPARSE, 80.0 * np.exp(-0.2 * SPARSE), given_as(vein=True), rule=TimeRange(0.0))
    assert found["lambda_z_points"] == len(SPARSE)


def test_measured_and_simulated_curves_are_read_alike():
    chance = np.random.Generator(np.random.Philox(key=3))
    rates = 0.05 + 0.2 * chance.random((20, 1))
    levels = 100.0 * (np.exp(-rates * SPARSE) - np.exp(-2.0 * SPARSE)) * (1.0 + 0.05 * chance.random((20, 8)))
    times, levels = np.concatenate([[0.0], SPARSE]), np.concatenate([np.zeros((20, 1)), levels], axis=1)
    below = np.broadcast_to(times == 0.0, levels.shape)
    many = Given(np.full(20, 1.0), np.zeros(20, bool), np.zeros(20), np.full(20, np.nan))
    found, _ = analysed(profile(np.broadcast_to(times, levels.shape), levels, below), many)
    simulated = exposure(times, levels)
    for name in ("cmax", "tmax", "auc_last", "auc_inf", "lambda_z", "half_life"):
        np.testing.assert_array_equal(found[name], getattr(simulated, name), err_msg=name)
