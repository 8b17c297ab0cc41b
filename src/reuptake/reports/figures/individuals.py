"""Levels of people over time: those a fit explains, person by person, and one person's own curve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.individual import Curve, Individual, Level
from reuptake.calibration.rows import Row
from reuptake.reports.figures.style import INK, MUTED, both_ends, brief, compound_colours, drawing, log_axis, svg
from reuptake.reports.tables import unit_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["MOST_PANELS", "curves", "individual"]

Array = NDArray[np.float64]
MOST_PANELS, ACROSS, MOST_NAMED = 12, 4, 8
STEEP = 10.0  # highest over lowest: from here on levels are drawn on a logarithmic axis


def curves(rows: Sequence[Row]) -> str:
    """Observed levels as points and predicted ones as lines, a panel for each group and unit, as SVG text.

    Only rows that have a time are drawn; empty without any.
    """
    panels: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.time is not None and np.isfinite(row.observed):
            panels.setdefault((row.group, row.unit), []).append(row)
    chosen = list(panels.items())[:MOST_PANELS]
    if not chosen:
        return ""
    colours = compound_colours(row.label for _, own in chosen for row in own)
    down, named_rows = -(-len(chosen) // ACROSS), -(-min(len(colours), MOST_NAMED) // ACROSS)
    head = 0.85 + 0.2 * named_rows
    height = head + 0.1 + 1.95 * down
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, height))
        figure.subplots_adjust(
            left=0.65 / 9.0, right=1.0 - 0.15 / 9.0, bottom=0.5 / height, top=1.0 - head / height,
            wspace=0.32, hspace=0.5,
        )  # fmt: skip
        grid = figure.subplots(down, ACROSS, squeeze=False).ravel()
        for place, axes in enumerate(grid):
            if place >= len(chosen):
                axes.set_axis_off()
                continue
            (group, unit), own = chosen[place]
            _panel(axes, own, colours)
            axes.set_title(both_ends(group, 25), size=8)
            axes.set_xlabel("time, h" if place + ACROSS >= len(chosen) else "")
            axes.set_ylabel(unit_text(unit) if place % ACROSS == 0 or unit != chosen[place - 1][0][1] else "")
            axes.tick_params(labelsize=7)
        told = f"points: observed; lines: predicted at the same times; {len(chosen)} of {len(panels)} panels drawn"
        _head(figure, "Individual curves", told)
        _label_legend(figure, colours)
        return svg(figure, "Fit: individual curves", f"{told}: {', '.join(group for (group, _), _ in chosen)}.")


def _panel(axes: Axes, rows: Sequence[Row], colours: Mapping[str, str]) -> None:
    for label in dict.fromkeys(row.label for row in rows):
        own = sorted((row for row in rows if row.label == label), key=lambda row: row.time or 0.0)
        times = [row.time or 0.0 for row in own]
        axes.plot(times, [row.predicted for row in own], "-", color=colours[label], lw=1.3)
        axes.plot(times, [row.predicted for row in own], "_", color=colours[label], ms=5.0)
        axes.plot(times, [row.observed for row in own], "o", color=colours[label], ms=3.6, mew=0)
    _level_axis(axes, np.array([value for row in rows for value in (row.observed, row.predicted)]))
    axes.set_xlim(left=min(0.0, *(row.time or 0.0 for row in rows)))


def _level_axis(axes: Axes, levels: Array, room: float = 1.5) -> None:
    """Logarithmic where levels lie far apart and all above nought, else from nought."""
    finite = levels[np.isfinite(levels)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    if low > 0.0 and high / low >= STEEP:
        log_axis(axes.yaxis, low / room, high * room, most=5)
    elif low >= 0.0:
        axes.set_ylim(0.0, 1.12 * high or 1.0)
    axes.grid(visible=True, axis="y")


def _head(figure: Figure, title: str, said: str) -> None:
    height = figure.get_size_inches()[1]
    figure.text(0.65 / 9.0, 1.0 - 0.2 / height, title, size=10, weight="bold", va="center")
    figure.text(0.65 / 9.0, 1.0 - 0.42 / height, said, size=8, color=MUTED, va="center")


def _label_legend(figure: Figure, colours: Mapping[str, str]) -> None:
    from matplotlib.lines import Line2D

    height = figure.get_size_inches()[1]
    handles = [
        Line2D([], [], color=colour, marker="o", ms=3.6, mew=0, lw=1.3, label=both_ends(label, 24))
        for label, colour in list(colours.items())[:MOST_NAMED]
    ]
    figure.legend(handles=handles, ncols=ACROSS, loc="upper left", columnspacing=1.4, borderaxespad=0.0, borderpad=0.0,
                  bbox_to_anchor=(0.65 / 9.0, 1.0 - 0.54 / height))  # fmt: skip


def individual(found: Individual) -> str:
    """Measured levels with the person's own curve, its 90 % band and the typical curve, a panel for each analyte."""
    if not found.curves:
        return ""
    colours = compound_colours(curve.analyte for curve in found.curves)
    count = len(found.curves)
    height = 1.05 + 2.35 * count
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, height))
        figure.subplots_adjust(
            left=0.65 / 9.0, right=0.985, bottom=0.5 / height, top=1.0 - 0.85 / height, hspace=0.26
        )  # fmt: skip
        panels = figure.subplots(count, 1, sharex=True, squeeze=False).ravel()
        for axes, curve in zip(panels, found.curves, strict=True):
            own = [level for level in found.levels if level.analyte == curve.analyte]
            _person(axes, curve, own, colours[curve.analyte], found.doses)
        panels[-1].set_xlabel("time, h" + (" (marks below: doses)" if found.doses else ""))
        _head(figure, f"Levels of {brief(found.name, 34)}", _told_person(found))
        _person_legend(figure)
        return svg(figure, f"Levels of {found.name}", _told_person(found))


def _person(axes: Axes, curve: Curve, levels: Sequence[Level], colour: str, doses: Sequence[float]) -> None:
    axes.fill_between(curve.times, curve.low, curve.high, color=colour, alpha=0.18, lw=0, zorder=1)
    axes.plot(curve.times, curve.typical, color=MUTED, lw=1.2, ls=(0, (4, 2)), zorder=2)
    axes.plot(curve.times, curve.estimate, color=colour, lw=1.7, zorder=3)
    axes.plot([level.time for level in levels], [level.observed for level in levels], "o", color=INK, ms=4.6, mew=0,
              zorder=4)  # fmt: skip
    observed = np.array([level.observed for level in levels])
    values = np.concatenate([curve.low, curve.high, curve.typical, observed])
    axes.set_ylim(0.0, 1.08 * float(np.max(values[np.isfinite(values)], initial=0.0)) or 1.0)
    axes.set_xlim(float(curve.times[0]), float(curve.times[-1]))
    inside = [time for time in doses if curve.times[0] <= time <= curve.times[-1]]
    axes.plot(inside, [0.0] * len(inside), "^", color=MUTED, ms=4.0, mew=0, clip_on=False,
              transform=axes.get_xaxis_transform(), zorder=5)  # fmt: skip
    axes.set_title(brief(curve.analyte, 60))
    axes.set_ylabel(f"level, {unit_text(curve.unit)}")
    axes.grid(visible=True, axis="y")


def _person_legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    height = figure.get_size_inches()[1]
    handles = [
        Line2D([], [], ls="", marker="o", color=INK, ms=4.6, mew=0, label="measured"),
        Line2D([], [], color=INK, lw=1.7, label="own curve"),
        Patch(color=INK, alpha=0.18, lw=0, label="its 90 % band"),
        Line2D([], [], color=MUTED, lw=1.2, ls=(0, (4, 2)), label="typical person"),
    ]
    figure.legend(handles=handles, ncols=4, loc="upper right", columnspacing=1.2, handlelength=1.8,
                  bbox_to_anchor=(0.985, 1.0 - 0.08 / height), borderaxespad=0.0)  # fmt: skip


def _told_person(found: Individual) -> str:
    parts = []
    for curve in found.curves:
        own = [level for level in found.levels if level.analyte == curve.analyte]
        parts.append(f"{curve.analyte}: {len(own)} measured level" + "s" * (len(own) != 1))
    return "; ".join(parts)
