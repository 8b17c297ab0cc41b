"""Star alleles of a gene: what each copy does, how often it is met, and which words name what comes of it.

A person has two haplotypes, and a haplotype may hold several copies. Activity adds over all copies,

    activity = Σ copies · activity of one copy

(CYP2D6: CPIC's activity score. CYP2C19: activity relative to two normal copies.) The phenotype is read from
the activity reached (``at_least``) or from the functions of the two alleles, by the rules of the gene's file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from reuptake.errors import Problem, nearest
from reuptake.evidence.reading import Document
from reuptake.evidence.records import Frozen, Number, Sourced

__all__ = ["REST", "Allele", "Function", "Functions", "Gene", "Haplotype", "Rule", "gene_problems"]

Function = Literal["increased", "normal", "decreased", "none", "uncertain", "unknown"]
REST = "rest"
_COPIES = re.compile(r"(\*[0-9]+)(?:x([0-9]+))?\Z")
_NOT_ABOVE = 1.0 + 1e-6  # published columns are rounded


def _split(given: object) -> object:
    return tuple(given.split()) if isinstance(given, str) else given


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Share = Annotated[Number, Field(ge=0.0, le=1.0)]


@dataclass(frozen=True)
class Haplotype:
    """What one chromosome carries: alleles side by side, each in one or more copies, such as ``*36+*10``."""

    units: tuple[tuple[str, int], ...]

    @classmethod
    def read(cls, text: str) -> Haplotype | None:
        """A haplotype as evidence files write it, or None if it is not written so."""
        matches = [_COPIES.match(unit) for unit in text.split("+")]
        if None in matches:
            return None
        return cls(tuple((match[1], int(match[2] or 1)) for match in matches if match))

    def __str__(self) -> str:
        return "+".join(allele if copies == 1 else f"{allele}x{copies}" for allele, copies in self.units)

    @property
    def copies(self) -> int:
        """Number of copies of the gene on this chromosome."""
        return sum(copies for _, copies in self.units)


@dataclass(frozen=True)
class Allele:
    """One star allele; the activity of one copy is None where the function is not known."""

    gene: str
    name: str
    function: Function
    activity: float | None
    hybrid: bool
    source: str
    via: str


class Functions(Sourced):
    """Alleles of one function: all of them as one text, ``'*3 *4 *5'``."""

    function: Function
    activity: Annotated[Number, Field(ge=0.0)] | None = None
    alleles: Names

    @model_validator(mode="after")
    def _known_functions_have_activities(self) -> Functions:
        if (self.activity is None) != (self.function in ("uncertain", "unknown")):
            raise ValueError("an activity belongs to every function but 'uncertain' and 'unknown'")
        return self


class Rule(Frozen):
    """One phenotype: its other names, and when it is read from a genotype (never, for a word of old papers)."""

    phenotype: str
    words: tuple[str, ...] = ()
    at_least: Annotated[Number, Field(ge=0.0)] | None = None
    functions: tuple[tuple[Function, Function], ...] = ()

    @property
    def is_read_from_genotypes(self) -> bool:
        """Whether a genotype can lead here; a mere word of old papers is not."""
        return self.at_least is not None or bool(self.functions)


class Frequencies(Sourced):
    """How often haplotypes are met in one ancestry; ``rest`` takes what the others leave."""

    ancestry: str
    haplotypes: dict[str, Share | Literal["rest"]]


class Gene(Frozen):
    """One gene: its alleles, its phenotypes, and its haplotypes among people."""

    gene: str
    parameter: str
    most_copies: Annotated[int, Field(ge=1)]
    deletion: str | None = None
    hybrids: Names = ()
    phenotypes: tuple[Rule, ...]
    alleles: tuple[Functions, ...]
    frequencies: tuple[Frequencies, ...]

    @cached_property
    def known(self) -> Mapping[str, Allele]:
        """Alleles by name, such as ``*4``."""
        return {
            name: Allele(
                self.gene, name, group.function, group.activity, name in self.hybrids, group.source, group.via
            )
            for group in self.alleles
            for name in group.alleles
        }  # fmt: skip

    @property
    def ancestries(self) -> tuple[str, ...]:
        """Ancestries whose frequencies are known."""
        return tuple(dict.fromkeys(column.ancestry for column in self.frequencies))

    def column(self, ancestry: str) -> dict[Haplotype, float]:
        """Frequencies of the haplotypes listed for an ancestry, the rest worked out; they sum to 1 or less."""
        given = {
            haplotype: share
            for column in self.frequencies
            if column.ancestry == ancestry
            for name, share in column.haplotypes.items()
            if (haplotype := Haplotype.read(name))
        }
        left = 1.0 - sum(share for share in given.values() if not isinstance(share, str))
        return {haplotype: left if isinstance(share, str) else share for haplotype, share in given.items()}

    def representative(self, phenotype: str) -> str:
        """Name of the record that says what a phenotype stands for, where no genotype is known."""
        head, _, quantity = self.parameter.partition(".")
        return f"{head}.{phenotype.lower().replace(' ', '_')}.{quantity}"


def gene_problems(gene: Gene, document: Document) -> Iterator[Problem]:
    """Everything in a gene's file that only shows when its parts are seen together."""
    seen: dict[str, int] = {}
    for i, group in enumerate(gene.alleles):
        where = document.where(("alleles", i, "alleles"))
        for name in group.alleles:
            if not _COPIES.match(name) or "x" in name:
                yield Problem(f"'{name}' is no allele", where, "write '*4'")
            elif name in seen:
                yield Problem(f"{gene.gene}{name} is given twice", where)
            seen.setdefault(name, i)
    for key, names in (("deletion", (gene.deletion,) if gene.deletion else ()), ("hybrids", gene.hybrids)):
        for name in names:
            if name not in seen:
                yield Problem(
                    f"{gene.gene}{name} is not among the alleles", document.where((key,)), nearest(name, seen)
                )
    yield from _frequency_problems(gene, document)


def _frequency_problems(gene: Gene, document: Document) -> Iterator[Problem]:
    listed: dict[tuple[str, str], str] = {}
    for i, column in enumerate(gene.frequencies):
        for name in column.haplotypes:
            where = document.where(("frequencies", i, "haplotypes", name))
            haplotype = Haplotype.read(name)
            if haplotype is None:
                yield Problem(f"'{name}' is no haplotype", where, "write '*4', '*1x2' or '*36+*10'")
            for allele, _ in haplotype.units if haplotype else ():
                if allele not in gene.known:
                    yield Problem(f"{gene.gene}{allele} is not among the alleles", where, nearest(allele, gene.known))
            first = listed.setdefault((column.ancestry, name), where)
            if first != where:
                yield Problem(f"{gene.gene}{name} is given twice for {column.ancestry}, first at {first}", where)
    for ancestry in gene.ancestries:
        columns = [column for column in gene.frequencies if column.ancestry == ancestry]
        shares: list[float | str] = [share for column in columns for share in column.haplotypes.values()]
        where = document.where(("frequencies", gene.frequencies.index(columns[0])))
        total = sum(share for share in shares if not isinstance(share, str))
        if total > _NOT_ABOVE:
            yield Problem(f"frequencies of {gene.gene} in {ancestry} sum to {total:.4g}, which is above 1", where)
        if shares.count(REST) > 1:
            yield Problem(f"two haplotypes of {gene.gene} in {ancestry} take the rest", where, "keep one")
