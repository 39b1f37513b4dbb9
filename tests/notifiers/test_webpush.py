"""Web push to a push service of the test's own: sealed for one browser, vouched for by our key, forgotten when gone."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

import http_ece
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from ouidire.connectors.http import Http
from ouidire.errors import Permanent, Retry
from ouidire.notifiers import registry
from ouidire.notifiers.base import Lost, Notifier
from ouidire.notifiers.context import NotifierContext
from ouidire.notifiers.webpush import OwnKey

from .servers import HookServer, hook_server, message

SEED = bytes(range(32))


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


@dataclass
class Device:
    """A browser that lets itself be woken, and opens what comes."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    auth: bytes = b"sixteen bytes!!!"

    def subscription(self, endpoint: str) -> str:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return json.dumps({"endpoint": endpoint, "keys": {"p256dh": text(point), "auth": text(self.auth)}})

    def opened(self, sealed: bytes) -> dict[str, object]:
        plain = http_ece.decrypt(sealed, private_key=self.key, auth_secret=self.auth, version="aes128gcm")
        found: dict[str, object] = json.loads(plain)
        return found


def notifier(http: Http) -> Notifier:
    return registry.open("webpush", NotifierContext(http=http, push_key=SEED, contact="mailto:o@lune.example"))


async def test_the_lock_screen_says_where_and_what_and_never_the_customers_words() -> None:
    device, http = Device(), Http()
    told = message(brief="Crescent : écrit à 15:26.", waiting=2, facts={"conversation_id": "c1"})
    async with hook_server(HookServer()) as hook:
        await notifier(http).send(told, device.subscription(hook.url))
    await http.aclose()
    ((headers, sealed),) = hook.got
    assert device.opened(sealed) == {
        "id": told.id, "title": told.subject, "body": "Crescent : écrit à 15:26.", "url": "/enter/abc?to=c1&then=1",
        "tag": "c1", "language": "fr", "waiting": 2,
    }  # fmt: skip
    assert len(sealed) < 4096
    assert (headers["content-encoding"], headers["urgency"]) == ("aes128gcm", "high")
    assert b"Trente" not in sealed


async def test_our_key_vouches_for_us_and_is_the_same_after_a_restart() -> None:
    http = Http()
    async with hook_server(HookServer()) as hook:
        await notifier(http).send(message(), Device().subscription(hook.url))
    await http.aclose()
    authorization = hook.got[0][0]["authorization"]
    assert Vapid02.verify(authorization)
    assert OwnKey(SEED).public in authorization
    claims = json.loads(base64.urlsafe_b64decode(authorization.split(".")[1] + "=="))
    assert claims["aud"] == hook.url.removesuffix("/hook")
    assert OwnKey(bytes(32)).public != OwnKey(SEED).public


@pytest.mark.parametrize(("status", "error"), [(404, Lost), (410, Lost), (400, Permanent), (429, Retry), (503, Retry)])
async def test_what_the_push_service_answers_is_what_to_do_next(status: int, error: type[Exception]) -> None:
    http = Http()
    async with hook_server(HookServer(answers=[status])) as hook:
        with pytest.raises(error) as caught:
            await notifier(http).send(message(), Device().subscription(hook.url))
    await http.aclose()
    assert isinstance(caught.value, Lost) == (error is Lost)


@pytest.mark.parametrize(
    "subscription",
    ["", "{}", '{"endpoint": "https://x/", "keys": {"p256dh": "AAAA", "auth": "AAAA"}}', Device().subscription("file:///x")],
)  # fmt: skip
async def test_what_is_no_subscription_is_refused(subscription: str) -> None:
    http = Http()
    with pytest.raises(Permanent, match="did not say how"):
        await notifier(http).send(message(), subscription)
    await http.aclose()
