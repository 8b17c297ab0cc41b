"""Rows carry what the records say, to the digit, and references count from one."""

from __future__ import annotations

import pytest

from reuptake.evidence.base import packaged
from reuptake.reports.tables import (
    References,
    claim_rows,
    counted,
    number_text,
    parameter_groups,
    parameter_row,
    unit_text,
)


def test_a_source_keeps_the_number_of_its_first_citation():
    references = References(packaged())
    assert references.cite("tatsumi1997", "iversen2006") == (1, 2)
    assert references.cite("iversen2006", "glassman1979", "tatsumi1997") == (1, 2, 3)
    assert [number for number, _ in references.listed()] == [1, 2, 3]


def test_a_source_named_in_a_note_becomes_its_number():
    references = References(packaged())
    references.cite("glassman1979")
    assert references.prose("Seen there (tatsumi1997) and in glassman1979.") == ("Seen there ", 2, " and in ", 1, ".")


def test_a_word_that_only_looks_like_a_source_stays_a_word():
    references = References(packaged())
    assert "".join(map(str, references.prose("In nobody1234 it was not."))) == "In nobody1234 it was not."
    assert references.listed() == ()


@pytest.mark.parametrize(
    "name", ["imipramine.sert.kd", "imipramine.molar_mass", "imipramine.dat.kd", "desipramine.net.kd"]
)
def test_a_value_is_printed_as_its_record_has_it(name):
    record = packaged().record(name)
    row = parameter_row(packaged(), record, References(packaged()))
    assert float(row.value.replace(",", "")) == record.number
    assert row.status == record.status


def test_rows_of_a_table_come_in_order_and_belong_to_the_compound(packaged_profile):
    for letter in "ABEF":
        rows = claim_rows(packaged_profile, letter, References(packaged_profile.evidence))
        assert [row.row for row in rows] == sorted(row.row for row in rows)
        assert {row.row[0] for row in rows} <= {letter}


def test_every_parameter_stands_in_one_group_and_is_counted_once(packaged_profile):
    records = packaged_profile.parameters()
    groups = parameter_groups(packaged_profile, References(packaged_profile.evidence))
    assert sorted(row.name for group in groups for row in group.rows) == sorted(record.name for record in records)
    assert sum(count for _, count in counted(records)) == len(records)


def test_an_output_that_the_model_lacks_has_no_value(packaged_profile):
    rows = claim_rows(packaged_profile, "B", References(packaged_profile.evidence))
    tests = {test.output: test.value for row in rows for test in row.tests}
    assert tests["occupancy.H1"].startswith("mean ")
    assert tests["effects.sedation"] is None


@pytest.mark.parametrize(("number", "shown"), [(1.4, "1.4"), (8500.0, "8500"), (0.0021, "0.0021"), (280.41, "280.41")])
def test_a_number_has_no_tail_of_noughts(number, shown):
    assert number_text(number) == shown


def test_units_are_said_in_words():
    assert unit_text("pmol_enzyme/mg_protein") == "pmol enzyme/mg protein"
    assert unit_text("fraction") == ""
