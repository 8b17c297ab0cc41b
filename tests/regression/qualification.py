"""How far each published number is missed: rewritten by ``make regress``, together with the page that tells it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from reuptake.evidence.base import packaged
from reuptake.qualification.validation import validate
from reuptake.reports.answers.validation import ComparedAnswer, ValidateAnswer, validate_answer
from reuptake.reports.qualification import files

FROZEN = Path(__file__).with_suffix(".json")
PAGES = Path(__file__).resolve().parents[2] / "docs" / "science"


def answered() -> ValidateAnswer:
    return validate_answer(validate(packaged()))


def name(row: ComparedAnswer) -> str:
    """A row in words; two rows of one arm and quantity differ at least in what was observed."""
    other = "".join(f" over {to}" for to in (row.relative_to_analyte, row.relative_to) if to)
    return (
        f"{row.role} {row.study} {row.arm}: {row.quantity} of {row.analyte}{other}, {row.observed:g} {row.unit}".strip()
    )


def numbers(answer: ValidateAnswer) -> dict[str, Any]:
    """Everything that may not move in silence, to ten digits."""
    told = [role for role, gmfe in answer.gmfe.items() if gmfe is not None]
    return {
        "gmfe": {role: _rounded(answer.gmfe[role]) for role in told},
        "within": {role: {band: _rounded(share) for band, share in answer.within[role].items()} for role in told},
        "ratios": {name(row): _rounded(row.ratio) for row in (*answer.rows, *answer.animals)},
    }


def _rounded(number: float | None) -> float:
    return float(f"{number:.10g}")


if __name__ == "__main__":
    answer = answered()
    FROZEN.write_text(json.dumps(numbers(answer), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGES.mkdir(parents=True, exist_ok=True)
    for file, text in files(answer, packaged()).items():
        (PAGES / file).write_text(text, encoding="utf-8")
