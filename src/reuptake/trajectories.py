"""What a simulation gives back: labelled curves, one outcome a subject, measures, summaries.

Arrays are always in the order ``(subject, time, output)``. Curves are large: `Trajectories`
holds them, `Measures` keeps what a summary over subjects needs of them, some numbers a subject.
Both are summed up by the same code, so curves that are let go change no digit.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import ReuptakeError, nearest
from reuptake.noncompartmental.areas import area
from reuptake.noncompartmental.exposure import exposure

__all__ = [
    "CANCELLED", "ENDLESS_EVENTS", "NOT_FINITE", "NO_STEADY_STATE", "RESOLUTION", "SOLVED", "STEP_LIMIT",
    "STEP_TOO_SMALL", "Label", "Measures", "Outcome", "Trajectories", "Window", "measures",
]  # fmt: skip

Array = NDArray[np.float64]
RESOLUTION = 1e-5  # of a peak: what the solver tells from nought, with a margin of ten
EXTRAPOLATED = 0.2  # share of an AUC beyond the run that is worth a word
MEASURED = ("level", "occupancy", "activity", "clearance")  # kinds of output that summaries look at
BALANCE = ("dosed", "recovered", "urine_unchanged_fraction")
ROWS_TOGETHER = 50_000  # rows of a table made at once: a table needs little memory beside its curves


@dataclass(frozen=True)
class Outcome:
    """How the integration of one subject ended, and what to do about it."""

    name: str
    remedy: str = ""

    @property
    def solved(self) -> bool:
        """Whether the subject's curves can be used."""
        return self.name == "solved"


SOLVED = Outcome("solved")
STEP_LIMIT = Outcome("step limit", "shorten the time simulated")
STEP_TOO_SMALL = Outcome("step too small", "look for a value far outside its range")
CANCELLED = Outcome("cancelled", "run it again")
ENDLESS_EVENTS = Outcome("endless events", "look for triggers that set one another off without end")
NOT_FINITE = Outcome("not finite", "look for a value that is set far outside its range")
NO_STEADY_STATE = Outcome(
    "no steady state", "give the doses one by one; more may go in than can leave, or it settles too slowly"
)


@dataclass(frozen=True)
class Label:
    """Name, unit and kind (``level``, ``occupancy``, ``share``, ``amount``) of one output."""

    name: str
    unit: str
    kind: str


@dataclass(frozen=True)
class Window:
    """Part of the time axis that summaries are taken over, h; `repeated` for a course of doses."""

    start: float
    end: float
    repeated: bool


@dataclass(frozen=True)
class Trajectories:
    """Curves of many subjects, with all that is needed to read them.

    Attributes
    ----------
    subjects : array (subject,), int
        Subject numbers; number 0 alone is the reference individual.
    times : array (time,), h
    labels : tuple of Label (output,)
    values : array (subject, time, output)
        In the unit of each label; NaN throughout for a subject that was not solved.
    outcomes : tuple of Outcome (subject,)
    compound : str
        What was asked about: the compound whose course the window and the balance describe.
    dosed : mapping of compound to array (subject,), nmol
        What was given by the end, of every compound that was.
    window : Window
    provenance : mapping
        What was asked for, with which parameters, from which sources, by which version.
    """

    subjects: NDArray[np.int64] = field(repr=False)
    times: Array = field(repr=False)
    labels: tuple[Label, ...] = field(repr=False)
    values: Array = field(repr=False)
    outcomes: tuple[Outcome, ...] = field(repr=False)
    compound: str
    dosed: Mapping[str, Array] = field(repr=False)
    window: Window
    provenance: Mapping[str, Any] = field(repr=False)

    def curve(self, name: str) -> Array:
        """One output of all subjects, (subject, time)."""
        names = [label.name for label in self.labels]
        if name not in names:
            raise ReuptakeError(f"no output '{name}'; " + nearest(name, names))
        return self.values[:, :, names.index(name)]

    def named(self, kind: str) -> list[Label]:
        """Labels of one kind, in order."""
        return [label for label in self.labels if label.kind == kind]

    @property
    def solved(self) -> NDArray[np.bool_]:
        """Which subjects can be used, (subject,)."""
        return np.array([outcome.solved for outcome in self.outcomes])

    def part(self, chosen: slice) -> Trajectories:
        """Some of the subjects."""
        dosed = {name: given[chosen] for name, given in self.dosed.items()}
        return replace(
            self, subjects=self.subjects[chosen], values=self.values[chosen], outcomes=self.outcomes[chosen],
            dosed=dosed,
        )  # fmt: skip

    @staticmethod
    def joined(parts: Iterable[Trajectories], size: int) -> Trajectories:
        """Parts of one run put together; each is let go before the next is asked for.

        Parameters
        ----------
        parts : iterable of Trajectories
            At least one, in order.
        size : int
            Subjects in all.
        """
        first, at = None, 0
        outcomes: list[Outcome] = []
        for part in parts:
            if first is None:
                if len(part.subjects) == size:
                    return part
                subjects = np.empty(size, dtype=np.int64)
                values = np.empty((size, *part.values.shape[1:]))
                dosed = {name: np.empty(size) for name in part.dosed}
                first = replace(part, values=values)  # which lets go of the part's own
            here = slice(at, at + len(part.subjects))
            subjects[here], values[here] = part.subjects, part.values
            for name, given in part.dosed.items():
                dosed[name][here] = given
            outcomes += part.outcomes
            at = here.stop
        if first is None or at != size:
            raise ValueError(f"{size} subjects are to be joined (got {at})")
        return replace(first, subjects=subjects, values=values, outcomes=tuple(outcomes), dosed=dosed)

    def summary(self) -> dict[str, Any]:
        """Exposure, occupancy and mass balance over the subjects that were solved, as `Measures.summary` gives it."""
        return measures(self).summary()

    def to_parquet(self, path: str | Path) -> None:
        """Write the curves as a table: subject, time_h, outcome, and one column an output."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        units = {"time_h": "h"} | {label.name: label.unit for label in self.labels}
        names = [label.name for label in self.labels]
        schema = _schema(self._table(slice(0, 0)).schema, units)
        together = max(1, ROWS_TOGETHER // len(self.times))
        # Floats split by the place of their bytes pack better than whole ones; dictionaries of them only cost time.
        with pq.ParquetWriter(
            path, schema, compression="lz4",
            use_dictionary=["subject", "time_h", "outcome"], use_byte_stream_split=names,  # type: ignore[arg-type]
        ) as writer:  # fmt: skip
            for begin in range(0, len(self.subjects), together):
                columns = self._table(slice(begin, begin + together))
                writer.write_table(pa.Table.from_arrays(columns.columns, schema=schema))

    def _table(self, chosen: slice) -> Any:
        import pyarrow as pa

        subjects, n_times = self.subjects[chosen], len(self.times)
        kinds = list(dict.fromkeys(outcome.name for outcome in self.outcomes))
        ends = np.array([kinds.index(outcome.name) for outcome in self.outcomes[chosen]], dtype=np.int32)
        columns: dict[str, Any] = {
            "subject": np.repeat(subjects, n_times),
            "time_h": np.tile(self.times, len(subjects)),
            "outcome": pa.DictionaryArray.from_arrays(np.repeat(ends, n_times), pa.array(kinds, pa.string())),
        }
        turned = _by_output(self.values[chosen], range(len(self.labels)))
        columns |= {label.name: turned[i].ravel() for i, label in enumerate(self.labels)}
        return pa.table(columns)


@dataclass(frozen=True)
class Measures:
    """What the curves of every subject come to: all that a summary over subjects needs.

    Attributes
    ----------
    subjects : array (subject,), int
    outcomes : tuple of Outcome (subject,)
    columns : mapping of name to array (subject,)
        ``plasma.imipramine.cmax``, ``occupancy.SERT.mean``, ``balance.recovered`` and so on; NaN where it cannot
        be estimated and for a subject that was not solved.
    units : mapping of column name to unit
    repeated : bool
        Whether levels and occupancy are those of one interval of a course of doses.
    provenance : mapping
        As in `Trajectories`.
    """

    subjects: NDArray[np.int64] = field(repr=False)
    outcomes: tuple[Outcome, ...] = field(repr=False)
    columns: Mapping[str, Array] = field(repr=False)
    units: Mapping[str, str] = field(repr=False)
    repeated: bool
    provenance: Mapping[str, Any] = field(repr=False)

    @property
    def solved(self) -> NDArray[np.bool_]:
        """Which subjects can be used, (subject,)."""
        return np.array([outcome.solved for outcome in self.outcomes], dtype=bool)

    @property
    def counts(self) -> dict[str, int]:
        """How many subjects ended in each way."""
        return dict(Counter(outcome.name for outcome in self.outcomes))

    @staticmethod
    def joined(parts: Iterable[Measures], size: int) -> Measures:
        """Parts of one run put together, as in `Trajectories.joined`."""
        first, at = None, 0
        outcomes: list[Outcome] = []
        for part in parts:
            if first is None:
                first = part
                subjects = np.empty(size, dtype=np.int64)
                columns = {name: np.empty(size) for name in part.columns}
            here = slice(at, at + len(part.subjects))
            subjects[here] = part.subjects
            for name, column in part.columns.items():
                columns[name][here] = column
            outcomes += part.outcomes
            at = here.stop
        if first is None or at != size:
            raise ValueError(f"{size} subjects are to be joined (got {at})")
        return replace(first, subjects=subjects, outcomes=tuple(outcomes), columns=columns)

    def summary(self) -> dict[str, Any]:
        """Exposure, occupancy, activity of enzymes and mass balance over the subjects that were solved.

        Levels over the whole run for a single dose, over the last interval for repeated
        ones. Every quantity is ``{median, p05, p95, unit}``; what cannot be computed is
        None, with the reason under ``notes``.
        """
        good = self.solved
        notes = [
            f"{int((~good).sum())} of {len(good)} subjects were not solved and are left out: "
            + "; ".join(sorted({f"{o.name} ({o.remedy})" for o in self.outcomes if not o.solved}))
        ] * bool((~good).any())
        levels = self._measured("plasma", "cmax")
        if self.repeated and levels:
            notes.append("half-life and AUC to infinity are given for single doses only")
        notes += [
            f"{analyte}: no terminal phase in this run: half-life and AUC to infinity need a longer one (--for)"
            for analyte, name in levels.items()
            if not self.repeated and np.isnan(self.columns[f"{name}.half_life"][good]).any()
        ]
        notes += [
            f"{analyte}: more than {EXTRAPOLATED:.0%} of the AUC to infinity lies beyond this run in {far} of "
            f"{int(good.sum())} subjects; a longer one (--for) tells it better"
            for analyte, name in levels.items()
            if not self.repeated and (far := self._far(name))
        ]
        return {
            "subjects": len(self.subjects),
            "analytes": {analyte: self._level(name) for analyte, name in levels.items()},
            "occupancy": {
                target: {end: self._spread(f"{name}.{end}") for end in ("max", "mean", "min")}
                for target, name in self._measured("occupancy", "max").items()
            },
            "activity": {
                enzyme: {end: self._spread(f"{name}.{end}") for end in ("max", "mean", "min")}
                for enzyme, name in self._measured("activity", "max").items()
            },
            "pathways": self._pathways(),
            "mass_balance": {name: self._median(f"balance.{name}") for name in BALANCE},
            "notes": notes,
        }

    def _far(self, name: str) -> int:
        """Subjects in whom much of the AUC to infinity is extrapolated."""
        told, whole = self.columns[f"{name}.auc_last"], self.columns[f"{name}.auc_inf"]
        return int(np.sum(told < (1.0 - EXTRAPOLATED) * whole))

    def _measured(self, group: str, measure: str) -> dict[str, str]:
        """Outputs of a group that have this measure, in order: {name as summaries say it: name of the output}."""
        names = [name.removesuffix(f".{measure}") for name in self.columns if name.endswith(f".{measure}")]
        return {name.removeprefix(f"{group}."): name for name in names if name.startswith(f"{group}.")}

    def _pathways(self) -> dict[str, dict[str, float]]:
        """Share of each enzyme in the liver's intrinsic clearance of each drug, over time and subjects."""
        found: dict[str, dict[str, float]] = {}
        for name in self._measured("intrinsic", "mean"):
            compound, _, enzyme = name.rpartition(".")
            found.setdefault(compound, {})[enzyme] = self._median(f"intrinsic.{name}.mean") or 0.0
        return {
            compound: {enzyme: value / sum(own.values()) for enzyme, value in own.items()}
            for compound, own in found.items()
            if sum(own.values()) > 0.0
        }

    def _level(self, name: str) -> dict[str, Any]:
        lacking = ("auc_inf", "half_life") if self.repeated else ("auc_tau",)
        # The area over the window of a course of doses is that over its last interval.
        return {
            measure: None
            if measure in lacking
            else self._spread(f"{name}.{'auc_last' if measure == 'auc_tau' else measure}")
            for measure in ("cmax", "tmax", "auc_last", "auc_inf", "auc_tau", "cavg", "cmin", "half_life")
        }

    def _spread(self, name: str) -> dict[str, Any] | None:
        """``{median, p05, p95, unit}`` of a quantity over subjects; None where it is estimable in none."""
        usable = self.columns[name][np.isfinite(self.columns[name])]
        if not len(usable):
            return None
        low, middle, high = (float(q) for q in np.percentile(usable, [5, 50, 95]))
        unit = self.units[name]
        return {"median": middle, "p05": low, "p95": high} | ({"unit": unit} if unit else {})

    def _median(self, name: str) -> float | None:
        good = self.solved
        return float(np.median(self.columns[name][good])) if good.any() else None

    def to_parquet(self, path: str | Path) -> None:
        """Write the measures as a table: subject, outcome, remedy, and one column a measure."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns: dict[str, Any] = {
            "subject": self.subjects,
            "outcome": pa.array([o.name for o in self.outcomes], pa.string()).dictionary_encode(),
            "remedy": pa.array([o.remedy for o in self.outcomes], pa.string()).dictionary_encode(),
        }
        table = pa.table(columns | dict(self.columns))
        schema = _schema(table.schema, self.units).with_metadata({"repeated": str(self.repeated).lower()})
        pq.write_table(pa.Table.from_arrays(table.columns, schema=schema), path)

    @staticmethod
    def from_parquet(path: str | Path, provenance: Mapping[str, Any]) -> Measures:
        """Measures as they were written, of the run that this provenance tells of."""
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        ends = zip(map(str, table["outcome"].to_pylist()), map(str, table["remedy"].to_pylist()), strict=True)
        known: dict[tuple[str, str], Outcome] = {}  # one object for all who ended alike
        names = table.column_names[3:]
        units = {name: table.schema.field(name).metadata or {} for name in names}
        return Measures(
            table["subject"].to_numpy(),
            tuple(known.setdefault(end, Outcome(*end)) for end in ends),
            {name: table[name].to_numpy() for name in names},
            {name: entry[b"unit"].decode() for name, entry in units.items()},
            (table.schema.metadata or {})[b"repeated"] == b"true",
            provenance,
        )


def measures(course: Trajectories) -> Measures:
    """What the curves of every subject come to, each subject by itself."""
    good, window = course.solved, course.window
    inside = np.flatnonzero((course.times >= window.start - 1e-9) & (course.times <= window.end + 1e-9))
    times = course.times[inside] - window.start
    wanted = [(i, label) for i, label in enumerate(course.labels) if label.kind in MEASURED]
    within = course.values[:, inside[0] : inside[-1] + 1]
    turned = _by_output(within if good.all() else within[good], [i for i, _ in wanted])
    found: dict[str, tuple[Array, str]] = {}
    for (_, label), curve in zip(wanted, turned, strict=True):
        if label.kind == "level":
            found |= _exposed(label, times, np.maximum(curve, 0.0), window)
        else:
            mean = area(times, curve) / (times[-1] - times[0])
            for end, column in (("max", curve.max(axis=1)), ("mean", mean), ("min", curve.min(axis=1))):
                found[f"{label.name}.{end}"] = column, label.unit
    unchanged = course.curve(f"balance.urine_unchanged.{course.compound}")[good][:, -1]
    dosed: Array = np.sum(list(course.dosed.values()), axis=0)
    balance = (dosed[good], "nmol"), (course.curve("balance.recovered")[good][:, -1], "nmol"), (
        unchanged / course.dosed[course.compound][good], ""
    )  # fmt: skip
    found |= {f"balance.{name}": entry for name, entry in zip(BALANCE, balance, strict=True)}
    columns = {name: np.full(len(good), np.nan) for name in found}
    for name, (column, _) in found.items():
        columns[name][good] = column
    units = {name: unit for name, (_, unit) in found.items()}
    return Measures(course.subjects, course.outcomes, columns, units, window.repeated, course.provenance)


def _exposed(label: Label, times: Array, curve: Array, window: Window) -> dict[str, tuple[Array, str]]:
    """Exposure to one analyte by column name, arrays (solved subject,) with their units."""
    read, areas = exposure(times, curve, RESOLUTION, terminal=not window.repeated), label.unit.replace("/", "·h/", 1)
    found = {
        "cmax": (read.cmax, label.unit), "tmax": (read.tmax, "h"), "auc_last": (read.auc_last, areas),
        "cavg": (read.auc_last / (times[-1] - times[0]), label.unit), "cmin": (read.cmin, label.unit),
    }  # fmt: skip
    if not window.repeated:
        found |= {"auc_inf": (read.auc_inf, areas), "half_life": (read.half_life, "h")}
    return {f"{label.name}.{measure}": entry for measure, entry in found.items()}


def _by_output(values: Array, wanted: Sequence[int]) -> Array:
    """Curves (subject, time, output) as (output, subject, time), of some outputs.

    Subject by subject, since the curves of one fit a processor's cache.
    """
    turned = np.empty((len(wanted), *values.shape[:2]))
    for subject, curves in enumerate(values):
        for place, output in enumerate(wanted):
            turned[place, subject] = curves[:, output]
    return turned


def _schema(schema: Any, units: Mapping[str, str]) -> Any:
    import pyarrow as pa

    return pa.schema([f.with_metadata({"unit": units[f.name]}) if f.name in units else f for f in schema])
