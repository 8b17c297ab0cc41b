"""Every observation is answered once; what came of it is what the definitions say."""

import math
from dataclasses import replace

import pytest

from reuptake.evidence.base import packaged
from reuptake.evidence.studies import Study
from reuptake.qualification.questions import Question
from reuptake.qualification.validation import Compared, Validation, direction_of, fingerprint, validate

ARMS = [
    {"id": "em", "compound": "desipramine", "dose": "50 mg", "genotype": "CYP2D6=EM"},
    {"id": "pm", "compound": "desipramine", "dose": "50 mg", "genotype": "CYP2D6=PM"},
    {"id": "unknown", "compound": "laudanum", "dose": "50 mg"},
]
OBSERVATIONS = [
    {"arm": "em", "analyte": "desipramine", "quantity": "cmax", "number": 20, "unit": "ng/mL"},
    {"arm": "em", "analyte": "desipramine", "quantity": "tmax", "number": 6, "unit": "h"},
    {
        "arm": "em",
        "analyte": "desipramine",
        "quantity": "cmax",
        "number": 20,
        "unit": "ng/mL",
        "use": False,
        "because": "twice",
    },
    {"arm": "em", "analyte": "desipramine", "quantity": "cmax", "number": 0, "unit": "ng/mL"},
    {"arm": "pm", "analyte": "desipramine", "quantity": "auc_inf", "direction": "increase", "relative_to": "em"},
    {"arm": "pm", "analyte": "desipramine", "quantity": "cmax", "direction": "decrease", "relative_to": "em"},
    {"arm": "pm", "analyte": "desipramine", "quantity": "cmax", "direction": "increase"},
    {"arm": "unknown", "analyte": "desipramine", "quantity": "cmax", "number": 1, "unit": "ng/mL"},
    {"arm": "em", "analyte": "desipramine", "quantity": "pupil", "number": 1, "unit": "fraction"},
]


def study(name, observations, role="validation"):
    return Study.model_validate(
        {
            "id": name,
            "source": "x",
            "role": role,
            "species": "human",
            "n": 7,
            "arms": ARMS,
            "observations": observations,
        }
    )


@pytest.fixture(scope="module")
def known():
    other = [
        {"arm": "em", "quantity": "mood", "number": 3, "unit": "point"},
        {"arm": "pm", "quantity": "mood", "number": 3, "unit": "point"},
    ]
    studies = (study("first", OBSERVATIONS), study("second", OBSERVATIONS[:1], "calibration"), study("third", other))
    return replace(packaged(), studies=studies)


@pytest.fixture(scope="module")
def found(known):
    return validate(known)


def test_every_observation_is_answered_once(found):
    assert [row.question.study.id for row in found.rows] == ["first", "second"]
    assert [row.question.observation.quantity for row in found.reported] == ["tmax", "cmax"]
    assert [(d.expected, d.predicted, d.holds) for d in found.directions] == [
        ("increase", "increase", True),
        ("decrease", "increase", False),
    ]
    assert [(e.study, e.quantity) for e in found.excluded] == [
        ("third", "mood"),
        ("first", "cmax"),
        ("first", "cmax"),
        ("first", "cmax"),
        ("first", "pupil"),
    ]


def test_what_is_excluded_says_why(found):
    whole, nought, undirected, unknown, unseen = (e.because for e in found.excluded)
    assert "no observable yet" in whole
    assert "above nought" in nought
    assert "relative" in undirected
    assert "laudanum" in unknown
    assert "pupil" in unseen


def test_a_role_asks_only_its_own_studies(known):
    one = validate(known, role="calibration")
    assert one.roles == ("calibration",)
    assert {row.question.study.id for row in one.rows} == {"second"}
    assert not one.excluded


def test_folds_are_over_the_rows_that_are_meant(found):
    assert found.folds().rows == 2
    assert found.folds(role="validation").gmfe == pytest.approx(max(found.rows[0].ratio, 1.0 / found.rows[0].ratio))
    assert found.folds(compound="imipramine") is None
    assert found.folds(role="information") is None
    assert any("information" in note for note in found.notes)


def test_progress_counts_the_questions(known):
    told = []
    validate(known, role="calibration", told=lambda done, total: told.append((done, total)))
    assert told == [(1, 1)]


def test_an_effect_is_a_mean_of_exposures_and_a_clearance_turns_its_sign():
    rows = []
    for quantity, unit, ratio in (("cmax", "ng/mL", 2.0), ("oral_clearance", "L/h", 0.5), ("half_life", "h", 9.0)):
        own = study("s", [{"arm": "em", "analyte": "desipramine", "quantity": quantity, "number": 10, "unit": unit}])
        rows.append(Compared(Question(own, own.observations[0]), 10.0, 10.0 * ratio))
    (effect,) = Validation(("validation",), tuple(rows), (), (), (), (), "", 0.0).study_effects()
    assert effect.effect == pytest.approx(math.log(2.0), rel=1e-14)
    assert effect.n == 2  # a half-life is no exposure


@pytest.mark.parametrize(
    ("ratio", "word"),
    [(1.0, "unchanged"), (1.25, "unchanged"), (0.8, "unchanged"), (1.3, "increase"), (0.7, "decrease")],
)
def test_what_passes_for_equal_is_unchanged(ratio, word):
    assert direction_of(ratio) == word


def test_the_fingerprint_knows_one_digit_of_one_study(known):
    changed = [dict(OBSERVATIONS[0], number=21), *OBSERVATIONS[1:]]
    other = replace(known, studies=(study("first", changed), *known.studies[1:]))
    assert fingerprint(known) == fingerprint(replace(known))
    assert fingerprint(other) != fingerprint(known)
