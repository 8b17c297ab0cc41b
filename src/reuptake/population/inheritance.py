"""Which genes the subjects have: two haplotypes each, drawn from those of their ancestry.

Hardy and Weinberg: the two haplotypes of a person are drawn independently, so

    P(a/b) = p_a · p_b  (twice that for a ≠ b without order)

Haplotypes of unknown function have no activity that could be simulated; they, and those that a frequency table
does not list, are left out, and the others keep their proportions. `Inheritance.left_out` says how much that is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.alleles import Gene, Haplotype
from reuptake.evidence.base import Evidence
from reuptake.population.chance import first_uniforms
from reuptake.population.genotypes import Genotype, activity, genotype

__all__ = ["Inheritance", "ancestries", "diplotypes", "drawn", "inheritance", "phenotype_shares"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Inheritance:
    """Haplotypes of one gene in one ancestry.

    Attributes
    ----------
    gene : Gene
    haplotypes : tuple of Haplotype (haplotype,)
    shares : tuple of float (haplotype,)
        Probability of each; they sum to 1.
    activities : tuple of float (haplotype,)
        What each adds to the activity of a person.
    left_out : float
        Share of chromosomes whose haplotype is of unknown function or not listed.
    """

    gene: Gene
    haplotypes: tuple[Haplotype, ...]
    shares: tuple[float, ...]
    activities: tuple[float, ...]
    left_out: float

    def draw(self, subjects: Sequence[int], seed: int) -> NDArray[np.intp]:
        """Two haplotypes of every subject, (subject, 2), as indices; keyed by (seed, subject, gene)."""
        edges = np.cumsum(self.shares)[:-1]
        return np.searchsorted(edges, first_uniforms(seed, subjects, f"{self.gene.gene}.haplotypes", 2), side="right")

    def genotypes(self) -> Iterator[tuple[float, Genotype]]:
        """Every genotype with its probability, in the order of the haplotypes."""
        for i, (first, p) in enumerate(zip(self.haplotypes, self.shares, strict=True)):
            for second, q in zip(self.haplotypes[i:], self.shares[i:], strict=True):
                yield p * q * (1.0 if first == second else 2.0), genotype(self.gene, first, second)


def ancestries(evidence: Evidence) -> tuple[str, ...]:
    """Ancestries for which the haplotypes of every gene are known."""
    genes = list(evidence.alleles.values())
    return (
        tuple(name for name in genes[0].ancestries if all(name in gene.ancestries for gene in genes)) if genes else ()
    )


def drawn(evidence: Evidence, ancestry: str, subjects: Sequence[int], seed: int) -> dict[str, Array]:
    """Activity of every polymorphic gene for each subject, {parameter name: array (subject,)}, pure numbers.

    Parameters
    ----------
    evidence : Evidence
    ancestry : str
        One of `ancestries`, in any case.
    subjects : sequence of int (subject,)
        Numbers of the subjects; a subject is the same whoever else is drawn.
    seed : int

    Raises
    ------
    InputError
        If the ancestry is not known; names the closest.
    """
    values = {}
    for inherited in _all(evidence, ancestry):
        activities = np.array(inherited.activities)
        values[inherited.gene.parameter] = activities[inherited.draw(subjects, seed)].sum(axis=1)
    return values


def diplotypes(evidence: Evidence, ancestry: str, subjects: Sequence[int], seed: int) -> dict[str, list[str]]:
    """Names of the diplotypes that `drawn` draws, {gene: [name of each subject]}, such as ``*1/*4``."""
    names = {}
    for inherited in _all(evidence, ancestry):
        pairs = inherited.draw(subjects, seed)
        named = {
            (i, j): genotype(inherited.gene, inherited.haplotypes[i], inherited.haplotypes[j]).diplotype
            for i, j in {(int(i), int(j)) for i, j in pairs}
        }
        names[inherited.gene.gene] = [named[int(i), int(j)] for i, j in pairs]
    return names


def inheritance(evidence: Evidence, gene: str, ancestry: str) -> Inheritance:
    """Haplotypes of a gene in an ancestry, with their shares and what each does."""
    return _inheritance(evidence.alleles[gene], _known(evidence, ancestry))


def phenotype_shares(evidence: Evidence, gene: str, ancestry: str) -> dict[str, float]:
    """How often each phenotype of a gene is expected in an ancestry, {phenotype: fraction}, summing to 1.

    Words of old papers that no genotype is read as have no share.
    """
    inherited = inheritance(evidence, gene, ancestry)
    shares = {rule.phenotype: 0.0 for rule in inherited.gene.phenotypes if rule.is_read_from_genotypes}
    for probability, pair in inherited.genotypes():
        shares[pair.phenotype] += probability
    return shares


def _all(evidence: Evidence, ancestry: str) -> list[Inheritance]:
    name = _known(evidence, ancestry)
    return [_inheritance(gene, name) for gene in evidence.alleles.values()]


def _known(evidence: Evidence, ancestry: str) -> str:
    names = ancestries(evidence)
    wanted = " ".join(ancestry.replace("-", " ").replace("_", " ").lower().split())
    for name in names:
        if name.replace("-", " ").lower() == wanted:
            return name
    raise InputError(Problem(f"unknown ancestry '{ancestry}'", "--ancestry", nearest(ancestry, names)))


def _inheritance(gene: Gene, ancestry: str) -> Inheritance:
    column = gene.column(ancestry)
    adds = {haplotype: each for haplotype in column if (each := activity(gene, haplotype)) is not None}
    total = sum(column[haplotype] for haplotype in adds)
    shares = tuple(column[haplotype] / total for haplotype in adds)
    return Inheritance(gene, tuple(adds), shares, tuple(adds.values()), 1.0 - total)
