"""How much of each enzyme people have.

    abundance = reference · ontogeny(age) · disease · e^(s·z),   z ~ N(0, R) over the enzymes
    R_ij      = 2·sin(π·ρ_ij/6)                                  of Spearman's rank correlations ρ
    ontogeny  = birth + (grown − birth)·age^n/(half^n + age^n), at most 1; 1 in adults
    protein   = reference · (children: ratio) · (1 − decline·years past 40) · e^(s·z)     per gram of liver

Where the gene is drawn, s is the spread that is left inside one genotype (``.residual_cv``); else it is that of people
as they come (``.between_subject_cv``). Pairs without a correlation are independent; a subject's numbers do not depend
on which enzymes the model at hand has.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from reuptake.evidence.base import Evidence
from reuptake.population.chance import AbstractChance
from reuptake.population.facts import Facts, log_sd
from reuptake.population.recipe import Recipe
from reuptake.population.stature import Stature

__all__ = ["abundance_factors", "correlations", "microsomal_protein_factor", "spreads"]

Array = NDArray[np.float64]


def spreads(facts: Facts) -> dict[str, float]:
    """Coefficient of variation of every enzyme whose abundance varies, by name in lower case."""
    found = {}
    for name in sorted(facts.evidence.in_use):
        enzyme, _, rest = name.partition(".")
        if rest in ("abundance.residual_cv.human", "abundance.between_subject_cv.human"):
            residual = f"{enzyme}.abundance.residual_cv"
            found[enzyme] = facts.number(residual if facts.has(residual) else f"{enzyme}.abundance.between_subject_cv")
    return found


def correlations(evidence: Evidence, enzymes: list[str]) -> Array:
    """Rank correlations (enzyme, enzyme) of the abundances; 0 where none is known."""
    facts, matrix = Facts(evidence), np.eye(len(enzymes))
    for i, one in enumerate(enzymes):
        for j, other in enumerate(enzymes):
            name = f"{one}.abundance_correlation.{other}"
            if facts.has(name):
                matrix[i, j] = matrix[j, i] = facts.number(name)
    return matrix


def abundance_factors(facts: Facts, recipe: Recipe, people: Stature, chance: AbstractChance) -> dict[str, Array]:
    """Abundance of every enzyme relative to the reference, {enzyme: array (subject,)}."""
    cvs = spreads(facts)
    own = [chance.normals(f"{enzyme}.abundance", 1)[:, 0] for enzyme in cvs]
    ranks = correlations(facts.evidence, list(cvs))
    mixing = np.linalg.cholesky(2.0 * np.sin(math.pi * ranks / 6.0))
    # Summed one by one: a product of matrices rounds by how many subjects there are.
    shared = [sum(weight * z for weight, z in zip(row, own, strict=True) if weight) for row in mixing.tolist()]
    return {
        enzyme: np.exp(log_sd(cv) * z)
        * _ontogeny(facts, enzyme, people.age)
        * facts.factor(f"{recipe.impairment}.{enzyme}_abundance_factor")
        for (enzyme, cv), z in zip(cvs.items(), shared, strict=True)
    }


def _ontogeny(facts: Facts, enzyme: str, age: Array) -> Array:
    """How much of an adult's enzyme a child has, (subject,); 1 where nobody knows."""
    if not facts.has(f"{enzyme}.ontogeny_at_birth"):
        return np.ones(len(age))
    birth, grown = facts.number(f"{enzyme}.ontogeny_at_birth"), facts.number(f"{enzyme}.ontogeny_grown")
    half, hill = facts.number(f"{enzyme}.ontogeny_half_age", "y"), facts.number(f"{enzyme}.ontogeny_hill")
    reached = birth + (grown - birth) * age**hill / (half**hill + age**hill)
    return np.where(age < facts.number("adult.least_age", "y"), np.minimum(reached, 1.0), 1.0)


def microsomal_protein_factor(facts: Facts, people: Stature, chance: AbstractChance) -> Array:
    """Microsomal protein per gram of liver relative to the reference, (subject,)."""
    past = np.maximum(people.age - facts.number("liver.microsomal_protein_decline_from", "y"), 0.0)
    old = 1.0 - facts.number("liver.microsomal_protein_decline", "1/y") * past
    child = people.age < facts.number("adult.least_age", "y")
    young = np.where(child, facts.number("child.microsomal_protein_ratio"), 1.0)
    width = facts.width("liver.microsomal_protein.residual_cv")
    return young * old * np.exp(width * chance.normals("liver.microsomal_protein", 1)[:, 0])
