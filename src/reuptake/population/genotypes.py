"""What a person's genes make of the enzymes: from diplotype or phenotype to the parameter of the model.

    activity = Σ copies · activity of one copy           both chromosomes
    relative CLint = (activity / reference)^exponent      CYP2D6; the activity itself where there is no exponent

The model applies the second line; here it serves to explain, and to ask it backwards: an inhibitor that leaves the
fraction a of the clearance makes of a score s the effective score s · a^(1/exponent) (phenoconversion).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.alleles import Gene, Haplotype, Rule
from reuptake.evidence.base import Evidence
from reuptake.population.notation import parse_diplotype, tidy

__all__ = [
    "Genotype",
    "Phenotype",
    "activity",
    "genotype",
    "individual",
    "parse_genotype",
    "parse_phenotype",
    "phenoconverted",
    "relative_clearance",
]

SPECIES = "human"  # star alleles are of human genes


@dataclass(frozen=True)
class Genotype:
    """A diplotype of one gene and what comes of it.

    Attributes
    ----------
    gene : str
        Such as CYP2D6.
    haplotypes : tuple of two Haplotype
        In tidy order; the order given does not matter.
    activity : float
        CYP2D6: activity score. CYP2C19: activity relative to two normal copies. Pure numbers.
    phenotype : str
        PM, IM, NM, RM, UM, or 'likely' one of them.
    parameter : str
        Parameter of the model that the activity sets, without species.
    notes : tuple of str
        What was written differently than it was read.
    """

    gene: str
    haplotypes: tuple[Haplotype, Haplotype]
    activity: float
    phenotype: str
    parameter: str
    notes: tuple[str, ...] = ()

    @property
    def diplotype(self) -> str:
        """The diplotype as it is usually written, such as ``*1/*4``."""
        return "/".join(map(str, self.haplotypes))

    @property
    def settings(self) -> dict[str, float]:
        """Record name and value that make the reference individual this person."""
        return {f"{self.parameter}.{SPECIES}": self.activity}


@dataclass(frozen=True)
class Phenotype:
    """A phenotype without its genotype, and the activity that stands for it (a record of the evidence)."""

    gene: str
    phenotype: str
    activity: float
    parameter: str
    record: str
    notes: tuple[str, ...] = ()

    @property
    def settings(self) -> dict[str, float]:
        """Record name and value that make the reference individual this person."""
        return {f"{self.parameter}.{SPECIES}": self.activity}


def parse_genotype(evidence: Evidence, text: str, where: str = "--genotype") -> Genotype:
    """A genotype from text such as ``CYP2D6=*1/*4``.

    Raises
    ------
    InputError
        With everything that cannot be read or cannot be, and if a function is not known.
    """
    gene, written = _gene(evidence, text, where, "*1/*4")
    diplotype = parse_diplotype(gene, written, where)
    unknown = {
        allele: gene.known[allele].function
        for haplotype in diplotype.haplotypes
        for allele, _ in haplotype.units
        if gene.known[allele].activity is None
    }
    if unknown:
        hint = f"give what is known otherwise: --phenotype {gene.gene}=NM, or --set {gene.parameter}=NUMBER"
        raise InputError(
            Problem(f"{gene.gene}{allele} is of {function} function: the phenotype is indeterminate", where, hint)
            for allele, function in unknown.items()
        )
    return genotype(gene, *diplotype.haplotypes, diplotype.notes)


def parse_phenotype(evidence: Evidence, text: str, where: str = "--phenotype") -> Phenotype:
    """A phenotype from text such as ``CYP2D6=PM``, ``CYP2C19=rapid`` or, of an old paper, ``CYP2D6=EM``.

    Raises
    ------
    InputError
        If gene or phenotype is not known; names the closest.
    """
    gene, written = _gene(evidence, text, where, "PM")
    word = " ".join(part for part in written.lower().replace("-", " ").split() if not part.startswith("metaboli"))
    by_word = {name.lower(): rule for rule in gene.phenotypes for name in (rule.phenotype, *rule.words)}
    if word not in by_word:
        known = [rule.phenotype for rule in gene.phenotypes]
        raise InputError(Problem(f"{gene.gene} has no phenotype '{written}'", where, nearest(written, known)))
    name = by_word[word].phenotype
    record = evidence.record(gene.representative(name), SPECIES)
    notes = () if word == name.lower() else (f"{gene.gene}: '{written}' is read as {name}",)
    return Phenotype(gene.gene, name, record.number, gene.parameter, record.name, notes)


def individual(
    evidence: Evidence, genotypes: Sequence[str], phenotypes: Sequence[str], species: str
) -> dict[str, float]:
    """Settings of one person of whom genotypes or phenotypes are known, {record name: value}.

    Raises
    ------
    InputError
        With every text that cannot be read, every gene given twice, and a species that has no such genes.
    """
    problems: list[Problem] = []
    if species != SPECIES and (genotypes or phenotypes):
        problems.append(Problem(f"star alleles are of human genes, not of {species}", "--species", "leave them out"))
    given: dict[str, str] = {}
    settings: dict[str, float] = {}
    readers: list[tuple[str, Sequence[str], Callable[[Evidence, str, str], Genotype | Phenotype]]] = [
        ("--genotype", genotypes, parse_genotype),
        ("--phenotype", phenotypes, parse_phenotype),
    ]
    for where, texts, parse in readers:
        for text in texts:
            try:
                person = parse(evidence, text, where)
            except InputError as error:
                problems += error.problems
                continue
            if person.gene in given:
                problems.append(
                    Problem(f"{person.gene} is given twice, '{given[person.gene]}' and '{text}'", where, "keep one")
                )
            given.setdefault(person.gene, text)
            settings |= person.settings
    if problems:
        raise InputError(problems)
    return settings


def activity(gene: Gene, haplotype: Haplotype) -> float | None:
    """What one chromosome adds to the activity; None if a function is not known."""
    adds = 0.0
    for allele, copies in haplotype.units:
        each = gene.known[allele].activity
        if each is None:
            return None
        adds += copies * each
    return adds


def genotype(gene: Gene, first: Haplotype, second: Haplotype, notes: tuple[str, ...] = ()) -> Genotype:
    """The genotype of two haplotypes of known function.

    Raises
    ------
    ValueError
        If a function is not known.
    """
    pair = tidy(gene, first, second)
    adds = [activity(gene, haplotype) for haplotype in pair]
    if None in adds:
        raise ValueError(f"{gene.gene} {pair[0]}/{pair[1]} holds an allele of unknown function")
    total = sum(each for each in adds if each is not None)
    rule = _by_score(gene, total) or _by_functions(gene, pair)
    return Genotype(gene.gene, pair, total, rule.phenotype, gene.parameter, notes)


def relative_clearance(evidence: Evidence, gene: str, activity: float) -> float:
    """Intrinsic clearance of the enzyme relative to its reference, as the model computes it; a pure number."""
    scale = _scale(evidence, evidence.alleles[gene])
    if scale is None:
        return activity
    reference, exponent = scale
    return float((activity / reference) ** exponent)


def phenoconverted(evidence: Evidence, gene: str, activity: float, remaining: float) -> tuple[float, str | None]:
    """Effective activity under an inhibitor or inducer, and the phenotype at that activity.

    Parameters
    ----------
    activity : float
        Of the genotype: score or relative activity.
    remaining : float
        Intrinsic clearance as a fraction of that without the other drug, 0 or more; above 1 when induced.

    Returns
    -------
    tuple of float and str
        The phenotype is None for a gene whose phenotypes are read from alleles, not from an activity.

    Raises
    ------
    ValueError
        If the remaining fraction is negative.
    """
    if remaining < 0.0:
        raise ValueError(f"remaining must be 0 or more, got {remaining}")
    scale = _scale(evidence, evidence.alleles[gene])
    effective = activity * remaining ** (1.0 / scale[1] if scale else 1.0)
    rule = _by_score(evidence.alleles[gene], effective)
    return effective, rule.phenotype if rule else None


def _gene(evidence: Evidence, text: str, where: str, example: str) -> tuple[Gene, str]:
    name, sign, written = text.partition("=")
    name, genes = name.strip().upper(), evidence.alleles
    if not sign or not written.strip():
        raise InputError(Problem(f"'{text}' does not say of which gene", where, f"write 'CYP2D6={example}'"))
    if name not in genes:
        raise InputError(Problem(f"genes of '{name}' are not simulated", where, nearest(name, genes)))
    return genes[name], written.strip()


def _scale(evidence: Evidence, gene: Gene) -> tuple[float, float] | None:
    enzyme = gene.parameter.partition(".")[0]
    exponent = evidence.find(f"{enzyme}.score_exponent", SPECIES)
    if exponent is None:
        return None
    return evidence.record(f"{enzyme}.score_reference", SPECIES).number, exponent.number


def _by_score(gene: Gene, activity: float) -> Rule | None:
    reached = [rule for rule in gene.phenotypes if rule.at_least is not None and activity >= rule.at_least]
    return max(reached, key=lambda rule: rule.at_least or 0.0, default=None)


def _by_functions(gene: Gene, pair: tuple[Haplotype, Haplotype]) -> Rule:
    functions = sorted(gene.known[haplotype.units[0][0]].function for haplotype in pair)
    by_functions: Mapping[tuple[str, ...], Rule] = {
        tuple(sorted(names)): rule for rule in gene.phenotypes for names in rule.functions
    }
    return by_functions[tuple(functions)]
