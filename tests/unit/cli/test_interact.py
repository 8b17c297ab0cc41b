"""The command line of interactions: tables for people, one object for machines, files whole or not at all."""

import csv
import json

import pytest

QUINIDINE = ("--with", "quinidine 200 mg every 24h")
DESIPRAMINE = ("interact", "desipramine", "--dose", "50 mg")


def test_json_is_one_object_with_the_promised_keys(say):
    status, out, err = say(*DESIPRAMINE, *QUINIDINE, "--json")
    answer = json.loads(out)
    assert (status, err) == (0, "")
    assert set(answer["ratios"]["desipramine"]["auc"]) == {"median", "p05", "p95"}
    assert set(answer["ratios"]["desipramine"]) == {"auc", "cmax"}
    assert sum(answer["pathways"]["desipramine"].values()) == pytest.approx(1.0)
    assert 0.0 < answer["activity"]["CYP2D6"]["median"] < 0.5
    assert answer["phenoconversion"]["CYP2D6"]["effective_phenotype"] in ("PM", "IM")
    assert answer["perpetrators"]["quinidine"]["cmax"]["unit"] == "ng/mL"


def test_people_get_tables_and_files(say, tmp_path):
    status, out, err = say(*DESIPRAMINE, *QUINIDINE, "--subjects", "3", "--out", str(tmp_path / "study"))
    assert (status, err) == (0, "")
    for said in ("with over", "CYP2D6", "quinidine: cmax", "written:"):
        assert said in out
    with (tmp_path / "study" / "ratios.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 3
    assert json.loads((tmp_path / "study" / "interaction.json").read_text(encoding="utf-8"))["subjects"] == 3


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "nothing is given beside it"),
        (("--with", "desipramine 50 mg"), "beside itself"),
        ((*QUINIDINE, *QUINIDINE), "given twice"),
        ((*QUINIDINE, "--genotype", "CYP2D6=*1/*2/*3"), "CYP2D6"),
        ((*QUINIDINE, "--subjects", "0", "--lead", "soon"), "--subjects"),
    ],
)
def test_mistakes_end_with_status_two_and_write_nothing(say, tmp_path, words, complaint):
    status, out, err = say(*DESIPRAMINE, *words, "--out", str(tmp_path / "study"))
    assert (status, out) == (2, "")
    assert complaint in err
    assert err.startswith("error: ")
    assert not (tmp_path / "study").exists()
