"""One figure of one simulation."""

from __future__ import annotations

from pathlib import Path

from reuptake.errors import InputError, Problem
from reuptake.reports.figures.course import course
from reuptake.simulation.store import check_place, write_text
from reuptake.trajectories import Trajectories

__all__ = ["plot"]


def plot(result: Trajectories, path: Path | str | None = None) -> str:
    """Levels in plasma above occupancy of every target, as SVG.

    Over several subjects the lines are medians and the bands the middle 90 %.

    Parameters
    ----------
    result : Trajectories
    path : Path, optional
        Where to write the figure, complete or not at all.

    Returns
    -------
    str
        The SVG text; the same result gives the same bytes.

    Raises
    ------
    InputError
        If the place cannot be written.
    """
    if path is not None:
        if Path(path).suffix != ".svg":
            raise InputError(Problem(f"a plot is an SVG file (got '{Path(path).name}')", "--plot", "name it FILE.svg"))
        check_place(Path(path), "--plot")
    text = course(result)
    if path is not None:
        write_text(Path(path), text, "--plot")
    return text
