"""A table of levels becomes courses: times, amounts and units stay as they stand there."""

import pytest

from reuptake.errors import InputError
from reuptake.exchange.columns import Column, personal
from reuptake.exchange.courses import read_courses
from reuptake.exchange.request import parse_request


def courses(columns, **words):
    return read_courses(columns, parse_request(**words), genes=("CYP2D6", "CYP2C19"))


RECORDS = {
    "ID": ["7", "7", "7"],
    "TIME (min)": [6000.0, 6120.0, 6240.0],
    "DV (ug/L)": [None, 3.0, 4.0],
    "AMT (mg/kg)": [2.0, None, None],
    "EVID": [1, 0, 0],
    "ADDL": [3, None, None],
    "II": [720.0, None, None],
    "WT (g)": [70000.0] * 3,
    "age (y)": [44.0] * 3,
    "Sex": ["female"] * 3,
    "CYP2D6 genotype": ["*1/*4"] * 3,
    "CYP2C19_phenotype": ["PM"] * 3,
}


def test_records_and_samples_stay_as_they_are_in_hours():
    [one] = courses(RECORDS, route="po").courses
    [record] = one.given
    assert (record.time, record.interval, record.additional, record.before) == (100.0, 12.0, 3, 0)
    assert str(record.amount) == "2 mg/kg_body"
    assert [dose.time for dose in record.doses] == [100.0, 112.0, 124.0, 136.0]
    [sampled] = one.sampled
    assert sampled.times.tolist() == [102.0, 104.0]
    assert sampled.levels.tolist() == [3.0, 4.0]  # µg/L are ng/mL
    assert one.begin == 100.0


def test_what_a_subject_is_stands_beside_it():
    [one] = courses(RECORDS, route="po").courses
    assert (one.name, one.weight, one.age, one.sex) == ("7", 70.0, 44.0, "female")
    assert one.genes == {"CYP2D6": "*1/*4", "CYP2C19": "PM"}


def test_a_body_mass_that_changes_is_noted():
    found = courses({**RECORDS, "WT (g)": [70000.0, 71000.0, 71000.0]}, route="po")
    assert found.courses[0].weight == 70.0
    assert any("'WT (g)' of '7' changes; the first is used" in note for note in found.notes)


def test_columns_of_genes_are_no_columns_without_use():
    notes = courses({**RECORDS, "mood": ["low"] * 3}, route="po").notes
    assert [note for note in notes if "not used" in note] == ["columns not used: mood"]


def test_genes_are_found_by_their_name_alone():
    headers = ["CYP2D6", "cyp2c19-status", "CYP2D6 dose", "Age (y)"]
    found = {"age": Column("Age (y)"), "CYP2D6": Column("CYP2D6"), "CYP2C19": Column("cyp2c19-status")}
    assert personal(headers, ["CYP2D6", "CYP2C19", "CYP1A2"]) == found


def test_a_dose_of_tons_is_no_dose():
    with pytest.raises(InputError, match="more than a kilogram"):
        courses({**RECORDS, "AMT (mg/kg)": [2e9, None, None]}, route="po")
