"""Diplotypes are read as laboratories write them; what cannot be is refused, all at once."""

import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.population.notation import parse_diplotype

CYP2D6, CYP2C19 = packaged().alleles["CYP2D6"], packaged().alleles["CYP2C19"]


@pytest.mark.parametrize(
    ("written", "tidy"),
    [
        ("*1/*4", "*1/*4"),
        ("*4/*1", "*1/*4"),
        (" *10 / *2 ", "*2/*10"),
        ("*2x2/*4", "*2x2/*4"),
        ("*1X3/*2", "*1x3/*2"),
        ("*1×2/*41", "*1x2/*41"),
        ("*36+*10/*10", "*10/*36+*10"),
        ("*10+*36/*10", "*10/*36+*10"),
        ("*36x2 + *10/*1", "*1/*36x2+*10"),
        ("*10+*10/*1", "*1/*10x2"),
        ("*68+*4/*1", "*1/*68+*4"),
        ("*13+*2/*5", "*13+*2/*5"),
        ("*01/*004", "*1/*4"),
    ],
)
def test_notation_is_read_and_tidied(written, tidy):
    diplotype = parse_diplotype(CYP2D6, written)
    assert str(diplotype) == tidy
    assert diplotype.notes == ()
    assert parse_diplotype(CYP2D6, tidy) == diplotype


@pytest.mark.parametrize(("written", "core"), [("*4A", "*4"), ("*4.001", "*4"), ("*2A", "*2"), ("*10AB", "*10")])
def test_a_variant_is_read_as_its_core_allele_and_that_is_said(written, core):
    diplotype = parse_diplotype(CYP2D6, f"*1/{written}")
    assert str(diplotype) == f"*1/{core}"
    assert diplotype.notes == (f"CYP2D6{written} is read as {core}, whose function its variants share",)


@pytest.mark.parametrize(
    ("gene", "written", "complaint", "remedy"),
    [
        (CYP2D6, "*1", "is one haplotype; a person has two", "write both"),
        (CYP2D6, "*13+*2", "is one haplotype", "joined by '\\+'"),
        (CYP2D6, "*1/*2/*3", "is 3 haplotypes", "write both"),
        (CYP2D6, "*1/4", "'4' is no allele", r"write '\*4'"),
        (CYP2D6, "*1/wild type", "'wildtype' is no allele", r"write '\*4'"),
        (CYP2D6, "*1/", "'' is no allele", r"write '\*4'"),
        (CYP2D6, "*1/*4+", "'' is no allele", r"write '\*4'"),
        (CYP2D6, "*1/*0", r"'\*0' is no allele", "write"),
        (CYP2D6, "*1/*404", r"no allele '\*404'", r"did you mean .*'\*40'"),
        (CYP2D6, "*1/*5x2", "is a deleted gene", r"write '\*5' alone"),
        (CYP2D6, "*1/*5+*4", "is a deleted gene", "alone"),
        (CYP2D6, "*1/*2xN", "not how many", r"'\*2x2' for two"),
        (CYP2D6, "*1/*2x0", "no copy at all", r"write '\*5' for a deleted gene"),
        (CYP2D6, "*1/*2x14", "14 copies on one chromosome; at most 13 copies", "give fewer"),
        (CYP2D6, "*1/*2x9+*1x5", "14 copies on one chromosome", "give fewer"),
        (CYP2C19, "*1/*2x2", "2 copies on one chromosome; one copy", "write one allele"),
        (CYP2C19, "*1/*2+*3", "2 copies on one chromosome; one copy", "write one allele"),
        (CYP2C19, "*1/*2x0", "no copy at all", "leave it out"),
        (CYP2C19, "*1/*41", r"CYP2C19 has no allele '\*41'", r"did you mean '\*4'"),
    ],
)
def test_what_cannot_be_is_one_sentence_with_a_remedy(gene, written, complaint, remedy):
    with pytest.raises(InputError, match=complaint) as caught:
        parse_diplotype(gene, written)
    with pytest.raises(InputError, match=remedy):
        raise caught.value
    assert all(problem.where == "--genotype" for problem in caught.value.problems)


def test_everything_wrong_is_said_at_once():
    with pytest.raises(InputError) as caught:
        parse_diplotype(CYP2D6, "*5x2/*2xN/*404+q")
    assert len(caught.value.problems) == 5  # three haplotypes, a doubled deletion, xN, an unknown allele, 'q'


def test_a_text_of_any_length_is_answered_in_a_short_line():
    with pytest.raises(InputError) as caught:
        parse_diplotype(CYP2D6, "*1/" + "z" * 100_000)
    assert len(str(caught.value)) < 300


def test_thirteen_copies_have_been_seen():
    assert parse_diplotype(CYP2D6, "*2x13/*4").haplotypes[0].copies == 13
