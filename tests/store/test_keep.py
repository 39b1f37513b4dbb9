"""The one commit of listening, on both engines."""

from __future__ import annotations

import threading
from datetime import timedelta

import msgspec
import pytest
from sqlalchemy import Table, func, select

from ouidire.clock import HandClock
from ouidire.domain.conversation import ConversationState, EdgeKind
from ouidire.domain.item import Author, Batch, Dropped, Gap, Geo, Gone, Item, ItemKind
from ouidire.domain.reply import ReplyState
from ouidire.domain.source import SourceState
from ouidire.store import conversations, followed, keep, mentions, replies, schema, sources, work
from ouidire.store.engine import Store, Tx
from tests import builders
from tests.builders import NOW, World, found, item, keep_found

pytestmark = pytest.mark.usefixtures("hand_clock")


@pytest.fixture
def world(store: Store) -> World:
    return builders.world(store)


def rows(tx: Tx, table: Table) -> int:
    return int(tx.execute(select(func.count()).select_from(table)).scalar_one())


def counts(store: Store) -> dict[str, int]:
    with store.reading() as tx:
        return {
            t.name: rows(tx, t) for t in (schema.item, schema.mention, schema.work, schema.followed, schema.tombstone)
        }


def gone(one: Item) -> Gone:
    return Gone(one.connector, one.uri)


def everything_stored(store: Store) -> str:
    """Every value of every row: what a thief of the database would read."""
    with store.reading() as tx:
        return "\n".join(
            str(tuple(row)) for table in schema.metadata.sorted_tables for row in tx.execute(table.select())
        )


def test_mentions_cursor_and_work_stand_together(store: Store, world: World) -> None:
    one = item(links=("https://exemple.fr/carte",), geo=Geo(45.5, -73.6), rating=2.0, hashtags=("thé",))
    with store.transaction() as tx:
        kept = keep_found(tx, world, found(world, one, world.crescent), cursor="42", heard=7)
    with store.reading() as tx:
        heard = mentions.get(tx, kept.mention_ids[0])
        source = sources.get(tx, world.stream.id)
        assert heard.item == one
        assert heard.mention.place_id == world.crescent.id
        assert heard.mention.is_news
        assert heard.reading is None
        assert (source.cursor, source.state, source.heard, source.kept) == ("42", SourceState.HEARING, 7, 1)
        assert work.waiting(tx) == {("enrich", "due"): 1}
        assert {one.key for one in kept.follow} == {one.key for one in followed.since(tx, 0, NOW)[0]}


def test_a_rolled_back_batch_leaves_nothing_and_the_cursor_where_it_was(store: Store, world: World) -> None:
    def cut(tx: Tx) -> None:
        keep_found(tx, world, found(world, item()), cursor="42", gap=Gap(NOW, NOW, "cut"))
        raise ConnectionError

    with pytest.raises(ConnectionError), store.transaction() as tx:
        cut(tx)
    assert set(counts(store).values()) == {0}
    with store.reading() as tx:
        assert sources.get(tx, world.stream.id).cursor == ""
        assert sources.gaps(tx, world.stream.id) == []


def test_the_same_batch_twice_stores_nothing_twice(store: Store, world: World) -> None:
    ones = [found(world, item(), world.crescent), found(world, item("Merci !"))]
    with store.transaction() as tx:
        first = keep_found(tx, world, *ones, *ones)
    before = counts(store)
    with store.transaction() as tx:
        again = keep_found(tx, world, *ones)
    assert len(first.mention_ids) == 2
    assert again.mention_ids == ()
    assert counts(store) == before
    with store.reading() as tx:
        assert sources.get(tx, world.stream.id).kept == 2


def test_an_empty_cursor_moves_nothing(store: Store, world: World) -> None:
    with store.transaction() as tx:
        keep_found(tx, world, cursor="42")
        keep_found(tx, world, cursor="")
        assert sources.get(tx, world.stream.id).cursor == "42"


def test_an_edit_is_read_anew_but_is_no_second_mention(store: Store, world: World) -> None:
    one = item("Léa m'ignore depuis trente minutes")
    said = builders.said(store, world, item=one, staff=["Léa"])
    edited = msgspec.structs.replace(one, text="On m'ignore depuis trente minutes", revision="2")
    with store.transaction() as tx:
        (claimed,) = work.claim(tx, "enrich", "a", NOW, 5)
        work.done(tx, claimed, "a")
        kept = keep_found(tx, world, found(world, edited))
    assert kept.mention_ids == (said.mention_id,)
    with store.reading() as tx:
        heard = mentions.get(tx, said.mention_id)
        assert heard.item == edited
        assert heard.reading is None, "the old reading's spans would mask the wrong words"
        assert rows(tx, schema.mention) == 1
        assert rows(tx, schema.search_text) == 0
        assert work.waiting(tx) == {("enrich", "due"): 1}
        assert sources.get(tx, world.stream.id).kept == 1


def test_an_edit_by_which_a_second_organisation_is_meant_is_read_anew_by_the_first(store: Store, world: World) -> None:
    charlie = builders.world(store, "Charlie")
    one = item("Delorière est fermé ?")
    said = builders.said(store, world, item=one)
    edited = msgspec.structs.replace(one, text="Delorière et Charlie sont fermés ?", revision="2")
    with store.transaction() as tx:
        kept = keep_found(tx, charlie, found(charlie, edited), found(world, edited))
    assert said.mention_id in kept.mention_ids
    assert len(kept.mention_ids) == 2


def test_two_organisations_have_a_mention_each_of_one_item(store: Store, world: World) -> None:
    charlie = builders.world(store, "Charlie")
    one = item("Delorière ou Charlie ?")
    with store.transaction() as tx:
        kept = keep_found(tx, world, found(world, one, world.crescent), found(charlie, one))
        places = {
            mentions.get(tx, m).mention.organisation_id: mentions.get(tx, m).mention.place_id for m in kept.mention_ids
        }
        assert places == {world.organisation.id: world.crescent.id, charlie.organisation.id: None}
        assert rows(tx, schema.item) == 1


def test_what_is_old_is_kept_and_is_no_news(store: Store, world: World) -> None:
    old = item(written_at=NOW - timedelta(hours=7))
    imported = item(imported=True)
    with store.transaction() as tx:
        kept = keep_found(tx, world, found(world, old), found(world, imported))
        assert [mentions.get(tx, one).mention.is_news for one in kept.mention_ids] == [False, False]


def test_what_was_dropped_is_counted_by_reason_with_its_latest_beginning(store: Store, world: World) -> None:
    with store.transaction() as tx:
        keep_found(
            tx, world, dropped=(Dropped("no text", "{a"), Dropped("no text", "{b"), Dropped("r" * 300, "s" * 900))
        )
        keep_found(tx, world, dropped=(Dropped("no text", "{c"),))
        counted = sources.drops(tx, world.stream.id)
        assert counted[0] == ("listen", "no text", 3, "{c")
        assert counted[1] == ("listen", "r" * 200, 1, "s" * 200)
        assert sources.get(tx, world.stream.id).dropped == 4


def test_a_file_that_is_wrong_in_every_line_fills_no_store(store: Store, world: World) -> None:
    bad = tuple(Dropped(f"Line {n}: no time", "") for n in range(sources.MOST_REASONS + 50))
    with store.transaction() as tx:
        keep_found(tx, world, dropped=bad)
        assert sources.drops(tx, world.stream.id)[0] == ("listen", sources.OTHER_REASONS, 50, "")
        assert tx.execute(select(func.count()).select_from(schema.drop)).scalar() == sources.MOST_REASONS + 1


def test_a_gap_is_kept_and_shown(store: Store, world: World) -> None:
    gap = Gap(NOW - timedelta(hours=3), NOW, "The network replays three days only.")
    with store.transaction() as tx:
        keep_found(tx, world, gap=gap)
        assert sources.gaps(tx, world.stream.id) == [gap]


def test_our_account_and_muted_authors_are_marked(store: Store, world: World) -> None:
    with store.transaction() as tx:
        kept = keep_found(tx, world, found(world, item(), is_own=True))
        assert mentions.get(tx, kept.mention_ids[0]).mention.is_own


# --- deletions ---------------------------------------------------------------------------------------------------


def test_what_its_author_deleted_is_gone_in_every_table(store: Store, world: World) -> None:
    one = item("Zibeline atroce, Léa m'ignore", author="violaine", url="https://gazouille.example/violaine/1")
    said = builders.said(store, world, item=one, staff=["Léa"])
    with store.transaction() as tx:
        followed.follow(
            tx,
            [
                followed.FollowedKey(
                    "simulated:" + one.author.uri, world.organisation.id, None, "author", NOW + timedelta(days=7)
                )
            ],
        )
        assert keep_found(tx, world, gone=(gone(one),)).gone == 1
        heard = mentions.get(tx, said.mention_id)
        assert heard.is_gone
        assert (heard.item.text, heard.item.author, heard.item.uri, heard.reading) == ("", Author(""), "", None)
        assert heard.mention.evidence == ()
        assert rows(tx, schema.mention) == 1, "a count remains"
        assert [edge.because for edge in conversations.edges(tx, said.conversation_id)] == ["gone"]
        followed.forget_expired(tx, NOW + timedelta(seconds=30))
    left = everything_stored(store).casefold()
    assert "zibeline" not in left
    assert "violaine" not in left


def test_a_deleted_item_that_is_delivered_again_stays_away(store: Store, world: World) -> None:
    one = item("Zibeline atroce")
    with store.transaction() as tx:
        keep_found(tx, world, found(world, one))
        keep_found(tx, world, gone=(gone(one),))
        keep_found(tx, world, gone=(gone(one),))
    before = counts(store)
    with store.transaction() as tx:
        assert keep_found(tx, world, found(world, one)).mention_ids == ()
        edited = msgspec.structs.replace(one, revision="9", text="Zibeline encore")
        assert keep_found(tx, world, found(world, edited)).mention_ids == ()
    assert counts(store) == before
    assert "zibeline" not in everything_stored(store).casefold()


def test_an_item_made_and_deleted_in_one_batch_is_gone(store: Store, world: World) -> None:
    one = item("Zibeline atroce")
    with store.transaction() as tx:
        keep_found(tx, world, found(world, one), gone=(gone(one),))
    assert "zibeline" not in everything_stored(store).casefold()


def test_an_account_that_ends_takes_all_its_words_from_every_organisation(store: Store, world: World) -> None:
    charlie = builders.world(store, "Charlie")
    theirs = [item("Zibeline un", author="violaine"), item("Zibeline deux", author="violaine")]
    other = item("Je reste", author="nadia")
    with store.transaction() as tx:
        keep_found(tx, world, *(found(world, one) for one in [*theirs, other]), found(charlie, theirs[0]))
        assert keep_found(tx, world, gone=(Gone("simulated", author_uri=theirs[0].author.uri),)).gone == 2
        assert "simulated:" + theirs[0].author.uri not in keep.authors(tx)
        assert keep_found(tx, world, found(charlie, theirs[1])).mention_ids == ()
        followed.forget_expired(tx, NOW + timedelta(seconds=30))
    left = everything_stored(store).casefold()
    assert "zibeline" not in left
    assert "violaine" not in left
    assert "je reste" in left


def test_the_author_of_a_conversation_is_known_until_their_last_word_is_gone(store: Store, world: World) -> None:
    said = builders.said(store, world, author="violaine")
    second = item("Toujours rien", author="violaine")
    builders.joined(store, world, said, second, EdgeKind.REPLY)
    with store.transaction() as tx:
        keep_found(tx, world, gone=(gone(said.item),))
        assert conversations.author_key(tx, said.conversation_id) == f"simulated:{second.author.uri}"
        keep_found(tx, world, gone=(gone(second),))
        assert conversations.author_key(tx, said.conversation_id) == ""


def test_what_answers_a_deleted_message_still_finds_its_place(store: Store, world: World) -> None:
    said = builders.said(store, world)
    with store.transaction() as tx:
        keep_found(tx, world, gone=(gone(said.item),))
        heard = mentions.by_item_key(tx, world.organisation.id, said.item.key)
        assert heard is not None
        assert heard.mention.id == said.mention_id
        assert heard.is_gone


def test_gone_things_that_were_never_kept_cost_nothing(store: Store, world: World) -> None:
    with store.transaction() as tx:
        keep_found(tx, world, found(world, item()))
        unknown = (
            Gone("simulated", "sim://gazouille/x/9"),
            Gone("simulated", author_uri="sim://gazouille/@x"),
            Gone("simulated"),
        )
        assert keep_found(tx, world, gone=unknown).gone == 0
        assert rows(tx, schema.tombstone) == 0


@pytest.mark.postgres
def test_words_deleted_while_they_are_read_are_not_written_again(postgres_store: Store) -> None:
    """The reader began before the deletion and writes after it."""
    world = builders.world(postgres_store)
    one = item("Zibeline atroce")
    with postgres_store.transaction() as tx:
        (mention_id,) = keep_found(tx, world, found(world, one)).mention_ids
    with postgres_store.transaction() as reader:
        heard = mentions.get(reader, mention_id)
        with postgres_store.transaction() as tx:
            keep_found(tx, world, gone=(gone(one),))
        mentions.write_reading(reader, heard, builders.reading(), "zibeline atroce", "zibeline atroce")
    assert "zibeline" not in everything_stored(postgres_store).casefold()


@pytest.mark.postgres
def test_words_that_are_being_read_are_deleted_after_it(postgres_store: Store) -> None:
    """The reader holds the item; the deletion waits and takes what was read along."""
    world = builders.world(postgres_store)
    one = item("Zibeline atroce")
    with postgres_store.transaction() as tx:
        (mention_id,) = keep_found(tx, world, found(world, one)).mention_ids

    def delete() -> None:
        with postgres_store.transaction() as tx:
            keep_found(tx, world, gone=(gone(one),))

    deleting = threading.Thread(target=delete)
    with postgres_store.transaction() as reader:
        heard = mentions.get(reader, mention_id)
        mentions.write_reading(reader, heard, builders.reading(), "zibeline atroce", "zibeline atroce")
        deleting.start()
        deleting.join(0.3)
        assert deleting.is_alive(), "the deletion waits for the reader"
    deleting.join(10)
    assert "zibeline" not in everything_stored(postgres_store).casefold()


# --- our own words -----------------------------------------------------------------------------------------------


def echo(one: Item, text: str, uri: str = "sim://gazouille/us/1") -> Item:
    return item(text, author="deloriere", uri=uri, parent_uri=one.uri, url="https://gazouille.example/us/1")


def test_our_reply_coming_back_confirms_it_and_is_no_mention(store: Store, world: World) -> None:
    said = builders.said(store, world)
    made = builders.reply(store, world, said)
    with store.transaction() as tx:
        replies.claim(tx, NOW, 5)
        replies.sent(tx, made.id, "sim://gazouille/us/1", "https://x/1", NOW)
        kept = keep_found(tx, world, found(world, echo(said.item, made.text)))
        ((reply, seen),) = replies.of_conversation(tx, said.conversation_id)
    assert kept.mention_ids == ()
    assert seen
    assert reply.url == "https://x/1"


def test_an_echo_that_comes_before_the_networks_answer_says_that_we_answered(store: Store, world: World) -> None:
    """Should the sender die now, nobody else would ever say so."""
    said = builders.said(store, world)
    made = builders.reply(store, world, said)
    with store.transaction() as tx:
        replies.claim(tx, NOW, 5)
        keep_found(tx, world, found(world, echo(said.item, made.text), is_own=True))
        ((reply, seen),) = replies.of_conversation(tx, said.conversation_id)
        assert conversations.get(tx, said.conversation_id).state is ConversationState.THEIRS
        assert replies.to_ask_about(tx, NOW + timedelta(hours=1), 5) == []
    assert seen
    assert (reply.state, reply.uri, reply.sent_at) == (ReplyState.SENT, "sim://gazouille/us/1", NOW)


def test_the_same_words_under_another_message_do_not_confirm(store: Store, world: World) -> None:
    first, second = builders.said(store, world), builders.said(store, world, author="paul")
    made = [builders.reply(store, world, said, "Bonjour, nous arrivons.") for said in (first, second)]
    with store.transaction() as tx:
        replies.claim(tx, NOW, 5)
        keep_found(tx, world, found(world, echo(first.item, made[0].text), is_own=True))
        assert replies.get(tx, made[0].id).state is ReplyState.SENT
        assert replies.get(tx, made[1].id).state is ReplyState.SENDING


def test_the_same_words_of_a_stranger_do_not_confirm(store: Store, world: World) -> None:
    said = builders.said(store, world)
    made = builders.reply(store, world, said)
    with store.transaction() as tx:
        replies.claim(tx, NOW, 5)
        kept = keep_found(tx, world, found(world, echo(said.item, made.text)))
        assert len(kept.mention_ids) == 1
        assert replies.get(tx, made.id).state is ReplyState.SENDING


# --- sources and readings ----------------------------------------------------------------------------------------


def test_what_was_on_its_way_does_not_begin_a_paused_source_again(store: Store, world: World) -> None:
    with store.transaction() as tx:
        sources.went_deaf(tx, world.stream.id, "The key was revoked.", NOW, for_good=True)
        keep_found(tx, world, cursor="43")
        paused = sources.get(tx, world.stream.id)
        assert (paused.state, paused.because, paused.deaf_since) == (SourceState.PAUSED, "The key was revoked.", NOW)
        assert paused.cursor == "43"


def test_what_was_on_its_way_does_not_begin_a_finished_file_again(store: Store, world: World) -> None:
    with store.transaction() as tx:
        sources.finished(tx, world.stream.id)
        keep_found(tx, world, cursor="43")
        assert sources.get(tx, world.stream.id).state is SourceState.DONE
        assert world.stream.id not in {one.id for one in sources.listening(tx)}


def test_a_deaf_source_hears_again_with_the_next_batch(store: Store, world: World, hand_clock: HandClock) -> None:
    with store.transaction() as tx:
        assert sources.went_deaf(tx, world.stream.id, "Cut line.", NOW)
        assert not sources.went_deaf(tx, world.stream.id, "Still cut.", NOW + timedelta(minutes=1))
        deaf = sources.get(tx, world.stream.id)
        assert (deaf.state, deaf.because, deaf.deaf_since) == (SourceState.DEAF, "Still cut.", NOW)
        keep_found(tx, world)
        heard = sources.get(tx, world.stream.id)
        assert (heard.state, heard.because, heard.deaf_since) == (SourceState.HEARING, "", None)


def test_a_reader_has_one_row_for_each_revision_and_the_last_is_current(store: Store, world: World) -> None:
    said = builders.said(store, world)
    with store.transaction() as tx:
        builders.read(tx, said.mention_id, builders.reading(sure=False))
        builders.read(tx, said.mention_id, builders.reading(reader="test-2"))
        assert rows(tx, schema.enrichment) == 2
        assert rows(tx, schema.search_text) == 1
        heard = mentions.get(tx, said.mention_id)
        assert heard.reading == builders.reading(reader="test-2")


def test_what_was_edited_while_it_was_read_keeps_no_old_reading(store: Store, world: World) -> None:
    one = item("Léa m'ignore")
    with store.transaction() as tx:
        (mention_id,) = keep_found(tx, world, found(world, one)).mention_ids
        heard = mentions.get(tx, mention_id)
        keep_found(tx, world, found(world, msgspec.structs.replace(one, text="On m'ignore", revision="2")))
        mentions.write_reading(tx, heard, builders.reading(one.text, staff=["Léa"]), "lea m ignore", "m ignore")
        assert mentions.get(tx, mention_id).reading is None


def test_a_mention_is_counted_once(store: Store, world: World) -> None:
    said = builders.said(store, world)
    with store.transaction() as tx:
        assert mentions.count_once(tx, said.mention_id, NOW)
        assert not mentions.count_once(tx, said.mention_id, NOW)


def test_every_kind_of_item_comes_back_as_it_was(store: Store, world: World) -> None:
    relay = item("", kind=ItemKind.REPOST, reposted_uri="sim://gazouille/x/1")
    review = item("", kind=ItemKind.REVIEW, rating=1.0, listing_id="osm:1", languages=("fr", "en"), has_picture=True)
    full = item(quoted_uri="sim://a/1", root_uri="sim://a/0", parent_uri="sim://a/2", addressed=("@x",), imported=True)
    with store.transaction() as tx:
        kept = keep_found(tx, world, *(found(world, one) for one in (relay, review, full)))
        assert [mentions.get(tx, one).item for one in kept.mention_ids] == [relay, review, full]


def test_a_retained_item_whose_time_is_over_does_not_come_back(store: Store, world: World) -> None:
    one = item("Zibeline atroce")
    with store.transaction() as tx:
        (mention_id,) = keep_found(tx, world, found(world, one)).mention_ids
        keep.erase(tx, mentions.get(tx, mention_id).mention.item_id, NOW)
        assert keep_found(tx, world, found(world, one)).mention_ids == ()
    assert "zibeline" not in everything_stored(store).casefold()


def test_an_empty_batch_says_that_the_line_is_alive(store: Store, world: World) -> None:
    with store.transaction() as tx:
        keep.keep(tx, world.stream.id, Batch(), [], NOW, first_stage="enrich", retain_days=0)
        assert sources.get(tx, world.stream.id).last_heard_at == NOW
