"""How much time each tool takes for how small an error."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from reuptake.reports.figures.style import INK, MUTED, drawing, svg

__all__ = ["Point", "frontier", "work_precision"]

# Okabe and Ito's palette, and a marker each, so that colour is not needed to tell them apart.
_LOOKS = {
    "reuptake": ("#D55E00", "o"),
    "libroadrunner": ("#0072B2", "s"),
    "scipy": ("#009E73", "^"),
    "scipy with our functions": ("#56B4E9", "v"),
    "scikit-sundae": ("#CC79A7", "D"),
}
_OTHER = (MUTED, "v")


class Point(Protocol):
    """One setting of one tool; the error is None where it failed."""

    tool: str
    error: float | None
    ms_per_subject: float


def work_precision(points: Sequence[Point], accuracy: float, subtitle: str) -> str:
    """Time a subject against the error, both logarithmic, as SVG; lines join the fastest settings of a tool."""
    with drawing():
        from matplotlib.figure import Figure
        from matplotlib.ticker import LogFormatter

        figure = Figure(figsize=(6.6, 4.4))
        axes = figure.subplots()
        figure.subplots_adjust(left=0.11, right=0.97, bottom=0.12, top=0.86)
        for tool in dict.fromkeys(point.tool for point in points):
            colour, marker = _LOOKS.get(tool, _OTHER)
            own = [(point.error, point.ms_per_subject) for point in points if point.tool == tool and point.error]
            axes.plot(*_columns(own), marker, color=colour, alpha=0.35, markersize=3.5, mew=0)
            axes.plot(*_columns(frontier(own)), f"-{marker}", color=colour, markersize=4.5, label=tool)
        axes.axvline(accuracy, color=INK, lw=0.8, ls="--")
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.invert_xaxis()
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:.0e}".replace("e-0", "e-").replace("-", "−"))
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:g}")
        for axis in (axes.xaxis, axes.yaxis):  # plain text between the powers of ten, where the axis is short
            axis.set_minor_formatter(LogFormatter(labelOnlyBase=False, minor_thresholds=(1.0, 0.4)))
        axes.set_xlabel("error (more exact to the right)")
        axes.set_ylabel("time, ms a subject")
        axes.grid(True)
        axes.legend(ncols=2)
        figure.text(0.11, 0.95, "Work and precision", size=10, weight="bold", va="center")
        figure.text(0.11, 0.905, subtitle, size=8, color=MUTED, va="center")
        return svg(figure, "Work and precision", _told(points, accuracy))


def frontier(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The (error, time) pairs that no other beats in both, from rough to exact."""
    kept: list[tuple[float, float]] = []
    for error, time in sorted(points, key=lambda pair: (pair[1], pair[0])):
        if not kept or error < kept[-1][0]:
            kept.append((error, time))
    return kept


def _columns(pairs: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    return [error for error, _ in pairs], [time for _, time in pairs]


def _told(points: Sequence[Point], accuracy: float) -> str:
    parts = []
    for tool in dict.fromkeys(point.tool for point in points):
        times = [p.ms_per_subject for p in points if p.tool == tool and p.error is not None and p.error <= accuracy]
        parts.append(f"{tool} {min(times):.3g} ms" if times else f"{tool} does not reach it")
    return f"Time a subject at an error of {accuracy:.0e} or less: {'; '.join(parts)}."
