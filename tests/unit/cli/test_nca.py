"""``reuptake nca``: a page or one JSON object, files where asked, errors that help."""

import json

import pytest

from reuptake.cli.main import main

TABLE = """id,time (h),conc (ng/mL)
S1,0,BLQ
S1,1,10
S1,2,8
S1,4,4
S1,8,1
S2,0,0
S2,1,20
S2,2,16
S2,4,8
S2,8,2
S3,0,0
S3,1,5
S3,2,6
S3,4,7
"""


@pytest.fixture
def say(capsys):
    def said(*words):
        status = main(["nca", *map(str, words)])
        out, err = capsys.readouterr()
        return status, out, err

    return said


@pytest.fixture
def data(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text(TABLE, encoding="utf-8")
    return path


def test_one_json_object_and_nothing_else(say, data):
    status, out, err = say(data, "--dose", "50 mg", "--json")
    answer = json.loads(out)
    assert (status, err) == (0, "")
    assert out.isascii()
    first, second, third = answer["subjects"]
    assert first["id"] == "S1"
    assert first["half_life"] == pytest.approx(2.0)
    assert second["auc_inf"] == pytest.approx(2 * first["auc_inf"])
    assert second["cl_f"] == pytest.approx(first["cl_f"] / 2)
    assert third["lambda_z"] is None
    assert third["flags"] == ["no terminal phase: 0 points after the peak, 3 are needed"]
    assert answer["units"]["auc_inf"] == "ng·h/mL"
    assert any("Research use only" in note for note in answer["notes"])


def test_a_page_shows_measures_flags_and_what_was_taken_for_granted(say, data):
    status, out, _ = say(data, "--dose", "50 mg")
    assert status == 0
    for word in ("S1", "Cmax", "AUC∞", "t½", "CL/F", "median", "note: dose: 50 mg as stated", "S3: no terminal phase"):
        assert word in out


def test_many_profiles_are_cut_short_on_a_page(say, tmp_path):
    rows = [f"S{i},{t},{c}" for i in range(60) for t, c in ((0, 0), (1, 5), (2, 6), (4, 7))]
    path = tmp_path / "many.csv"
    path.write_text("\n".join(["id,time,conc", *rows]), encoding="utf-8")
    out = say(path, "--dose", "50 mg")[1]
    assert "the first 30 of 60 are shown" in out
    assert "and 10 more flags" in out


def test_files_are_written_whole(say, data, tmp_path):
    status, out, _ = say(data, "--dose", "50 mg", "--out", tmp_path / "results")
    assert status == 0
    assert sorted(path.name for path in (tmp_path / "results").iterdir()) == [
        "nca.csv", "profiles.svg", "terminal-phases.svg",
    ]  # fmt: skip
    assert "written:" in out


def test_every_mistake_is_told_and_nothing_is_written(say, data, tmp_path):
    data.write_text("id,time,conc\nA,0,x\nA,-1,2\n", encoding="utf-8")
    blocked = tmp_path / "file"
    blocked.write_text("")
    status, out, err = say(data, "--dose", "50", "--out", blocked)
    assert (status, out) == (2, "")
    assert err.count("error:") == 2  # the table is not analysed before the words are understood
    assert "--dose" in err
    assert "--out" in err
    status, _, err = say(data, "--dose", "50 mg", "--out", tmp_path / "results")
    assert status == 2
    assert f"{data}:2, column 'conc': 'x' is no level" in err
    assert f"{data}:3, column 'time': a time before the dose (got -1)" in err
    assert not (tmp_path / "results").exists()
    assert "Traceback" not in err


def test_help_shows_examples(say):
    status, out, _ = say("--help")
    assert status == 0
    assert "Examples" in out
