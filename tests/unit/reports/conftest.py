"""What the tests of reports share: profiles and dossiers made once, and a compound with little known."""

from __future__ import annotations

from pathlib import Path

import pytest

from reuptake.evidence.base import load, packaged
from reuptake.reports.dossier import dossier
from reuptake.reports.profile import profile

COURSE = {"dose": "75 mg", "every": "24 h", "duration": "7 d"}
MINIMAL = """\
compound: novelin
title: Novelin <script>alert(1)</script> & $x^2$
values:
  - {name: novelin.sert.kd, number: 3.25, unit: nmol/L, status: assumed, because: "Guessed, <b>boldly</b>."}
"""


@pytest.fixture(scope="session")
def minimal(tmp_path_factory: pytest.TempPathFactory):
    path: Path = tmp_path_factory.mktemp("compound") / "novelin.yaml"
    path.write_text(MINIMAL, encoding="utf-8")
    return load([path])


@pytest.fixture(scope="session", params=["imipramine", "desipramine"])
def packaged_profile(request: pytest.FixtureRequest):
    return profile(request.param, packaged(), **COURSE)


@pytest.fixture(scope="session", params=["imipramine", "desipramine", "novelin"])
def page(request: pytest.FixtureRequest, minimal):
    """A compound's name and its dossier."""
    return request.param, dossier(request.param, minimal, **COURSE)
