"""Headers and units as people write them."""

import pytest

from reuptake.errors import InputError
from reuptake.exchange.columns import Column, measuring, recognised, unit_of


@pytest.mark.parametrize(
    ("header", "role", "unit"),
    [
        ("Subject", "id", ""), ("USUBJID", "id", ""), ("animal_id", "id", ""), ("#ID", "id", ""),
        ("time (h)", "time", "h"), ("Time_min", "time", "min"), ("Time, hr", "time", "hr"), ("TAD", "time", ""),
        ("conc [ng/mL]", "conc", "ng/mL"), ("Cp_ug_per_mL", "conc", "ug_per_mL"), ("DV", "conc", ""),
        ("conc_ng_ml", "conc", "ng_ml"), ("Concentration (nmol/L)", "conc", "nmol/L"), ("conc_nM", "conc", "nM"),
        ("Dose (mg/kg)", "dose", "mg/kg"), ("dose_mg", "dose", "mg"), ("AMT", "amt", ""), ("Weight (kg)", "weight", "kg"),
        ("BLQ", "blq", ""), ("Analyte", "analyte", ""), ("Period", "period", ""), ("TRT", "treatment", ""),
    ],
)  # fmt: skip
def test_headers_are_recognised_with_their_units(header, role, unit):
    assert recognised([header, "sex"], {}, "f") == {role: Column(header, unit)}


def test_the_more_telling_header_goes_first():
    roles = recognised(["TAD", "TIME", "CONC", "DV"], {}, "f")
    assert (roles["time"].name, roles["conc"].name) == ("TIME", "CONC")


def test_what_the_user_says_goes_before_the_headers():
    roles = recognised(["id", "time", "conc", "Total Cp [ug/L]"], {"conc": "Total Cp [ug/L]"}, "f")
    assert roles["conc"] == Column("Total Cp [ug/L]", "ug/L")
    with pytest.raises(InputError, match=r"no column 'Cpp' in f\n  hint: did you mean 'Cp'\?"):
        recognised(["id", "Cp"], {"conc": "Cpp"}, "f")


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("hours", "h"), ("hr", "h"), ("mins", "min"), ("days", "d"), ("mcg/ml", "ug/mL"), ("ng_ml", "ng/mL"),
        ("ug per mL", "ug/mL"), ("µg/l", "µg/L"), ("nM", "nM"), ("mg/kg", "mg/kg_body"), ("ng/dl", "ng/dL"),
    ],
)  # fmt: skip
def test_units_are_read_as_people_write_them(written, canonical):
    assert unit_of(written, "f").text == canonical


def test_an_unknown_unit_and_one_of_something_else_are_told_apart():
    with pytest.raises(InputError, match="--conc-unit: unknown unit 'blub/mL'"):
        unit_of("blub/mL", "--conc-unit")
    with pytest.raises(InputError, match=r"--time-unit: 'mg' is no unit of time\n  hint: for example h, min"):
        measuring("mg", ("h", "min"), "time", "--time-unit")
