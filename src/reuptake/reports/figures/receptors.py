"""The receptor profile: how tightly each target is held, at which level, and which effect it stands for."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

import numpy as np

from reuptake.evidence.records import Record
from reuptake.reports.figures.style import INK, MUTED, PAPER, compound_colours, drawing, percent, shown_target, svg
from reuptake.reports.profile import Profile
from reuptake.units import unit

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["effects", "receptors"]

# What a claim found of its correlate, where that is not the rise one would expect.
_COURSE = {"unchanged": " (unchanged)", "decrease": " (less)"}


def effects(profile: Profile) -> dict[str, list[str]]:
    """Clinical correlates that the claims tie to each target."""
    found: dict[str, list[str]] = {}
    for claim in profile.evidence.claims:
        if claim.subject == profile.compound.compound and claim.target and claim.correlate:
            found.setdefault(claim.target, []).append(claim.correlate + _COURSE.get(claim.direction or "", ""))
    return {target: list(dict.fromkeys(correlates)) for target, correlates in found.items()}


def receptors(profile: Profile) -> str:
    """The profile as SVG text; empty if nothing followed has an affinity for any target."""
    targets = _rows(profile)
    if not profile.targets:
        return ""
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.0, 1.55 + 0.42 * len(targets)))
        height = figure.get_figheight()
        bottom, top = 0.62 / height, 0.86 / height
        affinity = figure.add_axes((0.1, bottom, 0.39, 1 - bottom - top))
        held = figure.add_axes((0.51, bottom, 0.17, 1 - bottom - top), sharey=affinity)
        _affinities(affinity, profile)
        _occupancies(held, profile)
        _effects(held, profile)
        _legend(figure, profile)
        title = f"Receptor profile of {profile.compound.title}"
        return svg(figure, title, _told(profile))


def _told(profile: Profile) -> str:
    correlates = effects(profile)
    parts = []
    for target in _rows(profile):
        kd, whole = profile.kd(profile.compound.compound, target), profile.occupancy(target)
        bound = f"Kd {kd.number:g} {kd.unit}" if kd else "no Kd of the drug itself"
        occupied = f", mean occupancy {percent(whole.mean)}" if whole else ""
        linked = f", {', '.join(correlates[target])}" if target in correlates else ""
        parts.append(f"{target}: {bound}{occupied}{linked}")
    return "; ".join(parts) + "."


def _rows(profile: Profile) -> list[str]:
    """Targets with an affinity, then those of which only an effect is claimed."""
    return [*profile.targets, *(target for target in effects(profile) if target not in profile.targets)]


def _shown(profile: Profile) -> list[str]:
    """Ligands drawn as points: every compound followed that binds something."""
    return [name for name in profile.names if any(profile.kd(name, target) for target in profile.targets)]


def _affinities(axes: Axes, profile: Profile) -> None:
    """Kd of each ligand on a logarithmic axis, with its spread, over the band of simulated levels."""
    colours, ligands, targets = compound_colours(profile.names), _shown(profile), _rows(profile)
    for name in ligands[:2]:
        level = profile.unbound_in_brain(name)
        if level and level.low > 0.0:
            axes.axvspan(level.low, level.high, color=colours[name], alpha=0.16, lw=0)
    for row, target in enumerate(targets):
        present = [name for name in ligands if profile.kd(name, target)]
        if not present:
            place = axes.get_yaxis_transform()
            axes.text(0.02, row, "no affinity in the evidence", transform=place, va="center", size=8, color=MUTED)
        for i, name in enumerate(present):
            y = row + 0.17 * (i - (len(present) - 1) / 2)
            kd = profile.kd(name, target)
            if kd:
                _point(axes, profile, target, kd, y, colours[name])
    axes.set(xscale="log", ylim=(len(targets) - 0.4, -0.6), yticks=range(len(targets)))
    axes.minorticks_off()
    low, high = axes.get_xlim()
    axes.set_xlim(low / max(1.0, 10.0 * low / high), high * max(1.0, 10.0 * low / high))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.set_yticklabels(["\n".join(wrap(shown_target(target), 12)[:2]) for target in targets], weight="bold")
    axes.set_xlabel("Kd and unbound level in brain, nmol/L")
    axes.grid(axis="x")
    axes.tick_params(axis="y", length=0)
    axes.set_title("Affinity", loc="left")


def _point(axes: Axes, profile: Profile, target: str, kd: Record, y: float, colour: str) -> None:
    """A filled point is measured, an open one is not; a cross where the living brain shifts it."""
    value = kd.number * unit(kd.unit).factor
    low, high = _range(kd)
    axes.plot([low, high], [y, y], color=colour, lw=1.0, alpha=0.7, solid_capstyle="butt")
    filled = kd.status == "measured"
    axes.plot([value], [y], marker="o", ms=5.2, mfc=colour if filled else PAPER, mec=colour, mew=1.2)
    scale = profile.in_vivo_scale(target)
    if scale and scale.number != 1.0:
        axes.plot([value * scale.number], [y], marker="x", ms=4.6, mec=colour, mew=1.2)


def _range(kd: Record) -> tuple[float, float]:
    """The middle 90 % of what laboratories would find, nmol/L."""
    factor, spread = unit(kd.unit).factor, kd.spread
    if spread is None:
        return kd.number * factor, kd.number * factor
    if spread.kind == "range" and spread.low is not None and spread.high is not None:
        return spread.low * factor, spread.high * factor
    if spread.kind == "lognormal" and spread.cv is not None:
        wide = float(np.exp(1.645 * np.sqrt(np.log1p(spread.cv**2))))
        return kd.number * factor / wide, kd.number * factor * wide
    wide = 1.645 * (spread.sd or 0.0)
    return max(kd.number - wide, kd.number / 100) * factor, (kd.number + wide) * factor


def _occupancies(axes: Axes, profile: Profile) -> None:
    """Mean occupancy of each target, stacked by ligand."""
    colours = compound_colours(profile.names)
    for row, target in enumerate(_rows(profile)):
        start = 0.0
        for name in profile.ligands(target):
            share = profile.occupancy(target, name)
            if share:
                axes.barh(row, 100 * share.mean, left=start, height=0.5, color=colours[name], ec=PAPER, lw=0.5)
                start += 100 * share.mean
        whole = profile.occupancy(target)
        if whole:
            inside = start > 70
            axes.text(
                start + (-3 if inside else 3),
                row,
                percent(whole.mean),
                ha="right" if inside else "left",
                va="center",
                size=8,
                color=PAPER if inside else INK,
            )
    axes.set(xlim=(0, 100), xticks=[0, 50, 100], xlabel="%")
    axes.tick_params(axis="y", length=0, labelleft=False)
    axes.set_title("Mean occupancy" if profile.course else "Not simulated", loc="left")
    axes.grid(axis="x")


def _effects(axes: Axes, profile: Profile) -> None:
    """What the claims tie to each target, in words beside the bars."""
    correlates = effects(profile)
    for row, target in enumerate(_rows(profile)):
        axes.plot(
            [0, 1.0],
            [row + 0.5, row + 0.5],
            transform=axes.get_yaxis_transform(),
            color="#eef0f3",
            lw=0.8,
            clip_on=False,
        )
        linked = correlates.get(target)
        lines = wrap(", ".join(linked or _outcomes(profile, target)), 38)
        axes.text(
            1.09,
            row,
            "\n".join(lines[:3]),
            transform=axes.get_yaxis_transform(),
            va="center",
            size=8,
            linespacing=1.2,
            color=INK if linked else MUTED,
        )
    axes.annotate(
        "Effect (clinical correlate)", (1.09, 1.0), (0, 6), "axes fraction", "offset points", weight="bold", size=9.5
    )


def _outcomes(profile: Profile, target: str) -> list[str]:
    """What block of a target does, where no clinical correlate is claimed of it."""
    own = [c for c in profile.evidence.claims if c.subject == profile.compound.compound and c.target == target]
    return list(dict.fromkeys(c.outcome for c in own if c.outcome and c.row[0] in "AB"))[:1]


def _legend(figure: object, profile: Profile) -> None:
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    assert isinstance(figure, Figure)
    colours = compound_colours(profile.names)
    handles: list[Patch | Line2D] = [Patch(color=colours[name], label=name) for name in _shown(profile)]
    if profile.course:
        handles.append(Patch(color=MUTED, alpha=0.25, label="unbound in brain, last interval"))
    handles += [
        Line2D([], [], lw=0, marker=marker, mfc=fill, mec=MUTED, label=label)
        for marker, fill, label in (
            ("o", MUTED, "Kd measured"),
            ("o", PAPER, "Kd derived or assumed"),
            ("x", MUTED, "Kd × in-vivo scale"),
        )
    ]
    figure.legend(
        handles=handles,
        loc="upper left",
        bbox_to_anchor=(0.03, 0.995),
        ncols=4 if len(handles) < 9 else 5,
        columnspacing=1.6,
        handlelength=1.2,
    )
