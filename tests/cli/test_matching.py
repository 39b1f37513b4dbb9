"""`ouidire match` as a pipeline runs it: real processes' streams, bad lines, exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ouidire.cli.main import app

PLACES = """{"id": "lulu", "name": "Chez Lulu", "town": "Niort"}
{"id": "lune", "name": "Café Lune", "town": "Paris"}
{"id": "lune"
"""
POSTS = """{"id": "1", "text": "Très bon repas Chez Lulu à Niort"}
{"id": "2", "text": "rien à voir"}
oops
{"id": "3", "text": "le Café Lune, à Paris"}
"""


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LANG", "C")
    monkeypatch.setenv("COLUMNS", "200")
    tmp_path.joinpath("places.jsonl").write_text(PLACES, "utf-8")
    tmp_path.joinpath("posts.jsonl").write_text(POSTS, "utf-8")
    return tmp_path


def run(folder: Path, *words: str, places: str = "places.jsonl", posts: str = "posts.jsonl") -> Result:
    given = ["match", "--places", str(folder / places), "--posts", posts if posts == "-" else str(folder / posts)]
    return CliRunner().invoke(app, [*given, *words], input=POSTS if posts == "-" else None)


def test_decisions_are_the_only_thing_on_the_standard_output(files: Path) -> None:
    result = run(files)
    assert result.exit_code == 0
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(one["post_id"], one["organisation_id"], one["place_id"]) for one in lines] == [
        ("1", "lulu", "lulu"), ("3", "lune", "lune"),
    ]  # fmt: skip
    told = " ".join(result.stderr.split())
    assert "places.jsonl, line 3: it cannot be read" in told
    assert "2 places · 2 organisations" in told
    assert "posts.jsonl, line 3: it cannot be read (JSON is malformed: invalid character (byte 0))." in told
    assert "3 posts read in" in told
    assert told.endswith("2 decisions written. 1 line left out.")


def test_posts_come_from_the_standard_input_and_decisions_go_to_a_file_when_all_are_made(files: Path) -> None:
    whole = run(files).stdout
    result = run(files, "--out", str(files / "out.jsonl"), posts="-")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "stdin, line 3" in result.stderr
    assert (files / "out.jsonl").read_text("utf-8") == whole
    assert sorted(one.name for one in files.iterdir()) == ["out.jsonl", "places.jsonl", "posts.jsonl"]


def test_what_cannot_be_done_at_all_ends_with_one_and_leaves_no_file(files: Path) -> None:
    files.joinpath("nonsense").write_text("x\ny\n", "utf-8")
    files.joinpath("empty.jsonl").write_text("", "utf-8")
    out = str(files / "out.jsonl")
    for result, said in (
        (run(files, "--out", out, posts="nonsense"), "Not one post of"),
        (run(files, "--out", out, posts="nowhere"), "There is no file at"),
        (run(files, "--out", out, places="empty.jsonl"), "There is no place in empty.jsonl that can be looked for."),
        (run(files, "--out", str(files / "nowhere" / "out.jsonl")), "cannot be written"),
    ):
        assert result.exit_code == 1
        assert said in " ".join(result.output.split())
    assert not (files / "out.jsonl").exists()
    assert run(files, posts="empty.jsonl").exit_code == 0
    assert CliRunner().invoke(app, ["match"]).exit_code == 2


def test_the_first_bad_lines_are_named_and_the_others_counted(files: Path) -> None:
    files.joinpath("bad.jsonl").write_text("oops\n" * 50 + '{"id": 1, "text": "Chez Lulu, Niort"}', "utf-8")
    told = run(files, posts="bad.jsonl").stderr
    assert told.count("bad.jsonl, line") == 19  # the list of places took one
    assert "More such lines follow; they are only counted." in told
    assert "50 lines left out." in told


def test_a_live_stream_is_answered_line_by_line_and_a_reader_that_left_ends_it(files: Path) -> None:
    command = [sys.executable, "-m", "ouidire", "match", "--places", str(files / "places.jsonl"), "--posts", "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, encoding="utf-8", **pipes) as process:  # type: ignore[call-overload]
        for n in range(3):
            process.stdin.write(json.dumps({"id": n, "text": "Chez Lulu à Niort"}) + "\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["post_id"] == str(n)
        process.stdout.close()
        process.stdin.write(json.dumps({"id": 9, "text": "Chez Lulu à Niort"}) + "\n")
        process.stdin.close()
        assert process.wait(20) == 0
        assert "Traceback" not in process.stderr.read()
