"""Chatter: the same for the same seed, never the same twice, shaped as the real firehose."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import islice

import msgspec

from ouidire.demo import chatter
from ouidire.demo.rig import Rig


def test_the_same_seed_says_the_same_and_another_seed_something_else() -> None:
    assert list(chatter.chats(200, seed=7)) == list(chatter.chats(200, seed=7))
    assert list(chatter.chats(200, seed=7)) != list(chatter.chats(200, seed=8))
    assert list(chatter.jetstream_lines(200, 7)) == list(chatter.jetstream_lines(200, 7))


def test_nobody_says_the_same_twice() -> None:
    assert len({post.text for post in chatter.chats(50_000, seed=3)}) == 50_000


def test_every_combination_comes_before_any_comes_again() -> None:
    assert math.gcd(chatter._STRIDE, chatter.DISTINCT) == 1
    assert chatter.DISTINCT == math.prod(map(len, chatter._ENGLISH)) > 15_000_000
    assert chatter.chat(2 * chatter.DISTINCT).text == chatter.chat(0).text


def test_both_languages_and_many_authors_speak() -> None:
    posts = list(chatter.chats(2_000))
    assert Counter(post.lang for post in posts) == {"fr": 1_000, "en": 1_000}
    assert len({post.author for post in posts}) > 1_000


def test_lines_look_as_jetstream_sends_them() -> None:
    events = [msgspec.json.decode(line) for line in chatter.jetstream_lines(2_000, 1)]
    kinds = Counter((event["commit"]["operation"], event["commit"]["collection"]) for event in events)
    assert set(kinds) == {
        ("create", "app.bsky.feed.post"),
        ("create", "app.bsky.feed.repost"),
        ("delete", "app.bsky.feed.post"),
    }
    assert kinds["create", "app.bsky.feed.post"] > 1_600
    for event in events:
        assert re.fullmatch(r"did:plc:[a-z2-7]{24}", event["did"])
        assert re.fullmatch(r"[2-7a-z]{13}", event["commit"]["rkey"])
        assert event["kind"] == "commit"
    times = [event["time_us"] for event in events]
    assert times == sorted(set(times))
    keys = [event["commit"]["rkey"] for event in events if event["commit"]["operation"] == "create"]
    assert keys == sorted(set(keys))


def test_mentions_come_exactly_as_often_as_asked_and_name_each_in_turn() -> None:
    lines = chatter.jetstream_lines(1_000, 1, mention_every=50, names=("Café Lune", "Chez Zoé"))
    texts = [msgspec.json.decode(line)["commit"].get("record", {}).get("text", "") for line in lines]
    assert [sum(name in text for text in texts) for name in ("Café Lune", "Chez Zoé")] == [10, 10]


def test_a_lookalike_hides_the_name_inside_a_word() -> None:
    lines = chatter.jetstream_lines(100, 1, lookalike_every=10, names=("Lune",))
    texts = [msgspec.json.decode(line)["commit"].get("record", {}).get("text", "") for line in lines]
    assert sum("néoluneisme" in text for text in texts) == 10
    assert not any(re.search(r"\blune\b(?! s’est)", text, re.I) for text in texts)


def test_it_is_made_as_it_is_asked_for() -> None:
    endless = chatter.jetstream_lines(10**12)
    assert len(list(islice(endless, 3))) == 3


async def test_it_can_be_poured_into_a_network(rig: Rig) -> None:
    await chatter.pour(rig, "ciel", 30, per_s=1_000, seed=2)
    page = (await rig.http.request("GET", f"{rig.world_url}/ciel/")).body.decode()
    assert chatter.chat(29, 2).text in page
