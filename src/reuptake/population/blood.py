"""What people's blood carries, and how fast their kidneys filter it.

    haematocrit = centre by sex and age · e^z
    AAG, albumin = reference · (women: ratio) · (1 ± slope·years past the reference age) · e^z
    filtration  = per surface by sex and age · surface · e^z                          adults
                = (−c·S² + b·S − a) · e^z, S the surface                              children, johnson2006
                = even over the category · surface                                    renal impairment

The reference levels are those of healthy volunteers, at which unbound fractions were measured.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reuptake.population.chance import AbstractChance
from reuptake.population.facts import Facts, log_sd
from reuptake.population.recipe import Recipe
from reuptake.population.stature import Stature

__all__ = ["filtration_rate", "haematocrit", "protein_factors"]

Array = NDArray[np.float64]
PROTEINS = {"aag": 1.0, "albumin": -1.0}  # which way they go with age


def haematocrit(facts: Facts, recipe: Recipe, people: Stature, chance: AbstractChance) -> Array:
    """Share of red cells in blood, (subject,)."""
    centre = facts.over_age("haematocrit_mean", people.female, people.age)
    width = np.sqrt(np.log1p((facts.over_age("haematocrit_sd", people.female, people.age) / centre) ** 2))
    ill = f"{recipe.impairment}.haematocrit_mean"
    if facts.has(ill):
        centre = np.full(len(centre), facts.number(ill))
    return centre * np.exp(width * chance.normals("blood.haematocrit", 1)[:, 0])


def protein_factors(facts: Facts, recipe: Recipe, people: Stature, chance: AbstractChance) -> dict[str, Array]:
    """AAG and albumin relative to the reference, {name: array (subject,)}."""
    past = np.maximum(people.age - facts.number("adult.reference_age", "y"), 0.0)
    factors = {}
    for protein, way in PROTEINS.items():
        sex = np.where(people.female, facts.number(f"female.{protein}_ratio"), 1.0)
        age = 1.0 + way * facts.number(f"plasma.{protein}_age_slope", "1/y") * past
        width = log_sd(facts.number(f"plasma.{protein}.between_subject_cv"))
        spread = np.exp(width * chance.normals(f"plasma.{protein}", 1)[:, 0])
        factors[protein] = sex * age * spread * facts.factor(f"{recipe.impairment}.plasma_{protein}_factor")
    return factors


def filtration_rate(facts: Facts, recipe: Recipe, people: Stature, chance: AbstractChance) -> Array:
    """Glomerular filtration, (subject,), L/h."""
    z = chance.normals("kidney.filtration_rate", 1)[:, 0]
    low = f"{recipe.impairment}.filtration_low"
    if facts.has(low):
        least, most = (facts.number(f"{recipe.impairment}.filtration_{end}", "L/h/m^2") for end in ("low", "high"))
        return (least + (most - least) * chance.uniforms("kidney.category", 1)[:, 0]) * people.surface
    usual = facts.over_age("filtration_median", people.female, people.age, "L/h/m^2") * people.surface
    grown = usual * np.exp(facts.over_age("filtration_log_sd", people.female, people.age) * z)
    young = _of_children(facts, people.surface) * np.exp(log_sd(facts.number("child.filtration_residual_cv")) * z)
    rate = np.where(people.age < facts.number("adult.least_age", "y"), young, grown)
    return rate * facts.factor(f"{recipe.impairment}.kidney_filtration_factor")


def _of_children(facts: Facts, surface: Array) -> Array:
    offset = facts.number("child.filtration_offset", "L/h")
    slope = facts.number("child.filtration_slope", "L/h/m^2")
    curvature = facts.number("child.filtration_curvature", "L/h/m^4")
    return slope * surface - curvature * surface**2 - offset
