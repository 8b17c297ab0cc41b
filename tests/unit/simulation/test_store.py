"""Results reach the disk whole or not at all."""

import json

import pyarrow.parquet as pq
import pytest

from reuptake.errors import InputError
from reuptake.simulation.run import simulate
from reuptake.simulation.store import check_place, save, write_text


@pytest.fixture(scope="module")
def course():
    return simulate("imipramine", dose="50 mg", duration="24 h", subjects=2, seed=4)


def test_curves_and_sidecar_tell_all_that_a_rerun_needs(course, tmp_path):
    save(course, tmp_path / "new" / "run")
    table = pq.read_table(tmp_path / "new" / "run" / "trajectories.parquet")
    assert table.num_rows == 2 * len(course.times)
    assert table.schema.field("plasma.imipramine").metadata[b"unit"] == b"ng/mL"
    assert table["plasma.imipramine"].to_numpy().tolist() == course.curve("plasma.imipramine").ravel().tolist()
    sidecar = json.loads((tmp_path / "new" / "run" / "run.json").read_text(encoding="utf-8"))
    again = simulate(**sidecar["request"])
    assert again.provenance["hash"] == sidecar["hash"] == course.provenance["hash"]
    assert (again.values == course.values).all()


def test_the_same_run_writes_the_same_bytes(course, tmp_path):
    for name in ("a", "b"):
        save(course, tmp_path / name)
    for name in ("run.json", "trajectories.parquet"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_nothing_is_left_behind_when_writing_fails(course, tmp_path, monkeypatch):
    def full(path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(course), "to_parquet", lambda self, path: full(path))
    with pytest.raises(InputError, match="No space left"):
        save(course, tmp_path / "deep" / "run")
    assert list(tmp_path.iterdir()) == []


def test_what_was_there_before_survives_a_failure(tmp_path, monkeypatch):
    path = tmp_path / "page.html"
    write_text(path, "old", "--out")
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError(5, "Input/output error")))
    with pytest.raises(InputError):
        write_text(path, "new", "--out")
    assert path.read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["page.html"]


def test_a_place_of_the_wrong_kind_is_seen_before_the_work(tmp_path):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for place, folder in ((tmp_path / "file", True), (tmp_path, False), (tmp_path / "file" / "below", True)):
        with pytest.raises(InputError):
            check_place(place, "--out", directory=folder)
    check_place(tmp_path / "not" / "yet" / "there", "--out", directory=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file"]
