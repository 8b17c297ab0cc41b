"""The whole is checked as a whole; a user's compound file joins it or says why not."""

import shutil

import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import DATA, load, packaged

MINIMAL = """compound: testamine
title: Testamine
values:
  - {name: testamine.sert.kd, number: 2, unit: nmol/L, status: assumed, because: made up for a test}
"""


def written(tmp_path, text):
    path = tmp_path / "testamine.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_users_compound_joins_the_evidence(tmp_path):
    evidence = load([written(tmp_path, MINIMAL)])
    assert evidence.record("testamine.sert.kd").number == 2.0
    assert evidence.record("imipramine.sert.kd").number == 1.4


def test_a_users_imipramine_replaces_the_packaged_values(tmp_path):
    text = MINIMAL.replace("testamine", "imipramine").replace("number: 2", "number: 9")
    evidence = load([written(tmp_path, text)])
    assert evidence.record("imipramine.sert.kd").number == 9.0
    assert evidence.find("imipramine.net.kd") is None


def test_three_mistakes_in_a_compound_file_are_three_sentences(tmp_path):
    text = """compound: testamine
title: Testamine
knd: drug
values:
  - {name: testamine.sert.kd, number: two, unit: nmol/L, status: assumed, because: made up}
  - {name: testamine.net.kd, number: 2, unit: nmol, per: L, status: measured}
"""
    with pytest.raises(InputError) as caught:
        load([written(tmp_path, text)])
    places = [problem.where.rsplit("/", 1)[-1] for problem in caught.value.problems]
    assert places == ["testamine.yaml:3:6", "testamine.yaml:5:39", "testamine.yaml:6:58"]
    assert caught.value.problems[0].hint == "did you mean 'kind'?"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("name: testamine", "name: othamine"), "does not belong"),
        (
            ("status: assumed, because: made up for a test", "status: measured, source: nobody2000, locator: x"),
            "not in the bibliography",
        ),
        (
            ("values:", "pathways: [{enzyme: CYP2D6, reaction: hydroxylation, product: nothing}]\nvalues:"),
            "has no compound file",
        ),
        (("unit: nmol/L", "unit: nmol"), "no dimension clash within one file"),
    ],
)
def test_what_only_shows_in_the_whole_is_found(tmp_path, change, complaint):
    path = written(tmp_path, MINIMAL.replace(*change))
    if "no dimension clash" in complaint:
        load([path])  # a unit of its own is fine until the model asks for it
        return
    with pytest.raises(InputError, match=complaint):
        load([path])


def test_two_records_in_use_or_none_are_refused(tmp_path):
    twice = MINIMAL + "  - {name: testamine.sert.kd, number: 3, unit: nmol/L, status: assumed, because: another}\n"
    with pytest.raises(InputError, match=r"2 records of 'testamine\.sert\.kd' are in use"):
        load([written(tmp_path, twice)])
    rival = load([written(tmp_path, twice.replace("another}", "another, use: false}"))])
    assert [record.number for record in rival.rivals("testamine.sert.kd")] == [2.0, 3.0]
    with pytest.raises(InputError, match=r"no record of 'testamine\.sert\.kd' is in use"):
        load([written(tmp_path, MINIMAL.replace("a test}", "a test, use: false}"))])


def test_an_orphan_source_and_clashing_units_are_refused(tmp_path):
    data = tmp_path / "data"
    shutil.copytree(DATA, data)
    with (data / "sources.bib").open("a", encoding="utf-8") as bibliography:
        bibliography.write("\n@misc{orphan2000,\n  title = {Read by nobody},\n}\n")
    target = data / "values" / "targets" / "in_vivo.yaml"
    target.write_text(
        target.read_text(encoding="utf-8")
        + "- {name: net.in_vivo_scale.rat, number: 2, unit: nmol/L, status: assumed, because: no}\n",
        encoding="utf-8",
    )
    with pytest.raises(InputError) as caught:
        load(data=data)
    messages = " ".join(problem.message for problem in caught.value.problems)
    assert "orphan2000" in messages
    assert "not the same dimension" in messages


def test_a_typo_gets_the_nearest_names():
    with pytest.raises(InputError, match=r"did you mean 'imipramine\.sert\.kd'"):
        packaged().record("imipramin.sert.kd")
    with pytest.raises(InputError, match="did you mean 'imipramine'"):
        packaged().compound("imipramin")
