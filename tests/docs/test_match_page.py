"""What the page on matching shows is what it gives: by the command, and by the lines of Python."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ouidire.cli.main import app

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "reference" / "match.md").read_text("utf-8")


def block(title: str) -> str:
    """The indented block under a line that ends with `title`."""
    found = re.search(rf"{re.escape(title)}\n\n((?: {{4}}.*\n)+)", PAGE)
    assert found, title
    return re.sub(r"^ {4}", "", found[1], flags=re.M)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("places.jsonl", "posts.jsonl"):
        tmp_path.joinpath(name).write_text(block(f"`{name}`:"), "utf-8")
    return tmp_path


def test_the_command_of_the_example_writes_what_the_page_says(folder: Path) -> None:
    (command,) = re.findall(r"`(ouidire match .*)` writes:", PAGE)
    result = CliRunner().invoke(app, command.split()[1:])
    assert result.exit_code == 0
    assert result.stdout == block("writes:")
    assert len(result.stdout.splitlines()) == 3


def test_the_lines_of_python_print_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    exec(compile(code, "match.md", "exec"), {})
    assert capsys.readouterr().out == block("writes:")
