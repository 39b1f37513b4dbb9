"""What every notifier promises; a new one joins by a line in `RIGS`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from ouidire.connectors.http import Http
from ouidire.errors import Permanent, Retry
from ouidire.notifiers import registry
from ouidire.notifiers.base import Notifier
from ouidire.notifiers.broadcaster import Broadcaster
from ouidire.notifiers.context import NotifierContext

from ..notifiers.servers import HookServer, MailBox, closed_port, hook_server, message, smtp_server
from ..notifiers.test_webpush import SEED, Device


@dataclass
class Rig:
    """A notifier, an address it can reach, and the ids of the messages that arrived there."""

    notifier: Notifier
    target: str
    ids: Callable[[], Awaitable[list[str]]]
    wrong: str | None = None
    """An address that can never work, where there is such a thing."""
    down: tuple[Notifier, str] | None = None
    """The same with nobody at the other end, where somebody is needed."""


@asynccontextmanager
async def email() -> AsyncIterator[Rig]:
    def opened(port: int) -> Notifier:
        return registry.open("email", NotifierContext(smtp=f"smtp://localhost:{port}", mail_from="o@lune.example"))

    async def ids() -> list[str]:
        return box.ids

    async with smtp_server(MailBox()) as box:
        claire = "claire@lune.example"
        yield Rig(opened(box.port), claire, ids, "claire", (opened(closed_port()), claire))


@asynccontextmanager
async def webhook() -> AsyncIterator[Rig]:
    http = Http()
    notifier = registry.open("webhook", NotifierContext(http=http))

    async def ids() -> list[str]:
        return hook.ids

    async with hook_server(HookServer()) as hook:
        down = notifier, f"http://127.0.0.1:{closed_port()}/"
        yield Rig(notifier, hook.url, ids, "not an address", down)
    await http.aclose()


@asynccontextmanager
async def browser() -> AsyncIterator[Rig]:
    broadcaster = Broadcaster()
    page = broadcaster.subscribe("claire")

    async def ids() -> list[str]:
        broadcaster.publish("claire", "end", {})
        heard: list[str] = []
        async for event in page:
            if event.name == "end":
                break
            heard.append(event.data["id"])
        return heard

    yield Rig(registry.open("browser", NotifierContext(broadcaster)), "claire", ids)


@asynccontextmanager
async def apprise() -> AsyncIterator[Rig]:
    """To what takes headers; a chat service carries no id."""
    notifier = registry.open("apprise", NotifierContext())

    async def ids() -> list[str]:
        return [headers["ouidire-delivery"] for headers, _ in hook.got]

    async with hook_server(HookServer()) as hook:
        down = notifier, f"json://127.0.0.1:{closed_port()}/"
        yield Rig(notifier, hook.url.replace("http://", "json://"), ids, "no address", down)


@asynccontextmanager
async def webpush() -> AsyncIterator[Rig]:
    http, device = Http(), Device()
    notifier = registry.open("webpush", NotifierContext(http=http, push_key=SEED, contact="mailto:o@lune.example"))

    async def ids() -> list[str]:
        return [str(device.opened(sealed)["id"]) for _, sealed in hook.got]

    async with hook_server(HookServer()) as hook:
        down = notifier, device.subscription(f"http://127.0.0.1:{closed_port()}/")
        yield Rig(notifier, device.subscription(hook.url), ids, "no subscription", down)
    await http.aclose()


RIGS: dict[str, Callable[[], AbstractAsyncContextManager[Rig]]] = {
    "email": email,
    "webhook": webhook,
    "browser": browser,
    "apprise": apprise,
    "webpush": webpush,
}


@pytest.fixture(params=RIGS)
async def rig(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with RIGS[request.param]() as made:
        yield made
        await made.notifier.aclose()


def test_every_notifier_is_held_to_the_contract() -> None:
    assert sorted(RIGS) == registry.names()


async def test_a_message_arrives_once_under_its_id(rig: Rig) -> None:
    await rig.notifier.send(message(id="d1"), rig.target)
    assert await rig.ids() == ["d1"]


async def test_a_second_try_has_the_same_id_so_that_the_receiver_can_drop_it(rig: Rig) -> None:
    await rig.notifier.send(message(id="d1"), rig.target)
    await rig.notifier.send(message(id="d1"), rig.target)
    assert await rig.ids() == ["d1", "d1"]


async def test_messages_arrive_in_the_order_they_were_sent(rig: Rig) -> None:
    for n in range(5):
        await rig.notifier.send(message(id=f"d{n}"), rig.target)
    assert await rig.ids() == ["d0", "d1", "d2", "d3", "d4"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Ligne\r\nBcc: tous@example\r\n\r\nfin",
        ".\r\n.",
        "<script>{{ 7*7 }}</script>",
        "\U0001f469\u200d\U0001f467 é ع 漢",
        "x" * 20_000,
    ],
    ids=["empty", "header", "dots", "markup", "scripts", "long"],
)
async def test_whatever_people_wrote_arrives(rig: Rig, text: str) -> None:
    await rig.notifier.send(message(id="d1", subject=text, body=text, to_name=text), rig.target)
    assert await rig.ids() == ["d1"]


async def test_a_message_of_another_zone_and_without_facts_or_link_arrives(rig: Rig) -> None:
    later = message().written_at.astimezone(tz=None) + timedelta(hours=1)
    await rig.notifier.send(message(id="d1", written_at=later, facts={}, link=""), rig.target)
    assert await rig.ids() == ["d1"]


async def test_an_address_that_cannot_work_is_for_good(rig: Rig) -> None:
    if rig.wrong is not None:
        with pytest.raises(Permanent):
            await rig.notifier.send(message(), rig.wrong)
    assert await rig.ids() == []


async def test_nobody_at_the_other_end_means_later(rig: Rig) -> None:
    if rig.down is not None:
        notifier, target = rig.down
        with pytest.raises(Retry):
            await notifier.send(message(), target)
    assert await rig.ids() == []


async def test_it_can_be_closed_twice_and_after_that_still_send(rig: Rig) -> None:
    await rig.notifier.send(message(id="d1"), rig.target)
    await rig.notifier.aclose()
    await rig.notifier.aclose()
    await rig.notifier.send(message(id="d2"), rig.target)
    assert await rig.ids() == ["d1", "d2"]
