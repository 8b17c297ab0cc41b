"""Answers of ``genotype``."""

from __future__ import annotations

from reuptake.evidence.base import Evidence
from reuptake.population.genotypes import Genotype, activity, relative_clearance
from reuptake.population.inheritance import ancestries, phenotype_shares
from reuptake.reports.answers.shapes import Answer

__all__ = [
    "AlleleAnswer",
    "CopyAnswer",
    "DiplotypeAnswer",
    "GeneAnswer",
    "GenotypeAnswer",
    "PhenotypeAnswer",
    "gene_answer",
    "genotype_answer",
]


class CopyAnswer(Answer):
    """Copies of one allele on one chromosome."""

    haplotype: str
    allele: str
    copies: int
    function: str
    activity: float


class DiplotypeAnswer(Answer):
    """One diplotype: from its notation to the parameter of the model."""

    gene: str
    diplotype: str
    copies: list[CopyAnswer]
    activity: float
    phenotype: str
    relative_clint: float
    settings: dict[str, float]
    references: list[str]
    notes: list[str]


class GenotypeAnswer(Answer):
    """What genotypes make of the enzymes."""

    genotypes: list[DiplotypeAnswer]
    notes: list[str]


class AlleleAnswer(Answer):
    """One allele, or one haplotype of several copies; null activity where the function is not known."""

    name: str
    function: str
    activity: float | None
    hybrid: bool
    frequencies: dict[str, float]
    reference: str


class PhenotypeAnswer(Answer):
    """One phenotype: the activity that stands for it, and its expected share in each ancestry."""

    phenotype: str
    record: str
    activity: float
    shares: dict[str, float]


class GeneAnswer(Answer):
    """All that is known of one gene."""

    gene: str
    parameter: str
    alleles: list[AlleleAnswer]
    haplotypes: list[AlleleAnswer]
    phenotypes: list[PhenotypeAnswer]
    references: list[str]
    notes: list[str]


def genotype_answer(genotypes: list[Genotype], evidence: Evidence) -> GenotypeAnswer:
    """The answer of ``reuptake genotype``."""
    return GenotypeAnswer(
        genotypes=[_diplotype_answer(person, evidence) for person in genotypes],
        notes=["Research use only; no medical device."],
    )


def _diplotype_answer(person: Genotype, evidence: Evidence) -> DiplotypeAnswer:
    known = evidence.alleles[person.gene].known
    carried = [(h, known[name], copies) for h in person.haplotypes for name, copies in h.units]
    keys = [key for _, allele, _ in carried for key in (allele.source, allele.via) if key]
    scale = evidence.find(f"{person.parameter.partition('.')[0]}.score_exponent", "human")
    keys += [scale.source] if scale else []
    return DiplotypeAnswer(
        gene=person.gene, diplotype=person.diplotype,
        copies=[
            CopyAnswer(
                haplotype=str(h), allele=a.name, copies=copies, function=a.function,
                activity=copies * (a.activity or 0.0),
            )
            for h, a, copies in carried
        ],
        activity=person.activity, phenotype=person.phenotype,
        relative_clint=relative_clearance(evidence, person.gene, person.activity),
        settings=person.settings, references=[evidence.reference(key) for key in dict.fromkeys(keys)],
        notes=list(person.notes),
    )  # fmt: skip


def gene_answer(name: str, evidence: Evidence) -> GeneAnswer:
    """The answer of ``reuptake genotype --list``."""
    gene = evidence.alleles[name]
    columns = {ancestry: gene.column(ancestry) for ancestry in gene.ancestries}
    shares = {ancestry: phenotype_shares(evidence, name, ancestry) for ancestry in ancestries(evidence)}
    listed = dict.fromkeys(haplotype for column in columns.values() for haplotype in column)
    met = {str(h): {ancestry: column[h] for ancestry, column in columns.items() if h in column} for h in listed}
    sources = dict.fromkeys(key for column in gene.frequencies for key in (column.source, column.via) if key)
    return GeneAnswer(
        gene=name, parameter=gene.parameter,
        alleles=[
            AlleleAnswer(
                name=a.name, function=a.function, activity=a.activity, hybrid=a.hybrid,
                frequencies=met.get(a.name, {}), reference=evidence.reference(a.source) if a.source else "",
            )
            for a in gene.known.values()
        ],
        haplotypes=[
            AlleleAnswer(
                name=str(h), function="", activity=activity(gene, h), hybrid=False,
                frequencies=met[str(h)], reference="",
            )
            for h in listed if h.copies > 1
        ],
        phenotypes=[
            PhenotypeAnswer(
                phenotype=rule.phenotype, record=gene.representative(rule.phenotype),
                activity=evidence.record(gene.representative(rule.phenotype), "human").number,
                shares={ancestry: s[rule.phenotype] for ancestry, s in shares.items() if rule.phenotype in s},
            )
            for rule in gene.phenotypes
        ],
        references=[evidence.reference(key) for key in sources],
        notes=[f"{' '.join(f.haplotypes)} in {f.ancestry}: {f.because}" for f in gene.frequencies if f.because],
    )  # fmt: skip
