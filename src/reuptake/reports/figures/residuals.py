"""How well a fit explains its numbers: predicted against observed, and what is left over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from reuptake.calibration.rows import Row
from reuptake.reports.figures.style import FAINT, INK, MUTED, both_ends, drawing, log_axis, looks, svg
from reuptake.reports.tables import unit_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["goodness_of_fit", "goodness_of_population", "residuals"]

Array = NDArray[np.float64]
Looks = Mapping[str, tuple[str, str]]
MOST_PANELS, FOLD = 6, 2.0
MIDDLE = NormalDist().inv_cdf(0.975)  # standard deviations around the middle 95 % of a normal distribution


def goodness_of_fit(rows: Sequence[Row]) -> str:
    """Predicted against observed, a panel for each unit, with the two-fold band, as SVG text; empty without rows."""
    finite = _finite(rows)
    units = [name for name, _ in Counter(row.unit for row in finite).most_common(MOST_PANELS)]
    panels = {
        unit_text(unit) or "pure numbers": _drawable([row for row in finite if row.unit == unit]) for unit in units
    }
    drawn = [row for panel in panels.values() for row in panel]
    return _against_observed(panels, rows, _told_fit(drawn, len(rows))) if drawn else ""


def goodness_of_population(typical: Sequence[Row], individual: Sequence[Row]) -> str:
    """Population and individual predictions against observed, a panel each, as SVG text; empty without rows."""
    panels = {
        f"{name} predictions": _drawable(_finite(rows))
        for name, rows in (("population", typical), ("individual", individual))
    }
    if not all(panels.values()):
        return ""
    inside = [f"{_inside(rows)} of {len(rows)} {name}" for name, rows in panels.items()]
    panels = {f"{name}, {unit_text(rows[0].unit)}": rows for name, rows in panels.items()}
    told = f"line: equal; band: two-fold, which holds {' and '.join(inside)}"
    lost = len(typical) + len(individual) - sum(len(rows) for rows in panels.values())
    told += f"; not drawn: {lost}, not above nought or not finite" * (lost > 0)
    return _against_observed(panels, individual, told)


def _finite(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if np.isfinite(row.observed) and np.isfinite(row.predicted)]


def _against_observed(panels: Mapping[str, Sequence[Row]], rows: Sequence[Row], told: str) -> str:
    """Predicted against observed, a panel for each of some rows, by title."""
    groups = looks(row.group for row in rows)
    across = 1 if len(panels) == 1 else 2 if len(panels) in (2, 4) else 3
    down = -(-len(panels) // across)
    side = {1: 4.4, 2: 2.9, 3: 1.7}[across]
    height = 0.6 + down * (side + 0.72)
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, height))
        for place, (title, panel) in enumerate(panels.items()):
            left, top = 0.62 + (place % across) * (side + 0.55), 0.8 + (place // across) * (side + 0.72)
            axes = figure.add_axes((left / 9.0, 1.0 - (top + side) / height, side / 9.0, side / height))
            _panel(axes, panel, groups)
            axes.set_title(f"{title} ({len(panel)})")
            axes.set_xlabel("observed" if place + across >= len(panels) else "")
            axes.set_ylabel("predicted" if place % across == 0 else "")
        _legend(figure, groups, 0.62 + across * (side + 0.55) - 0.2, 1.0 - 0.8 / height)
        figure.text(0.62 / 9.0, 1.0 - 0.2 / height, "Predicted against observed", size=10, weight="bold", va="center")
        figure.text(0.62 / 9.0, 1.0 - 0.4 / height, told, size=8, color=MUTED, va="center")
        return svg(figure, "Fit: predicted against observed", told)


def _drawable(rows: list[Row]) -> list[Row]:
    """Rows above nought where most are, for a logarithmic panel; all of them where most are not."""
    positive = [row for row in rows if row.observed > 0.0 and row.predicted > 0.0]
    return positive if 2 * len(positive) >= len(rows) else rows


def _panel(axes: Axes, rows: Sequence[Row], groups: Looks) -> None:
    values = [value for row in rows for value in (row.observed, row.predicted)]
    low, high = min(values), max(values)
    if low > 0.0:
        low, high = low / 1.6, high * 1.6
        line = np.array([low, high])
        axes.fill_between(line, line / FOLD, line * FOLD, color=FAINT, alpha=0.45, lw=0, zorder=0)
        for axis in (axes.xaxis, axes.yaxis):
            log_axis(axis, low, high, most=6)
    else:
        room = 0.06 * (high - low) or 1.0
        line = np.array([low - room, high + room])
        axes.set(xlim=tuple(line), ylim=tuple(line))
    axes.plot(line, line, color=MUTED, lw=0.8, zorder=1)
    axes.grid(visible=True)
    for name, own in _grouped(rows).items():
        colour, marker = groups[name]
        axes.plot([row.observed for row in own], [row.predicted for row in own], marker, color=colour, ms=4.2,
                  alpha=_alpha(len(rows)), mew=0, zorder=2)  # fmt: skip


def residuals(rows: Sequence[Row]) -> str:
    """Weighted residuals against what was predicted, against time where there is time, and against a normal one's."""
    drawn = [row for row in rows if np.isfinite(row.residual)]
    if not drawn:
        return ""
    groups = looks(row.group for row in rows)
    timed = [row for row in drawn if row.time is not None]
    panels = ["predicted", *(["time"] if timed else []), "normal"]
    reach = 1.1 * max(3.0, *(abs(row.residual) for row in drawn))
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, 3.5))
        figure.subplots_adjust(left=0.07, right=0.81, bottom=0.15, top=0.8, wspace=0.14)
        axes = dict(zip(panels, figure.subplots(1, len(panels), sharey=True), strict=True))
        for own in axes.values():
            own.axhline(0.0, color=MUTED, lw=0.8, zorder=1)
            for limit in (-MIDDLE, MIDDLE):
                own.axhline(limit, color=MUTED, lw=0.8, ls=(0, (4, 2)), zorder=1)
            own.set_ylim(-reach, reach)
        _against_predicted(axes["predicted"], drawn, groups)
        if timed:
            _points(axes["time"], timed, [float(row.time or 0.0) for row in timed], groups)
            axes["time"].set_xlabel("time, h")
        _quantiles(axes["normal"], drawn)
        axes["predicted"].set_ylabel("weighted residual, SD")
        _legend(figure, groups, 9.0 * 0.825, 0.8)
        figure.text(0.07, 0.945, "Residuals", size=10, weight="bold", va="center")
        told = _told_residuals(drawn, len(rows))
        figure.text(0.07, 0.885, told, size=8, color=MUTED, va="center")
        return svg(figure, "Fit: residuals", told)


def _against_predicted(axes: Axes, rows: Sequence[Row], groups: Looks) -> None:
    own = _drawable([row for row in rows if np.isfinite(row.predicted)])
    if not own:
        axes.set_axis_off()
        return
    places = [row.predicted for row in own]
    units = {unit_text(row.unit) for row in own}
    if min(places) > 0.0:
        log_axis(axes.xaxis, min(places) / 1.4, max(places) * 1.4, most=5)
    _points(axes, own, places, groups)
    axes.set_xlabel("predicted, " + (units.pop() or "pure number" if len(units) == 1 else "each in its unit"))


def _quantiles(axes: Axes, rows: Sequence[Row]) -> None:
    """Residuals in order against the quantiles of a normal distribution: on the line where they are its sample."""
    ordered, count = np.sort([row.residual for row in rows]), len(rows)
    normal = np.array([NormalDist().inv_cdf((i + 0.5) / count) for i in range(count)])
    reach = 1.1 * max(1.5, float(normal.max(initial=0.0)))
    axes.plot([-reach, reach], [-reach, reach], color=MUTED, lw=0.8, zorder=1)
    axes.plot(normal, ordered, "o", ms=3.2, color=INK, alpha=_alpha(count), mew=0, zorder=2)
    axes.set_xlim(-reach, reach)
    axes.set_xlabel("normal quantile, SD")


def _points(axes: Axes, rows: Sequence[Row], places: Sequence[float], groups: Looks) -> None:
    for name, (colour, marker) in groups.items():
        own = [(x, row.residual) for x, row in zip(places, rows, strict=True) if row.group == name]
        axes.plot([x for x, _ in own], [y for _, y in own], marker, color=colour, ms=4.0, mew=0,
                  alpha=_alpha(len(rows)), zorder=2)  # fmt: skip


def _grouped(rows: Sequence[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.group, []).append(row)
    return groups


def _alpha(count: int) -> float:
    """How solid a point is: the fainter, the more there are."""
    return 0.9 if count <= 100 else max(0.25, 9.0 / count**0.5)


def _legend(figure: Figure, groups: Looks, left: float, top: float) -> None:
    """Groups by colour and marker, right of the panels (left in inches, top as a share); the rest as one."""
    from matplotlib.lines import Line2D

    own = [(name, look) for name, look in groups.items() if look[0] != MUTED]
    rest = len(groups) - len(own)
    handles = [
        Line2D([], [], ls="", marker=marker, color=colour, mew=0, ms=5.0, label=both_ends(name, 18))
        for name, (colour, marker) in own
    ]
    if rest:
        handles.append(Line2D([], [], ls="", marker=".", color=MUTED, mew=0, label=f"{rest} more"))
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(left / 9.0, top), handletextpad=0.2,
                  borderaxespad=0.0)  # fmt: skip


def _told_fit(drawn: Sequence[Row], count: int) -> str:
    said = f"line: equal; band: two-fold, which holds {_inside(drawn)} of {len(drawn)} rows"
    return said + (
        f"; not drawn: {count - len(drawn)} rows, not above nought, not finite or in rarer units" * (count > len(drawn))
    )


def _inside(rows: Sequence[Row]) -> int:
    """How many predictions are within two-fold."""
    within = [row for row in rows if row.observed > 0.0 and row.predicted > 0.0]
    return sum(1.0 / FOLD <= row.predicted / row.observed <= FOLD for row in within)


def _told_residuals(drawn: Sequence[Row], count: int) -> str:
    values = np.array([row.residual for row in drawn])
    inside = int(np.sum(np.abs(values) <= MIDDLE))
    said = (
        f"{inside} of {len(drawn)} residuals lie within ±1.96 SD (dashed), mean {values.mean():+.2f}, "
        f"root mean square {np.sqrt(np.mean(values**2)):.2f}"
    )
    said = said.replace("-", "−")
    return said + (f"; not drawn: {count - len(drawn)} that are not finite" * (count > len(drawn)))
