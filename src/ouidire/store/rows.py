"""Between rows and nouns: how a noun's nested values become JSON and come back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any, TypeVar

import msgspec
from sqlalchemy import RowMapping

from ouidire.domain.alert import Alert, Because, Delivery, DeliveryState, Judgement, Route
from ouidire.domain.calm import Calm
from ouidire.domain.channel import Channel, ChannelKind
from ouidire.domain.conversation import Conversation, ConversationState, Outcome
from ouidire.domain.enrichment import Reading
from ouidire.domain.hours import Hours
from ouidire.domain.incident import Incident, IncidentKind
from ouidire.domain.item import Author, Item
from ouidire.domain.member import Member, Role
from ouidire.domain.mention import Evidence, Mention, MentionState, PlaceCandidate
from ouidire.domain.organisation import Organisation
from ouidire.domain.phone import Phone
from ouidire.domain.place import Coordinates, Place, QuietHours
from ouidire.domain.program import Program, Scope
from ouidire.domain.reply import Reply, ReplyState
from ouidire.domain.source import Source, SourceState
from ouidire.domain.watch import FormerName, Watch

T = TypeVar("T")
Row = RowMapping | Mapping[str, Any]


def plain(value: object) -> Any:
    """`value` as JSON's own types."""
    return msgspec.to_builtins(value)


def back(value: Any, kind: type[T]) -> T:
    """JSON's own types as `kind`; raises `msgspec.ValidationError` when they do not fit."""
    return msgspec.convert(value, kind)


def to_organisation(row: Row) -> Organisation:
    return Organisation(row["id"], row["name"], row["language"], row["created_at"], bool(row["is_demo"]))


def to_place(row: Row) -> Place:
    quiet = None
    if row["quiet_start"] and row["quiet_end"]:
        quiet = QuietHours(time.fromisoformat(row["quiet_start"]), time.fromisoformat(row["quiet_end"]))
    return Place(
        id=row["id"],
        organisation_id=row["organisation_id"],
        name=row["name"],
        street=row["street"],
        district=row["district"],
        town=row["town"],
        postcode=row["postcode"],
        country=row["country"],
        coordinates=None if row["lat"] is None else Coordinates(row["lat"], row["lon"]),
        radius_m=row["radius_m"],
        time_zone=row["time_zone"],
        listing_ids=tuple(row["listing_ids"]),
        quiet_hours=quiet,
        hours=back(row["hours"], Hours) if row["hours"] else None,
        quiet_when_closed=bool(row["quiet_when_closed"]),
        closed_at=row["closed_at"],
        category=row["category"],
        landmarks=tuple(row["landmarks"]),
        products=tuple(row["products"]),
        roles=tuple(row["roles"]),
        languages=tuple(row["languages"]),
    )


def from_place(place: Place) -> dict[str, Any]:
    quiet = place.quiet_hours
    return {
        "id": place.id,
        "organisation_id": place.organisation_id,
        "name": place.name,
        "street": place.street,
        "district": place.district,
        "town": place.town,
        "postcode": place.postcode,
        "country": place.country,
        "lat": place.coordinates.lat if place.coordinates else None,
        "lon": place.coordinates.lon if place.coordinates else None,
        "radius_m": place.radius_m,
        "time_zone": place.time_zone,
        "listing_ids": list(place.listing_ids),
        "quiet_start": quiet.start.strftime("%H:%M") if quiet else None,
        "quiet_end": quiet.end.strftime("%H:%M") if quiet else None,
        "hours": plain(place.hours) if place.hours else None,
        "quiet_when_closed": place.quiet_when_closed,
        "closed_at": place.closed_at,
        "category": place.category,
        "landmarks": list(place.landmarks),
        "products": list(place.products),
        "roles": list(place.roles),
        "languages": list(place.languages),
    }


_WATCH_LISTS = ("names", "aliases", "handles", "hashtags", "links", "required", "excluded", "near")


def to_watch(row: Row) -> Watch:
    lists = {name: tuple(row[name]) for name in _WATCH_LISTS}
    return Watch(
        id=row["id"],
        organisation_id=row["organisation_id"],
        place_id=row["place_id"],
        former=back(row["former"], tuple[FormerName, ...]),
        rule=row["rule"],
        **lists,
    )


def from_watch(watch: Watch) -> dict[str, Any]:
    lists = {name: list(getattr(watch, name)) for name in _WATCH_LISTS}
    return {
        "id": watch.id,
        "organisation_id": watch.organisation_id,
        "place_id": watch.place_id,
        "former": plain(watch.former),
        "rule": watch.rule,
        **lists,
    }


def to_member(row: Row, place_ids: tuple[str, ...], places_in_all: int) -> Member:
    return Member(
        id=row["id"],
        organisation_id=row["organisation_id"],
        email=row["email"],
        name=row["name"],
        role=Role(row["role"]),
        language=row["language"],
        place_ids=place_ids,
        is_only_place=places_in_all <= 1,
    )


def to_source(row: Row) -> Source:
    return Source(
        id=row["id"],
        organisation_id=row["organisation_id"],
        connector=row["connector"],
        name=row["name"],
        settings=dict(row["settings"]),
        listens=bool(row["listens"]),
        cursor=row["cursor"],
        state=SourceState(row["state"]),
        last_heard_at=row["last_heard_at"],
        deaf_since=row["deaf_since"],
        because=row["because"],
        heard=row["heard"],
        kept=row["kept"],
        dropped=row["dropped"],
        own_uri=row["own_uri"],
        can_reply=bool(row["can_reply"]),
        due_at=row["due_at"],
        usual_s=row["usual_s"],
        spoke_at=row["spoke_at"],
        note=row["note"],
    )


_ITEM_COLUMNS = frozenset({"connector", "author", "text", "written_at", "revision"})


def from_item(item: Item) -> dict[str, Any]:
    """The columns of an item; what has no column of its own goes into `facts`."""
    facts = {k: v for k, v in plain(item).items() if k not in _ITEM_COLUMNS and v not in ("", [], None, False)}
    return {
        "key": item.key,
        "connector": item.connector,
        "author_key": f"{item.connector}:{item.author.uri}",
        "author_handle": item.author.handle,
        "author_name": item.author.name,
        "text": item.text,
        "facts": facts,
        "revision": item.revision,
        "written_at": item.written_at,
    }


def to_item(row: Row) -> Item:
    """The item of a row that has the columns of `item` (not its id); one that is gone has lost its URI too."""
    connector = row["connector"]
    author = Author(row["author_key"].removeprefix(f"{connector}:"), row["author_handle"], row["author_name"])
    facts = {
        "uri": "",
        **row["facts"],
        "connector": connector,
        "author": plain(author),
        "text": row["text"],
        "written_at": row["written_at"],
        "revision": row["revision"],
    }
    return back(facts, Item)


def to_mention(row: Row) -> Mention:
    return Mention(
        id=row["id"],
        organisation_id=row["organisation_id"],
        item_id=row["item_id"],
        place_id=row["place_id"],
        state=MentionState(row["state"]),
        evidence=back(row["evidence"], tuple[Evidence, ...]),
        first_seen_at=row["first_seen_at"],
        is_news=bool(row["is_news"]),
        is_own=bool(row["is_own"]),
        enrichment_id=row["enrichment_id"],
        absence_id=row["absence_id"],
        p=row["p"],
        candidates=back(row["candidates"], tuple[PlaceCandidate, ...]),
    )


def to_reading(value: Any) -> Reading:
    return back(value, Reading)


def to_conversation(row: Row) -> Conversation:
    return Conversation(
        id=row["id"],
        organisation_id=row["organisation_id"],
        place_id=row["place_id"],
        state=ConversationState(row["state"]),
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
        assignee_id=row["assignee_id"],
        gravity=row["gravity"],
        opened_at=row["opened_at"],
        updated_at=row["updated_at"],
        because=row["because"],
    )


def to_reply(row: Row) -> Reply:
    return Reply(
        id=row["id"],
        organisation_id=row["organisation_id"],
        conversation_id=row["conversation_id"],
        mention_id=row["mention_id"],
        member_id=row["member_id"],
        source_id=row["source_id"],
        text=row["text"],
        state=ReplyState(row["state"]),
        written_at=row["written_at"],
        sent_at=row["sent_at"],
        uri=row["uri"],
        url=row["url"],
        because=row["because"],
    )


def to_incident(row: Row) -> Incident:
    return Incident(
        id=row["id"],
        organisation_id=row["organisation_id"],
        place_id=row["place_id"],
        conversation_id=row["conversation_id"],
        kind=IncidentKind(row["kind"]),
        scope=row["scope"],
        gravity=row["gravity"],
        because=row["because"],
        opened_at=row["opened_at"],
        closed_at=row["closed_at"],
        mentions=row["mentions"],
        absence_id=row["absence_id"],
        mention_id=row["mention_id"],
    )


def to_alert(row: Row) -> Alert:
    return Alert(
        row["id"], row["organisation_id"], row["incident_id"], row["version"], row["updated_at"], row["gravity"]
    )


def to_route(row: Row) -> Route:
    return Route(
        id=row["id"],
        organisation_id=row["organisation_id"],
        member_id=row["member_id"],
        place_id=row["place_id"],
        min_gravity=row["min_gravity"],
        notifier=row["notifier"],
        target=row["target"],
    )


def to_delivery(row: Row) -> Delivery:
    return Delivery(
        id=row["id"],
        organisation_id=row["organisation_id"],
        alert_id=row["alert_id"],
        version=row["version"],
        member_id=row["member_id"],
        route_id=row["route_id"],
        notifier=row["notifier"],
        target=row["target"],
        state=DeliveryState(row["state"]),
        because=Because(row["because"]),
        due_at=row["due_at"],
        tries=row["tries"],
        sent_at=row["sent_at"],
        error=row["error"],
        judgement=Judgement(row["judgement"]) if row["judgement"] else None,
    )


def to_program(row: Row) -> Program:
    return Program(
        id=row["id"],
        organisation_id=row["organisation_id"],
        member_id=row["member_id"],
        name=row["name"],
        hint=row["hint"],
        scopes=tuple(Scope(one) for one in row["scopes"] if one in set(Scope)),
        made_at=row["made_at"],
        expires_at=row["expires_at"],
        last_used_at=row["last_used_at"],
    )


def to_phone(row: Row) -> Phone:
    return Phone(**{name: row[name] for name in Phone.__dataclass_fields__})


def to_channel(row: Row) -> Channel:
    given = {name: row[name] for name in Channel.__dataclass_fields__}
    return Channel(**given | {"kind": ChannelKind(row["kind"]), "is_private": bool(row["is_private"])})


def to_calm(row: Row) -> Calm:
    given = {name: row[name] for name in Calm.__dataclass_fields__}
    return Calm(**given | {"hour": time.fromisoformat(row["hour"])})
