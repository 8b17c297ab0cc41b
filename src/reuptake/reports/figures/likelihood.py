"""What is lost when one parameter is held: a panel for each profile, with the limit of 95 %."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reuptake.calibration.parameters import Parameter
from reuptake.calibration.profile import Profile
from reuptake.calibration.results import Calibration
from reuptake.reports.answers.shapes import named
from reuptake.reports.figures.style import FAINT, INK, MUTED, both_ends, brief, drawing, log_axis, svg
from reuptake.reports.tables import interval_text, unit_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["MOST_PANELS", "likelihood_profiles"]

MOST_PANELS, ACROSS, LETTERS, TOP = 40, 4, 29, 8.0
LINE, OPEN = "#0072B2", "#D55E00"  # Okabe and Ito's palette


def likelihood_profiles(found: Calibration) -> str:
    """Rise of twice the cost against the value where a parameter is held, as SVG text; empty without profiles.

    Shaded: the 95 % interval. Where the rise stays below its limit up to a bound, the panel says that it is open.
    """
    chosen = list(found.profiles.values())[:MOST_PANELS]
    if not chosen:
        return ""
    parameters = {one.name: (one, float(best)) for one, best in
                  zip(found.fitted.parameters, found.fitted.values, strict=True)}  # fmt: skip
    down = -(-len(chosen) // ACROSS)
    width, height = 9.0, 0.75 + 1.95 * down
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(width, height))
        figure.subplots_adjust(
            left=0.6 / width, right=1.0 - 0.15 / width, bottom=0.5 / height, top=1.0 - 0.95 / height,
            wspace=0.16, hspace=0.62,
        )  # fmt: skip
        panels = figure.subplots(down, ACROSS, squeeze=False).ravel()
        for place, axes in enumerate(panels):
            if place >= len(chosen):
                axes.set_axis_off()
                continue
            _panel(axes, chosen[place], *parameters[chosen[place].name], found.fitted.reach**2)
            axes.set_ylabel("rise of 2·cost" if place % ACROSS == 0 else "")
            axes.tick_params(axis="y", labelleft=place % ACROSS == 0)
        title = "Profiles" + (
            f", the first {MOST_PANELS} of {len(found.profiles)}" * (len(chosen) < len(found.profiles))
        )
        figure.text(0.6 / width, 1.0 - 0.2 / height, title, size=10, weight="bold", va="center")
        said = f"dashed: {found.fitted.reach**2:.3g}, the limit of 95 %; line: best value; shaded: interval"
        figure.text(0.6 / width, 1.0 - 0.42 / height, said, size=8, color=MUTED, va="center")
        return svg(figure, "Fit: profiles", _told(chosen))


def _panel(axes: Axes, profile: Profile, parameter: Parameter, best: float, limit: float) -> None:
    finite = np.isfinite(profile.values) & np.isfinite(profile.rises)
    values, rises = profile.values[finite], profile.rises[finite]
    if len(values):
        _value_axis(axes, parameter, float(values.min()), float(values.max()))
        axes.plot(values, np.minimum(rises, 2.0 * TOP), "-o", color=LINE, lw=1.3, ms=2.4, mew=0, zorder=3)
    low, high = axes.get_xlim()
    axes.axvspan(low if profile.low is None else profile.low, high if profile.high is None else profile.high,
                 color=FAINT, alpha=0.5, lw=0, zorder=0)  # fmt: skip
    axes.axhline(limit, color=MUTED, lw=0.8, ls=(0, (4, 2)), zorder=1)
    axes.axvline(best, color=INK, lw=0.8, zorder=2)
    ends = [end for end in (profile.low, profile.high) if end is not None]
    axes.plot(ends, [limit] * len(ends), "D", color=LINE, ms=4.0, mew=0, zorder=4)
    for end, place, side in ((profile.low, 0.03, "left"), (profile.high, 0.97, "right")):
        if end is None:
            arrow = "← open" if side == "left" else "open →"
            axes.text(place, 0.93, arrow, transform=axes.transAxes, ha=side, va="top", size=7.5, color=OPEN)
    axes.set(ylim=(-0.25, TOP), yticks=[0, 2, 4, 6, 8])
    axes.set_title(_folded(profile.name), size=8, weight="normal")
    axes.set_xlabel(brief(f"{interval_text(profile.low, profile.high)} {unit_text(parameter.unit)}", 30), size=7.5)
    axes.tick_params(labelsize=7)


def _folded(name: str) -> str:
    """A name in two lines where it is long, broken after a dot if there is one."""
    if len(name) <= LETTERS:
        return name
    cut = name.rfind(".", 0, LETTERS) + 1 or LETTERS
    return f"{name[:cut]}\n{both_ends(name[cut:], LETTERS)}"


def _value_axis(axes: Axes, parameter: Parameter, low: float, high: float) -> None:
    """Logarithmic where the search was and the values are; a little room on both sides."""
    from matplotlib.ticker import MaxNLocator

    if parameter.scale == "log" and low > 0.0:
        room = (high / low) ** 0.04 if high > low else 1.1
        log_axis(axes.xaxis, low / room, high * room, most=4)
        return
    room = 0.04 * (high - low) or 0.1 * (abs(high) or 1.0)
    axes.set_xlim(low - room, high + room)
    axes.xaxis.set_major_locator(MaxNLocator(3))


def _told(chosen: list[Profile]) -> str:
    open_ended = [one.name for one in chosen if one.low is None or one.high is None]
    said = f"Profiles of {len(chosen)} parameters"
    return (
        f"{said}; open on one side or both: {named(open_ended)}." if open_ended else f"{said}; every interval closes."
    )
