"""A protocol is data: whole, with units, and every mistake in it is told where it stands."""

from __future__ import annotations

import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.evidence.claims import ROWS
from reuptake.experiments.protocols import parse_dose, protocol, protocols, read_protocol


def test_the_forced_swim_test_and_the_liver_study_cover_every_row_of_their_tables():
    covered = {setting.row for known in protocols().values() for setting in known.settings}
    assert {row for row in ROWS if row[0] in "CD"} <= covered


def test_every_protocol_follows_a_source_of_the_bibliography():
    assert {known.source for known in protocols().values()} <= packaged().sources.keys()


def test_a_protocol_is_found_by_the_name_it_gives_itself():
    assert all(known.protocol == name for name, known in protocols().items())


def test_an_unknown_protocol_names_the_closest():
    with pytest.raises(InputError, match="fst_mouse"):
        protocol("fst_mous")


def test_the_doses_of_the_forced_swim_test_are_those_of_the_source():
    groups = {group.name: group.planned for group in protocol("fst_mouse").groups}
    assert groups["vehicle"] == ()
    combined = {dose.compound: dose.amount.to("mg/kg_body") for dose in groups["imipramine + zinc"]}
    assert combined == pytest.approx({"imipramine": 60.0, "zinc": 40.0})  # exact but for the unit's rounding


def test_a_course_has_an_interval_and_a_length():
    dose = parse_dose("imipramine 10 mg/kg ip every 24 h for 5 week")
    assert (dose.route, dose.every, dose.duration) == ("ip", 24.0, 5 * 7 * 24.0)


@pytest.mark.parametrize(
    "text",
    ["imipramine", "imipramine 60 po", "imipramine 60 mg/kg", "imipramine 60 mg/kg up", "imipramine -1 mg/kg po",
     "imipramine nan mg po", "imipramine 10 mg/kg ip every 24h", "imipramine 10 mg/kg ip every 0 h for 5 d"],
)  # fmt: skip
def test_a_dose_that_cannot_be_given_is_refused(text):
    with pytest.raises(InputError):
        parse_dose(text)


def test_all_mistakes_of_a_laboratory_s_own_file_are_told_with_their_places(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(
        "protocol: own\n"
        "title: Own test\n"
        "species: mouse\n"
        "source: rafaloulinska2020\n"
        "settings:\n"
        "  - {row: C9, part: animals, name: sex, text: male}\n"
        "  - {row: C3, part: apparatus, name: height, number: 25}\n"
        "  - {row: C3, part: apparatus, name: depth, number: 10, unit: cm, text: ten}\n"
        "  - {row: C2, part: animals, name: mass, number: 40, unit: g_body, range: [25, 30]}\n"
        "groups:\n"
        "  - {name: drug, doses: [imipramine 60 po]}\n"
    )
    with pytest.raises(InputError) as caught:
        read_protocol(path, "own.yaml")
    places = [problem.where.split(":")[1] for problem in caught.value.problems]
    assert places == ["6", "7", "8", "9", "11"]


def test_two_groups_of_one_name_are_refused(tmp_path):
    path = tmp_path / "own.yaml"
    path.write_text(
        "protocol: own\ntitle: Own\nspecies: mouse\nsource: x\nsettings: []\n"
        "groups: [{name: vehicle}, {name: vehicle}]\n"
    )
    with pytest.raises(InputError, match="vehicle"):
        read_protocol(path)
