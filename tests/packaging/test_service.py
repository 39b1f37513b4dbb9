"""The container file and the systemd unit name what is there, and nothing in them runs as root.

No engine runs here: what a build would only find out is read from the files instead.
"""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ouidire.app import App
from ouidire.cli.main import app
from ouidire.settings import Settings
from ouidire.web.main import build

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
COMMANDS = {one.name or one.callback.__name__ for one in app.registered_commands if one.callback}


def steps() -> list[tuple[str, str]]:
    """The instructions of the container file, each with what follows it on one line."""
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Containerfile").read_text("utf-8"))
    lines = (line.partition(" ") for line in text.splitlines() if line and not line.startswith("#"))
    return [(word, rest.strip()) for word, _, rest in lines]


def last(word: str) -> str:
    return [rest for name, rest in steps() if name == word][-1]


def environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in shlex.split(last("ENV")))


def ignored(path: str) -> bool:
    """As a container engine reads `.containerignore`: the last line that fits decides."""
    out = False
    for line in (ROOT / ".containerignore").read_text("utf-8").splitlines():
        pattern = line.removeprefix("!").removeprefix("**/")
        if line and not line.startswith("#") and (fnmatch(path, pattern) or path.startswith(pattern + "/")):
            out = not line.startswith("!")
    return out


def test_everything_that_is_copied_is_there_and_reaches_the_build() -> None:
    copied = [rest.split()[:-1] for word, rest in steps() if word == "COPY" and "--from" not in rest]
    names = [name for one in copied for name in one]
    assert [name for name in names if not (ROOT / name).exists() or ignored(name)] == []
    needed = {"pyproject.toml", "src", PROJECT["readme"], *PROJECT["license-files"]}
    assert needed == set(names), "the wheel is made of these"
    assert all(map(ignored, ("tests", ".venv", ".git")))
    assert not ignored("src/ouidire/app.py")


def test_the_image_starts_our_command_as_nobody_in_particular_and_keeps_its_house_in_a_volume() -> None:
    assert json.loads(last("ENTRYPOINT"))[0] in PROJECT["scripts"]
    assert json.loads(last("CMD"))[0] in COMMANDS
    assert int(last("USER")) >= 1000
    assert environment()["OUIDIRE_HOME"] == last("VOLUME") == last("WORKDIR")
    assert environment()["OUIDIRE_PORT"] == last("EXPOSE") == str(Settings.model_fields["port"].default)
    settings = {name.removeprefix("OUIDIRE_").lower() for name in environment() if name.startswith("OUIDIRE_")}
    assert settings <= set(Settings.model_fields)


def test_both_stages_stand_on_a_python_that_we_run_on() -> None:
    least = tuple(map(int, PROJECT["requires-python"].removeprefix(">=").split(".")))
    bases = [
        re.fullmatch(r"docker\.io/library/python:(3)\.(\d+)-slim(?: AS \w+)?", r) for w, r in steps() if w == "FROM"
    ]
    assert len(bases) == 2
    assert all(base and (int(base[1]), int(base[2])) >= least for base in bases)


def test_the_health_check_asks_a_page_that_needs_nobody_to_sign_in(tmp_path: Path, sqlite_pattern: Path) -> None:
    found = re.search(r"http://127\.0\.0\.1:(\d+)(/\w+)", last("HEALTHCHECK"))
    assert found
    assert found[1] == environment()["OUIDIRE_PORT"]
    shutil.copy(sqlite_pattern, tmp_path / "ouidire.db")
    house = App.open(Settings(home=tmp_path, listen_bluesky=False, _env_file=None))  # type: ignore[call-arg]
    assert TestClient(build(house)).get(found[2]).json() == {"ok": True}
    house.store.close()


def unit() -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]
    read.read(ROOT / "packaging" / "ouidire.service", "utf-8")
    return read


def test_the_unit_starts_our_command_and_may_write_nothing_but_its_own_folder() -> None:
    service = unit()["Service"]
    program, command = service["ExecStart"].split()
    assert Path(program).name in PROJECT["scripts"]
    assert command in COMMANDS
    assert f"OUIDIRE_HOME=/var/lib/{service['StateDirectory']}" in service["Environment"]
    assert service["DynamicUser"] == service["NoNewPrivileges"] == service["ProtectHome"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert "ReadWritePaths" not in service
    assert service["RestartPreventExitStatus"].split() == ["2", "3"], "as docs/reference/cli.md says"


def test_systemd_itself_finds_no_fault_with_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("no systemd-analyze here (Debian: apt-get install systemd)")
    text = (ROOT / "packaging" / "ouidire.service").read_text("utf-8")
    copy = tmp_path / "ouidire.service"
    copy.write_text(text.replace("/opt/ouidire/bin/ouidire", "/bin/true"), "utf-8")
    done = subprocess.run([analyze, "verify", copy], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
