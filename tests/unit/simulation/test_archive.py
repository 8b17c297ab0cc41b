"""A folder holds one run, whole or in shards that the same run goes on from."""

import json
from dataclasses import replace

import pyarrow.parquet as pq
import pytest

from reuptake.errors import InputError
from reuptake.evidence.base import packaged
from reuptake.simulation.archive import Archive, save
from reuptake.simulation.request import parse_request
from reuptake.simulation.run import plan, simulate, stream
from reuptake.simulation.shards import NoneSolved, divided

WORDS = {"dose": "50 mg", "every": "24 h", "duration": "3 d", "subjects": 50, "seed": 4}


@pytest.fixture(scope="module")
def course():
    return simulate("imipramine", dose="50 mg", duration="24 h", subjects=2, seed=4)


@pytest.fixture
def made(pretend):
    """Fifty subjects in four shards."""
    whole = plan(parse_request(packaged(), "imipramine", **WORDS), packaged(), pretend)
    shards = divided(50, whole.curve_bytes // 50, 16 * whole.curve_bytes // 50)
    assert [(shard.first, shard.last) for shard in shards] == [(1, 16), (17, 32), (33, 48), (49, 50)]
    return replace(whole, shards=shards)


def archived(made, folder):
    with Archive(folder, made.provenance, made.shards, "--out") as archive:
        read = made.measures(sink=archive)
        archive.finish()
    return read


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def stopped_after(made, folder, shards, error=KeyboardInterrupt):
    """A run that ends in an error when so many shards are finished."""

    class Stopped(Archive):
        def found(self, shard):
            if self.done == shards:
                raise error
            return super().found(shard)

    with pytest.raises(error), Stopped(folder, made.provenance, made.shards, "--out") as archive:
        made.measures(sink=archive)


def test_curves_and_record_tell_all_that_a_rerun_needs(course, tmp_path):
    save(course, tmp_path / "new" / "run")
    table = pq.read_table(tmp_path / "new" / "run" / "trajectories.parquet")
    assert table.num_rows == 2 * len(course.times)
    assert table.schema.field("plasma.imipramine").metadata[b"unit"] == b"ng/mL"
    assert table["plasma.imipramine"].to_numpy().tolist() == course.curve("plasma.imipramine").ravel().tolist()
    assert set(table["outcome"].to_pylist()) == {"solved"}
    record = json.loads((tmp_path / "new" / "run" / "run.json").read_text(encoding="utf-8"))
    again = simulate(**record["request"])
    assert again.provenance["hash"] == record["hash"] == course.provenance["hash"]
    assert (again.values == course.values).all()


def test_the_same_run_writes_the_same_bytes_held_or_streamed(course, tmp_path):
    save(course, tmp_path / "a")
    stream("imipramine", dose="50 mg", duration="24 h", subjects=2, seed=4, out=tmp_path / "b", threads=2)
    assert names(tmp_path / "a") == ["measures.parquet", "run.json", "trajectories.parquet"] == names(tmp_path / "b")
    for name in names(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_shards_together_hold_every_subject_once_and_the_record_names_each_file(made, tmp_path):
    read = archived(made, tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text(encoding="utf-8"))
    assert [(entry["first"], entry["last"]) for entry in record["shards"]] == [(1, 16), (17, 32), (33, 48), (49, 50)]
    assert len(names(tmp_path / "run")) == 9
    curves = [pq.read_table(tmp_path / "run" / entry["curves"]) for entry in record["shards"]]
    assert sorted({s for table in curves for s in table["subject"].to_pylist()}) == list(range(1, 51))
    tables = [pq.read_table(tmp_path / "run" / entry["measures"]) for entry in record["shards"]]
    cmax = [value for table in tables for value in table["plasma.imipramine.cmax"].to_pylist()]
    assert cmax == read.columns["plasma.imipramine.cmax"].tolist()


def test_a_finished_run_is_not_integrated_again(made, tmp_path):
    first = archived(made, tmp_path)
    made.laboratory.kernel.seen = 0
    before = {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}
    told = []
    with Archive(tmp_path, made.provenance, made.shards, "--out") as archive:
        again = made.measures(progress=lambda done, total: told.append((done, total)), sink=archive)
        archive.finish()
    assert made.laboratory.kernel.seen == 0
    assert again.summary() == first.summary()
    assert told == [(16, 50), (32, 50), (48, 50), (50, 50)]
    assert before == {name: (tmp_path / name).read_bytes() for name in names(tmp_path)}


def test_an_interrupted_run_goes_on_from_its_finished_shards(made, tmp_path):
    stopped_after(made, tmp_path, 2)
    assert len(names(tmp_path)) == 5  # two shards of two files, and the journal
    assert "run.json" not in names(tmp_path)
    made.laboratory.kernel.seen = 0
    resumed = archived(made, tmp_path)
    assert made.laboratory.kernel.seen == 50 - 32
    assert resumed.summary() == made.measures().summary()
    assert "unfinished.jsonl" not in names(tmp_path)


def test_a_journal_cut_short_in_a_line_costs_one_shard_only(made, tmp_path):
    stopped_after(made, tmp_path, 3)
    journal = tmp_path / "unfinished.jsonl"
    journal.write_bytes(journal.read_bytes()[:-20])
    made.laboratory.kernel.seen = 0
    stopped_after(made, tmp_path, 3)
    assert made.laboratory.kernel.seen == 16
    archived(made, tmp_path)
    assert made.laboratory.kernel.seen == 16 + 2


@pytest.mark.parametrize("harm", ["truncate", "flip", "remove", "remove the measures"])
def test_a_shard_that_is_not_as_it_was_written_is_made_again(made, tmp_path, harm):
    whole = archived(made, tmp_path)
    kind = "measures" if harm.endswith("measures") else "trajectories"
    victim = next(tmp_path.glob(f"{kind}-17-32-*"))
    good = victim.read_bytes()
    if harm.startswith("remove"):
        victim.unlink()
    else:
        victim.write_bytes(good[:-1] if harm == "truncate" else good[:1000] + bytes([good[1000] ^ 1]) + good[1001:])
    made.laboratory.kernel.seen = 0
    assert archived(made, tmp_path).summary() == whole.summary()
    assert made.laboratory.kernel.seen == 16
    assert victim.read_bytes() == good


def test_a_folder_of_another_run_is_refused_and_left_as_it_is(made, course, tmp_path):
    for state in ("finished", "unfinished"):
        folder = tmp_path / state
        archived(made, folder) if state == "finished" else stopped_after(made, folder, 1)
        before = names(folder)
        with pytest.raises(InputError, match="holds another run"):
            save(course, folder)
        assert names(folder) == before
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "run.json").write_text("not ours", encoding="utf-8")
    with pytest.raises(InputError, match="holds another run"):
        save(course, foreign)
    assert (foreign / "run.json").read_text(encoding="utf-8") == "not ours"


def test_a_folder_with_other_things_in_it_keeps_them(course, tmp_path):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    save(course, tmp_path)
    assert (tmp_path / "notes.txt").read_text(encoding="utf-8") == "mine"


def test_two_processes_do_not_write_into_one_folder(made, tmp_path):
    pytest.importorskip("fcntl", reason="this system has no locks of this kind")
    with Archive(tmp_path, made.provenance, made.shards, "--out") as archive:
        made.measures(sink=archive)
        with pytest.raises(InputError, match="another process"), Archive(tmp_path, made.provenance, made.shards, "out"):
            pass
        archive.finish()
    assert "run.json" in names(tmp_path)


def test_what_a_killed_process_left_half_written_is_swept_away(made, tmp_path):
    stopped_after(made, tmp_path, 1)
    shard = next(tmp_path.glob("trajectories-*")).name
    (tmp_path / f".{shard}.abc123").write_bytes(b"half")
    (tmp_path / ".hidden.mine").write_bytes(b"mine")
    archived(made, tmp_path)
    assert [name for name in names(tmp_path) if name.startswith(".")] == [".hidden.mine"]


def full(path):
    path.write_bytes(b"half")
    raise OSError(28, "No space left on device")


def test_nothing_is_left_behind_when_the_first_shard_cannot_be_written(course, tmp_path, monkeypatch):
    monkeypatch.setattr(type(course), "to_parquet", lambda self, path: full(path))
    with pytest.raises(InputError, match="No space left"):
        save(course, tmp_path / "deep" / "run")
    assert names(tmp_path) == []


def test_a_full_disk_keeps_what_was_finished_and_says_so(made, course, tmp_path, monkeypatch):
    written = type(course).to_parquet
    monkeypatch.setattr(
        type(course), "to_parquet",
        lambda self, path: written(self, path) if self.subjects[0] < 33 else full(path),
    )  # fmt: skip
    with pytest.raises(InputError, match="2 of 4 shards are finished") as caught:
        archived(made, tmp_path / "run")
    assert "No space left" in str(caught.value)
    monkeypatch.undo()
    made.laboratory.kernel.seen = 0
    archived(made, tmp_path / "run")
    assert made.laboratory.kernel.seen == 18


def test_a_run_that_solves_nobody_leaves_nothing(made, tmp_path):
    made.laboratory.kernel.fails = 0.0
    with pytest.raises(NoneSolved, match="no subject could be solved"):
        archived(made, tmp_path / "run")
    assert names(tmp_path) == []


def test_measures_come_back_from_disk_as_they_were(made, tmp_path):
    made.laboratory.kernel.fails = 75.0
    read = made.measures()
    assert 0 < read.solved.sum() < 50
    read.to_parquet(tmp_path / "m.parquet")
    again = type(read).from_parquet(tmp_path / "m.parquet", read.provenance)
    assert again.outcomes == read.outcomes
    assert again.subjects.tolist() == read.subjects.tolist()
    assert list(again.columns) == list(read.columns)
    for name, column in read.columns.items():
        assert again.columns[name].tobytes() == column.tobytes()
    assert again.summary() == read.summary()
