"""Recorded days: who said what, where and when, and what the people of the house did about it.

A day is two files: `<name>.toml` (the business, its people, what they do) and `<name>.jsonl` (what the world says).
Everybody in them is invented.
"""

from __future__ import annotations

import tomllib
from datetime import date, datetime, time
from enum import StrEnum
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

import msgspec


class LineKind(StrEnum):
    POST = "post"
    REPLY = "reply"
    QUOTE = "quote"
    REPOST = "repost"
    EDIT = "edit"
    DELETE = "delete"


class Line(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One thing somebody does at `at` (local time of the day's zone, HH:MM).

    `ref` names it so that a later line can speak `to` it. `about` is the truth: the key of the place meant, "brand"
    when no place is, "" when it concerns nobody here. With `after_answer` (a ref) the line waits until one of our
    accounts has answered in that thread, and answers that answer.
    """

    at: str
    network: str
    author: str
    name: str = ""
    kind: LineKind = LineKind.POST
    ref: str = ""
    to: str = ""
    text: str = ""
    lang: str = "fr"
    geo: tuple[float, float] | None = None
    rating: float | None = None
    listing_id: str = ""
    about: str = ""
    after_answer: str = ""


class ActionKind(StrEnum):
    TAKE = "take"
    REPLY = "reply"
    NOTE = "note"
    GESTURE = "gesture"


class Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a member does at `at` about the post named `about`; the viewer may do it instead."""

    at: str
    kind: ActionKind
    member: str
    about: str
    text: str = ""


class PlaceFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str
    name: str
    street: str
    town: str
    postcode: str
    coordinates: tuple[float, float]
    district: str = ""
    country: str = "FR"
    time_zone: str = "Europe/Paris"
    listing_ids: tuple[str, ...] = ()


class WatchFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    place: str = ""
    names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    handles: tuple[str, ...] = ()
    hashtags: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    near: tuple[str, ...] = ()


class MemberFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    key: str
    email: str
    name: str
    role: str
    language: str = "fr"
    places: tuple[str, ...] = ()


class AccountFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    network: str
    handle: str
    name: str


class Scene(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The head of a day, as its TOML file says it. `on` is a date that suits it; `summary` is for a person."""

    title: str
    title_fr: str
    summary: str
    summary_fr: str
    zone: str
    on: date
    organisation: str
    language: str
    places: tuple[PlaceFacts, ...]
    watches: tuple[WatchFacts, ...]
    members: tuple[MemberFacts, ...]
    accounts: tuple[AccountFacts, ...]
    actions: tuple[Action, ...]


class Day(msgspec.Struct, frozen=True):
    name: str
    scene: Scene
    lines: tuple[Line, ...]

    def moment(self, at: str, on: date | None = None) -> datetime:
        """`at` o'clock of this day, aware, on the day's own clock."""
        return datetime.combine(on or self.scene.on, time.fromisoformat(at), ZoneInfo(self.scene.zone))


def names() -> tuple[str, ...]:
    """The recorded days."""
    found = (file.name for file in files(__package__).iterdir() if file.name.endswith(".toml"))
    return tuple(sorted(name.removesuffix(".toml") for name in found))


@cache
def load(name: str) -> Day:
    """The day called `name`. Raises `msgspec.ValidationError` naming the field when a file is wrong: it is ours."""
    folder = files(__package__)
    scene = msgspec.convert(tomllib.loads(folder.joinpath(f"{name}.toml").read_text("utf-8")), Scene)
    lines = folder.joinpath(f"{name}.jsonl").read_bytes().splitlines()
    return Day(name, scene, tuple(msgspec.json.decode(line, type=Line) for line in lines))
