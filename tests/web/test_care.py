"""What the pages say of the house itself: after a restore, with little disk, its health, its numbers, its export."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from datetime import timedelta

from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from ouidire import clock
from ouidire.care import export
from ouidire.domain.alert import DeliveryState
from ouidire.domain.conversation import ConversationState
from ouidire.domain.ids import new_id
from ouidire.domain.reply import Reply, ReplyState
from ouidire.inbox import read
from ouidire.store import conversations, pauses, replies, states
from tests.web.house import PASSWORD, House

WAITS = "Trente minutes d'attente à votre boutique Maison Delorière rue Crescent. Mathis, au comptoir, m'ignore."


def waiting_reply(house: House) -> Reply:
    """An answer that was decided before the backup, in a house that then came back from it."""
    house.hear(WAITS)
    with house.app.store.transaction() as tx:
        (card,) = read.cards(tx, house.owner, (ConversationState.WAITING,))
        made = Reply(new_id(), house.owner.organisation_id, card.conversation_id, card.first.mention_id,
                     house.manager.id, None, "Nous arrivons.", ReplyState.DUE, clock.now())  # fmt: skip
        replies.add(tx, made, {"reply_id": made.id})
        conversations.change(tx, card.conversation_id, state=ConversationState.OURS, because="answering")
        pauses.begin(tx, clock.now(), clock.now() - timedelta(days=2))
        pauses.wait_for_word(tx, made.id, made.organisation_id, clock.now())
    return made


def test_after_a_restore_the_owner_sees_what_waits_and_decides_and_the_others_see_that_they_wait(house: House) -> None:
    reply = waiting_reply(house)
    owner, manager, stranger = (house.browser(one) for one in (house.owner, house.manager, house.stranger))
    page = owner.get("/")
    assert "Rien ne part : cette maison vient d’une sauvegarde." in page.replace("\u00a0", " ")
    assert "1 réponse attend" in page
    assert "alertes attendent" in page or "alerte attend" in page
    assert 'action="/restored/send"' not in manager.get("/")
    assert "Le propriétaire décide" in manager.page
    manager.post("/restored/send", status=403)
    assert paused(house)

    stranger.get("/")
    stranger.post("/restored/drop")
    assert paused(house), "another business spoke for this one"

    assert "Rien n’en est parti" in owner.post("/restored/drop")
    assert not paused(house)
    with house.app.store.reading() as tx:
        assert replies.get(tx, reply.id).state is ReplyState.REFUSED
    assert "Abandonnée après la restauration" in manager.get(f"/c/{reply.conversation_id}")
    assert "restaur" not in owner.get("/")
    assert "abandonnée par le propriétaire après une restauration" in owner.get("/alerts")


def test_what_waited_leaves_once_the_owner_says_so(house: House) -> None:
    reply = waiting_reply(house)
    with house.app.store.transaction() as tx:
        assert not replies.any_due(tx, clock.now())
        assert replies.claim(tx, clock.now(), 8) == []
    house.browser(house.owner, "en").post("/restored/send")
    with house.app.store.transaction() as tx:
        assert [one.id for one, _ in replies.claim(tx, clock.now(), 8)] == [reply.id]


def paused(house: House) -> bool:
    with house.app.store.reading() as tx:
        return pauses.of(tx, house.owner) is not None


def test_a_disk_that_is_low_is_said_where_one_looks(house: House) -> None:
    house.app.is_disk_low = True
    owner = house.browser(house.owner)
    for path in ("/", "/sources"):
        assert "Le disque de cette maison est presque plein" in owner.get(path)
    house.app.is_disk_low = False
    assert "presque plein" not in owner.get("/")


def alone(house: House) -> None:
    """Let the other business be one of the demo world's, which is nobody."""
    with house.app.store.transaction() as tx:
        others = (house.stranger.organisation_id,)
        tx.exec_driver_sql("UPDATE organisation SET is_demo = true WHERE id = ?", others)


def test_the_health_of_the_house_is_said_in_words_to_its_owner_alone(house: House) -> None:
    with house.app.store.transaction() as tx:
        states.put(tx, "last_backup", (clock.now() - timedelta(days=60)).isoformat())
    with_others = house.browser(house.owner).get("/settings/health")
    assert "Tout ce qui a été entendu est compris." in with_others
    assert "ouidire backup" not in with_others, "the machine is not this business's alone"
    alone(house)
    page = house.browser(house.owner).get("/settings/health")
    for words in ("Santé", "Un point vous attend.", "La dernière sauvegarde a 60 jours", "ouidire backup",
                  "Mo de mémoire", "Tout ce qui a été entendu est compris.", "Bluesky"):  # fmt: skip
        assert words in page, words
    assert "levain" not in page
    manager = house.browser(house.manager)
    manager.get("/settings/health", status=403)
    assert "/settings/health" not in manager.get("/settings")
    manager.post("/settings/export", status=403)


def test_the_numbers_are_for_this_machine_the_token_and_a_house_of_ones_own(house: House) -> None:
    house.hear(WAITS)
    here, elsewhere = (
        TestClient(house.web, base_url="http://127.0.0.1:8000", client=(host, 1))  # type: ignore[arg-type]
        for host in ("127.0.0.1", "192.0.2.9")
    )
    said = here.get("/metrics")
    assert said.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {one.name: one for one in text_string_to_metric_families(said.text)}
    assert {sample.value for sample in found["ouidire_kept"].samples} >= {1.0}
    assert found["ouidire_alert_seconds"].type == "histogram"
    expected = ["heard", "dropped", "source_silent_seconds", "work_rows", "deliveries", "replies", "store_bytes"]
    assert {f"ouidire_{name}" for name in [*expected, "memory_bytes", "disk_free_bytes"]} <= found.keys()
    for secret in ("nadia", "Delorière", "Crescent", "@", "Mathis", "Bluesky"):
        assert secret not in said.text, secret

    assert elsewhere.get("/metrics").status_code == 403
    assert here.get("/metrics", headers={"X-Forwarded-For": "192.0.2.9"}).status_code == 403
    assert here.get("/metrics", headers={"Host": "rebound.example:8000"}).status_code == 403
    house.app.settings = house.app.settings.model_copy(update={"public_url": "https://ouidire.example"})
    assert here.get("/metrics").status_code == 403, "behind a proxy everybody comes from here"
    house.app.settings = house.app.settings.model_copy(update={"metrics_token": "long and random"})
    assert elsewhere.get("/metrics", headers={"Authorization": "Bearer long and random"}).status_code == 200
    assert elsewhere.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 403
    owner = house.browser(house.owner)
    owner.client.headers["X-Forwarded-For"] = "192.0.2.9"
    owner.get("/metrics", status=403)  # another business lives here
    alone(house)
    owner.get("/metrics")


def test_everything_can_be_taken_away_masked_and_without_a_secret(house: House) -> None:
    house.hear(WAITS)
    house.hear(
        '=HYPERLINK("http://evil.example") Trente minutes d\'attente, Maison Delorière rue Crescent', author="eve"
    )
    owner = house.browser(house.owner)
    owner.get("/settings")
    answer = owner.client.post("/settings/export", data={"csrf": owner.token})
    assert answer.headers["content-disposition"].startswith('attachment; filename="ouidire-')
    with zipfile.ZipFile(io.BytesIO(answer.content)) as kept:
        files = {name: kept.read(name).decode("utf-8-sig") for name in kept.namelist()}
    assert set(files) == {
        "index.html",
        "house.json",
        "conversations.jsonl",
        *(f"{name}.csv" for name in export.COLUMNS),
    }
    everything = "".join(files.values())
    for secret in ("Mathis", "argon2", PASSWORD, "levain", "password"):
        assert secret not in everything, secret
    told = json.loads(files["house.json"])
    assert {one["email"] for one in told["people"]} == {"owner@deloriere.example", "crescent@deloriere.example"}
    assert len(told["places"]) == 2
    lines = [json.loads(line) for line in files["conversations.jsonl"].splitlines()]
    texts = [message["text"] for line in lines for message in line["messages"]]
    assert any("Trente minutes d'attente à votre boutique" in text for text in texts)
    rows = list(csv.DictReader(io.StringIO(files["mentions.csv"])))
    assert {row["mood"] for row in rows} == {"negative"}
    assert next(row["text"] for row in rows if "HYPERLINK" in row["text"]).startswith("'=")
    assert len(list(csv.DictReader(io.StringIO(files["alerts.csv"])))) == sum(len(line["told"]) for line in lines)
    assert DeliveryState.DUE in {row["state"] for row in csv.DictReader(io.StringIO(files["alerts.csv"]))}
    assert "Tout ce qu’Ouïdire garde pour Maison Delorière" in files["index.html"]
    assert "<script" not in files["index.html"]
    assert "&quot;http://evil.example&quot;" in files["index.html"]

    whole = io.BytesIO()
    export.export(house.app.store, house.manager, whole)
    with zipfile.ZipFile(whole) as kept:
        assert "Mathis" in kept.read("index.html").decode(), "the place's own manager may read the name"
    assert re.search(r"<article>", files["index.html"])
