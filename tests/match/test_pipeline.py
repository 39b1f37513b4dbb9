"""Matching for other programs: what is read of their places and posts, and what is decided about them."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouidire.domain.item import Geo
from ouidire.errors import BadInput
from ouidire.match import given as forms
from ouidire.match.given import PlaceGiven, PostGiven, Remark, batches, post_of, read_places
from ouidire.match.pipeline import Decider, Decision, encode, world_of

NOW = datetime(2026, 10, 17, 19, 26, tzinfo=UTC)
PLACES: list[dict[str, Any]] = [
    {"id": "crescent", "organisation": "deloriere", "name": "Delorière", "handles": ["deloriere_na"], "country": "CA",
     "street": "rue Crescent", "town": "Montréal", "lat": 45.4983, "lon": -73.5776},
    {"id": "yorkville", "organisation": "deloriere", "name": "Delorière", "handles": "@deloriere_na", "country": "CA",
     "town": "Toronto"},
    {"id": 7, "name": "Chez Lulu", "aliases": "Lulu | Bistrot Lulu", "town": "Niort", "postcode": 79000},
]  # fmt: skip


def written(folder: Path, places: Sequence[dict[str, Any]], suffix: str) -> Path:
    file = folder / f"places{suffix}"
    if suffix == ".jsonl":
        file.write_text("\n".join(json.dumps(one) for one in places), "utf-8")
    elif suffix == ".csv":
        names = [
            "id",
            "organisation",
            "name",
            "aliases",
            "handles",
            "street",
            "town",
            "postcode",
            "country",
            "lat",
            "lon",
        ]
        rows = [[_cell(one.get(name, "")) for name in names] for one in places]
        file.write_text("\ufeff" + "\n".join(";".join(row) for row in [names, *rows]), "utf-8")
    else:
        file.write_text(
            json.dumps({"type": "FeatureCollection", "features": [_feature(one) for one in places]}), "utf-8"
        )
    return file


def _cell(value: object) -> str:
    text = "|".join(value) if isinstance(value, list) else str(value)
    return f'"{text}"' if ";" in text else text


def _feature(one: dict[str, Any]) -> dict[str, Any]:
    properties = {name: value for name, value in one.items() if name not in ("lat", "lon")}
    point = {"type": "Point", "coordinates": [one["lon"], one["lat"]]} if "lat" in one else None
    return {"type": "Feature", "properties": properties, "geometry": point}


def decided(places: Sequence[dict[str, Any]], *posts: dict[str, Any]) -> list[Decision]:
    world = world_of((n, msgspec.convert(one, PlaceGiven)) for n, one in enumerate(places, 1))
    lines = [(n, json.dumps(post).encode()) for n, post in enumerate(posts, 1)]
    return Decider(world, NOW).decide(lines)[0]


def short(decisions: Sequence[Decision]) -> list[tuple[str, str, str | None]]:
    return [(one.post_id, one.organisation_id, one.place_id) for one in decisions]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".geojson"])
def test_the_same_places_can_be_written_in_three_ways(tmp_path: Path, suffix: str) -> None:
    places, remarks = read_places(written(tmp_path, PLACES, suffix))
    assert remarks == []
    world = world_of(places)
    assert {one.id: (one.organisation_id, one.town, one.country) for one in world.places} == {
        "crescent": ("deloriere", "Montréal", "CA"),
        "yorkville": ("deloriere", "Toronto", "CA"),
        "7": ("7", "Niort", "FR"),
    }
    assert {(one.place_id, one.names, one.aliases, one.handles) for one in world.watches} == {
        (None, ("Delorière",), (), ("deloriere_na",)),
        ("7", ("Chez Lulu",), ("Lulu", "Bistrot Lulu"), ()),
    }
    crescent = next(one for one in world.places if one.id == "crescent")
    assert crescent.coordinates is not None
    assert (crescent.coordinates.lat, crescent.coordinates.lon) == (45.4983, -73.5776)


def test_a_map_of_openstreetmap_is_understood(tmp_path: Path) -> None:
    tags = {"@id": "node/1", "name": "Levain", "brand": "Levain", "shop": "bakery", "addr:street": "rue Ricard",
            "addr:city": "Niort", "addr:postcode": "79000", "alt_name": "Le Levain;Au Levain"}  # fmt: skip
    ((_, one),), remarks = read_places(written(tmp_path, [tags | {"lat": 46.3, "lon": -0.46}], ".geojson"))
    assert remarks == []
    assert (one.id, one.organisation, one.category, one.street, one.town) == (
        "node/1", "Levain", "bakery", "rue Ricard", "Niort",
    )  # fmt: skip
    assert list(forms.several(one.aliases)) == ["Le Levain", "Au Levain"]


def test_bad_places_are_named_with_their_lines_and_stop_nothing(tmp_path: Path) -> None:
    file = tmp_path / "places.jsonl"
    lines = ['{"id": "a", "name": "Lune"}', "", "{", '{"id": "b"}', '{"name": "x"}', '{"id": "a", "name": "Soleil"}',
             '{"id": "c", "name": "Mars", "lat": 123, "lon": 4}', '{"id": "d", "name": ["x"]}',
             '{"id": "e", "name": "!"}',
             '{"id": "f", "name": "Vénus", "aliases": ["V", "Vénus Café"]}']  # fmt: skip
    file.write_text("\n".join(lines), "utf-8")
    places, remarks = read_places(file)
    world = world_of(places)
    assert [(one.line, one.sentence, one.left_out) for one in (*remarks, *world.remarks)] == [
        (3, forms.NOT_READ, True), (4, forms.NO_NAME, True), (5, forms.NO_ID, True), (6, forms.TWICE, True),
        (7, forms.NOWHERE, False), (8, forms.NOT_READ, True), (9, "its name “%(word)s” cannot be looked for", True),
        (10, "the word “%(word)s” cannot be looked for; it is not used", False),
    ]  # fmt: skip
    assert [one.id for one in world.places] == ["a", "c", "f"]
    assert world.places[1].coordinates is None
    assert world.watches[-1].aliases == ("Vénus Café",)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("places.xlsx", "x", "none of them"),
        ("places.geojson", "{]", "cannot be read as GeoJSON"),
        ("places.csv", 'id,name\n1,"Lune\n' + "x" * 200_000, "cannot be read as CSV"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused(tmp_path: Path, name: str, text: str, said: str) -> None:
    tmp_path.joinpath(name).write_text(text, "utf-8")
    with pytest.raises(BadInput, match=said):
        read_places(tmp_path / name)
    with pytest.raises(BadInput, match="There is no file"):
        read_places(tmp_path / "nowhere.csv")


def test_each_post_that_is_about_somebody_gives_one_line_per_organisation() -> None:
    decisions = decided(
        PLACES,
        {"id": "1", "text": "Trente minutes d'attente chez Delorière, rue Crescent à Montréal"},
        {"id": 2, "text": "rien à voir"},
        {"id": "3", "text": "De Chez Lulu (Niort) à Delorière Toronto : deux accueils"},
    )
    assert short(decisions) == [
        ("1", "deloriere", "crescent"), ("3", "7", "7"), ("3", "deloriere", "yorkville"),
    ]  # fmt: skip
    line = json.loads(encode(decisions[0]))
    assert list(line) == ["post_id", "organisation_id", "place_id", "p", "candidates", "evidence"]
    assert list(line["evidence"][0]) == ["kind", "found", "start", "end", "place_id", "weight"]
    assert {(one["kind"], one["found"]) for one in line["evidence"]} >= {
        ("name", "Delorière"), ("locality", "rue Crescent"),
    }  # fmt: skip
    assert 0.5 < line["p"] <= 1


def test_a_venue_is_the_place_with_that_id_and_a_reply_is_about_what_it_answers() -> None:
    decisions = decided(
        PLACES,
        {"id": "1", "text": "Encore fermé", "venue": "crescent"},
        {"id": "2", "text": "pareil pour moi", "in_reply_to": "1"},
        {"id": "3", "text": "et moi", "in_reply_to": "2"},
        {"id": "4", "text": "moi aussi", "in_reply_to": "nothing of ours"},
    )
    assert short(decisions) == [(n, "deloriere", "crescent") for n in ("1", "2", "3")]


def test_what_is_decided_does_not_hang_on_how_the_lines_come_in() -> None:
    world = world_of((n, msgspec.convert(one, PlaceGiven)) for n, one in enumerate(PLACES, 1))
    posts = [{"id": n, "text": "Chez Lulu à Niort" if n % 3 == 0 else "oui", "in_reply_to": n - 1} for n in range(30)]
    lines = [(n, json.dumps(post).encode()) for n, post in enumerate(posts)]
    at_once, by_one = Decider(world, NOW), Decider(world, NOW)
    whole = at_once.decide(lines)[0]
    assert len(whole) == 30
    assert [one for line in lines for one in by_one.decide([line])[0]] == whole


def test_a_post_says_when_where_and_in_what_language_it_was_written() -> None:
    line = (
        b'{"id":1,"text":"a","author":"@nadia","lang":"fr","created_at":"2026-10-17T15:26:00","lat":1.5,"lon":2,"x":9}'
    )
    post = post_of(line, 1)
    assert isinstance(post, PostGiven)
    item = post.item(NOW)
    assert (item.author.handle, item.languages, item.geo) == ("nadia", ("fr",), Geo(1.5, 2.0))
    assert item.written_at == datetime(2026, 10, 17, 15, 26, tzinfo=UTC)
    bare = post_of(b'{"id":"1","text":"a","author":null,"lat":91,"lon":2}', 1)
    assert isinstance(bare, PostGiven)
    assert (bare.item(NOW).written_at, bare.item(NOW).geo) == (NOW, None)


@pytest.mark.parametrize(
    "line",
    [b"", b"[]", b"{", b'{"id":"1"}', b'{"text":"a"}', b'{"id":"1","text":5}', b'{"id":"1","text":"\xff"}', None],
)
def test_a_line_that_is_no_post_is_remarked(line: bytes | None) -> None:
    remark = post_of(line, 9)
    assert isinstance(remark, Remark)
    assert (remark.line, remark.left_out) == (9, True)


class Trickle(io.RawIOBase):
    """A stream that gives a few bytes at a time."""

    def __init__(self, data: bytes, sizes: list[int]) -> None:
        self.data, self.sizes = data, sizes or [1]

    def read1(self, _most: int) -> bytes:
        size = self.sizes[0]
        self.sizes = [*self.sizes[1:], size]
        given, self.data = self.data[:size], self.data[size:]
        return given


@given(
    st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"").strip()), max_size=12),
    st.lists(st.integers(1, 9), max_size=4),
    st.booleans(),
)
def test_lines_come_whole_and_numbered_however_the_stream_is_cut(
    lines: list[bytes], sizes: list[int], ends: bool
) -> None:
    lines = [line.removeprefix(b"\xef\xbb\xbf") for line in lines]
    data = b"\n".join(lines) + (b"\n" if ends and lines else b"")
    read = [one for batch in batches(Trickle(data, sizes)) for one in batch]  # type: ignore[arg-type]
    assert read == [(n, line.strip()) for n, line in enumerate(lines, 1) if line.strip()]


def test_a_line_without_end_is_left_out_and_memory_does_not_grow_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "MOST_BYTES", 10)
    stream = Trickle(b"abc\n" + b"x" * 500 + b"\ndef\n" + b"y" * 40, [7])
    assert [one for batch in batches(stream) for one in batch] == [(1, b"abc"), (2, None), (3, b"def"), (4, None)]  # type: ignore[arg-type]


def test_only_the_newest_posts_are_remembered_for_their_replies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ouidire.match.pipeline.MOST_FOLLOWED", 2)
    world = world_of((n, msgspec.convert(one, PlaceGiven)) for n, one in enumerate(PLACES, 1))
    decider = Decider(world, NOW)

    def about_us(post: dict[str, Any]) -> bool:
        return bool(decider.decide([(1, json.dumps(post).encode())])[0])

    for n in range(3):
        assert about_us({"id": n, "text": "Chez Lulu à Niort"})
    assert not about_us({"id": "old", "text": "oui", "in_reply_to": 0})
    assert about_us({"id": "new", "text": "oui", "in_reply_to": 2})
