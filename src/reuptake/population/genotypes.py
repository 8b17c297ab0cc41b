"""What a phenotype means for an enzyme: a poor metaboliser has none of it."""

from __future__ import annotations

from collections.abc import Iterable

from reuptake.errors import InputError, Problem
from reuptake.evidence.base import Evidence

__all__ = ["individual"]


def individual(
    evidence: Evidence, genotypes: Iterable[str], phenotypes: Iterable[str], species: str
) -> dict[str, float]:
    """Values of records that phenotypes stand for."""
    found = {}
    for text in (*genotypes, *phenotypes):
        enzyme, _, phenotype = text.partition("=")
        if phenotype == "PM":
            found[evidence.record(f"{enzyme.lower()}.abundance", species).name] = 0.0
        elif phenotype not in ("EM", "NM"):
            raise InputError(Problem(f"no model yet of genotype {text}", "--genotype"))
    return found
