"""Kept code is harmless when damaged, and many may fill the folder at once."""

import os
import subprocess
import sys

import pytest

from reuptake.engine.backends.llvm import machine

TEXT = """
define void @run(ptr %slot) {
  store double 4.25e+01, ptr %slot, align 8
  ret void
}
"""


def answer(code):
    import ctypes

    slot = ctypes.c_double(0.0)
    code.call(ctypes.addressof(slot))
    return slot.value


@pytest.fixture
def folder(tmp_path, monkeypatch):
    place = tmp_path / "kept"
    monkeypatch.setenv("REUPTAKE_CACHE", str(place))
    return place


def test_code_is_compiled_once_and_read_from_then_on(folder):
    first, second = machine.compiled(TEXT, "run"), machine.compiled(TEXT, "run")
    assert (first.fresh, second.fresh) == (True, False)
    assert answer(first) == answer(second) == 42.5
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-7], lambda content: content[:20], lambda content: b"", lambda content: b"x" * 5000,
        lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
    ],
    ids=["cut short", "a head without a body", "empty", "something else", "one bit"],
)  # fmt: skip
def test_damaged_code_is_made_anew(folder, damage):
    machine.compiled(TEXT, "run")
    (kept,) = folder.glob("*.o")
    whole = kept.read_bytes()
    kept.write_bytes(damage(whole))
    again = machine.compiled(TEXT, "run")
    assert again.fresh
    assert answer(again) == 42.5
    assert kept.read_bytes() == whole
    assert not list(folder.glob(".part-*"))


def test_a_place_that_cannot_be_written_costs_time_only(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("REUPTAKE_CACHE", str(tmp_path / "file"))
    assert machine.cache_folder() is None
    assert answer(machine.compiled(TEXT, "run")) == 42.5
    monkeypatch.setattr(machine.tempfile, "mkstemp", lambda **_: (_ for _ in ()).throw(PermissionError("read only")))
    monkeypatch.setenv("REUPTAKE_CACHE", str(tmp_path / "kept"))
    assert machine.compiled(TEXT, "run").fresh
    assert machine.compiled(TEXT, "run").fresh


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system knows no owners of files")
def test_a_folder_that_others_can_write_is_not_used(folder):
    folder.mkdir()
    folder.chmod(0o777)
    assert machine.cache_folder() is None
    assert machine.compiled(TEXT, "run").fresh
    assert not list(folder.iterdir())


PROGRAM = """
import ctypes, sys
from reuptake.engine.backends.llvm import machine
for k in range(6):
    code = machine.compiled(sys.argv[1].replace("4.25e+01", f"{float(k):e}"), "run")
    slot = ctypes.c_double(-1.0)
    code.call(ctypes.addressof(slot))
    assert slot.value == float(k), slot.value
"""


def test_eight_processes_fill_the_folder_at_once(folder):
    processes = [
        subprocess.Popen([sys.executable, "-c", PROGRAM, TEXT], env=os.environ | {"REUPTAKE_CACHE": str(folder)})
        for _ in range(8)
    ]
    assert [process.wait(120) for process in processes] == [0] * 8
    assert len(list(folder.glob("*.o"))) == 6
    assert not list(folder.glob(".part-*"))
