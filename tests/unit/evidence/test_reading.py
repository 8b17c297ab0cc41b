"""Reading keeps the place of every word, and reports every mistake at once."""

import pytest
from pydantic import TypeAdapter

from reuptake.errors import InputError
from reuptake.evidence.reading import parse, read, validated
from reuptake.evidence.records import Record

RECORDS = TypeAdapter(list[Record])
GOOD = """- name: x.sert.kd
  number: 1.4
  unit: nmol/L
  status: measured
  source: someone1999
  locator: Table 1
"""


def problems(call, *args):
    with pytest.raises(InputError) as caught:
        call(*args)
    return caught.value.problems


def test_positions_lead_back_to_the_text():
    document = parse(GOOD, "a.yaml")
    assert document.where((0, "number")) == "a.yaml:2:11"
    assert document.where((0, "nothing")) == "a.yaml:1:3"


@pytest.mark.parametrize(
    "text", ["a: &x 1\nb: *x\n", "a: &x {b: 1}\n", "a: !!python/object:os.system {}\n", "a: !tag 1\n"]
)
def test_anchors_aliases_and_tags_are_refused(text):
    (problem,) = problems(parse, text, "a.yaml")
    assert "not allowed" in problem.message
    assert problem.where.startswith("a.yaml:")


def test_a_syntax_error_is_reported_alone_with_its_place():
    (problem,) = problems(parse, "- a: [1, 2\n- b: 3\n", "a.yaml")
    assert problem.where.startswith("a.yaml:2")


def test_a_key_given_twice_is_refused():
    (problem,) = problems(parse, "a: 1\nb: 2\na: 3\n", "a.yaml")
    assert problem.where == "a.yaml:3:1"


def test_numbers_are_numbers_and_words_stay_words():
    assert parse("[1, 1.5, 1e3, -2E-3, no, yes, 2020-01-01, '1', 0x10, null, true]", "a").data == [
        1, 1.5, 1000.0, -0.002, "no", "yes", "2020-01-01", "1", "0x10", None, True,
    ]  # fmt: skip


def test_every_mistake_of_a_record_is_told_with_line_and_column():
    text = (
        GOOD
        + """- name: Bad Name
  number: much
  unit: mg/kg
  status: measured
  sorce: someone1999
"""
    )
    found = problems(validated, parse(text, "a.yaml"), RECORDS, ["source"])
    assert {problem.where for problem in found} == {"a.yaml:7:9", "a.yaml:8:11", "a.yaml:9:9", "a.yaml:11:10"}
    assert any(problem.hint == "did you mean 'source'?" for problem in found)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("status: measured", "status: assumed"), "because"),
        (("  locator: Table 1\n", ""), "locator"),
        (("  source: someone1999\n", ""), "source"),
        (("number: 1.4", "number: .nan"), "number"),
        (("number: 1.4", "number: 1e999"), "finite"),
        (("number: 1.4", "number: '1.4'"), "number"),
        (("number: 1.4", "number: true"), "number"),
        (("  unit: nmol/L\n", ""), "unit"),
    ],
)
def test_a_record_without_origin_or_number_is_refused(change, complaint):
    found = problems(validated, parse(GOOD.replace(*change), "a.yaml"), RECORDS)
    assert any(complaint in problem.message for problem in found)


def test_a_file_that_is_not_there_or_not_text_is_one_sentence(tmp_path):
    assert "cannot read" in problems(read, tmp_path / "none.yaml")[0].message
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    assert "UTF-8" in problems(read, tmp_path / "binary.yaml")[0].message


def test_nesting_without_end_is_refused():
    assert "deep" in problems(parse, "[" * 60 + "]" * 60, "a.yaml")[0].message
