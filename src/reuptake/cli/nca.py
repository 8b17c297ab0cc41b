"""Analyse measured profiles and show or write what they come to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from reuptake.cli.show import plain, table
from reuptake.errors import InputError, Problem
from reuptake.exchange.analysis import UNITS, Analysis, nca
from reuptake.reports.answers.profiles import NcaAnswer, ProfileAnswer, nca_answer
from reuptake.simulation.store import check_place, write_text

__all__ = ["show_nca"]

EXPOSURE = {
    "c0": "C0", "cmax": "Cmax", "tmax": "tmax", "auc_last": "AUClast", "auc_inf": "AUC∞", "extrapolated": "extrap.",
    "auc_tau": "AUCτ", "cavg": "Cavg", "cmin": "Cmin", "fluctuation": "fluct.", "accumulation_ratio": "Rac",
}  # fmt: skip
DISPOSITION = {
    "half_life": "t½", "lambda_z_points": "points", "r2_adjusted": "R²adj", "span": "span", "mrt": "MRT", "cl": "CL",
    "cl_f": "CL/F", "vz": "Vz", "vz_f": "Vz/F", "vss": "Vss",
}  # fmt: skip
SHORT_UNITS = {"half-lives": "t½"}
MOST_ROWS, MOST_FLAGS = 30, 20


def show_nca(data: Path, words: dict[str, Any], out: Path | None, json: bool) -> None:
    """Check everything first, then analyse, write and show."""
    problems: list[Problem] = []
    found: Analysis | None = None
    try:
        if out is not None:
            check_place(out, "--out", directory=True)
    except InputError as error:
        problems += error.problems
    try:
        found = nca(data, **words)
    except InputError as error:
        problems += error.problems
    if problems or found is None:
        raise InputError(problems)
    written = [] if out is None else _write(found, out)
    if json:
        plain(nca_answer(found).text())
        return
    _print(found, data)
    for place in written:
        plain(f"written: {place}")


def _write(found: Analysis, out: Path) -> list[Path]:
    """Results as a table, profiles and terminal phases as figures."""
    from reuptake.reports.figures.profiles import profiles, terminal_phases

    places = [out / name for name in ("nca.csv", "profiles.svg", "terminal-phases.svg")]
    figures = profiles(found), terminal_phases(found)
    found.to_csv(places[0])
    for place, figure in zip(places[1:], figures, strict=True):
        write_text(place, figure, "--out")
    return places


def _print(found: Analysis, data: Path) -> None:
    answer: NcaAnswer = nca_answer(found.first(MOST_ROWS))
    keys = [key for key in ("analyte", "period", "treatment") if any(getattr(p, key) for p in answer.subjects)]
    title = f"{data.name}, {len(found)} profile(s): "
    _measures(title + "exposure", EXPOSURE, keys, answer, found)
    _measures(title + "terminal phase and disposition", DISPOSITION, keys, answer, found)
    if len(found) > MOST_ROWS:
        plain(f"the first {MOST_ROWS} of {len(found)} are shown; --out DIR writes all, --json prints all")
    flagged = [(profile, flag) for profile in answer.subjects for flag in profile.flags]
    for profile, flag in flagged[:MOST_FLAGS]:
        plain(f"{', '.join(filter(None, (profile.id, *(getattr(profile, key) for key in keys))))}: {flag}")
    if len(flagged) > MOST_FLAGS:
        plain(f"and {len(flagged) - MOST_FLAGS} more flags")
    for note in answer.notes:
        plain(f"note: {note}")


def _measures(title: str, names: dict[str, str], keys: list[str], answer: NcaAnswer, found: Analysis) -> None:
    """Some measures of every profile shown, with median and spread over all where there are several."""
    shown = [name for name in names if any(getattr(profile, name) is not None for profile in answer.subjects)]
    units = [SHORT_UNITS.get(UNITS[name], UNITS[name]) for name in shown]
    headers = ["id", *keys, *(f"{names[name]}\n{written}" for name, written in zip(shown, units, strict=True))]
    rows = [
        (*(getattr(profile, key) or "–" for key in ("id", *keys)), *(_cell(profile, name) for name in shown))
        for profile in answer.subjects
    ]
    if len(found) > 2:
        spreads = [found.spread(name) for name in shown]
        for place, label in enumerate(("median", "5 %", "95 %")):
            rows.append((label, *("" for _ in keys), *("–" if s is None else _short(s[place]) for s in spreads)))
    table(title, headers, rows, right=range(1 + len(keys), len(headers)))


def _cell(profile: ProfileAnswer, name: str) -> str:
    value = getattr(profile, name)
    return "–" if value is None else _short(float(value))


def _short(number: float) -> str:
    return f"{number:.0f}" if abs(number) >= 1000.0 else f"{number:.3g}"
