"""A fit file becomes parameters and formulas; what is wrong in it is told where it stands, all at once."""

import math

import numpy as np
import pytest

from reuptake.calibration.moving import translation_of
from reuptake.calibration.specification import read_specification
from reuptake.errors import InputError
from reuptake.evidence.base import packaged

DATA = "data: {studies: calibration}\n"


def read(tmp_path, text, data=DATA):
    file = tmp_path / "own.yaml"
    file.write_text("fit: own\n" + data + text, encoding="utf-8")
    return translation_of(*read_specification(file), packaged())


def problems(tmp_path, text, data=DATA):
    with pytest.raises(InputError) as caught:
        read(tmp_path, text, data)
    return [(problem.where.rsplit("own.yaml", 1)[-1], problem.message) for problem in caught.value.problems]


def test_a_quantity_of_a_records_name_is_that_record(tmp_path):
    made = read(tmp_path, "quantities:\n  - name: desipramine.cyp2d6.clint\n")
    (one,) = made.parameters
    record = packaged().record("desipramine.cyp2d6.clint")
    assert (one.start, one.unit) == (record.number, record.unit)
    assert made.settings([one.search(one.start)]).values == {record.name: pytest.approx(record.number)}
    assert made.settings([0.3]).slopes == pytest.approx(np.eye(1))


def test_the_species_may_be_left_out(tmp_path):
    made = read(tmp_path, "quantities:\n  - name: desipramine.kp_scale\n")
    assert made.names == ("desipramine.kp_scale.human",)


def test_formulas_convert_units_and_slopes_are_those_of_differences(tmp_path):
    made = read(
        tmp_path,
        """
quantities:
  - {name: imipramine.total, unit: mL/min, start: 20000}
  - {name: imipramine.part, unit: fraction, start: 0.4, scale: logit}
terms:
  liver.whole: liver.mass_fraction * body.mass
records:
  - {name: imipramine.other.clint, formula: imipramine.total * imipramine.part / liver.whole}
  - {name: imipramine.minor.clint, formula: imipramine.total * (1 - imipramine.part) ^ 2 / liver.whole}
""",
    )
    x = np.array([math.log(30000.0), 0.7])
    share = 1.0 / (1.0 + math.exp(-0.7))
    liver = packaged().record("liver.mass_fraction", "human").number * packaged().record("body.mass", "human").number
    assert made.settings(x).values == {
        "imipramine.other.clint": pytest.approx(30000.0 * 0.06 * share / liver),
        "imipramine.minor.clint": pytest.approx(30000.0 * 0.06 * (1.0 - share) ** 2 / liver),
    }
    step = 1e-6
    for j, nudge in enumerate(step * np.eye(2)):
        up, down = (np.log(list(made.settings(x + s * nudge).values.values())) for s in (1.0, -1.0))
        assert made.settings(x).slopes[:, j] == pytest.approx((up - down) / (2.0 * step), rel=1e-8)


def test_what_the_model_defines_may_be_named(tmp_path):
    text = "definitions_of: imipramine\nquantities:\n  - {name: imipramine.share, unit: fraction, start: 0.5}\n"
    text += "records:\n  - {name: imipramine.other.clint, formula: imipramine.share * liver.flow / liver.mass}\n"
    made = read(tmp_path, text)
    flow = packaged().record("heart.output", "human").number  # at most all of it goes through the liver
    assert 0.0 < made.constants["liver.flow"] < flow * 60.0


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{name: desipramine.kp_scale, low: 9, high: 2}", "impossible bounds: low 9 is not below high 2"),
        ("{name: desipramine.kp_scale, start: 50, high: 40}", "not between its bounds"),
        ("{name: desipramine.kp_scale, low: 0}", "its low bound is above 0"),
        ("{name: desipramine.kp_scale, scale: logit, high: 9}", "its bounds lie between 0 and 1"),
        ("{name: 2-hydroxyimipramine.escape_fraction, high: 1.5}", "cannot pass one"),
        ("{name: desipramine.speed}", "is no record: it needs 'unit' and 'start'"),
        ("{name: desipramine.speed, unit: L/h, start: 1}", "enters no record, so it changes nothing"),
        ("{name: desipramine.kp_scale, prior: {value: 3, sd: 1, because: guess}}", "a prior needs 'cv'"),
        ("{name: body.height.human, prior: evidence}", "needs 'unit' and 'start'"),
    ],
)
def test_what_cannot_be_moved_is_told_with_its_line(tmp_path, line, said):
    (found,) = [entry for entry in problems(tmp_path, f"quantities:\n  - {line}\n") if said in entry[1]]
    assert found[0].startswith(":4:")


def test_everything_wrong_is_told_at_once(tmp_path):
    text = """
quantities:
  - {name: desipramine.kp_scale, low: 9, high: 2}
  - {name: desipramine.total, unit: L/h, start: 5}
records:
  - {name: desipramine.other.clint, formula: desipramine.total}
  - {name: desipramine.minor.clint, formula: desipramine.totl / liver.mass_fraction}
  - {name: desipramine.cyp2d6.clint, formula: desipramine.total * (}
"""
    messages = "\n".join(f"{where} {message}" for where, message in problems(tmp_path, text))
    assert "impossible bounds" in messages
    assert "desipramine.other.clint is in L/h/kg_tissue" in messages
    assert "'desipramine.totl'" in messages
    assert "something is missing at the end" in messages


def test_a_prior_may_be_the_spread_of_the_record(tmp_path):
    table = "data: {tables: [{file: own.csv, compound: desipramine}]}\n"
    made = read(tmp_path, "quantities:\n  - {name: desipramine.cyp2d6.clint, prior: evidence}\n", table)
    record = packaged().record("desipramine.cyp2d6.clint")
    assert made.parameters[0].prior.mean == pytest.approx(math.log(record.number))
    assert made.parameters[0].prior.sd == pytest.approx(math.sqrt(math.log1p(record.spread.cv**2)))


@pytest.mark.parametrize("text", ["quantities: []\n", "quantities:\n  - {name: desipramine.kp_scale, hihg: 3}\n"])
def test_a_misshapen_file_is_refused(tmp_path, text):
    assert problems(tmp_path, text)


@pytest.mark.parametrize(
    ("name", "said"),
    [("desipramine.cyp2d6.clint", "would count them twice"), ("imipramine.minor_share", "begins at nought")],
)
def test_a_spread_that_is_no_prior_is_refused(tmp_path, name, said):
    (found,) = problems(tmp_path, f"quantities:\n  - {{name: {name}, prior: evidence}}\n")
    assert said in found[1]
