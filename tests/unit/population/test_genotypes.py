"""From diplotype or phenotype to the parameter of the model, with one sentence for what cannot be."""

import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.population.genotypes import (
    genotype,
    individual,
    parse_genotype,
    parse_phenotype,
    phenoconverted,
    relative_clearance,
)
from reuptake.population.inheritance import inheritance

EVIDENCE = packaged()


def test_a_genotype_sets_its_parameter():
    person = parse_genotype(EVIDENCE, "cyp2d6 = *10 / *1")
    assert (person.gene, person.diplotype, person.activity, person.phenotype) == ("CYP2D6", "*1/*10", 1.25, "NM")
    assert person.settings == {"cyp2d6.activity_score.human": 1.25}
    assert parse_genotype(EVIDENCE, "CYP2C19=*1/*1").settings == {"cyp2c19.relative_activity.human": 1.0}


@pytest.mark.parametrize("gene", EVIDENCE.alleles)
def test_every_parameter_that_a_genotype_sets_is_a_record(gene):
    assert EVIDENCE.find(EVIDENCE.alleles[gene].parameter, "human")


@pytest.mark.parametrize(
    ("text", "phenotype"),
    [
        ("CYP2D6=PM", "PM"),
        ("cyp2d6 = poor", "PM"),
        ("CYP2D6=Poor Metabolizer", "PM"),
        ("CYP2D6=intermediate metaboliser", "IM"),
        ("CYP2D6=EM", "NM"),
        ("CYP2D6=extensive", "NM"),
        ("CYP2D6=fast EM", "fast EM"),
        ("CYP2D6=ultrarapid", "UM"),
        ("CYP2C19=RM", "RM"),
        ("CYP2C19=rapid", "RM"),
        ("CYP2C19=likely poor metabolizer", "likely PM"),
        ("CYP2C19=likely-IM", "likely IM"),
    ],
)
def test_phenotype_words_are_read(text, phenotype):
    person = parse_phenotype(EVIDENCE, text)
    assert person.phenotype == phenotype
    assert person.settings == {f"{person.parameter}.human": EVIDENCE.record(person.record, "human").number}


def test_a_word_of_old_papers_is_read_aloud():
    assert parse_phenotype(EVIDENCE, "CYP2D6=EM").notes == ("CYP2D6: 'EM' is read as NM",)
    assert parse_phenotype(EVIDENCE, "CYP2D6=NM").notes == ()


def test_the_reference_individual_is_the_extensive_metaboliser_of_the_old_studies():
    """Mean relative clearance of Europeans with any function of CYP2D6; a normal metaboliser of CYP2C19."""
    pairs = [(p, pair) for p, pair in inheritance(EVIDENCE, "CYP2D6", "European").genotypes() if pair.activity > 0.0]
    mean = sum(p * relative_clearance(EVIDENCE, "CYP2D6", pair.activity) for p, pair in pairs) / sum(
        p for p, _ in pairs
    )
    reference = EVIDENCE.record("cyp2d6.activity_score", "human").number
    assert relative_clearance(EVIDENCE, "CYP2D6", reference) == pytest.approx(mean, rel=1e-3)
    assert (
        parse_phenotype(EVIDENCE, "CYP2C19=NM").activity == EVIDENCE.record("cyp2c19.relative_activity", "human").number
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("*1/*4", "does not say of which gene"),
        ("CYP2D6=", "does not say of which gene"),
        ("CYP3A4=*1/*22", "genes of 'CYP3A4' are not simulated"),
        ("CYP2D7=*1/*1", "did you mean 'CYP2D6'"),
        ("CYP2D6=*1/*22", "uncertain function: the phenotype is indeterminate"),
        ("CYP2D6=*1/*58", "unknown function: the phenotype is indeterminate"),
        ("CYP2D6=*1/*22+*4", "--phenotype CYP2D6=NM, or --set cyp2d6.activity_score=NUMBER"),
        ("CYP2C19=*12/*1", "--set cyp2c19.relative_activity=NUMBER"),
    ],
)
def test_a_genotype_that_says_too_little_is_refused(text, complaint):
    with pytest.raises(InputError, match=complaint):
        parse_genotype(EVIDENCE, text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("CYP2D6=RM", "CYP2D6 has no phenotype 'RM'"),
        ("CYP2D6=slow", "known: PM, IM, NM, UM"),
        ("PM", "write 'CYP2D6=PM'"),
        ("CYP1A2=PM", "not simulated"),
    ],
)
def test_an_unknown_phenotype_is_refused(text, complaint):
    with pytest.raises(InputError, match=complaint):
        parse_phenotype(EVIDENCE, text)


def test_one_person_has_one_genotype_of_each_gene():
    both = individual(EVIDENCE, ["CYP2D6=*4/*5"], ["CYP2C19=UM"], "human")
    assert both == {"cyp2d6.activity_score.human": 0.0, "cyp2c19.relative_activity.human": 1.32}
    assert individual(EVIDENCE, [], [], "rat") == {}


def test_every_mistake_about_a_person_is_told_at_once():
    genotypes, phenotypes = ["CYP2D6=*1/*4", "CYP2D6=*1/*1", "CYP2C19=*1"], ["CYP2D6=PM", "CYP2C19=so-so"]
    with pytest.raises(InputError) as caught:
        individual(EVIDENCE, genotypes, phenotypes, "rat")
    told = [problem.message for problem in caught.value.problems]
    assert told == [
        "star alleles are of human genes, not of rat",
        "CYP2D6 is given twice, 'CYP2D6=*1/*4' and 'CYP2D6=*1/*1'",
        "CYP2C19: '*1' is one haplotype; a person has two",
        "CYP2D6 is given twice, 'CYP2D6=*1/*4' and 'CYP2D6=PM'",
        "CYP2C19 has no phenotype 'so-so'",
    ]


def test_relative_clearance_is_one_at_the_reference_and_grows_faster_than_the_score():
    assert relative_clearance(EVIDENCE, "CYP2D6", 2.0) == 1.0
    assert relative_clearance(EVIDENCE, "CYP2D6", 0.0) == 0.0
    assert relative_clearance(EVIDENCE, "CYP2D6", 1.0) == pytest.approx(0.5**1.36)
    assert relative_clearance(EVIDENCE, "CYP2C19", 0.66) == 0.66


def test_an_inhibitor_makes_a_poor_metaboliser_of_a_normal_one():
    effective, phenotype = phenoconverted(EVIDENCE, "CYP2D6", 2.0, 0.04)
    assert relative_clearance(EVIDENCE, "CYP2D6", effective) == pytest.approx(0.04)
    assert (effective, phenotype) == (pytest.approx(0.1876, rel=1e-3), "PM")
    assert phenoconverted(EVIDENCE, "CYP2D6", 2.0, 1.0) == (2.0, "NM")
    assert phenoconverted(EVIDENCE, "CYP2D6", 0.0, 0.5) == (0.0, "PM")
    assert phenoconverted(EVIDENCE, "CYP2D6", 2.0, 2.0)[1] == "UM"
    assert phenoconverted(EVIDENCE, "CYP2C19", 1.0, 0.3) == (0.3, None)
    with pytest.raises(ValueError, match="remaining must be 0 or more"):
        phenoconverted(EVIDENCE, "CYP2D6", 2.0, -0.1)


def test_a_genotype_of_unknown_function_cannot_be_made():
    gene = EVIDENCE.alleles["CYP2D6"]
    unknown = next(h for h in gene.column("European") if str(h) == "*22")
    with pytest.raises(ValueError, match="unknown function"):
        genotype(gene, unknown, unknown)
