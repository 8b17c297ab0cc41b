"""Genotypes mean what CPIC says, and ancestries have the metabolisers that surveys find."""

import csv
import itertools

import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.population.genotypes import parse_genotype, relative_clearance
from reuptake.population.inheritance import ancestries, phenotype_shares

EVIDENCE = packaged()
SHORT = {
    "Poor Metabolizer": "PM", "Likely Poor Metabolizer": "likely PM", "Intermediate Metabolizer": "IM",
    "Likely Intermediate Metabolizer": "likely IM", "Normal Metabolizer": "NM", "Rapid Metabolizer": "RM",
    "Ultrarapid Metabolizer": "UM",
}  # fmt: skip


@pytest.mark.parametrize(
    ("diplotype", "score", "phenotype"),
    [
        ("*1/*1", 2.0, "NM"), ("*1/*2", 2.0, "NM"), ("*1/*4", 1.0, "IM"), ("*1/*5", 1.0, "IM"),
        ("*1/*10", 1.25, "NM"), ("*1/*41", 1.5, "NM"), ("*1/*17", 1.5, "NM"), ("*1/*9", 1.5, "NM"),
        ("*1x2/*1", 3.0, "UM"), ("*1/*2x2", 3.0, "UM"), ("*1x2/*10", 2.25, "NM"), ("*1x2/*9", 2.5, "UM"),
        ("*1x2/*4", 2.0, "NM"), ("*2x3/*4", 3.0, "UM"), ("*4/*5", 0.0, "PM"), ("*3/*6", 0.0, "PM"),
        ("*4x2/*4", 0.0, "PM"), ("*10/*10", 0.5, "IM"), ("*10/*4", 0.25, "IM"), ("*10/*41", 0.75, "IM"),
        ("*41/*41", 1.0, "IM"), ("*9/*10", 0.75, "IM"), ("*36+*10/*10", 0.5, "IM"), ("*36+*10/*1", 1.25, "NM"),
        ("*68+*4/*4", 0.0, "PM"), ("*68+*4/*1", 1.0, "IM"), ("*13+*2/*5", 1.0, "IM"),
    ],
)  # fmt: skip
def test_activity_scores_of_the_consensus(diplotype, score, phenotype):
    person = parse_genotype(EVIDENCE, f"CYP2D6={diplotype}")
    assert (person.activity, person.phenotype) == (score, phenotype)


@pytest.mark.parametrize(
    ("diplotype", "phenotype"),
    [
        ("*1/*1", "NM"), ("*1/*2", "IM"), ("*2/*17", "IM"), ("*2/*3", "PM"), ("*1/*17", "RM"), ("*17/*17", "UM"),
        ("*1/*9", "likely IM"), ("*9/*9", "likely IM"), ("*9/*17", "likely IM"), ("*2/*9", "likely PM"),
    ],
)  # fmt: skip
def test_diplotypes_of_cyp2c19(diplotype, phenotype):
    assert parse_genotype(EVIDENCE, f"CYP2C19={diplotype}").phenotype == phenotype


@pytest.mark.needs("shared")
def test_every_diplotype_of_the_cpic_table_of_cyp2c19(shared):
    with (shared / "evidence" / "physiology" / "diplotypes_cyp2c19.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 630
    for row in rows:
        text = f"CYP2C19={row['diplotype']}"
        if row["phenotype"] == "Indeterminate":
            with pytest.raises(InputError, match="the phenotype is indeterminate"):
                parse_genotype(EVIDENCE, text)
        else:
            assert parse_genotype(EVIDENCE, text).phenotype == SHORT[row["phenotype"]], text


@pytest.mark.needs("shared")
def test_every_allele_has_the_function_of_the_cpic_tables(shared):
    for gene in ("cyp2d6", "cyp2c19"):
        with (shared / "evidence" / "physiology" / f"alleles_{gene}.csv").open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if row["verified"].startswith("yes")]
        known = EVIDENCE.alleles[gene.upper()].known
        for row in rows:
            word = row["function"].split()[0].lower().replace("no", "none", row["function"].startswith("No "))
            assert known[row["allele"]].function == word, row["allele"]
            if row.get("activity_value"):
                assert known[row["allele"]].activity == float(row["activity_value"])


@pytest.mark.needs("shared")
def test_the_exponent_follows_published_rate_constants(shared):
    with (shared / "evidence" / "physiology" / "cyp2d6_activity_score_clint.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["substrate"].startswith("paroxetine")]
    assert len(rows) == 8
    for row in rows:
        found = relative_clearance(EVIDENCE, "CYP2D6", float(row["activity_score"]))
        assert found == pytest.approx(float(row["rel_CLint_to_AS2"]), rel=0.07)


@pytest.mark.parametrize(
    ("gene", "ancestry", "phenotype", "low", "high"),
    [
        # Surveys of people, not of chromosomes: 5 to 10 % poor metabolisers of debrisoquine among Europeans,
        # about 1 % in East Asia; S-mephenytoin: 13 to 23 % in East Asia, 2 to 5 % in Europe.
        ("CYP2D6", "European", "PM", 0.05, 0.08),
        ("CYP2D6", "East Asian", "PM", 0.0, 0.02),
        ("CYP2D6", "South Asian", "PM", 0.01, 0.04),
        ("CYP2D6", "African American", "PM", 0.01, 0.04),
        ("CYP2D6", "European", "UM", 0.01, 0.05),
        ("CYP2D6", "East Asian", "IM", 0.3, 0.5),
        ("CYP2C19", "European", "PM", 0.02, 0.03),
        ("CYP2C19", "East Asian", "PM", 0.10, 0.16),
        ("CYP2C19", "European", "UM", 0.03, 0.06),
        ("CYP2C19", "East Asian", "UM", 0.0, 0.005),
    ],
)
def test_ancestries_have_the_metabolisers_that_surveys_find(gene, ancestry, phenotype, low, high):
    assert low <= phenotype_shares(EVIDENCE, gene, ancestry)[phenotype] <= high


@pytest.mark.parametrize(
    ("gene", "ancestry", "shares"),
    [
        # CPIC's own phenotype frequencies from the same table (indeterminate left out, so a few per cent off),
        # and those counted among persons of the 1000 Genomes project (500 in each group).
        ("CYP2D6", "European", {"UM": 0.023, "NM": 0.492, "IM": 0.383, "PM": 0.065}),
        ("CYP2D6", "East Asian", {"UM": 0.009, "NM": 0.532, "IM": 0.385, "PM": 0.008}),
        ("CYP2D6", "European", {"UM": 0.030, "NM": 0.484, "IM": 0.384, "PM": 0.062}),
        ("CYP2C19", "European", {"UM": 0.044, "RM": 0.293, "NM": 0.376, "IM": 0.275, "PM": 0.012}),
        ("CYP2C19", "East Asian", {"UM": 0.0, "RM": 0.014, "NM": 0.365, "IM": 0.504, "PM": 0.117}),
    ],
)
def test_expected_phenotypes_agree_with_counted_ones(gene, ancestry, shares):
    found = phenotype_shares(EVIDENCE, gene, ancestry)
    for phenotype, share in shares.items():
        assert found[phenotype] == pytest.approx(share, abs=0.05)


@pytest.mark.parametrize("gene", EVIDENCE.alleles)
def test_a_phenotype_stands_for_the_mean_of_the_europeans_who_have_it(gene):
    """The record of each phenotype agrees with the frequencies it was computed from."""
    known = EVIDENCE.alleles[gene]
    column = {h: share for h, share in known.column("European").items() if _works(known, h)}
    total, weighted = {}, {}
    for (a, p), (b, q) in itertools.product(column.items(), column.items()):
        person = parse_genotype(EVIDENCE, f"{gene}={a}/{b}")
        total[person.phenotype] = total.get(person.phenotype, 0.0) + p * q
        weighted[person.phenotype] = weighted.get(person.phenotype, 0.0) + p * q * person.activity
    assert len(total) >= 4
    for phenotype, share in total.items():
        record = EVIDENCE.record(known.representative(phenotype), "human")
        assert record.number == pytest.approx(weighted[phenotype] / share, abs=6e-4), phenotype


def _works(gene, haplotype):
    return all(gene.known[allele].activity is not None for allele, _ in haplotype.units)


def test_haplotypes_without_a_known_function_are_few_where_the_world_was_studied():
    for ancestry in ancestries(EVIDENCE):
        gene = EVIDENCE.alleles["CYP2D6"]
        known = sum(share for h, share in gene.column(ancestry).items() if _works(gene, h))
        assert known > (0.79 if ancestry == "Sub-Saharan African" else 0.94), ancestry
