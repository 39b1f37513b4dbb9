"""How a member is woken: channels of their own, what is tried on them, and the calm message of the day."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import time
from urllib.parse import urlsplit

from ouidire import clock
from ouidire.domain.alert import Route
from ouidire.domain.calm import Calm
from ouidire.domain.channel import Channel, ChannelKind
from ouidire.domain.ids import digest, new_id
from ouidire.domain.member import Member
from ouidire.domain.place import Place
from ouidire.errors import BadInput, NotFound, Permanent
from ouidire.locale import translator
from ouidire.locale.absences import clock_said
from ouidire.notifiers.base import Message
from ouidire.notifiers.services import open_service
from ouidire.notifiers.webpush import Subscription
from ouidire.store import alerts, calms, channels, organisations
from ouidire.store.engine import Store, Tx

NTFY = "https://ntfy.sh"
MOST = 20
"""So many ways a member may have; a form in a loop makes no more."""


@dataclass(frozen=True, slots=True)
class Way:
    """What a member typed: an address of Apprise, or a browser's subscription, and who reads it."""

    kind: ChannelKind
    address: str
    is_private: bool
    shown: str = ""
    key: str = ""
    device: str = ""


def fresh_topic() -> str:
    """A name nobody guesses: on a public ntfy server, who knows the name reads along."""
    return f"ouidire-{secrets.token_hex(10)}"


def ntfy(server: str, topic: str, token: str, *, is_private: bool) -> Way:
    """Raises `BadInput` for what cannot be a server or a topic."""
    parts = urlsplit(server if "://" in server else f"https://{server}")
    try:
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        raise BadInput("The server looks like https://ntfy.sh.") from None
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.path.strip("/"):
        raise BadInput("The server looks like https://ntfy.sh.")
    if not topic or len(topic) > 64 or not _plain(topic):
        raise BadInput("A topic has letters, digits, - and _, at most 64.")
    if token and not _plain(token):
        raise BadInput("An access token of ntfy begins with tk_ and has letters and digits.")
    scheme = "ntfys" if parts.scheme == "https" else "ntfy"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    address = f"{scheme}://{token + '@' if token else ''}{host}{port}/{topic}?priority=high"
    return Way(ChannelKind.NTFY, address, is_private, f"{parts.hostname} · {_masked(topic)}")


def telegram(token: str, chat: str) -> Way:
    """Raises `BadInput`. A group's number is negative: others read there."""
    name, _, secret = token.partition(":")
    if not (name.isdigit() and secret and _plain(secret)):
        raise BadInput("The bot's token looks like 123456789:AAH…; BotFather says it.")
    if not chat.removeprefix("-").isdigit():
        raise BadInput("The chat is a number, like 123456789; @userinfobot says yours.")
    shown = f"{chat[:2]}…{chat[-2:]}"
    return Way(ChannelKind.TELEGRAM, f"tgram://{token}/{chat}/", not chat.startswith("-"), shown)


def other(address: str, *, is_private: bool) -> Way:
    """Any address of Apprise. Raises `BadInput` with what is wrong with it."""
    if len(address) > 1000:
        raise BadInput("This address is too long.")
    return Way(ChannelKind.OTHER, address, is_private)


def push(subscription: str, name: str, session: str) -> Way:
    """The browser itself. Raises `BadInput` when it gave no subscription."""
    try:
        found = Subscription.read(subscription)
    except Permanent as error:
        raise BadInput(str(error)) from error
    return Way(ChannelKind.PUSH, subscription, True, name, found.endpoint, digest(session))


def add(tx: Tx, store: Store, member: Member, way: Way, min_gravity: int) -> str:
    """Keep it and tell the member by it from now on; its id. Raises `BadInput` for an address that cannot be used."""
    if organisations.get(tx, member.organisation_id).is_demo:
        raise BadInput("In the demo nothing is sent anywhere; set this up in your own house.")
    if len(channels.of(tx, member)) >= MOST:
        raise BadInput(f"You have {MOST} ways already; remove one first.")
    shown = _shown(way)
    one = Channel(
        id=new_id(),
        organisation_id=member.organisation_id,
        member_id=member.id,
        kind=way.kind,
        shown=shown[:200],
        made_at=clock.now(),
        is_private=way.is_private,
        device=way.device,
    )
    if way.kind is ChannelKind.PUSH:
        channels.forget_key(tx, way.key, member)
    channel_id = channels.add(tx, store, one, way.address, way.key)
    _route(tx, member, channel_id, way.kind, min_gravity)
    return channel_id


def _shown(way: Way) -> str:
    """What it is called without its secret. Raises `BadInput` when Apprise cannot use the address."""
    if way.kind is ChannelKind.PUSH:
        return way.shown
    try:
        return way.shown or open_service(way.address).shown
    except Permanent as error:
        raise BadInput(str(error)) from error


def _route(tx: Tx, member: Member, channel_id: str, kind: ChannelKind, min_gravity: int) -> None:
    for old in alerts.routes(tx, member):
        if old.target == channel_id and old.member_id == member.id:
            alerts.remove_route(tx, member, old.id)
    alerts.add_route(
        tx, Route(new_id(), member.organisation_id, member.id, None, min_gravity, kind.notifier, channel_id)
    )


def wish_calm(tx: Tx, member: Member, place_id: str, hour: str, by: str) -> None:
    """One calm message a day for a place; `by` is “email” or the id of a channel of the member's own.

    Raises `NotFound` for a place or a channel that is not theirs, `BadInput` for an hour that is none.
    """
    if place_id not in {one.id for one in organisations.places(tx, member)}:
        raise NotFound("There is no such place.")
    try:
        at = time.fromisoformat(hour).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise BadInput("The hour looks like 19:00.") from None
    notifier, target = ("email", "") if by == "email" else (channels.one_of(tx, member, by).kind.notifier, by)
    calms.wish(tx, Calm(new_id(), member.organisation_id, member.id, place_id, at, notifier, target, clock.now()))


def a_try(member: Member, place: Place | None, link: str) -> Message:
    """What is sent when a member wants to see whether they are woken."""
    speak, at = translator(member.language), clock.now()
    local = place.local(at) if place else at
    body = speak.gettext("This is how I shall wake you, %(name)s. Sent at %(time)s.")
    said = body % {"name": member.name, "time": clock_said(speak, local)}
    return Message(
        id=new_id(),
        to_name=member.name,
        subject=speak.gettext("A try from Ouïdire"),
        body=said,
        link=link,
        language=member.language,
        written_at=at,
        facts={"kind": "try"},
        brief=said,
    )


def _plain(text: str) -> bool:
    return text.isascii() and all(sign.isalnum() or sign in "-_" for sign in text)


def _masked(topic: str) -> str:
    return f"{topic[:3]}…{topic[-2:]}" if len(topic) > 8 else "…"
