"""What a hub says at our door: it asks whether we asked, and brings what is new, signed with the secret we gave it."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import replace
from datetime import datetime, timedelta

from ouidire import clock
from ouidire.connectors.base import Answer, Call, Door, SourceContext
from ouidire.connectors.http import Http
from ouidire.domain.subscription import Subscription, SubscriptionState
from ouidire.errors import Permanent

from .client import checked
from .websub import tell

NOT_SIGNED = "A call that does not bear the hub's signature"
_NO = Answer(404)
_OVER = Answer(410)
_METHODS = {"sha1": hashlib.sha1, "sha256": hashlib.sha256, "sha384": hashlib.sha384, "sha512": hashlib.sha512}
_LEAST_S, _MOST_S, _UNSAID_S = 300, 30 * 86_400, 86_400


class FeedHook:
    """See `base.Hook`."""

    def __init__(self, http: Http, door: Door, typed: str) -> None:
        self._http, self._door, self._typed = http, door, typed

    def answer(self, call: Call, known: Subscription | None) -> Answer:
        if known is None:
            return farewell(call)
        if call.method == "GET":
            return _verified(call, known, clock.now())
        if call.method != "POST":
            return Answer(405)
        if not is_signed(call.body, call.headers.get("x-hub-signature", ""), self._door.secret):
            return Answer(202, refused=NOT_SIGNED)  # WebSub wants 2xx: who guesses learns nothing
        return Answer(202, kind=call.headers.get("content-type", "")[:200] or "application/xml")

    async def end(self, known: Subscription) -> None:
        await tell(self._http, "unsubscribe", known, self._door, self._typed)


def _verified(call: Call, known: Subscription, at: datetime) -> Answer:
    """Does the hub promise what we asked for? Nobody else can make us say that we want something."""
    query = call.query
    if query.get("hub.topic") != known.topic:
        return _NO
    if query.get("hub.mode") == "denied":
        because = f"The hub does not want to call us: {query.get('hub.reason', '')[:200] or 'no reason given'}"
        return Answer(200, subscription=replace(known, state=SubscriptionState.REFUSED, because=because))
    if query.get("hub.mode") != "subscribe" or known.state is SubscriptionState.REFUSED or "hub.challenge" not in query:
        return _NO
    said = query.get("hub.lease_seconds", "")
    lease_s = min(max(int(said), _LEAST_S), _MOST_S) if said.isascii() and said.isdigit() and len(said) < 12 else 0
    until = at + timedelta(seconds=lease_s or _UNSAID_S)
    active = replace(known, state=SubscriptionState.ACTIVE, until=until, because="")
    return Answer(200, query["hub.challenge"], subscription=active)


def farewell(call: Call) -> Answer:
    """We want no calls here: a hub that asks whether that is so is told yes."""
    if call.method == "GET" and call.query.get("hub.mode") == "unsubscribe" and "hub.challenge" in call.query:
        return Answer(200, call.query["hub.challenge"])
    return _NO if call.method == "GET" else _OVER


def is_signed(body: bytes, signature: str, secret: str) -> bool:
    """Is this the hub's signature of `body`? Takes as long whether it nearly is or not at all."""
    method, _, said = signature.strip().partition("=")
    made = _METHODS.get(method.lower())
    if made is None:
        return False
    ours = hmac.new(secret.encode(), body, made).hexdigest()
    return hmac.compare_digest(ours.encode(), said.strip().lower().encode())


def open_hook(context: SourceContext) -> FeedHook:
    if context.door is None:
        raise Permanent("This house has no public address: nobody can call it.")
    return FeedHook(context.http, context.door, checked(context.settings["address"]))
