"""What a connector says about itself and its network's terms, as data with a source and a date."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from datetime import date
from importlib.resources.abc import Traversable
from typing import Literal

import msgspec

from ouidire.errors import Corrupt, Permanent

Reads = Literal["stream", "poll", "file", "none"]
Unit = Literal["graphemes", "characters", "bytes"]


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One thing to fill in; the form, the command line and the docs are drawn from it."""

    type: Literal["url", "text", "secret", "file"]
    help: str
    help_fr: str
    default: str = ""
    required: bool = False


class Rate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """At most `count` replies in any `per_s` seconds."""

    count: int
    per_s: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`manifest.toml`, key for key. `may_store_days` 0: as long as the post exists; `max_reply_length` 0: no limit.

    `calls`: the network calls us, where this house can be reached. `looks_first`: what stands there is shown before a
    source is kept.
    """

    name: str
    title: str
    home: str
    reads: Reads
    replies: bool
    calls: bool = False
    looks_first: bool = False
    may_learn: bool
    may_infer_health: bool
    may_store_days: int
    terms_source: str
    terms_read_on: date
    max_reply_length: int = 0
    unit: Unit = "characters"
    max_reply_links: int | None = None
    reply_rate: Rate | None = None
    settings: dict[str, Setting] = {}

    def length(self, text: str) -> int:
        """How long `text` is in this network's `unit`."""
        if self.unit == "bytes":
            return len(text.encode("utf-8", "surrogatepass"))
        return graphemes(text) if self.unit == "graphemes" else len(text)

    def complete(
        self, settings: Mapping[str, str], secrets: Mapping[str, str]
    ) -> tuple[dict[str, str], dict[str, str]]:
        """`settings` and `secrets` with defaults filled in. Raises `Permanent` when a required one is missing."""
        open_ones: dict[str, str] = {}
        kept: dict[str, str] = {}
        for name, setting in self.settings.items():
            given, to = (secrets, kept) if setting.type == "secret" else (settings, open_ones)
            value = given.get(name, "").strip() or setting.default
            if setting.required and not value:
                raise Permanent(f"{self.title} needs “{name}”: {setting.help}")
            if value:
                to[name] = value
        return open_ones, kept


def load(file: Traversable) -> Manifest:
    """The manifest in `file`. Raises `Corrupt` naming the key that is wrong: it is our own file."""
    try:
        return msgspec.convert(tomllib.loads(file.read_text("utf-8")), Manifest)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Corrupt(f"{file} is not a manifest: {error}") from error


_JOINER = "\u200d"


def graphemes(text: str) -> int:
    """What a person would count as letters: an accent, a skin tone or a joined emoji adds nothing."""
    count, joined, flags = 0, False, 0
    for letter in text:
        point = ord(letter)
        flag = 0x1F1E6 <= point <= 0x1F1FF
        flags = flags + 1 if flag else 0
        extends = (
            letter == _JOINER
            or unicodedata.category(letter) in ("Mn", "Me", "Mc")
            or 0x1F3FB <= point <= 0x1F3FF
            or 0xE0020 <= point <= 0xE007F
        )
        if not (extends or joined or (flag and flags % 2 == 0)):
            count += 1
        joined = letter == _JOINER
    return count - text.count("\r\n")
