"""Words become a request; every mistake in them is told at once."""

import pytest

from reuptake.errors import InputError
from reuptake.exchange.request import parse_request
from reuptake.noncompartmental.quantification import Between, Imputation, Later
from reuptake.noncompartmental.terminal import BestFit, LastPoints, TimeRange


def test_nothing_said_is_the_usual():
    request = parse_request()
    assert request.rule == BestFit()
    assert request.imputation == Imputation(Between.MISSING, Later.MISSING)
    assert request.dose is None


def test_words_with_units_become_canonical_numbers():
    request = parse_request(
        dose="5 mg/kg", route="iv-infusion", infuse_over="30 min", tau="1 d", weight="250 g", molar_mass="280.4 g/mol",
        lloq="0.5 ng/mL", blq_between="zero", blq_after="half-lloq", last_dose_at="9 d", columns=["conc=Cp"],
    )  # fmt: skip
    assert (request.infuse_over, request.tau, request.last_dose_at, request.weight) == (0.5, 24.0, 216.0, 0.25)
    assert request.molar_mass == pytest.approx(280.4e-12)  # kg/nmol
    assert request.imputation == Imputation(Between.ZERO, Later.HALF_LIMIT)
    assert request.columns == {"conc": "Cp"}


def test_the_terminal_phase_is_fixed_by_points_or_by_times():
    assert parse_request(lambda_z_points=5).rule == LastPoints(5)
    assert parse_request(lambda_z_from="8 h").rule == TimeRange(8.0)
    assert parse_request(lambda_z_from="8 h", lambda_z_to="1 d").rule == TimeRange(8.0, 24.0)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"dose": "50"}, "--dose: '50' has no unit"),
        ({"dose": "50 h"}, "--dose: a dose is a mass"),
        ({"route": "intravenous"}, "--route: unknown route (got 'intravenous'"),
        ({"tau": "24 mg"}, "--tau: '24 mg' is no time"),
        ({"tau": "0 h"}, "--tau: a time here must be above zero"),
        ({"infuse_over": "1h", "route": "po"}, "--infuse-over: only an infusion runs in over a time (route po)"),
        ({"last_dose_at": "216 h"}, "--last-dose-at: the last of several doses needs their interval"),
        ({"weight": "70 mL"}, "--weight: '70 mL' is not a body mass above zero"),
        ({"molar_mass": "0 g/mol"}, "--molar-mass: '0 g/mol' is not a molar mass above zero"),
        ({"lloq": "-1"}, "--lloq: a limit of quantification is above zero"),
        ({"lloq": "1 mg"}, "--lloq: 'mg' is no unit of concentration"),
        ({"blq_after": "half"}, "--blq-after: no such rule (got 'half', allowed missing, zero, half-lloq)"),
        ({"blq_between": "skip"}, "--blq-between: no such rule"),
        ({"lambda_z_points": 2}, "--lambda-z-points: a terminal phase takes 3 points or more (got 2)"),
        ({"lambda_z_points": 4, "lambda_z_from": "2 h"}, "by its points or by its times, not by both"),
        ({"lambda_z_from": "8 h", "lambda_z_to": "4 h"}, "--lambda-z-to: '4 h' is not after '8 h'"),
        ({"time_unit": "ng/mL"}, "--time-unit: 'ng/mL' is no unit of time"),
        ({"conc_unit": "blub"}, "--conc-unit: unknown unit 'blub'"),
        ({"dose_unit": "h"}, "--dose-unit: 'h' is no unit of a dose"),
        ({"columns": ["conc"]}, "--column: 'conc' names no column"),
        ({"columns": ["cnoc=Cp"]}, "--column: no role 'cnoc' of a column\n  hint: did you mean 'conc'"),
    ],
)
def test_every_wrong_word_is_told_with_its_option(words, told):
    with pytest.raises(InputError) as caught:
        parse_request(**words)
    assert told in str(caught.value)


def test_all_mistakes_are_told_at_once():
    with pytest.raises(InputError) as caught:
        parse_request(dose="50", route="by mouth", tau="x", lloq="0", blq_after="never")
    assert {problem.where for problem in caught.value.problems} == {
        "--route",
        "--tau",
        "--blq-after",
        "--dose",
        "--lloq",
    }
