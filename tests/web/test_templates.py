"""What a page makes of a view, for states that take a long time to come about."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ouidire.domain.conversation import ConversationState, EdgeKind, Outcome
from ouidire.domain.enrichment import Urgency
from ouidire.domain.reply import ReplyState
from ouidire.inbox.views import ConversationView
from ouidire.locale import translator
from ouidire.web import pages
from ouidire.web.words import Words
from tests.web import samples
from tests.web.test_screens import words


def talk(view: ConversationView, language: str = "fr", **other: object) -> str:
    values: dict[str, object] = {
        "w": Words(translator(language), samples.NOW), "me": samples.HEADQUARTERS, "csrf": "x", "waiting": 1,
        "section": "/inbox", "path": "/c/c1", "demo": None, "organisation": "Maison Delorière", "said": "", "error": "",
        "errors": pages.Blanks(), "view": view, "timeline": pages.timeline(view), "sheet": "", "draft": "",
        "verdict": None, "length": 0, "later": [], "message_id": "m1",
    }  # fmt: skip
    return pages.render(language, "conversation.html", values | other)


def test_what_its_author_deleted_stands_nowhere_on_the_page() -> None:
    gone = samples.message(is_gone=True, text="", evidence=())
    page = words(talk(samples.conversation_view(messages=(gone,), replies=(), notes=())))
    assert "Supprimé par son auteur. Rien n’en est gardé ici." in page
    assert "Trente" not in page


def test_relays_are_folded_behind_the_first_message() -> None:
    kinds = [kind for kind, _ in pages.timeline(samples.conversation_view())]
    assert kinds == ["message", "relays", "reply", "note", "message"]


def test_our_own_words_that_came_back_from_the_network_stand_there_once() -> None:
    view = samples.conversation_view()
    echo = samples.message("m5", "Bonjour Nadia…", 24, is_own=True, url=view.replies[0].url, edge=EdgeKind.REPLY)
    kinds = [kind for kind, _ in pages.timeline(replace(view, messages=(*view.messages, echo)))]
    assert kinds.count("message") == len(view.messages)


def test_a_reading_that_is_not_sure_says_so_and_hides_no_number() -> None:
    unsure = samples.message(reading=samples.reading(sure=False, urgency=Urgency.TODAY))
    page = talk(samples.conversation_view(messages=(unsure,)))
    assert "nous ne savons pas" in page
    assert "92" in page


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (ReplyState.DUE, "sur le point de partir"),
        (ReplyState.SENDING, "en cours d’envoi"),
        (ReplyState.SENT, "envoyée"),
        (ReplyState.UNCLEAR, "nous demandons au réseau si elle est arrivée"),
        (ReplyState.REFUSED, "refusée\u00a0: rien n’a été dit"),
        (ReplyState.ON_SITE, "à publier vous-même sur le site"),
    ],
)
def test_every_outcome_of_an_answer_has_its_word(state: ReplyState, said: str) -> None:
    view = samples.conversation_view()
    assert said in talk(replace(view, replies=(replace(view.replies[0], state=state),)))


def test_a_closed_conversation_says_how_it_ended() -> None:
    view = samples.conversation_view()
    closed = replace(view, card=replace(view.card, state=ConversationState.CLOSED, outcome=Outcome.PUT_RIGHT))
    assert "Réglé, de ses propres mots" in talk(closed)
    assert "Put right, in their own words" in talk(closed, "en")


def test_who_may_not_see_names_is_told_that_they_are_masked() -> None:
    view = samples.conversation_view()
    masked = replace(view, card=replace(view.card, first=samples.message(is_masked=True)))
    assert "les noms du personnel vous sont masqués" in talk(masked)


@pytest.mark.parametrize("sheet", ["answer", "note", "hand", "later", "place", "more"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_sheet_opens_in_both_languages(sheet: str, language: str) -> None:
    page = talk(samples.conversation_view(), language, sheet=sheet, later=[("hour", "…")])
    assert '<section id="sheet" class="sheet" tabindex="-1" aria-labelledby="sheet-title">' in page


def test_a_missing_value_is_an_error_and_not_a_hole() -> None:
    with pytest.raises(Exception, match="undefined"):
        pages.render("fr", "now.html", {})
