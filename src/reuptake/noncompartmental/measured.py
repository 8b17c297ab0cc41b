"""What measured curves come to: exposure, terminal phase, clearance, volumes, steady state.

AUC∞ = AUClast + Clast/λz, AUMC∞ = AUMClast + tlast·Clast/λz + Clast/λz²
single dose:   CL = D/AUC∞,  MRT = AUMC∞/AUC∞ − T/2
steady state:  CL = D/AUCτ,  MRT = (AUMCτ + τ·AUC(τ, ∞))/AUCτ − T/2
Vz = CL/λz,  Vss = CL·MRT (into a vein only)

T is the length of an infusion. Arrays only, ``(subject,)`` and ``(subject, time)``; the caller keeps the units: with
levels in ng/mL and amounts in µg volumes are in L.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from reuptake.noncompartmental.areas import cumulative_area, cumulative_moment, until
from reuptake.noncompartmental.quantification import Imputation, Profiles, compact
from reuptake.noncompartmental.terminal import AbstractTerminalRule, BestFit, Terminal, terminal_phase

__all__ = ["Course", "Given", "analysed", "interval_area"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
Columns = dict[str, Array]


@dataclass(frozen=True)
class Given:
    """How each subject was dosed, arrays (subject,).

    Attributes
    ----------
    amount : array
        NaN where nobody said.
    vein : array, bool
        Whether it went into a vein, so that all of it arrived.
    duration : array, time
        Of infusions; nought for all else.
    interval : array, time
        Between the doses of a course at steady state; NaN for a single dose.
    """

    amount: Array = field(repr=False)
    vein: Mask = field(repr=False)
    duration: Array = field(repr=False)
    interval: Array = field(repr=False)

    @property
    def bolus(self) -> Mask:
        """Whether all of it was in the blood at once."""
        bolus: Mask = self.vein & (self.duration == 0.0)
        return bolus

    def some(self, chosen: NDArray[np.intp]) -> Given:
        """Some of the subjects, by number."""
        return Given(*(getattr(self, entry.name)[chosen] for entry in fields(self)))


@dataclass(frozen=True)
class Course:
    """Curves from the dose on, ready for areas; the last point of each is repeated to the common length.

    Attributes
    ----------
    times, levels : array (subject, time)
        Beginning with the dose.
    sampled : array (subject,), bool
        Whether the level at the dose was measured; else it is extrapolated back, or set.
    """

    times: Array = field(repr=False)
    levels: Array = field(repr=False)
    sampled: Mask = field(repr=False)


def analysed(
    profiles: Profiles,
    given: Given,
    rule: AbstractTerminalRule | None = None,
    imputation: Imputation | None = None,
) -> tuple[Columns, Terminal]:
    """Every measure of each curve, by name, and the terminal phases; NaN where not estimable.

    Parameters
    ----------
    profiles : Profiles
        Since the last dose.
    given : Given
    rule : AbstractTerminalRule, optional
        Best adjusted R² unless given.
    imputation : Imputation, optional
        Missing between and after quantified levels unless given.
    """
    told = profiles.quantified
    times, levels, counts = compact(profiles.times, profiles.levels, told)
    any_told = counts > 0
    phase = terminal_phase(times, levels, np.maximum(counts - 1, 0), rule or BestFit())
    course = _course(profiles, given, imputation or Imputation())
    found = _peaks(times, levels, counts, given) | _phase_columns(phase)
    found["tlag"] = _lag(profiles, given, found["tlast"])
    found["c0"] = np.where(given.bolus, course.levels[:, 0], np.nan)
    found |= _areas(course, phase, found)
    found |= _disposition(given, found) | _steady(course, phase, given, found)
    repeated = np.isfinite(given.interval)
    for name in ("auc_inf", "auc_inf_predicted", "aumc_inf", "extrapolated", "back_extrapolated"):
        found[name] = np.where(repeated, np.nan, found[name])
    whole = {"quantified", "after_peak", "samples"}
    found |= {
        "quantified": counts.astype(float),
        "after_peak": np.maximum(counts - 1 - np.argmax(levels, axis=1), 0).astype(float),
        "samples": (told | profiles.below).sum(axis=1).astype(float),
    }
    cleaned = {
        name: values if name in whole else np.where(any_told & np.isfinite(values), values, np.nan)
        for name, values in found.items()
    }
    return cleaned, phase


def interval_area(profiles: Profiles, given: Given, imputation: Imputation | None = None) -> Array:
    """Area over the interval after a first dose, (subject,); NaN where the samples end before it.

    Parameters
    ----------
    profiles : Profiles
        Since the first dose.
    given : Given
        Of which `interval` is the length of the area.
    imputation : Imputation, optional
    """
    single = replace(given, interval=np.full_like(given.interval, np.nan))
    course = _course(profiles, single, imputation or Imputation())
    times, levels = _interval(course, None, given.interval, course.times[:, -1])
    return cumulative_area(times, levels)[:, -1]


def _course(profiles: Profiles, given: Given, imputation: Imputation) -> Course:
    """Measured levels with a point at the dose, where none was taken."""
    filled = imputation.filled(profiles)
    # Before a bolus there may be a sample without drug; the level at the dose is what comes right after.
    kept = np.isfinite(filled) & ~(given.bolus[:, None] & (profiles.times <= 0.0) & profiles.below)
    taken: Mask = np.any(kept & (profiles.times <= 0.0), axis=1)
    start = np.where(given.bolus, _back_extrapolated(profiles), 0.0)
    steady = np.isfinite(given.interval) & ~given.bolus
    inside = np.where(kept & (profiles.times <= given.interval[:, None]), filled, np.inf).min(axis=1, initial=np.inf)
    start = np.where(steady & np.isfinite(inside), inside, start)
    times = np.concatenate([np.zeros((len(filled), 1)), profiles.times], axis=1)
    levels = np.concatenate([start[:, None], filled], axis=1)
    times, levels, _ = compact(times, levels, np.concatenate([~taken[:, None], kept], axis=1))
    return Course(times, levels, taken)


def _back_extrapolated(profiles: Profiles) -> Array:
    """Level at time nought on the line through the first two quantified points if it falls, else the first level."""
    times, levels, counts = compact(profiles.times, profiles.levels, profiles.quantified)
    if levels.shape[1] < 2:
        return levels[:, 0]
    falls = (counts >= 2) & (levels[:, 1] < levels[:, 0])
    gap = np.where(falls, times[:, 1] - times[:, 0], 1.0)
    ratio = np.where(falls, levels[:, 0], 1.0) / np.where(falls, levels[:, 1], 1.0)
    with np.errstate(over="ignore"):  # two points too near to one another say nothing: the level is without bound
        start: Array = levels[:, 0] * ratio ** (np.where(falls, times[:, 0], 0.0) / gap)
    return np.where(np.isfinite(start), start, np.nan)


def _peaks(times: Array, levels: Array, counts: NDArray[np.intp], given: Given) -> Columns:
    """Highest level, within the interval of a course, and the last quantified one."""
    rows, last = np.arange(len(levels)), np.maximum(counts - 1, 0)
    outside = times > given.interval[:, None]
    highest = np.argmax(np.where(outside, -1.0, levels), axis=1)
    none = outside[rows, highest]
    return {
        "cmax": np.where(none, np.nan, levels[rows, highest]),
        "tmax": np.where(none, np.nan, times[rows, highest]),
        "clast": levels[rows, last],
        "tlast": times[rows, last],
    }


def _phase_columns(phase: Terminal) -> Columns:
    half_life = np.log(2.0) / phase.rate
    return {
        "lambda_z": phase.rate, "half_life": half_life, "r2_adjusted": phase.adjusted_r2,
        "lambda_z_points": phase.points, "lambda_z_start": phase.start, "lambda_z_end": phase.end,
        "span": (phase.end - phase.start) / half_life,
    }  # fmt: skip


def _lag(profiles: Profiles, given: Given, last: Array) -> Array:
    """Time of the last sample before the first quantified one, nought if that was the first; not into a vein."""
    told = profiles.quantified
    first = np.where(told, profiles.times, np.inf).min(axis=1, initial=np.inf)
    before = np.where(profiles.below & (profiles.times < first[:, None]), profiles.times, 0.0).max(axis=1, initial=0.0)
    return np.where(given.vein, np.nan, before)


def _areas(course: Course, phase: Terminal, found: Columns) -> Columns:
    """Areas and moments to the last quantified point, to the last point at all, and to infinity."""
    running, moments = cumulative_area(course.times, course.levels), cumulative_moment(course.times, course.levels)
    at = np.maximum((course.times <= found["tlast"][:, None]).sum(axis=1) - 1, 0)[:, None]
    auc, aumc = (np.take_along_axis(total, at, axis=1)[:, 0] for total in (running, moments))
    clast, tlast, rate = found["clast"], found["tlast"], phase.rate
    infinite = auc + clast / rate
    # The area before the first sample of a bolus was never seen.
    unseen = np.where(course.sampled, 0.0, running[:, min(1, running.shape[1] - 1)])
    return {
        "auc_last": auc, "auc_all": running[:, -1], "auc_inf": infinite,
        "auc_inf_predicted": auc + phase.predicted(tlast) / rate,
        "aumc_last": aumc, "aumc_inf": aumc + tlast * clast / rate + clast / rate**2,
        "extrapolated": 100.0 * (clast / rate) / infinite,
        "back_extrapolated": np.where(np.isfinite(found["c0"]), 100.0 * unseen / infinite, np.nan),
    }  # fmt: skip


def _disposition(given: Given, found: Columns) -> Columns:
    """Clearance, volumes and residence of single doses; those of courses follow from their interval."""
    clearance = given.amount / found["auc_inf"]
    residence = found["aumc_inf"] / found["auc_inf"] - np.where(given.vein, given.duration / 2.0, 0.0)
    return _named_by_route(given, clearance, residence, found["lambda_z"])


def _named_by_route(given: Given, clearance: Array, residence: Array, rate: Array) -> Columns:
    vein = given.vein
    return {
        "mrt": residence,
        "cl": np.where(vein, clearance, np.nan), "cl_f": np.where(vein, np.nan, clearance),
        "vz": np.where(vein, clearance / rate, np.nan), "vz_f": np.where(vein, np.nan, clearance / rate),
        "vss": np.where(vein, clearance * residence, np.nan),
    }  # fmt: skip


def _interval(course: Course, phase: Terminal | None, end: Array, last: Array) -> tuple[Array, Array]:
    """Curves from the dose to an end of their own; on the terminal line beyond the last quantified level."""
    end = np.where(np.isfinite(end), end, 0.0)
    short = course.times[:, -1] < end
    beyond = np.full(len(end), np.nan)
    if phase is not None:
        at = np.maximum((course.times <= last[:, None]).sum(axis=1) - 1, 0)
        clast = np.take_along_axis(course.levels, at[:, None], axis=1)[:, 0]
        beyond = clast * np.exp(-phase.rate * np.maximum(end - last, 0.0))
    times = np.concatenate([course.times, np.where(short, end, course.times[:, -1])[:, None]], axis=1)
    levels = np.concatenate([course.levels, np.where(short, beyond, course.levels[:, -1])[:, None]], axis=1)
    return until(times, levels, end)


def _steady(course: Course, phase: Terminal, given: Given, found: Columns) -> Columns:
    """Measures of one interval of a course at steady state, and what follows from them."""
    tau, repeated = given.interval, np.isfinite(given.interval)
    names = ("auc_tau", "cavg", "cmin", "ctrough", "fluctuation", "swing", "accumulation_index")
    if not repeated.any():
        return {name: np.full(len(tau), np.nan) for name in names}
    times, levels = _interval(course, phase, tau, found["tlast"])
    area, moment = cumulative_area(times, levels)[:, -1], cumulative_moment(times, levels)[:, -1]
    cmin, ctrough, cavg = levels.min(axis=1), levels[:, -1], area / np.where(repeated, tau, np.nan)
    swing_room = found["cmax"] - cmin
    # What lies behind the interval counts one interval later in the moment: the area of all doses before.
    residence = (moment + tau * (found["auc_inf"] - area)) / np.where(area > 0.0, area, np.nan)
    residence = residence - np.where(given.vein, given.duration / 2.0, 0.0)
    clearance = given.amount / np.where(area > 0.0, area, np.nan)
    steady = {
        "auc_tau": area, "cavg": cavg, "cmin": cmin, "ctrough": ctrough,
        "fluctuation": 100.0 * swing_room / np.where(cavg > 0.0, cavg, np.nan),
        "swing": swing_room / np.where(cmin > 0.0, cmin, np.nan),
        "accumulation_index": -1.0 / np.expm1(-found["lambda_z"] * tau),
    } | _named_by_route(given, clearance, residence, found["lambda_z"])  # fmt: skip
    single = _disposition(given, found)
    return {name: np.where(repeated, values, single.get(name, np.nan)) for name, values in steady.items()}
