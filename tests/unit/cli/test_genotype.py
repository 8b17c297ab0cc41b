"""The command that explains a genotype."""

import json

import pytest

from reuptake.evidence.base import packaged


def test_a_genotype_is_explained(say):
    status, out, err = say("genotype", "CYP2D6=*36+*10/*4A", "CYP2C19=*2/*17")
    assert (status, err) == (0, "")
    for said in ("CYP2D6 *4/*36+*10", "phenotype       IM", "cyp2d6.activity_score.human = 0.25", "is read as *4",
                 "10.1111/cts.12692", "CYP2C19 *2/*17", "no medical device"):  # fmt: skip
        assert said in out


def test_json_is_one_object(say):
    status, out, err = say("genotype", "CYP2D6=*1/*4", "--json")
    answer = json.loads(out)["genotypes"][0]
    assert (status, err) == (0, "")
    assert answer["relative_clint"] == pytest.approx(0.5**1.36)
    assert answer["settings"] == {"cyp2d6.activity_score.human": 1.0}
    assert [(c["allele"], c["function"], c["activity"]) for c in answer["copies"]] == [
        ("*1", "normal", 1.0), ("*4", "none", 0.0),
    ]  # fmt: skip


@pytest.mark.parametrize("gene", ["CYP2D6", "cyp2c19"])
def test_a_gene_is_listed(say, gene):
    status, out, err = say("genotype", "--list", gene)
    assert (status, err) == (0, "")
    assert f"Alleles of {gene.upper()}" in out
    assert "Expected phenotypes" in out


def test_the_list_is_json_too(say):
    answer = json.loads(say("genotype", "--list", "CYP2D6", "--json")[1])
    assert len(answer["alleles"]) == len(packaged().alleles["CYP2D6"].known)
    assert {h["name"]: h["activity"] for h in answer["haplotypes"]}["*1x2"] == 2.0
    poor = next(p for p in answer["phenotypes"] if p["phenotype"] == "PM")
    assert 0.05 < poor["shares"]["European"] < 0.08


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["CYP2D6=*5x2/*0", "CYP3A=*1/*1"], "genes of 'CYP3A' are not simulated"),
        ([], "no genotype is given"),
        (["--list", "CYP2D9"], "did you mean 'CYP2D6'"),
        (["--list", "CYP2D6", "CYP2D6=*1/*1"], "a list takes no genotypes"),
    ],
)
def test_what_cannot_be_read_ends_with_status_two(say, words, complaint):
    status, out, err = say("genotype", *words)
    assert (status, out) == (2, "")
    assert complaint in err
