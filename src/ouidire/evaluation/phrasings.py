"""Phrasings: how people write about a business, with slots that real places fill.

A line of `phrasings_train.jsonl` or `phrasings_test.jsonl` is one of them. The test half was written by somebody who
had seen neither the rules nor the training half; it is read for the final figures alone. `phrasings_contrasts.jsonl`
only teaches: all of it names a sister of the place that is meant.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

from ouidire.errors import BadInput
from ouidire.evaluation.gather import words_of

TEST_SHA256 = "6152f56d41c7727e735f3ca4434da94534904bc41746a273c55358853b2347ad"
"""Of the test half, as it was written; no line of it has been changed since."""

SLOT = re.compile(r"\{([a-z.]+)(?::([a-z]+))?\}")
NAMES = frozenset(("", "lower", "upper", "plain", "typo", "glued", "tag", "short", "nick"))
SLOTS: Mapping[str, frozenset[str]] = {
    "name": NAMES,
    "handle": frozenset(("",)),
    "street": frozenset(("", "short")),
    "town": frozenset(("", "lower", "tag")),
    **{
        slot: frozenset(("",))
        for slot in words_of(
            "number district postcode landmark sister.street sister.town sister.district other.town other.name "
            "other.street product role person"
        )
    },
}
NEEDS = frozenset(("chain", "single", "sisters_in_town", "alone_in_town", "common", "homonym", "rare"))
BESIDE: Mapping[str, frozenset[object]] = {
    "geo": frozenset(("near", "far")),
    "venue": frozenset((True,)),
    "reply": frozenset((True,)),
    "regular": frozenset((True,)),
    "hours": frozenset(("open", "closed")),
}
CATEGORIES = words_of(
    "restaurant bar cafe bakery pharmacy hotel shop clothes supermarket hairdresser bank telecom museum health "
    "fast_food"
)


@dataclass(frozen=True)
class Phrasing:
    """One way to say it. `is_about_us`: its author speaks of the organisation whose place fills the slots."""

    number: int
    text: str
    language: str
    is_about_us: bool
    needs: frozenset[str] = frozenset()
    beside: Mapping[str, object] | None = None
    categories: frozenset[str] = frozenset()
    hand: int = 1
    """Who wrote it, where several did: what is learned from one must hold for the others."""

    @cached_property
    def slots(self) -> tuple[tuple[str, str], ...]:
        """Slot and form of each, in the order of the text: ("name", "lower")."""
        return tuple((found[1], found[2] or "") for found in SLOT.finditer(self.text))

    def has(self, slot: str) -> bool:
        return any(name == slot for name, _ in self.slots)

    @property
    def names(self) -> tuple[str, ...]:
        """The forms in which the organisation's name stands in it; "" is the exact one."""
        return tuple(form for name, form in self.slots if name == "name")

    @property
    def says_who(self) -> bool:
        """Does anything in it or beside it point to an organisation at all?"""
        beside = self.beside or {}
        return bool(self.names) or self.has("handle") or any(one in beside for one in ("venue", "reply", "regular"))

    @property
    def literal(self) -> str:
        """The text without its slots."""
        return SLOT.sub(" \N{BULLET} ", self.text)


def load(name: str) -> list[Phrasing]:
    """The phrasings of a half, "train" or "test", or "contrasts", which only teach.

    Raises `BadInput`: there is no such file, or a line is wrong.
    """
    path = files("ouidire.evaluation").joinpath(f"phrasings_{name}.jsonl")
    if not path.is_file():
        raise BadInput(f"There are no phrasings called {name}.")
    return list(parse(path.read_text("utf-8").splitlines()))


def parse(lines: Sequence[str]) -> Iterator[Phrasing]:
    """Each line as a phrasing, numbered from 1. Raises `BadInput` that names the line and what is wrong with it."""
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BadInput(f"Line {number} is not JSON: {error}.") from error
        if wrong := _wrong(row):
            raise BadInput(f"Line {number}: {wrong}.")
        yield Phrasing(
            number, row["text"], row["lang"], row["means"] == "us", frozenset(row.get("needs", ())),
            row.get("beside") or {}, frozenset(row.get("category", ())), row.get("hand", 1),
        )  # fmt: skip


def _wrong(row: object) -> str:
    """What is wrong with a line; "" when nothing is."""
    if not isinstance(row, dict) or not isinstance(row.get("text"), str) or not row["text"].strip():
        return "it has no text"
    if unknown := set(row) - {"text", "lang", "means", "needs", "beside", "category", "hand"}:
        return f"nobody knows what {min(unknown)} is"
    if row.get("lang") not in ("fr", "en") or row.get("means") not in ("us", "nobody"):
        return "lang is fr or en, means is us or nobody"
    if unknown := (set(row.get("needs", ())) - NEEDS) | (set(row.get("category", ())) - CATEGORIES):
        return f"{min(unknown)} is neither a need nor a category"
    for key, value in (row.get("beside") or {}).items():
        if value not in BESIDE.get(key, ()):
            return f"{key} beside it cannot be {value}"
    for found in SLOT.finditer(row["text"]):
        if (found[2] or "") not in SLOTS.get(found[1], ()):
            return f"there is no slot {found[0]}"
    return "a brace stands alone" if re.search(r"[{}]", SLOT.sub("", row["text"])) else ""
