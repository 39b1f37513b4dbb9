"""By Apprise to a real HTTP server: what arrives, what its answers mean, and what never leaves or is never said."""

from __future__ import annotations

import asyncio
import json

import pytest

from ouidire.connectors.http import require_public
from ouidire.errors import Permanent, Retry
from ouidire.notifiers import apprise, registry
from ouidire.notifiers.apprise import AppriseNotifier
from ouidire.notifiers.context import NotifierContext

from .servers import HookServer, closed_port, hook_server, message


def notifier(*, only_public: bool = False) -> AppriseNotifier:
    made = registry.open("apprise", NotifierContext(require_public=require_public if only_public else None))
    assert isinstance(made, AppriseNotifier)
    return made


def ntfy(url: str, topic: str = "geheim-topic") -> str:
    return url.replace("http://", "ntfy://").replace("/hook", f"/{topic}?priority=high")


async def test_ntfy_gets_the_words_and_a_tap_leads_to_the_conversation() -> None:
    async with hook_server(HookServer(answers=[200])) as hook:
        await notifier().send(message(), ntfy(hook.url))
    ((headers, body),) = hook.got
    sent = json.loads(body)
    assert (sent["topic"], sent["title"]) == ("geheim-topic", "Une cliente attend depuis trente minutes")
    assert "Trente minutes d’attente" in sent["message"]
    assert headers["x-click"] == message().link


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (401, Permanent, "does not let us in"),
        (403, Permanent, "does not let us in"),
        (404, Permanent, "refused"),
        (429, Retry, "slow down"),
        (502, Retry, "in trouble"),
    ],
)
async def test_an_answer_becomes_what_to_do_next(status: int, error: type[Exception], words: str) -> None:
    async with hook_server(HookServer(answers=[status])) as hook:
        with pytest.raises(error, match=words) as caught:
            await notifier().send(message(), ntfy(hook.url))
    assert "geheim" not in str(caught.value)


async def test_what_two_say_at_once_is_not_mixed_up() -> None:
    async with hook_server(HookServer(answers=[403] * 4)) as hook:
        bad, good = ntfy(hook.url), f"ntfy://127.0.0.1:{closed_port()}/topic"
        said = await asyncio.gather(
            *(notifier().send(message(), one) for one in (bad, good) * 4), return_exceptions=True
        )
    assert [type(one) for one in said] == [Permanent, Retry] * 4


async def test_a_redirect_is_not_followed_into_the_network() -> None:
    async with hook_server(HookServer(answers=[307])) as hook:
        with pytest.raises((Permanent, Retry)):
            await notifier().send(message(), ntfy(hook.url))
    assert hook.got == []


@pytest.mark.parametrize(
    "address",
    ["ntfys://127.0.0.1/topic", "ntfys://localhost:9/t", "jsons://[::1]/x", "gotifys://10.0.0.8/AbCdEf123456789", "ntfy://1.1.1.1/t",
     "mmosts://192.168.1.1/3ccdd113474722377935511fc85d3dd4"],
)  # fmt: skip
async def test_where_others_use_the_house_nothing_inside_its_network_is_called(address: str) -> None:
    with pytest.raises(Permanent, match=r"public|encrypted"):
        await notifier(only_public=True).send(message(), address)


async def test_who_does_not_answer_in_time_is_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprise, "WITHIN_S", 0.3)
    silent = await asyncio.start_server(lambda *_: asyncio.sleep(5), "127.0.0.1", 0)
    port = silent.sockets[0].getsockname()[1]
    with pytest.raises(Retry, match="did not answer within"):
        await notifier().send(message(), f"ntfy://127.0.0.1:{port}/geheim-topic?rto=2")
    silent.close()
