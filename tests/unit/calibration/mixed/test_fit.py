"""From a file with `between` to a population: what the words mean, what is refused, what becomes a record."""

import math
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import TypeAdapter

from contracts.cohort import NAMES, TIMES, Cohort, write_study
from reuptake.calibration.fit import fit
from reuptake.calibration.measured import Levels
from reuptake.calibration.mixed.fit import fit_population
from reuptake.calibration.records import population_records_text
from reuptake.errors import InputError
from reuptake.evidence.records import Record

CLEARANCE, PARTITION = NAMES
SOURCED = f"""records:
  - {{name: {CLEARANCE}, source: author2004, because: levels of eight people}}
  - {{name: {PARTITION}, source: author2004, because: levels of eight people}}"""


@pytest.fixture(scope="module")
def cohort():
    return Cohort(8)


@pytest.fixture(scope="module")
def correlated(cohort, tmp_path_factory):
    """Eight people, Laplace, a full Ω."""
    more = f"between_correlated: true\nmethod: laplace\n{SOURCED}"
    return fit_population(write_study(tmp_path_factory.mktemp("full"), cohort.replicate(5), more=more), threads=1)


@pytest.fixture
def refusal(cohort, tmp_path):
    def refused(*changes, asked=fit_population, more=""):
        file = write_study(tmp_path, cohort.replicate(5), more=more)
        text = file.read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        file.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            asked(file, threads=1)
        return [re.sub(r"/\S*/", "", problem.render()) for problem in caught.value.problems]

    return refused


def test_a_full_omega_has_correlations_with_intervals(correlated):
    assert correlated.method == "Laplace"
    assert correlated.estimate.outcome == "converged"
    assert [value.kind for value in correlated.values] == ["typical"] * 2 + ["between"] * 2 + [
        "correlation",
        "residual",
    ]
    (together,) = correlated.of("correlation")
    assert together.name == f"{PARTITION} {CLEARANCE}"
    assert -1.0 < together.low < together.number < together.high < 1.0


def test_a_coefficient_of_variation_is_that_of_its_omega(correlated):
    for value in correlated.of("between"):
        omega = correlated.estimate[f"omega {value.name}"]
        assert value.number == pytest.approx(math.sqrt(math.exp(omega.number**2) - 1.0), rel=1e-12)
        # Of the delta method: as far as the numbers read at neighbouring ω.
        up, down = (math.sqrt(math.expm1((omega.number + step) ** 2)) for step in (1e-5, -1e-5))
        assert value.error == pytest.approx(omega.error * (up - down) / 2e-5, rel=1e-6)
        assert value.low < value.number < value.high


def test_levels_stand_beside_both_predictions(correlated, cohort):
    assert len(correlated.levels) == 8 * len(TIMES)
    first = correlated.levels[: len(TIMES)]
    assert [level.time for level in first] == TIMES.tolist()
    assert [level.subject for level in correlated.levels[:: len(TIMES)]] == [person.name for person in cohort.people]
    (sigma,) = correlated.of("residual")
    for level in first:
        assert level.residual == pytest.approx(math.log(level.observed / level.individual) / sigma.number, rel=1e-9)


def test_records_tell_typical_values_and_how_people_differ(correlated):
    written = yaml.safe_load(population_records_text(correlated))
    records = {one.name: one for one in TypeAdapter(list[Record]).validate_python(written)}
    assert set(records) == {
        CLEARANCE, f"{CLEARANCE}.between_subject_cv", PARTITION, "desipramine.kp_scale.between_subject_cv.human",
    }  # fmt: skip
    (clearance, _) = correlated.of("typical")
    assert records[CLEARANCE].number == pytest.approx(clearance.number, rel=1e-3)
    assert records[CLEARANCE].spread.cv == pytest.approx(clearance.relative_error, rel=0.05)
    assert {record.source for record in records.values()} == {"author2004"}


def test_two_analytes_are_one_subject_with_one_error(cohort, tmp_path):
    both = [
        replace(person, levels=(*person.levels, Levels("plasma.2-hydroxydesipramine", TIMES[1:3], np.ones(2))))
        for person in cohort.replicate(5)
    ]
    rows = [
        f"{person.name},{time:g},{level:.8g},{one.output.removeprefix('plasma.')}"
        for person in both for one in person.levels for time, level in zip(one.times, one.values, strict=True)
    ]  # fmt: skip
    file = write_study(tmp_path, both, between=(CLEARANCE,))
    (tmp_path / "levels.csv").write_text(
        "\n".join(["id,time (h),conc (ng/mL),analyte", *rows]) + "\n", encoding="utf-8"
    )
    found = fit_population(file, threads=1)
    assert len(found.estimate.subjects) == 8
    assert len(found.levels) == 8 * 8
    assert any("one residual error" in note for note in found.notes)
    text = file.read_text(encoding="utf-8").replace("{log: 0.3}", "{constant: 0.3}")
    file.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match="one constant error"):
        fit_population(file, threads=1)


def test_everything_that_a_population_cannot_be_is_said_at_once(refusal):
    told = refusal(
        (f"{{name: {PARTITION}, start: 5}}", f"{{name: {PARTITION}, start: 5, scale: linear}}"),
        (f"between: {{{CLEARANCE}: 0.5", "between: {desipramine.cyp2d6.clit: {cv: 0.5}"),
        ("data:", "weighing: {speaks: 3}\ndata:\n  studies: calibration"),
    )
    assert len(told) == 5
    for said in (
        "a bound is beyond what can be",
        "cohort.yaml:9:12: studies tell of groups, not of people", "'speaks' has no place beside 'between'",
        "'desipramine.kp_scale.human' is on the linear scale", "no quantity 'desipramine.cyp2d6.clit' is moved",
    ):  # fmt: skip
        assert any(said in one for one in told), (said, told)
    assert any(f"did you mean '{CLEARANCE}'" in one for one in told)


def test_words_of_a_population_go_with_between(refusal, cohort, tmp_path):
    (told,) = refusal((f"between: {{{CLEARANCE}: 0.5, {PARTITION}: 0.5}}", "method: laplace"))
    assert "go with 'between'" in told
    (told,) = refusal((f", {PARTITION}: 0.5}}", "}"), more="between_correlated: true")
    assert "a correlation needs two quantities" in told
    (told,) = refusal((f"{CLEARANCE}: 0.5", f"{CLEARANCE}: -0.5"))
    assert f"'{CLEARANCE}': input should be greater than 0 (got -0.5)" in told
    (told,) = refusal((f"between: {{{CLEARANCE}: 0.5, {PARTITION}: 0.5}}\n", ""))
    assert "does not say in what people differ" in told
    (told,) = refusal(asked=fit)
    assert "this file is of a population" in told
    assert "fit_population" in told


def test_a_name_in_two_tables_and_two_kinds_of_error_are_refused(refusal):
    again = ", route: po, error: {log: 0.3}}"
    second = f"{again}\n    - {{file: levels.csv, compound: desipramine, dose: 50 mg, route: po"
    told = refusal((again, f"{second}, error: {{log: 0.2}}}}"))
    assert len(told) == 8
    assert "subject 'S1' is in levels.csv too: one person, or two?" in told[0]
    (told,) = refusal((again, f"{second}, error: {{share: 0.2}}}}"))
    assert "one residual error is estimated for all tables" in told


def test_a_level_below_the_limit_is_refused(cohort, tmp_path):
    file, levels = write_study(tmp_path, cohort.replicate(5)), tmp_path / "levels.csv"
    lines = levels.read_text(encoding="utf-8").splitlines()
    lines[-1] = lines[-1].rpartition(",")[0] + ",<0.1"
    levels.write_text("\n".join(lines) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="no levels below a limit") as caught:
        fit_population(file, threads=1)
    assert [problem.where for problem in caught.value.problems] == ["subject S8"]


def test_the_example_of_the_page_works(tmp_path):
    page = (Path(__file__).resolve().parents[4] / "docs/reference/population-estimates.md").read_text(encoding="utf-8")
    for name, kind in (("levels.csv", "csv"), ("cohort.yaml", "yaml")):
        text = re.search(rf"^```{kind}\n(.*?)^```", page, re.DOTALL | re.MULTILINE)[1]
        (tmp_path / name).write_text(text, encoding="utf-8")
    found = fit_population(tmp_path / "cohort.yaml", threads=1)
    assert found.estimate.outcome == "converged"
    assert [value.name for value in found.of("between")] == [CLEARANCE]
