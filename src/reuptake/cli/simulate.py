"""Run one simulation and show, write or draw it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from reuptake.cli.evidence import known
from reuptake.cli.show import plain, progress, table
from reuptake.errors import InputError, Problem
from reuptake.reports.answers import Quantity, SimulateAnswer, simulate_answer
from reuptake.simulation.request import Request, parse_request
from reuptake.simulation.run import run
from reuptake.simulation.store import check_place, save

__all__ = ["show_simulation"]


SHOWN = {"cmax": "cmax", "tmax": "tmax", "auc_inf": "AUC∞", "auc_tau": "AUCτ", "cavg": "cavg", "half_life": "t½"}


def show_simulation(
    compound: str,
    words: dict[str, Any],
    compound_files: list[Path],
    out: Path | None,
    plot: Path | None,
    json: bool,
) -> None:
    """Check everything first, then simulate, then write, then show."""
    started = time.perf_counter()
    base = known(compound_files)
    problems: list[Problem] = []
    request: Request | None = None
    try:
        request = parse_request(base, compound, **words)
    except InputError as error:
        problems += error.problems
    for place, option, folder in ((out, "--out", True), (plot, "--plot", False)):
        try:
            if place is not None:
                check_place(place, option, directory=folder)
        except InputError as error:
            problems += error.problems
    if plot is not None and plot.suffix != ".svg":
        problems.append(Problem(f"a plot is an SVG file (got '{plot.name}')", "--plot", "name it FILE.svg"))
    if problems or request is None:
        raise InputError(problems)
    with progress(f"simulating {compound}", shown=not json) as told:
        result = run(request, base, progress=told)
    if out is not None:
        save(result, out)
    if plot is not None:
        from reuptake.reports.plot import plot as draw

        draw(result, plot)
    answer = simulate_answer(result, time.perf_counter() - started)
    if json:
        plain(answer.text())
    else:
        _print(answer, compound, request)
        for place in filter(None, (out, plot)):
            plain(f"written: {place}")


def _print(answer: SimulateAnswer, compound: str, request: Request) -> None:
    words = request.words
    every = f" every {words['every']}" if words["every"] else ""
    title = f"{compound} {words['dose']} {words['route']}{every} for {words['duration']}, {answer.subjects} subject(s)"
    several = answer.subjects > 1
    shown = [m for m in SHOWN if any(getattr(level, m) for level in answer.analytes.values())]
    units = {m: next(getattr(level, m).unit for level in answer.analytes.values() if getattr(level, m)) for m in shown}
    rows = [(name, *(_cell(getattr(level, m), several) for m in shown)) for name, level in answer.analytes.items()]
    table(
        title + (" (median, 5–95 %)" if several else ""),
        ("plasma", *(f"{SHOWN[m]}, {units[m]}" for m in shown)),
        rows,
        right=range(1, 9),
    )
    rows = [
        (name, *(_cell(value, several) for value in (entry.max, entry.mean, entry.min)))
        for name, entry in answer.occupancy.items()
    ]
    table(
        "occupancy, fraction" + (" (median, 5–95 %)" if several else ""),
        ("target", "max", "mean", "min"),
        rows,
        right=(1, 2, 3),
    )
    balance = answer.mass_balance
    plain(
        f"dosed {balance.dosed:.6g} nmol, recovered {balance.recovered:.6g} nmol, "
        f"unchanged in urine {balance.urine_unchanged_fraction:.2%}"
    )
    for note in answer.notes:
        plain(f"note: {note}")


def _cell(value: Quantity | Any, several: bool) -> str:
    """Three digits for one subject; two and the middle 90 % for several, so that tables stay narrow."""
    if value is None:
        return "–"
    if not several:
        return f"{value.median:.3g}"
    return f"{_short(value.median)} ({_short(value.p05)}–{_short(value.p95)})"


def _short(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 100.0 else f"{number:.2g}"
