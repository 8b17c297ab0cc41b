"""Measured profiles: all of them linear and semi-logarithmic, and each with the line of its terminal phase."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reuptake.exchange.analysis import Analysis
from reuptake.exchange.samples import KEYS
from reuptake.noncompartmental.quantification import Profiles
from reuptake.reports.figures.style import INK, MUTED, PAPER, brief, compound_colours, drawing, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MOST_DRAWN", "MOST_PANELS", "profiles", "terminal_phases"]

Array = NDArray[np.float64]
MOST_DRAWN, MOST_PANELS, ACROSS = 200, 12, 4


def profiles(found: Analysis) -> str:
    """Levels since the last dose, linear on the left and semi-logarithmic on the right, a line a profile."""
    chosen = np.arange(min(len(found), MOST_DRAWN))
    curves, groups = found.profiles(chosen), _groups(found)
    colours = compound_colours(groups)
    faint = 1.0 if len(chosen) <= 12 else max(0.25, 6.0 / math.sqrt(len(chosen)) / 4.0)
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, 3.9))
        figure.subplots_adjust(left=0.075, right=0.985, bottom=0.135, top=0.86, wspace=0.18)
        linear, logarithmic = figure.subplots(1, 2)
        for axes in (linear, logarithmic):
            for place, profile in enumerate(chosen.tolist()):
                times, levels = _told(curves, place)
                style = {"color": colours[groups[profile]], "alpha": faint, "lw": 1.2 if len(chosen) <= 12 else 0.7}
                axes.plot(times, levels, marker="o", ms=3.0 if len(chosen) <= 12 else 1.6, mew=0, **style)
            axes.set_xlabel("time since the dose, h")
            axes.set_xlim(left=0)
            axes.grid(visible=True, axis="y")
        linear.set_ylim(bottom=0)
        linear.set_ylabel("level, ng/mL")
        linear.set_title("Linear")
        logarithmic.set_title("Semi-logarithmic")
        _log_axis(logarithmic, curves.levels)
        _legend(linear, colours)
        figure.text(0.075, 0.965, _counted(found, len(chosen)), va="center", size=10, weight="bold")
        return svg(figure, "Measured profiles", f"{_counted(found, len(chosen))}; {_half_lives(found)}")


def terminal_phases(found: Analysis) -> str:
    """One semi-logarithmic panel a profile: points of the terminal phase filled, its line dashed."""
    chosen = np.arange(min(len(found), MOST_PANELS))
    curves, groups = found.profiles(chosen), _groups(found)
    colours = compound_colours(groups)
    across = min(ACROSS, len(chosen))
    down = -(-len(chosen) // across)
    width, height = max(2.25 * across, 3.6), 2.15 * down + 0.55
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width, height))
        figure.subplots_adjust(
            left=0.62 / width, right=1.0 - 0.15 / width, bottom=0.5 / height, top=1.0 - 0.62 / height,
            wspace=0.3, hspace=0.42,
        )  # fmt: skip
        panels = figure.subplots(down, across, squeeze=False)
        for place, axes in enumerate(panels.ravel()):
            if place >= len(chosen):
                axes.set_axis_off()
                continue
            _panel(axes, found, curves, place, colours[groups[place]])
            axes.set_xlabel("time, h" if place + across >= len(chosen) else "")
            axes.set_ylabel("level, ng/mL" if place % across == 0 else "")
        title = "Terminal phases" + (f", {len(chosen)} of {len(found)} profiles" if len(found) > len(chosen) else "")
        figure.text(0.62 / width, 1.0 - 0.2 / height, title, va="center", size=10, weight="bold")
        return svg(figure, "Terminal phases", f"{title}: {_half_lives(found)}")


def _panel(axes: Axes, found: Analysis, curves: Profiles, place: int, colour: str) -> None:
    times, levels = _told(curves, place)
    phase, half_life = found.phase, found.columns["half_life"][place]
    axes.plot(times, levels, color=colour, lw=0.9, alpha=0.6)
    used = (times >= phase.start[place]) & (times <= phase.end[place])
    axes.plot(times[~used], levels[~used], "o", ms=3.6, mfc=PAPER, mec=colour, mew=1.0)
    axes.plot(times[used], levels[used], "o", ms=4.2, color=colour, mew=0)
    axes.set_title(brief(_named(found, place), 30), size=8.5)
    if math.isfinite(half_life):
        line = np.array([phase.start[place], times[-1]])
        heights = phase.level[place] * np.exp(-phase.rate[place] * (line - phase.end[place]))
        axes.plot(line, heights, color=INK, lw=1.1, ls=(0, (4, 2)))
        told = f"t½ {half_life:.3g} h\nR²adj {phase.adjusted_r2[place]:.4f}, n {phase.points[place]:.0f}"
    else:
        told = "no terminal phase"
    axes.text(
        0.98,
        0.97,
        told,
        transform=axes.transAxes,
        ha="right",
        va="top",
        size=7,
        color=MUTED,
        linespacing=1.3,
        bbox={"fc": PAPER, "ec": "none", "pad": 1.0},
    )
    axes.set_xlim(left=0)
    _log_axis(axes, levels, room=6.0)


def _told(curves: Profiles, place: int) -> tuple[Array, Array]:
    """Times and levels of the quantified samples of one profile."""
    there = curves.quantified[place]
    return curves.times[place][there], curves.levels[place][there]


def _log_axis(axes: Axes, levels: Array, room: float = 1.6) -> None:
    """A logarithmic axis that begins just below the lowest level and leaves room above the highest."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    told = levels[np.isfinite(levels) & (levels > 0.0)]
    axes.set_yscale("log")
    axes.yaxis.set_minor_formatter(NullFormatter())
    low, high = (float(told.min()), float(told.max())) if told.size else (1.0, 10.0)
    axes.set_ylim(low / 1.6, high * room)
    if high / low < 30.0:
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.grid(visible=True, axis="y")


def _groups(found: Analysis) -> list[str]:
    """What profiles are coloured by: analyte, treatment and period, where there are several."""
    keys = [key for key in KEYS[1:] if len(set(found.names[key])) > 1]
    return [", ".join(found.names[key][i] for key in keys) for i in range(len(found))]


def _named(found: Analysis, place: int) -> str:
    return ", ".join(word for word in (found.names[key][place] for key in KEYS) if word)


def _legend(axes: Axes, colours: dict[str, str]) -> None:
    if len(colours) < 2:
        return
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=colour, label=brief(name, 28)) for name, colour in list(colours.items())[:8]]
    axes.legend(handles=handles, loc="upper right")


def _counted(found: Analysis, drawn: int) -> str:
    count = f"{len(found)} measured profile" + ("s" if len(found) > 1 else "")
    return count if drawn == len(found) else f"{count}, the first {drawn} drawn"


def _half_lives(found: Analysis) -> str:
    """What a reader who cannot see the figure is told."""
    known = found.columns["half_life"][np.isfinite(found.columns["half_life"])]
    if not known.size:
        return "no terminal half-life is estimable."
    return f"terminal half-life estimable in {known.size} of {len(found)}, median {np.median(known):.3g} h."
