"""Regimens and the events they become."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.dosing.regimens import Regimen, parse_amount, parse_route, parse_time
from reuptake.errors import InputError
from reuptake.units import quantity

AMOUNT = quantity("75 mg", example="")


def milligrams(amount):
    return amount.to("mg")


@given(every=st.floats(0.5, 48.0), until=st.floats(1.0, 700.0))
def test_doses_fall_at_multiples_of_the_interval_before_the_end(every, until):
    regimen = Regimen.repeated("x", "po", AMOUNT, every=every, until=until)
    times = [dose.time for dose in regimen.doses]
    assert times == [i * every for i in range(len(times))]
    assert times[-1] < until or len(times) == 1
    assert len(times) * every >= until - 1e-6 * until  # the next dose would be at or after the end


def test_28_days_of_daily_doses_are_28():
    assert len(Regimen.repeated("x", "po", AMOUNT, every=24.0, until=672.0).doses) == 28


@given(every=st.floats(1.0, 24.0), duration=st.one_of(st.just(0.0), st.floats(0.01, 1.0)))
def test_every_course_delivers_what_was_dosed(every, duration):
    regimen = Regimen.repeated("x", "iv", AMOUNT, every=every, until=100.0, duration=duration)
    events = regimen.events("x.iv", milligrams)
    given_in = sum(e.amount for e in events) - sum(e.rate * e.time for e in events)
    assert given_in == pytest.approx(75.0 * len(regimen.doses), rel=1e-9)  # sums of a few hundred terms
    assert sum(e.rate for e in events) == pytest.approx(0.0, abs=1e-6 * 75.0 / max(duration, 0.01))
    assert [e.time for e in events] == sorted(e.time for e in events)


def test_a_later_start_shifts_every_event_alike():
    regimen = Regimen.repeated("x", "po", AMOUNT, every=8.0, until=48.0)
    moved = regimen.shifted(5.0)
    assert [d.time for d in moved.doses] == [d.time + 5.0 for d in regimen.doses]


def test_a_missed_dose_is_missing_and_a_loading_dose_is_first():
    regimen = Regimen.repeated("x", "po", AMOUNT, every=8.0, until=48.0)
    assert [d.time for d in regimen.missing([2]).doses] == [0.0, 16.0, 24.0, 32.0, 40.0]
    loaded = regimen.with_loading(quantity("150 mg", example=""))
    assert [milligrams(d.amount) for d in loaded.doses] == [150.0, *[75.0] * 5]


@pytest.mark.parametrize("text", ["50", "50 h", "mg", "-1 mg", "0 mg", "nan mg", "50 mg/L", "fifty mg", "50 µmol"])
def test_a_dose_that_is_none_is_refused_and_the_option_named(text):
    with pytest.raises(InputError) as caught:
        parse_amount(text)
    assert {problem.where for problem in caught.value.problems} == {"--dose"}


def test_a_dose_per_kg_means_body_mass():
    assert str(parse_amount("60 mg/kg").unit.dimension) == "kg/kg_body"


@pytest.mark.parametrize("text", ["0 h", "-8 h", "8", "8 mg", "nan h", "soon"])
def test_an_interval_that_is_none_is_refused(text):
    with pytest.raises(InputError):
        parse_time(text, "--every")


def test_more_doses_than_can_be_meant_are_refused():
    with pytest.raises(InputError, match="doses are more than"):
        Regimen.repeated("x", "po", AMOUNT, every=1e-6, until=672.0)
    with pytest.raises(InputError):
        Regimen.repeated("x", "po", AMOUNT, every=math.nan, until=672.0)


def test_unknown_routes_get_the_nearest():
    with pytest.raises(InputError, match="allowed po, iv"):
        parse_route("oral")
