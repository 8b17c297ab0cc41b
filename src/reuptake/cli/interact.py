"""Run a drug with and without others, and show what they do to it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from reuptake.cli.evidence import known
from reuptake.cli.show import plain, progress, table
from reuptake.experiments.interaction import interact
from reuptake.reports.answers.interaction import InteractAnswer, interact_answer
from reuptake.reports.answers.shapes import Fraction
from reuptake.simulation.store import check_place, write_text

__all__ = ["show_interaction"]


def show_interaction(
    victim: str, words: dict[str, Any], compound_files: list[Path], out: Path | None, json: bool
) -> None:
    """Simulate both runs, then write, then show ratios, enzymes, levels of the perpetrators and what is assumed."""
    started = time.perf_counter()
    base = known(compound_files)
    if out is not None:
        check_place(out, "--out", directory=True)
    with progress(f"{victim} without and with", shown=not json) as told:
        study = interact(victim, evidence=base, progress=told, **words)
    answer = interact_answer(study, base, time.perf_counter() - started)
    if out is not None:
        write_text(out / "interaction.json", answer.text() + "\n", "--out")
        write_text(out / "ratios.csv", study.to_csv(), "--out")
    if json:
        plain(answer.text())
    else:
        _print(answer, victim, words)
        if out is not None:
            plain(f"written: {out}")


def _print(answer: InteractAnswer, victim: str, words: dict[str, Any]) -> None:
    several = answer.subjects > 1
    every = f" every {words['every']}" if words["every"] else ""
    table(
        f"{victim} {words['dose']}{every} with {', '.join(words['coadministered'])}: with over without"
        + (f" (median, 5–95 % of {answer.subjects} subjects)" if several else ""),
        ("plasma", "AUC", "Cmax"),
        [(name, _cell(ratio.auc, several), _cell(ratio.cmax, several)) for name, ratio in answer.ratios.items()],
        right=(1, 2),
    )
    table(
        "activity of enzymes in the liver, relative to taking nothing",
        ("enzyme", "victim alone", "with"),
        [
            (enzyme, _cell(answer.activity_alone.get(enzyme), several), _cell(left, several))
            for enzyme, left in answer.activity.items()
        ],
        right=(1, 2),
    )
    rows = [
        (compound, enzyme, f"{share:.0%}", f"{answer.pathways_with[compound][enzyme]:.0%}")
        for compound, shares in answer.pathways.items()
        for enzyme, share in shares.items()
    ]
    table("share of the liver's intrinsic clearance", ("compound", "enzyme", "alone", "with"), rows, right=(2, 3))
    for gene, left in answer.phenoconversion.items():
        effective = f"{left.effective_activity:.3g}, counted as {left.effective_phenotype}"
        plain(f"{gene}: activity {left.activity:.3g} becomes {effective}")
    for name, level in answer.perpetrators.items():
        if level.cmax and level.cavg:
            plain(f"{name}: cmax {level.cmax.median:.3g}, cavg {level.cavg.median:.3g} {level.cavg.unit}")
    for one in answer.assumed:
        plain(
            f"{one.status}: {one.name} {one.number:g} {one.unit}; from {one.low:g} to {one.high:g} the AUC ratio goes "
            f"from {one.auc_ratio_at_low:.3g} to {one.auc_ratio_at_high:.3g}"
        )
    for note in answer.notes:
        plain(f"note: {note}")


def _cell(value: Fraction | None, several: bool) -> str:
    if value is None:
        return "–"
    return f"{value.median:.2f} ({value.p05:.2f}–{value.p95:.2f})" if several else f"{value.median:.3g}"
