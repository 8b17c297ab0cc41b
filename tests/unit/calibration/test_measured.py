"""Levels of people: slopes are those of differences, a truth is found again, and nobody is asked what cannot be."""

from dataclasses import replace

import numpy as np
import pytest

from reuptake.calibration.least_squares import fit
from reuptake.calibration.measured import Levels, Measured, PeopleBatch, Person
from reuptake.calibration.parameters import Parameter, to_search
from reuptake.calibration.residual import Logarithmic, Normal
from reuptake.calibration.translation import Translation
from reuptake.equations.expression import Graph
from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.simulation.observation import OBSERVED, Laboratories
from reuptake.simulation.request import parse_request
from reuptake.simulation.run import run
from reuptake.units import unit

NAMES = ("desipramine.cyp2d6.clint", "desipramine.kp_scale.human", "desipramine.absorption_rate.human")
TIMES = np.array([1.0, 2.0, 4.0, 8.0, 24.0, 48.0])
TIGHT = 1e-10


@pytest.fixture(scope="module")
def evidence():
    return packaged()


@pytest.fixture(scope="module")
def laboratories(evidence):
    return Laboratories(evidence, kinds=OBSERVED)


def moved(evidence, names=NAMES):
    graph, parameters, records = Graph(), [], {}
    for name in names:
        record = evidence.record(name)
        parameters.append(Parameter(name, record.number, record.number / 10.0, record.number * 10.0, record.unit))
        records[name] = (graph.symbol("parameter", name, unit(record.unit).dimension), record.unit)
    return Translation(tuple(parameters), records)


def person(evidence, name="A", times=TIMES, values=None, output="plasma.desipramine", limit=None, traits=None, **words):
    words = {"dose": "50 mg", "duration": "96 h", "threads": 1, **words}
    request = parse_request(evidence, words.pop("compound", "desipramine"), **words)
    request = replace(request, traits={**request.traits, **(traits or {})})
    values = np.full(len(times), 10.0) if values is None else values
    return Person(name, request, (Levels(output, times, values, limit),))


def two(evidence):
    """A light one of normal genes, and a heavy poor metaboliser who was sampled at other times and has two analytes."""
    heavy = person(
        evidence, "B", np.array([3.0, 12.0, 72.0]), np.array([9.0, 12.0, np.nan]), limit=6.0, phenotypes=["CYP2D6=PM"],
        traits={"body.mass.human": 95.0},
    )  # fmt: skip
    made = Levels("plasma.2-hydroxydesipramine", np.array([5.0, 12.0]), np.array([0.5, 0.4]))
    light = person(evidence, "A", traits={"body.mass.human": 55.0}, genotypes=["CYP2D6=*1/*4"])
    return [replace(light, levels=(*light.levels, made)), heavy]


def differences(objective, x, step=1e-4):
    columns = []
    for j in range(len(x)):
        away = np.zeros(len(x))
        away[j] = step
        f = [objective.residuals(x + times * away).values for times in (1.0, -1.0, 2.0, -2.0)]
        columns.append((8.0 * (f[0] - f[1]) - (f[2] - f[3])) / (12.0 * step))
    return np.column_stack(columns)


@pytest.mark.parametrize(("error", "bend"), [(Logarithmic(0.2), None), (Logarithmic(0.2), 1.0), (Normal(0.5), None)])
def test_slopes_of_residuals_are_those_of_differences(evidence, laboratories, error, bend):
    translation = moved(evidence)
    objective = Measured(
        two(evidence), translation, error, evidence, laboratories=laboratories, bend=bend, relative=TIGHT
    )  # fmt: skip
    x = to_search(translation.parameters, [one.start * 1.1 for one in translation.parameters])
    found = objective.residuals(x)
    assert found.values.shape == (len(objective.labels),) == (11,)
    expected = differences(objective, x)
    scale = np.abs(expected).max(axis=0)
    # Relative to the largest slope of each parameter: the solver errs by its tolerance, differences by h⁴ and by it.
    assert (np.abs(found.slopes - expected) / scale).max() < 1e-5


def test_a_fit_to_levels_without_errors_gives_the_truth_back(evidence, laboratories):
    translation = moved(evidence)
    truth = np.array([one.start * factor for one, factor in zip(translation.parameters, (1.4, 0.7, 1.3), strict=True)])
    people = two(evidence)
    batch = PeopleBatch(people, NAMES, evidence, laboratories=laboratories)
    predicted = batch.predict(np.tile(np.log(truth), (2, 1)))
    told = []
    for one, curve in zip(people, predicted, strict=True):
        parts = np.split(curve, np.cumsum([len(levels.times) for levels in one.levels])[:-1])
        told.append(replace(one, levels=tuple(replace(a, values=b) for a, b in zip(one.levels, parts, strict=True))))
    fitted = fit(Measured(told, translation, Logarithmic(0.1), evidence, laboratories=laboratories))
    np.testing.assert_allclose(fitted.values, truth, rtol=1e-5)  # tolerance of the solver: 1e-6


def test_predictions_are_those_of_a_simulation(evidence, laboratories):
    people = two(evidence)
    values = [evidence.record(name).number for name in NAMES]
    batch = PeopleBatch(people, NAMES, evidence, laboratories=laboratories, relative=1e-8)
    for one, (predicted, _) in zip(people, batch.predict_all(np.log(np.tile(values, (2, 1)))), strict=True):
        course = run(one.request, evidence, laboratory=laboratories.of(one.request))
        expected = [
            np.interp(levels.times, course.times, course.curve(levels.output)[0]) for levels in one.levels
        ]  # fmt: skip
        np.testing.assert_allclose(predicted, np.concatenate(expected), rtol=1e-4)


def test_each_of_a_batch_has_values_of_its_own(evidence, laboratories):
    people = [person(evidence, "A"), person(evidence, "B")]
    usual = np.log([evidence.record(name).number for name in NAMES])
    other = usual + np.array([0.3, -0.2, 0.1])
    batch = PeopleBatch(people, NAMES, evidence, laboratories=laboratories)
    (first, slopes), (second, _) = batch.predict_all(np.stack([usual, other]))
    alone = PeopleBatch(people[:1], NAMES, evidence, laboratories=laboratories)
    np.testing.assert_array_equal(first, alone.predict_all(usual[None])[0][0])
    np.testing.assert_array_equal(second, alone.predict_all(other[None])[0][0])
    assert slopes.shape == (len(TIMES), len(NAMES))
    assert not np.allclose(first, second, rtol=1e-2)


def test_slopes_of_a_batch_are_those_of_differences(evidence, laboratories):
    people = two(evidence)
    usual = np.log([evidence.record(name).number for name in NAMES])
    place = np.stack([usual, usual + 0.2])
    batch = PeopleBatch(people, NAMES, evidence, laboratories=laboratories, relative=TIGHT)
    found, step = batch.predict_all(place), 1e-4
    for k in range(len(NAMES)):
        away = np.zeros(len(NAMES))
        away[k] = step
        up, down = batch.predict(place + away), batch.predict(place - away)
        for (predicted, slopes), high, low in zip(found, up, down, strict=True):
            # Second-order differences err by h²/6 of the third derivative.
            np.testing.assert_allclose((high - low) / (2.0 * step), slopes[:, k], atol=1e-5 * predicted.max())


def test_what_a_person_is_stays_its_own_and_has_no_slope(evidence, laboratories):
    name = "cyp2d6.activity_score.human"
    people = [person(evidence, "A"), person(evidence, "B", phenotypes=["CYP2D6=IM"])]
    batch = PeopleBatch(people, [name], evidence, laboratories=laboratories)
    (_, free), (before, held) = batch.predict_all(np.log([[2.0], [2.0]]))
    assert np.abs(free).max() > 0.1
    assert not held.any()
    # Without slopes the solver takes other steps, within its tolerance.
    np.testing.assert_allclose(batch.predict(np.log([[1.0], [1.0]]))[1], before, rtol=1e-6)


def test_a_record_of_another_species_changes_nothing_here(evidence, laboratories):
    names = ["desipramine.kp_scale.human", "desipramine.kp_scale.rat"]
    rat = person(evidence, "R", dose="5 mg/kg", species="rat", duration="48 h", route="ip")
    batch = PeopleBatch([person(evidence), rat], names, evidence, laboratories=laboratories)
    (_, human), (_, animal) = batch.predict_all(np.log(np.tile([[6.0, 6.0]], (2, 1))))
    assert np.abs(human[:, 0]).max() > 0.0
    assert not human[:, 1].any()
    assert not animal[:, 0].any()
    assert np.abs(animal[:, 1]).max() > 0.0


def test_rows_tell_every_sample_before_any_bend(evidence, laboratories):
    translation, people = moved(evidence), two(evidence)
    x = to_search(translation.parameters, [one.start for one in translation.parameters])
    plain, bent = (
        Measured(people, translation, Logarithmic(0.2), evidence, laboratories=laboratories, bend=bend)
        for bend in (None, 0.5)
    )
    rows = plain.rows(x)
    assert rows == bent.rows(x)
    np.testing.assert_array_equal([row.residual for row in rows], plain.residuals(x).values)
    assert bent.residuals(x).cost < plain.residuals(x).cost
    first, last = rows[0], rows[-1]
    assert (first.group, first.label, first.observed, first.unit, first.time) == (
        "A",
        "plasma.desipramine",
        10.0,
        "ng/mL",
        1.0,
    )
    assert first.residual == pytest.approx(np.log(first.observed / first.predicted) / 0.2)
    assert (last.group, last.label, last.observed, last.time) == ("B", "plasma.desipramine, below the limit", 6.0, 72.0)


def refusal(made):
    with pytest.raises(InputError) as caught:
        made()
    return [problem.render() for problem in caught.value.problems]


def test_a_level_where_the_model_has_none_is_refused_with_its_sample(evidence, laboratories):
    early = person(evidence, times=np.array([0.0, 4.0]))
    [told] = refusal(lambda: Measured([early], moved(evidence), Logarithmic(0.1), evidence, laboratories=laboratories))
    assert "A: plasma.desipramine at 0 h: 10 ng/mL were measured where the model has none" in told
    assert "first dose" in told


def test_a_level_below_a_limit_that_is_not_stated_is_refused(evidence, laboratories):
    lost = person(evidence, values=np.array([10.0, np.nan, 10.0, 10.0, 10.0, 10.0]))
    [told] = refusal(lambda: Measured([lost], moved(evidence), Logarithmic(0.1), evidence, laboratories=laboratories))
    assert "at 2 h: a level below a limit that is not stated" in told


def test_what_no_model_knows_is_told_at_once(evidence, laboratories):
    strange = person(evidence, output="plasma.desipramin")
    told = refusal(
        lambda: PeopleBatch([strange], ["desipramine.kp_scal.human", "body.mass"], evidence, laboratories=laboratories)
    )
    assert len(told) == 3
    assert "none of the models has a record 'desipramine.kp_scal.human'" in told[0]
    assert "did you mean 'plasma.desipramine'" in told[1]
    assert "doses depend on 'body.mass'" in told[2]


def test_no_level_at_all_is_refused(evidence):
    [told] = refusal(lambda: Measured([], moved(evidence), Logarithmic(0.1), evidence))
    assert "no level" in told
