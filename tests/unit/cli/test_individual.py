"""The command line of one person: tables, one object for machines, files whole or not at all."""

import csv
import json

import pytest

TAKEN = ("individual", "desipramine", "--dose", "50 mg", "--every", "24h", "--for", "7d", "--draws", "20")
WHO = ("--sex", "male", "--age", "40", "--weight", "80", "--genotype", "CYP2D6=*1/*1")
LEVEL = ("--level", "desipramine 40 ng/mL at 6d 23h")


def test_json_is_one_object_with_the_promised_keys(say):
    status, out, err = say(*TAKEN, *WHO, *LEVEL, "--predict", "100 mg every 24h", "--json")
    answer = json.loads(out)
    assert (status, err) == (0, "")
    assert answer["analytes"] == ["desipramine"]
    assert {one["dose"] for one in answer["predictions"]} == {"50 mg", "100 mg"}
    for one in answer["predictions"]:
        for spread in (one["cavg"], one["cmin"], one["cmax"], *one["population"].values()):
            assert set(spread) == {"median", "p05", "p95", "unit"}
            assert spread["p05"] <= spread["median"] <= spread["p95"]
    named = {one["name"]: one for one in answer["parameters"]}
    assert named["cyp2d6.abundance"]["learned"] == pytest.approx(1.0 - named["cyp2d6.abundance"]["shrinkage"])
    assert named["cyp2d6.abundance"]["estimate"] < named["cyp2d6.abundance"]["typical"]  # higher levels: less enzyme
    assert answer["levels"][0]["z"] > 0.0
    assert (answer["sigma"], answer["draws"]) == (0.27, 20)
    assert answer["run"]["request"]["genotypes"] == ["CYP2D6=*1/*1"]
    assert "Research use only." in answer["notes"]


def test_people_get_tables_files_and_a_figure(say, tmp_path):
    table = tmp_path / "levels.csv"
    table.write_text("analyte,level,time\ndesipramine,40 ng/mL,6d 23h\n", encoding="utf-8")
    out_folder, figure = tmp_path / "person", tmp_path / "person.svg"
    status, out, err = say(
        *TAKEN, *WHO, "--levels", str(table), "--out", str(out_folder), "--plot", str(figure), "--sigma", "0.2"
    )
    assert (status, err) == (0, "")
    for said in ("this person", "cyp2d6.abundance", "own curve", "50 mg every 24h", "written:"):
        assert said in out
    assert json.loads((out_folder / "individual.json").read_text(encoding="utf-8"))["sigma"] == 0.2
    with (out_folder / "courses.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert all(float(row["low"]) <= float(row["high"]) for row in rows)
    assert figure.read_text(encoding="utf-8").startswith("<svg")


@pytest.mark.parametrize(
    ("words", "complaints"),
    [
        (WHO, ["no level was measured"]),
        ((*WHO, "--level", "desipramine 40 at 6d"), ["has no unit"]),
        ((*WHO, "--level", "desipramin 40 ng/mL at 8d"), ["did you mean 'desipramine'", "beyond the course"]),
        ((*LEVEL, "--age", "old", "--weight", "5"), ["--sex", "--age", "--weight"]),
        ((*WHO, *LEVEL, *LEVEL, "--predict", "50 mg", "--sigma", "0"), ["two levels", "--predict", "--sigma"]),
        ((*WHO, *LEVEL, "--plot", "person.png"), ["a plot is an SVG file"]),
        ((*WHO, "--levels", "nowhere.csv"), ["nowhere.csv"]),
    ],
)
def test_mistakes_end_with_status_two_and_write_nothing(say, tmp_path, words, complaints):
    status, out, err = say(*TAKEN, *words, "--out", str(tmp_path / "person"))
    assert (status, out) == (2, "")
    assert err.startswith("error: ")
    assert [complaint for complaint in complaints if complaint not in err] == []
    assert not (tmp_path / "person").exists()
