"""A population as a table of people."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np

from reuptake.qualification.census import Census

__all__ = ["people_table"]


def people_table(found: Census) -> str:
    """Everybody as comma-separated text: covariates, genes, organs (kg), and the parameters of the model.

    Parameters are in canonical units (nmol, L, h, kg).
    """
    people, stature = found.people, found.people.stature
    columns: dict[str, list[Any]] = {
        "subject": list(found.subjects),
        "sex": np.where(stature.female, "female", "male").tolist(),
        "age_y": stature.age.tolist(),
        "height_cm": stature.height.tolist(),
        "weight_kg": stature.mass.tolist(),
        "bmi_kg_m2": stature.bmi.tolist(),
        "smoker": stature.smoker.astype(int).tolist(),
        "ancestry": [found.recipe.ancestry] * len(found.subjects),
        **found.diplotypes,
        **{f"{gene} phenotype": names for gene, names in found.phenotypes.items()},
        **{f"{organ}_kg": mass.tolist() for organ, mass in people.masses.items()},
        "cardiac_output_L_h": people.output.tolist(),
        **{name: values.tolist() for name, values in people.parameters.items()},
    }
    text = io.StringIO()
    written = csv.writer(text, lineterminator="\n")
    written.writerow(columns)
    written.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()
