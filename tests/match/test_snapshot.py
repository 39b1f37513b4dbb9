"""The snapshot: what was written is what is opened, changes lie on top, and what is broken says so."""

from __future__ import annotations

import os
import tempfile
import time
from array import array
from dataclasses import replace
from datetime import UTC, date, datetime
from datetime import time as Clock
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ouidire.domain.hours import Hours, Shift, SpecialDay
from ouidire.domain.place import Coordinates, Place, QuietHours
from ouidire.domain.watch import FormerName, Watch
from ouidire.errors import BadInput
from ouidire.match import packed, snapshot
from ouidire.match.catalogue import PLACE_KEYS, WATCH_KEYS, Catalogue
from ouidire.match.matcher import Matcher
from ouidire.match.packed import Broken, Records, Sections, Shape, Writer, add_records
from ouidire.match.policy import MANY
from ouidire.match.shelf import Shelf

from .bakery import BRAND, CRESCENT, LAVAL, TORONTO, Say
from .test_policy import chain

FULL_WATCH = Watch(
    "full", "o", "p", ("L’Œuf",), ("Oeuf",), ("oeuf.fr",), ("oeuf",), ("oeuf.fr/menu",), ("brunch",), ("poule",),
    ("Laval",), (FormerName("La Poule", date(2019, 5, 1)), FormerName("Le Coq")), "lang:fr",
)  # fmt: skip
FULL_PLACE = Place(
    "p", "o", "L’Œuf", "1 rue de l’Œuf", "Centre", "Laval", "53000", "FR", Coordinates(48.07, -0.77), 150,
    "Europe/Paris", ("ChIJ", "yelp:1"), QuietHours(Clock(22), Clock(7, 30)), None, True,
    datetime(2026, 1, 1, tzinfo=UTC), "cafe", ("la gare",), ("œuf mayo",), ("serveuse",), ("fr", "en"),
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    snapshot.write(tmp_path, [BRAND, FULL_WATCH], [CRESCENT, LAVAL, TORONTO, FULL_PLACE], "line:7")
    return tmp_path


def test_what_was_written_is_opened_with_every_field(folder: Path) -> None:
    matcher, version = snapshot.open_snapshot(folder)
    catalogue = matcher.catalogue
    assert version == "line:7"
    assert catalogue.watches() == [BRAND, FULL_WATCH]
    assert list(catalogue.every_place()) == [CRESCENT, LAVAL, TORONTO, FULL_PLACE]
    assert catalogue.place("p") == FULL_PLACE
    assert catalogue.listed("yelp:1") == [FULL_PLACE]
    assert {one.id for one in catalogue.places_of("mie")} == {"crescent", "laval", "toronto"}
    assert catalogue.handled("oeuf.fr") == [FULL_WATCH]
    assert catalogue.linked("oeuf.fr/menu") == [FULL_WATCH]
    assert matcher.signs.policy.sharers("l'oeuf") == 1


def test_hours_come_back(tmp_path: Path) -> None:
    special = SpecialDay(date(2026, 12, 24), date(2026, 12, 26), (Shift(600, 900),), "Noël")
    hours = Hours(((Shift(720, 840), Shift(1140, 1380)),) * 5 + ((), ()), (special,), ("christmas",), "sur rendez-vous")
    snapshot.write(tmp_path, [], [replace(FULL_PLACE, hours=hours)], "")
    [place] = snapshot.open_snapshot(tmp_path)[0].catalogue.every_place()
    assert place.hours == hours


TEXTS = (
    "La Mie Bretonne rue Crescent", "vu à la mie bretonne", "#lamiebretonne Laval", "@lamiebretonne.bsky.social",
    "lamiebretonne.fr", "la mie bretone", "L'Œuf, un brunch", "œuf", "Le Coq et le brunch", "rien", "zyxette",
)  # fmt: skip


def test_it_hears_as_the_matcher_it_was_made_from(folder: Path, say: Say) -> None:
    opened, _ = snapshot.open_snapshot(folder)
    made = Matcher([BRAND, FULL_WATCH], [CRESCENT, LAVAL, TORONTO, FULL_PLACE])
    for text in TEXTS:
        assert opened.match(say(text)) == made.match(say(text)), text
    review = say("très bon", listing_id="ChIJcrescent")
    assert opened.match(review) == made.match(review) != []


def test_changes_lie_on_top_and_the_file_stays_as_it_was(folder: Path, say: Say) -> None:
    opened, _ = snapshot.open_snapshot(folder)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    opened.remove_watch("full")
    opened.put_watch(replace(BRAND, names=("Zyxette",), aliases=()))
    opened.put_watch(Watch("new", "n", names=("Crêperie Nouvelle",)))
    opened.put_place(replace(CRESCENT, town="Québec"))
    opened.remove_place("laval")
    made = Matcher(
        [replace(BRAND, names=("Zyxette",), aliases=()), Watch("new", "n", names=("Crêperie Nouvelle",))],
        [replace(CRESCENT, town="Québec"), TORONTO, FULL_PLACE],
    )
    for text in (*TEXTS, "creperie nouvelle", "Zyxette Québec", "Zyxette Laval"):
        assert opened.match(say(text)) == made.match(say(text)), text
    assert {one.id for one in opened.catalogue.watches()} == {"brand", "new"}
    assert len(opened.catalogue) == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    again, _ = snapshot.open_snapshot(folder)
    assert again.catalogue.watches() == [BRAND, FULL_WATCH]


def test_a_chain_keeps_the_one_that_speaks_for_it(tmp_path: Path, say: Say) -> None:
    watches, places = chain(2 * MANY)
    snapshot.write(tmp_path, watches, places, "")
    opened, _ = snapshot.open_snapshot(tmp_path)
    assert len(opened.match(say("Zyxette"))) == 1
    opened.remove_watch(watches[0].id)
    assert len(opened.match(say("Zyxette"))) == 1, "a sister has taken over"


def test_a_snapshot_written_again_replaces_both_files_and_leaves_nothing(folder: Path, say: Say) -> None:
    reading, _ = snapshot.open_snapshot(folder)
    [names] = folder.glob("names.*")
    long_ago = time.time() - 10_000
    for left in (names, folder / "heard.records.x", folder / "heard.packed.1.part"):
        left.touch()
        os.utime(left, (long_ago, long_ago))
    snapshot.write(folder, [FULL_WATCH], [], "line:8")
    assert len(list(folder.iterdir())) == 2
    assert len(reading.match(say("La Mie Bretonne"))) == 1, "who has it open goes on with the old one"
    opened, version = snapshot.open_snapshot(folder)
    assert version == "line:8"
    assert opened.match(say("La Mie Bretonne")) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda raw: b"",
        lambda raw: raw[:20],
        lambda raw: raw[:-1],
        lambda raw: raw[: len(raw) // 2],
        lambda raw: raw[:100] + bytes([raw[100] ^ 1]) + raw[101:],
        lambda raw: b"SQLite format 3\0" * 100,
        lambda raw: raw[:8] + b"\x63" + raw[9:],
        lambda raw: raw + raw,
    ],
    ids=["empty", "short", "cut", "half", "a bit", "foreign", "version", "twice"],
)
def test_a_file_that_is_damaged_or_foreign_is_refused_in_a_sentence(folder: Path, spoil: object) -> None:
    path = folder / snapshot.FILE
    path.write_bytes(spoil(path.read_bytes()))  # type: ignore[operator]
    with pytest.raises(BadInput, match=r"made anew\.$"):
        snapshot.open_snapshot(folder)


def test_other_fields_than_ours_are_another_version(tmp_path: Path) -> None:
    with Writer(tmp_path / "x") as writer:
        add_records(writer, "watches", Shape(Place), [CRESCENT], {"id": lambda place: (place.id,)})
    with pytest.raises(Broken):
        Records(Sections(tmp_path / "x"), "watches", Shape(Watch), ["id"])


def test_nothing_there_is_no_snapshot(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        snapshot.open_snapshot(tmp_path)


def test_whoever_fails_while_writing_leaves_the_old_one(folder: Path) -> None:
    before = sorted(folder.iterdir())

    def broken() -> object:
        yield BRAND
        raise RuntimeError("the store went away")

    with pytest.raises(RuntimeError):
        snapshot.write(folder, broken(), [], "line:9")  # type: ignore[arg-type]
    assert sorted(folder.iterdir()) == before
    assert snapshot.open_snapshot(folder)[1] == "line:7"


IDS = st.sampled_from(["a", "b", "é", "\ud800", "c"])
CHANGES = st.lists(st.tuples(st.booleans(), IDS, st.lists(IDS, max_size=3)), max_size=12)


@given(CHANGES, CHANGES)
def test_a_shelf_finds_what_a_list_finds(first: list[tuple[bool, str, list[str]]], then: list[object]) -> None:
    """Random puts and removes, the first ones packed: `find` gives what looking through them all gives."""
    path = Path(tempfile.gettempdir()) / f"ouidire-shelf-{os.getpid()}"
    known: dict[str, Watch] = {}
    for is_put, one, handles in first:
        if is_put and "\ud800" not in (one, *handles):
            known[one] = Watch(one, "o", handles=tuple(handles))
    with Writer(path) as writer:
        add_records(writer, "watches", Shape(Watch), known.values(), WATCH_KEYS)
        add_records(writer, "places", Shape(Place), [], PLACE_KEYS)
    shelf = Shelf(WATCH_KEYS, Records(Sections(path), "watches", Shape(Watch), WATCH_KEYS))
    for is_put, one, handles in then:  # type: ignore[misc]
        for number, _ in list(shelf.find("id", one)):
            shelf.remove(number)
        known.pop(one, None)
        if is_put:
            known[one] = Watch(one, "o", handles=tuple(handles))
            shelf.put(known[one])
    path.unlink()
    assert sorted(shelf, key=lambda w: w.id) == sorted(known.values(), key=lambda w: w.id)
    assert len(shelf) == len(known)
    for handle in ("a", "b", "é", "\ud800", "c"):
        found = {watch.id for _, watch in shelf.find("handle", handle)}
        assert found == {one.id for one in known.values() if handle in one.handles}
        assert shelf.may_have("handle", handle) or not found


def test_a_number_is_never_given_twice() -> None:
    catalogue = Catalogue([BRAND])
    first, _ = catalogue.remove_watch("brand") or (-1, None)
    assert catalogue.put_watch(BRAND) == first + 1
    assert catalogue.watch_at(first) is None
    assert catalogue.remove_watch("never there") is None


def test_many_keys_are_found_in_a_multi(tmp_path: Path) -> None:
    words = [f"word{n}" for n in range(5_000)]
    with Writer(tmp_path / "m") as writer:
        packed.add_multi(writer, "m", array("I", map(packed.hash_of, words)), array("I", range(5_000)))
        packed.add_multi(writer, "none", array("I"), array("I"))
    sections = Sections(tmp_path / "m")
    multi, none = packed.Multi(sections, "m"), packed.Multi(sections, "none")
    assert all(n in multi.get(word) for n, word in enumerate(words))
    assert "word1" in multi
    assert (none.get("word1"), "word1" in none) == ([], False)
