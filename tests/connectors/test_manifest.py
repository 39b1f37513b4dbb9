from __future__ import annotations

from pathlib import Path

import pytest

from ouidire.connectors import registry
from ouidire.connectors.base import SourceContext
from ouidire.connectors.http import Http
from ouidire.connectors.manifest import Manifest, graphemes, load
from ouidire.errors import Corrupt, Permanent

GOOD = """
name = "x"
title = "X"
home = "https://x.example"
reads = "poll"
replies = false
may_learn = false
may_infer_health = false
may_store_days = 30
terms_source = "https://x.example/terms"
terms_read_on = 2026-11-21
[settings.server]
type = "url"
help = "The server."
help_fr = "Le serveur."
default = "https://x.example"
[settings.token]
type = "secret"
help = "The token."
help_fr = "Le jeton."
required = true
"""


def manifest(tmp_path: Path, text: str) -> Manifest:
    file = tmp_path / "manifest.toml"
    file.write_text(text, "utf-8")
    return load(file)


def test_a_manifest_is_read_key_for_key(tmp_path: Path) -> None:
    about = manifest(tmp_path, GOOD)
    assert (about.name, about.reads, about.may_store_days) == ("x", "poll", 30)
    assert about.settings["token"].required


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("replies = false", "replies = false\nrepleis = true", "repleis"),
        ('type = "url"', 'type = "uri"', "uri"),
        ('reads = "poll"', 'reads = "sometimes"', "sometimes"),
        ("may_learn = false", "", "may_learn"),
        ("help_fr", "aide", "aide"),
        ("terms_read_on = 2026-11-21", 'terms_read_on = "lately"', "terms_read_on"),
        ('name = "x"', "name = ", "not a manifest"),
    ],
)
def test_a_mistake_in_a_manifest_is_named(tmp_path: Path, before: str, after: str, said: str) -> None:
    with pytest.raises(Corrupt, match=said):
        manifest(tmp_path, GOOD.replace(before, after))


def test_what_was_not_filled_in_takes_its_default_and_the_rest_is_asked_for(tmp_path: Path) -> None:
    about = manifest(tmp_path, GOOD)
    assert about.complete({}, {"token": " t "}) == ({"server": "https://x.example"}, {"token": "t"})
    with pytest.raises(Permanent, match="token"):
        about.complete({"token": "in the wrong box"}, {})


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("", 0),
        ("café", 4),
        ("cafe\u0301", 4),
        ("👩‍🍳👍🏽", 2),
        ("🇫🇷🇨🇦", 2),
        ("a\r\nb", 3),
        ("☕️", 1),
        ("한국", 2),
        ("👨‍👩‍👧‍👦!", 2),
    ],
)
def test_letters_are_counted_as_a_person_counts(text: str, letters: int) -> None:
    assert graphemes(text) == letters


def test_length_is_in_the_network_s_own_unit(tmp_path: Path) -> None:
    text = "é👩‍🍳"
    lengths = [
        manifest(tmp_path, f'unit = "{unit}"\n{GOOD}').length(text) for unit in ("graphemes", "characters", "bytes")
    ]
    assert lengths == [2, 4, 13]


async def test_a_connector_that_is_not_there_is_said_with_those_that_are(http: Http) -> None:
    with pytest.raises(Permanent, match="bluesky"):
        registry.open_reader("myspace", SourceContext("s", {}, {}, http))


async def test_what_cannot_answer_opens_no_replier(http: Http) -> None:
    assert registry.open_replier("files", SourceContext("s", {"path": "x"}, {}, http)) is None
