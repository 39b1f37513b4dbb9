"""A webhook's POST, to a real server."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator

import pytest

from ouidire.clock import HandClock
from ouidire.connectors.http import Http
from ouidire.domain.notice import NoticeKind
from ouidire.errors import Permanent, Retry
from ouidire.notifiers.webhook import WebhookNotifier

from .servers import HookServer, closed_port, hook_server, message


@pytest.fixture
async def http() -> AsyncIterator[Http]:
    client = Http()
    yield client
    await client.aclose()


@pytest.fixture
async def hook() -> AsyncIterator[HookServer]:
    async with hook_server(HookServer()) as server:
        yield server


async def test_a_program_gets_the_facts_and_the_id(http: Http, hook: HookServer) -> None:
    await WebhookNotifier(http, {}).send(message(), hook.url)
    ((headers, body),) = hook.got
    said = json.loads(body)
    assert said["facts"] == {"gravity": 3, "place": "Crescent", "first": True, "score": 0.9, "theme": None}
    assert said["id"] == headers["ouidire-delivery"] == headers["idempotency-key"] == message().id
    assert said["written_at"] == "2026-11-21T15:26:00+00:00"
    assert headers["content-type"] == "application/json"
    assert "ouidire-signature" not in headers


async def test_a_receiver_with_a_secret_can_check_every_byte(http: Http, hook: HookServer) -> None:
    await WebhookNotifier(http, {hook.url: "secret é"}).send(message(), hook.url)
    ((headers, body),) = hook.got
    expected = hmac.new("secret é".encode(), body, hashlib.sha256).hexdigest()
    assert headers["ouidire-signature"] == f"sha256={expected}"


async def test_the_signature_says_when_so_that_an_old_call_cannot_be_played_again(
    http: Http, hook: HookServer, hand_clock: HandClock
) -> None:
    notifier = WebhookNotifier(http, {hook.url: "secret"})
    await notifier.send(message(), hook.url)
    hand_clock.advance(seconds=30)
    await notifier.send(message(facts={"kind": "test"}), hook.url)
    for kind in NoticeKind:
        await notifier.send(message(facts={"kind": kind}), hook.url)
    times = []
    for headers, body in hook.got:
        at, _, sign = headers["ouidire-signed"].removeprefix("t=").partition(",v1=")
        assert hmac.compare_digest(sign, hmac.new(b"secret", f"{at}.".encode() + body, hashlib.sha256).hexdigest())
        assert json.loads(body)["type"] == headers["ouidire-event"]
        times.append(int(at))
    assert times == [int(hand_clock.at.timestamp()) - 30, *[int(hand_clock.at.timestamp())] * 3]
    assert [headers["ouidire-event"] for headers, _ in hook.got] == ["alert.v1", "test.v1", "notice.v1", "notice.v1"]


async def test_a_secret_of_one_receiver_does_not_sign_for_another(http: Http, hook: HookServer) -> None:
    await WebhookNotifier(http, {"https://other.example/hook": "secret"}).send(message(), hook.url)
    assert "ouidire-signature" not in hook.got[0][0]


async def test_a_second_try_is_byte_for_byte_the_first(http: Http, hook: HookServer) -> None:
    notifier = WebhookNotifier(http, {hook.url: "secret"})
    await notifier.send(message(), hook.url)
    await notifier.send(message(), hook.url)
    (first_headers, first), (second_headers, second) = hook.got
    assert first == second
    assert first_headers["ouidire-signature"] == second_headers["ouidire-signature"]


@pytest.mark.parametrize(("status", "after_s"), [(429, 7.0), (500, None), (503, None)])
async def test_a_receiver_in_trouble_is_tried_again(
    http: Http, hook: HookServer, status: int, after_s: float | None
) -> None:
    hook.answers = [status]
    with pytest.raises(Retry) as caught:
        await WebhookNotifier(http, {}).send(message(), hook.url)
    assert caught.value.after_s == after_s
    await WebhookNotifier(http, {}).send(message(), hook.url)
    assert hook.ids == [message().id]


@pytest.mark.parametrize("status", [400, 401, 404, 410, 302])
async def test_a_receiver_that_refuses_is_not_asked_again(http: Http, hook: HookServer, status: int) -> None:
    hook.answers = [status]
    with pytest.raises(Permanent):
        await WebhookNotifier(http, {}).send(message(), hook.url)


async def test_a_receiver_that_is_down_is_tried_again(http: Http) -> None:
    with pytest.raises(Retry):
        await WebhookNotifier(http, {}).send(message(), f"http://127.0.0.1:{closed_port()}/hook")


@pytest.mark.parametrize("target", ["", "claire@example.org", "file:///etc/passwd", "ftp://x.example"])
async def test_what_is_no_web_address_is_for_good(http: Http, target: str) -> None:
    with pytest.raises(Permanent, match="is not a web address"):
        await WebhookNotifier(http, {}).send(message(), target)
