"""The wheel, installed where nothing of ours was before: what a stranger gets.

It takes the package registry and most of a minute: run by `make long`.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from email.parser import Parser
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import URLError
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest

from ouidire import __version__

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
SOURCE = ROOT / "src" / "ouidire"
WAIT_S = 60.0

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what belongs to it, so that nothing else that lies about can get in."""
    pytest.importorskip("build", reason="PyPI `build` is not installed")
    copy, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("dist")
    for name in ("pyproject.toml", "setup.py", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, copy)
    leftovers = shutil.ignore_patterns("*.egg-info", "__pycache__", "*.so", "*.pyd")
    shutil.copytree(ROOT / "src", copy / "src", ignore=leftovers)
    needs_registry(sys.executable, "-m", "build", "--wheel", "--outdir", out, copy)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def elsewhere(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty environment with the wheel alone in it; gives its folder of programs."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    needs_registry(sys.executable, "-m", "venv", folder)
    needs_registry(folder / "bin" / "pip", "install", "--disable-pip-version-check", "-q", wheel)
    return folder / "bin"


def needs_registry(*command: str | Path) -> None:
    """Run it; no registry to be reached is a reason to skip, anything else a failure."""
    done = subprocess.run(command, env=stripped(), capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    if done.returncode and re.search(
        r"No matching distribution|ConnectionError|Name or service|Network is unreach", said
    ):
        pytest.skip(f"the package registry cannot be reached: {said.strip().splitlines()[-1]}")
    assert done.returncode == 0, said


def stripped() -> dict[str, str]:
    """An environment that knows nothing of this source, of its packages or of any house."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("OUIDIRE_", "PYTHON", "VIRTUAL"))}


def clean(tmp_path: Path) -> dict[str, str]:
    """The same, at home in a folder of its own."""
    return stripped() | {"HOME": str(tmp_path / "home"), "LANG": "C.UTF-8", "OUIDIRE_LISTEN_BLUESKY": "false"}


def test_everything_of_the_package_is_in_the_wheel_and_nothing_else(wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {
        path.relative_to(ROOT / "src").as_posix()
        for path in SOURCE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in (".c", ".h", ".so", ".pyd")
    }
    kernel = {name for name in inside if name.startswith("ouidire/match/_names.") and name.endswith((".so", ".pyd"))}
    assert inside - kernel == ours
    assert bool(kernel) == bool(shutil.which("cc"))


def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    named = {Path(name).name: name for name in archive.namelist() if ".dist-info/" in name}
    about = Parser().parsestr(archive.read(named["METADATA"]).decode())
    assert about["Name"] == "ouidire"
    assert about["License-Expression"] == "Apache-2.0"
    assert about["Requires-Python"] == PROJECT["requires-python"]
    assert {"LICENSE", "NOTICE"} <= set(named)
    systems = " ".join(about.get_all("Classifier") or ())
    assert all(system in systems for system in ("Linux", "MacOS", "Windows"))
    assert "ouidire = ouidire.cli.main:main" in archive.read(named["entry_points.txt"]).decode()


def test_what_it_needs_goes_together_and_it_answers_under_both_names(elsewhere: Path, tmp_path: Path) -> None:
    for command in (["ouidire"], ["python", "-m", "ouidire"]):
        assert run(elsewhere, tmp_path, *command, "version") == f"{__version__}\n"
    assert "No broken requirements" in run(elsewhere, tmp_path, "pip", "check")


def test_the_doctor_is_content_with_a_fresh_house_but_for_the_business(elsewhere: Path, tmp_path: Path) -> None:
    said = run(elsewhere, tmp_path, "ouidire", "doctor", exits=1)
    assert re.search(r"✓ The store opens \(SQLite, \d+ MB\)\.", said)
    assert [line for line in said.splitlines() if line.startswith(" !")] == [
        " ! No business is set up: open the set-up page."
    ]
    assert (tmp_path / "home" / ".local/share/ouidire/ouidire.db").is_file()


def test_the_demo_plays_and_ends_in_order_and_writes_nothing_beside_the_code(elsewhere: Path, tmp_path: Path) -> None:
    before = snapshot(elsewhere.parent)
    with_demo(elsewhere / "ouidire", tmp_path, a_message_waits)
    assert snapshot(elsewhere.parent) == before


def test_it_runs_by_pipx_and_by_uvx_without_make(wheel: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    needs_registry(sys.executable, "-m", "venv", tools)
    needs_registry(tools / "bin" / "pip", "install", "--disable-pip-version-check", "-q", "pipx", "uv")
    env = clean(tmp_path) | {
        "PIPX_HOME": str(tmp_path / "pipx"),
        "PIPX_BIN_DIR": str(tmp_path / "bin"),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
    }
    subprocess.run([tools / "bin" / "pipx", "install", wheel], env=env, check=True, capture_output=True)
    assert run(tmp_path / "bin", tmp_path, "ouidire", "version")
    with_demo(tools / "bin" / "uvx", tmp_path, a_message_waits, "--from", str(wheel), "ouidire", env=env)


# --- what a stranger does ---------------------------------------------------------------------------------------------


def run(programs: Path, folder: Path, *command: str, exits: int = 0) -> str:
    """What the command says, started from a folder of its own."""
    (folder / "home").mkdir(exist_ok=True)
    done = subprocess.run(
        [programs / command[0], *command[1:]],
        cwd=folder,
        env=clean(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == exits, done.stdout + done.stderr
    return done.stdout


def with_demo(
    program: Path, folder: Path, look: Callable[[str], None], *before: str, env: dict[str, str] | None = None
) -> None:
    """Start the demo, look at its page, and tell it to end as systemd would."""
    (folder / "home").mkdir(exist_ok=True)
    command = [program, *before, "demo", "--port", "0"]
    with subprocess.Popen(
        command, cwd=folder, env=env or clean(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as running:
        try:
            assert running.stdout is not None
            look(next(found[0] for line in running.stdout if (found := re.search(r"http://\S+/demo", line))))
        finally:
            running.send_signal(signal.SIGTERM)
        running.communicate(timeout=30)
    assert running.returncode == 0


def a_message_waits(address: str) -> None:
    """The page answers, its style is there, and a message of the pretended day comes in."""
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    page = until(lambda: shown(browser, address))
    style = re.search(r'href="(/static/ouidire\.css\?\w+)"', page)
    assert style
    root = address.removesuffix("/demo")
    assert "--paper" in (shown(browser, root + style[1]) or "")
    until(lambda: "<article" in (shown(browser, root + "/inbox?state=waiting") or ""))


def shown(browser: OpenerDirector, address: str) -> str | None:
    try:
        with browser.open(address, timeout=10) as answer:
            return str(answer.read().decode())
    except URLError:
        return None


def until(found: Callable[[], str | bool | None]) -> str:
    ends = time.monotonic() + WAIT_S
    while not (answer := found()):
        assert time.monotonic() < ends, "it did not happen in time"
        time.sleep(0.2)
    return str(answer)


def snapshot(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in files(folder)}


def files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".pyc")
