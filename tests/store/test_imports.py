"""An import is taken back as a whole, in pieces that can each fail, and nothing else goes with it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ouidire.domain.conversation import EdgeKind, Note
from ouidire.domain.ids import new_id
from ouidire.domain.imported import Import, ImportState
from ouidire.domain.item import Author, Batch, Item
from ouidire.domain.mention import Ask, Match
from ouidire.domain.question import AnswerKind
from ouidire.domain.source import Source, SourceState
from ouidire.errors import BadInput, NotFound
from ouidire.store import conversations, followed, imports, incidents, keep, questions, schema, sources
from ouidire.store.engine import Store, Tx
from ouidire.store.schema import metadata
from tests import builders
from tests.builders import NOW, World

pytestmark = pytest.mark.usefixtures("hand_clock")
COUNTED = [
    metadata.tables[name]
    for name in (
        *("item", "mention", "enrichment", "search_text", "edge", "story", "conversation", "work"),
        *("incident", "alert", "delivery", "note", "reply", "tombstone"),
    )
]


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def begun(store: Store, world: World, name: str = "avis.csv", digest: str = "d", **other: object) -> Source:
    source = Source(new_id(), world.organisation.id, "files", name, {"path": f"/there/{name}"})
    one = Import(source.id, world.organisation.id, world.owner.id, name, "table", 100, digest, NOW)
    with store.transaction() as tx:
        imports.add(
            tx, store, one.__class__(**{f: getattr(one, f) for f in Import.__dataclass_fields__} | other), source
        )
    return source


def brought(source: Source, n: int) -> Item:
    return Item(
        connector="files", uri=f"{source.id}/{n}", author=Author(f"{source.id}/a{n}", f"a{n}"),
        text=f"Attendu {n} minutes", written_at=NOW - timedelta(days=n), imported=True,
    )  # fmt: skip


def counts(tx: Tx) -> dict[str, int]:
    return {one.name: tx.execute(select(func.count()).select_from(one)).scalar_one() for one in COUNTED}


def read_in(store: Store, world: World, source: Source, many: int) -> list[builders.Said]:
    """Messages of this import, read and each in a conversation; every third is grave and was told."""
    said = []
    for n in range(many):
        made = builders.said(store, world.__class__(**{**_fields(world), "stream": source}), item=brought(source, n))
        if n % 3 == 0:
            with store.transaction() as tx:
                incidents.open_or_grow(tx, builders.incident(world, made, world.crescent))
        said.append(made)
    return said


def _fields(world: World) -> dict[str, object]:
    return {name: getattr(world, name) for name in World.__dataclass_fields__}


def taken_back(store: Store, world: World, source: Source, *, everything: bool = False, limit: int = 4) -> Import:
    with store.transaction() as tx:
        imports.take_back(tx, world.owner, source.id, NOW, takes_spoken=everything)
    while True:
        with store.transaction() as tx:
            if not imports.take_back_some(tx, source.id, NOW, limit):
                break
    with store.reading() as tx:
        return imports.get(tx, world.owner, source.id)[0]


def test_what_an_import_brought_goes_and_nothing_else_does(store: Store, world: World) -> None:
    live = builders.said(store, world, "Entendu en direct")
    other = begun(store, world, "autre.csv", "e")
    read_in(store, world, other, 2)
    with store.reading() as tx:
        before = counts(tx)
    source = begun(store, world)
    said = read_in(store, world, source, 9)
    builders.joined(store, world, live, brought(source, 50), EdgeKind.REPLY)
    # A piece that fails in the middle leaves everything as it was; the next try goes on.
    with store.transaction() as tx:
        imports.take_back(tx, world.owner, source.id, NOW, takes_spoken=False)
    with pytest.raises(ZeroDivisionError):
        _fail_in_mid_piece(store, source)
    done = taken_back(store, world, source)
    with store.reading() as tx:
        assert counts(tx) == before | {"item": before["item"] + 1, "mention": before["mention"] + 1, **_joined(before)}
        assert conversations.get(tx, live.conversation_id)
        assert all(key.key != said[0].item.key for key in followed.since(tx, 0, NOW)[0])
    assert (done.removed, done.undone_at, done.spared) == (9, NOW, 0)


def _fail_in_mid_piece(store: Store, source: Source) -> None:
    with store.transaction() as tx:
        imports.take_back_some(tx, source.id, NOW, 4)
        raise ZeroDivisionError


def _joined(before: dict[str, int]) -> dict[str, int]:
    """What joined a live conversation came by the stream in this world: it is none of the import's."""
    return {name: before[name] + 1 for name in ("edge", "work")}


def test_where_we_wrote_stays_unless_a_member_says_otherwise(store: Store, world: World) -> None:
    source = begun(store, world)
    said = read_in(store, world, source, 4)
    builders.reply(store, world, said[0])
    with store.transaction() as tx:
        note = Note(new_id(), said[1].conversation_id, world.owner.id, "Vu avec la cuisine", NOW)
        conversations.add_note(tx, world.owner, note)
    with store.reading() as tx:
        assert imports.in_it(tx, world.owner, source.id) == (4, 2)
    done = taken_back(store, world, source)
    assert (done.removed, done.spared) == (2, 2)

    again = begun(store, world, "encore.csv", "f")
    other = read_in(store, world, again, 2)
    builders.reply(store, world, other[0])
    done = taken_back(store, world, again, everything=True)
    assert (done.removed, done.spared) == (2, 0)


def test_what_is_still_on_its_way_of_an_undone_import_is_not_kept(store: Store, world: World) -> None:
    source = begun(store, world)
    with store.transaction() as tx:
        imports.take_back(tx, world.owner, source.id, NOW, takes_spoken=False)
    one = brought(source, 1)
    with store.transaction() as tx:
        batch = Batch(items=(one,), cursor="9:9:x", heard=1)
        kept = keep.keep(tx, source.id, batch, (builders.found(world, one),), NOW, first_stage="enrich", retain_days=0)
        assert kept.mention_ids == ()
        assert counts(tx)["item"] == 0


def test_what_was_asked_about_it_goes_too(store: Store, world: World) -> None:
    source = begun(store, world)
    said = read_in(store, world, source, 2)
    with store.transaction() as tx:
        for one in said:
            match = Match(world.organisation.id, None, None, (), ask=Ask.WHICH_PLACE)
            questions.ask(tx, one.mention_id, match, NOW)
        first, _ = questions.about(tx, world.owner, [one.mention_id for one in said])
        questions.answer(tx, first, AnswerKind.UNSURE, None, world.owner, NOW)
    assert taken_back(store, world, source).removed == 2
    with store.reading() as tx:
        assert tx.execute(schema.question.select()).all() == []


def test_it_can_be_imported_again_after_it_was_undone(store: Store, world: World) -> None:
    for _ in range(2):
        source = begun(store, world)
        read_in(store, world, source, 3)
        with store.reading() as tx:
            assert imports.same(tx, world.organisation.id, "d") is not None
            assert imports.begun_from(tx, world.organisation.id, "/there/avis.csv") == sources.get(tx, source.id)
        assert taken_back(store, world, source).removed == 3
    with store.reading() as tx:
        assert imports.same(tx, world.organisation.id, "d") is None
        assert imports.begun_from(tx, world.organisation.id, "/there/avis.csv") is None


def test_a_draft_is_begun_once_or_forgotten_and_no_stranger_sees_it(store: Store, world: World) -> None:
    stranger = builders.world(store, "Levain").owner
    source = begun(store, world, is_draft=True)
    with store.transaction() as tx:
        for member, call in (
            (stranger, lambda: imports.get(tx, stranger, source.id)),
            (stranger, lambda: imports.begin(tx, stranger, source.id, {}, NOW)),
            (stranger, lambda: imports.take_back(tx, stranger, source.id, NOW, takes_spoken=False)),
            (stranger, lambda: imports.in_it(tx, stranger, source.id)),
        ):
            with pytest.raises(NotFound):
                call()
            assert imports.of(tx, member) == []
        assert imports.state_of(*imports.get(tx, world.owner, source.id)) is ImportState.DRAFT
        with pytest.raises(BadInput):
            imports.take_back(tx, world.owner, source.id, NOW, takes_spoken=False)
        imports.begin(tx, world.owner, source.id, {"path": "/there/avis.csv", "map": "text=A"}, NOW)
        assert imports.state_of(*imports.get(tx, world.owner, source.id)) is ImportState.READING
        assert imports.files_in_use(tx) == {"/there/avis.csv"}
        for call in (imports.discard, lambda tx, who, which: imports.begin(tx, who, which, {}, NOW)):
            with pytest.raises(BadInput):
                call(tx, world.owner, source.id)
    forgotten = begun(store, world, "b.csv", "b", is_draft=True)
    with store.transaction() as tx:
        imports.discard(tx, world.owner, forgotten.id)
        with pytest.raises(NotFound):
            imports.get(tx, world.owner, forgotten.id)


def test_an_import_is_neither_begun_nor_removed_by_way_of_its_source(store: Store, world: World) -> None:
    draft = begun(store, world, is_draft=True)
    undone, done = begun(store, world, "b.csv", "e"), begun(store, world, "c.csv", "f")
    with store.transaction() as tx:
        imports.take_back(tx, world.owner, undone.id, NOW, takes_spoken=False)
        sources.finished(tx, done.id)
    for one in (draft, undone):
        with store.transaction() as tx, pytest.raises(NotFound):
            sources.resume(tx, world.owner, one.id)
    with store.transaction() as tx:
        sources.resume(tx, world.owner, done.id)
        assert sources.get(tx, done.id).state is SourceState.DONE
    for one in (draft, undone, done):
        with store.transaction() as tx, pytest.raises(NotFound):
            sources.remove(tx, world.owner, one.id)
