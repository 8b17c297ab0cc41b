"""A command as a person runs it: exit status, what it printed, what it complained about."""

import pytest

from reuptake.cli.main import main


@pytest.fixture
def say(capsys):
    def said(*words):
        status = main(list(words))
        out, err = capsys.readouterr()
        return status, out, err

    return said
