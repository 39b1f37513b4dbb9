"""One more connector is one more folder: the scaffold's own passes what every connector must pass."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "scripts" / "new_connector.py"


def scaffold(name: str, root: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, SCRIPT, name, root], capture_output=True, text=True, check=False)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the parts of the house that connectors stand on."""
    bare = shutil.ignore_patterns("__pycache__")
    for part in ("__init__.py", "clock.py", "errors.py", "domain", "connectors"):
        source, to = ROOT / "src/ouidire" / part, tmp_path / "src/ouidire" / part
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(source, to, ignore=bare) if source.is_dir() else shutil.copy(source, to)
    for part in ("connectors", "contracts"):
        shutil.copytree(ROOT / "tests" / part, tmp_path / "tests" / part, ignore=bare)
    (tmp_path / "tests/__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_a_fresh_connector_passes_the_contract_and_the_lint(house: Path) -> None:
    made = scaffold("park_bench", house)
    assert made.returncode == 0, made.stderr
    files = [line for line in made.stdout.split() if line.endswith(".py")]
    env = {**os.environ, "PYTHONPATH": str(house / "src")}
    command = ["-m", "pytest", "tests/contracts/test_connectors.py", "tests/connectors/test_quality.py"]
    tests = subprocess.run(
        [sys.executable, *command, "-k", "park_bench or scale", "-p", "no:cacheprovider"],
        cwd=house,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert tests.returncode == 0, tests.stdout[-3_000:]
    assert " passed" in tests.stdout
    if find_spec("ruff"):
        for task in (["check"], ["format", "--check"]):
            lint = [sys.executable, "-m", "ruff", *task, *files]
            checked = subprocess.run(lint, cwd=house, capture_output=True, text=True, check=False)
            assert checked.returncode == 0, checked.stdout


def test_a_connector_that_exists_is_left_alone(house: Path) -> None:
    before = (house / "src/ouidire/connectors/quality.toml").read_text("utf-8")
    assert scaffold("bluesky", house).returncode == 1
    assert (house / "src/ouidire/connectors/quality.toml").read_text("utf-8") == before


@pytest.mark.parametrize("name", ["", "../x", "Park", "9lives", "a b"])
def test_a_name_that_cannot_be_a_folder_is_refused(house: Path, name: str) -> None:
    assert scaffold(name, house).returncode == 2
