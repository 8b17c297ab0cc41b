"""What a fit makes of its parameters: values with their intervals, and which of them the data tell only together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.least_squares import Fitted
from reuptake.calibration.parameters import Parameter
from reuptake.reports.answers.fit import STRONG, ParameterAnswer, asked, correlation
from reuptake.reports.answers.shapes import named
from reuptake.reports.figures.style import FAINT, INK, MUTED, PAPER, brief, drawing, log_axis, svg
from reuptake.reports.tables import interval_text, three_digits, unit_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["VERDICTS", "correlations", "intervals"]

Array = NDArray[np.float64]
# Okabe and Ito's palette, and a marker each.
VERDICTS = {"told": ("#0072B2", "o"), "hardly told": ("#E69F00", "s"), "not told": ("#D55E00", "D")}
_UNJUDGED = (MUTED, "o")
MOST_CROSSED, MOST_NUMBERED = 40, 18  # parameters that a triangle has room for, with a number in each square
SHADES = ("#0072B2", PAPER, "#D55E00")  # of r = −1, 0, 1
LETTER, LONGEST = 0.062, 38  # inches that a letter of a name takes, and letters that there is room for
MIDDLE = 1.96  # standard deviations around the middle 95 % of a prior
FARTHEST = 1e4  # times the start, or a share of it: intervals that go on are cut
_ROW, _HEAD, _FOOT = 0.205, 0.85, 0.5  # inches
_LEFT, _RIGHT = 0.3, 0.67  # where the drawing of intervals begins and ends, as shares of the width


def correlations(fitted: Fitted) -> str:
    """Correlations of the estimates as a triangle of squares, as SVG text; empty with fewer than two parameters."""
    every = [fitted.parameters[j].name for j in asked(fitted.parameters)]
    if len(every) < 2:
        return ""
    matrix = correlation(fitted)
    chosen = _most_entangled(matrix)
    matrix, names = matrix[np.ix_(chosen, chosen)], [brief(every[j], LONGEST) for j in chosen]
    margin = 0.25 + LETTER * max(map(len, names))
    side = min(6.3, 8.8 - margin, 0.55 * (len(names) - 1))
    height = side + margin + 0.7
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, height))
        axes = figure.add_axes((margin / 9.0, margin / height, side / 9.0, side / height))
        _triangle(axes, matrix, names)
        _scale(figure, height)
        told = _told_correlations(correlation(fitted), every, len(chosen))
        figure.text(0.02, 1.0 - 0.2 / height, "Correlations of the estimates", size=10, weight="bold", va="center")
        figure.text(0.02, 1.0 - 0.42 / height, brief(told, 140), size=8, color=MUTED, va="center")
        return svg(figure, "Fit: correlations", told)


def _most_entangled(matrix: Array) -> list[int]:
    """Places of the parameters that are drawn, in their order: those with the strongest correlations where many."""
    strength = np.abs(np.where(np.isfinite(matrix), matrix, 0.0)) * (1.0 - np.eye(len(matrix)))
    return sorted(np.argsort(-strength.max(axis=1), kind="stable")[:MOST_CROSSED].tolist())


def _triangle(axes: Axes, matrix: Array, names: Sequence[str]) -> None:
    """A square for each pair; grey where a standard error is not finite."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    shades, count = LinearSegmentedColormap.from_list("r", SHADES), len(names) - 1
    for i in range(count):
        for j in range(i + 1):
            r = matrix[i + 1, j]
            colour = shades(0.5 + 0.5 * r) if np.isfinite(r) else FAINT
            axes.add_patch(Rectangle((j, i), 1.0, 1.0, fc=colour, ec=PAPER if count > 8 else FAINT, lw=0.6))
            if count < MOST_NUMBERED:
                said = f"{r:.2f}".replace("-", "−") if np.isfinite(r) else "–"
                axes.text(j + 0.5, i + 0.5, said, ha="center", va="center", size=7,
                          color=PAPER if np.isfinite(r) and abs(r) > 0.7 else INK)  # fmt: skip
    size = 8.0 if count < MOST_NUMBERED else 7.0
    axes.set(xlim=(0, count), ylim=(count, 0))
    axes.set_xticks(np.arange(count) + 0.5, labels=names[:-1], rotation=90, size=size)
    axes.set_yticks(np.arange(count) + 0.5, labels=names[1:], size=size)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _scale(figure: Figure, height: float) -> None:
    """What colours mean, right of the title."""
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.patches import Rectangle

    shades = LinearSegmentedColormap.from_list("r", SHADES)
    axes = figure.add_axes((6.9 / 9.0, 1.0 - 0.26 / height, 1.5 / 9.0, 0.12 / height))
    for i in range(11):
        axes.add_patch(Rectangle((i, 0), 1.0, 1.0, fc=shades(i / 10.0), lw=0))
    axes.set(xlim=(0, 11), ylim=(0, 1))
    axes.set_axis_off()
    axes.text(-0.3, 0.5, "r  −1", ha="right", va="center", size=8)
    axes.text(11.3, 0.5, "1", ha="left", va="center", size=8)


def _told_correlations(matrix: Array, names: Sequence[str], drawn: int) -> str:
    strong = np.argwhere(np.tril(np.abs(np.where(np.isfinite(matrix), matrix, 0.0)), -1) > STRONG)
    pairs = sorted(((float(matrix[i, j]), names[j], names[i]) for i, j in strong), key=lambda pair: -abs(pair[0]))
    said = f"{len(names)} parameters" + (f", the {drawn} most correlated drawn" if drawn < len(names) else "")
    if not pairs:
        return f"{said}; no correlation exceeds {STRONG:g} either way."
    first = "; ".join(f"{a} and {b} {r:+.2f}".replace("-0", "−0").replace("-1", "−1") for r, a, b in pairs[:6])
    return f"{said}; {len(pairs)} pairs beyond ±{STRONG:g}: {first}" + (" and more." if len(pairs) > 6 else ".")


def intervals(answers: Sequence[ParameterAnswer], parameters: Sequence[Parameter]) -> str:
    """Every parameter over its start with its 95 % interval, and what was known before, as SVG; empty without any."""
    if not answers:
        return ""
    known = {one.name: one for one in parameters}
    reach = _reach(answers, known)
    height = _HEAD + _FOOT + _ROW * len(answers)
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, height))
        axes = figure.add_axes((_LEFT, _FOOT / height, _RIGHT - _LEFT, _ROW * len(answers) / height))
        log_axis(axes.xaxis, *reach, most=7)
        axes.set(ylim=(len(answers) - 0.5, -0.5), xlabel="value over start")
        axes.axvline(1.0, color=MUTED, lw=0.8, zorder=1)
        for place, one in enumerate(answers):
            _interval(axes, place, one, known[one.name], reach)
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.grid(visible=True, axis="x")
        _verdict_legend(figure, answers, known, height)
        figure.text(0.02, 1.0 - 0.2 / height, "Parameters", size=10, weight="bold", va="center")
        said = "value and 95 % interval, each over where the search began; arrows: open"
        figure.text(0.02, 1.0 - 0.42 / height, said, size=8, color=MUTED, va="center")
        return svg(figure, "Fit: parameters", _told_intervals(answers))


def _reach(answers: Sequence[ParameterAnswer], known: dict[str, Parameter]) -> tuple[float, float]:
    """The axis: around everything that is drawn, but not farther from the start than it is worth."""
    places = [0.5, 2.0]
    for one in answers:
        ends = [one.value, one.low, one.high, *_prior(known[one.name])]
        places += [ratio for end in ends if (ratio := _over_start(end, one.start)) is not None]
    return max(min(places) / 1.25, 1.0 / FARTHEST), min(max(places) * 1.25, FARTHEST)


def _over_start(value: float | None, start: float) -> float | None:
    return value / start if value is not None and start != 0.0 and value / start > 0.0 else None


def _prior(one: Parameter) -> list[float]:
    """The middle 95 % of what was known before, as values, within the bounds of the search; empty without any."""
    if one.prior is None:
        return []
    low, high = one.search(one.low), one.search(one.high)
    return [one.value(min(max(one.prior.mean + k * one.prior.sd, low), high)) for k in (-MIDDLE, MIDDLE)]


def _interval(axes: Axes, y: int, one: ParameterAnswer, parameter: Parameter, reach: tuple[float, float]) -> None:
    colour, marker = VERDICTS.get(one.told or "", _UNJUDGED)
    prior = [ratio for end in _prior(parameter) if (ratio := _over_start(end, one.start)) is not None]
    if len(prior) == 2:
        axes.plot(prior, [y, y], color=FAINT, lw=6.5, solid_capstyle="butt", zorder=1)
    value = _over_start(one.value, one.start)
    if value is not None:
        ends = [_over_start(end, one.start) for end in (one.low, one.high)]
        drawn = [edge if end is None else min(max(end, reach[0]), reach[1])
                 for end, edge in zip(ends, reach, strict=True)]  # fmt: skip
        axes.plot(drawn, [y, y], color=colour, lw=1.5, solid_capstyle="butt", zorder=2)
        for end, edge, arrow in zip(ends, reach, ("<", ">"), strict=True):
            if end is None:
                axes.plot([edge], [y], arrow, color=colour, ms=5.0, mew=0, clip_on=False, zorder=3)
        axes.plot([min(max(value, reach[0]), reach[1])], [y], marker, color=colour, ms=5.2, mew=0, zorder=4)
    beside = axes.get_yaxis_transform()
    axes.text(-0.045, y, brief(one.name, LONGEST), transform=beside, ha="right", va="center", size=7.5)
    value_text = "–" if one.value is None else three_digits(one.value)
    said = f"{value_text}  ({interval_text(one.low, one.high)})  {unit_text(one.unit)}"
    axes.text(1.04, y, brief(said, 44), transform=beside, va="center", size=7.5)


def _verdict_legend(
    figure: Figure, answers: Sequence[ParameterAnswer], known: dict[str, Parameter], height: float
) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], color=colour, marker=marker, ms=5.0, mew=0, lw=1.5, label=verdict)
        for verdict, (colour, marker) in VERDICTS.items() if any(one.told == verdict for one in answers)
    ]  # fmt: skip
    if any(known[one.name].prior for one in answers):
        handles.append(Line2D([], [], color=FAINT, lw=6.5, label="known before (95 %)"))
    if handles:
        figure.legend(handles=handles, ncols=len(handles), loc="center right",
                      bbox_to_anchor=(0.985, 1.0 - 0.3 / height), handlelength=1.6, columnspacing=1.2)  # fmt: skip


def _told_intervals(answers: Sequence[ParameterAnswer]) -> str:
    parts = []
    for verdict in VERDICTS:
        own = [one.name for one in answers if one.told == verdict]
        if own:
            parts.append(f"{len(own)} {verdict}" + (f" ({named(own)})" if verdict != "told" else ""))
    return f"{len(answers)} parameters with their intervals: {', '.join(parts) or 'none judged'}."
