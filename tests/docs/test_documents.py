"""The documents tell the truth: named paths exist, links lead somewhere, versions agree."""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import reuptake

ROOT = Path(__file__).resolve().parents[2]

# Split, so that this file does not name what it forbids.
FORBIDDEN = re.compile(r"(?<![\w.])/(?:wo" r"rk|ro" r"ot)/|py" r"pi\.org|python" r"hosted|npm" r"js")
UNTRACKED = {"out", "runs", "build", "dist", "__pycache__"}


def tracked_files() -> list[Path]:
    """All files of the project, by git where there is one, else by walking the tree."""
    if shutil.which("git"):
        command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        if answer.returncode == 0:
            return [path for name in answer.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and not _is_by_product(path)]


def _is_by_product(path: Path) -> bool:
    folders = path.relative_to(ROOT).parent.parts
    return any(folder in UNTRACKED or (folder.startswith(".") and folder != ".ci") for folder in folders)


DOCUMENTS = sorted(path.relative_to(ROOT).as_posix() for path in tracked_files() if path.suffix == ".md")


def test_every_path_in_the_architecture_exists():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:src|tests|docs|benchmarks|requirements)/[\w./-]*)`", text)
    assert paths
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_the_readme_names_both_first_commands():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make test" in text


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_relative_link_leads_somewhere(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    targets = re.findall(r"\]\(<?([^)\s>]+)", text)
    paths = [target.partition("#")[0] for target in targets if not re.match(r"[a-z][a-z0-9+.-]*:", target)]
    folder = (ROOT / document).parent
    assert not [path for path in paths if path and not (folder / path).exists()]


def test_no_file_names_a_machine_or_a_registry():
    named = []
    for path in tracked_files():
        text = path.read_bytes().decode("utf-8", errors="ignore")
        named += [f"{path.relative_to(ROOT)}: {found.group()}" for found in FORBIDDEN.finditer(text)]
    assert not named


def test_the_version_is_the_same_everywhere():
    with (ROOT / "pyproject.toml").open("rb") as stream:
        version = tomllib.load(stream)["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == version
    assert reuptake.__version__ == version
    assert re.search(rf"^## {re.escape(version)}\b", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)


def test_the_page_on_exposure_tells_the_fit_as_it_is():
    page = (ROOT / "docs/science/exposure.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `([\w.-]+)` \| (\S+) \|", page, flags=re.M))
    text = (ROOT / "src/reuptake/evidence/data/values/fits/disposition-2.yaml").read_text(encoding="utf-8")
    assert told == {record["name"]: f"{record['number']:.4g}" for record in yaml.safe_load(text)}
    effects = re.findall(r"^#   (\S+) (\S+) ([\d.]+)$", text, flags=re.M)
    assert re.findall(r"^\| (\S+) \| (\S+) \| ×([\d.]+) \|$", page, flags=re.M) == effects


def test_the_page_on_exposure_tells_the_advice_as_it_is_answered():
    page = (ROOT / "docs/science/exposure.md").read_text(encoding="utf-8")
    told = re.findall(r"^\| CYP\w+ \w+ \| ([\d.]+) \| ([\d.]+) \|$", page, flags=re.M)
    with (ROOT / "docs/science/qualification-results.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["study"] == "dpwg2024size"]
    answered = {(f"{float(row['predicted']):.2f}", f"{float(row['observed']):.2f}") for row in rows}
    assert len(told) == 4
    assert set(told) == answered
