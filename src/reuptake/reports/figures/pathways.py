"""How the liver turns a drug into what follows: enzymes, metabolites, and the share of each route."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from reuptake.reports.figures.style import FAINT, INK, MUTED, PAPER, brief, compound_colours, drawing, percent, svg
from reuptake.reports.profile import Clearance, Profile

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["pathways"]

_WIDTH, _BOX_WIDTH, _BOX_HEIGHT, _ROW, _HEADROOM = 900.0, 178.0, 50.0, 190.0, 62.0


@dataclass(frozen=True)
class _Place:
    """The middle of a compound's box."""

    x: float
    y: float


def pathways(profile: Profile) -> str:
    """The pathways as SVG text; empty if no pathway is known."""
    if not any(profile.clearances(name) for name in profile.names):
        return ""
    columns = _columns(profile)
    height = _HEADROOM + _ROW * max(len(column) for column in columns)
    places = _places(columns, height)
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(_WIDTH / 100, height / 100))
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, _WIDTH), ylim=(0, height))
        axes.set_axis_off()
        for name, place in places.items():
            _ways_on(axes, profile, places, name, place)
        for name, place in places.items():
            _compound(axes, profile, name, place)
            _ways_out(axes, profile, name, place)
        axes.text(
            18,
            16,
            "Per cent: share of the intrinsic clearance of unbound drug by the liver, at levels far below saturation.",
            va="center",
            size=8,
            color=MUTED,
        )
        return svg(figure, f"Hepatic pathways of {profile.compound.title}", _told(profile))


def _told(profile: Profile) -> str:
    parts = []
    for name in profile.names:
        for way in profile.clearances(name):
            product = way.pathway.product or "products that are not followed"
            share = f", {percent(way.share)}" if way.share is not None else ""
            parts.append(f"{name} to {product} by {_enzyme(way)} ({way.pathway.reaction}{share})")
    return "; ".join(parts) + "."


def _columns(profile: Profile) -> list[list[str]]:
    """Compounds by how many steps of metabolism they lie from the parent."""
    depth = {profile.compound.compound: 0}
    for compound in profile.followed:
        for pathway in (way.pathway for way in profile.clearances(compound.compound)):
            if pathway.product:
                depth.setdefault(pathway.product, depth[compound.compound] + 1)
    return [[name for name in profile.names if depth[name] == step] for step in range(max(depth.values()) + 1)]


def _places(columns: list[list[str]], height: float) -> dict[str, _Place]:
    left, right = 18.0 + _BOX_WIDTH / 2, _WIDTH - 18.0 - _BOX_WIDTH / 2
    step = (right - left) / max(1, len(columns) - 1)
    return {
        name: _Place(left + step * i, height - _HEADROOM - _BOX_HEIGHT / 2 - _ROW * j)
        for i, column in enumerate(columns)
        for j, name in enumerate(column)
    }


def _enzyme(way: Clearance) -> str:
    enzyme = way.pathway.enzyme
    return {"other": "other routes", "unassigned": "enzyme not assigned"}.get(enzyme, enzyme)


def _compound(axes: Axes, profile: Profile, name: str, place: _Place) -> None:
    from matplotlib.patches import FancyBboxPatch

    colour = compound_colours(profile.names)[name]
    parent = name == profile.compound.compound
    axes.add_patch(
        FancyBboxPatch(
            (place.x - _BOX_WIDTH / 2, place.y - _BOX_HEIGHT / 2),
            _BOX_WIDTH,
            _BOX_HEIGHT,
            boxstyle="round,pad=0,rounding_size=10",
            fc=PAPER,
            ec=colour,
            lw=3.0 if parent else 2.0,
        )
    )
    level = profile.plasma(name)
    axes.text(
        place.x,
        place.y + (8 if level else 0),
        brief(profile.evidence.compound(name).title, 22),
        ha="center",
        va="center",
        size=8.5,
        weight="bold",
    )
    if level:
        axes.text(
            place.x, place.y - 10, f"plasma mean {level.mean:.3g} ng/mL", ha="center", va="center", size=8, color=MUTED
        )


def _ways_on(axes: Axes, profile: Profile, places: dict[str, _Place], name: str, start: _Place) -> None:
    """Arrows to products that are followed, as wide as their share, with enzymes beside them."""
    from matplotlib.patches import FancyArrowPatch

    products: dict[str, list[Clearance]] = {}
    for way in profile.clearances(name):
        if way.pathway.product:
            products.setdefault(way.pathway.product, []).append(way)
    for product, ways in products.items():
        end = places[product]
        begin = (start.x + _BOX_WIDTH / 2, start.y)
        finish = (end.x - _BOX_WIDTH / 2, end.y) if end.x > start.x else (end.x, end.y + _BOX_HEIGHT / 2)
        total = sum(way.share or 0.0 for way in ways)
        axes.add_patch(
            FancyArrowPatch(
                begin,
                finish,
                arrowstyle="-|>",
                mutation_scale=12 + 8 * total,
                lw=1.0 + 7.0 * total,
                color=compound_colours(profile.names)[product],
                shrinkA=1,
                shrinkB=2,
            )
        )
        lines = [(ways[0].pathway.reaction, True)]
        lines += [(_labelled(way), False) for way in sorted(ways, key=lambda way: -(way.share or 0.0))]
        level = finish[1] == begin[1]
        # Above an arrow that lies flat, across the middle of one that slants.
        middle = (begin[1] + finish[1]) / 2 + (_label_height(lines) / 2 + 2 + 3.5 * total if level else 0.0)
        _label(axes, (begin[0] + finish[0]) / 2, middle, lines, framed=not level)


def _label_height(lines: list[tuple[str, bool]]) -> float:
    return 10.0 + 14.5 * len(lines)


def _labelled(way: Clearance) -> str:
    share = f" {percent(way.share)}" if way.share is not None else ", no value"
    return f"{_enzyme(way)}{share}{' (and gut)' if way.pathway.gut else ''}"


def _label(axes: Axes, x: float, y: float, lines: list[tuple[str, bool]], *, framed: bool) -> None:
    """Lines of text beside an arrow, or on a paper patch across it; the first says the reaction."""
    from matplotlib.patches import FancyBboxPatch

    width, height = 12.0 + 6.6 * max(len(line) for line, _ in lines), _label_height(lines)
    if framed:
        corner, style = (x - width / 2, y - height / 2), "round,pad=0,rounding_size=5"
        axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle=style, fc=PAPER, ec=FAINT, lw=0.8, zorder=3))
    for i, (line, strong) in enumerate(lines):
        axes.text(
            x,
            y + height / 2 - 12.5 - 14.5 * i,
            line,
            ha="center",
            va="center",
            size=8,
            zorder=4,
            weight="bold" if strong else "normal",
            color=INK,
        )


def _ways_out(axes: Axes, profile: Profile, name: str, place: _Place) -> None:
    """What leaves: products that are not followed, and unchanged drug in urine."""
    out = [way for way in profile.clearances(name) if not way.pathway.product]
    lines: list[str] = []
    for way in out:
        share = f" {percent(way.share)}" if way.share is not None else ""
        lines += wrap(f"{_enzyme(way)}{share}: {way.pathway.reaction}", 30)
    unchanged = profile.summary.get("mass_balance", {}).get("urine_unchanged_fraction")
    if name == profile.compound.compound:
        shown = f"{percent(unchanged)} of the dose" if unchanged is not None else "share not simulated"
        lines += [*[""] * bool(lines), "unchanged in urine:", shown]
    if not lines:
        return
    top = place.y - _BOX_HEIGHT / 2
    width = 1.0 + 7.0 * sum(way.share or 0.0 for way in out)
    axes.annotate(
        "",
        (place.x, top - 30),
        (place.x, top),
        arrowprops={"arrowstyle": "-|>", "color": MUTED, "lw": min(width, 4.0), "shrinkA": 0, "shrinkB": 0},
    )
    for i, line in enumerate(lines):
        axes.text(place.x, top - 42 - 13.5 * i, line, ha="center", va="center", size=8, color=INK)
