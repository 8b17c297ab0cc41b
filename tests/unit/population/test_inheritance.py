"""Subjects inherit two haplotypes of their ancestry, each subject from its own stream."""

import time

import numpy as np
import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.population.genotypes import parse_genotype
from reuptake.population.inheritance import ancestries, diplotypes, drawn, phenotype_shares

EVIDENCE = packaged()
MANY = range(1, 10_001)


def test_a_subject_is_the_same_whoever_else_is_drawn():
    alone, among = drawn(EVIDENCE, "European", [7], 3), drawn(EVIDENCE, "European", [1, 7, 2], 3)
    assert alone.keys() == among.keys() == {"cyp2d6.activity_score", "cyp2c19.relative_activity"}
    assert all(alone[name][0] == among[name][1] for name in alone)


def test_another_seed_makes_other_subjects():
    first, second = (drawn(EVIDENCE, "European", MANY, seed) for seed in (1, 2))
    assert all(np.mean(first[name] != second[name]) > 0.3 for name in first)


def test_names_and_numbers_are_of_the_same_draw():
    subjects = range(1, 300)
    values, names = drawn(EVIDENCE, "East Asian", subjects, 5), diplotypes(EVIDENCE, "East Asian", subjects, 5)
    for gene, named in names.items():
        people = [parse_genotype(EVIDENCE, f"{gene}={name}") for name in named]
        assert [person.activity for person in people] == pytest.approx(values[people[0].parameter])
        assert [person.diplotype for person in people] == named


def test_the_first_subjects_are_pinned_for_ever():
    # A change of these changes every population ever drawn.
    values = drawn(EVIDENCE, "European", [1, 2, 3, 4, 5], 1)
    assert values["cyp2d6.activity_score"].tolist() == [1.5, 4.0, 1.5, 2.0, 1.0]
    assert values["cyp2c19.relative_activity"].tolist() == pytest.approx([0.0, 0.5, 0.66, 1.16, 1.16])


@pytest.mark.parametrize("written", ["european", "East_Asian", " sub-saharan african ", "Sub Saharan African"])
def test_an_ancestry_is_found_as_it_is_written(written):
    assert drawn(EVIDENCE, written, [1], 1)


@pytest.mark.parametrize(
    ("written", "remedy"), [("Europaen", "did you mean 'European'"), ("Martian", "known: European, East Asian")]
)
def test_an_unknown_ancestry_names_those_there_are(written, remedy):
    with pytest.raises(InputError, match=remedy):
        drawn(EVIDENCE, written, [1], 1)


def test_ten_thousand_subjects_are_drawn_at_once():
    best = min(_seconds(lambda: drawn(EVIDENCE, "European", MANY, 1)) for _ in range(3))
    assert best < 1.0


def _seconds(work):
    begun = time.process_time()
    work()
    return time.process_time() - begun


def test_nobody_at_all_is_a_population_too():
    assert {name: values.shape for name, values in drawn(EVIDENCE, "European", [], 1).items()} == {
        "cyp2c19.relative_activity": (0,),
        "cyp2d6.activity_score": (0,),
    }


@pytest.mark.parametrize("ancestry", ancestries(EVIDENCE))
@pytest.mark.parametrize("gene", EVIDENCE.alleles)
def test_expected_phenotypes_are_shares_of_one(gene, ancestry):
    shares = phenotype_shares(EVIDENCE, gene, ancestry)
    assert sum(shares.values()) == pytest.approx(1.0, abs=1e-12)
    assert all(0.0 <= share <= 1.0 for share in shares.values())
    assert "fast EM" not in shares
