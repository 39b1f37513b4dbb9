"""The rules of networks and of law, read from `rules.toml`: dated, with their source."""

from __future__ import annotations

import hashlib
import re
import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from ouidire.errors import Corrupt


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a rule's check is tuned with; each check reads the ones it knows."""

    max: int = 0
    window_s: int = 0
    gesture: tuple[str, ...] = ()
    condition: tuple[str, ...] = ()
    courtesy: tuple[str, ...] = ()
    words: dict[str, str] = {}

    def filled(self, patterns: tuple[str, ...]) -> list[re.Pattern[str]]:
        """`patterns` with each `<name>` replaced by that entry of `words`."""
        return [_compiled(pattern, tuple(self.words.items())) for pattern in patterns]


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of `rules.toml`. `who` is a connector's name or '*'; `read_on`: when its source was."""

    name: str
    check: str
    who: str
    what: str
    source: str
    read_on: str
    parameters: Parameters = Parameters()

    def concerns(self, connector: str) -> bool:
        return self.who in ("*", connector)


class Rulebook(msgspec.Struct, frozen=True):
    """All rules, in the order they are applied; `version` changes with any byte of the file."""

    version: str
    rules: tuple[Rule, ...]

    def named(self, name: str) -> Rule:
        """Raises `KeyError` when there is no such rule."""
        return {rule.name: rule for rule in self.rules}[name]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: tuple[Rule, ...]


def parse(text: str) -> Rulebook:
    """The rules in `text`. Raises `Corrupt` naming what is wrong: it is our own file."""
    try:
        found = msgspec.convert(tomllib.loads(text), _File)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Corrupt(f"rules.toml cannot be read: {error}") from error
    if len({rule.name for rule in found.rule}) < len(found.rule):
        raise Corrupt("rules.toml has two rules of one name.")
    return Rulebook(hashlib.sha256(text.encode()).hexdigest()[:16], found.rule)


@cache
def rulebook() -> Rulebook:
    """The rules this version of the program applies."""
    return parse(files(__package__).joinpath("rules.toml").read_text("utf-8"))


@cache
def _compiled(pattern: str, words: tuple[tuple[str, str], ...]) -> re.Pattern[str]:
    for name, meaning in words:
        pattern = pattern.replace(f"<{name}>", meaning)
    return re.compile(pattern)
