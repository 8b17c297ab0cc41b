"""A folder that holds one run: shards of curves, their measures, and what they came from.

::

    trajectories.parquet  measures.parquet                 if there is one shard, else for each
    trajectories-FIRST-LAST-HASH.parquet  measures-…       subjects FIRST to LAST of the run HASH
    run.json            written last: provenance, and a manifest of every file with its SHA-256
    unfinished.jsonl    until then: the same manifest, a line a shard

Every file is complete or absent. A shard counts only if the manifest names it and its bytes
have the hash that stands there; else it is made again. So a killed process, a full disk or a
rerun loses and repeats nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, TextIO

from reuptake.errors import InputError, Problem
from reuptake.simulation.shards import AbstractSink, NoneSolved, Shard, divided
from reuptake.simulation.store import make_folders, write_text, write_whole
from reuptake.trajectories import Measures, Trajectories, measures

__all__ = ["Archive", "save"]

RECORD, JOURNAL = "run.json", "unfinished.jsonl"


@dataclass(frozen=True)
class Receipt:
    """The files of one shard and the SHA-256 of their bytes."""

    first: int
    last: int
    curves: str
    curves_sha256: str
    measures: str
    measures_sha256: str


class Archive(AbstractSink):
    """The folder of one run, open for one process; a context manager.

    Left by an error, it keeps the shards that are finished, for the same run to go on from. Where
    none is, or where no subject could be solved, it leaves nothing.

    Parameters
    ----------
    folder : Path
    provenance : mapping
        Of the run; its ``hash`` says whether a folder holds this run or another.
    shards : sequence of Shard
    where : str
        What problems are told of.

    Raises
    ------
    InputError
        On entering: if the folder holds another run, or another process writes into it.
    """

    def __init__(self, folder: Path, provenance: Mapping[str, Any], shards: Sequence[Shard], where: str) -> None:
        self._folder, self._provenance, self._shards, self._where = folder, provenance, tuple(shards), where
        self._receipts: dict[Shard, Receipt] = {}
        self._created: list[Path] = []
        self._journal: TextIO

    @property
    def done(self) -> int:
        """How many shards are finished."""
        return len(self._receipts)

    def __enter__(self) -> Archive:
        self._created = make_folders(self._folder, self._where)
        try:
            claimed = [*self._manifest(self._folder / RECORD), *self._manifest(self._folder / JOURNAL)]
            self._journal = self._claimed_journal()
            self._sweep()
            # The journal may have been cut short in the middle of a line.
            self._journal.write("\n")
            self._note({"hash": self._provenance["hash"]})
        except OSError as error:
            self._leave_nothing()
            raise self._problem(error) from None
        except InputError:
            self._leave_nothing()
            raise
        known = set(self._shards)
        self._receipts = {
            shard: receipt
            for receipt in claimed
            if (shard := Shard(receipt.first, receipt.last)) in known and self._sound(shard, receipt)
        }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._journal.close()
        if isinstance(error, NoneSolved):
            self._receipts = {}
            for name in self._names():
                (self._folder / name).unlink(missing_ok=True)
        if not self._receipts:
            (self._folder / JOURNAL).unlink(missing_ok=True)
            self._leave_nothing()

    def _leave_nothing(self) -> None:
        for folder in reversed(self._created):
            shutil.rmtree(folder, ignore_errors=True)

    def found(self, shard: Shard) -> Measures | None:
        receipt = self._receipts.get(shard)
        return None if receipt is None else Measures.from_parquet(self._folder / receipt.measures, self._provenance)

    def keep(self, shard: Shard, course: Trajectories, read: Measures) -> None:
        curves, table = (self._folder / name for name in self._files(shard))
        try:
            write_whole(curves, self._where, course.to_parquet)
            write_whole(table, self._where, read.to_parquet)
            receipt = Receipt(shard.first, shard.last, curves.name, _sha256(curves), table.name, _sha256(table))
            self._note(asdict(receipt))
        except OSError as error:
            raise self._problem(error) from None
        except InputError as error:
            raise self._hinted(error) from None
        self._receipts[shard] = receipt

    def finish(self) -> Path:
        """Write the record of the run, now that every shard is there."""
        receipts = [self._receipts[shard] for shard in self._shards]
        content = dict(self._provenance) | {"shards": [asdict(receipt) for receipt in receipts]}
        write_text(self._folder / RECORD, json.dumps(content, indent=2, ensure_ascii=False) + "\n", self._where)
        self._journal.close()
        (self._folder / JOURNAL).unlink(missing_ok=True)
        return self._folder / RECORD

    def _files(self, shard: Shard) -> tuple[str, str]:
        if len(self._shards) == 1:
            return "trajectories.parquet", "measures.parquet"
        digits = len(str(self._shards[-1].last))
        tail = f"{shard.first:0{digits}}-{shard.last:0{digits}}-{self._provenance['hash']}.parquet"
        return f"trajectories-{tail}", f"measures-{tail}"

    def _names(self) -> list[str]:
        return [RECORD, *(name for shard in self._shards for name in self._files(shard))]

    def _manifest(self, path: Path) -> list[Receipt]:
        """Receipts that a record or a journal holds, none where it is not there; another run's is refused."""
        if not path.exists():
            return []
        try:
            text = path.read_text(encoding="utf-8")
            entries = list(_lines(text)) if path.name == JOURNAL else _record(text)
        except (OSError, ValueError):
            entries = [{}]
        if not entries:  # killed before the first line was whole
            return []
        if entries[0].get("hash") != self._provenance["hash"]:
            hint = "choose another folder, or remove that one"
            raise InputError(Problem(f"'{self._folder}' holds another run ({path.name})", self._where, hint))
        receipts = []
        for entry in entries[1:]:
            with suppress(TypeError):  # of another shape: that shard is made again
                receipts.append(Receipt(**entry))
        return receipts

    def _sound(self, shard: Shard, receipt: Receipt) -> bool:
        """Whether the files of a shard are there, with the bytes that were written."""
        if (receipt.curves, receipt.measures) != self._files(shard):
            return False
        pairs = ((receipt.curves, receipt.curves_sha256), (receipt.measures, receipt.measures_sha256))
        try:
            return all(_sha256(self._folder / name) == expected for name, expected in pairs)
        except OSError:
            return False

    def _claimed_journal(self) -> TextIO:
        """The journal, open; other processes are kept out of the folder where the system can."""
        journal = (self._folder / JOURNAL).open("a", encoding="utf-8")
        try:
            import fcntl
        except ImportError:
            return journal
        try:
            fcntl.flock(journal, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            journal.close()
            raise InputError(Problem(f"another process writes into '{self._folder}'", self._where)) from None
        except OSError:  # a file system without locks
            pass
        return journal

    def _sweep(self) -> None:
        """Remove what a killed process left half-written: nobody else can be writing it now."""
        names = set(self._names())
        for path in self._folder.glob(".*"):
            if path.name[1:].rpartition(".")[0] in names:
                path.unlink(missing_ok=True)

    def _note(self, entry: Mapping[str, Any]) -> None:
        self._journal.write(json.dumps(entry) + "\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())

    def _problem(self, error: OSError) -> InputError:
        return self._hinted(InputError(Problem(f"cannot write into '{self._folder}': {error.strerror}", self._where)))

    def _hinted(self, error: InputError) -> InputError:
        hint = f"{self.done} of {len(self._shards)} shards are finished and stay; the same run goes on from there"
        return InputError(Problem(p.message, p.where, hint if self.done else p.hint) for p in error.problems)


def save(result: Trajectories, folder: Path, where: str = "--out") -> Path:
    """Write all trajectories of a run to its folder; the record that names every file is returned."""
    shards = divided(len(result.subjects), result.values[0].nbytes)
    first = shards[0].first
    with Archive(folder, result.provenance, shards, where) as archive:
        for shard in shards:
            if archive.found(shard) is None:
                part = result.part(slice(shard.first - first, shard.last - first + 1))
                archive.keep(shard, part, measures(part))
        return archive.finish()


def _record(text: str) -> list[dict[str, Any]]:
    content = json.loads(text)
    if not isinstance(content, dict):
        raise ValueError("no record of a run")
    return [content, *content.get("shards", [])]


def _lines(text: str) -> Iterable[dict[str, Any]]:
    """Entries of a journal; a line may have been cut short."""
    for line in text.splitlines():
        with suppress(ValueError):
            yield dict(json.loads(line))


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
