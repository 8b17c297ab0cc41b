"""The command line of sensitivity: tables for people, one object for machines, files whole or not at all."""

import csv
import json
from xml.etree import ElementTree

import pytest

IMIPRAMINE = ("sensitivity", "imipramine", "--dose", "50 mg", "--for", "1 d", "--threads", "1")
FEW = ("--parameter", "cyp2d6.abundance", "--parameter", "sert.in_vivo_scale", "--parameter", "liver.density")
METHODS = {
    "local": ((), {"elasticity"}),
    "morris": (("--samples", "4"), {"mu_star", "mu_star_confidence", "mu", "sigma"}),
    "sobol": (("--samples", "8"), {"total", "total_confidence", "first", "first_confidence"}),
}


@pytest.mark.parametrize("method", METHODS)
def test_json_is_one_object_with_what_the_method_tells(say, method):
    more, told = METHODS[method]
    status, out, err = say(*IMIPRAMINE, *FEW, "--method", method, *more, "--json")
    answer = json.loads(out)
    assert (status, err) == (0, "")
    assert answer["method"] == method
    assert answer["parameters"]["sert.in_vivo_scale"]["status"] == "assumed"
    assert answer["parameters"]["liver.density"]["origin"] == "factor"
    assert set(answer["effects"]) == set(answer["outputs"])
    for effects in answer["effects"].values():
        assert set(effects) == set(answer["parameters"])
        for effect in effects.values():
            assert {name for name, value in effect.items() if value is not None} <= told | {"at_p05", "at_p95"}
            assert effect["at_p05"] is not None
    assert any("a factor 1.5" in note for note in answer["notes"])


def test_the_same_seed_gives_the_same_answer_whatever_the_threads(say):
    words = (*IMIPRAMINE[:-1], "1", *FEW, "--method", "sobol", "--samples", "8", "--seed", "3", "--json")
    again = (*IMIPRAMINE[:-1], "2", *words[len(IMIPRAMINE) :])
    first, second = (json.loads(say(*one)[1]) for one in (words, again))
    for answer in (first, second):
        answer["run"].pop("seconds")
    assert first == second


@pytest.mark.parametrize("method", METHODS)
def test_people_get_tables_files_and_a_figure(say, tmp_path, method):
    place, figure = tmp_path / "study", tmp_path / "figure.svg"
    status, out, err = say(
        *IMIPRAMINE, *FEW, "--method", method, *METHODS[method][0], "--output", "occupancy.SERT.mean",
        "--output", "plasma.imipramine.cmax", "--out", str(place), "--plot", str(figure),
    )  # fmt: skip
    assert (status, err) == (0, "")
    for said in ("occupancy.SERT.mean: 0.", "cyp2d6.abundance", "assumed", "note:", f"written: {place}"):
        assert said in out
    with (place / "sensitivity.csv").open(encoding="utf-8") as file:
        assert {row["output"] for row in csv.DictReader(file)} == {"occupancy.SERT.mean", "plasma.imipramine.cmax"}
    assert json.loads((place / "sensitivity.json").read_text(encoding="utf-8"))["method"] == method
    assert (place / "sensitivity.svg").read_text() == figure.read_text()
    assert ElementTree.parse(figure).getroot().get("role") == "img"


def test_what_moves_nothing_is_told(say):
    _, out, _ = say(*IMIPRAMINE, *FEW, "--parameter", "imipramine.h1.kd")
    assert "these move none of the outputs: imipramine.h1.kd" in out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--method", "sobl"), "did you mean 'sobol'"),
        (("--output", "plasma.imipramine.cmaxx"), "did you mean 'plasma.imipramine.cmax'"),
        (("--parameter", "imipramine.sert.dk"), "did you mean 'imipramine.sert.kd'"),
        (("--range", "1"), "--range"),
        (("--threads", "0", "--genotype", "CYP2D6=*1"), "--threads"),
        (("--plot", "figure.png"), "FILE.svg"),
    ],
)
def test_mistakes_end_with_status_two_and_write_nothing(say, tmp_path, words, complaint):
    status, out, err = say(*IMIPRAMINE, *words, "--out", str(tmp_path / "study"))
    assert (status, out) == (2, "")
    assert complaint in err
    assert err.startswith("error: ")
    assert not (tmp_path / "study").exists()


def test_a_shell_completes_outputs_of_the_compound_that_is_given():
    from types import SimpleNamespace

    from reuptake.cli.options import complete_output

    given = SimpleNamespace(params={"compound": None, "route": "po"}, args=["desipramine"])
    assert complete_output(given, "occupancy.SERT.m") == [
        "occupancy.SERT.max",
        "occupancy.SERT.mean",
        "occupancy.SERT.min",
    ]
    assert "plasma.2-hydroxydesipramine.cmax" in complete_output(given, "plasma")
    assert complete_output(SimpleNamespace(params={}, args=["nobody"]), "") == []
