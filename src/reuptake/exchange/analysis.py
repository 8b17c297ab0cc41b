"""What the measured profiles of a table come to, and how far each number can be trusted.

The maths is that of `reuptake.noncompartmental`; here words become a request, rows become profiles, and every
profile gets its flags: what is weak, and why a number that is asked for is not there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.dosing.regimens import Route
from reuptake.errors import InputError, Problem
from reuptake.exchange.doses import AMOUNT, Doses, dosed, observed_rows
from reuptake.exchange.request import Request, parse_request
from reuptake.exchange.samples import KEYS, Samples, in_order, layout_of, padded, read_samples
from reuptake.exchange.tables import Table, from_columns, read_table
from reuptake.noncompartmental.measured import Given, analysed, interval_area
from reuptake.noncompartmental.quantification import Between, Imputation, Later, Profiles
from reuptake.noncompartmental.terminal import BestFit, Terminal
from reuptake.simulation.store import write_whole
from reuptake.units import ratio, unit

__all__ = ["UNITS", "Analysis", "nca"]

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]
CELLS_TOGETHER = 4_000_000  # places of a block of profiles side by side: one long profile widens its block only
# Limits of trust, as in the default options of PKNCA: flags name the number, and nobody is left out.
LEAST_FIT, MOST_EXTRAPOLATED, SHORTEST_SPAN = 0.9, 20.0, 2.0
UNITS = {
    "cmax": "ng/mL", "tmax": "h", "clast": "ng/mL", "tlast": "h", "tlag": "h", "c0": "ng/mL",
    "auc_last": "ng·h/mL", "auc_all": "ng·h/mL", "auc_inf": "ng·h/mL", "auc_inf_predicted": "ng·h/mL",
    "extrapolated": "%", "back_extrapolated": "%", "aumc_last": "ng·h²/mL", "aumc_inf": "ng·h²/mL", "mrt": "h",
    "lambda_z": "1/h", "half_life": "h", "r2_adjusted": "", "lambda_z_points": "", "lambda_z_start": "h",
    "lambda_z_end": "h", "span": "half-lives", "cl": "L/h", "cl_f": "L/h", "vz": "L", "vz_f": "L", "vss": "L",
    "auc_tau": "ng·h/mL", "cavg": "ng/mL", "cmin": "ng/mL", "ctrough": "ng/mL", "fluctuation": "%", "swing": "",
    "accumulation_index": "", "accumulation_ratio": "", "dose": "mg", "cmax_per_dose": "ng/mL/mg",
    "auc_last_per_dose": "ng·h/mL/mg", "auc_inf_per_dose": "ng·h/mL/mg", "auc_tau_per_dose": "ng·h/mL/mg",
    "samples": "", "quantified": "",
}  # fmt: skip
COUNTS = ("lambda_z_points", "samples", "quantified")


@dataclass(frozen=True)
class Analysis:
    """Measures of every profile.

    Attributes
    ----------
    names : mapping of ``id``, ``analyte``, ``period``, ``treatment`` to list of word (profile,)
        Empty words where a table has no such column.
    routes : list of Route (profile,)
    columns : mapping of name to array (profile,)
        In the units of `UNITS`; NaN where not estimable.
    flags : list of tuple of str (profile,)
        What is weak, and why a number is missing.
    notes : tuple of str
        What was taken for granted, and which rules held.
    samples : Samples
    doses : Doses
    phase : Terminal
        Times since the last dose.
    """

    names: Mapping[str, list[str]] = field(repr=False)
    routes: list[Route] = field(repr=False)
    columns: Mapping[str, Array] = field(repr=False)
    flags: list[tuple[str, ...]] = field(repr=False)
    notes: tuple[str, ...]
    samples: Samples = field(repr=False)
    doses: Doses = field(repr=False)
    phase: Terminal = field(repr=False)

    def __len__(self) -> int:
        return len(self.routes)

    def profiles(self, chosen: NDArray[np.int64]) -> Profiles:
        """Samples of some profiles since their last dose."""
        since = self.doses.last[chosen]
        return padded(self.samples, chosen, since, np.full(len(chosen), np.inf))

    def first(self, most: int) -> Analysis:
        """The first so many profiles; samples and doses stay those of all."""
        some = slice(most)
        names = {key: words[some] for key, words in self.names.items()}
        columns = {name: values[some] for name, values in self.columns.items()}
        return replace(self, names=names, routes=self.routes[some], columns=columns, flags=self.flags[some])

    def spread(self, name: str) -> tuple[float, float, float] | None:
        """Median, 5th and 95th percentile of a measure over the profiles; None where estimable in none."""
        known = self.columns[name][np.isfinite(self.columns[name])]
        if not known.size:
            return None
        low, middle, high = (float(value) for value in np.percentile(known, [5, 50, 95]))
        return middle, low, high

    def rows(self) -> Iterator[dict[str, Any]]:
        """One mapping a profile: keys, route, every measure (None where not estimable), flags."""
        numbers = {name: _plain(values, name in COUNTS) for name, values in self.columns.items()}
        titles = [*KEYS, "route", *numbers, "flags"]
        keys = [[word or None for word in self.names[key]] for key in KEYS]
        flags = [list(flags) for flags in self.flags]
        for row in zip(*keys, self.routes, *numbers.values(), flags, strict=True):
            yield dict(zip(titles, row, strict=True))

    def to_csv(self, path: str | Path) -> None:
        """Write one row a profile, units in the header, complete or not at all."""
        import pyarrow as pa
        from pyarrow import csv

        table: dict[str, Any] = {
            key: self.names[key] for key in KEYS if key == "id" or any(word for word in self.names[key])
        }
        table["route"] = self.routes
        for name, values in self.columns.items():
            shown = f"{name} ({UNITS[name]})" if UNITS[name] else name
            column = pa.array(values, mask=np.isnan(values))
            table[shown] = column.cast(pa.int64()) if name in COUNTS else column
        table["flags"] = ["; ".join(flags) for flags in self.flags]
        write_whole(Path(path), "--out", lambda temporary: csv.write_csv(pa.table(table), temporary))


def nca(data: str | Path | Mapping[str, Any] | tuple[Any, Any], **words: Any) -> Analysis:
    """Non-compartmental analysis of measured concentration profiles.

    Parameters
    ----------
    data : path, mapping of header to column, or (times, levels)
        A text table; its columns; or times (time,) in h and levels (subject, time) in ng/mL, NaN where missing.
    **words
        ``dose="50 mg"``, ``route="iv"``, ``tau="24 h"`` and so on, as in
        `reuptake.exchange.request.parse_request`.

    Returns
    -------
    Analysis

    Raises
    ------
    InputError
        With every problem of the table and of the words.

    Examples
    --------
    >>> found = nca(([0.0, 1.0, 2.0, 4.0, 8.0], [[8.0, 4.0, 2.0, 0.5, 0.03125]]), dose="1 mg", route="iv")
    >>> round(float(found.columns["half_life"][0]), 6)
    1.0
    """
    problems: list[Problem] = []
    table, request = None, None
    try:
        request = parse_request(**words)
    except InputError as error:
        problems += error.problems
    try:
        table = _table(data)
    except InputError as error:
        problems += error.problems
    if table is None or request is None:
        raise InputError(problems)
    return analysis_of(table, request)


def _table(data: str | Path | Mapping[str, Any] | tuple[Any, Any]) -> Table:
    if isinstance(data, (str, Path)):
        return read_table(Path(data))
    if isinstance(data, Mapping):
        return from_columns(data)
    levels = np.atleast_2d(np.asarray(data[1], dtype=np.float64))
    times = np.asarray(data[0], dtype=np.float64)
    if times.shape[-1] != levels.shape[1]:
        raise ValueError(f"as many times as levels are needed (got {times.shape[-1]} and {levels.shape[1]})")
    who = np.repeat(np.arange(1, len(levels) + 1), levels.shape[1]).astype(str)
    times = np.broadcast_to(times, levels.shape)
    return from_columns({"id": who.tolist(), "time (h)": times.ravel(), "conc (ng/mL)": levels.ravel()})


def analysis_of(table: Table, request: Request) -> Analysis:
    """The analysis of a table that was read, as it was asked for.

    Raises
    ------
    InputError
        With every problem of the table.
    """
    layout = layout_of(table, request)
    observed, records = observed_rows(layout)
    samples = in_order(read_samples(layout, request, observed), layout)
    negative = np.zeros(table.rows, dtype=bool)
    if not records.any():
        negative[samples.row[samples.time < 0.0]] = True
    hint = "give a sample from before the dose time 0, or leave it out"
    name = layout.roles["time"].name
    layout.complain(negative, name, "a time before the dose (got {word})", hint)
    if not len(samples.time) and not layout.problems:
        layout.problems.append(Problem("no row holds a level", table.file))
    doses = dosed(layout, samples, records, request)
    early = samples.time < doses.first[samples.profile]
    if early.any() and not negative.any():
        layout.notes.append(f"{int(early.sum())} samples before the first dose are left out")
    if request.imputation.after is Later.HALF_LIMIT and np.isnan(samples.limit[samples.below]).any():
        hint = "give it: --lloq '0.5 ng/mL', or write <0.5 in the table"
        layout.problems.append(Problem("half the limit of quantification needs the limit", "--blq-after", hint))
    if layout.problems:
        raise InputError(dict.fromkeys(layout.problems))
    columns, phase = _analysed(samples, doses, request)
    notes = dict.fromkeys([*layout.notes, *_rules(samples, doses, request)])
    after_peak = columns.pop("after_peak")
    ordered = {name: columns[name] for name in UNITS}
    flags = _flags(ordered, after_peak, doses, request)
    return Analysis(samples.names, doses.routes, ordered, flags, tuple(notes), samples, doses, phase)


def _analysed(samples: Samples, doses: Doses, request: Request) -> tuple[dict[str, Array], Terminal]:
    """Every measure of every profile; profiles of about one length are looked at side by side."""
    n = len(doses.first)
    columns: dict[str, Array] = {}
    phases = Terminal(*(np.full(n, np.nan) for _ in fields(Terminal)))
    for chosen in _blocks(np.bincount(samples.profile, minlength=n)):
        given = doses.given.some(chosen)
        profiles = padded(samples, chosen, doses.last[chosen], np.full(len(chosen), np.inf))
        found, phase = analysed(profiles, given, request.rule, request.imputation)
        found["accumulation_ratio"] = _accumulated(samples, doses, chosen, found["auc_tau"], request.imputation)
        found |= _per_dose(given, found)
        for name, values in found.items():
            columns.setdefault(name, np.full(n, np.nan))[chosen] = values
        for entry in fields(Terminal):
            getattr(phases, entry.name)[chosen] = getattr(phase, entry.name)
    return columns, phases


def _blocks(counts: NDArray[np.intp]) -> Iterator[NDArray[np.int64]]:
    """Numbers of profiles, rising, in blocks of about one length that fit memory."""
    order = np.argsort(counts, kind="stable")[::-1]
    at = 0
    while at < len(order):
        width = max(1, int(counts[order[at]]))
        block = order[at : at + max(1, CELLS_TOGETHER // width)]
        yield np.sort(block)
        at += len(block)


def _accumulated(
    samples: Samples, doses: Doses, chosen: NDArray[np.int64], last: Array, imputation: Imputation
) -> Array:
    """Area of the last interval over that of the first, where both are there and the doses alike; (subject,)."""
    ratio = np.full(len(chosen), np.nan)
    course = np.flatnonzero((doses.last > doses.first)[chosen] & doses.even[chosen] & np.isfinite(last))
    if len(course):
        who = chosen[course]
        given = doses.given.some(who)
        end = doses.first[who] + given.interval
        first = interval_area(padded(samples, who, doses.first[who], end), given, imputation)
        ratio[course] = last[course] / np.where(first > 0.0, first, np.nan)
    return ratio


def _per_dose(given: Given, found: Mapping[str, Array]) -> dict[str, Array]:
    milligrams = given.amount / ratio(unit("mg"), unit(AMOUNT))
    measures = ("cmax", "auc_last", "auc_inf", "auc_tau")
    return {"dose": milligrams} | {f"{name}_per_dose": found[name] / milligrams for name in measures}


def _rules(samples: Samples, doses: Doses, request: Request) -> Iterator[str]:
    """The rules that held, as sentences."""
    yield "areas: linear while levels rise, logarithmic while they fall"
    if isinstance(request.rule, BestFit):
        yield (
            "terminal phase: the last 3 or more points after the peak with the best adjusted R²; "
            "within 1e-4 of it, more points"
        )
    else:
        yield "terminal phase: the points that were asked for"
    if samples.below.any():
        between = {Between.MISSING: "missing", Between.ZERO: "0"}[request.imputation.between]
        after = {
            Later.MISSING: "missing", Later.ZERO: "0", Later.HALF_LIMIT: "half the limit on the first, then missing",
        }[request.imputation.after]  # fmt: skip
        yield (
            f"{int(samples.below.sum())} samples below quantification: 0 before the first quantified level, "
            f"{between} between, {after} after the last"
        )
    if np.isfinite(doses.given.interval).any():
        yield (
            "steady state is taken for granted where doses are repeated: cmax, tmax, cmin, cavg and ctrough are those "
            "of the interval after the last dose, clearance is dose/AUCτ, and AUC to infinity is not given"
        )
    if any(route not in ("iv", "iv-infusion") for route in doses.routes):
        yield "mrt of doses that are not given into a vein holds the time of absorption"


def _flags(found: Mapping[str, Array], after_peak: Array, doses: Doses, request: Request) -> list[tuple[str, ...]]:
    """What is weak in each profile, and why a number is missing."""
    flags: list[list[str]] = [[] for _ in doses.routes]
    tau, told = doses.given.interval, found["quantified"] > 0
    lost, repeated = told & np.isnan(found["lambda_z"]), np.isfinite(tau)
    automatic = isinstance(request.rule, BestFit)
    few = lost & (after_peak < 3) & automatic
    for which, text, numbers in (
        (~told, "no level could be quantified", None),
        (few, "no terminal phase: {:.0f} points after the peak, 3 are needed", after_peak),
        (lost & ~few & automatic, "no terminal phase: levels do not fall to their end", None),
        (lost & (not automatic), "no terminal phase in the points asked for: fewer than 3, or not falling", None),
        (found["r2_adjusted"] < LEAST_FIT, "adjusted R² of {:.3f} is below 0.9", found["r2_adjusted"]),
        (found["span"] < SHORTEST_SPAN, "terminal phase spans {:.2f} half-lives, fewer than 2", found["span"]),
        (
            found["extrapolated"] > MOST_EXTRAPOLATED,
            "{:.1f} % of AUC∞ is extrapolated, more than 20 %", found["extrapolated"],
        ),
        (
            found["back_extrapolated"] > MOST_EXTRAPOLATED,
            "{:.1f} % of AUC∞ is extrapolated back to the dose, more than 20 %", found["back_extrapolated"],
        ),
        (
            repeated & (found["tlast"] < tau) & np.isfinite(found["auc_tau"]),
            "level at the end of the interval is extrapolated from {:g} h", found["tlast"],
        ),
        (
            repeated & told & np.isnan(found["auc_tau"]),
            "no AUCτ: levels end at {:g} h, before the interval does", found["tlast"],
        ),
        (
            (doses.last > doses.first) & told & np.isnan(found["accumulation_ratio"]) & np.isfinite(found["auc_tau"]),
            "no accumulation ratio: the first interval is not sampled to its end, or its dose differs", None,
        ),
    ):  # fmt: skip
        for profile in np.flatnonzero(which).tolist():
            flags[profile].append(text if numbers is None else text.format(numbers[profile]))
    return [tuple(texts) for texts in flags]


def _plain(values: Array, whole: bool) -> list[float | int | None]:
    return [None if value != value else int(value) if whole else value for value in values.tolist()]
