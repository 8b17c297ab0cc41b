"""Laws of inheritance and of the activity score, for any diplotype."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.evidence.base import packaged
from reuptake.population.genotypes import parse_genotype, phenoconverted, relative_clearance
from reuptake.population.inheritance import ancestries, diplotypes, drawn, phenotype_shares

EVIDENCE = packaged()
CYP2D6 = EVIDENCE.alleles["CYP2D6"]
WORKING = [name for name, allele in CYP2D6.known.items() if allele.activity is not None and name != CYP2D6.deletion]

units = st.tuples(st.sampled_from(WORKING), st.integers(1, 4))
haplotypes = st.lists(units, min_size=1, max_size=3, unique_by=lambda unit: unit[0]) | st.just([("*5", 1)])


def written(haplotype):
    return "+".join(allele if copies == 1 else f"{allele}x{copies}" for allele, copies in haplotype)


def read(first, second):
    return parse_genotype(EVIDENCE, f"CYP2D6={written(first)}/{written(second)}")


@given(haplotypes, haplotypes)
def test_the_order_of_the_haplotypes_does_not_matter(first, second):
    assert read(first, second) == read(second, first)
    assert read(first[::-1], second) == read(first, second)


@given(haplotypes, haplotypes)
def test_what_is_written_is_read_back(first, second):
    person = read(first, second)
    assert parse_genotype(EVIDENCE, f"CYP2D6={person.diplotype}") == person


@given(haplotypes, haplotypes)
def test_the_score_is_the_sum_over_all_copies(first, second):
    alone = [2.0 * sum(n * CYP2D6.known[a].activity for a, n in side) for side in (first, second)]
    assert read(first, second).activity == pytest.approx(sum(alone) / 2.0)
    assert read(first, first).activity == pytest.approx(alone[0])


@given(haplotypes, haplotypes, haplotypes)
def test_a_higher_score_never_is_a_slower_phenotype(first, second, third):
    order = ["PM", "IM", "NM", "UM"]
    people = sorted((read(first, second), read(first, third)), key=lambda person: person.activity)
    assert order.index(people[0].phenotype) <= order.index(people[1].phenotype)


@given(st.floats(0.0, 6.0), st.floats(0.0, 3.0))
def test_phenoconversion_undoes_the_exponent(score, remaining):
    effective, _ = phenoconverted(EVIDENCE, "CYP2D6", score, remaining)
    before, after = (relative_clearance(EVIDENCE, "CYP2D6", each) for each in (score, effective))
    assert after == pytest.approx(before * remaining, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("ancestry", ancestries(EVIDENCE))
@pytest.mark.parametrize("gene", EVIDENCE.alleles)
def test_drawn_phenotypes_are_met_as_often_as_hardy_and_weinberg_say(gene, ancestry):
    subjects = range(1, 8_001)
    names = diplotypes(EVIDENCE, ancestry, subjects, 20)[gene]
    phenotype = {name: parse_genotype(EVIDENCE, f"{gene}={name}").phenotype for name in set(names)}
    for expected, share in phenotype_shares(EVIDENCE, gene, ancestry).items():
        found = sum(phenotype[name] == expected for name in names)
        error = np.sqrt(len(subjects) * share * (1.0 - share))
        assert abs(found - len(subjects) * share) <= 4.5 * error + 1.0, expected


@pytest.mark.parametrize("ancestry", ancestries(EVIDENCE))
@pytest.mark.parametrize("gene", EVIDENCE.alleles)
def test_drawn_haplotypes_have_the_frequencies_of_the_evidence(gene, ancestry):
    subjects = range(1, 8_001)
    names = diplotypes(EVIDENCE, ancestry, subjects, 21)[gene]
    chromosomes = [str(side) for name in names for side in name.split("/")]
    column = EVIDENCE.alleles[gene].column(ancestry)
    known = {str(h): share for h, share in column.items() if _known(gene, h)}
    for haplotype, share in known.items():
        p = share / sum(known.values())
        error = np.sqrt(len(chromosomes) * p * (1.0 - p))
        assert abs(chromosomes.count(haplotype) - len(chromosomes) * p) <= 4.5 * error + 1.0, haplotype
    assert set(chromosomes) <= known.keys()


def _known(gene, haplotype):
    return all(EVIDENCE.alleles[gene].known[allele].activity is not None for allele, _ in haplotype.units)


def test_genes_are_inherited_apart_from_one_another():
    values = drawn(EVIDENCE, "European", range(1, 8_001), 22)
    correlation = np.corrcoef(values["cyp2d6.activity_score"], values["cyp2c19.relative_activity"])[0, 1]
    assert abs(correlation) < 4.5 / np.sqrt(8_000)
