"""A request is checked as a whole."""

import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.simulation.request import USUAL_BACKEND, parse_request, parse_setting, processors


def mistakes(**words):
    with pytest.raises(InputError) as caught:
        parse_request(packaged(), **words)
    return {problem.where for problem in caught.value.problems}


def test_every_mistake_is_told_at_once():
    assert mistakes(
        compound="imipramin", dose="50", every="0 h", duration="-3 d", route="oral", species="humn", subjects=0, seed=-1,
        settings=["body.mas=3", "body.mass"], backend="numpi", threads=0,
    ) == {"COMPOUND", "--dose", "--every", "--for", "--route", "--species", "--subjects", "--seed", "--set", "--backend", "--threads"}  # fmt: skip


@pytest.mark.parametrize(
    ("words", "option"),
    [
        ({"dose": "50 mg", "every": "8h"}, "--for"),
        ({"dose": "50 mg", "infuse_over": "1 h"}, "--infuse-over"),
        ({"dose": "50 mg", "every": "", "duration": "2 d"}, "--every"),
        ({"dose": 50}, "--dose"),
        ({"dose": "50 mg", "subjects": "x"}, "--subjects"),
        ({"dose": "50 mg", "seed": None}, "--seed"),
        (
            {"dose": "50 mg", "route": "iv-infusion", "infuse_over": "9 h", "every": "8 h", "duration": "2 d"},
            "--infuse-over",
        ),
        ({"dose": "50 mg", "species": "dog"}, "--species"),
        ({"dose": "50 mg", "duration": "90 y"}, "--for"),
        ({"dose": "50 mg", "settings": ["body.mass=-70"]}, "--set"),
        ({"dose": "50 mg", "settings": ["body.mass=70 L"]}, "--set"),
        ({"dose": "50 mg", "settings": ["body.mass=nan"]}, "--set"),
        ({"dose": "50 mg", "settings": ["body.mass=70", "body.mass=80"]}, "--set"),
    ],
)
def test_each_mistake_names_its_option(words, option):
    assert mistakes(compound="imipramine", **words) == {option}


def test_a_setting_may_carry_a_unit_and_lands_in_that_of_the_record():
    assert parse_setting(packaged(), "imipramine.cyp2d6.km = 500 nmol/L", "human") == ("imipramine.cyp2d6.km", 0.5)
    assert parse_setting(packaged(), "body.mass=90", "human") == ("body.mass.human", 90.0)


def test_a_single_dose_runs_ten_days_and_an_infusion_an_hour():
    request = parse_request(packaged(), "imipramine", dose="50 mg", route="iv-infusion")
    assert request.duration == 240.0
    assert request.regimens[0].doses[0].duration == 1.0
    assert "--infuse-over" in request.notes[0]


def test_threads_are_as_many_as_processors_unless_given_and_no_part_of_what_is_asked():
    words = {"dose": "50 mg"}
    usual, one = (parse_request(packaged(), "imipramine", **words, **more) for more in ({}, {"threads": 1}))
    assert usual.threads == processors() >= 1
    assert one.threads == 1
    assert usual.words == one.words
    assert usual.backend == USUAL_BACKEND
