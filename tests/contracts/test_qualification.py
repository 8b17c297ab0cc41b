"""Every observation in the evidence is accounted for, and what counts was settled before anything was run."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from reuptake.evidence.base import packaged
from reuptake.qualification.questions import questions, table
from reuptake.qualification.validation import ROLES, validate

PAGES = Path(__file__).resolve().parents[2] / "docs" / "science"


@pytest.fixture(scope="module")
def found():
    return validate(packaged())


def test_the_committed_table_of_rows_is_what_the_evidence_gives():
    committed = (PAGES / "qualification-rows.csv").read_text(encoding="utf-8")
    assert committed == table(packaged()), "reuptake validate --rows-only --out docs/science"


def test_every_observation_of_every_study_of_kinetics_is_answered_once(found):
    asked = Counter((q.study.id, q.observation.arm, q.observation.quantity) for q in questions(packaged()).asked)
    answered = Counter(
        (a.question.study.id, a.question.observation.arm, a.question.observation.quantity)
        for a in (*found.rows, *found.animals, *found.reported, *found.directions)
    )
    answered += Counter((e.study, e.arm, e.quantity) for e in found.excluded if e.arm)
    assert answered == asked


def test_every_study_is_asked_or_told_in_one_line(found):
    whole = Counter(e.study for e in found.excluded if not e.arm)
    assert set(whole.values()) == {1}
    asked = {question.study.id for question in questions(packaged()).asked}
    assert asked | set(whole) == {study.id for study in packaged().studies}
    assert not asked & set(whole)


def test_what_counts_was_said_to_count(found):
    with (PAGES / "qualification-rows.csv").open(encoding="utf-8") as file:
        counted = Counter(
            (row["study"], row["arm"], row["quantity"]) for row in csv.DictReader(file) if row["counted"] == "yes"
        )
    rows = Counter(
        (r.question.study.id, r.question.observation.arm, r.question.observation.quantity) for r in found.rows
    )
    assert not rows - counted


def test_numbers_are_above_nought_and_roles_known(found):
    for row in (*found.rows, *found.reported):
        assert row.observed > 0.0
        assert row.predicted > 0.0
        assert row.question.study.role in ROLES
    assert all(excluded.because for excluded in found.excluded)
    assert all(answer.question.because for answer in found.reported)
