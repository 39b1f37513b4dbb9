"""What Apprise may be used for: the list is held to the Apprise that is installed, and loads no more than it needs."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import ouidire
from ouidire.errors import Permanent
from ouidire.notifiers import services
from ouidire.notifiers.services import READS_FILES, WHY_REFUSED, open_service

LISTS = tomllib.loads(services.FILE.read_text("utf-8"))
USED = {**LISTS["service"], **LISTS["server"]}


@pytest.fixture(scope="module")
def plugins() -> list[type]:
    from apprise.manager_plugins import NotificationManager

    manager = NotificationManager()
    manager.load_modules()
    return list({plugin for plugin in manager.plugins() if plugin})


def test_every_service_of_the_installed_apprise_was_decided_on(plugins: list[type]) -> None:
    there = {scheme for plugin in plugins for scheme in services._schemes(plugin)}
    decided = [*LISTS["service"], *LISTS["server"], *LISTS["refused"]]
    assert sorted(decided) == sorted(there)
    assert set(LISTS["refused"].values()) == set(WHY_REFUSED)
    assert len({plugin.service_name for plugin in plugins if USED.keys() & services._schemes(plugin)}) >= 100


def test_a_server_that_its_member_names_is_known_as_one(plugins: list[type]) -> None:
    """Else it would not be asked whether it lies inside our network."""
    named = {
        scheme
        for plugin in plugins
        for scheme in services._schemes(plugin)
        if any("{host}" in one for one in plugin.templates)  # type: ignore[attr-defined]
    }
    assert named & LISTS["service"].keys() == set()
    spoken = re.compile(r"https?://\{(?:self\.)?\w+\}(?![\w-]*\.)")
    sources = {one: inspect.getsource(sys.modules[f"apprise.plugins.{one}"]) for one in LISTS["service"].values()}
    in_code = {
        one for one, text in sources.items() for line in text.splitlines() if spoken.search(line.partition("#")[0])
    }
    assert in_code == {"awswhatsapp", "cliq", "kaleyra"}, "these take one of their own list"
    assert open_service("zulip://bot@127.0.0.1/" + "a" * 32).host == "127.0.0.1"


def test_what_reads_files_by_its_address_is_refused(plugins: list[type]) -> None:
    readers = {
        scheme
        for plugin in plugins
        if "AppriseAttachment(asset" in inspect.getsource(sys.modules[plugin.__module__])
        for scheme in services._schemes(plugin)
    }
    assert readers & USED.keys() == {"discord", "slack", "tgram", "workflow", "workflows", "fcm"}
    for name in READS_FILES:
        with pytest.raises(Permanent, match="would read a file"):
            open_service(f"discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?{name}=/etc/passwd")


@pytest.mark.parametrize("scheme", sorted(LISTS["refused"]))
def test_a_service_that_is_not_a_person_is_refused_with_why(scheme: str) -> None:
    with pytest.raises(Permanent, match="is not used here: it"):
        open_service(f"{scheme}://user:pass@host/x")


@pytest.mark.parametrize(
    "address", ["", "ntfy", "bogus://x", "slack://x", "https://ntfy.sh/topic", "file:///etc/passwd"]
)
def test_what_is_no_address_says_what_one_looks_like(address: str) -> None:
    with pytest.raises(Permanent):
        open_service(address)


def test_its_name_gives_no_secret_away() -> None:
    secrets = ("geheim-topic", "JHMHI8qBe7bk2ZwO5U711o3dV_js", "AAHabcdefghijklmnopqrstuvwxyz012345", "tk_secret")
    for address in (
        "ntfys://tk_secret@ntfy.example/geheim-topic",
        "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js",
        "tgram://123456789:AAHabcdefghijklmnopqrstuvwxyz012345/987654321",
        "jsons://hooks.example/geheim-topic",
    ):
        shown = open_service(address).shown
        assert shown
        assert not [secret for secret in secrets if secret in shown]


def test_a_house_that_wakes_nobody_loads_none_of_it() -> None:
    """The house has little memory to spare: what only some need is imported where it is used."""
    late = {"apprise", "requests", "http_ece", "py_vapid", "segno"}
    for file in Path(ouidire.__file__).parent.rglob("*.py"):
        for node in ast.parse(file.read_text("utf-8")).body:
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not late & {name.partition(".")[0] for name in names}, file


@pytest.mark.long
def test_one_service_loads_one_file_of_apprise() -> None:
    said = (
        "import sys; from ouidire.notifiers.services import open_service; open_service('ntfys://ntfy.sh/a');"
        "print(len([m for m in sys.modules if m.startswith('apprise.plugins.')]))"
    )
    done = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, timeout=60, check=True)
    assert int(done.stdout) <= 3
