"""Explain a genotype, and list what is known of a gene."""

from __future__ import annotations

from reuptake.cli.show import plain, table
from reuptake.errors import InputError, Problem, nearest
from reuptake.evidence.base import packaged
from reuptake.population.genotypes import Genotype, parse_genotype
from reuptake.reports.answers.genotypes import DiplotypeAnswer, GeneAnswer, gene_answer, genotype_answer

__all__ = ["show_gene", "show_genotypes"]


def show_genotypes(texts: list[str], json: bool) -> None:
    """From notation to activity, phenotype and relative clearance, with the sources."""
    base = packaged()
    if not texts:
        hint = "write 'reuptake genotype CYP2D6=*1/*4', or '--list CYP2D6'"
        raise InputError(Problem("no genotype is given", "DIPLOTYPE", hint))
    problems: list[Problem] = []
    read: list[Genotype] = []
    for text in texts:
        try:
            read.append(parse_genotype(base, text, "DIPLOTYPE"))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    answer = genotype_answer(read, base)
    if json:
        plain(answer.text())
        return
    for person in answer.genotypes:
        _print_diplotype(person)
    for note in answer.notes:
        plain(note)


def _print_diplotype(person: DiplotypeAnswer) -> None:
    table(
        f"{person.gene} {person.diplotype}",
        ("haplotype", "allele", "copies", "function", "adds"),
        [(c.haplotype, c.allele, str(c.copies), c.function, f"{c.activity:g}") for c in person.copies],
        right=(2, 4),
    )
    plain(f"activity        {person.activity:g}")
    plain(f"phenotype       {person.phenotype}")
    plain(f"relative CLint  {person.relative_clint:.3g}")
    for name, value in person.settings.items():
        plain(f"in the model    {name} = {value:g}")
    for line in (*person.notes, *person.references):
        plain(f"    {line}")
    plain("")


def show_gene(name: str, json: bool) -> None:
    """Alleles of a gene with function and frequencies, and the phenotypes they lead to."""
    base = packaged()
    if name.upper() not in base.alleles:
        raise InputError(Problem(f"alleles of '{name}' are not known here", "--list", nearest(name, base.alleles)))
    answer = gene_answer(name.upper(), base)
    if json:
        plain(answer.text())
        return
    _print_functions(answer)
    where = list(answer.phenotypes[0].shares)
    met = [allele for allele in (*answer.alleles, *answer.haplotypes) if allele.frequencies]
    table(
        "Haplotypes, per cent of chromosomes",
        ("haplotype", *where),
        [(a.name, *(_percent(a.frequencies.get(ancestry)) for ancestry in where)) for a in met],
        right=range(1, len(where) + 1),
    )
    table(
        "Expected phenotypes (activity that stands for each), per cent of people",
        ("phenotype", *where),
        [
            (f"{p.phenotype}  {p.activity:g}", *(_percent(p.shares.get(ancestry)) for ancestry in where))
            for p in answer.phenotypes
        ],
        right=range(1, len(where) + 1),
    )
    for line in (*answer.notes, *answer.references):
        plain(line)


def _print_functions(answer: GeneAnswer) -> None:
    names: dict[tuple[str, float | None], list[str]] = {}
    for a in answer.alleles:
        names.setdefault((a.function, a.activity), []).append(a.name)
    table(
        f"Alleles of {answer.gene}",
        ("function", "activity", "alleles"),
        [
            (word, "–" if each is None else f"{each:g}", " ".join(sorted(stars, key=_number)))
            for (word, each), stars in names.items()
        ],
        right=(1,),
    )


def _number(allele: str) -> int:
    return int(allele[1:])


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100.0 * share:.3g}"
