"""What is taken beside a drug: read from text, refused with reasons."""

import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.simulation.companions import parse_companions

DAY = 24.0


def read(*texts, victim="imipramine", until=35 * DAY):
    return parse_companions(packaged(), texts, victim, until, "human")


def test_a_course_goes_on_to_the_end():
    (course,) = read("quinidine 200 mg every 24h").regimens
    assert (course.compound, course.route, course.interval) == ("quinidine", "po", 24.0)
    assert [dose.time for dose in course.doses] == [24.0 * day for day in range(35)]
    assert {dose.amount.to("mg") for dose in course.doses} == {200.0}


def test_a_course_may_begin_later_and_end_sooner():
    (course,) = read("Paroxetine 20mg every 12 h by po from 2 d for 3d").regimens
    assert [dose.time for dose in course.doses] == [48.0, 60.0, 72.0, 84.0, 96.0, 108.0]


def test_without_an_interval_it_is_one_dose():
    (course,) = read("quinidine 50 mg from 1h").regimens
    assert [dose.time for dose in course.doses] == [1.0]
    assert course.interval is None


def test_a_habit_takes_no_dose_and_has_another_name():
    companions = read("smoking")
    assert companions.regimens == ()
    assert companions.settings == {"tobacco-smoke.exposure.human": 1.0}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("imipramine 50 mg every 24h", "beside itself"),
        ("quinidin 200 mg", "did you mean .quinidine"),
        ("quinidine", "no dose of quinidine"),
        ("quinidine every 24h", "no dose of quinidine"),
        ("quinidine 200 every 24h", "no dose|unit"),
        ("quinidine 200 mg evry 24h", "did you mean"),
        ("quinidine 200 mg every 24h every 12h", "twice"),
        ("quinidine 200 mg every 0h", "above zero"),
        ("quinidine 200 mg every 24h from 40d", "has ended"),
        ("quinidine 200 mg by nose", "unknown route"),
        ("smoking 20 mg", "takes no dose"),
        ("norfluoxetine 20 mg every 24h", "give fluoxetine"),
        ("", "nothing is named"),
    ],
)
def test_what_cannot_be_read_says_why(text, complaint):
    with pytest.raises(InputError, match=complaint):
        read(text)


def test_what_is_known_in_man_only_is_not_given_to_a_rat():
    with pytest.raises(InputError, match="nothing is known of the kinetics of quinidine in rat"):
        parse_companions(packaged(), ["quinidine 2 mg/kg every 24h"], "imipramine", 48.0, "rat")


def test_every_mistake_is_told_at_once():
    with pytest.raises(InputError) as caught:
        read("quinidin 1 mg", "paroxetine", "smoking", "tobacco-smoke")
    assert len(caught.value.problems) == 3
