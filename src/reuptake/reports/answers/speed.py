"""The answer of ``bench``."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

from reuptake.qualification.bench import Bench
from reuptake.qualification.course import ACCURACY, DOSE, INTERVAL
from reuptake.qualification.speed import OURS, REFERENCE, Measurement
from reuptake.reports.answers.shapes import Answer

__all__ = ["BenchAnswer", "SettingAnswer", "bench_answer"]


class SettingAnswer(Answer):
    """One tool at one setting; the error is null where it gave nothing. `ratio` is its time over ours at our best."""

    tool: str
    setting: str
    variant: str
    relative: float
    absolute: float
    ms_per_subject: float
    error: float | None
    ratio: float | None


class BenchAnswer(Answer):
    """Speed against peers at equal accuracy; times in ms a subject unless a key says seconds.

    `rows` holds the settings that meet the accuracy, `work_precision` all that were tried,
    `ratio` a peer's time over ours, each at its fastest.
    """

    rows: list[SettingAnswer]
    ratio: dict[str, float]
    work_precision: list[SettingAnswer]
    problem: dict[str, Any]
    reference: dict[str, Any]
    scaling: dict[str, list[dict[str, Any]]]
    cold_start: list[dict[str, Any]]
    rate: dict[str, Any] | None
    machine: dict[str, Any]
    versions: dict[str, str]
    seconds: float
    notes: list[str]


def bench_answer(found: Bench) -> BenchAnswer:
    """The answer of ``reuptake bench``."""
    comparison, course = found.comparison, found.course
    ours = min((row.ms_per_subject for row in comparison.best if row.tool == OURS), default=None)
    reference = comparison.reference
    return BenchAnswer(
        rows=[_setting_answer(row, ours) for row in comparison.rows()],
        ratio=comparison.ratios,
        work_precision=[_setting_answer(row, ours) for row in comparison.sweep],
        problem={
            "model": course.system.name, "states": len(course.system.states), "outputs": len(course.system.outputs),
            "dose": DOSE, "every": INTERVAL, "for": found.extent.duration,
            "doses": len(course.doses), "times": len(course.grid),
            "accuracy": ACCURACY, "subjects": found.many, "subjects_of_peers": found.extent.plan.few,
            "seed": course.seed, "backend": course.backend,
        },
        reference={
            "relative": REFERENCE, "confirmed_by": reference.confirmed_by,
            "agreement": reference.agreement if math.isfinite(reference.agreement) else None,
        },
        scaling={
            "subjects": [asdict(point) for point in found.sizes],
            "threads": [asdict(point) for point in found.threads],
            "states": [asdict(point) for point in found.states],
        },
        cold_start=[asdict(start) for start in found.starts],
        rate=asdict(found.rate) if found.rate else None,
        machine=asdict(found.machine),
        versions=found.versions,
        seconds=round(found.seconds, 1),
        notes=list(found.notes),
    )  # fmt: skip


def _setting_answer(row: Measurement, ours: float | None) -> SettingAnswer:
    return SettingAnswer(
        tool=row.tool, setting=row.setting, variant=row.variant, relative=row.relative, absolute=row.absolute,
        ms_per_subject=row.ms_per_subject, error=row.error if math.isfinite(row.error) else None,
        ratio=row.ms_per_subject / ours if ours else None,
    )  # fmt: skip
