"""Levels as people write them: read whole, or refused with the place and the remedy."""

import pytest

from reuptake.calibration.samples import Sample, parse_change, parse_levels, read_levels, repeated
from reuptake.errors import InputError
from reuptake.evidence.base import packaged

KNOWN = ["imipramine", "desipramine"]


def read(*texts, until=672.0):
    return parse_levels(packaged(), texts, KNOWN, until)


@pytest.mark.parametrize(
    ("text", "sample"),
    [
        ("imipramine 120 ng/mL at 27d 23h", Sample(("imipramine",), 120.0, 671.0)),
        ("Desipramine 0.21 ug/mL at 27.9d", Sample(("desipramine",), 210.0, 669.6)),
        ("imipramine+desipramine 330 ng/mL at 90 min", Sample(("imipramine", "desipramine"), 330.0, 1.5)),
    ],
)
def test_a_level_has_an_analyte_a_mass_and_a_time(text, sample):
    assert read(text) == ([sample], [])


def test_a_level_of_substance_becomes_one_of_mass():
    (found,), problems = read("imipramine 100 nmol/L at 2d")
    assert not problems
    assert found.level == pytest.approx(28.04, rel=1e-3)  # 280.4 g/mol


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("imipramine", "is no level"),
        ("imipramine 120 at 2d", "has no unit"),
        ("imipramine 120 h at 2d", "is no level"),
        ("imipramine -3 ng/mL at 2d", "above zero"),
        ("imipramine 0 ng/mL at 2d", "above zero"),
        ("imipramine 3 ng/mL at -2h", "before the first dose"),
        ("imipramine 3 ng/mL at 0h", "not after the first dose"),
        ("imipramine 3 ng/mL at soon", "is no time"),
        ("imipramine 3 ng/mL at 3 4h", "is no time"),
        ("imipramine 3 ng/mL at 29d", "beyond the course"),
        ("imipramin 3 ng/mL at 2d", "no level of 'imipramin'"),
        ("imipramine+imipramine 3 ng/mL at 2d", "adds one analyte to itself"),
        ("imipramine+desipramine 3 nmol/L at 2d", "sum of masses"),
    ],
)
def test_what_is_no_level_is_refused(text, complaint):
    found, problems = read(text)
    assert not found
    assert complaint in problems[0].message
    assert problems[0].where == "--level"


def test_an_unknown_analyte_names_the_nearest():
    _, (problem,) = read("imipramin 3 ng/mL at 2d")
    assert "'imipramine'" in problem.hint


def test_two_levels_of_one_analyte_at_one_time_are_told():
    found, _ = read("imipramine 3 ng/mL at 24h", "imipramine 4 ng/mL at 1d", "desipramine 4 ng/mL at 1d")
    assert [problem.message for problem in repeated(found)] == ["two levels of imipramine at 24 h"]


def test_a_table_holds_the_same_words(tmp_path):
    path = tmp_path / "levels.csv"
    path.write_text("analyte,level,time\nimipramine,120 ng/mL,27d 23h\ndesipramine,210,27d\n", encoding="utf-8")
    found, (problem,) = read_levels(packaged(), path, KNOWN, 672.0)
    assert found == [Sample(("imipramine",), 120.0, 671.0)]
    assert problem.where.endswith("levels.csv:3")
    path.write_text("analyte,level\nimipramine,120 ng/mL\n", encoding="utf-8")
    with pytest.raises(InputError, match="no column 'time'"):
        read_levels(packaged(), path, KNOWN, 672.0)


def test_a_regimen_is_a_dose_and_an_interval():
    assert parse_change(" 50 mg every 24 h ") == ("50 mg", "24 h")
    for text, complaint in (("50 mg", "no regimen"), ("50 every 24h", "no unit"), ("50 mg every 5 mg", "no time")):
        with pytest.raises(InputError, match=complaint):
            parse_change(text)
