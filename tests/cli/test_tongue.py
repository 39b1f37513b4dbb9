"""The terminal speaks French to who has a French system, whatever is said: help, errors, questions."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
import typer
from rich.console import Console

from ouidire.cli import doctor, tongue
from ouidire.cli.main import app, main
from ouidire.locale import stored, translator
from ouidire.settings import Settings

FR = translator("fr")


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "C.UTF-8", "LANGUAGE": "fr"}, "en"),
        ({"LANG": "fr_CA.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "de_DE.UTF-8", "LANGUAGE": "de:fr:en"}, "fr"),
        ({"LANG": "de_DE.UTF-8"}, "en"),
    ],
)
def test_the_usual_variables_say_which_language(environ: dict[str, str], language: str) -> None:
    assert tongue.language(environ) == language


def test_windows_says_it_in_its_own_way() -> None:
    assert tongue.language({}, windows="fr_BE") == "fr"


def test_every_line_of_help_has_its_french() -> None:
    assert [line for line in tongue.help_texts(app) if FR.gettext(line) == line] == []
    command = typer.main.get_command(app)
    tongue.translate_help(command, FR)
    assert command.commands["doctor"].help.startswith("Tout examiner")  # type: ignore[attr-defined]


def test_every_setting_says_in_french_what_it_means() -> None:
    meanings = [str(one.description) for one in Settings.model_fields.values()]
    assert [one for one in meanings if FR.gettext(one) == one] == []


async def test_the_doctor_speaks_french_and_leaves_no_finding_in_english(tmp_path: Path) -> None:
    out = io.StringIO()
    settings = Settings(home=tmp_path, _env_file=None)  # type: ignore[call-arg]
    await doctor.look(settings, Console(file=out, width=400), FR)
    findings = [line[3:] for line in out.getvalue().splitlines() if line[1:2] in "✓!"]
    assert len(findings) >= 4
    assert not any(word in line for line in findings for word in (" the ", " is ", " are ", " can "))


@pytest.mark.parametrize(
    "sentence",
    [
        "No business is set up yet: start `ouidire up` and open its page first.",
        "The address 127.0.0.1:80 cannot be used (Permission denied). Choose another with --port, e.g. --port 0.",
        "The store was written by a newer release (its form is 0099): install that one, or restore.",
        "OUIDIRE_STORE is 'mysql://x': expected sqlite:///FILE or postgresql://USER@HOST/DATABASE.",
        "Bluesky is deaf since 2026-10-17 19:26 UTC: No Jetstream server is set.",
        "Nobody signs in with nadia@example.org.",
    ],
)
def test_errors_of_the_terminal_have_their_french(sentence: str) -> None:
    assert stored.say(FR, sentence) != sentence


def test_a_console_that_lacks_letters_gets_a_mark_instead_of_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp437", write_through=True))
    monkeypatch.setattr(sys, "argv", ["ouidire", "doctor"])
    monkeypatch.setenv("LC_ALL", "fr_FR.UTF-8")
    monkeypatch.setenv("OUIDIRE_PORT", "x")
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert "Le réglage OUIDIRE_PORT n?est pas utilisable" in written.getvalue().decode("cp437")
