"""Hand-made values of every view a page shows, in the worlds of the acceptance scenes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ouidire.domain.alert import Because, DeliveryState
from ouidire.domain.conversation import ConversationState, EdgeKind
from ouidire.domain.enrichment import Act, Sentiment, Urgency
from ouidire.domain.member import Member, Role
from ouidire.domain.mention import Evidence, EvidenceKind
from ouidire.domain.reply import ReplyState
from ouidire.domain.source import SourceState
from ouidire.inbox.views import (
    Card,
    ConversationView,
    MessageView,
    NoteView,
    NowView,
    ReadingView,
    ReplyView,
    SourceLine,
    ToldView,
)

NOW = datetime(2026, 10, 17, 19, 30, tzinfo=UTC)
ZONE = "America/Toronto"
ORGANISATION = "0190c0de-0000-7000-8000-000000000001"

HEADQUARTERS = Member("m-hq", ORGANISATION, "siege@deloriere.example", "Siège", Role.HEADQUARTERS, "fr")
MANAGER = Member("m-mtl", ORGANISATION, "crescent@deloriere.example", "Boutique rue Crescent", Role.PLACE_MANAGER, "fr",
                 ("p-mtl",))  # fmt: skip

TEXT = (
    "Trente minutes d'attente dans votre boutique de Montréal, et des gens arrivés après moi sont servis avant moi. "
    "@deloriere_na c'est comme ça que vous recevez ?"
)


def span(text: str, words: str) -> tuple[int, int]:
    start = text.index(words)
    return start, start + len(words)


def reading(text: str = TEXT, **other: object) -> ReadingView:
    words = (span(text, "Trente minutes d'attente"),) if "Trente" in text else ()
    made = ReadingView(
        sentiment=Sentiment.NEGATIVE, sentiment_p=0.92, sentiment_words=words, act=Act.COMPLAINT, act_p=0.9,
        urgency=Urgency.NOW, urgency_p=0.88,
        because=(("served_after_others", (span(text, "arrivés après moi sont servis avant"),)),) if words else (),
        language="fr", sure=True, reader="ngrams-1",
    )  # fmt: skip
    return replace(made, **other)  # type: ignore[arg-type]


def message(mention_id: str = "m1", text: str = TEXT, minutes_ago: float = 4, **other: object) -> MessageView:
    written = NOW - timedelta(minutes=minutes_ago)
    made = MessageView(
        mention_id=mention_id, network="bluesky", author_name="Nadia B.", author_handle="nadia.bsky.social", text=text,
        url="https://bsky.app/profile/nadia/post/1", written_at=written, first_seen_at=written + timedelta(seconds=2),
        edge=EdgeKind.FIRST, edge_because="",
        evidence=(
            Evidence(EvidenceKind.HANDLE, "deloriere_na"),
            Evidence(EvidenceKind.LOCALITY, "Montréal", *span(text, "Montréal")) if "Montréal" in text
            else Evidence(EvidenceKind.NAME, "Delorière"),
        ),
        reading=reading(text), is_masked=False,
    )  # fmt: skip
    return replace(made, **other)  # type: ignore[arg-type]


def card(**other: object) -> Card:
    made = Card(
        conversation_id="c1", place_id="p-mtl", place_name="Boutique rue Crescent", time_zone=ZONE,
        state=ConversationState.WAITING, outcome=None, gravity=2, first=message(), messages=1, relays=1,
        assignee_name="", told=("Siège", "Boutique rue Crescent"), updated_at=NOW,
    )  # fmt: skip
    return replace(made, **other)  # type: ignore[arg-type]


def sources() -> tuple[SourceLine, ...]:
    def line(n: str, connector: str, state: SourceState, **other: object) -> SourceLine:
        made = SourceLine(n, "", connector, state, NOW - timedelta(seconds=8), None, "", 182_304, 12, 3, True, True)
        return replace(made, **other)  # type: ignore[arg-type]

    return (
        line("s1", "bluesky", SourceState.HEARING, name="Bluesky"),
        line("s2", "files", SourceState.DONE, name="Avis 2025.csv", can_reply=False),
        line("s3", "simulated", SourceState.DEAF, name="Piaf", deaf_since=NOW - timedelta(hours=14),
             because="La clé d'accès a été révoquée. Reconnectez le compte."),
    )  # fmt: skip


def now_view(**other: object) -> NowView:
    handled = card(
        conversation_id="c2", state=ConversationState.OURS, assignee_name="Boutique rue Crescent", relays=0, messages=3,
        first=message("m9", "Le savon au romarin sent le plastique cette année, dommage.", 190,
                      reading=reading("x", sure=False, urgency=Urgency.CALM, urgency_p=0.7)),
    )  # fmt: skip
    made = NowView((card(),), (handled,), 7, 4, 2, NOW - timedelta(seconds=8), sources())
    return replace(made, **other)  # type: ignore[arg-type]


def told(**other: object) -> ToldView:
    made = ToldView("d1", "c1", "Boutique rue Crescent", "Siège", "browser", DeliveryState.SENT, Because.FIRST,
                    NOW - timedelta(minutes=3), "", None, "grave", 2, True)  # fmt: skip
    return replace(made, **other)  # type: ignore[arg-type]


def conversation_view(**other: object) -> ConversationView:
    messages = (
        message(minutes_ago=34),
        message("m2", "Merci, on vient de m'offrir un thé et de s'occuper de moi. C'est réglé.", 6, edge=EdgeKind.REPLY,
                reading=reading("x", sentiment=Sentiment.POSITIVE, sentiment_p=0.95, act=Act.THANKS,
                                urgency=Urgency.CALM, urgency_p=0.9)),
    )  # fmt: skip
    relay = message("m3", "", 29, edge=EdgeKind.REPOST, author_name="Montréal Guide", author_handle="mtlguide",
                    is_relay=True, reading=None)  # fmt: skip
    reply = ReplyView(
        "r1",
        "Bonjour Nadia, vous avez raison d'être fâchée. Nous venons vers vous tout de suite.\n— "
        "L'équipe de la boutique rue Crescent",
        "Boutique rue Crescent",
        ReplyState.SENT,
        NOW - timedelta(minutes=25),
        NOW - timedelta(minutes=25),
        "https://bsky.app/x",
        "",
        True,
    )
    note = NoteView("n1", "Boutique rue Crescent", "Elle attendait près de la vitrine. Thé offert, achat emballé.",
                    NOW - timedelta(minutes=15))  # fmt: skip
    made = ConversationView(
        card=card(state=ConversationState.OURS, assignee_name="Boutique rue Crescent", messages=2),
        messages=messages, relays=(relay,), replies=(reply,), notes=(note,),
        told=(
            told(), told(delivery_id="d2", member_name="Boutique rue Crescent", notifier="email", is_mine=False),
            told(delivery_id="d3", member_name="Boutique Yorkville", state=DeliveryState.HELD,
                 because=Because.NO_ROUTE, is_mine=False),
        ),
        can_answer=True, why_not="", answer_url="https://bsky.app/profile/nadia/post/1", max_length=300,
        members=(("m-hq", "Siège"), ("m-mtl", "Boutique rue Crescent")),
        places=(("p-mtl", "Boutique rue Crescent"), ("p-tor", "Boutique Yorkville")),
    )  # fmt: skip
    return replace(made, **other)  # type: ignore[arg-type]
