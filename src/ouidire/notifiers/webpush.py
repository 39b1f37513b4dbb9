"""Wakes a browser that asked for it: web push (RFC 8030), encrypted for that browser alone (RFC 8291), under our own
key (RFC 8292).

A lock screen lies on a counter for all to see: it says which place and what kind, never the customer's words and never
a name. Those are one tap away, behind the sign-in.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from ouidire import clock
from ouidire.domain.ids import digest
from ouidire.errors import Permanent
from ouidire.notifiers.base import Lost, Message, Notifier
from ouidire.notifiers.context import Http, NotifierContext

NAME = "webpush"
LASTS_S = 4 * 3600
"""How long a push service keeps it for a phone that is off; later it is no news."""
_VOUCHED_S = 12 * 3600
_GONE = (404, 410)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""How many private keys the curve P-256 has, plus one."""


class Keys(msgspec.Struct, frozen=True):
    p256dh: str
    auth: str


class Subscription(msgspec.Struct, frozen=True):
    """What a browser hands out when it lets us wake it."""

    endpoint: str
    keys: Keys

    @classmethod
    def read(cls, text: str) -> Subscription:
        """Raises `Permanent` when it is none."""
        try:
            found = msgspec.json.decode(text, type=cls)
            point, secret = _bytes(found.keys.p256dh), _bytes(found.keys.auth)
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        except (msgspec.DecodeError, ValueError) as error:
            raise Permanent("The browser did not say how it can be woken; try again.") from error
        if len(secret) != 16 or urlsplit(found.endpoint).scheme not in ("https", "http"):
            raise Permanent("The browser did not say how it can be woken; try again.")
        return found


@dataclass(frozen=True)
class OwnKey:
    """Our key for push services, made from the house's: nothing of it is stored."""

    seed: bytes

    @cached_property
    def private(self) -> ec.EllipticCurvePrivateKey:
        return ec.derive_private_key(int.from_bytes(self.seed, "big") % (_ORDER - 1) + 1, ec.SECP256R1())

    @property
    def public(self) -> str:
        """What a browser is given when it is asked for a subscription."""
        return _text(self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def why_not(context: NotifierContext) -> str:
    return "" if context.http and context.push_key else "There is no HTTP client here."


def open_notifier(context: NotifierContext) -> Notifier:
    if context.http is None:
        raise Permanent(why_not(context))
    return WebPushNotifier(context.http, OwnKey(context.push_key), context.contact)


class WebPushNotifier:
    """`target` is a subscription as JSON. The push service keeps one message of an id: the second takes its place."""

    def __init__(self, http: Http, key: OwnKey, contact: str) -> None:
        self._http, self._key, self._contact = http, key, contact

    async def send(self, message: Message, target: str) -> None:
        """Raises `Lost` (404, 410), `Retry` (unreachable, 429, 5xx) or `Permanent` (not a subscription, 4xx)."""
        to = Subscription.read(target)
        headers = {
            "Content-Type": "application/octet-stream",
            "Content-Encoding": "aes128gcm",
            "TTL": str(LASTS_S),
            "Urgency": "high",
            "Topic": digest(message.id)[:32],
            **self._vouched(to.endpoint),
        }
        try:
            await self._http.request("POST", to.endpoint, headers=headers, content=_sealed(payload(message), to.keys))
        except Permanent as error:
            if getattr(error, "status", 0) in _GONE:
                raise Lost("This browser can no longer be woken: it took its consent back, or was reset.") from error
            raise

    async def aclose(self) -> None:
        """The HTTP client is not ours to close."""

    def _vouched(self, endpoint: str) -> Mapping[str, str]:
        """Who we are, signed for this push service alone."""
        from py_vapid import Vapid02

        parts = urlsplit(endpoint)
        # Not strict: it takes no web address with a path for who we are, push services do.
        vapid = Vapid02(private_key=self._key.private, conf={"no-strict": True})
        expires = int(clock.now().timestamp()) + _VOUCHED_S
        signed: dict[str, str] = vapid.sign(
            {"aud": f"{parts.scheme}://{parts.netloc}", "exp": expires, "sub": self._contact}
        )
        return signed


def payload(message: Message) -> dict[str, Any]:
    """What the lock screen shows, and where a tap leads: into our own pages, whatever address they are seen at."""
    parts = urlsplit(message.link)
    return {
        "id": message.id,
        "title": " ".join(message.subject.split())[:160],
        "body": " ".join(message.brief.split())[:300],
        "url": parts.path + (f"?{parts.query}" if parts.query else "") or "/",
        "tag": str(message.facts.get("conversation_id") or message.id),
        "language": message.language,
        "waiting": message.waiting,
    }


def _sealed(content: Mapping[str, Any], keys: Keys) -> bytes:
    import http_ece

    sealed: bytes = http_ece.encrypt(
        msgspec.json.encode(content),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=_bytes(keys.p256dh),
        auth_secret=_bytes(keys.auth),
        version="aes128gcm",
    )
    return sealed


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
