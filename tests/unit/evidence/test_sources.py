"""The bibliography is read strictly and printed readably."""

import pytest

from reuptake.errors import InputError
from reuptake.evidence.sources import read_bibliography

ENTRY = """@article{someone1999,
  author = {Someone, A. and Other, B.},
  title = {On things},
  journal = {J Things},
  year = {1999},
  volume = {3},
  pages = {1-2},
  doi = {10.1/x},
}
"""


def test_an_entry_prints_as_a_reference():
    (source,) = read_bibliography(ENTRY, "s.bib").values()
    assert source.reference() == "Someone, A., Other, B. (1999). On things. J Things 3:1-2. doi:10.1/x."


def test_unnamed_authors_and_authors_not_known():
    text = "@article{a1999,\n  author = {Someone, A. and others},\n  year = {1999},\n}\n@misc{b2000,\n  title = {A page},\n  year = {2000},\n}\n"
    first, second = read_bibliography(text, "s.bib").values()
    assert first.reference() == "Someone, A., et al. (1999)."
    assert second.reference() == "A page (2000)."


def test_every_bad_line_is_told_with_its_number():
    text = ENTRY + "@article{Bad Key,\n}\n" + ENTRY + "@misc{open2000,\n  title = missing braces,\n"
    with pytest.raises(InputError) as caught:
        read_bibliography(text, "s.bib")
    assert [problem.where for problem in caught.value.problems] == [
        "s.bib:10:1",
        "s.bib:12:1",
        "s.bib:22:1",
        "s.bib:21:1",
    ]


def test_a_field_given_twice_is_refused():
    with pytest.raises(InputError, match="given twice"):
        read_bibliography(ENTRY.replace("  volume = {3},", "  volume = {3},\n  volume = {4},"), "s.bib")
