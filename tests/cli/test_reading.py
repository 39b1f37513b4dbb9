"""`ouidire read`: in words for a person, as JSON lines for programs; a bad line costs itself alone."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ouidire.cli.main import app

run = CliRunner(env={"LANG": "en_GB.UTF-8", "LC_ALL": "en_GB.UTF-8", "COLUMNS": "200"})
ROACH = "Merci à Mathis, le serveur, mais il y avait un cafard dans la salade"


@pytest.mark.parametrize("fast", [[], ["--fast"]], ids=["both", "first"])
def test_a_person_is_told_what_it_means_and_why(fast: list[str]) -> None:
    done = run.invoke(app, ["read", *fast, ROACH])
    assert done.exit_code == 0, done.output
    rows = {line[:24].split("  ")[0]: line for line in done.output.splitlines()}
    assert "someone may be in danger · vermin" in rows["Urgency"]
    assert "cafard" in rows["Urgency"]
    assert rows["Hidden"].endswith("Mathis")
    assert "100%" not in done.output
    assert ("e5" in rows["Read by"]) is (not fast)


def test_no_text_is_said_so() -> None:
    done = run.invoke(app, ["read", " "])
    assert done.exit_code != 0
    assert "Give the text between quotes" in done.output + str(done.exception)


def test_a_stream_keeps_its_ids_and_loses_bad_lines_alone() -> None:
    posts = [{"id": 7, "text": ROACH}, {"id": "b", "text": ""}, {"id": "c", "text": "x" * 100_000}]
    lines = b"\n".join([json.dumps(one).encode() for one in posts] + [b'{"id": 9}', b"\xff{"])
    done = run.invoke(app, ["read", "--jsonl"], input=lines)
    assert done.exit_code == 0, done.output
    found = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert [one["id"] for one in found] == [7, "b", "c"]
    first = found[0]
    assert first["urgency"] == {"level": 3, "because": ["pests"]}
    assert [ROACH[a:b] for a, b in first["staff"]] == ["Mathis"]
    assert sum(first["sentiment"]["p"]) == pytest.approx(1, abs=0.001)
    assert set(first) == {"id", "language", "sentiment", "aspects", "act", "urgency", "staff", "sure", "reader"}


def test_a_stream_of_nothing_readable_ends_in_an_error() -> None:
    done = run.invoke(app, ["read", "--jsonl"], input=b"no json\n")
    assert done.exit_code != 0
