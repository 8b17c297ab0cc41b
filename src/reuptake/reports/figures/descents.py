"""Where every start of a fit ended, and how it came there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.least_squares import Descent, Fitted
from reuptake.reports.answers.fit import CLOSE
from reuptake.reports.figures.style import FAINT, INK, MUTED, drawing, log_axis, log_ticks, svg, tick_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["descents"]

Array = NDArray[np.float64]
# Okabe and Ito's palette, and a marker each; how a descent can end, best first.
_LOOKS = {
    "converged": ("#0072B2", "o"),
    "at a bound": ("#E69F00", "s"),
    "iteration limit": ("#CC79A7", "^"),
    "not finite": ("#D55E00", "X"),
}
_OTHER = (MUTED, "D")
FLOOR = CLOSE / 10.0  # of cost above the best: what is nearer is drawn here, since a logarithm has no nought
MOST_WAYS = 100


def descents(fitted: Fitted) -> str:
    """Final cost of every start in order, and cost by iteration, both above the best and logarithmic, as SVG."""
    best = min((cost for down in fitted.descents for cost in down.costs if np.isfinite(cost)), default=0.0)
    ways = [_above(down, best) for down in fitted.descents]
    ends = np.array([way[-1] for way in ways])
    told = _told(fitted.descents, ends)
    top = max([10.0 * CLOSE, *(float(np.max(way[np.isfinite(way)], initial=0.0)) for way in ways)])
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, 3.9))
        figure.subplots_adjust(left=0.085, right=0.985, bottom=0.135, top=0.8, wspace=0.1)
        final, course = figure.subplots(1, 2, sharey=True)
        for axes in (final, course):
            _cost_axis(axes, top)
        _draw_ends(final, fitted.descents, ends)
        _draw_ways(course, fitted.descents, ways)
        final.set_ylabel("cost above the best")
        _legend(final, fitted.descents)
        figure.text(0.085, 0.955, "Starts", size=10, weight="bold", va="center")
        figure.text(0.085, 0.905, told, size=8, color=MUTED, va="center")
        return svg(figure, "Starts and convergence", told)


def _above(down: Descent, best: float) -> Array:
    """Cost above the best after each iteration, not below the floor; NaN where not finite."""
    costs = np.array(down.costs)
    finite = np.isfinite(costs)
    above = np.full(costs.shape, np.nan)
    above[finite] = np.maximum(costs[finite] - best, FLOOR)
    return above


def _cost_axis(axes: Axes, top: float) -> None:
    log_axis(axes.yaxis, FLOOR / 2.0, 3.0 * top)
    ticks = [FLOOR, *(tick for tick in log_ticks(FLOOR, top) if tick > 1.5 * FLOOR)]
    axes.set_yticks(ticks, labels=[f"≤ {tick_text(FLOOR)}", *map(tick_text, ticks[1:])])
    axes.axhspan(FLOOR / 2.0, CLOSE, color=FAINT, alpha=0.45, lw=0, zorder=0)
    axes.grid(visible=True, axis="y")


def _draw_ends(axes: Axes, found: Sequence[Descent], ends: Array) -> None:
    finite = np.flatnonzero(np.isfinite(ends))
    order = finite[np.argsort(ends[finite], kind="stable")]
    places = np.arange(1, len(order) + 1)
    axes.plot(places, ends[order], color=FAINT, lw=1.0, zorder=1)
    size = 5.0 if len(order) <= 60 else 3.0
    for outcome in dict.fromkeys(down.outcome for down in found):
        own = np.array([found[i].outcome == outcome for i in order], dtype=bool)
        colour, marker = _LOOKS.get(outcome, _OTHER)
        axes.plot(places[own], ends[order][own], marker, color=colour, ms=size, mew=0, clip_on=False)
    axes.set_xlabel("start, in order of its final cost")
    axes.set_xlim(0.5, max(len(found), 4) + 0.5)
    _whole_ticks(axes)


def _draw_ways(axes: Axes, found: Sequence[Descent], ways: Sequence[Array]) -> None:
    drawn = list(zip(found, ways, strict=True))[:MOST_WAYS]
    for place, (down, way) in reversed(list(enumerate(drawn))):
        colour, marker = _LOOKS.get(down.outcome, _OTHER)
        axes.plot(np.arange(len(way)), way, color=INK if place == 0 else colour, lw=1.8 if place == 0 else 0.9,
                  alpha=1.0 if place == 0 else 0.7)  # fmt: skip
        last = np.flatnonzero(np.isfinite(way))[-1:]
        axes.plot(last, way[last], marker, color=colour, ms=4.0, mew=0, clip_on=False)
    axes.set_xlabel("iteration")
    axes.set_xlim(left=0)
    _whole_ticks(axes)
    axes.set_title(
        "black: the best start" + (f"; the best {MOST_WAYS} are drawn" if len(found) > MOST_WAYS else ""),
        size=8, weight="normal", color=MUTED, loc="right",
    )  # fmt: skip


def _whole_ticks(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))


def _legend(axes: Axes, found: Sequence[Descent]) -> None:
    from matplotlib.lines import Line2D

    counts = {outcome: sum(down.outcome == outcome for down in found) for outcome in [down.outcome for down in found]}
    ordered = sorted(counts, key=lambda outcome: list(_LOOKS).index(outcome) if outcome in _LOOKS else len(_LOOKS))
    handles = []
    for outcome in ordered:
        colour, marker = _LOOKS.get(outcome, _OTHER)
        handles.append(
            Line2D([], [], ls="", marker=marker, color=colour, mew=0, label=f"{outcome} ({counts[outcome]})")
        )
    axes.legend(handles=handles, loc="upper left", handletextpad=0.2, borderaxespad=0.3)


def _told(found: Sequence[Descent], ends: Array) -> str:
    finite = np.isfinite(ends)
    near = int(np.sum(ends[finite] <= np.min(ends[finite], initial=np.inf) + CLOSE)) if finite.any() else 0
    lost = len(ends) - int(finite.sum())
    many = f"{len(ends)} starts" if len(ends) != 1 else "1 start"
    said = f"{near} of {many} ended within {CLOSE:g} of the best cost (shaded)"
    return said + (f"; not drawn on the left: {lost} whose cost is not finite." if lost else ".")
