"""Where a new mention belongs: a table of what stands around it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ouidire.domain.conversation import EdgeKind
from ouidire.domain.item import Item, ItemKind
from ouidire.relate.place import VISIT, Around, Placement, decide
from tests.builders import NOW, item

MINE, OTHER = "simulated:sim://gazouille/@nadia", "simulated:sim://gazouille/@guide"


def around(name: str = "m1", author: str = MINE, place: str | None = "p1", hours: float = -1) -> Around:
    key = f"simulated:sim://gazouille/x/{name}"
    return Around(name, key, author, place, NOW + timedelta(hours=hours), f"story {name}", f"conversation {name}")


def post(**other: object) -> Item:
    return item(written_at=NOW, **other)


REPOST = post(kind=ItemKind.REPOST, reposted_uri="sim://gazouille/x/m1")
QUOTE = post(quoted_uri="sim://gazouille/x/m1")
REPLY = post(parent_uri="sim://gazouille/x/m1")
OTHERS = around("m1", author=OTHER)

FIRST = Placement(None, None, EdgeKind.FIRST, "first_message")
ANSWERS_US = Placement("story m4", "conversation m4", EdgeKind.REPLY, "answers_us")


def under(kind: EdgeKind, because: str) -> Placement:
    return Placement("story m1", "conversation m1", kind, because, "m1")


def same_visit(name: str) -> Placement:
    return Placement(None, f"conversation {name}", EdgeKind.SAME_VISIT, "same_author_same_visit", name)


@pytest.mark.parametrize(
    ("one", "place", "related", "by_author", "ours", "expected"),
    [
        (post(), "p1", [], [], None, FIRST),
        (REPOST, None, [OTHERS], [], None, under(EdgeKind.REPOST, "repeats")),
        (QUOTE, None, [OTHERS], [], None, under(EdgeKind.QUOTE, "quotes")),
        (REPLY, None, [OTHERS], [], None, under(EdgeKind.REPLY, "answers")),
        (REPLY, None, [around()], [], None, under(EdgeKind.REPLY, "goes_on")),
        # what it hangs on weighs more than who wrote it, the nearest most
        (REPLY, "p1", [OTHERS, around("m0")], [around("m9")], "c9", under(EdgeKind.REPLY, "answers")),
        # the customer answers us
        (post(), "p1", [], [], "c7", replace(ANSWERS_US, story_id=None, conversation_id="c7")),
        (post(), "p1", [], [around("m4")], "conversation m4", ANSWERS_US),
        # one visit: an evening and the day after it, whichever was written first
        (post(), "p1", [], [around("m1", hours=-35.9)], None, same_visit("m1")),
        (post(), "p1", [], [around("m1", hours=35.9)], None, same_visit("m1")),
        (post(), "p1", [], [around("m1", hours=-36.1)], None, FIRST),
        # the nearest in time
        (post(), "p1", [], [around("m1", hours=-9), around("m2", hours=-2), around("m3", hours=5)], None,
         same_visit("m2")),
        # another place is another visit; an unknown place is any
        (post(), "p2", [], [around()], None, FIRST),
        (post(), None, [], [around()], None, same_visit("m1")),
        (post(), "p2", [], [around(place=None)], None, same_visit("m1")),
    ],
)  # fmt: skip
def test_where_a_mention_belongs(
    one: Item,
    place: str | None,
    related: list[Around],
    by_author: list[Around],
    ours: str | None,
    expected: Placement,
) -> None:
    assert decide(one, MINE, place, related, by_author, ours) == expected


def test_a_visit_lasts_an_evening_and_the_day_after() -> None:
    assert timedelta(days=1) < VISIT < timedelta(days=2)


@pytest.mark.parametrize(("kind", "relay"), [(EdgeKind.REPOST, True), (EdgeKind.QUOTE, True), (EdgeKind.REPLY, False)])
def test_reposts_and_quotes_are_relays(kind: EdgeKind, relay: bool) -> None:
    assert Placement(None, None, kind, "").is_relay is relay
