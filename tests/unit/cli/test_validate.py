"""`reuptake validate` answers with what it promises, writes what it is asked for, and refuses what it cannot use."""

import csv
import json

import pytest

from reuptake.cli.main import main

SHARES = {"within_1_25", "within_1_5", "within_2"}


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Standard output of a run with --json, and the folder and log that it wrote."""
    place, written = tmp_path_factory.mktemp("validate"), []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdout.write", written.append)
        report = ["--out", str(place / "out"), "--log", str(place / "log.csv"), "--commit", "abcdef0"]
        words = ["validate", "--json", "--fail-above", "50", *report]
        assert main(words) == 0
    return json.loads("".join(written)), place


def test_the_answer_has_the_promised_shape(said):
    answer, _ = said
    roles = {"calibration", "validation", "information"}
    for row in answer["rows"]:
        assert {"study", "domain", "quantity", "observed", "predicted", "ratio", "role"} <= set(row)
        assert row["ratio"] == pytest.approx(row["predicted"] / row["observed"], rel=1e-12)
        assert row["role"] in roles
    assert all({"study", "claim", "expected", "predicted", "holds", "role"} <= set(d) for d in answer["directions"])
    assert set(answer["gmfe"]) == set(answer["within"]) == roles
    assert set(answer["gmfe_by"]["imipramine"]) == roles | {"all"}
    assert all({"study", "quantity", "because"} <= set(excluded) for excluded in answer["excluded"])
    assert answer["run"]["commit"] == "abcdef0"


def test_shares_and_folds_are_those_of_the_rows(said):
    answer, _ = said
    ratios = [row["ratio"] for row in answer["rows"] if row["role"] != "information"]  # which judges nothing
    for share, band in (("within_1_25", 1.25), ("within_1_5", 1.5), ("within_2", 2.0)):
        inside = sum(max(ratio, 1.0 / ratio) <= band for ratio in ratios)
        assert answer[share] == pytest.approx(inside / len(ratios))
    assert all(set(own) == SHARES for own in answer["within"].values())


def test_imipramine_is_told_apart(said):
    answer, _ = said
    judged = [row for row in answer["rows"] if row["role"] != "information"]
    own = [row for row in judged if row["compound"] == "imipramine"]
    assert len(own) == answer["compounds"]["imipramine"]["all"]["rows"]
    assert any(row["analyte"] == "desipramine" for row in own)  # what becomes of it belongs to it
    assert answer["gmfe_by"]["imipramine"]["all"] > 1.0


def test_a_report_is_a_page_with_tables_and_figures(said):
    answer, place = said
    page = (place / "out" / "qualification.md").read_text(encoding="utf-8")
    assert answer["run"]["evidence"] in page
    assert "qualification-forest.svg" in page
    with (place / "out" / "qualification-results.csv").open(encoding="utf-8") as file:
        assert sum(row["counted"] == "yes" for row in csv.DictReader(file)) == len(
            [*answer["rows"], *answer["animals"]]
        )
    assert {path.name for path in (place / "out").iterdir()} >= {"qualification-rows.csv", "qualification-fit.svg"}
    assert (place / "log.csv").read_text(encoding="utf-8").count("abcdef0") == 1


def test_people_see_misses_first_and_a_gate_can_close(capsys):
    assert main(["validate", "--role", "calibration", "--fail-above", "1.0001"]) == 1
    out = capsys.readouterr().out
    assert (
        out.index("outside two-fold") < out.index("By role") if "outside two-fold" in out else "Outside two-fold" in out
    )
    for part in ("By role", "GMFE by domain", "Not answered", "note:"):
        assert part in out


def test_the_table_of_rows_needs_no_simulation(capsys, monkeypatch):
    monkeypatch.setattr("reuptake.qualification.validation.observe", None)
    assert main(["validate", "--rows-only", "--role", "validation"]) == 0
    rows = list(csv.DictReader(capsys.readouterr().out.splitlines()))
    assert {row["role"] for row in rows} == {"validation"}
    assert {row["counted"] for row in rows} == {"yes", "no"}
    assert all(row["because"] for row in rows if row["counted"] == "no")


def test_every_mistake_is_told_at_once(capsys, tmp_path):
    words = [
        "--role",
        "validaton",
        "--log",
        str(tmp_path),
        "--commit",
        "HEAD",
        "--date",
        "today",
        "--fail-above",
        "0.5",
    ]
    assert main(["validate", *words]) == 2
    told = capsys.readouterr().err
    for part in ("did you mean 'validation'", "--commit", "--date", "--fail-above", "is a folder"):
        assert part in told


def test_another_file_is_no_log(capsys, tmp_path):
    place = tmp_path / "other.csv"
    place.write_text("a,b\n1,2\n", encoding="utf-8")
    assert main(["validate", "--log", str(place), "--commit", "abcdef0"]) == 2
    assert "no log of validation runs" in capsys.readouterr().err
    assert place.read_text(encoding="utf-8") == "a,b\n1,2\n"
