"""A fit on the terminal: values and doubts for people, one object for machines, files whole."""

import json

import pytest

from reuptake.cli.fit import show_fit
from reuptake.errors import InputError
from unit.reports.linear_fit import linear_fit


def test_people_get_values_convergence_and_doubts(capsys):
    fit = linear_fit(blind=1)
    show_fit(fit, seconds=3.0)
    out = capsys.readouterr().out
    for said in ("14 of 20 starts reached the best cost", "Explained worst", "What the data cannot tell", "not told"):
        assert said in out
    for name in (*(one.name for one in fit.fitted.parameters), *fit.notes):
        assert name in out


def test_json_is_one_object_and_nothing_else(capsys):
    show_fit(linear_fit(), json=True)
    out, err = capsys.readouterr()
    assert err == ""
    assert json.loads(out)["converged"] == 14


def test_files_are_written_and_said(capsys, tmp_path):
    place = tmp_path / "fit"
    show_fit(linear_fit(), out=place, records="values: []\n")
    assert f"written: {place}" in capsys.readouterr().out.replace("\n", "")
    names = {entry.name for entry in place.iterdir()}
    assert {"fit.json", "rows.csv", "report.html", "records.yaml", "profiles.svg"} <= names
    assert json.loads((place / "fit.json").read_text(encoding="utf-8"))["fit"] == linear_fit().name


def test_a_folder_that_cannot_be_is_refused(tmp_path):
    (tmp_path / "file").write_text("here already", encoding="utf-8")
    with pytest.raises(InputError):
        show_fit(linear_fit(), out=tmp_path / "file" / "fit")
