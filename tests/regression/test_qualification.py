"""Did a prediction of a published number move without a changelog entry?"""

import csv
import importlib.util
import json
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("qualification", Path(__file__).with_name("qualification.py"))
qualification = importlib.util.module_from_spec(spec)
spec.loader.exec_module(qualification)

# Steps are to 1e-6; what is read off a curve (a slope, a peak) loses two digits at most. Machines round far below.
TOLERANCE = 1e-4
MEND = "make regress, and say in CHANGELOG.md why"


@pytest.fixture(scope="module")
def frozen():
    return json.loads(qualification.FROZEN.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def answer():
    return qualification.answered()


def moved(expected, found):
    """A line for every row that moved, came or went."""
    lines = [f"gone   {row}" for row in expected if row not in found]
    lines += [f"new    {row} ×{found[row]:.3f}" for row in found if row not in expected]
    return lines + [
        f"moved  {row}: ×{expected[row]:.4f} to ×{found[row]:.4f}"
        for row in expected if row in found and found[row] != pytest.approx(expected[row], rel=TOLERANCE)
    ]  # fmt: skip


def test_no_row_moved(frozen, answer):
    lines = moved(frozen["ratios"], qualification.numbers(answer)["ratios"])
    assert not lines, "\n".join([f"{len(lines)} rows ({MEND}):", *lines])


def test_rows_have_names_of_their_own(answer):
    assert len({qualification.name(row) for row in answer.rows}) == len(answer.rows)


def test_folds_are_as_they_were_told(frozen, answer):
    found = qualification.numbers(answer)
    assert found["gmfe"] == pytest.approx(frozen["gmfe"], rel=TOLERANCE), MEND
    for role, shares in frozen["within"].items():
        assert found["within"][role] == pytest.approx(shares, rel=TOLERANCE), f"{role}: {MEND}"


def test_the_table_beside_the_page_tells_the_same(answer):
    with (qualification.PAGES / "qualification-results.csv").open(encoding="utf-8") as file:
        told = [row for row in csv.DictReader(file) if row["counted"] == "yes"]
    assert [float(row["ratio"]) for row in told] == pytest.approx(
        [row.ratio for row in (*answer.rows, *answer.animals)], rel=TOLERANCE
    ), MEND
