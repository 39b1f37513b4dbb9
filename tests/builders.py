"""A small business world for tests: an organisation, its places and people, and what is said about it.

Everything here goes through the store's own functions; a test says only what matters to it.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from ouidire.domain.alert import Route
from ouidire.domain.conversation import ConversationState, Edge, EdgeKind
from ouidire.domain.enrichment import Act, Because, Reading, Sentiment, Span, Urgency
from ouidire.domain.enrichment import mask as mask_spans
from ouidire.domain.fold import fold
from ouidire.domain.ids import new_id
from ouidire.domain.incident import Incident, IncidentKind
from ouidire.domain.item import Author, Batch, Item
from ouidire.domain.member import Member, Role
from ouidire.domain.mention import Evidence, EvidenceKind, Match, MentionState
from ouidire.domain.organisation import Organisation
from ouidire.domain.place import Place
from ouidire.domain.reply import Reply, ReplyState
from ouidire.domain.source import Source
from ouidire.domain.watch import Watch
from ouidire.store import alerts, conversations, keep, members, mentions, organisations, replies, sources, watches
from ouidire.store.conversations import Standing
from ouidire.store.engine import Store, Tx
from ouidire.store.keep import Found, Kept
from ouidire.store.refused import Refused

NOW = datetime(2026, 10, 17, 19, 26, tzinfo=UTC)
"""The moment at which `hand_clock` stands: 15:26 in Montréal, on a Saturday."""

_numbers = itertools.count(1)


@dataclass(frozen=True)
class World:
    """One organisation with two places, a member of each role, a watch, a public source and an account of its own."""

    organisation: Organisation
    crescent: Place
    yorkville: Place
    owner: Member
    headquarters: Member
    manager: Member
    """Of `crescent`."""
    other_manager: Member
    """Of `yorkville`."""
    viewer: Member
    """Reads along at `crescent`."""
    watch: Watch
    stream: Source
    account: Source

    @property
    def members(self) -> tuple[Member, ...]:
        return (self.owner, self.headquarters, self.manager, self.other_manager, self.viewer)


def world(store: Store, name: str = "Delorière") -> World:
    """Make it all in `store`; a second one with another name is another tenant."""
    made = _world(name)
    with store.transaction() as tx:
        organisations.add(tx, made.organisation)
        organisations.add_place(tx, made.crescent)
        organisations.add_place(tx, made.yorkville)
        for one in made.members:
            members.add(tx, one, "no password", NOW)
        watches.add(tx, made.watch)
        sources.add(tx, store, made.stream)
        sources.add(tx, store, made.account, {"token": f"secret of {name}"})
    return made


def _world(name: str) -> World:
    organisation = Organisation(new_id(), name, "fr", NOW)
    crescent = Place(
        new_id(), organisation.id, f"{name} rue Crescent", street="rue Crescent", town="Montréal", country="CA",
        time_zone="America/Toronto",
    )  # fmt: skip
    yorkville = Place(
        new_id(), organisation.id, f"{name} Yorkville", town="Toronto", country="CA", time_zone="America/Toronto"
    )
    network = name.casefold()
    return World(
        organisation=organisation,
        crescent=crescent,
        yorkville=yorkville,
        owner=member(organisation, Role.OWNER),
        headquarters=member(organisation, Role.HEADQUARTERS, language="en"),
        manager=member(organisation, Role.PLACE_MANAGER, crescent),
        other_manager=member(organisation, Role.PLACE_MANAGER, yorkville),
        viewer=member(organisation, Role.VIEWER, crescent),
        watch=Watch(new_id(), organisation.id, crescent.id, names=(name,)),
        stream=Source(new_id(), None, "simulated", f"Stream {name}", settings={"network": network, "url": "http://x/"}),
        account=Source(
            new_id(), organisation.id, "simulated", f"Account {name}", listens=False, own_uri=f"sim://gazouille/@{name}",
            can_reply=True, settings={"network": "gazouille", "url": "http://x/"},
        ),
    )  # fmt: skip


def member(organisation: Organisation, role: Role, *places: Place, language: str = "fr") -> Member:
    """A member who is not stored yet; the organisation has several places."""
    number = next(_numbers)
    return Member(
        id=new_id(),
        organisation_id=organisation.id,
        email=f"{role}{number}@{organisation.id}.example",
        name=f"{role.replace('_', ' ').capitalize()} {number}",
        role=role,
        language=language,
        place_ids=tuple(place.id for place in places),
    )


def item(text: str = "Trente minutes d'attente !", *, author: str = "nadia", uri: str = "", **other: object) -> Item:
    """A fresh post on the simulated network 'gazouille', written a minute ago."""
    made = Item(
        connector="simulated",
        uri=uri or f"sim://gazouille/{author}/{next(_numbers)}",
        author=Author(f"sim://gazouille/@{author}", author, author.capitalize()),
        text=text,
        written_at=NOW - timedelta(minutes=1),
    )
    return made.__class__(**{**{name: getattr(made, name) for name in made.__struct_fields__}, **other})


def found(where: World, one: Item, place: Place | None = None, **other: object) -> Found:
    """`one`, matched to this world's organisation (place None: unknown)."""
    evidence = (Evidence(EvidenceKind.NAME, where.organisation.name),)
    match = Match(where.organisation.id, place.id if place else None, where.watch.id, evidence)
    return replace(Found(one, match), **other)  # type: ignore[arg-type]


def nearly(where: World, one: Item, p: float = 0.3) -> Refused:
    """`one`, which was nearly about this world's organisation."""
    name = where.organisation.name
    evidence = (
        Evidence(EvidenceKind.NAME, name, weight=1.2),
        Evidence(EvidenceKind.COMMON, name, weight=-2.4),
        Evidence(EvidenceKind.ELSEWHERE, "Quimper", weight=-0.9),
    )
    return Refused(one, Match(where.organisation.id, None, None, evidence, p))


def keep_found(
    tx: Tx, where: World, *found_ones: Found, at: datetime = NOW, aside: Sequence[Refused] = (), **batch: object
) -> Kept:
    """Commit what was found and what was left aside, as the hot path does."""
    items = tuple(one.item for one in found_ones)
    given = Batch(**{"items": items, "cursor": "c1", "heard": len(items), **batch})  # type: ignore[arg-type]
    return keep.keep(tx, where.stream.id, given, found_ones, at, first_stage="enrich", retain_days=30, left_aside=aside)


def reading(text: str = "", *, staff: Sequence[str] = (), rule: str = "", words: str = "", **other: object) -> Reading:
    """A reading of `text`: an unhappy complaint of someone who waits now, unless told otherwise."""
    because = (Because(rule or "waiting_now", tuple(span(text, words) for words in [words] if words)),)
    made = Reading(
        reader="test-1",
        language="fr",
        language_p=0.99,
        sentiment=Sentiment.NEGATIVE,
        sentiment_p=(0.9, 0.07, 0.03),
        sentiment_words=tuple(span(text, words) for words in [words] if words),
        act=Act.COMPLAINT,
        act_p=0.9,
        act_because=(),
        urgency=Urgency.NOW,
        urgency_p=0.9,
        urgency_because=because,
        staff=tuple(span(text, name) for name in staff),
        sure=True,
    )
    return replace(made, **other)  # type: ignore[arg-type]


CONTENT = {
    "sentiment": Sentiment.POSITIVE,
    "sentiment_p": (0.02, 0.08, 0.9),
    "act": Act.THANKS,
    "urgency": Urgency.CALM,
    "urgency_because": (),
}
"""What `reading` is told for somebody who is content."""


def span(text: str, words: str) -> Span:
    start = text.index(words)
    return start, start + len(words)


def read(tx: Tx, mention_id: str, what: Reading) -> None:
    """Keep a reading, as `enrich` does."""
    one = mentions.get(tx, mention_id)
    mentions.write_reading(tx, one, what, fold(one.item.text), fold(mask_spans(one.item.text, what.staff)))


@dataclass(frozen=True)
class Said:
    """What stands in the store after `said`."""

    mention_id: str
    conversation_id: str
    story_id: str
    item: Item


def said(
    store: Store, where: World, text: str = "Trente minutes d'attente !", place: Place | None = None, **other: object
) -> Said:
    """One message that was kept, read and stands in a conversation of its own, which waits for us."""
    staff = other.pop("staff", ())
    what = other.pop("reading", None)
    one = other.pop("item", None) or item(text, **other)
    assert isinstance(one, Item)
    with store.transaction() as tx:
        (mention_id,) = keep_found(tx, where, found(where, one, place)).mention_ids
        assert what is None or isinstance(what, Reading)
        read(tx, mention_id, what or reading(one.text, staff=staff))  # type: ignore[arg-type]
        conversation_id = conversations.open_one(
            tx, where.organisation.id, place.id if place else None, f"simulated:{one.author.uri}", one.written_at
        )
        conversations.change(tx, conversation_id, gravity=2)
        story_id = conversations.story_for(tx, where.organisation.id, one.key)
        standing = Standing(mention_id, story_id, conversation_id)
        conversations.connect(tx, where.organisation.id, standing, Edge(mention_id, EdgeKind.FIRST, "first_message"))
    return Said(mention_id, conversation_id, story_id, one)


def joined(store: Store, where: World, to: Said, one: Item, kind: EdgeKind, **other: object) -> str:
    """One more message in the conversation of `to`; gives its mention's id."""
    state = other.pop("state", MentionState.OURS)
    with store.transaction() as tx:
        place_id = conversations.get(tx, to.conversation_id).place_id
        place = next((p for p in (where.crescent, where.yorkville) if p.id == place_id), None)
        (mention_id,) = keep_found(tx, where, found(where, one, place, state=state, **other)).mention_ids
        standing = Standing(mention_id, to.story_id, to.conversation_id)
        edge = Edge(mention_id, kind, "goes_on", to.mention_id)
        conversations.connect(tx, where.organisation.id, standing, edge)
    return mention_id


def incident(where: World, about: Said, place: Place | None = None, **other: object) -> Incident:
    """A grave message that is not stored yet."""
    made = Incident(
        id=new_id(),
        organisation_id=where.organisation.id,
        place_id=place.id if place else None,
        conversation_id=about.conversation_id,
        kind=IncidentKind.GRAVE,
        scope=about.conversation_id,
        gravity=2,
        because="waiting_now",
        opened_at=NOW,
    )
    return replace(made, **other)  # type: ignore[arg-type]


def route(one: Member, notifier: str = "browser", min_gravity: int = 1, place: Place | None = None) -> Route:
    """A route that is not stored yet."""
    return Route(new_id(), one.organisation_id, one.id, place.id if place else None, min_gravity, notifier)


def add_routes(store: Store, *routes: Route) -> None:
    with store.transaction() as tx:
        for one in routes:
            alerts.add_route(tx, one)


def reply(store: Store, where: World, to: Said, text: str = "Nous arrivons.", **other: object) -> Reply:
    """A reply that is due, decided by the manager."""
    made = Reply(
        id=new_id(),
        organisation_id=where.organisation.id,
        conversation_id=to.conversation_id,
        mention_id=to.mention_id,
        member_id=where.manager.id,
        source_id=where.account.id,
        text=text,
        state=ReplyState.DUE,
        written_at=NOW,
    )
    made = replace(made, **other)  # type: ignore[arg-type]
    with store.transaction() as tx:
        replies.add(tx, made, {"reply_id": made.id, "text": made.text})
        conversations.change(tx, to.conversation_id, state=ConversationState.OURS, because="answering")
    return made
