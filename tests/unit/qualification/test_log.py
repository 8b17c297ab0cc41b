"""A log of validation runs only grows, and every line names its commit."""

import csv
import io

import pytest

from reuptake.errors import InputError
from reuptake.evidence.studies import Study
from reuptake.qualification.log import COLUMNS, appended, check_log
from reuptake.qualification.questions import Question
from reuptake.qualification.validation import Compared, Excluded, Validation


@pytest.fixture
def run():
    rows = []
    for name, compound, ratio in (("a", "imipramine", 2.0), ("b", "desipramine", 1.0)):
        own = Study.model_validate(
            {"id": name, "source": "x", "role": "validation", "species": "human", "arms": [{"id": "po", "compound": compound, "dose": "1 mg"}],
             "observations": [{"arm": "po", "analyte": compound, "quantity": "cmax", "number": 1, "unit": "ng/mL"}]}
        )  # fmt: skip
        rows.append(Compared(Question(own, own.observations[0]), 1.0, ratio))
    lost = (Excluded("c", "validation", "po", "x", "cmax", "why"), Excluded("d", "validation", "", "", "mood", "why"))
    return Validation(("validation",), tuple(rows), (), (), (), lost, "0123abcd", 1.0)


def test_a_line_tells_the_outcome(run):
    (line,) = csv.DictReader(io.StringIO(appended("", run, "abcdef0", "2026-01-31")))
    assert tuple(line) == COLUMNS
    assert (line["date"], line["commit"], line["evidence"]) == ("2026-01-31", "abcdef0", "0123abcd")
    assert float(line["gmfe"]) == pytest.approx(2.0**0.5, abs=1e-4)
    assert (line["rows"], line["studies"], line["imipramine_rows"], line["imipramine_gmfe"]) == (
        "2",
        "2",
        "1",
        "2.0000",
    )
    assert (line["within_1_25"], line["within_2"], line["not_simulated"]) == ("0.5000", "1.0000", "1")


def test_the_log_only_grows(run):
    once = appended("", run, "abcdef0")
    twice = appended(once, run, "abcdef1")
    assert twice.startswith(once)
    assert len(twice.splitlines()) == 3


def test_another_file_and_another_role_are_refused(run):
    with pytest.raises(InputError, match="no log"):
        appended("a,b\n1,2\n", run, "abcdef0")
    with pytest.raises(InputError, match="role validation"):
        appended("", Validation(("calibration",), (), (), (), (), (), "", 0.0), "abcdef0")


def test_commit_and_date_are_checked():
    assert not check_log("", "abcdef0", None)
    assert not check_log("", "abcdef0", "2026-01-31")
    assert [problem.where for problem in check_log("", "HEAD", "31.1.2026")] == ["--commit", "--date"]
    assert [problem.where for problem in check_log("", None, None)] == ["--commit"]
