"""`reuptake bench` answers with what it promises, in one object or on one page."""

import json

import pytest

import reuptake.qualification.bench as module
from reuptake.cli.bench import show_answer
from reuptake.cli.main import main
from reuptake.qualification.bench import Extent
from reuptake.qualification.speed import Plan
from reuptake.reports.answers.speed import BenchAnswer

# A course of two days and as little of everything as there can be: sizes only, every part still runs.
TINY = Extent(
    plan=Plan(few=1, many=1, relative=(1e-4, 1e-6, 3e-8), shares=(1e-3,), variants=1, finalists=1, rounds=1),
    sizes=(1,), subjects_in_threads=2, rounds_of_threads=1, states=(3,), starts=1, seconds_a_point=0.1, duration="2 d",
)  # fmt: skip


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Standard output of a run with --json, and the figure it drew."""
    place = tmp_path_factory.mktemp("bench") / "speed.svg"
    with pytest.MonkeyPatch.context() as patch:
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
            patch.setenv(name, "1")
        patch.setattr(module, "QUICK", TINY)
        written = []
        patch.setattr("sys.stdout.write", written.append)
        assert main(["bench", "--quick", "--json", "--plot", str(place)]) == 0
    return "".join(written), place


def test_the_answer_is_one_object_with_the_promised_keys(said):
    answer = json.loads(said[0])
    assert {"rows", "ratio", "work_precision", "scaling", "cold_start", "rate", "machine", "notes"} <= set(answer)
    assert all({"tool", "ms_per_subject", "error"} <= set(row) for row in answer["rows"])
    assert all(row["error"] <= answer["problem"]["accuracy"] for row in answer["rows"])
    tools = {row["tool"] for row in answer["rows"]}
    assert "reuptake" in tools
    assert set(answer["ratio"]) == tools - {"reuptake"}
    assert tools <= {"reuptake", "libroadrunner", "scipy", "scipy with our functions", "scikit-sundae"}
    assert {row["setting"] for row in answer["rows"]} <= {point["setting"] for point in answer["work_precision"]}
    assert set(answer["scaling"]) == {"subjects", "threads", "states"}
    assert all(start["seconds"] > 0.0 for start in answer["cold_start"])


def test_a_ratio_is_the_time_of_the_peer_over_ours(said):
    answer = json.loads(said[0])
    fastest = {}
    for row in sorted(answer["rows"], key=lambda row: row["ms_per_subject"]):
        fastest.setdefault(row["tool"], row["ms_per_subject"])
    for row in answer["rows"]:
        # every row is told relative to ours at our fastest; one round, so medians of ratios are ratios of medians
        assert row["ratio"] * fastest["reuptake"] == pytest.approx(row["ms_per_subject"], rel=1e-9)


def test_the_figure_tells_every_tool(said):
    figure = said[1].read_text(encoding="utf-8")
    assert figure.startswith("<svg")
    for row in json.loads(said[0])["rows"]:
        assert row["tool"] in figure
    assert "mathdefault" not in figure


def test_the_page_shows_every_part(said, capsys):
    show_answer(BenchAnswer.model_validate_json(said[0]))
    out = capsys.readouterr().out
    for part in (
        "Sweep",
        "Error of 1e-05",
        "times as long as reuptake",
        "Subjects",
        "Threads",
        "States",
        "Whole processes",
    ):
        assert part in out


def test_every_mistake_is_told_at_once(capsys):
    assert main(["bench", "--backend", "nampy", "--plot", "speed.png"]) == 2
    told = capsys.readouterr().err
    assert "nampy" in told
    assert "speed.png" in told
