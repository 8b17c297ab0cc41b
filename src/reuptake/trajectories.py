"""What a simulation gives back: labelled curves, one outcome a subject, summaries.

Arrays are always in the order ``(subject, time, output)``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reuptake.errors import ReuptakeError, nearest
from reuptake.noncompartmental import area, exposure

__all__ = [
    "CANCELLED", "ENDLESS_EVENTS", "NOT_FINITE", "RESOLUTION", "SOLVED", "STEP_LIMIT", "STEP_TOO_SMALL", "Label",
    "Outcome", "Trajectories", "Window",
]  # fmt: skip

Array = NDArray[np.float64]
RESOLUTION = 1e-5  # of a peak: what the solver tells from nought, with a margin of ten


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

    def summary(self) -> dict[str, Any]:
        """Exposure, occupancy and mass balance over the subjects that were solved.

        Levels over the whole run for a single dose, over the last interval for repeated
        ones. Every quantity is ``{median, p05, p95, unit}``; what cannot be computed is
        None, with the reason under ``notes``.
        """
        good = self.solved
        notes = [
            f"{int((~good).sum())} of {len(good)} subjects were not solved and are left out: "
            + "; ".join(sorted({f"{o.name} ({o.remedy})" for o in self.outcomes if not o.solved}))
        ] * bool((~good).any())
        inside = (self.times >= self.window.start - 1e-9) & (self.times <= self.window.end + 1e-9)
        times = self.times[inside] - self.window.start
        analytes, occupancy = {}, {}
        for label in self.named("level"):
            analytes[label.name.removeprefix("plasma.")] = self._level(label, times, good, inside, notes)
        for label in self.named("occupancy"):
            curve = self.curve(label.name)[good][:, inside]
            mean = area(times, curve) / (times[-1] - times[0])
            occupancy[label.name.removeprefix("occupancy.")] = {
                "max": spread(curve.max(axis=1)), "mean": spread(mean), "min": spread(curve.min(axis=1)),
            }  # fmt: skip
        return {
            "subjects": len(self.subjects),
            "analytes": analytes,
            "occupancy": occupancy,
            "mass_balance": self._balance(good),
            "notes": list(dict.fromkeys(notes)),
        }

    def _level(
        self, label: Label, times: Array, good: NDArray[np.bool_], inside: NDArray[np.bool_], notes: list[str]
    ) -> dict[str, Any]:
        curve = np.maximum(self.curve(label.name)[good][:, inside], 0.0)
        measures, width = exposure(times, curve, RESOLUTION), times[-1] - times[0]
        single = not self.window.repeated
        analyte = label.name.removeprefix("plasma.")
        if single and np.isnan(measures.lambda_z).any():
            notes.append(
                f"{analyte}: no terminal phase in this run: half-life and AUC to infinity need a longer one (--for)"
            )
        if not single:
            notes.append("half-life and AUC to infinity are given for single doses only")
        return {
            "cmax": spread(measures.cmax, label.unit),
            "tmax": spread(measures.tmax, "h"),
            "auc_last": spread(measures.auc_last, f"{label.unit.replace('/', '·h/', 1)}"),
            "auc_inf": spread(measures.auc_inf, f"{label.unit.replace('/', '·h/', 1)}") if single else None,
            "auc_tau": None if single else spread(measures.auc_last, f"{label.unit.replace('/', '·h/', 1)}"),
            "cavg": spread(measures.auc_last / width, label.unit),
            "cmin": spread(measures.cmin, label.unit),
            "half_life": spread(measures.half_life, "h") if single else None,
        }

    def _balance(self, good: NDArray[np.bool_]) -> dict[str, Any]:
        if not good.any():
            return {"dosed": None, "recovered": None, "urine_unchanged_fraction": None}
        recovered = self.curve("balance.recovered")[good][:, -1]
        unchanged = self.curve(f"balance.urine_unchanged.{self.compound}")[good][:, -1]
        return {
            "dosed": float(np.median(np.sum(list(self.dosed.values()), axis=0)[good])),
            "recovered": float(np.median(recovered)),
            "urine_unchanged_fraction": float(np.median(unchanged / self.dosed[self.compound][good])),
        }

    def to_parquet(self, path: str | Path) -> None:
        """Write the curves as a table: subject, time_h, outcome, and one column an output."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        n_subjects, n_times = len(self.subjects), len(self.times)
        columns: dict[str, Any] = {
            "subject": np.repeat(self.subjects, n_times),
            "time_h": np.tile(self.times, n_subjects),
            "outcome": pa.array([o.name for o in self.outcomes for _ in range(n_times)]).dictionary_encode(),
        }
        columns |= {label.name: self.values[:, :, i].ravel() for i, label in enumerate(self.labels)}
        table = pa.table(columns)
        units = {"time_h": "h"} | {label.name: label.unit for label in self.labels}
        fields = [f.with_metadata({"unit": units[f.name]}) if f.name in units else f for f in table.schema]
        pq.write_table(table.cast(pa.schema(fields)), path)


def spread(values: Array, unit: str | None = None) -> dict[str, Any] | None:
    """``{median, p05, p95, unit}`` of a quantity over subjects; None where it is estimable in none."""
    usable = values[np.isfinite(values)]
    if not len(usable):
        return None
    low, middle, high = (float(q) for q in np.percentile(usable, [5, 50, 95]))
    return {"median": middle, "p05": low, "p95": high} | ({"unit": unit} if unit is not None else {})
