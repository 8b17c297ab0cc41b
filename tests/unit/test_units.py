"""Units: what they are worth, and the traps that look like pure numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reuptake.errors import InputError
from reuptake.units import convert, quantity, unit


@pytest.mark.parametrize(
    ("number", "here", "there", "expected"),
    [
        (1048.0, "mL/min", "L/h", 62.88),
        (1.0, "ng/mL", "kg/L", 1e-9),
        (280.41, "g/mol", "kg/nmol", 280.41e-12),
        (40.0, "mg_protein/g_tissue", "g_protein/kg_tissue", 40.0),
        (10.0, "µL/min/pmol_enzyme", "L/h/nmol_enzyme", 0.6),
        (28.0, "d", "h", 672.0),
        (13.0, "mL/min/kg_body", "L/h/kg_body", 0.78),
    ],
)
def test_known_conversions(number, here, there, expected):
    assert convert(number, here, there) == pytest.approx(expected, rel=1e-12)  # decimal prefixes only


@given(
    st.floats(1e-9, 1e9), st.sampled_from([("nmol/L", "µmol/L"), ("h", "d"), ("mL", "L"), ("mg/kg_body", "g/kg_body")])
)
def test_there_and_back_again(number, pair):
    here, there = pair
    assert convert(convert(number, here, there), there, here) == pytest.approx(number, rel=1e-13)  # two roundings


@pytest.mark.parametrize(
    "text",
    ["mg/kg", "µg/g", "ng/mg", "foo", "mg/", "5", "mg kg", "__import__('os')", "m**999", "nmol/L; rm", "mg/kg_bodyy"],
)
def test_text_that_is_no_unit_is_refused_with_a_hint(text):
    with pytest.raises(InputError) as caught:
        unit(text)
    assert caught.value.problems[0].hint


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("mg/kg_body", "mg/g_tissue"),
        ("pmol/min/pmol_enzyme", "1/min"),
        ("L/kg_body", "L"),
        ("kg", "kg_body"),
        ("nmol", "nmol_enzyme"),
    ],
)
def test_things_that_look_alike_are_not_of_one_dimension(a, b):
    assert unit(a).dimension != unit(b).dimension
    with pytest.raises(InputError, match="cannot convert"):
        convert(1.0, a, b)


def test_enzyme_activity_times_enzyme_is_a_rate_of_substance():
    assert unit("pmol/min/pmol_enzyme").dimension * unit("nmol_enzyme").dimension == unit("nmol/h").dimension


@pytest.mark.parametrize("text", ["50", "mg", "", "fifty mg", "nan mg", "inf mg", "-inf h", "1e999 mg", "50 mg mg"])
def test_a_quantity_needs_a_finite_number_and_a_unit(text):
    with pytest.raises(InputError):
        quantity(text, example="50 mg")


@pytest.mark.parametrize(
    ("text", "canonical"), [("50 mg", 50e-6), ("8h", 8.0), ("1e1 d", 240.0), (".5 L", 0.5), ("-3 h", -3.0)]
)
def test_quantities_as_people_write_them(text, canonical):
    assert quantity(text, example="").canonical == pytest.approx(canonical, rel=1e-13)  # one rounding


def test_dimensions_print_in_canonical_units():
    assert str(unit("mg/mL").dimension) == "kg/L"
    assert str(unit("%").dimension) == "dimensionless"
