"""What a posterior looks like: how its chains went, what they found for each parameter, and for each two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.posterior import Marginal, Posterior
from reuptake.reports.figures.style import INK, MUTED, brief, drawing, svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MOST_PAIRED", "chains", "pairs"]

Array = NDArray[np.float64]
MOST_PAIRED = 6
# Okabe and Ito's palette; a fifth chain begins again.
_CHAINS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")
_ASTRAY, _SHADE = "#D55E00", "#9FB6C9"
_MOST_STEPS, _MOST_POINTS, _MOST_ASTRAY, _BINS = 200, 250, 100, 30  # drawn of each chain, of each pair
_WIDE = 8.0  # times: what spreads more is drawn on a logarithmic axis


def chains(found: Posterior) -> str:
    """Density and course of each parameter's chains, a row for each, as SVG text."""
    rows = found.rows
    height = 0.95 + 1.15 * len(rows)
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8.6, height))
        grid = figure.subplots(len(rows), 2, squeeze=False, width_ratios=(1.0, 1.5))
        figure.subplots_adjust(
            left=0.035, right=0.985, bottom=0.42 / height, top=1.0 - 0.78 / height, hspace=0.75, wspace=0.12
        )
        for (left, right), row in zip(grid, rows, strict=True):
            _density(left, found, row)
            _course(right, found, row)
        grid[-1][1].set_xlabel("draw")
        figure.text(0.035, 1.0 - 0.2 / height, "Posterior", size=11, weight="bold", va="center")
        figure.text(0.035, 1.0 - 0.4 / height, _verdict(found), size=8, color=MUTED, va="center")
        return svg(figure, "Posterior: chains and densities", f"{_verdict(found)}. {_summary(rows)}")


def pairs(found: Posterior, names: Sequence[str] = ()) -> str:
    """Draws of every two of at most six parameters, as SVG text.

    Parameters
    ----------
    names : sequence of str
        Which; those that are most strongly correlated with another, if left out.

    Raises
    ------
    ValueError
        If more than six or fewer than two are named, or the posterior has no row of one.
    """
    rows = _chosen(found, names)
    size = 1.5 * len(rows) + 0.9
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(size, size))
        grid: Any = figure.subplots(len(rows), len(rows), squeeze=False)
        margin = 0.85 / size
        figure.subplots_adjust(left=margin, right=0.985, bottom=margin, top=1.0 - 0.7 / size, hspace=0.12, wspace=0.12)
        for i, j in np.ndindex(grid.shape):
            if i < j:
                grid[i, j].set_axis_off()
            elif i == j:
                _bars(grid[i, i], found.draws(rows[i].name))
            else:
                _cloud(grid[i, j], found, rows[j].name, rows[i].name)
            _label(grid[i, j], rows[j], rows[i], bottom=i == len(rows) - 1, left=j == 0 < i)
        left, head = margin, 1.0 - 0.2 / size
        figure.text(left, head, "Parameters in pairs", size=11, weight="bold", va="center")
        note = f"lines: half and nine tenths of the draws; orange: some of the {found.divergences} that diverged"
        note = note if found.divergences else note.split(";")[0]
        figure.text(left, head - 0.2 / size, note, size=8, color=MUTED, va="center")
        return svg(figure, "Posterior: parameters in pairs", _correlations(found, rows))


def _density(axes: Axes, found: Posterior, row: Marginal) -> None:
    """Histogram of each chain over that of all, with the median and the middle nine tenths below."""
    drawn = found.draws(row.name)
    edges = _edges(axes.set_xscale, drawn)
    axes.stairs(np.histogram(drawn, edges)[0] / drawn.size, edges, fill=True, color=_SHADE, alpha=0.45)
    for one, colour in zip(drawn, _colours(len(drawn)), strict=True):
        axes.stairs(np.histogram(one, edges)[0] / one.size, edges, color=colour, lw=0.8)
    low, high = axes.get_ylim()
    axes.plot([row.low, row.high], [-0.07 * high] * 2, color=INK, lw=1.2, clip_on=False, solid_capstyle="butt")
    axes.plot([row.median], [-0.07 * high], "o", color=INK, ms=3.2, clip_on=False)
    axes.set_ylim(min(low, -0.12 * high), high)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.set_title(f"{brief(row.name, 44)}{', ' + row.unit if row.unit else ''}", size=8)
    _plain(axes.xaxis)


def _course(axes: Axes, found: Posterior, row: Marginal) -> None:
    """Where each chain was, thinned, and where it went astray."""
    drawn = found.draws(row.name)
    _edges(axes.set_yscale, drawn)
    step = -(-drawn.shape[1] // _MOST_STEPS)
    along = np.arange(0, drawn.shape[1], step)
    for one, colour in zip(drawn, _colours(len(drawn)), strict=True):
        axes.plot(along, one[::step], color=colour, lw=0.45, alpha=0.8)
    astray = [at for at in along if found.diverging[:, at : at + step].any()]
    axes.vlines(astray, 0.0, 0.05, color=_ASTRAY, lw=0.9, transform=axes.get_xaxis_transform())
    told = f"R̂ {row.r_hat:.3f}, effective draws {row.ess_bulk:.0f} (tails {row.ess_tail:.0f})"
    axes.set_title(told, size=7.5, weight="normal", loc="right", color=MUTED)
    axes.set_xlim(0, drawn.shape[1] - 1)
    axes.tick_params(axis="y", labelsize=6.5)
    _plain(axes.yaxis)


def _bars(axes: Axes, drawn: Array) -> None:
    edges = _edges(axes.set_xscale, drawn)
    axes.stairs(np.histogram(drawn, edges)[0], edges, fill=True, color=_SHADE, alpha=0.7)
    axes.set_xlim(edges[0], edges[-1])
    axes.yaxis.set_visible(False)
    axes.spines["left"].set_visible(False)


def _cloud(axes: Axes, found: Posterior, across: str, up: str) -> None:
    """Draws, thinned, with lines around half and nine tenths of all of them; diverging ones on top."""
    x, y = found.draws(across).ravel(), found.draws(up).ravel()
    columns, rows = _edges(axes.set_xscale, x), _edges(axes.set_yscale, y)
    thin = _evenly(np.arange(x.size), _MOST_POINTS)
    axes.plot(x[thin], y[thin], "o", color=_CHAINS[0], ms=1.6, alpha=0.3, mew=0)
    counts, levels = _crowd(x, y, columns, rows)
    axes.contour(_middles(columns), _middles(rows), counts, levels, colors=[INK], linewidths=[0.6, 1.0])
    astray = _evenly(np.flatnonzero(found.diverging.ravel()), _MOST_ASTRAY)
    axes.plot(x[astray], y[astray], "o", color=_ASTRAY, ms=2.0, mew=0)
    axes.set_xlim(columns[0], columns[-1])
    axes.set_ylim(rows[0], rows[-1])


def _evenly(places: NDArray[np.intp], most: int) -> NDArray[np.intp]:
    """Not more than so many of them, from all along."""
    return places[:: max(1, -(-places.size // most))]


def _crowd(x: Array, y: Array, columns: Array, rows: Array) -> tuple[Array, list[float]]:
    """Draws in each cell (up, across), smoothed, and the heights above which nine tenths and half of them lie."""
    from scipy.ndimage import gaussian_filter

    counts: Array = gaussian_filter(np.histogram2d(y, x, (rows, columns))[0], 1.3)
    falling = np.sort(counts.ravel())[::-1]
    shares = np.cumsum(falling) / falling.sum()
    heights = [float(falling[np.searchsorted(shares, share)]) for share in (0.9, 0.5)]
    return counts, heights if heights[0] < heights[1] else heights[:1]


def _edges(set_scale: Any, drawn: Array) -> Array:
    """Edges of the bins of all draws; where they spread widely, of their logarithm, on an axis that is told so."""
    low, high = float(drawn.min()), float(drawn.max())
    if low > 0.0 and high > _WIDE * low:
        set_scale("log")
        logarithmic: Array = np.geomspace(low, high, _BINS + 1)
        return logarithmic
    return np.linspace(low, high, _BINS + 1) if high > low else np.linspace(low - 0.5, low + 0.5, _BINS + 1)


def _middles(edges: Array) -> Array:
    middles: Array = 0.5 * (edges[1:] + edges[:-1])
    return middles


def _label(axes: Axes, across: Marginal, up: Marginal, *, bottom: bool, left: bool) -> None:
    """Names and numbers on the outer axes alone."""
    from matplotlib.ticker import NullFormatter

    for axis, shown, row in ((axes.xaxis, bottom, across), (axes.yaxis, left, up)):
        _plain(axis)
        axis.set_tick_params(labelsize=6)
        if shown:
            lines = [brief(part, 22) for part in row.name.replace(".", ".\n").split("\n")]
            axis.set_label_text("\n".join(lines), size=7)
        else:
            axis.set_major_formatter(NullFormatter())


def _plain(axis: Any) -> None:
    """A few numbers as a person writes them."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

    log = axis.get_scale() == "log"
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0), numticks=6) if log else MaxNLocator(3))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.4g}".replace("-", "−")))


def _colours(count: int) -> list[str]:
    return [_CHAINS[i % len(_CHAINS)] for i in range(count)]


def _chosen(found: Posterior, names: Sequence[str]) -> list[Marginal]:
    """Rows to draw, in the order of the table."""
    known = [row.name for row in found.rows]
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"the posterior has no row {unknown}; known: {known}")
    wanted = set(names) or _entangled(found, known)
    if not 2 <= len(wanted) <= MOST_PAIRED:
        raise ValueError(f"two to {MOST_PAIRED} parameters can be drawn in pairs, not {len(wanted)}")
    return [row for row in found.rows if row.name in wanted]


def _entangled(found: Posterior, names: Sequence[str]) -> set[str]:
    """Those that are most strongly correlated with another."""
    if len(names) <= MOST_PAIRED:
        return set(names)
    strength = np.abs(_correlation(found, names) - np.eye(len(names))).max(axis=1)
    return {names[i] for i in np.argsort(-strength, kind="stable")[:MOST_PAIRED]}


def _correlation(found: Posterior, names: Sequence[str]) -> Array:
    """Correlations (parameter, parameter) of draws; none with what never moved."""
    with np.errstate(invalid="ignore", divide="ignore"):
        matrix: Array = np.nan_to_num(np.corrcoef([found.draws(name).ravel() for name in names]))
    return matrix


def _verdict(found: Posterior) -> str:
    """How much was drawn, and whether anything speaks against it."""
    count = len(found.notes)
    against = {0: "nothing speaks against them", 1: "1 note speaks against them"}
    told = against.get(count, f"{count} notes speak against them")
    many, draws = found.diverging.shape
    return f"{many} chains of {draws} draws, {found.divergences} diverged; {told}"


def _summary(rows: Sequence[Marginal]) -> str:
    return "; ".join(
        f"{row.name} {row.median:.3g} ({row.low:.3g} to {row.high:.3g}) {row.unit}".rstrip() for row in rows
    )


def _correlations(found: Posterior, rows: Sequence[Marginal]) -> str:
    """The figure in words: the correlation of every two."""
    names = [row.name for row in rows]
    matrix = _correlation(found, names)
    told = [f"{names[j]} with {names[i]} {matrix[i, j]:+.2f}" for i in range(len(names)) for j in range(i)]
    return f"Correlations of draws: {'; '.join(told)}.".replace("-0.", "−0.")
