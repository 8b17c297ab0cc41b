"""From tables to people: every layout makes the same people, and every mistake is told with its line."""

import re

import numpy as np
import pytest

from reuptake.calibration.measured import Measured
from reuptake.calibration.people import people_of
from reuptake.calibration.residual import Logarithmic
from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from unit.calibration.test_measured import moved

TIMES = [1.0, 2.0, 4.0, 8.0, 24.0, 48.0]
LEVELS = {"A": [0.4, 4.1, 15.0, 18.0, 8.0, 4.0], "B": [0.3, 3.0, 11.0, 16.0, 12.0, 9.0]}
WEIGHT, GENES = {"A": 55.0, "B": 95.0}, {"A": "*1/*4", "B": "PM"}
WORDS = {"compound": "desipramine"}


@pytest.fixture(scope="module")
def evidence():
    return packaged()


@pytest.fixture
def people(tmp_path, evidence):
    def made(lines, **words):
        path = tmp_path / "levels.csv"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return people_of(path, evidence, {**WORDS, **words})

    return made


@pytest.fixture
def refusal(people):
    def refused(lines, **words):
        with pytest.raises(InputError) as caught:
            people(lines, **words)
        return [re.sub(r"/\S*/", "", problem.render()) for problem in caught.value.problems]

    return refused


def plain(header="id,time (h),conc (ng/mL),weight (kg),CYP2D6"):
    return [
        header,
        *(
            f"{who},{t},{c},{WEIGHT[who]},{GENES[who]}"
            for who in LEVELS
            for t, c in zip(TIMES, LEVELS[who], strict=True)
        ),
    ]


def recorded(shift=0.0, columns="DV (ng/mL)", scale=1.0):
    rows = [f"ID,TIME,{columns},AMT (mg),EVID,MDV,CMT,WT (kg),CYP2D6"]
    for who, levels in LEVELS.items():
        own = f"{WEIGHT[who]},{GENES[who]}"
        rows.append(f"{who},{shift},.,50,1,1,1,{own}")
        rows += [f"{who},{t + shift},{c * scale!r},.,0,0,2,{own}" for t, c in zip(TIMES, levels, strict=True)]
    return rows


def same(some, others, rtol=1e-12):
    assert [one.name for one in some] == [one.name for one in others]
    for one, other in zip(some, others, strict=True):
        assert one.request.regimens == other.request.regimens
        assert one.request.traits == other.request.traits
        assert one.request.duration == pytest.approx(other.request.duration, rel=rtol)
        for levels, others_levels in zip(one.levels, other.levels, strict=True):
            assert (levels.output, levels.limit) == (others_levels.output, others_levels.limit)
            np.testing.assert_allclose(levels.times, others_levels.times, rtol=rtol)
            np.testing.assert_allclose(levels.values, others_levels.values, rtol=rtol)


def test_a_plain_table_and_dosing_records_make_identical_people(people):
    same(people(plain(), dose="50 mg"), people(recorded()), rtol=0.0)
    same(people(plain(), dose="50 mg"), people(recorded(shift=100.0)))


def test_a_wide_table_makes_the_same_people(people):
    rows = [f"{t},{a},{b}" for t, a, b in zip(TIMES, LEVELS["A"], LEVELS["B"], strict=True)]
    wide = people(["time (h),A,B", *rows], dose="50 mg", conc_unit="ng/mL")
    long = people([line.rsplit(",", 2)[0] for line in plain()], dose="50 mg")
    same(wide, long)


def test_doses_may_stand_in_a_column(people):
    lines = [f"{line},{'dose (mg)' if i == 0 else 50}" for i, line in enumerate(plain())]
    same(people(lines), people(plain(), dose="50 mg"), rtol=0.0)


def test_two_subjects_have_their_own_weights_and_genes(people):
    first, second = people(plain(), dose="50 mg")
    assert first.request.traits == {"cyp2d6.activity_score.human": 1.0, "body.mass.human": 55.0}
    assert second.request.traits == {"cyp2d6.activity_score.human": 0.0, "body.mass.human": 95.0}


def test_periods_of_a_subject_know_whose_they_are(people):
    lines = ["id,period,time (h),conc (ng/mL)", "A,1,4,9", "A,1,8,12", "A,2,4,7", "B,1,4,6"]
    found = people(lines, dose="50 mg")
    assert [(one.name, one.subject) for one in found] == [("A, 1", "A"), ("A, 2", "A"), ("B, 1", "B")]
    alone = people([line for line in lines if not line.startswith("A,2")], dose="50 mg")
    assert [(one.name, one.subject) for one in alone] == [("A", ""), ("B", "")]


def test_a_table_becomes_an_objective_in_which_bodies_and_genes_count(people, evidence):
    translation = moved(evidence)
    objective = Measured(people(plain(), dose="50 mg"), translation, Logarithmic(0.2), evidence)
    x = np.log([one.start for one in translation.parameters])
    predicted = np.array([row.predicted for row in objective.rows(x)]).reshape(2, -1)
    assert predicted[1, -1] > 1.5 * predicted[0, -1]  # a poor metaboliser keeps it longer
    assert predicted[1, 1] < predicted[0, 1]  # in a larger body it thins out


def test_what_the_table_says_of_genes_goes_before_what_is_said_of_all(people):
    lines = [line if line.startswith(("id", "A")) else line.rsplit(",", 1)[0] + "," for line in plain()]
    first, second = people(lines, dose="50 mg", phenotypes=["CYP2D6=UM"])
    assert first.request.traits["cyp2d6.activity_score.human"] == 1.0
    assert second.request.traits["cyp2d6.activity_score.human"] > 2.0


def test_moles_become_masses_by_the_molar_mass_of_each_analyte(people, evidence):
    lines = ["id,time (h),conc (nmol/L),analyte", "A,4,100,desipramine", "A,8,100,2-hydroxydesipramine"]
    [found] = people(lines, dose="50 mg")
    assert [one.output for one in found.levels] == ["plasma.desipramine", "plasma.2-hydroxydesipramine"]
    for levels, name in zip(found.levels, ("desipramine", "2-hydroxydesipramine"), strict=True):
        grams = evidence.record(f"{name}.molar_mass").number
        assert levels.values[0] == pytest.approx(0.1 * grams)


def test_analytes_may_be_called_anything_if_it_is_said_what_they_are(people, refusal):
    lines = ["id,time (h),conc (ng/mL),DVID", "A,4,9,1", "A,4,2,2", "A,5,20,3"]
    told = {1: "desipramine", "2": "2-hydroxydesipramine", 3: "brain.desipramine"}
    [found] = people(lines, dose="50 mg", analytes=told)
    assert [one.output for one in found.levels] == [
        "plasma.desipramine",
        "plasma.2-hydroxydesipramine",
        "brain.desipramine",
    ]
    problems = refusal(lines, dose="50 mg")
    assert len(problems) == 3
    assert "levels.csv:2: '1' is not formed from desipramine" in problems[0]
    assert "analytes: {1: desipramine}" in problems[0]


def test_courses_follow_records_with_their_intervals_and_infusions(people):
    lines = [
        "ID,TIME,DV (ng/mL),AMT (mg),EVID,RATE,ADDL,II",
        "A,0,.,25,1,0,2,12",
        "A,36,.,50,1,0,0,0",
        "A,40,12,.,0,.,.,.",
    ]
    [one] = people(lines)
    [regimen] = one.request.regimens
    assert [dose.time for dose in regimen.doses] == [0.0, 12.0, 24.0, 36.0]
    assert [dose.amount.number for dose in regimen.doses] == [25.0, 25.0, 25.0, 50.0]
    [one] = people(["ID,TIME,DV (ng/mL),AMT (mg),EVID,RATE", "A,0,.,50,1,25", "A,4,12,.,0,."])
    assert [(regimen.route, regimen.doses[0].duration) for regimen in one.request.regimens] == [("iv-infusion", 2.0)]


def test_one_regimen_may_be_given_to_all_in_words(people):
    lines = ["id,time (h),conc (ng/mL)", "A,60,30", "B,70,20"]
    first, second = people(lines, dose="25 mg", every="12 h", **{"for": "3 d"})
    assert [dose.time for dose in first.request.regimens[0].doses] == [0.0, 12.0, 24.0, 36.0, 48.0, 60.0]
    assert first.request.regimens[0].interval == 12.0
    assert len(second.request.regimens[0].doses) == 6


def test_a_steady_state_becomes_the_doses_that_led_to_it(people):
    lines = ["ID,TIME,DV (ng/mL),AMT (mg),EVID,SS,II", "A,0,.,25,1,1,24", "A,8,40,.,0,.,."]
    [one] = people(lines)
    [regimen] = one.request.regimens
    assert len(regimen.doses) == 29
    assert regimen.doses[-1].time == 28 * 24.0
    assert one.levels[0].times.tolist() == [28 * 24.0 + 8.0]
    assert any("28 doses before, one every 24 h" in note for note in one.request.notes)


def test_other_drugs_may_have_been_taken_before(people):
    lines = ["id,time (h),conc (ng/mL)", "A,4,9"]
    [one] = people(lines, dose="50 mg", coadministered=["quinidine 200 mg every 24h"], lead="2 d")
    assert one.levels[0].times.tolist() == [52.0]
    assert one.request.regimens[0].doses[0].time == 48.0
    assert one.request.regimens[1].compound == "quinidine"


def test_levels_below_the_limit_are_kept_and_those_before_the_dose_are_not(people):
    lines = ["id,time (h),conc (ng/mL),lloq", "A,0,0,0.5", "A,4,9,0.5", "A,72,BLQ,0.5", "A,96,<0.4,0.5"]
    [one] = people(lines, dose="50 mg")
    # Two limits: samples of one limit stand together.
    assert [(levels.limit, levels.times.tolist()) for levels in one.levels] == [(0.4, [4.0, 96.0]), (0.5, [72.0])]
    assert np.isnan(one.levels[0].values[1])
    assert any("1 samples at or before the first dose are left out" in note for note in one.request.notes)


def test_periods_of_one_subject_are_people_of_their_own(people):
    lines = ["id,period,time (h),conc (ng/mL)", "A,1,4,9", "A,1,8,12", "A,2,4,8"]
    assert [one.name for one in people(lines, dose="50 mg")] == ["A, 1", "A, 2"]


BAD = {
    "levels without a unit": (["id,time (h),conc", "A,1,3"], {"dose": "50 mg"}, "levels.csv:1: no unit of the levels in 'conc' is stated", "conc_unit"),
    "doses without a unit": (["ID,TIME,DV (ng/mL),AMT,EVID", "A,0,.,50,1", "A,4,3,.,0"], {}, "levels.csv:1: no unit of the doses in 'AMT' is stated", "dose_unit"),
    "two samples of one time": (["id,time (h),conc (ng/mL)", "A,1,3", "A,1,4"], {"dose": "50 mg"}, "levels.csv:3, column 'time (h)': two samples of 'A' at 1 h", "average"),
    "a negative level": (["id,time (h),conc (ng/mL)", "A,1,-3", "A,2,4"], {"dose": "50 mg"}, "levels.csv:2, column 'conc (ng/mL)': a level cannot be negative (got -3)", "logarithms"),
    "a word for a level": (["id,time (h),conc (ng/mL)", "A,1,much", "A,2,4"], {"dose": "50 mg"}, "levels.csv:2, column 'conc (ng/mL)': 'much' is no level", "BLQ"),
    "a word for a time": (["id,time (h),conc (ng/mL)", "A,noon,3", "A,2,4"], {"dose": "50 mg"}, "levels.csv:2, column 'time (h)': 'noon' is no time", ""),
    "a word for a body mass": (["id,time (h),conc (ng/mL),weight (kg)", "A,2,4,slim"], {"dose": "50 mg"}, "levels.csv:2, column 'weight (kg)': 'slim' is no body mass", ""),
    "a body mass of nought": (["id,time (h),conc (ng/mL),weight (kg)", "A,2,4,0"], {"dose": "50 mg"}, "levels.csv:2, column 'weight (kg)': a body mass is above zero", ""),
    "samples before the first dose only": (["ID,TIME,DV (ng/mL),AMT (mg),EVID", "A,5,.,50,1", "A,4,0,.,0"], {}, "levels.csv:2: 'A' has samples before the first dose only", "zero"),
    "a level at the first dose": (["id,time (h),conc (ng/mL)", "A,0,3", "A,2,4"], {"dose": "50 mg"}, "levels.csv:2, column 'time (h)': a level above nought at or before the first dose", "leave it out"),
    "no dose": (["id,time (h),conc (ng/mL)", "A,1,3"], {}, "levels.csv: no dose is stated", "AMT"),
    "no dose of one": (["ID,TIME,DV (ng/mL),AMT (mg),EVID", "A,0,.,50,1", "A,4,3,.,0", "B,4,3,.,0"], {}, "levels.csv:4: no dose of this subject is recorded", "EVID 1"),
    "a subject without levels": (["ID,TIME,DV (ng/mL),AMT (mg),EVID", "A,0,.,50,1", "A,4,3,.,0", "B,0,.,50,1"], {}, "levels.csv:4: no level of 'B' stands here", "leave this subject out"),
    "a limit that nobody states": (["id,time (h),conc (ng/mL)", "A,1,3", "A,99,BLQ"], {"dose": "50 mg"}, "levels.csv:3: a level below the limit of quantification, which nobody states", "lloq"),
    "doses twice": (["ID,TIME,DV (ng/mL),AMT (mg),EVID", "A,0,.,50,1", "A,4,3,.,0"], {"dose": "50 mg"}, "levels.csv: doses stand in the table and beside it", "keep one"),
    "a steady state that adds": (["ID,TIME,DV (ng/mL),AMT (mg),EVID,SS,II", "A,0,.,50,1,2,24", "A,4,3,.,0,.,."], {}, "levels.csv:2: SS 2 adds", "ADDL"),
    "a steady state amid doses": (["ID,TIME,DV (ng/mL),AMT (mg),EVID,SS,II", "A,0,.,50,1,0,0", "A,24,.,50,1,1,24", "A,30,3,.,0,.,."], {}, "levels.csv:3: a steady state begins a course", "ADDL"),
    "an unknown allele": (["id,time (h),conc (ng/mL),CYP2D6", "A,1,3,*1/*999"], {"dose": "50 mg"}, "levels.csv:2: --genotype", ""),
    "two genotypes of one": (["id,time (h),conc (ng/mL),CYP2D6", "A,1,3,PM", "A,2,3,NM"], {"dose": "50 mg"}, "levels.csv:2, column 'CYP2D6': 'A' is said to be 'PM' and 'NM'", "keep one"),
    "repeated doses without an end": (["id,time (h),conc (ng/mL)", "A,1,3"], {"dose": "50 mg", "every": "12 h"}, "levels.csv: repeated doses need an interval and an end", "for"),
    "an infusion without length": (["id,time (h),conc (ng/mL)", "A,1,3"], {"dose": "50 mg", "route": "iv-infusion"}, "levels.csv:2: the length of the infusion is not known", "infuse_over"),
    "a rate by mouth": (["ID,TIME,DV (ng/mL),AMT (mg),EVID,RATE", "A,0,.,50,1,25", "A,4,3,.,0,."], {"route": "po"}, "levels.csv:2: a rate is stated, but nothing runs into a vein", "route"),
    "a unit of something else": (["id,time (h),conc (kg)", "A,1,3"], {"dose": "50 mg"}, "'kg' is no unit of concentration", "ng/mL"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_with_a_table_is_told_with_its_line_and_a_remedy(refusal, case):
    lines, words, message, remedy = BAD[case]
    told = refusal(lines, **words)
    assert len(told) == 1, told
    assert message in told[0]
    assert remedy in told[0]


def test_all_problems_are_told_at_once(refusal):
    told = refusal(["id,time (h),conc,weight (kg)", "A,1,-3,60", "A,2,x,60", "B,1,4,0", "B,1,5,0"], dose="50 mg")
    for part in (
        "no unit of the levels",
        "negative",
        "'x' is no level",
        "two samples of 'B'",
        "body mass is above zero",
    ):
        assert any(part in one for one in told), part


def test_words_that_nobody_knows_are_told_with_the_nearest(refusal):
    told = refusal(["id,time (h),conc (ng/mL)", "A,1,3"], doze="50 mg", compound="desipramin")
    assert "unknown word 'doze'" in told[0]
    assert "did you mean 'dose'" in told[0]
    assert "desipramine" in told[1]


def test_a_word_for_the_compound_is_needed(evidence):
    with pytest.raises(InputError, match="no compound is named"):
        people_of({"time (h)": [1.0], "conc (ng/mL)": [2.0]}, evidence, {"dose": "1 mg"})
