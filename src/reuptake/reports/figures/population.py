"""What a population looks like, and how it compares with people measured."""

from __future__ import annotations

from typing import Any

import numpy as np

from reuptake.qualification.census import Census, Row
from reuptake.reports.figures.style import INK, MUTED, drawing, svg

__all__ = ["population_figure"]

WOMEN, MEN, OFF = "#0072B2", "#E69F00", "#D55E00"  # Okabe and Ito's palette, and a marker each
MOST_POINTS = 2000


def population_figure(found: Census) -> str:
    """Height and mass, organs that change with age, phenotypes, and every comparison, as SVG."""
    with drawing():
        from matplotlib.figure import Figure

        figure = Figure(figsize=(9.4, 9.6))
        grid = figure.add_gridspec(3, 2, width_ratios=(1.0, 1.15), hspace=0.36, wspace=0.78)
        figure.subplots_adjust(left=0.075, right=0.975, bottom=0.09, top=0.90)
        _size(figure.add_subplot(grid[0, 0]), found)
        _ages(figure.add_subplot(grid[1, 0]), found)
        _phenotypes(figure.add_subplot(grid[2, 0]), found)
        _comparison(figure.add_subplot(grid[:, 1]), found)
        figure.text(0.075, 0.965, "A virtual population", size=11, weight="bold", va="center")
        figure.text(0.075, 0.943, _asked(found), size=8, color=MUTED, va="center")
        off = sum(not row.agrees for row in found.rows)
        told = f"{len(found.rows)} comparisons of {len(found.subjects)} people with the evidence, {off} of them off."
        return svg(figure, "A virtual population", told)


def _asked(found: Census) -> str:
    asked = found.recipe
    return (
        f"{len(found.subjects)} people of {asked.ages} years, {asked.women:.0%} women, {asked.ancestry}, "
        f"impairment {asked.impairment}; seed {found.seed}"
    )


def _sexes(found: Census) -> list[tuple[str, str, str, Any]]:
    female = found.people.stature.female[:MOST_POINTS]
    return [("women", WOMEN, "o", female), ("men", MEN, "^", ~female)]


def _size(axes: Any, found: Census) -> None:
    stature = found.people.stature
    for name, colour, marker, own in _sexes(found):
        axes.plot(stature.height[:MOST_POINTS][own], stature.mass[:MOST_POINTS][own], marker, color=colour,
                  markersize=2.6, alpha=0.45, mew=0, label=name)  # fmt: skip
    axes.set_title("Height and body mass")
    axes.set_xlabel("height, cm")
    axes.set_ylabel("body mass, kg")
    axes.legend(markerscale=2.0, loc="upper left")


def _ages(axes: Any, found: Census) -> None:
    for name, colour, marker, own in _sexes(found):
        axes.plot(found.people.stature.age[:MOST_POINTS][own], found.people.output[:MOST_POINTS][own] / 60.0, marker,
                  color=colour, markersize=2.6, alpha=0.45, mew=0, label=name)  # fmt: skip
    axes.set_ylim(bottom=0.0)
    axes.set_title("Cardiac output")
    axes.set_xlabel("age, years")
    axes.set_ylabel("L/min")


def _phenotypes(axes: Any, found: Census) -> None:
    rows = [row for row in found.rows if row.quantity.endswith(", share")]
    places = np.arange(len(rows))
    axes.bar(places, [row.drawn for row in rows], width=0.7, color="#9FB6C9", label="drawn")
    axes.plot(places, [row.target for row in rows], "_", color=INK, markersize=14, mew=1.6, label="expected")
    axes.set_xticks(
        places,
        [row.quantity.removesuffix(", share") for row in rows],
        size=7,
        rotation=50,
        ha="right",
        rotation_mode="anchor",
    )
    axes.set_title("Phenotypes")
    axes.set_ylabel("share of people")
    axes.legend()


def _comparison(axes: Any, found: Census) -> None:
    rows = [row for row in found.rows if not row.quantity.endswith(", share")][::-1]
    for place, row in enumerate(rows):
        ratio, error = row.drawn / row.target, 3.0 * row.error / row.target
        colour = INK if row.agrees else OFF
        axes.plot([ratio - error, ratio + error], [place, place], color=colour, lw=1.0)
        axes.plot([ratio], [place], "o" if row.check else "s", color=colour, mfc=colour if row.check else "white",
                  markersize=3.8)  # fmt: skip
    axes.axvline(1.0, color=MUTED, lw=0.8, ls="--")
    axes.set_yticks(range(len(rows)), [_label(row) for row in rows], size=6)
    axes.set_ylim(-1.0, len(rows))
    axes.set_title("Drawn over target, ± 3 standard errors")
    axes.set_xlabel("filled: a check; open: what went in comes out; orange: off")


def _label(row: Row) -> str:
    return f"{row.quantity.removesuffix(', mean').removesuffix(', median')} ({row.group})"
