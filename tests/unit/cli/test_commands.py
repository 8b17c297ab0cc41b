"""Commands: one JSON object or one readable page, exit statuses, and errors that help."""

import json
import os
import signal
import subprocess
import sys

import pytest

COMPOUND = """compound: testamine
title: Testamine
values:
  - {name: testamine.sert.kd, number: 2, unit: nmol/L, status: assumed, because: made up for a test}
"""


def test_simulate_prints_one_json_object_and_nothing_else(say):
    status, out, err = say("simulate", "imipramine", "--dose", "50 mg", "--json")
    answer = json.loads(out)
    assert (status, err) == (0, "")
    assert set(answer["analytes"]) == {
        "imipramine", "desipramine", "2-hydroxyimipramine", "2-hydroxydesipramine", "didesmethylimipramine",
    }  # fmt: skip
    assert set(answer["occupancy"]) == {
        "SERT", "NET", "DAT", "M1", "M2", "M3", "M4", "M5", "H1", "alpha1", "5-HT2A", "5-HT2C",
    }  # fmt: skip
    for key in ("transmitters", "adaptation", "effects"):
        assert answer[key] is None
        assert any(key in note for note in answer["notes"])
    assert any("Research use only" in note for note in answer["notes"])


def test_one_subject_has_three_equal_quantiles_and_many_do_not(say):
    for subjects, same in ((1, True), (4, False)):
        answer = json.loads(say("simulate", "imipramine", "--dose", "50 mg", "--subjects", str(subjects), "--json")[1])
        auc = answer["analytes"]["imipramine"]["auc_inf"]
        assert (auc["p05"] == auc["median"] == auc["p95"]) is same
        assert auc["unit"] == "ng·h/mL"


def test_the_same_seed_gives_the_same_answer_and_threads_change_nothing(say):
    words = ("simulate", "imipramine", "--dose", "50 mg", "--for", "2 d", "--subjects", "3", "--seed", "9", "--json")
    first, second = (json.loads(say(*words, "--threads", n)[1]) for n in ("1", "3"))
    for answer in (first, second):
        answer["run"].pop("seconds")
    assert first == second


def test_repeated_doses_are_summarised_over_the_last_interval(say):
    answer = json.loads(say("simulate", "imipramine", "--dose", "25 mg", "--every", "8h", "--for", "2d", "--json")[1])
    level = answer["analytes"]["imipramine"]
    assert level["auc_inf"] is None
    assert level["half_life"] is None
    assert level["cavg"]["median"] == pytest.approx(level["auc_tau"]["median"] / 8.0, rel=1e-12)
    assert 0.0 <= level["tmax"]["median"] <= 8.0


def test_without_json_people_get_tables(say):
    status, out, _ = say("simulate", "imipramine", "--dose", "50 mg")
    assert status == 0
    assert "2-hydroxyimipramine" in out
    assert "Research use only" in out


def test_evidence_of_one_target(say):
    answer = json.loads(say("evidence", "imipramine", "--target", "sert", "--json")[1])
    assert {claim["target"] for claim in answer["claims"]} == {"SERT"}
    (value,) = [v for v in answer["values"] if v["name"] == "imipramine.sert.kd" and v["use"]]
    assert (value["number"], value["unit"], value["source"]) == (1.4, "nmol/L", "tatsumi1997")


def test_evidence_check_counts_and_finds_everything(say):
    status, out, _ = say("evidence", "--check")
    assert status == 0
    assert "in order" in out


def test_explain_shows_rivals_and_where_a_number_enters(say):
    answer = json.loads(say("explain", "imipramine.alpha1.kd", "--json")[1])
    assert [record["use"] for record in answer["records"]] == [True, False]
    assert any("alpha1" in entry["where"] for entry in answer["used_by"])
    assert answer["responses"]
    assert "rival" not in say("explain", "imipramine.alpha1.kd")[2]


def test_a_users_compound_is_known_to_every_command(say, tmp_path):
    path = tmp_path / "testamine.yaml"
    path.write_text(COMPOUND, encoding="utf-8")
    assert json.loads(say("evidence", "testamine", "--compound", str(path), "--json")[1])["values"][0]["number"] == 2.0
    status, _, err = say("simulate", "testamine", "--dose", "1 mg", "--compound", str(path))
    assert status == 2
    assert "testamine.fraction_unbound" in err
    assert "testamine.molar_mass" in err


def test_population_is_shown_written_and_compared(say, tmp_path):
    words = ("population", "--subjects", "100", "--age", "20-40", "--seed", "3")
    status, out, _ = say(*words, "--out", str(tmp_path / "people"))
    assert status == 0
    assert "Against the evidence" in out
    assert {path.name for path in (tmp_path / "people").iterdir()} == {
        "people.csv",
        "population.json",
        "population.svg",
    }
    assert json.loads(say(*words, "--json")[1]) == json.loads((tmp_path / "people" / "population.json").read_text())


def test_a_population_reaches_the_simulation_and_its_record(say, tmp_path):
    words = ("simulate", "imipramine", "--dose", "50 mg", "--for", "4 h", "--subjects", "3", "--json")
    usual, old = (json.loads(say(*words, *more)[1]) for more in ((), ("--age", "80-90", "--sex", "female")))
    assert usual["run"]["hash"] != old["run"]["hash"]
    assert any("80-90 years, 100% women" in note for note in old["notes"])
    assert say(*words, "--age", "80-90", "--sex", "female", "--out", str(tmp_path / "run"))[0] == 0
    asked = json.loads((tmp_path / "run" / "run.json").read_text())["request"]["population"]
    assert (asked["age"], asked["sex"], asked["impairment"]) == ("80-90", "female", "none")


def test_one_typical_woman_is_not_the_reference_man(say):
    words = ("simulate", "imipramine", "--dose", "50 mg", "--json")
    man, woman = (
        json.loads(say(*words, *more)[1]) for more in ((), ("--sex", "female", "--impairment", "child-pugh-c"))
    )
    area = [answer["analytes"]["imipramine"]["auc_inf"]["median"] for answer in (man, woman)]
    assert area[1] > 2.0 * area[0]


BAD = {
    "dose without unit": (("simulate", "imipramine", "--dose", "50"), "--dose", "no unit"),
    "dose in litres": (("simulate", "imipramine", "--dose", "50 L"), "--dose", "mass"),
    "negative dose": (("simulate", "imipramine", "--dose", "-50 mg"), "--dose", "above zero"),
    "dose NaN": (("simulate", "imipramine", "--dose", "nan mg"), "--dose", "finite"),
    "unknown unit": (("simulate", "imipramine", "--dose", "50 mgg"), "--dose", "unknown unit"),
    "unknown compound": (("simulate", "imipramin", "--dose", "50 mg"), "COMPOUND", "did you mean 'imipramine'"),
    "unknown target": (("evidence", "imipramine", "--target", "SRET"), "--target", "did you mean 'SERT'"),
    "unknown species": (("simulate", "imipramine", "--dose", "50 mg", "--species", "dog"), "--species", "allowed human"),
    "species without a model": (("simulate", "imipramine", "--dose", "50 mg", "--species", "dog"), "--species", "dog"),
    "unknown route": (("simulate", "imipramine", "--dose", "50 mg", "--route", "oral"), "--route", "allowed po"),
    "route without a model": (("simulate", "imipramine", "--dose", "50 mg", "--route", "ip"), "--route", "allowed here"),
    "negative weight": (("simulate", "imipramine", "--dose", "50 mg", "--set", "body.mass=-70"), "--set", "negative"),
    "weight of nought": (("simulate", "imipramine", "--dose", "50 mg", "--set", "body.mass=0"), "--set", "above zero"),
    "fraction above one": (
        ("simulate", "imipramine", "--dose", "50 mg", "--set", "imipramine.fraction_unbound=1.5"), "--set", "cannot pass one",
    ),
    "a ton of drug": (("simulate", "imipramine", "--dose", "1000 kg"), "--dose", "cannot be meant"),
    "decimal comma": (("simulate", "imipramine", "--dose", "1,5 mg"), "--dose", "decimal point"),
    "interval longer than the run": (
        ("simulate", "imipramine", "--dose", "1 mg", "--every", "10d", "--for", "2d"), "--for", "shorter than one interval",
    ),
    "run of a moment": (("simulate", "imipramine", "--dose", "1 mg", "--for", "1e-9s"), "--for", "a minute"),
    "name without end": (("simulate", "imipramine", "--dose", "1 mg", "--plot", "a" * 300 + ".svg"), "--plot", "too long"),
    "a device for a compound file": (("evidence", "--compound", "/dev/zero"), "/dev/zero", "no file"),
    "empty target": (("evidence", "--target", ""), "--target", "unknown target"),
    "a child too young": (("population", "--age", "2-5"), "--age", "6 to 90"),
    "unknown impairment": (
        ("simulate", "imipramine", "--dose", "1 mg", "--impairment", "child-pugh-e"), "--impairment", "did you mean",
    ),
    "one subject of both sexes": (("simulate", "imipramine", "--dose", "1 mg", "--age", "40"), "--sex", "one sex"),
    "too few for a population": (("population", "--subjects", "3"), "--subjects", "20 to"),
    "zero interval": (("simulate", "imipramine", "--dose", "50 mg", "--every", "0 h", "--for", "3 d"), "--every", "above zero"),
    "interval without length": (("simulate", "imipramine", "--dose", "50 mg", "--every", "8 h"), "--for", "need a time"),
    "unknown value": (("explain", "imipramine.sret.kd"), "NAME", "did you mean"),
    "unknown setting": (("simulate", "imipramine", "--dose", "1 mg", "--set", "net.in_vivo_scal=1"), "--set", "did you mean"),
    "unknown option": (("simulate", "imipramine", "--dosis", "50 mg"), "", "--dose"),
    "unknown command": (("simulat",), "", "simulate"),
    "no dose": (("simulate", "imipramine"), "", "--dose"),
    "subjects not a number": (("simulate", "imipramine", "--dose", "1 mg", "--subjects", "many"), "", "integer"),
    "plot of another kind": (("simulate", "imipramine", "--dose", "1 mg", "--plot", "x.png"), "--plot", "SVG"),
    "dossier of another kind": (("dossier", "imipramine", "--out", "x.docx"), "--out", "HTML"),
    "no such compound file": (("evidence", "--compound", "none.yaml"), "none.yaml", "cannot read"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_clear_error_and_leaves_nothing(say, case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words, where, remedy = BAD[case]
    status, out, err = say(*words)
    assert status == 2
    assert out == ""
    assert err.startswith("error: ")
    assert "Traceback" not in err
    assert where in err
    assert remedy in err
    assert list(tmp_path.iterdir()) == []


def test_all_mistakes_are_told_at_once(say):
    status, _, err = say(
        "simulate",
        "imipramin",
        "--dose",
        "50",
        "--route",
        "oral",
        "--species",
        "dog",
        "--out",
        "/proc/x/y",
        "--plot",
        "a.gif",
    )
    assert status == 2
    assert err.count("error: ") == 6


@pytest.mark.parametrize("place", ["file/below", "file"])
def test_a_place_that_cannot_be_written_is_seen_before_the_work(say, tmp_path, monkeypatch, place):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    status, _, err = say("simulate", "imipramine", "--dose", "50 mg", "--out", place)
    assert status == 2
    assert "--out" in err
    status, _, err = say("dossier", "imipramine", "--out", "file/below/x.html")
    assert status == 2
    assert "--out" in err
    assert (tmp_path / "file").read_text(encoding="utf-8") == "mine"
    assert len(list(tmp_path.iterdir())) == 1


def test_a_compound_file_with_three_mistakes_gives_three_errors_with_places(say, tmp_path):
    path = tmp_path / "bad.yaml"
    path.write_text(
        "compound: Bad Name\ntitle: Bad\nvalues:\n  - {name: bad.sert.kd, number: x, unit: mg/kg, status: assumed, because: b}\n",
        encoding="utf-8",
    )
    status, _, err = say("simulate", "imipramine", "--dose", "50 mg", "--compound", str(path))
    assert status == 2
    assert [line for line in ("bad.yaml:1:11", "bad.yaml:4:33", "bad.yaml:4:42") if line in err] == [
        "bad.yaml:1:11", "bad.yaml:4:33", "bad.yaml:4:42",
    ]  # fmt: skip


def test_aliases_in_a_compound_file_are_refused(say, tmp_path):
    path = tmp_path / "bomb.yaml"
    path.write_text("compound: &a x\ntitle: *a\n", encoding="utf-8")
    status, _, err = say("evidence", "--compound", str(path))
    assert status == 2
    assert "anchor is not allowed" in err


def test_help_has_an_example_for_every_command(say):
    for command in ("evidence", "explain", "simulate", "dossier"):
        status, out, _ = say(command, "--help")
        assert status == 0
        assert "Example" in out


def test_the_installed_command_runs_without_a_traceback(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "reuptake", "simulate", "imipramine", "--dose", "nan mg"],
        capture_output=True, text=True, cwd=tmp_path, env={**os.environ, "PYTHONWARNINGS": "error"}, check=False,
    )  # fmt: skip
    assert run.returncode == 2
    assert run.stderr.startswith("error: --dose")


def test_json_survives_a_terminal_that_knows_ascii_only():
    run = subprocess.run(
        [sys.executable, "-m", "reuptake", "simulate", "imipramine", "--dose", "50 mg", "--json"],
        capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "ascii"}, check=True,
    )  # fmt: skip
    assert json.loads(run.stdout)["analytes"]["imipramine"]["auc_inf"]["unit"] == "ng·h/mL"


def test_importing_the_package_and_help_load_nothing_heavy():
    code = (
        "import sys, reuptake; from reuptake.cli.main import app; "
        "print(sorted({'numpy', 'scipy', 'pint', 'matplotlib', 'pyarrow', 'yaml', 'jinja2'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_an_interruption_before_the_first_shard_is_one_sentence_and_leaves_nothing(tmp_path):
    words = [
        "simulate",
        "imipramine",
        "--dose",
        "75 mg",
        "--every",
        "24h",
        "--for",
        "28d",
        "--subjects",
        "100000",
        "--backend",
        "numpy",
        "--out",
        "run",
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "reuptake", *words],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(4.0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "error: interrupted; nothing was written\n"
    assert list(tmp_path.iterdir()) == []


SHARDED = ("simulate", "imipramine", "--dose", "50 mg", "--for", "2 h", "--subjects", "5", "--json", "--out", "run")


@pytest.fixture
def shards_of_two(monkeypatch, tmp_path):
    """Five subjects make three shards, in a folder of their own."""
    from reuptake.simulation import run

    divided = run.divided
    monkeypatch.setattr(run, "divided", lambda subjects, each: divided(subjects, 1, 2))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_an_interrupted_run_says_what_is_there_and_the_same_command_goes_on(say, shards_of_two, monkeypatch):
    from reuptake.simulation import run

    integrate, calls = run.integrate, []

    def interrupted(*arguments, **words):
        calls.append(arguments)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return integrate(*arguments, **words)

    monkeypatch.setattr(run, "integrate", interrupted)
    status, out, err = say(*SHARDED)
    assert (status, out) == (130, "")
    assert err == "error: interrupted; 2 of 3 shards are finished in 'run': the same command goes on from there\n"
    status, out, _ = say(*SHARDED)
    assert status == 0
    assert len(calls) == 4  # the third shard alone
    alone = json.loads(say(*SHARDED[:-2])[1])
    assert {**json.loads(out), "run": None} == {**alone, "run": None}


def test_a_folder_that_holds_another_run_is_refused_before_the_work(say, shards_of_two, monkeypatch):
    assert say(*SHARDED)[0] == 0
    before = sorted(path.name for path in (shards_of_two / "run").iterdir())
    monkeypatch.setattr("reuptake.simulation.run.integrate", None)
    status, out, err = say(*SHARDED, "--seed", "2")
    assert (status, out) == (2, "")
    assert err.startswith("error: --out: 'run' holds another run")
    assert "choose another folder" in err
    assert sorted(path.name for path in (shards_of_two / "run").iterdir()) == before


def test_a_figure_needs_the_curves_and_changes_no_number(say, shards_of_two):
    drawn, streamed = (json.loads(say(*SHARDED[:-1], place, *more)[1]) for place, more in (
        ("a", ("--plot", "a.svg")), ("b", ()),
    ))  # fmt: skip
    assert {**drawn, "run": None} == {**streamed, "run": None}
    assert (shards_of_two / "a.svg").read_text(encoding="utf-8").startswith("<svg")
    files = [sorted(path.name for path in (shards_of_two / place).iterdir()) for place in ("a", "b")]
    assert files[0] == files[1]
    assert len(files[0]) == 7
    for name in files[0]:
        assert (shards_of_two / "a" / name).read_bytes() == (shards_of_two / "b" / name).read_bytes()


def test_too_many_curves_for_a_figure_are_refused(say, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ("--every", "8h", "--for", "28d", "--subjects", "100000", "--plot", "x.svg", "--out", "run")
    status, out, err = say("simulate", "imipramine", "--dose", "50 mg", *words)
    assert (status, out) == (2, "")
    assert "--subjects" in err
    assert "--plot" in err
    assert list(tmp_path.iterdir()) == []


def test_the_rate_is_told_a_second_or_a_minute():
    from reuptake.cli.show import per_time

    assert [per_time(speed) for speed in (None, 0.0, 250.0, 0.25)] == ["", "", "250/s", "15/min"]
