"""Two houses in one store, each with its people and what is said of it; and programs that ask for them."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.testclient import TestClient
from httpx2 import Response

from ouidire.app import App
from ouidire.clock import HandClock, running
from ouidire.domain.alert import Because, Delivery, DeliveryState, Route
from ouidire.domain.conversation import EdgeKind
from ouidire.domain.ids import new_id
from ouidire.domain.incident import Incident
from ouidire.domain.item import Gap
from ouidire.domain.member import Member
from ouidire.domain.mention import Ask
from ouidire.domain.program import Scope, may_give
from ouidire.domain.reply import Reply
from ouidire.domain.source import Source
from ouidire.domain.watch import Watch
from ouidire.inbox import act
from ouidire.people import programs
from ouidire.settings import Settings
from ouidire.store import alerts, incidents, sources, watches
from ouidire.store.engine import Store
from ouidire.store.secrets import SecretBox
from ouidire.web.main import build
from tests import builders
from tests.builders import NOW, Said, World
from tests.inbox.asked import asked
from tests.notifiers.servers import HookServer
from tests.web.conftest import address  # noqa: F401 - a fixture
from tests.web.house import House

TEXT = "Zibeline ! Léa m'ignore depuis trente minutes"


@dataclass
class Caller:
    """A program that asks. Answers come back as they are; `get` and the others speak JSON."""

    client: TestClient
    token: str

    def ask(self, method: str, path: str, **more: Any) -> Response:
        headers = {"Authorization": f"Bearer {self.token}"} | more.pop("headers", {})
        return self.client.request(
            method, path if path.startswith("/api/") else f"/api/v1{path}", headers=headers, **more
        )

    def get(self, path: str, status: int = 200, **params: Any) -> Any:
        return self._said(self.ask("GET", path, params=params), status)

    def post(self, path: str, status: int = 200, *, key: str = "", **body: Any) -> Any:
        headers = {"Idempotency-Key": key} if key else {}
        return self._said(self.ask("POST", path, json=body or None, headers=headers), status)

    @staticmethod
    def _said(response: Response, status: int) -> Any:
        assert response.status_code == status, f"{response.status_code}: {response.text[:600]}"
        return response.json() if response.content else None


@dataclass
class Scene:
    """What Alice has: a conversation of two messages, an answer, a note, an alert, a webhook, a source with a gap."""

    app: App
    web: Any
    client: TestClient
    clock: HandClock
    alice: World
    charlie: World
    said: Said
    second: str
    reply: Reply
    note_id: str
    incident: Incident
    delivery: Delivery
    webhook: Route
    own: Source
    question_id: str

    def program(self, member: Member, *scopes: Scope, without: Scope | None = None) -> Caller:
        """Let a program in; without scopes named, with all that the member may give."""
        given = scopes or tuple(one for one in Scope if may_give(member, one) and one is not without)
        with self.app.store.transaction() as tx:
            _, token = programs.let_in(tx, member, "till", given, 90)
        return Caller(self.client, token)

    @property
    def ids(self) -> dict[str, str]:
        """A real id of Alice's for every place in an address."""
        return {
            "conversation_id": self.said.conversation_id, "mention_id": self.second, "reply_id": self.reply.id,
            "incident_id": self.incident.id, "delivery_id": self.delivery.id, "route_id": self.webhook.id,
            "webhook_id": self.webhook.id, "place_id": self.alice.crescent.id, "watch_id": self.alice.watch.id,
            "source_id": self.own.id, "member_id": self.alice.manager.id, "question_id": self.question_id,
        }  # fmt: skip


@pytest.fixture(scope="session")
def scene_pattern(sqlite_pattern: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The scene in a store to be copied: to make it takes longer than most tests."""
    path = tmp_path_factory.mktemp("scene") / "ouidire.db"
    shutil.copy(sqlite_pattern, path)
    with running(HandClock(NOW)):
        store = Store.open(f"sqlite:///{path}", SecretBox.at(path.with_name("key")))
        made = _scene(store)
        store.close()
    return path, made


@pytest.fixture
def scene(scene_pattern: tuple[Path, dict[str, Any]], tmp_path: Path, hand_clock: HandClock) -> Iterator[Scene]:
    """One loop answers all calls of a test, as one does in a house."""
    path, made = scene_pattern
    for name in ("ouidire.db", "key"):
        shutil.copy(path.with_name(name), tmp_path / name)
    app = App.open(Settings(home=tmp_path, sample=False, listen_bluesky=False, _env_file=None))  # type: ignore[call-arg]
    web = build(app)
    with TestClient(web) as client:
        yield Scene(app, web, client, hand_clock, **made)
        assert client.portal is not None
        client.portal.call(app.close)


def _scene(store: Store) -> dict[str, Any]:
    alice, charlie = builders.world(store), builders.world(store, "Charlie")
    said = builders.said(store, alice, TEXT, alice.crescent, author="violaine", staff=["Léa"])
    second = builders.joined(store, alice, said, builders.item("Zibeline encore", author="violaine"), EdgeKind.REPLY)
    with store.transaction() as tx:
        builders.read(tx, second, builders.reading("Zibeline encore"))
    perhaps = builders.item("Zibeline, peut-être Léa", author="violaine")
    asked_about, question_id = asked(store, alice, perhaps, Ask.ABOUT_US, alice.crescent, works=False)
    with store.transaction() as tx:
        builders.read(tx, asked_about, builders.reading(perhaps.text, staff=["Léa"]))
    reply = builders.reply(store, alice, said, "Nous arrivons, Léa vous attend.")
    webhook = Route(new_id(), alice.organisation.id, alice.manager.id, None, 1, "webhook", "https://zibeline.example/x")
    own = Source(new_id(), alice.organisation.id, "simulated", "Zibeline's own", settings={"url": "http://zibeline/"})
    with store.transaction() as tx:
        incident, _ = incidents.open_or_grow(tx, builders.incident(alice, said, alice.crescent))
        alert = alerts.alert_for(tx, alice.organisation.id, incident.id, NOW)
        delivery = Delivery(
            new_id(), alice.organisation.id, alert.id, 1, alice.manager.id, webhook.id, "webhook", webhook.target,
            DeliveryState.SENT, Because.FIRST, NOW,
        )  # fmt: skip
        alerts.plan(tx, [delivery], NOW)
        alerts.add_route(tx, webhook)
        sources.add(tx, store, own, {"password": "zibeline-secret"})
        sources.add_gap(tx, own.id, Gap(NOW, NOW, "asleep"))
        sources.count_drop(tx, "listen", own.id, "not JSON", "Zibeline, dit Léa", NOW)
        note = act.note(tx, alice.manager, said.conversation_id, "Léa était seule.")
        watches.add(tx, Watch(new_id(), charlie.organisation.id, charlie.crescent.id, names=("Charlie",)))
    return {
        "alice": alice, "charlie": charlie, "said": said, "second": second, "reply": reply, "note_id": note.id,
        "incident": incident, "delivery": delivery, "webhook": webhook, "own": own, "question_id": question_id,
    }  # fmt: skip


@pytest.fixture
def house(scene: Scene) -> House:
    """The same for the fixture that serves a house on a real socket."""
    crescent, manager = scene.alice.crescent, scene.alice.manager
    made = House(scene.app, scene.alice.owner, manager, scene.charlie.owner, crescent, scene.own.id)
    made.web = scene.web
    return made


@pytest.fixture
def hook() -> Iterator[HookServer]:
    """A receiver on a thread of its own: the API is asked from this one."""
    made = HookServer()
    server = uvicorn.Server(uvicorn.Config(made, host="127.0.0.1", port=0, lifespan="off", log_config=None))
    thread = threading.Thread(target=asyncio.run, args=[server.serve()], daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    made.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/hook"
    yield made
    server.should_exit = server.force_exit = True
    thread.join(5)
