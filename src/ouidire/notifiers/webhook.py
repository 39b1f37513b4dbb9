"""Tells a program: a signed POST with the facts, and when it was signed."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

import msgspec

from ouidire import clock
from ouidire.errors import Permanent
from ouidire.notifiers.base import Message, Notifier
from ouidire.notifiers.context import Http, NotifierContext
from ouidire.notifiers.plain import as_data

NAME = "webhook"
_EVENTS: Mapping[str, str] = {"test": "test.v1", "deaf": "notice.v1", "hears": "notice.v1"}
"""By what its facts are about; all else is an alert, whose kinds may grow."""
SIGNED = "Ouidire-Signed"
"""The header that says when a call was signed, so that an old one cannot be played again."""


def why_not(context: NotifierContext) -> str:
    return "" if context.http else "There is no HTTP client here."


def open_notifier(context: NotifierContext) -> Notifier:
    if context.http is None:
        raise Permanent(why_not(context))
    return WebhookNotifier(context.http, context.webhook_secrets)


class WebhookNotifier:
    """`target` is an http(s) address. The same message has the same `Ouidire-Delivery` and the same bytes at each try.

    With a secret for the target, `Ouidire-Signature` is 'sha256=' and the HMAC-SHA256 of the body, in hex;
    `Ouidire-Signed` is 't=…,v1=…', the Unix time of this try and the HMAC-SHA256 of that time, a dot and the body.
    """

    def __init__(self, http: Http, secrets: Mapping[str, str]) -> None:
        self._http = http
        self._secrets = secrets

    async def send(self, message: Message, target: str) -> None:
        """Raises `Retry` (unreachable, 429, 5xx) or `Permanent` (not an address, 4xx)."""
        if urlsplit(target).scheme not in ("http", "https"):
            raise Permanent(f"{target[:200]} is not a web address.")
        body = msgspec.json.encode({"type": event_type(message)} | as_data(message))
        await self._http.request("POST", target, headers=self._headers(message, target, body), content=body)

    async def aclose(self) -> None:
        """The HTTP client is not ours to close."""

    def _headers(self, message: Message, target: str, body: bytes) -> dict[str, str]:
        headers = {"Content-Type": "application/json", "Idempotency-Key": message.id, "Ouidire-Delivery": message.id}
        headers["Ouidire-Event"] = event_type(message)
        secret = self._secrets.get(target)
        if secret:
            at = int(clock.now().timestamp())
            headers["Ouidire-Signature"] = f"sha256={_seal(secret, body)}"
            headers[SIGNED] = f"t={at},v1={_seal(secret, b'%d.%s' % (at, body))}"
        return headers


def event_type(message: Message) -> str:
    """What kind of event this is, and which form it has: a new form gets a new number."""
    return _EVENTS.get(str(message.facts.get("kind")), "alert.v1")


def _seal(secret: str, said: bytes) -> str:
    return hmac.new(secret.encode(), said, hashlib.sha256).hexdigest()
