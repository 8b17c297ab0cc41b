"""A population on the terminal: numbers for people, one object for machines, files whole, and no option in vain."""

import csv
import json

import pytest

from contracts.cohort import NAMES, Cohort, write_study
from reuptake.cli.main import main


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("cohort"), Cohort(6).replicate(7), between=NAMES[:1])


def test_people_get_numbers_errors_and_files(file, tmp_path, capsys):
    out, records = tmp_path / "out", tmp_path / "records.yaml"
    assert main(["fit", str(file), "--out", str(out), "--records", str(records), "--threads", "1"]) == 0
    told = capsys.readouterr().out
    for said in (
        "36 levels of 6 subjects, FOCEI", *NAMES, "RSE", "Between subjects", "shrinkage", "Residual error", "log-normal",
        "objective (OFV)", "converged", "residual shrinkage",
    ):  # fmt: skip
        assert said in told
    assert {entry.name for entry in out.iterdir()} == {
        "population.json", "individuals.csv", "rows.csv", "records.yaml", "goodness-of-fit.svg", "residuals.svg",
    }  # fmt: skip
    assert (out / "records.yaml").read_text(encoding="utf-8") == records.read_text(encoding="utf-8")
    answer = json.loads((out / "population.json").read_text(encoding="utf-8"))
    with (out / "individuals.csv").open(encoding="utf-8") as stream:
        individuals = list(csv.DictReader(stream))
    assert [row["subject"] for row in individuals] == [one["subject"] for one in answer["individuals"]]
    assert float(individuals[0][f"eta {NAMES[0]}"]) == pytest.approx(
        answer["individuals"][0]["eta"][NAMES[0]], rel=1e-5
    )  # fmt: skip
    with (out / "rows.csv").open(encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == len(answer["rows"]) == 36
    assert "36 individual predictions" in (out / "goodness-of-fit.svg").read_text(encoding="utf-8")


def test_json_is_one_object_and_nothing_else(file, capsys):
    assert main(["fit", str(file), "--json", "--threads", "1"]) == 0
    told, complaints = capsys.readouterr()
    assert complaints == ""
    answer = json.loads(told)
    assert [one["name"] for one in answer["typical"]] == list(NAMES)
    (spread,) = answer["between"]
    assert spread["low"] < spread["value"] < spread["high"]
    assert spread["shrinkage"] is not None


def test_options_of_other_fits_are_refused_together(file, capsys):
    options = ["--starts", "3", "--seed", "2", "--profile", "all", "--posterior", "100"]
    assert main(["fit", str(file), *options]) == 2
    complaints = capsys.readouterr().err
    assert all(option in complaints for option in options if option.startswith("--"))
    assert complaints.count("a population estimate knows no such option") == 4
