"""Measure speed and show it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reuptake.cli.show import plain, table
from reuptake.errors import InputError, Problem, nearest

if TYPE_CHECKING:
    from reuptake.reports.answers.speed import BenchAnswer

__all__ = ["show_answer", "show_bench"]

SETTING = ("tool", "way", "rtol", "atol", "ms", "error")  # ms a subject, atol in nmol
# Peers are compared on one core: the libraries of linear algebra read this when they are loaded.
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def show_bench(*, quick: bool, backend: str | None, plot: Path | None, json: bool) -> None:
    """Check everything first, then measure, then write, then show."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    from reuptake.qualification.bench import FULL, QUICK, bench
    from reuptake.reports.answers.speed import bench_answer
    from reuptake.simulation.store import check_place, write_text

    _check(backend, plot)
    if plot is not None:
        check_place(plot, "--plot")
    found = bench(QUICK if quick else FULL, backend=backend, told=_silent if json else _told)
    answer = bench_answer(found)
    if plot is not None:
        from reuptake.reports.figures.work_precision import work_precision

        write_text(plot, work_precision(answer.work_precision, answer.problem["accuracy"], _asked(answer)), "--plot")
    if json:
        plain(answer.text())
        return
    show_answer(answer)
    if plot is not None:
        plain(f"written: {plot}")


def _check(backend: str | None, plot: Path | None) -> None:
    from reuptake.qualification.course import BACKENDS  # late, as all that loads the libraries above

    problems = []
    if backend is not None and backend not in BACKENDS:
        known = ", ".join(BACKENDS)
        problems.append(
            Problem(f"unknown back-end (got '{backend}', allowed {known})", "--backend", nearest(backend, BACKENDS))
        )
    if plot is not None and plot.suffix != ".svg":
        problems.append(Problem(f"a plot is an SVG file (got '{plot.name}')", "--plot", "name it FILE.svg"))
    if problems:
        raise InputError(problems)


def _silent(_: str) -> None:
    pass


def _told(doing: str) -> None:
    sys.stderr.write(f"  {doing} …\n")
    sys.stderr.flush()


def _asked(answer: BenchAnswer) -> str:
    asked = answer.problem
    return (
        f"imipramine {asked['dose']} every {asked['every']} for {asked['for']}, {asked['states']} states, "
        f"{asked['times']} times; one core of {answer.machine['cpu']}"
    )


def show_answer(answer: BenchAnswer) -> None:
    """Every part of the answer as tables and sentences."""
    asked, reference = answer.problem, answer.reference
    accuracy = f"{asked['accuracy']:.0e}"
    plain(_asked(answer))
    agreement = "not confirmed" if reference["agreement"] is None else f"agrees to {reference['agreement']:.1e}"
    plain(f"reference at {reference['relative']:.0e}; {reference['confirmed_by']}: {agreement}")
    timed = f"{asked['subjects']} subjects of ours, {asked['subjects_of_peers']} of the peers"
    table(f"Sweep, one core, {timed}", SETTING, _cells(answer.work_precision), right=range(2, 6))  # fmt: skip
    plain("error: the largest of any state or output, of its value and a thousandth of its peak; atol in nmol")
    table(f"Error of {accuracy} or less", (*SETTING, "× ours"), _cells(answer.rows, ratio=True),
          right=range(2, 7))  # fmt: skip
    for tool, ratio in answer.ratio.items():
        first, second, times = (tool, "reuptake", ratio) if ratio >= 1.0 else ("reuptake", tool, 1.0 / ratio)
        plain(f"{first} takes {times:.3g} times as long as {second}, each at its fastest")
    scaling = answer.scaling
    table("Subjects, one thread", ("subjects", "ms a subject"),
          [(str(p["subjects"]), f"{p['ms_per_subject']:.3g}") for p in scaling["subjects"]], right=(0, 1))  # fmt: skip
    table(
        "Threads", ("threads", "subjects", "ms a subject", "faster"),
        [(str(p["threads"]), str(p["subjects"]), f"{p['ms_per_subject']:.3g}", f"{p['speedup']:.2f}")
         for p in scaling["threads"]], right=(0, 1, 2, 3),
    )  # fmt: skip
    table(
        "States of synthetic systems, one thread", ("shape", "states", "ms a subject", "s to compile"),
        [(p["shape"], str(p["states"]), f"{p['ms_per_subject']:.3g}", f"{p['seconds_to_compile']:.2f}")
         for p in scaling["states"]], right=(1, 2, 3),
    )  # fmt: skip
    table("Whole processes", ("first result", "s"),
          [(start["name"], f"{start['seconds']:.2f}") for start in answer.cold_start], right=(1,))  # fmt: skip
    if answer.rate:
        rate, peak = answer.rate["gflops"], answer.rate["fma_peak_gflops"]
        done = f"{rate:.1f} GFLOP/s" if rate else "unknown"
        most = f"{peak:.1f} GFLOP/s" if peak else "not measured"
        share = f" ({answer.rate['share']:.0%})" if answer.rate["share"] else ""
        plain(f"floating-point rate {done}{share}, measured peak of fused multiply-adds on one core {most}")
    for note in answer.notes:
        plain(f"note: {note}")
    plain(f"measured in {answer.seconds:.0f} s; medians and ratios of one run on one machine")


def _cells(rows: list[Any], *, ratio: bool = False) -> list[tuple[str, ...]]:
    return [
        (
            row.tool, row.variant, f"{row.relative:.0e}", f"{row.absolute:.0e}", f"{row.ms_per_subject:.3g}",
            "failed" if row.error is None else f"{row.error:.1e}",
            *([f"{row.ratio:.3g}" if row.ratio else "–"] if ratio else []),
        )
        for row in rows
    ]  # fmt: skip
