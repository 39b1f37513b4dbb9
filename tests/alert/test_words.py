"""What an alert says, in two languages, masked for who gets it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ouidire.alert.words import EXCERPT, Told, message
from ouidire.domain.alert import Because, Delivery, DeliveryState
from ouidire.domain.enrichment import Reading
from ouidire.domain.incident import Incident, IncidentKind
from ouidire.domain.member import Member, Role
from ouidire.domain.mention import Mention, MentionState
from ouidire.domain.organisation import Organisation
from ouidire.domain.place import Place
from ouidire.store.mentions import Heard
from tests.builders import NOW, item, member, reading

HOUSE = Organisation("o1", "Delorière", "fr", NOW)
PLACE = Place("p1", "o1", "Boutique rue Crescent", time_zone="America/Toronto")
MANAGER = member(HOUSE, Role.PLACE_MANAGER, PLACE)
HQ = member(HOUSE, Role.HEADQUARTERS, language="en")
TEXT = "Léa m'ignore depuis trente minutes"
READ = reading(TEXT, staff=["Léa"])


def told(
    to: Member, text: str = TEXT, what: Reading | None = READ, place: Place | None = PLACE, **incident: object
) -> Told:
    delivery = Delivery("d1", "o1", "a1", 1, to.id, None, "email", "", DeliveryState.DUE, Because.FIRST, NOW)
    about = Incident("i1", "o1", place.id if place else None, "c1", IncidentKind.GRAVE, "c1", 2, "waiting_now", NOW)
    mention = Mention("m1", "o1", "x1", None, MentionState.OURS, (), NOW, is_news=True)
    one = item(text, written_at=datetime(2026, 10, 17, 19, 26, tzinfo=UTC))
    return Told(delivery, replace(about, **incident), to, place, Heard(mention, one, what, is_gone=not text))  # type: ignore[arg-type]


def test_the_manager_reads_it_in_french_with_the_places_own_time() -> None:
    said = message(told(MANAGER), "https://x/a/1")
    assert said.subject.startswith("Boutique rue Crescent · ")
    assert said.body == (
        "Boutique rue Crescent\u00a0: écrit sur Gazouille à 15\u00a0h\u00a026.\n\n"
        "«\u00a0Léa m'ignore depuis trente minutes\u00a0»"
    )
    assert (said.id, said.language, said.link, said.to_name) == ("d1", "fr", "https://x/a/1", MANAGER.name)


def test_what_was_heard_late_says_how_old_it_is_and_that_the_guest_may_have_left() -> None:
    late = replace(told(MANAGER, absence_id="a night"), at=NOW + timedelta(hours=5))
    said = message(late, "").body.replace("\xa0", " ")
    assert "écrit sur Gazouille à 15 h 26, il y a 5 h, pendant que nous n’entendions pas." in said
    assert "La personne est peut-être partie." in said
    assert message(late, "").facts["late"] is True


def test_headquarters_read_it_in_english_without_the_name() -> None:
    said = message(told(HQ), "https://x/a/1")
    assert "written on Gazouille at 15:26." in said.body
    assert "“… m'ignore depuis trente minutes”" in said.body
    assert "Léa" not in str(said)


def test_words_that_nobody_has_read_yet_are_not_sent_to_headquarters() -> None:
    assert "“…”" in message(told(HQ, what=None), "").body
    assert TEXT in message(told(MANAGER, what=None), "").body


def test_the_owner_of_a_single_place_reads_the_name() -> None:
    owner = replace(member(HOUSE, Role.OWNER), is_only_place=True)
    assert "Léa" in message(told(owner), "").body


def test_a_deleted_message_is_not_repeated() -> None:
    assert "Son auteur a supprimé le message." in message(told(MANAGER, "", None), "").body


def test_a_long_message_is_cut_after_masking() -> None:
    text = "Léa " + "attend " * 100
    said = message(told(HQ, text, reading(text, staff=["Léa"])), "")
    quoted = said.body.split("“")[1]
    assert len(quoted) <= EXCERPT + 1
    assert quoted.endswith("…”")
    assert "Léa" not in quoted


@pytest.mark.parametrize(("n", "words"), [(1, ""), (2, "2 messages pour l’instant.")])
def test_more_messages_are_counted(n: int, words: str) -> None:
    body = message(told(MANAGER, mentions=n), "").body
    assert body.endswith(words)
    assert ("pour l’instant" in body) is bool(words)


def test_an_unknown_place_is_said_and_told_in_utc() -> None:
    said = message(told(HQ, place=None), "")
    assert said.subject.startswith("Place unknown · ")
    assert "19:26" in said.body
    assert said.facts["place"] is None


def test_a_relay_is_called_so_and_an_unknown_reason_is_still_a_sentence() -> None:
    relay = message(told(HQ, kind=IncidentKind.RELAY), "")
    assert relay.subject.endswith("An unhappy message is being relayed")
    assert message(told(HQ, because="a rule of tomorrow"), "").subject.endswith("An unhappy customer")


def test_the_facts_hold_what_a_program_needs_and_no_text() -> None:
    facts = message(told(HQ), "").facts
    assert facts["gravity"] == 2
    assert facts["conversation_id"] == "c1"
    assert "minutes" not in str(facts)
