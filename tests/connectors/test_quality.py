"""`quality.toml` says of each connector what is done; these tests hold what can be held."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from pathlib import Path

import pytest

from ouidire.connectors import registry

SCALE = {
    "bronze": {"manifest", "fixtures", "contract", "limits", "credentials_tested", "readme"},
    "silver": {
        *("revoked_key", "too_many_requests", "server_errors", "changed_schema"),
        *("says_when_deaf", "edits_and_deletions", "reply_confirmed"),
    },
    "gold": {"streaming", "back_fill", "diagnostics", "real_server"},
}
HOUSE = files("ouidire.connectors")
TESTS = Path(__file__).parent
QUALITY = tomllib.loads(HOUSE.joinpath("quality.toml").read_text("utf-8"))
NAMES = registry.names()


def test_every_connector_is_on_the_scale_and_nothing_else_is() -> None:
    assert set(QUALITY) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_line_of_the_scale_is_done_or_todo_or_exempt_for_a_reason(name: str) -> None:
    assert {level: set(lines) for level, lines in QUALITY[name].items()} == SCALE
    for level in QUALITY[name].values():
        for line in level.values():
            assert line in ("done", "todo") or (line.startswith("exempt: ") and len(line) > 15)


@pytest.mark.parametrize("name", NAMES)
def test_what_bronze_claims_lies_in_the_folder(name: str) -> None:
    bronze, folder = QUALITY[name]["bronze"], HOUSE.joinpath(name)
    about = registry.manifest(name)
    assert folder.joinpath("reader.py").is_file() is (about.reads != "none")
    assert folder.joinpath("replier.py").is_file() is about.replies
    if bronze["contract"] == "done":
        assert (TESTS / name / "contract.py").is_file()
    if bronze["fixtures"] == "done":
        assert [file for file in (TESTS / name).iterdir() if file.suffix in (".jsonl", ".json", ".csv", ".py")]
    if bronze["limits"] == "done" and about.replies:
        assert about.max_reply_length
        assert about.reply_rate


@pytest.mark.parametrize("name", NAMES)
def test_every_connector_has_a_page(name: str) -> None:
    assert HOUSE.joinpath(name, "README.md").read_text("utf-8").startswith(f"# {registry.manifest(name).title}\n")


@pytest.mark.parametrize("name", [name for name in NAMES if QUALITY[name]["bronze"]["readme"] == "done"])
def test_the_page_says_what_is_heard_how_to_connect_and_on_what_terms(name: str) -> None:
    page = HOUSE.joinpath(name, "README.md").read_text("utf-8")
    for heading in ("## What it hears", "## How to connect", "## Terms and limits"):
        assert heading in page
    for setting in registry.manifest(name).settings:
        assert f"`{setting}`" in page, f"the setting {setting} is not explained"
    assert str(registry.manifest(name).terms_read_on) in page


@pytest.mark.parametrize("name", NAMES)
def test_a_network_does_not_know_another(name: str) -> None:
    others = [f"connectors.{other}" for other in NAMES if other != name]
    folder = Path(str(HOUSE.joinpath(name)))
    known = [
        (file.name, other) for file in folder.rglob("*.py") for other in others if other in file.read_text("utf-8")
    ]
    assert known == []
