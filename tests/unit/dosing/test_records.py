"""Records of a table, the events they become, and what is wrong with them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.dosing.events import Event, Steady, administered
from reuptake.dosing.records import Delivery, Record, events, observation_times
from reuptake.dosing.regimens import MOST_DOSES, Regimen
from reuptake.errors import InputError
from reuptake.units import quantity

ASK = {"gut": Delivery(), "vein": Delivery(rate=5.0, duration=2.0)}
KNOWN = ("cl", "v")


def told(*records, delivery=ASK):
    return events(records, delivery, KNOWN)


def complaints(*records, delivery=ASK):
    with pytest.raises(InputError) as caught:
        events(records, delivery, KNOWN)
    return {(problem.where, problem.message) for problem in caught.value.problems}


def test_a_bolus_is_one_event_and_an_infusion_two():
    assert told(Record(1.0, amt=8.0, input="gut")) == (Event(1.0, "gut", 8.0),)
    assert told(Record(1.0, amt=8.0, rate=2.0, input="gut")) == (
        Event(1.0, "gut", rate=2.0),
        Event(5.0, "gut", rate=-2.0),
    )


def test_observations_become_no_events_but_their_covariates_do():
    assert told(Record(1.0, 0), Record(2.0, 0, covariates={"cl": 3.0})) == (Event(2.0, changes=(("cl", 3.0),)),)


def test_covariates_of_a_dose_hold_before_it_enters():
    records = [Record(1.0, 4, 8.0, input="gut", covariates={"cl": 3.0, "v": 7.0})]
    assert told(*records) == (Event(1.0, changes=(("cl", 3.0), ("v", 7.0)), reset=True), Event(1.0, "gut", 8.0))


def test_events_rise_in_time_and_keep_the_order_of_the_table_within_one():
    records = [
        Record(0.0, amt=1.0, ii=2.0, addl=3, input="gut"),
        Record(2.0, amt=2.0, input="vein"),
        Record(2.0, 2, covariates={"cl": 1.0}),
        Record(2.0, amt=3.0, input="gut"),
    ]
    at_two = [event for event in told(*records) if event.time == 2.0]
    assert [event.amount for event in at_two] == [1.0, 2.0, 0.0, 3.0]
    assert [event.time for event in told(*records)] == sorted(event.time for event in told(*records))


def test_each_input_has_its_own_lag_and_fraction():
    delivery = {"gut": Delivery(lag=0.5, fraction=0.25), "vein": Delivery()}
    records = [Record(1.0, amt=8.0, input="gut"), Record(1.0, amt=8.0, input="vein")]
    assert told(*records, delivery=delivery) == (Event(1.0, "vein", 8.0), Event(1.5, "gut", 2.0))


def test_a_dose_none_of_which_enters_gives_nothing_whatever_its_kind():
    for rate in (0.0, 2.0, -1.0, -2.0):
        nothing = told(Record(0.0, amt=8.0, rate=rate, input="vein"), delivery={"vein": Delivery(0.0, 0.0, 5.0, 2.0)})
        assert nothing == (Event(0.0, "vein", 0.0),)


def test_what_lasts_less_than_a_moment_is_at_once():
    delivery = {"vein": Delivery(lag=5e-324, duration=1e-300)}
    assert told(Record(0.0, amt=8.0, rate=-2, input="vein"), delivery=delivery) == (Event(0.0, "vein", 8.0),)


@given(
    amt=st.floats(0.1, 1e3), rate=st.one_of(st.just(0.0), st.just(-1.0), st.just(-2.0), st.floats(0.1, 1e3)),
    addl=st.integers(0, 5), lag=st.floats(0.0, 3.0), fraction=st.floats(0.01, 2.0),
)  # fmt: skip
def test_what_enters_is_the_fraction_of_what_is_given(amt, rate, addl, lag, fraction):
    delivery = {"vein": Delivery(lag, fraction, 5.0, 2.0)}
    record = Record(0.0, amt=amt, rate=rate, ii=4.0 if addl else 0.0, addl=addl, input="vein")
    made = told(record, delivery=delivery)
    entered = sum(event.amount - event.rate * event.time for event in made)
    assert entered == pytest.approx(fraction * amt * (addl + 1), rel=1e-9)  # differences of a few hundred units
    assert min(event.time for event in made) == (lag if lag >= 2.0**-30 else 0.0)


def test_a_steady_state_begins_at_the_record_and_its_dose_enters_one_lag_later():
    delivery = {"vein": Delivery(lag=1.0, fraction=0.5)}
    first, end, again = told(Record(2.0, amt=8.0, rate=2.0, ii=6.0, ss=2, input="vein"), Record(9.0, amt=1.0, input="vein"), delivery=delivery)  # fmt: skip
    assert first == Event(2.0, "vein", rate=2.0, steady=Steady(6.0, 2.0, added=True, wait=1.0))
    assert end == Event(5.0, "vein", rate=-2.0)
    assert again == Event(10.0, "vein", 0.5)


def test_additional_doses_of_a_steady_state_are_plain():
    made = told(Record(0.0, amt=8.0, ii=6.0, ss=1, addl=2, input="gut"))
    assert [event.steady is None for event in made] == [False, True, True]


@pytest.mark.parametrize("ender", [{"evid": 3}, {"evid": 4, "amt": 1.0}, {"evid": 1, "amt": 1.0, "ii": 3.0, "ss": 1}])
def test_what_starts_afresh_calls_off_ends_and_doses_that_are_due(ender):
    made = told(Record(0.0, amt=8.0, rate=1.0, ii=3.0, addl=4, input="vein"), Record(5.0, input="gut", **ender))
    assert not [event for event in made if event.input == "vein" and event.time > 5.0]


def test_a_steady_state_that_adds_calls_nothing_off():
    due = Record(0.0, amt=8.0, rate=1.0, ii=3.0, addl=4, input="vein")
    made = told(due, Record(5.0, amt=1.0, ii=3.0, ss=2, input="gut"))
    assert [event for event in made if event.input == "vein"] == list(told(due))


def test_an_infusion_that_never_stopped_stops_at_its_record_and_knows_no_lag():
    made = told(Record(3.0, rate=-1, ss=1, input="vein"), delivery={"vein": Delivery(2.0, 0.5, rate=5.0)})
    assert made == (Event(3.0, "vein", rate=5.0, steady=Steady(0.0)), Event(3.0, "vein", rate=-5.0))


def test_a_steady_state_of_nothing_is_a_rest():
    assert told(Record(0.0, ss=1, input="gut"))[0].steady == Steady(0.0)


def test_observations_are_looked_up_when_the_table_says():
    records = [Record(0.0, 0), Record(0.0, amt=1.0, input="gut"), Record(0.0, 0), Record(4.0, 0), Record(8.0, 0)]
    records += [Record(8.0, 3), Record(8.0, 0), Record(9.0, 2)]
    first, zero, four, before, after = observation_times(records)
    assert (zero, four, after) == (0.0, 4.0, 8.0)
    assert -1e-6 < first < 0.0
    assert before == math.nextafter(8.0, 0.0)
    assert observation_times(records, (0, 2))[-1] == 9.0


def test_a_regimen_and_a_record_of_the_same_course_become_the_same_events():
    regimen = Regimen.repeated("x", "iv", quantity("8 mg", example=""), every=6.0, until=24.0, duration=2.0)
    record = Record(0.0, amt=8.0, rate=4.0, ii=6.0, addl=3, input="vein")
    assert regimen.events("vein", lambda amount: 8.0) == told(record)


WRONG = [
    (Record(0.0, 5), "evid is 0, 1, 2, 3 or 4 (got 5)"),
    (Record(0.0, 0.5), "evid is 0, 1, 2, 3 or 4 (got 0.5)"),
    (Record(0.0, 0, 3.0), "an observation (evid 0) has no amt (got 3)"),
    (Record(0.0, 2, rate=3.0), "an other event (evid 2) has no rate (got 3)"),
    (Record(0.0, 3, ii=3.0), "a reset (evid 3) has no ii (got 3)"),
    (Record(0.0, 0, addl=3), "an observation (evid 0) has no addl (got 3)"),
    (Record(0.0, 3, ss=1), "a reset (evid 3) has no ss (got 1)"),
    (Record(0.0, amt=-1.0, input="gut"), "an amount cannot be negative (got -1)"),
    (Record(0.0, input="gut"), "a dose needs an amt above zero"),
    (Record(0.0, rate=3.0, input="gut"), "a dose needs an amt above zero"),
    (Record(0.0, amt=1.0, rate=-3.0, input="gut"), "rate is zero or more, -1 or -2 (got -3)"),
    (Record(0.0, amt=1.0, rate=-1.5, input="gut"), "rate is zero or more, -1 or -2 (got -1.5)"),
    (Record(0.0, amt=1.0, rate=-1, input="gut"), "rate -1 needs a modelled rate for gut"),
    (Record(0.0, amt=1.0, rate=-2, input="gut"), "rate -2 needs a modelled duration for gut"),
    (Record(0.0, amt=1.0, ii=-3.0, input="gut"), "an interval cannot be negative (got -3)"),
    (Record(0.0, amt=1.0, ii=3.0, input="gut"), "an interval (ii 3 h) says nothing without addl or ss"),
    (Record(0.0, amt=1.0, addl=3, input="gut"), "3 additional doses need an interval (ii)"),
    (Record(0.0, amt=1.0, ii=3.0, addl=-1, input="gut"), "addl is a whole number, zero or more (got -1)"),
    (Record(0.0, amt=1.0, ii=3.0, addl=1.5, input="gut"), "addl is a whole number, zero or more (got 1.5)"),
    (Record(0.0, amt=1.0, ii=3.0, ss=3, input="gut"), "ss is 0, 1 or 2 (got 3)"),
    (Record(0.0, amt=1.0, ss=1, input="gut"), "a steady state (ss 1) of doses needs their interval (ii)"),
    (Record(0.0, amt=1.0, rate=2.0, ss=2, input="gut"), "a steady state (ss 2) of doses needs their interval (ii)"),
    (Record(0.0, rate=2.0, ii=3.0, ss=1, input="gut"), "an infusion that has never stopped (ss with no amt) has neither ii nor addl"),
    (Record(0.0, rate=-2, ss=1, input="vein"), "an infusion that has never stopped (ss with no amt) has no duration (got rate -2)"),
    (Record(0.0, rate=-1, ss=1, input="gut"), "rate -1 needs a modelled rate for gut"),
    (Record(0.0, amt=1.0, input="gutt"), "no input 'gutt'"),
    (Record(0.0, 2, covariates={"clx": 1.0}), "no covariate 'clx'"),
    (Record(math.nan, 0), "time must be a finite number (got nan)"),
    (Record(0.0, amt=math.inf, input="gut"), "amt must be a finite number (got inf)"),
    (Record(0.0, 2, covariates={"cl": math.nan}), "covariate cl must be a finite number (got nan)"),
    (Record(0.0, amt=1.0, rate=1e-9, ii=3.0, ss=1, input="gut"), f"more than {MOST_DOSES} infusions would run at once"),
]  # fmt: skip


@pytest.mark.parametrize(("record", "message"), WRONG)
def test_what_is_wrong_with_a_record_is_said_and_the_record_named(record, message):
    assert complaints(Record(-1.0, 0), record) == {("record 2", message)}


def test_every_problem_is_told_at_once_each_at_its_place():
    records = [
        Record(0.0, amt=-1.0, ss=7, input="gut", place="doses.csv:2"),
        Record(0.0, 9, place="doses.csv:3"),
        Record(-1.0, 0),
    ]
    found = complaints(*records, delivery={"gut": Delivery(lag=-1.0)})
    assert {where for where, _ in found} == {"delivery of gut", "doses.csv:2", "doses.csv:3", "record 3"}
    assert len(found) == 5


def test_time_never_goes_back_not_even_at_a_reset():
    records = [Record(5.0, amt=1.0, input="gut"), Record(0.0, 4, 1.0, input="gut"), Record(3.0, 0)]
    found = complaints(*records)
    assert {where for where, _ in found} == {"record 2", "record 3"}


@pytest.mark.parametrize("lag", [6.0, 7.0])
def test_a_lag_as_long_as_the_interval_of_a_steady_state_is_refused(lag):
    found = complaints(Record(0.0, amt=1.0, ii=6.0, ss=1, input="gut"), delivery={"gut": Delivery(lag=lag)})
    assert {message.split("(")[0] for _, message in found} == {"the lag "}


@pytest.mark.parametrize(
    "door", [Delivery(lag=math.nan), Delivery(fraction=-0.1), Delivery(rate=0.0), Delivery(duration=-1.0), Delivery(fraction=math.inf)]
)  # fmt: skip
def test_a_delivery_that_is_none_is_refused_and_named(door):
    assert {where for where, _ in complaints(Record(0.0, amt=1.0, input="gut"), delivery={"gut": door})} == {
        "delivery of gut"
    }


def test_more_doses_than_can_be_meant_are_refused_before_they_are_made():
    for addl in (MOST_DOSES, 1e300):
        found = complaints(Record(0.0, amt=1.0, ii=1.0, addl=addl, input="gut"))
        assert {where for where, _ in found} == {"records"}


def test_records_never_change():
    mine = {"cl": 1.0}
    record = Record(0.0, 2, covariates=mine)
    mine["cl"] = 2.0
    assert record.covariates["cl"] == 1.0
    with pytest.raises(TypeError):
        record.covariates["cl"] = 3.0


@pytest.mark.parametrize("numbers", [(-1.0,), (6.0, -1.0), (6.0, 0.0, False, 6.0), (0.0, 0.0, False, 1.0), (math.nan,)])
def test_an_endless_course_that_cannot_be_is_refused(numbers):
    with pytest.raises(ValueError, match="no endless course"):
        Steady(*numbers)


def test_an_infusion_begins_and_ends():
    assert administered(1.0, "vein", 6.0, 3.0) == (Event(1.0, "vein", rate=2.0), Event(4.0, "vein", rate=-2.0))
