"""From dose to cleft: how much of each transporter is blocked, by whom, and what that leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reuptake.reports.figures.style import (
    FAINT,
    INK,
    MUTED,
    PAPER,
    brief,
    compound_colours,
    drawing,
    percent,
    svg,
    target_colour,
)
from reuptake.reports.profile import Profile
from reuptake.reports.tables import References, number_text, unit_text

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["TRANSMITTERS", "synapse"]

# The transporters of the drawing, what each takes back, and its name in words.
TRANSMITTERS = {"SERT": ("5-HT", "serotonin"), "NET": ("NE", "noradrenaline")}
_WIDTH, _HEIGHT = 900.0, 700.0
_TERMINAL, _DENDRITE, _TRANSMITTER = "#e9edf5", "#f3efe6", "#3d4454"
# Where vesicles and molecules lie: an ornament, the same in every figure.
_VESICLES = ((78, 498), (122, 522), (160, 482), (106, 458), (150, 428), (84, 418))
_IN_CLEFT = (
    (92, 326),
    (138, 296),
    (176, 330),
    (204, 292),
    (60, 288),
    (166, 274),
    (234, 322),
    (104, 272),
    (222, 268),
    (40, 318),
)


def synapse(profile: Profile, references: References) -> str:
    """The drawing as SVG text; empty if nothing followed binds either transporter."""
    lanes = [target for target in TRANSMITTERS if target in profile.targets]
    if not lanes:
        return ""
    with drawing():
        from matplotlib.figure import Figure

        spare = 22.0 * (4 - min(5, max(len(profile.ligands(target)) for target in lanes)))
        figure = Figure(figsize=(_WIDTH / 100, (_HEIGHT - spare) / 100))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, _WIDTH), ylim=(spare, _HEIGHT))
        axes.set_axis_off()
        _way_of_the_dose(axes, profile)
        for lane, target in enumerate(lanes):
            left = 18.0 + (441.0 * lane if len(lanes) > 1 else 220.5)
            _lane(axes, profile, references, target, left)
        note = "Cells and molecules are not to scale."
        axes.text(_WIDTH - 18, spare + 8, note, ha="right", va="center", size=8, color=MUTED)
        title = f"Mechanism of {profile.compound.title}: block of reuptake"
        return svg(figure, title, _told(profile, lanes))


def _told(profile: Profile, lanes: list[str]) -> str:
    parts = []
    for target in lanes:
        whole = profile.occupancy(target)
        held = f"{percent(whole.mean)} of {target} is blocked on average" if whole else f"{target} is blocked"
        parts.append(f"{held}, so that {TRANSMITTERS[target][1]} released into the cleft is taken back more slowly")
    return f"Dose, plasma, brain and two synapses drawn side by side: {'; '.join(parts)}."


def _way_of_the_dose(axes: Axes, profile: Profile) -> None:
    """Dose, plasma and brain as three boxes."""
    words, title = profile.regimen, brief(profile.compound.compound, 24)
    form = "" if profile.compound.dose_form == "free base" else f" {profile.compound.dose_form}"
    dose = [f"{words['dose']} every {words['every']}, by mouth", f"{title}{form}, {words['duration']}"]
    shown = [name for name in profile.names if any(profile.kd(name, target) for target in TRANSMITTERS)][:4]
    levels = [(name, profile.plasma(name), profile.unbound_in_brain(name)) for name in shown]
    plasma = [f"{name} {span.mean:.3g} ng/mL" for name, span, _ in levels if span]
    brain = [f"{name} {span.mean:.3g} nmol/L" for name, _, span in levels if span]
    boxes = [
        ("Dose", dose),
        ("Plasma, mean level", plasma or ["not simulated"]),
        ("Brain, mean unbound level", brain or ["not simulated"]),
    ]
    for i, (head, lines) in enumerate(boxes):
        left = 18.0 + 294.0 * i
        _box(axes, left, 606.0, 276.0, 84.0)
        axes.text(left + 12, 677, head, weight="bold", va="center", size=8.5)
        for j, line in enumerate(lines[:4]):
            axes.text(left + 12, 660 - 14.0 * j, line, va="center", size=8)
        if i:
            _arrow(axes, (left - 18, 648), (left, 648))
    axes.text(
        _WIDTH - 18, 593, "only unbound drug reaches the transporters", ha="right", va="center", size=8, color=MUTED
    )


def _lane(axes: Axes, profile: Profile, references: References, target: str, left: float) -> None:
    """One synapse: terminal, transporter, cleft, next cell, and who holds the transporter."""
    _terminal(axes, target, left)
    _transporter(axes, profile, target, left + 262.0)
    _cleft(axes, profile, references, target, left)
    _holders(axes, profile, references, target, left)


def _terminal(axes: Axes, target: str, left: float) -> None:
    from matplotlib.patches import Circle, FancyBboxPatch

    symbol, transmitter = TRANSMITTERS[target]
    style = "round,pad=0,rounding_size=34"
    axes.add_patch(
        FancyBboxPatch((left, 372), 423, 206, boxstyle=style, fc=_TERMINAL, ec=target_colour(target), lw=1.4)
    )
    axes.add_patch(
        FancyBboxPatch(
            (left, 164), 423, 56, boxstyle="round,pad=0,rounding_size=16", fc=_DENDRITE, ec="#9c8f73", lw=1.2
        )
    )
    axes.text(
        left + 24,
        558,
        f"{transmitter.capitalize()} terminal",
        weight="bold",
        va="center",
        color=target_colour(target),
        size=9.5,
    )
    for x, y in _VESICLES:
        axes.add_patch(Circle((left + x, y), 17, fc=PAPER, ec=MUTED, lw=1.0))
        for dx, dy in ((-6, 4), (6, 4), (0, -6)):
            axes.add_patch(Circle((left + x + dx, y + dy), 3.6, fc=_TRANSMITTER, ec="none"))
    axes.text(left + 190, 508, f"vesicles\nwith {symbol}", va="center", size=8, color=MUTED, linespacing=1.3)
    _arrow(axes, (left + 118, 398), (left + 118, 340))
    axes.text(left + 130, 352, "release", va="center", size=8, color=MUTED)


def _transporter(axes: Axes, profile: Profile, target: str, left: float) -> None:
    """The transporter as a gauge across the membrane: each ligand's share in its colour, the rest free."""
    from matplotlib.patches import FancyBboxPatch, Rectangle

    bottom, height, width = 336.0, 110.0, 46.0
    axes.add_patch(
        FancyBboxPatch(
            (left - 4, bottom - 4),
            width + 8,
            height + 8,
            boxstyle="round,pad=0,rounding_size=9",
            fc=PAPER,
            ec=target_colour(target),
            lw=2.0,
        )
    )
    colours, level = compound_colours(profile.names), bottom
    for name in profile.ligands(target):
        share = profile.occupancy(target, name)
        if share:
            axes.add_patch(Rectangle((left, level), width, height * share.mean, fc=colours[name], ec=PAPER, lw=0.8))
            level += height * share.mean
    whole, symbol = profile.occupancy(target), TRANSMITTERS[target][0]
    text = f"{percent(whole.mean)} blocked" if whole else "not simulated"
    axes.text(left + width + 14, 424, target, weight="bold", size=10, va="center", color=target_colour(target))
    axes.text(left + width + 14, 406, text, size=8.5, va="center")
    if whole:
        axes.text(left + width + 14, 390, f"{percent(1.0 - whole.mean)} free", size=8.5, va="center", color=MUTED)
    middle = left + width / 2
    free = 1.0 - whole.mean if whole else 1.0
    _arrow(axes, (middle, bottom + height + 8), (middle, bottom + height + 52), width=0.6 + 4.0 * free)
    axes.text(middle - 14, 476, f"reuptake\nof {symbol}", ha="right", va="center", size=8, color=MUTED, linespacing=1.3)
    _arrow(axes, (middle, bottom - 56), (middle, bottom - 6), width=0.6 + 4.0 * free)


def _cleft(axes: Axes, profile: Profile, references: References, target: str, left: float) -> None:
    """Transmitter and drug between the cells, receptors below, and what the claims say follows."""
    from matplotlib.patches import Arc, Circle, RegularPolygon

    symbol = TRANSMITTERS[target][0]
    for x, y in _IN_CLEFT:
        axes.add_patch(Circle((left + x, y), 3.8, fc=_TRANSMITTER, ec="none"))
    colours = compound_colours(profile.names)
    for i, name in enumerate(profile.ligands(target)[:4]):
        for x, y in ((330, 322), (346, 296)):
            axes.add_patch(
                RegularPolygon((left + x + 23 * i, y - 7 * (i % 2)), 6, radius=6.5, fc=colours[name], ec=PAPER, lw=0.6)
            )
    for x in (70, 150, 230, 310):
        axes.add_patch(Arc((left + x, 225), 26, 26, theta1=180, theta2=360, ec="#8a7a55", lw=3.0))
    axes.text(left + 14, 250, "cleft", va="center", size=8, color=MUTED)
    claims = [
        c for c in profile.evidence.claims if c.subject == profile.compound.compound and c.row in ("A1", "A2", "A3")
    ]
    told = [c for c in claims if c.target == target and c.direction and any(f".{symbol}" in t for t in c.tested_by)]
    axes.text(left + 14, 190, f"next cell, with receptors for {symbol}", va="center", size=8, color=MUTED)
    if told:
        word = {
            "increase": f"more {symbol} in the cleft",
            "decrease": f"less {symbol} in the cleft",
            "unchanged": f"{symbol} unchanged",
        }
        first = next(c for c in told if c.direction)
        numbers = ", ".join(str(n) for n in references.cite(*first.sources))
        computed = any(test in profile.outputs for test in first.tested_by)
        note = "" if computed else ", not computed yet"
        axes.text(
            left + 409,
            250,
            f"{word[str(first.direction)]} [{numbers}]{note}",
            ha="right",
            va="center",
            size=8.5,
            weight="bold",
        )


def _holders(axes: Axes, profile: Profile, references: References, target: str, left: float) -> None:
    """Who holds the transporter: mean share as a bar, and Kd with its source."""
    from matplotlib.patches import Rectangle, RegularPolygon

    colours = compound_colours(profile.names)
    axes.text(left, 143, f"Who holds {target}", weight="bold", va="center", size=8.5)
    axes.text(left + 272, 143, "Kd, nmol/L", va="center", size=8, color=MUTED)
    axes.text(left + 160, 143, "mean share", va="center", size=8, color=MUTED)
    for i, name in enumerate(profile.ligands(target)[:5]):
        y = 123.0 - 22.0 * i
        kd, share = profile.kd(name, target), profile.occupancy(target, name)
        axes.add_patch(RegularPolygon((left + 7, y), 6, radius=6.5, fc=colours[name], ec="none"))
        axes.text(left + 20, y, name, va="center", size=8)
        axes.add_patch(Rectangle((left + 160, y - 5), 60, 10, fc="none", ec=FAINT, lw=0.8))
        if share:
            axes.add_patch(Rectangle((left + 160, y - 5), 60 * share.mean, 10, fc=colours[name], ec="none"))
            axes.text(left + 226, y, percent(share.mean), va="center", size=8)
        if kd:
            text = number_text(kd.number) + ("" if kd.unit == "nmol/L" else f" {unit_text(kd.unit)}")
            axes.text(left + 272, y, f"{text}  {references.mark(kd)}", va="center", size=8)
    scale = profile.in_vivo_scale(target)
    if scale:
        y = 123.0 - 22.0 * min(len(profile.ligands(target)), 5)
        text = f"In the living brain each Kd counts {number_text(scale.number)} times {references.mark(scale)}"
        axes.text(left, y, text, va="center", size=8, color=MUTED)


def _box(axes: Axes, left: float, bottom: float, width: float, height: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    axes.add_patch(
        FancyBboxPatch(
            (left, bottom), width, height, boxstyle="round,pad=0,rounding_size=10", fc="#f7f8fa", ec=FAINT, lw=1.1
        )
    )


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], *, width: float = 1.3) -> None:
    from matplotlib.patches import FancyArrowPatch

    axes.add_patch(
        FancyArrowPatch(
            start, end, arrowstyle="-|>", mutation_scale=9 + 2 * width, lw=width, color=INK, shrinkA=0, shrinkB=0
        )
    )
