"""Simulated courses: levels in plasma, occupancy of every target, and who holds the transporters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reuptake.noncompartmental.areas import area
from reuptake.reports.figures.style import INK, compound_colours, drawing, percent, shown_target, svg, target_colour
from reuptake.trajectories import Trajectories

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["course", "holders", "occupancy", "plasma"]

Array = NDArray[np.float64]
HOURS_PER_DAY = 24.0
_ROUTES = {
    "po": "by mouth",
    "iv": "i.v.",
    "iv-infusion": "by infusion",
    "im": "i.m.",
    "ip": "i.p.",
    "sc": "s.c.",
}
_DAYS_FROM = 96.0  # h: longer courses are drawn in days


def plasma(result: Trajectories) -> str:
    """Plasma levels of all analytes: the whole course, and the window that summaries look at."""
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, 3.7))
        whole, window = figure.subplots(1, 2, width_ratios=(1.45, 1.0), sharey=True)
        figure.subplots_adjust(left=0.07, right=0.83, bottom=0.14, top=0.9, wspace=0.06)
        draw_levels(whole, result, names=False)
        draw_levels(window, result, names=True, window=True)
        return svg(figure, "Levels in plasma", _told(result, "level", "ng/mL", "plasma."))


def occupancy(result: Trajectories) -> str:
    """Occupancy of every target over the whole course, and over the window."""
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, 4.1))
        whole, window = figure.subplots(1, 2, width_ratios=(1.45, 1.0), sharey=True)
        figure.subplots_adjust(left=0.07, right=0.86, bottom=0.13, top=0.91, wspace=0.06)
        draw_occupancy(whole, result, names=False)
        draw_occupancy(window, result, names=True, window=True)
        return svg(figure, "Occupancy of targets", _told(result, "occupancy", "", "occupancy."))


def holders(result: Trajectories, targets: Sequence[str] = ("SERT", "NET")) -> str:
    """Occupancy of the transporters divided among the ligands that hold them, stacked."""
    present = [target for target in targets if f"occupancy.{target}" in {label.name for label in result.labels}]
    if not present:
        return ""
    with drawing():
        from matplotlib.figure import Figure
        from matplotlib.patches import Patch

        figure = Figure(figsize=(9.0, 3.6))
        figure.subplots_adjust(left=0.07, right=0.98, bottom=0.15, top=0.78, wspace=0.08)
        panels = figure.subplots(1, len(present), sharey=True, squeeze=False)[0]
        seen: dict[str, str] = {}
        for axes, target in zip(panels, present, strict=True):
            seen |= _stack(axes, result, target)
        panels[0].set_ylabel("share of transporters held, %")
        handles = [Patch(color=colour, label=name) for name, colour in seen.items()]
        figure.legend(
            handles=handles,
            loc="upper left",
            bbox_to_anchor=(0.055, 0.99),
            ncols=5,
            columnspacing=1.6,
            handlelength=1.2,
        )
        return svg(figure, f"Who holds {' and '.join(present)}", _told(result, "share", "", "occupancy."))


def course(result: Trajectories) -> str:
    """Levels above, occupancy below, over the whole run."""
    title = f"Course of {_compound(result)}"
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, 7.0))
        upper, lower = figure.subplots(2, 1, sharex=True)
        figure.subplots_adjust(left=0.075, right=0.805, bottom=0.075, top=0.91, hspace=0.16)
        draw_levels(upper, result, names=True)
        draw_occupancy(lower, result, names=True)
        upper.set_xlabel("")
        upper.tick_params(labelbottom=False)
        figure.text(0.075, 0.972, _asked(result), va="center", size=10, weight="bold")
        return svg(
            figure,
            title,
            _told(result, "level", "ng/mL", "plasma.") + " " + _told(result, "occupancy", "", "occupancy."),
        )


def draw_levels(axes: Axes, result: Trajectories, *, names: bool, window: bool = False) -> None:
    """Median plasma level of each analyte, with the middle 90 % of several subjects."""
    labels = result.named("level")
    analytes = [label.name.removeprefix("plasma.") for label in labels]
    colours, ends = compound_colours(analytes), []
    for label, analyte in zip(labels, analytes, strict=True):
        middle = _curve(axes, result, label.name, colours[analyte], window)
        ends.append((middle, analyte, colours[analyte]))
    _time_axis(axes, result, window)
    axes.set_ylim(bottom=0)
    if not axes.get_subplotspec() or not names or not window:
        axes.set_ylabel(f"plasma level, {labels[0].unit}" if labels else "")
    axes.set_title("Last interval" if window and result.window.repeated else "Levels in plasma")
    if names:
        _name_ends(axes, ends)


def draw_occupancy(axes: Axes, result: Trajectories, *, names: bool, window: bool = False) -> None:
    """Median occupancy of each target in per cent; targets with one and the same curve share a line."""
    ends = []
    for targets in _alike(result):
        colour = target_colour(targets[0])
        middle = _curve(axes, result, f"occupancy.{targets[0]}", colour, window, 100.0)
        ends.append((middle, _together(targets), colour))
    _time_axis(axes, result, window)
    axes.set_ylim(0, 100)
    if not names or not window:
        axes.set_ylabel("occupancy, %")
    axes.set_title("Last interval" if window and result.window.repeated else "Occupancy of targets")
    if names:
        _name_ends(axes, ends)


def _alike(result: Trajectories) -> list[list[str]]:
    """Targets in groups of equal occupancy."""
    groups: list[list[str]] = []
    for label in result.named("occupancy"):
        curve = result.curve(label.name)
        for group in groups:
            if np.array_equal(result.curve(f"occupancy.{group[0]}"), curve, equal_nan=True):
                group.append(label.name.removeprefix("occupancy."))
                break
        else:
            groups.append([label.name.removeprefix("occupancy.")])
    return groups


def _together(targets: list[str]) -> str:
    shown = [shown_target(target) for target in targets]
    if len(shown) > 2 and all(target[0] == "M" and target[1:].isdigit() for target in targets):
        return f"{shown[0]}–{shown[-1]}"
    return ", ".join(shown)


def _curve(axes: Axes, result: Trajectories, name: str, colour: str, window: bool, factor: float = 1.0) -> float:
    """Draw the median and, over several subjects, the middle 90 %; the median's last value."""
    inside = _inside(result, window)
    values, times = factor * result.curve(name)[result.solved][:, inside], _shown_times(result, window)[inside]
    middle = np.median(values, axis=0)
    if len(values) > 1:
        low, high = np.percentile(values, [5, 95], axis=0)
        axes.fill_between(times, low, high, color=colour, alpha=0.18, lw=0)
    axes.plot(times, middle, color=colour)
    return float(middle[-1])


def _inside(result: Trajectories, window: bool) -> NDArray[np.bool_]:
    if not window:
        return np.ones(len(result.times), dtype=bool)
    return (result.times >= result.window.start - 1e-9) & (result.times <= result.window.end + 1e-9)


def _in_days(result: Trajectories) -> bool:
    return bool(result.times[-1] > _DAYS_FROM)


def _shown_times(result: Trajectories, window: bool) -> Array:
    if window:
        return result.times - result.window.start
    return result.times / HOURS_PER_DAY if _in_days(result) else result.times


def _time_axis(axes: Axes, result: Trajectories, window: bool) -> None:
    inside = _inside(result, window)
    times = _shown_times(result, window)[inside]
    axes.set_xlim(times[0], times[-1])
    last = float(times[-1])
    step = next((s for s in (1, 2, 4, 6, 7, 14, 28, 84, 168) if last / s <= 8), None)
    if step:
        axes.set_xticks(np.arange(0, last + 1e-9, step))
    since = "time since the last dose, h" if window and result.window.repeated else "time, h"
    axes.set_xlabel("time, d" if not window and _in_days(result) else since)
    axes.grid(axis="y")


def _name_ends(axes: Axes, ends: list[tuple[float, str, str]]) -> None:
    """Names at the right ends of the curves, pushed apart until none overlaps another."""
    low, high = axes.get_ylim()
    figure = axes.get_figure(root=True)
    assert figure is not None
    figure_height = figure.get_figheight() * axes.get_position().height
    gap = (high - low) * 0.145 / figure_height
    ordered = sorted(ends)
    places = _apart([value for value, _, _ in ordered], gap, low, high)
    for place, (value, name, colour) in zip(places, ordered, strict=True):
        axes.annotate(
            name,
            (1.005, value),
            (1.045, place),
            xycoords=axes.get_yaxis_transform(),
            textcoords=axes.get_yaxis_transform(),
            va="center",
            size=8,
            color=INK,
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": colour, "lw": 1.6, "shrinkA": 0, "shrinkB": 0},
        )


def _apart(values: list[float], gap: float, low: float, high: float) -> list[float]:
    """The places nearest to rising values that keep a gap and stay between two ends."""
    blocks: list[tuple[float, int]] = []  # sum and number of values that share one offset
    for i, value in enumerate(values):
        blocks.append((value - i * gap, 1))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] > blocks[-1][0] / blocks[-1][1]:
            total, count = blocks.pop()
            blocks[-1] = (blocks[-1][0] + total, blocks[-1][1] + count)
    offsets = [total / count for total, count in blocks for _ in range(count)]
    ceiling = high - (len(values) - 1) * gap
    return [min(max(offset, low), max(ceiling, low)) + i * gap for i, offset in enumerate(offsets)]


def _stack(axes: Axes, result: Trajectories, target: str) -> dict[str, str]:
    """One target's occupancy in bands; the colours of the ligands that were drawn."""
    prefix = f"occupancy.{target}."
    ligands = [label.name.removeprefix(prefix) for label in result.named("share") if label.name.startswith(prefix)]
    colours, drawn, good = compound_colours(ligands), _thinned(result.times), result.solved
    times = _shown_times(result, False)[drawn]
    bands = [100.0 * np.median(result.curve(prefix + ligand)[good][:, drawn], axis=0) for ligand in ligands]
    axes.stackplot(times, bands, colors=[colours[name] for name in ligands], lw=0)
    _time_axis(axes, result, False)
    axes.set_ylim(0, 100)
    axes.set_title(
        f"{shown_target(target)}: {percent(_mean(result, f'occupancy.{target}'))} held"
        + (" in the last interval" if result.window.repeated else "")
    )
    return {name: colours[name] for name in ligands}


def _thinned(times: Array) -> NDArray[np.int64]:
    """Numbers of the times to draw in filled bands: no two closer than a thousandth of the whole."""
    cells = np.floor(1000.0 * (times - times[0]) / np.ptp(times)).astype(np.int64)
    return np.append(np.flatnonzero(np.diff(cells, prepend=-1)), len(times) - 1)


def _mean(result: Trajectories, name: str) -> float:
    """Mean over the window that summaries look at; the median of several subjects."""
    inside = _inside(result, True)
    times, curve = result.times[inside], result.curve(name)[result.solved][:, inside]
    return float(np.median(area(times, curve) / np.ptp(times)))


def _compound(result: Trajectories) -> str:
    return str(result.provenance.get("request", {}).get("compound", "a compound"))


def _asked(result: Trajectories) -> str:
    """The request in words, as far as the result knows it."""
    words = result.provenance.get("request", {})
    dose, every, length = words.get("dose", ""), words.get("every"), words.get("for")
    parts = [
        dose,
        f"every {every}" if every else "",
        _ROUTES.get(words.get("route", ""), ""),
        f"for {length}" if length else "",
    ]
    several = f"; {len(result.subjects)} subjects, median and middle 90 %" if len(result.subjects) > 1 else ""
    return f"{_compound(result).capitalize()} {' '.join(part for part in parts if part)}{several}"


def _told(result: Trajectories, kind: str, unit: str, prefix: str) -> str:
    """The mean of every curve over the window, in a sentence."""
    parts = []
    for label in result.named(kind):
        name, mean = label.name.removeprefix(prefix), _mean(result, label.name)
        parts.append(f"{name} {mean:.3g} {unit}" if unit else f"{name} {percent(mean)}")
    when = "the last dosing interval" if result.window.repeated else "the whole run"
    return f"Means over {when}: {'; '.join(parts)}."
