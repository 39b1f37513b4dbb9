"""Where a network's terms forbid to infer anybody's health, the author's words stand alone."""

from __future__ import annotations

from ouidire.connectors.registry import may_infer_health, names
from ouidire.domain.enrichment import GRAVE_WORDS, HEALTH, Because, Urgency, without_health
from ouidire.enrich.read import Hints, read
from ouidire.store import mentions
from ouidire.store.engine import Store
from tests import builders
from tests.inbox.asked import work

ILL = "Toute la famille malade chez Delorière après le poulet de dimanche"


def test_how_urgent_and_which_words_stay_but_no_word_of_ours_on_health() -> None:
    before = read(ILL, Hints(languages=("fr",)))
    after = without_health(before)
    assert "ill" in {one.rule for one in before.urgency_because}
    assert not HEALTH & {one.rule for one in (*after.urgency_because, *after.act_because)}
    assert Because(GRAVE_WORDS, before.urgency_because[0].words) in after.urgency_because
    assert (after.urgency, after.sentiment_p) == (before.urgency, before.sentiment_p)


def test_no_shipped_connector_claims_more_than_its_terms_say() -> None:
    assert [name for name in names() if may_infer_health(name)] == []
    assert not may_infer_health("nobody knows this one")


def test_a_mention_of_such_a_network_is_kept_without(store: Store) -> None:
    world = builders.world(store)
    with store.transaction() as tx:
        (mention_id,) = builders.keep_found(
            tx, world, builders.found(world, builders.item(ILL), world.crescent)
        ).mention_ids
    work(store)
    with store.reading() as tx:
        kept = mentions.get(tx, mention_id).reading
    assert kept is not None
    assert kept.urgency is Urgency.DANGER
    assert not HEALTH & {one.rule for one in (*kept.urgency_because, *kept.act_because)}
