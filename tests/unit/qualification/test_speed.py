"""The comparison keeps its word: equal accuracy, the fastest of each, taking turns."""

from dataclasses import replace

import numpy as np
import pytest

from reuptake.qualification.course import ACCURACY
from reuptake.qualification.peers import ScikitSundae
from reuptake.qualification.speed import ENOUGH, OURS, Comparison, Measurement, Plan, Reference, compare

PLAN = Plan(few=1, many=2, relative=(1e-4, 1e-6, 1e-8), shares=(1e-3,), variants=1, finalists=1, rounds=3)


class Absent(ScikitSundae):
    tool = "absent"
    distribution = "no-such-package-of-anybody"


@pytest.fixture(scope="module")
def comparison(course):
    pytest.importorskip("sksundae")
    return compare(course, PLAN, peers=(ScikitSundae(), Absent()))


def test_only_settings_that_meet_the_accuracy_make_rows(comparison):
    assert comparison.rows()
    assert all(row.error <= ACCURACY for row in comparison.rows())
    assert {row.tool for row in comparison.rows()} == {OURS, "scikit-sundae"}
    assert any(row.error > ACCURACY for row in comparison.sweep)


def test_the_sweep_stops_where_it_is_exact_enough(comparison):
    for tool in (OURS, "scikit-sundae"):
        errors = [row.error for row in comparison.sweep if row.tool == tool]
        assert all(error > ENOUGH for error in errors[:-1])


def test_a_second_way_that_takes_the_same_steps_is_tried_where_the_first_met_the_accuracy(course):
    pytest.importorskip("sksundae")
    plan = replace(PLAN, variants=2, rounds=1)
    sweep = [row for row in compare(course, plan, peers=(ScikitSundae(),)).sweep if row.tool == "scikit-sundae"]
    first, second = ([row for row in sweep if row.variant == way] for way in ("CVODE, sparse", "CVODE, dense"))
    met = [row.relative for row in first if row.error <= ACCURACY]
    assert [row.relative for row in second] == met[:2]
    # the same steps: the linear solver alone differs, by rounding
    assert [row.error for row in second] == pytest.approx([row.error for row in first if row.accurate][:2], rel=1e-2)


def test_the_finals_are_rounds_of_the_fastest(comparison):
    assert {row.tool for row in comparison.best} == {OURS, "scikit-sundae"}
    assert all(len(row.seconds) == PLAN.rounds for row in comparison.best)
    ratio = comparison.ratios["scikit-sundae"]
    assert ratio > 0.0
    seconds = {row.tool: row.seconds for row in comparison.best}
    theirs, ours = seconds["scikit-sundae"], seconds[OURS]
    assert ratio == pytest.approx(np.median(np.array(theirs) / np.array(ours)))


def test_the_second_solver_confirms_the_reference(comparison):
    assert comparison.reference.confirmed_by.startswith("scikit-sundae")
    assert comparison.reference.agreement < 1e-7  # a hundredth of the accuracy asked for, and more


def test_a_peer_that_is_missing_is_left_out_and_said_to_be(comparison):
    assert "absent" not in {row.tool for row in comparison.sweep}
    assert any("absent" in note for note in comparison.notes)


def test_rows_begin_with_ours_and_then_the_fastest_of_each_tool():
    def row(tool, relative, error, seconds):
        return Measurement(tool, "way", relative, 1.0, error, (seconds,), 1)

    sweep = (
        row("a", 1e-5, 1e-4, 1.0),
        row("a", 1e-6, 1e-6, 3.0),
        row("a", 1e-7, 1e-7, 2.0),
        row(OURS, 1e-6, 1e-6, 9.0),
    )
    found = Comparison(sweep, (row("a", 1e-6, 1e-6, 1.5), sweep[3]), {}, Reference(np.zeros(1), "", 0.0), ())
    assert [(r.tool, r.ms_per_subject) for r in found.rows()] == [(OURS, 9000.0), ("a", 1500.0), ("a", 2000.0)]
