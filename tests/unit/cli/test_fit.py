"""A fit on the terminal: values and doubts for people, one object for machines, files whole."""

import json

import pytest

from reference.conversion import A_AND_B, A_TWICE, RATES, case
from reuptake.cli.fit import show_fit
from reuptake.errors import InputError
from reuptake.exchange.petab.problem import Observable
from reuptake.exchange.petab.reading import read_problem
from reuptake.exchange.petab.writing import write_problem
from unit.reports.linear_fit import linear_fit


def test_people_get_values_convergence_and_doubts(capsys):
    fit = linear_fit(blind=1)
    show_fit(fit, seconds=3.0)
    out = capsys.readouterr().out
    for said in ("14 of 20 starts reached the best cost", "Explained worst", "What the data cannot tell", "not told"):
        assert said in out
    for name in (*(one.name for one in fit.fitted.parameters), *fit.notes):
        assert name in out


def test_json_is_one_object_and_nothing_else(capsys):
    show_fit(linear_fit(), json=True)
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out)["converged"] == 14


def test_files_are_written_and_said(capsys, tmp_path):
    place = tmp_path / "fit"
    show_fit(linear_fit(), out=place, records="values: []\n")
    assert f"written: {place}" in capsys.readouterr().out.replace("\n", "")
    names = {entry.name for entry in place.iterdir()}
    assert {"fit.json", "rows.csv", "report.html", "records.yaml", "profiles.svg"} <= names
    assert json.loads((place / "fit.json").read_text(encoding="utf-8"))["fit"] == linear_fit().name


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("here already", encoding="utf-8")
    with pytest.raises(InputError):
        show_fit(linear_fit(), out=tmp_path / "file" / "fit")


LEVELS = """id,time (h),conc (ng/mL)
A,2,9.1
A,8,12.2
A,24,7.0
A,72,1.9
"""
OWN = """fit: own-2
data:
  tables:
    - {file: levels.csv, compound: desipramine, dose: 50 mg, error: {log: 0.2}}
quantities:
  - name: desipramine.cyp2d6.clint
  - name: desipramine.kp_scale.human
"""


@pytest.fixture
def own(tmp_path):
    (tmp_path / "levels.csv").write_text(LEVELS, encoding="utf-8")
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    return tmp_path / "own.yaml"


def test_a_petab_problem_is_fitted_and_told_as_others_tell_it(say, tmp_path):
    pytest.importorskip("libsbml")
    written = write_problem(case([*A_TWICE, ("obs_a", "c0", 2.0, 0.5)], parameters=RATES), tmp_path / "p")
    status, out, err = say("fit", str(written), "--starts", "2", "--json")
    answer = json.loads(out)
    assert (status, err, answer["fit"]) == (0, "", "case")
    assert answer["chi2"] == pytest.approx(2.0 * answer["cost"])
    assert answer["log_likelihood"] < 0.0
    assert [one["name"] for one in answer["parameters"]] == ["k1", "k2"]
    out = say("fit", str(written), "--starts", "1")[1]
    assert "chi²" in out
    assert "least squares" in out


def test_options_that_say_nothing_of_a_petab_problem_are_refused(say, tmp_path):
    pytest.importorskip("libsbml")
    noise = [Observable("obs_a", "A", "k1"), Observable("obs_b", "B", "0.5")]
    written = str(write_problem(case(A_AND_B, noise, parameters=RATES), tmp_path / "p"))
    status, _, err = say("fit", written, "--petab", str(tmp_path / "q"), "--records", str(tmp_path / "r.yaml"))
    assert status == 2
    assert all(f"{word}: " in err for word in ("--petab", "--records"))
    status, _, err = say("fit", written, "--profile", "all", "--posterior", "50")
    assert status == 2
    assert all(f"{word}: it needs least squares" in err for word in ("--profile", "--posterior"))


def test_a_fit_is_written_as_petab_and_counted(say, own, tmp_path):
    place = tmp_path / "petab"
    status, out, _ = say("fit", str(own), "--starts", "1", "--petab", str(place), "--petab-version", "2")
    assert status == 0
    assert "4 of the 4 numbers that the fit own-2 explains" in " ".join(out.split())
    assert len(read_problem(place / "own-2.yaml").measurements) == 4
    assert "Holds 4 of the 4 numbers" in (place / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("words", "said"), [
    (("--petab", "full"), "is not empty"), (("--petab", "own.yaml"), "is a file, not a folder"),
    (("--petab", "new", "--petab-version", "3"), "version 3 cannot be written"),
    (("--petab-version", "2"), "nothing is written as PEtab"),
])  # fmt: skip
def test_what_cannot_be_written_is_refused_before_the_work_begins(say, own, tmp_path, words, said):
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thing").write_text("here already", encoding="utf-8")
    placed = [str(tmp_path / word) if word in ("full", "own.yaml", "new") else word for word in words]
    status, out, err = say("fit", str(own), *placed)
    assert (status, out) == (2, "")
    assert said in err
    assert not (tmp_path / "new").exists()
