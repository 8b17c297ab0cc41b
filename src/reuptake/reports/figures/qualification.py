"""How far predictions lie from observations: every row in a forest, numbers against numbers, interactions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from reuptake.qualification.folds import BANDS, fold_error, guest_limits
from reuptake.reports.answers.validation import ComparedAnswer
from reuptake.reports.figures.style import INK, MUTED, compound_colours, drawing, log_axis, svg
from reuptake.units import convert, unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["forest", "goodness_of_fit", "interactions", "quantity_text"]

_MARKERS = {"calibration": "o", "validation": "D", "information": "s"}
_OTHERS = "others, for information"
_SHADES = {2.0: "#eef1f6", 1.5: "#dfe5ee", 1.25: "#ccd6e4"}
_SYMBOLS = {
    "auc_inf": "AUC∞", "auc_last": "AUClast", "auc_tau": "AUCτ", "cmax": "Cmax", "cavg": "Cavg", "cmin": "Cmin",
    "tmax": "tmax", "half_life": "half-life", "oral_clearance": "CL/F", "clearance": "CL", "bioavailability": "F",
    "volume_steady_state": "Vss",
}  # fmt: skip
# Panels of observed against predicted: title, quantities, and the unit that they are shown in.
_PANELS = (
    ("Areas", ("auc_inf", "auc_last", "auc_tau"), "ng*h/mL"),
    ("Levels", ("cmax", "cavg", "cmin"), "ng/mL"),
    ("Clearances", ("clearance", "oral_clearance"), "L/h"),
    ("Fractions and ratios", (), ""),
)
_ROW, _HEAD, _EDGE = 0.145, 0.235, 0.75  # inches: a row, the name of a domain, the margins together
_STUDY, _LABEL, _LEFT = 0.006, 0.135, 0.46  # where columns begin, of the width: study, what was measured, drawing


def quantity_text(row: ComparedAnswer) -> str:
    """What was measured, briefly: Cmax of desipramine; AUC∞ of desipramine against po."""
    return _measured(row) + (f" against {row.relative_to}" if row.relative_to else "")


def _measured(row: ComparedAnswer) -> str:
    symbol = _SYMBOLS.get(row.quantity, row.quantity.replace("_", " "))
    return f"{symbol} of {row.analyte}" + (f" over {row.relative_to_analyte}" if row.relative_to_analyte else "")


def forest(rows: Sequence[ComparedAnswer]) -> str:
    """Predicted over observed, a line for every row, by domain and study, as SVG text; empty without rows."""
    if not rows:
        return ""
    domains = dict.fromkeys(row.domain for row in rows)
    height = _EDGE + _ROW * len(rows) + _HEAD * len(domains)
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, height))
        axes = figure.add_axes((_LEFT, 0.4 / height, 0.98 - _LEFT, 1.0 - _EDGE / height))
        reach = max(2.6, 1.15 * max(fold_error(row.ratio) for row in rows))
        axes.set(xscale="log", xlim=(1.0 / reach, reach), ylim=(height - _EDGE, 0.0))
        for band, shade in _SHADES.items():
            axes.axvspan(1.0 / band, band, color=shade, lw=0, zorder=0)
        axes.axvline(1.0, color=MUTED, lw=0.8, zorder=1)
        depth = 0.0
        colours = _colours(rows)
        for domain in domains:
            own = [row for row in rows if row.domain == domain]
            _beside(axes, depth + 0.6 * _HEAD, f"{domain.capitalize()} ({len(own)})", weight="bold")
            depth = _group(axes, own, depth + _HEAD, colours)
        ticks = [tick for tick in (0.25, 0.5, 0.667, 0.8, 1.0, 1.25, 1.5, 2.0, 4.0) if 1.0 / reach < tick < reach]
        axes.set_xticks(ticks, labels=[f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.set_yticks([])
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("predicted over observed")
        _legend(axes, rows)
        figure.text(0.012, 1.0 - 0.17 / height, "Every row", size=10, weight="bold", va="center")
        return svg(figure, "Qualification: every row", _told(rows))


def _group(axes: Axes, rows: Sequence[ComparedAnswer], depth: float, colours: Mapping[str, str]) -> float:
    """The rows of one domain from a depth down; the depth below them."""
    for study, own in groupby(rows, key=lambda row: row.study):
        for i, row in enumerate(own):
            middle = depth + 0.5 * _ROW
            axes.plot([1.0, row.ratio], [middle] * 2, color=MUTED, lw=0.5, zorder=2)
            _mark(axes, row, row.ratio, middle, colours)
            _beside(axes, middle, study if i == 0 else "")
            _beside(axes, middle, f"{row.arm}: {quantity_text(row)}", at=_LABEL)
            depth += _ROW
    return depth


def _beside(axes: Axes, y: float, text: str, *, at: float = _STUDY, weight: str = "normal") -> None:
    """A text left of the drawing, at a share of the figure's width."""
    size, x = 8.0 if weight == "bold" else 6.8, (at - _LEFT) / (0.98 - _LEFT)
    axes.text(x, y, text, transform=axes.get_yaxis_transform(), size=size, weight=weight, va="center", clip_on=False)


def _mark(axes: Axes, row: ComparedAnswer, x: float, y: float, colours: Mapping[str, str]) -> None:
    """A row: its marker says the role, its colour what was given; what was not fitted is filled."""
    colour = colours[row.compound]
    fill = "white" if row.role == "calibration" else colour
    axes.plot([x], [y], _MARKERS[row.role], mfc=fill, mec=colour, mew=1.0, ms=4.2, zorder=3)


def _colours(rows: Sequence[ComparedAnswer]) -> dict[str, str]:
    """A colour for each compound that was given; those with rows for information only share one."""
    judged = compound_colours(row.compound for row in rows if row.role != "information")
    return {row.compound: judged.get(row.compound, MUTED) for row in rows}


def _legend(axes: Axes, rows: Sequence[ComparedAnswer], above: float = 1.0) -> None:
    """Roles by marker and compounds by colour, above the drawing."""
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], ls="", marker=_MARKERS[role], mfc="white" if role == "calibration" else INK, mec=INK, ms=4.5,
               label=role)
        for role in _MARKERS if any(row.role == role for row in rows)
    ]  # fmt: skip
    named: dict[str, str] = {}
    for name, colour in _colours(rows).items():
        named.setdefault(colour, _OTHERS if colour == MUTED else name)
    handles += [Line2D([], [], ls="", marker="o", color=colour, ms=4.5, label=name) for colour, name in named.items()]
    axes.legend(
        handles=handles, ncols=len(handles), loc="lower right", bbox_to_anchor=(1.01, above), columnspacing=0.9,
        handletextpad=0.1, borderaxespad=0.2, fontsize=7.5,
    )  # fmt: skip


def goodness_of_fit(rows: Sequence[ComparedAnswer]) -> str:
    """Predicted against observed, both logarithmic, a panel for each kind of number; empty without rows."""
    panels = [(title, unit_text, _shown(rows, names, unit_text)) for title, names, unit_text in _PANELS]
    drawn = [row for _, _, points in panels for row, _, _ in points]
    if not drawn:
        return ""
    colours = _colours(rows)
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(7.2, 7.4))
        grid = figure.subplots(2, 2)
        figure.subplots_adjust(left=0.09, right=0.98, bottom=0.07, top=0.87, hspace=0.3, wspace=0.24)
        for axes, (title, unit_text, points) in zip(grid.flat, panels, strict=True):
            reach = _square(axes, [value for _, *pair in points for value in pair])
            for band, style in ((1.0, "-"), (BANDS[0], ":"), (BANDS[-1], "--")):
                for factor in {band, 1.0 / band}:
                    axes.plot(reach, [factor * end for end in reach], ls=style, color=MUTED, lw=0.8, zorder=1)
            for row, observed, predicted in points:
                _mark(axes, row, observed, predicted, colours)
            axes.set_title(f"{title}, {unit_text.replace('*', '·')}" if unit_text else title)
            axes.set(xlabel="observed", ylabel="predicted")
        _legend(grid.flat[1], drawn, 1.09)
        figure.text(0.09, 0.965, "Predicted against observed", size=10, weight="bold", va="center")
        rest = len(rows) - len(drawn)
        note = "lines: equal, 1.25-fold, two-fold" + (f"; {rest} rows in other units are not drawn" if rest else "")
        figure.text(0.09, 0.937, note, size=8, color=MUTED, va="center")
        return svg(figure, "Qualification: predicted against observed", _told(rows))


def _shown(
    rows: Sequence[ComparedAnswer], names: Sequence[str], unit_text: str
) -> list[tuple[ComparedAnswer, float, float]]:
    """Rows of one panel with observed and predicted in its unit; all pure numbers where it has none."""
    pure = unit(unit_text).dimension.dimensionless
    own = [row for row in rows if unit(row.unit).dimension == unit(unit_text).dimension]
    return [
        (row, convert(row.observed, row.unit, unit_text), convert(row.predicted, row.unit, unit_text))
        for row in own if pure or row.quantity in names
    ]  # fmt: skip


def _square(axes: Axes, values: Sequence[float]) -> tuple[float, float]:
    """The same logarithmic reach on both axes, around all values."""
    low, high = (min(values) / 1.6, max(values) * 1.6) if values else (0.5, 2.0)
    for axis in (axes.xaxis, axes.yaxis):
        log_axis(axis, low, high)
    axes.set_aspect("equal", adjustable="box")
    axes.grid(True)
    return low, high


def interactions(rows: Sequence[ComparedAnswer]) -> str:
    """Predicted against observed ratios with and without an inhibitor, within Guest's limits; empty without any."""
    own = [row for row in rows if row.guest_low is not None]
    if not own:
        return ""
    colours = _colours(own)
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(6.4, 6.4))
        axes = figure.add_axes((0.11, 0.09, 0.86, 0.78))
        low, high = _square(axes, [value for row in own for value in (row.observed, row.predicted)] + [0.6, 4.0])
        line = [low * (high / low) ** (i / 200) for i in range(201)]
        limits = [guest_limits(ratio) for ratio in line]
        lower, upper = [limit.low for limit in limits], [limit.high for limit in limits]
        axes.fill_between(line, lower, upper, color=_SHADES[1.5], lw=0, zorder=0)
        for factor, style in ((1.0, "-"), (BANDS[-1], "--"), (1.0 / BANDS[-1], "--")):
            axes.plot(line, [factor * ratio for ratio in line], ls=style, color=MUTED, lw=0.8, zorder=1)
        for row in own:
            _mark(axes, row, row.observed, row.predicted, colours)
            if not row.within_guest:
                axes.annotate(
                    f"{row.study}: {_measured(row)}", (row.observed, row.predicted), xytext=(5, -3), fontsize=6.5,
                    textcoords="offset points",
                )  # fmt: skip
        axes.set(xlabel="observed ratio", ylabel="predicted ratio")
        _legend(axes, own)
        figure.text(0.11, 0.955, "Interactions", size=10, weight="bold", va="center")
        figure.text(0.11, 0.925, "shaded: Guest's limits, δ 1.25; dashed: two-fold", size=8, color=MUTED, va="center")
        inside = sum(bool(row.within_guest) for row in own)
        told = f"{len(own)} ratios with and without an inhibitor; {inside} of them lie within the limits of Guest."
        return svg(figure, "Qualification: interactions", told)


def _told(rows: Sequence[ComparedAnswer]) -> str:
    """The figure in words: how many rows by role, how far off, and which lie outside."""
    parts = []
    for role in _MARKERS:
        own = [row for row in rows if row.role == role]
        if own:
            mean = math.exp(sum(math.log(fold_error(row.ratio)) for row in own) / len(own))
            inside = sum(fold_error(row.ratio) <= BANDS[-1] for row in own)
            parts.append(f"{len(own)} rows of {role}, GMFE {mean:.2f}, {inside} within two-fold")
    outside = [f"{row.study} {row.arm} {row.quantity}" for row in rows if fold_error(row.ratio) > BANDS[-1]]
    missed = f" Outside two-fold: {', '.join(outside)}." if outside else " None lies outside two-fold."
    return f"{'; '.join(parts)}.{missed}"
