"""Curves with names, one outcome a subject, summaries over the right window."""

import numpy as np
import pytest

from reuptake.errors import ReuptakeError
from reuptake.trajectories import NOT_FINITE, SOLVED, Label, Measures, Trajectories, Window, measures

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


def test_a_summary_of_measures_put_together_has_the_bits_of_that_of_the_whole():
    for window in (Window(0.0, 48.0, repeated=False), Window(24.0, 48.0, repeated=True)):
        whole = course(window=window)
        parts = [measures(whole.part(slice(i, i + 1))) for i in (0, 1)]
        assert Measures.joined(iter(parts), 2).summary() == measures(whole).summary() == whole.summary()


def test_curves_put_together_are_those_that_were_parted():
    whole = course(outcomes=(SOLVED, NOT_FINITE))
    again = Trajectories.joined((whole.part(slice(i, i + 1)) for i in (0, 1)), 2)
    assert again.values.tobytes() == whole.values.tobytes()
    assert again.outcomes == whole.outcomes
    assert again.dosed["x"].tolist() == whole.dosed["x"].tolist()
    for kind, parts in ((Trajectories, [whole]), (Measures, [measures(whole)])):
        with pytest.raises(ValueError, match="3 subjects are to be joined"):
            kind.joined(iter(parts), 3)


def test_measures_hold_one_number_a_subject_and_none_for_who_failed():
    read = measures(course(outcomes=(NOT_FINITE, SOLVED)))
    assert read.counts == {"not finite": 1, "solved": 1}
    assert read.columns["plasma.x.cmax"][1] == 20.0
    assert all(np.isnan(column[0]) for column in read.columns.values())
    assert read.units["plasma.x.auc_inf"] == "ng·h/mL"


def test_a_table_of_many_rows_is_the_same_whatever_is_written_at_once(tmp_path, monkeypatch):
    import pyarrow.parquet as pq

    whole = course()
    whole.to_parquet(tmp_path / "a.parquet")
    monkeypatch.setattr("reuptake.trajectories.ROWS_TOGETHER", 1)
    whole.to_parquet(tmp_path / "b.parquet")
    first, second = (pq.read_table(tmp_path / name) for name in ("a.parquet", "b.parquet"))
    assert first.equals(second)
    assert first["occupancy.SERT"].to_numpy().tolist() == whole.curve("occupancy.SERT").ravel().tolist()
    assert first["time_h"].to_numpy().tolist() == [*TIMES.tolist(), *TIMES.tolist()]
