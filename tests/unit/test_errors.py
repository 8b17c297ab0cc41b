"""Errors are sentences that name place and remedy, all at once."""

from reuptake.errors import InputError, Problem, nearest


def test_an_input_error_tells_every_problem_in_order():
    error = InputError([Problem("first", "a.yaml:1:2", "mend it"), Problem("second")])
    assert str(error) == "error: a.yaml:1:2: first\n  hint: mend it\nerror: second"
    assert error.exit_status == 2


def test_nearest_finds_a_typo_whatever_its_case():
    assert nearest("Imipramin", ["imipramine", "zinc"]) == "did you mean 'imipramine'?"


def test_nearest_lists_what_there_is_when_nothing_is_near():
    assert nearest("xyz", ["SERT", "NET"]) == "known: SERT, NET"
    assert nearest("xyz", []) == ""
