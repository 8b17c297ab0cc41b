"""Did a number move without a changelog entry?"""

import importlib.util
import json
from pathlib import Path

import pytest

spec = importlib.util.spec_from_file_location("frozen", Path(__file__).with_name("frozen.py"))
frozen = importlib.util.module_from_spec(spec)
spec.loader.exec_module(frozen)


def test_no_number_moved():
    expected, found = json.loads(frozen.FROZEN.read_text(encoding="utf-8")), frozen.computed()
    assert found.keys() == expected.keys()
    for run, numbers in expected.items():
        # 1e-6 is the solver's step tolerance; machines round differently far below it
        assert found[run] == pytest.approx(numbers, rel=1e-6), f"{run}: make regress, and say so in CHANGELOG.md"
