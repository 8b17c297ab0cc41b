"""Run one simulation and show, write or draw it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from reuptake.cli.evidence import known
from reuptake.cli.show import Interrupted, Progress, plain, progress, table
from reuptake.errors import InputError, Problem
from reuptake.reports.answers.shapes import Quantity
from reuptake.reports.answers.simulation import SimulateAnswer, simulate_answer
from reuptake.simulation.archive import Archive
from reuptake.simulation.request import Request, parse_request
from reuptake.simulation.run import Plan, plan
from reuptake.simulation.store import places_problems
from reuptake.trajectories import Measures, Trajectories

__all__ = ["show_simulation"]


SHOWN = {"cmax": "cmax", "tmax": "tmax", "auc_inf": "AUC∞", "auc_tau": "AUCτ", "cavg": "cavg", "half_life": "t½"}


def show_simulation(
    compound: str,
    words: dict[str, Any],
    compound_files: list[Path],
    out: Path | None,
    figure: Path | None,
    json: bool,
) -> None:
    """Check everything first, then simulate and write shard by shard, then draw, then show."""
    started = time.perf_counter()
    base = known(compound_files)
    problems: list[Problem] = []
    request: Request | None = None
    try:
        request = parse_request(base, compound, **words)
    except InputError as error:
        problems += error.problems
    problems += places_problems(out, figure)
    if problems or request is None:
        raise InputError(problems)
    made = plan(request, base)
    with progress(f"simulating {compound}", shown=not json) as told:
        result = _simulated(made, out, figure is not None, told)
    if figure is not None and isinstance(result, Trajectories):
        from reuptake.reports.plot import plot

        plot(result, figure)
    answer = simulate_answer(result, time.perf_counter() - started)
    if json:
        plain(answer.text())
    else:
        _print(answer, compound, request)
        for place in filter(None, (out, figure)):
            plain(f"written: {place}")


def _simulated(made: Plan, out: Path | None, drawn: bool, told: Progress | None) -> Trajectories | Measures:
    """Curves where they are drawn, else what they come to; the curves of every shard are in the folder, if any."""
    work = made.curves if drawn else made.measures
    if out is None:
        return work(progress=told)
    with Archive(out, made.provenance, made.shards, "--out") as archive:
        try:
            result: Trajectories | Measures = work(progress=told, sink=archive)
        except KeyboardInterrupt:
            if not archive.done:
                raise
            finished = f"{archive.done} of {len(made.shards)} shards are finished in '{out}'"
            raise Interrupted(f"interrupted; {finished}: the same command goes on from there") from None
        archive.finish()
    return result


def _print(answer: SimulateAnswer, compound: str, request: Request) -> None:
    words = request.words
    every = f" every {words['every']}" if words["every"] else ""
    who = f"{answer.subjects} subjects" if answer.subjects > 1 else "1 subject"
    also = [*words["coadministered"], *words["genotypes"], *words["phenotypes"], *words["settings"]]
    title = f"{compound} {words['dose']} {words['route']}{every} for {words['duration']}, {words['species']}, {who}"
    title += f", with {', '.join(also)}" * bool(also)
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
