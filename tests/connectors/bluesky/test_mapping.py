from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ouidire.connectors.bluesky.mapping import jetstream, split_uri
from ouidire.connectors.families.atproto import Heard, written_at
from ouidire.domain.item import Gone, Item, ItemKind
from ouidire.errors import Permanent

from .jetstream import T0, event, post

HERE = Path(__file__).parent
LATER = T0 + 10**12
DATA = Path(os.environ.get("OUIDIRE_DATA", Path(__file__).parents[4] / "shared" / "data")) / "pay-bluesky-jetstream"


def frames(name: str) -> list[bytes]:
    return (HERE / name).read_bytes().splitlines()


def heard(*frames: bytes) -> Heard:
    return jetstream().decode(frames, LATER)


@pytest.fixture(scope="module")
def day() -> dict[str, Item]:
    """Our invented day, by the last part of each address; a later revision replaces an earlier one."""
    return {item.uri.rpartition("/")[2]: item for item in heard(*frames("frames.jsonl")).items}


def test_a_post_comes_with_everything_that_it_says(day: dict[str, Item]) -> None:
    item = heard(*frames("frames.jsonl")).items[0]
    assert item == Item(
        connector="bluesky",
        uri="at://did:plc:chloe/app.bsky.feed.post/3kpost1",
        author=item.author,
        text="Trente minutes d’attente au Café Lune ☹️ @cafelune.fr #attente voir lune.example/menu",
        written_at=datetime(2026, 9, 21, 14, 13, 19, 500_000, UTC),
        url="https://bsky.app/profile/did:plc:chloe/post/3kpost1",
        languages=("fr",),
        links=("https://lune.example/menu",),
        addressed=("did:plc:lune",),
        hashtags=("attente",),
        revision="bafyreicid3kpost1",
    )
    assert (item.author.uri, item.author.handle) == ("did:plc:chloe", "chloe.bsky.social")


def test_a_reply_names_its_parent_and_its_root(day: dict[str, Item]) -> None:
    assert day["3kpost2"].relations() == (
        "at://did:plc:ada/app.bsky.feed.post/3kother",
        "at://did:plc:chloe/app.bsky.feed.post/3kpost1",
    )


@pytest.mark.parametrize(("rkey", "picture"), [("3kpost3", True), ("3kpost4", False)])
def test_a_quote_is_found_with_and_without_a_picture(day: dict[str, Item], rkey: str, picture: bool) -> None:
    assert day[rkey].quoted_uri == "at://did:plc:chloe/app.bsky.feed.post/3kpost1"
    assert day[rkey].has_picture is picture


def test_a_link_on_a_card_is_a_link(day: dict[str, Item]) -> None:
    assert day["3kpost5"].links == ("https://blog.example/lune",)


def test_a_repost_has_no_words_of_its_own(day: dict[str, Item]) -> None:
    item = day["3krepost1"]
    assert (item.kind, item.text, item.reposted_uri) == (
        ItemKind.REPOST,
        "",
        "at://did:plc:chloe/app.bsky.feed.post/3kpost1",
    )


def test_an_edit_is_the_same_item_with_another_revision() -> None:
    first, second = (i for i in heard(*frames("frames.jsonl")).items if i.uri.endswith("/3kpost1"))
    assert first.key == second.key
    assert first.revision != second.revision
    assert "Merci" in second.text


def test_a_time_in_the_future_is_the_time_it_was_heard(day: dict[str, Item]) -> None:
    assert day["3kfuture"].written_at == datetime.fromtimestamp((T0 + 9_000) / 1e6, UTC)


def test_a_time_that_is_none_is_the_time_it_was_heard(day: dict[str, Item]) -> None:
    assert day["3kodd1"].written_at == datetime.fromtimestamp((T0 + 9_100) / 1e6, UTC)


def test_odd_facets_do_not_cost_the_words(day: dict[str, Item]) -> None:
    assert (day["3kodd2"].text, day["3kodd2"].languages) == ("Odd languages, and facets that are none", ())


def test_a_nul_is_kept_nowhere(day: dict[str, Item]) -> None:
    item = day["3kodd3"]
    assert (item.text, item.hashtags, item.languages) == ("With a NUL here", ("ab",), ("fr",))


def test_deletions_and_accounts_that_left_are_gone() -> None:
    assert heard(*frames("frames.jsonl")).gone == [
        Gone("bluesky", uri="at://did:plc:paul/app.bsky.feed.post/3kpost2", author_uri="did:plc:paul"),
        Gone("bluesky", uri="at://did:plc:ville/app.bsky.feed.repost/3krepost1", author_uri="did:plc:ville"),
        Gone("bluesky", author_uri="did:plc:left"),
        Gone("bluesky", author_uri="did:plc:taken"),
        Gone("bluesky", author_uri="did:plc:paused"),
    ]


def test_what_is_not_for_us_is_counted_and_not_dropped() -> None:
    found = heard(*frames("frames.jsonl"))
    assert (found.heard, found.dropped) == (len(frames("frames.jsonl")), [])
    assert found.last_us == T0 + 9_800


def test_what_is_broken_is_dropped_with_a_reason_and_its_beginning() -> None:
    broken = frames("broken.jsonl")
    found = heard(*broken)
    assert (len(found.dropped), found.items, found.gone) == (len(broken), [], [])
    assert all(drop.reason and len(drop.sample) <= 200 for drop in found.dropped)


def test_a_time_far_ahead_moves_no_cursor() -> None:
    assert heard(post("now", 1), event(10**12, "did:plc:a", "create", "k", {"text": "x"})).last_us == T0 + 1000


def test_a_post_with_ten_thousand_links_is_bounded() -> None:
    facet = {"features": [{"uri": f"https://{n}.example"} for n in range(10_000)]}
    (item,) = heard(post("many", 1, facets=[facet] * 3, tags=["x"] * 10_000, langs=["fr"] * 10_000)).items
    assert len(item.links) <= 64
    assert len(item.hashtags) <= 64
    assert len(item.languages) <= 8


@given(st.binary(max_size=300))
def test_no_bytes_can_stop_it(frame: bytes) -> None:
    found = jetstream().decode([frame], LATER)
    assert found.heard == 1


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["text", "langs", "reply", "embed", "facets", "record", "uri", "root"]), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=200)
@given(_json)
def test_no_record_can_stop_it(record: object) -> None:
    found = jetstream().decode([event(1, "did:plc:a", "create", "k", record)], LATER)
    assert len(found.items) + len(found.dropped) == 1


@given(st.text(max_size=40))
def test_a_written_time_is_never_after_it_was_heard(said: str) -> None:
    assert written_at(said, T0) <= datetime.fromtimestamp(T0 / 1e6, UTC)


@pytest.mark.parametrize(
    "uri", ["", "https://bsky.app/x", "at://did:plc:a", "at://ada.example/c/r", "at://did:plc:a//r"]
)
def test_what_is_no_address_of_a_post_is_said(uri: str) -> None:
    with pytest.raises(Permanent):
        split_uri(uri)


def recorded(name: str) -> list[bytes]:
    file = DATA / name
    if not file.is_file():
        pytest.skip(f"the recorded frames of Jetstream's authors are not here ({file.name})")
    return [line for line in file.read_bytes().splitlines() if line]


@pytest.mark.parametrize(
    ("name", "items", "gone"),
    [
        ("internal/corpus/testdata/expected_v1.jsonl", 32, 1),
        ("internal/subscribe/testdata/golden_v1.jsonl", 2, 0),
    ],
)
def test_what_jetstream_s_authors_recorded_is_read_without_loss(name: str, items: int, gone: int) -> None:
    lines = recorded(name)
    found = heard(*lines)
    assert found.dropped == []
    assert (found.heard, len(found.items), len(found.gone)) == (len(lines), items, gone)
    assert all(item.revision and item.author.uri.startswith("did:") for item in found.items)
    pictured = [line for line in lines if b"app.bsky.embed.images" in line and b'"langs"' in line]
    assert sum(item.has_picture and bool(item.languages) for item in found.items) >= len(pictured)
