"""Results reach the disk whole or not at all."""

import pytest

from reuptake.errors import InputError
from reuptake.simulation.store import check_place, write_text


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
