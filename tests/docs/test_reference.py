"""The reference pages are what the code says; nothing of the code is missing from them."""

from __future__ import annotations

import pytest
from scripts import reference

from ouidire.cli.main import app
from ouidire.connectors import registry
from ouidire.guard.rules import rulebook
from ouidire.notifiers import registry as notifiers
from ouidire.settings import Settings
from ouidire.store.schema import metadata

PAGES = reference.pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_reference_page_is_what_the_code_says(name: str) -> None:
    assert (reference.FOLDER / name).read_text("utf-8") == PAGES[name], "run: make docs"


def test_no_page_is_left_over() -> None:
    assert {file.name for file in reference.FOLDER.iterdir()} == set(PAGES)


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_has_its_line_and_its_help(name: str) -> None:
    lines = [line for line in PAGES["settings.md"].splitlines() if line.startswith(f"| `OUIDIRE_{name.upper()}` |")]
    assert len(lines) == 1
    assert Settings.model_fields[name].description in lines[0].replace("\\|", "|")


@pytest.mark.parametrize("command", app.registered_commands, ids=reference.command_name)
def test_every_command_is_told_with_what_it_promises(command: reference.CommandInfo) -> None:
    _, _, section = PAGES["cli.md"].partition(f"## ouidire {reference.command_name(command)}\n")
    promise = (command.callback.__doc__ or "").strip().splitlines()[0] if command.callback else ""
    assert promise
    assert section.strip().startswith(promise)


@pytest.mark.parametrize("name", registry.names())
def test_every_connector_and_each_of_its_settings_is_told(name: str) -> None:
    section = PAGES["connectors.md"].partition(f"## {registry.manifest(name).title}\n")[2].partition("\n## ")[0]
    assert section
    assert [one for one in registry.manifest(name).settings if f"| `{one}` |" not in section] == []
    assert [level for level in ("bronze", "silver", "gold") if f"**{level}**" not in section] == []


def test_every_notifier_table_and_rule_has_its_line() -> None:
    assert [one for one in notifiers.names() if f"| `{one}` |" not in PAGES["notifiers.md"]] == []
    assert [one for one in metadata.tables if f"\n## {one}\n" not in PAGES["tables.md"]] == []
    assert [one.name for one in rulebook().rules if f"| `{one.name}` |" not in PAGES["guard-rules.md"]] == []
    assert PAGES["reading-rules.md"].count("\n| `") == len(reference.rules().rules) + len(reference.rules().cues)


def test_every_operation_scope_and_problem_of_the_api_has_its_line() -> None:
    told = [f"| `{method.upper()} {path}` |" for path, method, _ in reference.operations(reference.DOCUMENT)]
    told += [f"| `{one.value}` |" for one in reference.Scope] + [f"| `{name}` |" for name in reference.KINDS]
    assert [one for one in told if PAGES["api.md"].count(f"\n{one}") != 1] == []
