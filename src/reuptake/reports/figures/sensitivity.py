"""What an output hangs on: tornado, shares of variance, and effects against how much they depend on the rest."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from reuptake.calibration.sensitivity.study import Sensitivity
from reuptake.reports.figures.style import FAINT, INK, MUTED, PAPER, brief, drawing, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MOST_BARS", "MOST_PANELS", "sensitivity_figure"]

LOW, HIGH = "#0072B2", "#E69F00"  # Okabe and Ito: told apart with every common kind of colour vision, and in grey
MOST_BARS, MOST_PANELS, ACROSS, NAMED = 10, 8, 2, 5
PANEL_WIDTH, LABELS, ROW, HEAD = 5.2, 2.4, 0.205, 0.95  # inches


def sensitivity_figure(found: Sensitivity) -> str:
    """A panel for each output, the parameters that matter most in it; the figure of the method that was asked for."""
    titles = {
        "local": "From the 5th to the 95th per cent of each range",
        "sobol": "Shares of the variance: first order and total",
        "morris": "Elementary effects: size, and dependence on the rest",
    }
    draw: Callable[[Axes, Sensitivity, int], None] = {"local": _tornado, "sobol": _shares, "morris": _effects}[
        found.effects.method
    ]
    shown = list(range(min(len(found.outputs), MOST_PANELS)))
    across = min(ACROSS, len(shown))
    down = -(-len(shown) // across)
    rows = min(len(found.factors), MOST_BARS)
    panel = HEAD + (max(rows, 3) * ROW if found.effects.method != "morris" else 2.3)
    width, height = PANEL_WIDTH * across, panel * down + 0.75
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width, height))
        for place in shown:
            labels = LABELS if found.effects.method != "morris" else 0.75
            left, top = (place % across) * PANEL_WIDTH + labels, height - 0.75 - (place // across) * panel
            box = ((left / width), (top - panel + 0.72) / height, (PANEL_WIDTH - labels - 0.2) / width,
                   (panel - HEAD) / height)  # fmt: skip
            axes = figure.add_axes(box)
            draw(axes, found, place)
            axes.set_title(brief(found.outputs[place], 44), x=0.0 if labels < 1.0 else -0.35)
        title = titles[found.effects.method]
        figure.text(0.15 / width, 1.0 - 0.2 / height, title, va="center", size=10, weight="bold")
        figure.text(0.15 / width, 1.0 - 0.42 / height, _legend(found, len(shown)), va="center", size=8, color=MUTED)
        return svg(figure, f"Sensitivity {found.effects.method}", _described(found))


def _tornado(axes: Axes, found: Sensitivity, output: int) -> None:
    """Bars from the output at either end of each range, around the output with all as in use."""
    swings = found.swings
    centre = float(swings.centre[output])
    moves = np.nanmax(np.abs(np.stack([swings.low[output], swings.high[output]]) - centre), axis=0, initial=0.0)
    places = np.argsort(-moves, kind="stable")[:MOST_BARS]
    for row, j in enumerate(places):
        ends = [(float(part[output, j]), colour) for part, colour in ((swings.low, LOW), (swings.high, HIGH))]
        # The longer bar first: where both ends lie on one side the shorter one stays in sight.
        for end, colour in sorted(ends, key=lambda pair: -abs(pair[0] - centre)):
            if math.isfinite(end):
                axes.barh(row, end - centre, left=centre, color=colour, height=0.68)
    axes.axvline(centre, color=INK, lw=0.9)
    _rows(axes, found, places)
    axes.set_xlabel(found.units[output] or "pure number")


def _shares(axes: Axes, found: Sensitivity, output: int) -> None:
    """Total index behind, first order in front, each with its confidence."""
    columns = {name: column[output] for name, column in found.effects.columns.items()}
    places = np.array(found.effects.ranked(output)[:MOST_BARS])
    where = np.arange(len(places))
    for name, colour, offset in (("total", HIGH, 0.19), ("first", LOW, -0.19)):
        sizes, widths = columns[name][places], columns[f"{name}_confidence"][places]
        axes.barh(where + offset, np.nan_to_num(sizes), color=colour, height=0.36)
        axes.errorbar(sizes, where + offset, xerr=widths, fmt="none", ecolor=INK, elinewidth=0.8, capsize=1.6)
    axes.axvline(0.0, color=INK, lw=0.9)
    _rows(axes, found, places)
    axes.set_xlabel("share of the variance")


def _effects(axes: Axes, found: Sensitivity, output: int) -> None:
    """σ against µ*: on the line σ = µ* an effect depends on the others as much as it is large."""
    sizes, spreads = (found.effects.columns[name][output] for name in ("mu_star", "sigma"))
    assumed = np.array([factor.status == "assumed" for factor in found.factors])
    axes.plot(sizes[~assumed], spreads[~assumed], "o", color=LOW, ms=4.5, mew=0)
    axes.plot(sizes[assumed], spreads[assumed], "o", mfc=PAPER, mec=LOW, ms=4.5, mew=1.1)
    most = float(max(np.nanmax(sizes, initial=0.0), np.nanmax(spreads, initial=0.0))) or 1.0
    axes.plot([0.0, most], [0.0, most], color=MUTED, lw=0.8, ls=(0, (4, 2)))
    axes.set_xlim(0.0, 1.75 * float(np.nanmax(sizes, initial=0.0)) or 1.0)
    axes.set_ylim(0.0, 1.15 * float(np.nanmax(spreads, initial=0.0)) or 1.0)
    taken: list[tuple[float, float]] = []
    for j in found.effects.ranked(output)[:NAMED]:
        if math.isfinite(sizes[j]):
            at = float(sizes[j]), float(spreads[j])
            taken.append(_free(at, taken, axes.get_xlim()[1], axes.get_ylim()[1]))
            axes.annotate(
                brief(found.factors[j].name, 30), at, taken[-1], size=7, va="center",
                arrowprops={"arrowstyle": "-", "color": MUTED, "lw": 0.5, "shrinkA": 0.0, "shrinkB": 3.0},
            )  # fmt: skip
    axes.set_xlabel("µ*" + (", logarithm" if found.scale.logarithmic[found.effects.outputs[output]] else ""))
    axes.set_ylabel("σ")
    axes.grid(visible=True)


def _free(
    at: tuple[float, float], taken: list[tuple[float, float]], across: float, up: float
) -> tuple[float, float]:  # fmt: skip
    """Where a label can stand beside a point: the nearest height at which no other label is."""
    place = at[0] + 0.03 * across
    for step in range(24):
        height = at[1] + (0.035 * up) * (-1) ** step * ((step + 1) // 2)
        near = [other for x, other in taken if abs(x - place) < 0.4 * across]
        if 0.03 * up <= height <= 0.97 * up and all(abs(height - other) >= 0.07 * up for other in near):
            return place, height
    return place, at[1]


def _rows(axes: Axes, found: Sensitivity, places: np.ndarray) -> None:
    axes.set_ylim(len(places) - 0.4, -0.6)
    names = [brief(found.factors[j].name, 36) + " °" * (found.factors[j].status == "assumed") for j in places]
    axes.set_yticks(range(len(places)), names)
    axes.tick_params(axis="y", length=0, labelsize=7.5)
    axes.grid(visible=True, axis="x")
    axes.spines["left"].set_color(FAINT)


def _legend(found: Sensitivity, panels: int) -> str:
    words = {
        "local": "blue: at the 5th per cent, orange: at the 95th; °: assumed",
        "sobol": "blue: first order, orange: total; lines: 95 % confidence; °: assumed",
        "morris": "dashed: σ = µ*; open: assumed; the five largest are named",
    }
    more = f"; the first {panels} of {len(found.outputs)} outputs" if panels < len(found.outputs) else ""
    return words[found.effects.method] + more


def _described(found: Sensitivity) -> str:
    """What a reader who cannot see the figure is told."""
    measure = next(iter(found.effects.columns))
    parts = []
    for i, name in enumerate(found.outputs):
        j = found.effects.ranked(i)[0]
        size = found.effects.columns[measure][i, j]
        parts.append(f"{name}: {found.factors[j].name} ({measure.replace('_', ' ')} {size:.3g})")
    return f"What matters most. {'; '.join(parts)}."
