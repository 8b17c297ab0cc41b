"""A plot is written whole or not at all."""

from __future__ import annotations

import pytest

from reuptake.errors import InputError
from reuptake.reports.plot import plot
from reuptake.simulation.run import simulate


@pytest.fixture(scope="module")
def result():
    return simulate("imipramine", dose="50 mg", duration="24 h")


def test_what_is_written_is_what_is_returned(result, tmp_path):
    path = tmp_path / "figures" / "course.svg"
    text = plot(result, path)
    assert path.read_text(encoding="utf-8") == text
    assert [entry.name for entry in path.parent.iterdir()] == ["course.svg"]


def test_a_place_that_is_a_folder_is_refused_and_stays_as_it_was(result, tmp_path):
    with pytest.raises(InputError, match="folder"):
        plot(result, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_plot_names_the_dose(result):
    assert "50 mg" in plot(result)
