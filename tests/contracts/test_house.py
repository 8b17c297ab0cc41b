"""The walls of the house hold: what is planted against a rule is found and named."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent

# What is planted: the module that breaks a rule, the line, and what the answer must say.
LAYER_VIOLATIONS = [
    pytest.param("units", "import reuptake.simulation", "reuptake.units -> reuptake.simulation", id="upward"),
    pytest.param(
        "errors",
        "def late() -> None:\n    import reuptake.units",
        "reuptake.errors -> reuptake.units",
        id="upward-hidden-in-a-function",
    ),
    pytest.param(
        "dosing",
        "import reuptake.noncompartmental",
        "reuptake.dosing -> reuptake.noncompartmental",
        id="sibling",
    ),
    pytest.param(
        "evidence",
        "import reuptake.equations",
        "reuptake.evidence -> reuptake.equations",
        id="sibling-package",
    ),
    pytest.param("planted_room", '"""No place."""', "reuptake.planted_room", id="module-without-a-place"),
    pytest.param("reports", "import reuptake.engine", "reuptake.reports -> reuptake.engine", id="engine-is-protected"),
    pytest.param("model", "import matplotlib", "reuptake.model -> matplotlib", id="drawing-below-reports"),
    pytest.param(
        "model.mechanism",
        "import reuptake.model.assemble",
        "reuptake.model.mechanism -> reuptake.model.assemble",
        id="upward-inside-the-model",
    ),
    pytest.param(
        "engine.backends",
        "import reuptake.engine.solvers",
        "reuptake.engine.backends -> reuptake.engine.solvers",
        id="sibling-inside-the-engine",
    ),
]
RUFF_VIOLATIONS = [
    pytest.param("from . import errors", "TID252", id="relative-import"),
    pytest.param("import importlib\n\nimportlib.import_module('reuptake.cli')", "TID251", id="import-by-string"),
    pytest.param("from importlib import import_module", "TID251", id="import-by-string-renamed"),
    pytest.param("import pickle", "TID251", id="pickle"),
    pytest.param("import datetime\n\ndatetime.datetime.now()", "TID251", id="clock"),
    pytest.param("import numpy as np\n\nnp.random.seed(1)", "TID251", id="global-randomness"),
    pytest.param("print('hello')", "T201", id="print"),
]


def test_the_house_as_it_stands_keeps_its_walls(tmp_path):
    copy_house(tmp_path)
    answer = lint_imports(tmp_path)
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_each_planted_import_is_named(tmp_path):
    copy_house(tmp_path)
    for violation in LAYER_VIOLATIONS:
        module, line, _ = violation.values
        plant(tmp_path, module, line)
    answer = lint_imports(tmp_path)
    assert answer.returncode != 0
    silent = [violation.id for violation in LAYER_VIOLATIONS if violation.values[2] not in answer.stdout]
    assert not silent, f"not named: {silent}\n{answer.stdout}{answer.stderr}"


@pytest.mark.parametrize(("line", "rule"), RUFF_VIOLATIONS)
def test_what_the_layers_cannot_see_ruff_does(tmp_path, line, rule):
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    plant(tmp_path, "planted_room", line)
    answer = run(tmp_path, "ruff", "check", "--no-cache", "--output-format=concise", "src")
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert f"planted_room.py:{len(line.splitlines())}:" in answer.stdout
    assert rule in answer.stdout


def test_ruff_has_nothing_against_the_house_as_it_stands(tmp_path):
    copy_house(tmp_path)
    answer = run(tmp_path, "ruff", "check", "--no-cache", "--output-format=concise", "src")
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_nobody_inside_imports_the_root_package():
    guilty = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "src" / "reuptake").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.ImportFrom) and node.module == "reuptake")
        or (isinstance(node, ast.Import) and any(alias.name == "reuptake" for alias in node.names))
    ]
    assert not guilty, f"name the defining module instead (from reuptake.units import convert): {guilty}"


def copy_house(folder: Path) -> None:
    """Copy the package and the rules, so that planting harms nobody."""
    shutil.copy(ROOT / "pyproject.toml", folder)
    shutil.copytree(
        ROOT / "src" / "reuptake",
        folder / "src" / "reuptake",
        ignore=shutil.ignore_patterns("data", "__pycache__"),
    )


def plant(folder: Path, module: str, line: str) -> None:
    """Add a line to the end of a module of the copy; make the module where there is none."""
    place = (folder / "src" / "reuptake").joinpath(*module.split("."))
    package = place / "__init__.py"
    file = package if package.is_file() else place.with_suffix(".py")
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the layers of the copy, which PYTHONPATH puts before the installed package."""
    return run(folder, "lint-imports", "--no-cache", "--no-logo", PYTHONPATH=str(folder / "src"))


def run(folder: Path, tool: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a tool of this environment in a folder; wide, so that no name is broken over two lines."""
    return subprocess.run(
        [BIN / tool, *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "400", "NO_COLOR": "1", **environment},
        capture_output=True,
        text=True,
    )
