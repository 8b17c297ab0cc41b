"""How a laboratory writes a diplotype, and what it can mean.

    *1/*4        two haplotypes, without order
    *2x2/*4      two copies of *2 on one chromosome
    *36+*10/*10  a tandem: two different copies side by side
    *4A, *4.001  variants of *4, read as *4

White space is free. What cannot be is refused, with every mistake at once.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.alleles import Gene, Haplotype

__all__ = ["Diplotype", "parse_diplotype", "tidy"]

_UNIT = re.compile(r"(\*?)0*([1-9][0-9]{0,3})([A-Z]{1,2}|\.[0-9]{1,4})?(?:[Xx×]([0-9]{1,4}|[Nn]))?\Z")
_SHOWN = 40


@dataclass(frozen=True)
class Diplotype:
    """Two haplotypes, and what was said differently than it was read."""

    haplotypes: tuple[Haplotype, Haplotype]
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return "/".join(map(str, self.haplotypes))


def parse_diplotype(gene: Gene, text: str, where: str = "--genotype") -> Diplotype:
    """Two haplotypes of a gene from text such as ``*1x2/*4``.

    Raises
    ------
    InputError
        With everything that cannot be read, or cannot be.
    """
    parts = "".join(text.split()).split("/")
    problems: list[Problem] = []
    notes: list[str] = []
    if len(parts) != 2:
        count = "one haplotype" if len(parts) == 1 else f"{len(parts)} haplotypes"
        problems.append(
            Problem(
                f"{gene.gene}: '{_shown(text)}' is {count}; a person has two",
                where,
                f"write both, '{gene.gene}=*1/*4'; copies of one chromosome are joined by '+'",
            )
        )
    read = [_haplotype(gene, part, where, problems, notes) for part in parts]
    if problems:
        raise InputError(problems)
    return Diplotype(tidy(gene, *(Haplotype(tuple(units)) for units in read)), tuple(dict.fromkeys(notes)))


def tidy(gene: Gene, first: Haplotype, second: Haplotype) -> tuple[Haplotype, Haplotype]:
    """The two haplotypes as they are usually written: the smaller number first, in a tandem the hybrid first."""
    inner = [_tidy_haplotype(gene, haplotype) for haplotype in (first, second)]
    one, other = sorted(inner, key=lambda haplotype: [(_number(a), n) for a, n in reversed(haplotype.units)])
    return one, other


def _tidy_haplotype(gene: Gene, haplotype: Haplotype) -> Haplotype:
    copies: Counter[str] = Counter()
    for allele, count in haplotype.units:
        copies[allele] += count
    return Haplotype(tuple(sorted(copies.items(), key=lambda unit: (unit[0] not in gene.hybrids, _number(unit[0])))))


def _number(allele: str) -> int:
    return int(allele[1:])


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


def _haplotype(gene: Gene, text: str, where: str, problems: list[Problem], notes: list[str]) -> list[tuple[str, int]]:
    """Units of one haplotype that could be read; what is wrong is added to the problems."""
    before = len(problems)
    units = [unit for part in text.split("+") if (unit := _unit(gene, part, where, problems, notes))]
    if len(problems) > before:
        return units
    copies = sum(count for _, count in units)
    if any(allele == gene.deletion for allele, _ in units) and copies > 1:
        problems.append(
            Problem(
                f"{gene.gene}{gene.deletion} is a deleted gene: it has no copies and no neighbour",
                where,
                f"write '{gene.deletion}' alone",
            )
        )
    elif copies > gene.most_copies:
        known = "one copy" if gene.most_copies == 1 else f"at most {gene.most_copies} copies"
        message = f"{gene.gene}: '{_shown(text)}' is {copies} copies on one chromosome; {known} can be simulated"
        problems.append(Problem(message, where, "write one allele" if gene.most_copies == 1 else "give fewer copies"))
    return units


def _unit(gene: Gene, text: str, where: str, problems: list[Problem], notes: list[str]) -> tuple[str, int] | None:
    match = _UNIT.match(text)
    if match is None or not match[1]:
        hint = f"write '*{match[2]}'" if match else "write '*4', '*1x2' or '*36+*10'"
        problems.append(Problem(f"{gene.gene}: '{_shown(text)}' is no allele", where, hint))
        return None
    allele, variant, copies = f"*{match[2]}", match[3], match[4]
    if allele not in gene.known:
        problems.append(Problem(f"{gene.gene} has no allele '{allele}' here", where, nearest(allele, gene.known)))
        return None
    if copies in ("N", "n"):
        problems.append(
            Problem(
                f"{gene.gene}{allele}xN says that there are several copies, not how many",
                where,
                f"give the number, '{allele}x2' for two",
            )
        )
        return None
    if copies is not None and int(copies) == 0:
        hint = f"write '{gene.deletion}' for a deleted gene" if gene.deletion else "leave it out"
        problems.append(Problem(f"{gene.gene}{allele}x0 is no copy at all", where, hint))
        return None
    if variant:
        notes.append(f"{gene.gene}{allele}{variant} is read as {allele}, whose function its variants share")
    return allele, int(copies or 1)
