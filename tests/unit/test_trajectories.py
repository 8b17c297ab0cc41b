"""Curves with names, one outcome a subject, summaries over the right window."""

import numpy as np
import pytest

from reuptake.errors import ReuptakeError
from reuptake.trajectories import NOT_FINITE, SOLVED, Label, Trajectories, Window

TIMES = np.linspace(0.0, 48.0, 97)
RATE = 0.2


def course(outcomes=(SOLVED, SOLVED), window=None):
    level = np.stack([10.0 * np.exp(-RATE * TIMES), 20.0 * np.exp(-RATE * TIMES)])
    values = np.stack([level, level / (level + 5.0), np.full_like(level, 100.0), np.full_like(level, 3.0)], axis=2)
    labels = (
        Label("plasma.x", "ng/mL", "level"), Label("occupancy.SERT", "", "occupancy"),
        Label("balance.recovered", "nmol", "amount"), Label("balance.urine_unchanged.x", "nmol", "amount"),
    )  # fmt: skip
    return Trajectories(
        np.array([1, 2]), TIMES, labels, values, tuple(outcomes), "x", {"x": np.array([100.0, 100.0])},
        window or Window(0.0, 48.0, repeated=False), {},
    )  # fmt: skip


def test_a_summary_reads_off_what_the_curve_says():
    level = course().summary()["analytes"]["x"]
    assert level["cmax"]["p05"] == pytest.approx(10.5)  # between 10 and 20, linear percentile
    assert level["auc_inf"]["median"] == pytest.approx(15.0 / RATE, rel=1e-9)
    assert level["half_life"]["median"] == pytest.approx(np.log(2) / RATE, rel=1e-9)


def test_a_window_counts_time_from_its_own_start():
    level = course(window=Window(24.0, 48.0, repeated=True)).summary()["analytes"]["x"]
    assert level["tmax"]["median"] == 0.0
    assert level["auc_inf"] is None
    assert level["auc_tau"]["median"] == pytest.approx(
        15.0 * (np.exp(-RATE * 24) - np.exp(-RATE * 48)) / RATE, rel=1e-9
    )


def test_a_subject_that_failed_is_left_out_and_reported_with_its_remedy():
    summary = course(outcomes=(SOLVED, NOT_FINITE)).summary()
    assert summary["subjects"] == 2
    assert summary["analytes"]["x"]["cmax"]["median"] == 10.0
    assert any("1 of 2" in note and NOT_FINITE.remedy in note for note in summary["notes"])


def test_a_run_too_short_for_a_half_life_says_so():
    whole = course()
    rising = Trajectories(
        whole.subjects,
        whole.times,
        whole.labels,
        whole.values[:, ::-1],
        whole.outcomes,
        "x",
        whole.dosed,
        whole.window,
        {},
    )
    summary = rising.summary()
    assert summary["analytes"]["x"]["half_life"] is None
    assert any("a longer one" in note for note in summary["notes"])


def test_unknown_outputs_get_the_nearest_name():
    with pytest.raises(ReuptakeError, match=r"did you mean 'plasma\.x'"):
        course().curve("plasm.x")
