"""What every test stands on: markers from the folder, needs, traps, repeatable examples."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

# Tests run side by side, and threads of linear algebra that wait for one another cost them ten times the time.
# To be said before numpy is loaded.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest
from hypothesis import settings

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent

# The same examples on every run: a failure seen once is seen again. Look for new ones with
# `pytest --hypothesis-profile=default`.
settings.register_profile("ci", deadline=None, derandomize=True, database=None)
settings.load_profile("ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the marker of the folder it lies in."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        item.add_marker(folder)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose needs are not met, unless this machine promised to meet them."""
    for thing in _needs(item):
        if _is_here(thing):
            continue
        if thing in _promised():
            pytest.fail(f"REUPTAKE_HAS lists {thing!r}, but it is not here", pytrace=False)
        pytest.skip(f"needs {thing}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Turn a skip into a failure where everything the test needs was promised."""
    report = yield
    needs = _needs(item)
    if report.skipped and not hasattr(report, "wasxfail") and needs and needs <= _promised():
        report.outcome = "failed"
        report.longrepr = f"skipped although REUPTAKE_HAS lists {', '.join(sorted(needs))}: {report.longrepr}"
    return report


@pytest.fixture(autouse=True)
def floating_point_traps() -> Iterator[None]:
    """Let no division by zero, overflow or invalid operation pass in silence."""
    with np.errstate(divide="raise", over="raise", invalid="raise"):
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of collected data beside the repository; ask for it with `needs("shared")`."""
    return ROOT.parent / "shared"


def _needs(item: pytest.Item) -> set[str]:
    needs = {thing for marker in item.iter_markers("needs") for thing in marker.args}
    if unknown := needs - _DETECTORS.keys():
        raise pytest.UsageError(f"{item.nodeid}: no such need {sorted(unknown)}; known: {sorted(_DETECTORS)}")
    return needs


def _promised() -> set[str]:
    return set(os.environ.get("REUPTAKE_HAS", "").replace(",", " ").split())


@functools.cache
def _is_here(thing: str) -> bool:
    return _DETECTORS[thing]()


def _has_gpu() -> bool:
    program = shutil.which("nvidia-smi")
    return program is not None and subprocess.run([program, "-L"], capture_output=True).returncode == 0


_DETECTORS = {
    "shared": (ROOT.parent / "shared").is_dir,
    "chromium": lambda: shutil.which("chromium") is not None,
    "gpu": _has_gpu,
}
