"""The same request many times over, with values of the evidence replaced row by row.

Rows are subjects of one run who differ in nothing but what is swept: the engine does them side by side, doses that
depend on the body follow it, and curves are let go shard by shard, so memory stays bounded. A row that cannot be
solved is an outcome as in any run.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from reuptake.engine.ensemble import Progress
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.records import impossible
from reuptake.population import people
from reuptake.simulation.request import MOST_SUBJECTS, Request
from reuptake.simulation.run import Laboratory, plan
from reuptake.trajectories import Measures
from reuptake.units import unit

__all__ = ["looking_at", "sweep"]

Array = NDArray[np.float64]


def sweep(
    request: Request, laboratory: Laboratory, rows: Mapping[str, Array], *, progress: Progress | None = None
) -> Measures:
    """What the curves of every row come to.

    Parameters
    ----------
    request : Request
        Of one subject; what it sets holds for every row unless it is swept.
    laboratory : Laboratory
        For the doors of the request; see `looking_at` for a faster one.
    rows : mapping of record or parameter name to array (row,)
        Values in the unit of the record.
    progress : callable, optional
        Told how many rows are done, and of how many.

    Returns
    -------
    Measures (row,)

    Raises
    ------
    InputError
        With every value that the model does not know or that cannot be, and if rows are too many or not alike.
    NoneSolved
        If no row could be solved.
    """
    table, species = laboratory.table, laboratory.species
    columns = {name.removesuffix(f".{species}"): np.asarray(column, dtype=float) for name, column in rows.items()}
    sizes = {len(column) for column in columns.values()}
    problems = [
        Problem(f"this model has no parameter '{name}'", "", nearest(name, table.names))
        for name in columns
        if name not in table.names
    ]
    if len(sizes) != 1 or len(columns) != len(rows) or request.subjects != 1:
        raise ValueError("a sweep takes a request of one subject, and a column of the same length for each name")
    (size,) = sizes
    if not 1 <= size <= MOST_SUBJECTS:
        problems.append(Problem(f"a sweep has 1 to {MOST_SUBJECTS} rows (got {size})", "", "take fewer samples"))
    if problems:
        raise InputError(problems)
    problems = [Problem(told) for name, column in columns.items() if (told := _impossible(laboratory, name, column))]
    if problems:
        raise InputError(problems)
    made = plan(replace(request, subjects=size), laboratory.evidence, laboratory)
    usual = _typical(request, made.laboratory)
    swept = {name: column * unit(table.record(name).unit).factor for name, column in columns.items()}
    given = {name: np.broadcast_to(column, size) for name, column in {**usual, **swept}.items()}
    return replace(made, given=given).measures(progress=progress)


def looking_at(laboratory: Laboratory, measures: Collection[str], backend: str) -> Laboratory:
    """The same model, compiled to report only the curves behind some measures: the rest costs time and memory.

    Parameters
    ----------
    measures : collection of str
        Names of columns of `Measures`, such as ``plasma.imipramine.cmax``.
    """
    wanted = {name.rpartition(".")[0] for name in measures}
    # The mass balance is part of all measures.
    balance = {one.name for one in laboratory.kernel.system.outputs if one.name.startswith("balance.")}
    return laboratory.reporting(wanted | balance, backend)


def _typical(request: Request, laboratory: Laboratory) -> Mapping[str, Array]:
    """What the typical person of a recipe differs in from the reference individual, arrays (1,)."""
    if request.recipe is None:
        return {}
    return people.typical(laboratory.table, laboratory.evidence, request.recipe).parameters


def _impossible(laboratory: Laboratory, name: str, column: Array) -> str:
    """What is wrong with the values of one column; empty where nothing is."""
    if not np.isfinite(column).all():
        return f"{name} must be finite numbers"
    record = laboratory.table.record(name).name
    return impossible(record, float(column.min())) or impossible(record, float(column.max()))
