"""Who is given what: the same for all who are alike in what it depends on."""

import numpy as np
import pytest

from reuptake.dosing.regimens import Regimen
from reuptake.evidence.base import packaged
from reuptake.simulation.schedules import output_times, schedules, window
from reuptake.units import quantity


def planned(laboratory, regimens, masses, until=48.0):
    table = laboratory.table
    parameters = table.matrix({"body.mass": np.array(masses)}, len(masses))
    return schedules(regimens, until, parameters, table, packaged(), "human")


def test_a_dose_in_mg_is_one_schedule_for_every_body(real_laboratory):
    course = Regimen.repeated("imipramine", "po", quantity("50 mg", example=""), every=8.0, until=48.0)
    given = planned(real_laboratory, [course], [60.0, 70.0, 90.0])
    assert given[0] is given[1] is given[2]
    moles = given[0].dosed["imipramine"] / 6
    assert [event.amount for event in given[0].events] == pytest.approx([moles] * 6, rel=1e-12)
    assert given[0].largest == pytest.approx(moles, rel=1e-12)


def test_a_dose_in_mg_per_kg_grows_with_the_body(real_laboratory):
    dose = Regimen.single("imipramine", "po", quantity("1 mg/kg_body", example=""))
    light, heavy, twin = planned(real_laboratory, [dose], [50.0, 100.0, 50.0])
    assert heavy.dosed["imipramine"] == pytest.approx(2.0 * light.dosed["imipramine"], rel=1e-14)
    assert twin is light
    absolute = Regimen.single("imipramine", "po", quantity("50 mg", example=""))
    assert planned(real_laboratory, [absolute], [50.0])[0].dosed == pytest.approx(light.dosed, rel=1e-12)


def test_events_of_several_regimens_stand_in_order_of_time(real_laboratory):
    amount = quantity("10 mg", example="")
    first = Regimen.repeated("imipramine", "po", amount, every=8.0, until=48.0)
    given = planned(real_laboratory, [first, first.shifted(3.0)], [70.0])[0]
    times = [event.time for event in given.events]
    assert times == sorted(times)
    assert len(times) == 12
    assert given.dosed["imipramine"] == pytest.approx(sum(event.amount for event in given.events if event.time <= 48.0))


def test_the_end_every_dose_and_every_hour_are_looked_at():
    course = Regimen.repeated("imipramine", "po", quantity("10 mg", example=""), every=7.5, until=40.0)
    times = output_times(course, 40.0)
    assert {40.0, *(dose.time for dose in course.doses), *range(40)} <= set(times.tolist())
    assert np.all(np.diff(times) > 0.0)
    assert window(course, 40.0).start == course.doses[-1].time
    assert window(course, 40.0).end == 40.0
