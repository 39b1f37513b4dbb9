"""The same code runs on Linux, macOS and Windows: what only another machine could show is read from the source."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest
from sqlalchemy import make_url

from ouidire import home
from ouidire.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "ouidire"
MODULES = sorted(SOURCE.rglob("*.py"))
POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
POSIX_NAMES = {
    "add_signal_handler", "AF_UNIX", "chown", "fork", "forkpty", "geteuid", "getgid", "getuid", "killpg", "mkfifo",
    "SIGALRM", "SIGCHLD", "SIGHUP", "SIGKILL", "SIGUSR1", "SIGUSR2", "SO_REUSEPORT",
    "sched_setaffinity", "start_unix_server",
}  # fmt: skip
"""What Windows' Python has no name for: asking for it there is an error, not a no."""


ASKED_FIRST = {("care/health.py", "resource"), ("care/lock.py", "fcntl")}
"""Imported within a branch that Windows never takes; the module is imported without them below."""


def uses(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (one.name.split(".")[0] for one in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield (node.module or "").split(".")[0]
            yield from (one.name for one in node.names)
        elif isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and "%-" in node.value:
            yield node.value


def test_nothing_is_used_that_windows_does_not_have() -> None:
    forbidden = POSIX_ONLY | POSIX_NAMES
    used = {(str(path.relative_to(SOURCE)), one) for path in MODULES for one in uses(path)}
    found = {one for one in used if one[1] in forbidden or "%-d" in one[1] or "%-H" in one[1]}
    assert found == ASKED_FIRST


def test_what_windows_does_not_have_would_be_found(tmp_path: Path) -> None:
    bad = tmp_path / "bad.py"
    bad.write_text("import fcntl\nfrom os import fork\nloop.add_signal_handler(1, f)\n", "utf-8")
    assert {"fcntl", "fork", "add_signal_handler"} <= set(uses(bad))


WITHOUT_POSIX = f"""
import importlib, os, pkgutil, signal, socket, sys
import ouidire
names = [one.name for one in pkgutil.walk_packages(ouidire.__path__, "ouidire.")
         if not one.name.endswith(("__main__", "migrations.env"))]
for name in names:
    importlib.import_module(name)          # what others need is there now; ours are imported anew below
for name in [one for one in sys.modules if one.partition(".")[0] == "ouidire"]:
    del sys.modules[name]
for name in {sorted(POSIX_ONLY)}:
    sys.modules[name] = None               # an import of it fails
for module in (os, signal, socket):
    for name in {sorted(POSIX_NAMES)}:
        if hasattr(module, name):
            delattr(module, name)
sys.platform = "win32"
sys.modules["msvcrt"] = type(sys)("msvcrt")  # Windows' own, asked for there alone
os.environ["LOCALAPPDATA"] = r"C:\\Users\\Zoé\\AppData\\Local"
for name in names:
    importlib.import_module(name)
from ouidire import home
print(len(names), home.usual(sys.platform, os.environ))
"""


@pytest.mark.long
def test_every_module_can_be_imported_where_posix_is_missing() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_POSIX], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    count, folder = done.stdout.strip().split(" ", 1)
    assert int(count) > 150
    assert PureWindowsPath(folder).parts == ("C:\\", "Users", "Zoé", "AppData", "Local", "Ouidire")


@pytest.mark.parametrize(
    ("platform", "environ", "folder"),
    [
        ("linux", {"LOCALAPPDATA": "ignored"}, PurePosixPath("~/.local/share/ouidire")),
        ("darwin", {}, PurePosixPath("~/Library/Application Support/Ouidire")),
        ("win32", {"LOCALAPPDATA": "D:\\Profile\\Local\\"}, PureWindowsPath("D:/Profile/Local/Ouidire")),
        ("win32", {}, PureWindowsPath("~/AppData/Local/Ouidire")),
    ],
)
def test_a_house_lives_where_that_platform_keeps_a_persons_data(
    platform: str, environ: dict[str, str], folder: PurePosixPath | PureWindowsPath
) -> None:
    assert type(folder)(home.usual(platform, environ)) == folder


def test_a_house_begun_at_the_older_place_stays_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(home.sys, "platform", "darwin")
    assert home.here() == Path("~/Library/Application Support/Ouidire")
    (tmp_path / ".local/share/ouidire").mkdir(parents=True)
    assert home.here() == Path("~/.local/share/ouidire")
    (tmp_path / "Library/Application Support/Ouidire").mkdir(parents=True)
    assert home.here() == Path("~/Library/Application Support/Ouidire")


@pytest.mark.parametrize(
    "folder", ["C:\\Users\\Zoé Müller\\Ouidire", "/Users/zoé/Library/Application Support/100 %/Ouidire"]
)
def test_spaces_accents_and_backslashes_reach_the_store_as_they_are(folder: str) -> None:
    path = PureWindowsPath(folder) / "ouidire.db" if "\\" in folder else PurePosixPath(folder) / "ouidire.db"
    settings = Settings(store=f"sqlite:///{path}", _env_file=None)  # type: ignore[call-arg]
    assert make_url(settings.store_url).database == str(path)


def test_a_house_whose_folder_has_every_odd_letter_opens(tmp_path: Path) -> None:
    from ouidire.app import App

    folder = tmp_path / "Zoé & fils, 100 % #1"
    App.open(Settings(home=folder, listen_bluesky=False, _env_file=None)).store.close()  # type: ignore[call-arg]
    assert (folder / "ouidire.db").is_file()


def test_every_file_of_the_package_that_is_not_code_goes_into_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    patterns = [one.removeprefix("**/") for one in project["tool"]["setuptools"]["package-data"]["ouidire"]]
    built = (".py", ".pyc", ".c", ".h", ".so", ".pyd")
    others = [path for path in SOURCE.rglob("*") if path.is_file() and path.suffix not in built]
    assert [str(path) for path in others if not any(fnmatch(path.name, pattern) for pattern in patterns)] == []


def test_no_file_has_a_name_that_another_system_refuses() -> None:
    names = [path.relative_to(ROOT) for part in ("src", "tests", "docs") for path in (ROOT / part).rglob("*")]
    assert [str(name) for name in names if any(letter in str(name) for letter in ':*?"<>|\\')] == []
    kept = [str(name).lower() for name in names if "__pycache__" not in name.parts]
    assert len(kept) == len(set(kept)), "macOS and Windows see no difference between A and a"
