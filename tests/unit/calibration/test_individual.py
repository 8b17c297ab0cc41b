"""One person as told: virtual people of whom everything is known, and what the answer says of levels and doses."""

from dataclasses import replace

import numpy as np
import pytest

from reuptake.calibration.asking import parse_individual
from reuptake.calibration.estimation import posterior, predicted, solved
from reuptake.calibration.forecasts import MODE, TYPICAL, drawn, exposure
from reuptake.calibration.individual import individual, told
from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.population.chance import normals
from unit.calibration.clinic import WORDS

PEOPLE, HALF = 40, 1.6448536269514722


@pytest.fixture(scope="module")
def virtual(clinic):
    """Forty people of the population with two levels each: where they stand, and what is found out about them."""
    case, subjects = clinic.case, range(1001, 1001 + PEOPLE)
    z = case.variation.drawn(7, subjects)
    start = case.plan.start_of(np.arange(PEOPLE), case.variation.people(z))
    values = solved(case.plan, start, case.grid, 1e-6).values
    levels = predicted(case.samples, case.first, case.grid, case.plan.laboratory, values)
    levels = levels * np.exp(case.log_sd * normals(7, subjects, "assay", len(case.samples)))
    found = []
    for own in levels:
        samples = tuple(replace(one, level=float(x)) for one, x in zip(case.samples, own, strict=True))
        found.append(posterior(replace(case, samples=samples), clinic.relevance))
    return z, found


def test_nine_of_ten_intervals_hold_the_truth(clinic, virtual):
    z, found = virtual
    variation, names = clinic.case.variation, clinic.relevance.told_of
    held = []
    for truth, own in zip(z, found, strict=True):
        moved = list(own.relevance.coordinates)
        people = variation.people(np.stack([truth, own.mode]))
        slopes = variation.slopes(own.mode, names)
        kept = np.delete(slopes, moved, axis=1)
        width = np.sqrt(
            np.sum(kept**2, axis=1) + np.einsum("pi,ij,pj->p", slopes[:, moved], own.covariance, slopes[:, moved])
        )
        off = np.array([np.log(people[name][0] / people[name][1]) for name in names])
        held.append(np.abs(off) < HALF * width)
    assert 0.80 <= np.mean(held) <= 0.97


def test_levels_make_the_trough_under_another_dose_better_known(clinic, virtual):
    z, found = virtual
    option = clinic.asked.options[1]
    made = replace(clinic.case.plan, request=option.request)
    places = np.concatenate([z, np.stack([own.mode for own in found]), np.zeros((1, z.shape[1]))])
    start = made.start_of(np.arange(len(places)), clinic.case.variation.people(places))
    grid = np.array([0.0, option.request.duration - 1e-3])
    output = [one.name for one in made.laboratory.kernel.system.outputs].index("plasma.desipramine")
    troughs = np.log(solved(made, start, grid, 1e-6).values[:, 1, output])
    truth, own, typical = troughs[:PEOPLE], troughs[PEOPLE : 2 * PEOPLE], troughs[-1]
    with_levels, without = (np.sqrt(np.mean((x - truth) ** 2)) for x in (own, typical))
    assert with_levels < 0.75 * without


@pytest.fixture(scope="module")
def person(clinic):
    return told(clinic.asked, packaged())


def test_every_parameter_stands_beside_its_population(person):
    for one in person.parameters:
        low, high = one.population
        assert low < one.typical < high
        assert one.low < one.estimate < one.high
        assert 0.0 < one.shrinkage <= 1.0
        assert one.learned == pytest.approx(1.0 - one.shrinkage)
    assert {one.name for one in person.parameters if one.learned < 0.1} == set(person.uninformed)
    said = [note for note in person.notes if note.startswith("not informed by these levels")]
    assert len(said) == (1 if person.uninformed else 0)
    assert all(name in said[0] for name in person.uninformed)


def test_levels_narrow_what_is_predicted(person):
    for one in person.forecasts:
        if one.analyte in ("imipramine", "desipramine"):
            for kind in ("cavg", "cmin", "cmax"):
                (own, low, high), (_, least, most) = getattr(one, kind), one.population[kind]
                assert low < own < high
                assert np.log(high / low) < np.log(most / least)
        assert one.cmin[0] < one.cavg[0] < one.cmax[0]
    assert {(one.dose, one.every) for one in person.forecasts} == {("75 mg", "24h"), ("50 mg", "12h")}
    assert "imipramine+desipramine" in {one.analyte for one in person.forecasts}


def test_a_measured_level_lies_between_what_was_expected_and_itself(person):
    for one in person.levels:
        middle = one.population[0]
        assert min(middle, one.observed) < one.predicted < max(middle, one.observed)
        assert one.band[1] < one.predicted < one.band[2]


def test_reader_is_warned(person):
    said = " ".join(person.notes)
    assert "Not for decisions about doses" in said
    assert "all doses were taken as told is assumed" in said
    assert "called therapeutic" in said


def test_the_same_question_has_the_same_answer(clinic, person):
    again = told(replace(clinic.asked, request=replace(clinic.asked.request, threads=1)), packaged())
    assert again.forecasts[0].cavg == person.forecasts[0].cavg
    assert again.parameters == person.parameters
    assert again.levels == person.levels
    assert again.to_csv() == person.to_csv()


def test_the_first_course_is_the_one_taken_and_a_single_dose_has_no_interval(clinic):
    case, relevance = clinic.case, clinic.relevance
    ensemble = drawn(clinic.asked, case.variation, clinic.laboratory, posterior(case, relevance))
    read = exposure(ensemble, ensemble.courses[0], ("imipramine",))
    assert read.cmin[TYPICAL] < read.cavg[TYPICAL] < read.cmax[TYPICAL]
    assert abs(read.drift[MODE]) < 0.02  # four weeks settle it
    single = individual(
        "imipramine", dose="75 mg", levels="imipramine 20 ng/mL at 12h", sex="male", age=40, weight=80, draws=20,
        genotypes=["CYP2D6=*1/*1"],
    )  # fmt: skip
    assert single.forecasts == ()
    assert single.curves[0].times[-1] == 240.0


def test_a_level_that_nobody_has_is_named(clinic):
    strange = [replace(one, level=40.0 * one.level) for one in clinic.asked.samples]
    found = told(replace(clinic.asked, samples=tuple(strange)), packaged())
    assert all(one.z > 3.0 for one in found.levels)
    assert sum("check dose history, time of sampling, adherence" in note for note in found.notes) == 2


def test_everything_that_is_wrong_is_told_at_once():
    wrong = {
        "dose": "75", "levels": ["imipramine 3 ng/mL at 2d", "imipramine 4 ng/mL at 48h", "foo"], "sex": "both",
        "weight": "much", "predict": ["50 mg"], "sigma": -1.0, "draws": 3, "age": "50-60",
    }  # fmt: skip
    with pytest.raises(InputError) as caught:
        parse_individual(packaged(), "imipramine", **{**WORDS, **wrong})
    places = [problem.where for problem in caught.value.problems]
    assert {"--dose", "--level", "--sex", "--weight", "--predict", "--sigma", "--draws", "--age"} <= set(places)
    assert places.count("--level") == 2


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"levels": []}, "no level was measured"),
        ({"sex": None}, "one person has one sex"),
        ({"weight": None, "dose": "1 mg/kg"}, "needs the weight"),
        ({"levels": ["imipramine 3 ng/mL at 8d"]}, "beyond the course"),
        ({"settings": ["body.mass=70"]}, "set twice"),
    ],
)
def test_what_cannot_be_asked_is_refused(change, complaint):
    with pytest.raises(InputError, match=complaint):
        parse_individual(packaged(), "imipramine", **{**WORDS, **change})
