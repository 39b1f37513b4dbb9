"""Charlie beside Alice, and names of employees, on every operation (invariants 2 and 5).

The operations come from the OpenAPI document: a new one is asked here without a line being added.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from ouidire.domain.member import Member
from ouidire.store import schema
from tests.api.conftest import Scene
from tests.api.test_door import OPERATIONS, asked

HOUSES = {"organisation", "me", "members", "places", "watches", "sources"}
"""What a colleague of another place sees of the whole house."""


def _answers(scene: Scene, member: Member) -> dict[str, Any]:
    """What this member's program is answered when it asks for Alice's, by operation."""
    caller, last = scene.program(member), sorted(OPERATIONS, key=lambda one: one[0] == "DELETE")
    return {one["operationId"]: asked(caller, scene, method, path, one) for method, path, one in last}


def _traces(scene: Scene) -> list[str]:
    a = scene.alice
    return [
        a.organisation.id,
        "Delorière rue Crescent",
        a.account.id,
        "Zibeline",
        "zibeline",
        "violaine",
        scene.note_id,
        *scene.ids.values(),
    ]


def _rows(scene: Scene) -> list[str]:
    """Every row of Alice's house, but for the programs."""
    with scene.app.store.reading() as tx:
        tables = [one for one in schema.metadata.sorted_tables if one.name not in ("program", "request_key", "state")]
        rows = [str(row) for table in tables for row in tx.execute(select(table))]
    return sorted(row for row in rows if scene.alice.organisation.id in row or scene.own.id in row)


def test_a_strangers_program_finds_nothing_of_alice_and_changes_nothing(scene: Scene) -> None:
    before, answers = _rows(scene), _answers(scene, scene.charlie.owner)
    assert _rows(scene) == before
    by_id = {one["operationId"] for _, path, one in OPERATIONS if "{" in path}
    not_404 = {name: answers[name].status_code for name in by_id if answers[name].status_code != 404}
    assert not_404 == {}
    leaks = {name: [t for t in _traces(scene) if t in answer.text] for name, answer in answers.items()}
    assert {name: found for name, found in leaks.items() if found} == {}
    # A body that names Alice's place or member is refused as one that names nobody.
    assert {answers[name].status_code for name in ("add_route", "add_webhook", "add_watch")} == {404}


def test_the_program_of_another_places_manager_finds_nothing_of_this_place(scene: Scene) -> None:
    answers = _answers(scene, scene.alice.other_manager)
    tags = {one["operationId"]: one["tags"][0] for _, _, one in OPERATIONS}
    of_place = ("Zibeline", "violaine", scene.said.conversation_id, scene.second, scene.reply.id, scene.delivery.id)
    leaks = {
        name: [t for t in of_place if t in answer.text] for name, answer in answers.items() if tags[name] not in HOUSES
    }
    assert {name: found for name, found in leaks.items() if found} == {}
    assert {answers[name].status_code for name in ("get_mention", "get_conversation", "get_reply", "take")} == {404}


def test_employees_are_named_to_the_manager_of_the_place_alone(scene: Scene) -> None:
    """In messages, answers, notes, and in what is written back to the program."""
    path = f"/conversations/{scene.said.conversation_id}"
    manager, headquarters = scene.program(scene.alice.manager), scene.program(scene.alice.headquarters)
    told = str([manager.get(path), manager.get("/mentions"), manager.get("/conversations")])
    assert told.count("Léa") >= 5
    for member in (scene.alice.headquarters, scene.alice.viewer):
        shown = {name: answer.text for name, answer in _answers(scene, member).items() if answer.status_code < 400}
        assert "Zibeline" in shown["get_conversation"]
        assert [name for name, text in shown.items() if "Léa" in text] == []
    assert headquarters.get("/mentions", q="Léa")["items"] == []
    assert len(manager.get("/mentions", q="Léa")["items"]) == 1
    written = headquarters.post(f"{path}/notes", 201, text="Demander à Léa.")
    assert (written["text"], written["hidden"]) == ("Demander à ….", [[11, 12]])


def test_no_secret_stands_in_any_answer(scene: Scene) -> None:
    scene.program(scene.alice.manager).get(f"/webhooks/{scene.webhook.id}/secret", 403)
    answers = _answers(scene, scene.alice.owner)
    secrets = ("zibeline-secret", "secret of", "no password", "@" + scene.alice.organisation.id, "http://zibeline/")
    assert {name: s for name, answer in answers.items() for s in secrets if s in answer.text} == {}
    signing = scene.app.webhook_secret(scene.webhook.target)
    assert [name for name, answer in answers.items() if signing in answer.text] == ["get_secret"]
