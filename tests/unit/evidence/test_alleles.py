"""Files of genes say where they are wrong, with everything at once."""

import shutil

import pytest

from reuptake.errors import InputError
from reuptake.evidence.alleles import Haplotype
from reuptake.evidence.base import DATA, load, packaged


@pytest.fixture
def spoiled(tmp_path):
    """Loads the packaged evidence with the file of CYP2C19 changed; gives what it says."""

    def load_with(*changes):
        data = tmp_path / "data"
        shutil.copytree(DATA, data)
        path = data / "alleles" / "cyp2c19.yaml"
        text = path.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            load(data=data)
        return caught.value.problems

    return load_with


def test_both_genes_are_known():
    genes = packaged().alleles
    assert set(genes) == {"CYP2D6", "CYP2C19"}
    four = genes["CYP2D6"].known["*4"]
    assert (four.function, four.activity, four.hybrid, four.source) == ("none", 0.0, False, "caudle2020")
    assert genes["CYP2D6"].known["*36"].hybrid
    assert genes["CYP2D6"].known["*22"].activity is None


def test_the_rest_fills_a_column_to_one():
    for ancestry in ("European", "East Asian", "South Asian", "African American", "Sub-Saharan African"):
        column = packaged().alleles["CYP2C19"].column(ancestry)
        assert sum(column.values()) == pytest.approx(1.0)
        assert column[Haplotype.read("*1")] > 0.5


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("'*2': 0.15", "'*2': 1.15"), "less than or equal to 1"),
        (("'*2': 0.15", "'*2': -0.15"), "greater than or equal to 0"),
        (("'*2': 0.15", "'*2': 0.95"), "sum to 1.167, which is above 1"),
        (("'*2': 0.15", "'*77': 0.15"), "CYP2C19*77 is not among the alleles"),
        (("'*2': 0.15", "'2': 0.15"), "'2' is no haplotype"),
        (("'*2': 0.15", "'*2': rest"), "two haplotypes of CYP2C19 in European take the rest"),
        (("haplotypes: {'*17': 0.157}", "haplotypes: {'*17': 0.157, '*2': 0.1}"), "given twice for South Asian"),
        (("'*1 *11 ", "'*1 *2 *11 "), "CYP2C19*2 is given twice"),
        (("'*1 *11 ", "'*1 11 "), "'11' is no allele"),
        (("source: alrajeh2022", "source: alrajeh2023"), "source 'alrajeh2023' is not in the bibliography"),
        (("via: pypgx", "via: pypgy"), "source 'pypgy' is not in the bibliography"),
        (("most_copies: 1", "most_copies: 0"), "greater than or equal to 1"),
        (("most_copies: 1", "most_copies: 1\nhybrids: '*2 *99'"), "CYP2C19*99 is not among the alleles"),
        (("phenotype: RM, ", "phenotype: fast, "), "needs a record 'cyp2c19.fast.relative_activity'"),
        (("    activity: 0.66\n", ""), "an activity belongs to every function"),
        (("function: increased\n", "function: improved\n"), "'function'"),
        (("gene: CYP2C19", "gene: CYP2D6"), "CYP2D6 has a file already, alleles/cyp2c19.yaml"),
        (("    locator: Table 2, column EAS\n", ""), "measured needs 'locator'"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(spoiled, change, complaint):
    problems = spoiled(change)
    told = [problem for problem in problems if complaint in problem.message]
    assert told, [problem.render() for problem in problems]
    assert told[0].where.startswith("alleles/cyp2")


def test_all_mistakes_are_told_at_once(spoiled):
    problems = spoiled(
        ("'*1 *11 ", "'*1 *2 *11 "), ("'*2': 0.15", "'*77': 0.15"), ("'*2': 0.3125", "'*2': 0.9999")
    )  # fmt: skip
    lines = [int(problem.where.split(":")[1]) for problem in problems]
    assert len(problems) == 3
    assert lines == sorted(lines)


@pytest.mark.parametrize("text", ["*4", "*1x2", "*36+*10", "*36x2+*10"])
def test_haplotypes_are_written_as_they_are_read(text):
    assert str(Haplotype.read(text)) == text


@pytest.mark.parametrize("text", ["4", "*4A", "*1x", "*1xN", "*1+", "", "*1/*2"])
def test_what_is_no_haplotype_is_none(text):
    assert Haplotype.read(text) is None
