"""Answer of ``population``."""

from __future__ import annotations

from typing import Any

import numpy as np

from reuptake.qualification.census import Census
from reuptake.reports.answers.shapes import Answer

__all__ = ["PopulationAnswer", "TargetAnswer", "population_answer"]


class TargetAnswer(Answer):
    """One number of the people drawn, and the record it is held against."""

    quantity: str
    group: str
    n: int
    drawn: float
    standard_error: float
    target: float
    unit: str
    record: str
    check: bool
    agrees: bool


class PopulationAnswer(Answer):
    """A population: recipe, spread of what people differ in, comparison."""

    subjects: int
    seed: int
    recipe: dict[str, Any]
    covariates: dict[str, dict[str, float | str]]
    phenotypes: dict[str, dict[str, float]]
    rows: list[TargetAnswer]
    off: int
    notes: list[str]


def population_answer(found: Census) -> PopulationAnswer:
    """The answer of ``reuptake population``."""
    stature = found.people.stature
    spread = {
        "age": (stature.age, "y"), "height": (stature.height, "cm"), "weight": (stature.mass, "kg"),
        "bmi": (stature.bmi, "kg/m2"), "cardiac_output": (found.people.output / 60.0, "L/min"),
    }  # fmt: skip
    covariates: dict[str, dict[str, float | str]] = {
        name: dict(zip(("p05", "median", "p95"), np.quantile(values, [0.05, 0.5, 0.95]).tolist(), strict=True))
        | {"unit": unit}
        for name, (values, unit) in spread.items()
    }
    covariates |= {
        "female": {"share": float(stature.female.mean()), "unit": ""},
        "smoker": {"share": float(stature.smoker.mean()), "unit": ""},
    }
    phenotypes = {
        gene: {name: names.count(name) / len(names) for name in sorted(set(names))}
        for gene, names in found.phenotypes.items()
    }
    rows = [
        TargetAnswer(
            quantity=row.quantity, group=row.group, n=row.count, drawn=row.drawn, standard_error=row.error,
            target=row.target, unit=row.unit, record=row.record, check=row.check, agrees=row.agrees,
        )
        for row in found.rows
    ]  # fmt: skip
    notes = [*found.recipe.notes, "Research use only."]
    off = sum(not row.agrees for row in found.rows)
    return PopulationAnswer(
        subjects=len(found.subjects), seed=found.seed, recipe=found.recipe.words, covariates=covariates,
        phenotypes=phenotypes, rows=rows, off=off, notes=notes,
    )  # fmt: skip
