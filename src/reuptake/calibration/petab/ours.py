"""A fit of ours, studies and tables, as a PEtab problem whose nominal place is the best one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from reuptake.calibration.measured import Measured
from reuptake.calibration.petab.exporting import to_petab
from reuptake.calibration.petab.one_system import OneSystem
from reuptake.calibration.petab.telling import Told, told_of_people, told_of_studies
from reuptake.calibration.published import Published
from reuptake.calibration.results import Calibration
from reuptake.calibration.rows import Joined
from reuptake.errors import InputError, Problem
from reuptake.exchange.petab import problem as told

__all__ = ["problem_of"]


def problem_of(found: Calibration) -> tuple[told.Problem, str]:
    """A fit as a PEtab problem, as far as PEtab has words for it.

    What moves none of the numbers that can be told is held at its best value.

    Returns
    -------
    tuple of (problem, how much of the fit it holds, in a sentence)
        That sentence and what was left out stand in the notes of the problem.

    Raises
    ------
    InputError
        If it is no fit of studies and tables, or nothing of it can be told.
    """
    objective, fitted = found.objective, found.fitted
    parts = objective.parts_at(fitted.x) if isinstance(objective, Joined) else []
    ours = [(part, x) for part, x in parts if isinstance(part, Published | Measured)]
    if not ours:
        raise InputError(Problem("only a fit of studies and tables can be written as PEtab", found.name))
    first, x = ours[0]
    translation = first.translation
    x = x[: len(translation.parameters)]
    settings = translation.settings(x).values
    gathered = Told()
    for part, _ in ours:
        if isinstance(part, Published):
            told_of_studies(part, settings, gathered)
        else:
            told_of_people(part, gathered)
    if not gathered.observed:
        hint = "; ".join(gathered.left_out)
        raise InputError(Problem("PEtab has no words for any number that this fit explains", found.name, hint))
    seen = np.abs(fitted.at.slopes[gathered.rows]).max(axis=0) > 0.0
    moves = {one.name for one, there in zip(fitted.parameters, seen, strict=True) if there or one.prior is not None}
    one = OneSystem.of(gathered.requests.values(), first.evidence, translation, x, moves)
    effects = [each for each in fitted.parameters if each.name in {number.effect for number in gathered.observed}]
    best = dict(zip((each.name for each in fitted.parameters), fitted.values.tolist(), strict=True))
    told_count = f"{len(gathered.observed)} of the {gathered.count} numbers that the fit {found.name} explains"
    problem = to_petab(
        found.name, one.system, one.values, [one.arm(name, asked) for name, asked in gathered.requests.items()],
        gathered.observed, [*one.parameters, *effects],
        best={**one.best, **{each.name: best[each.name] for each in effects}}, follows=one.follows,
        left_out=gathered.left_out,
    )  # fmt: skip
    part_of = " It is a part of that fit, and its optimum another." if gathered.left_out else ""
    return replace(problem, notes=(f"Holds {told_count}.{part_of}", *problem.notes, *one.notes)), told_count
