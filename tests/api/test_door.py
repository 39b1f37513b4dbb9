"""The door: who gets in, within which scope, how often, and how a refusal reads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import Any

import pytest
from fastapi.testclient import TestClient
from structlog.testing import capture_logs

from ouidire.api.door import router
from ouidire.api.limits import Buckets
from ouidire.api.main import build
from ouidire.api.problems import KINDS, MEDIA_TYPE, TYPE
from ouidire.api.schema import described, operations
from ouidire.domain.member import Role
from ouidire.domain.program import Scope
from ouidire.people import programs, team
from ouidire.store import conversations, members, request_keys
from tests.api.conftest import Caller, Scene
from tests.builders import NOW

DOCUMENT = described(build(lambda: None))  # type: ignore[arg-type, return-value]
OPERATIONS = [(method.upper(), path, operation) for path, method, operation in operations(DOCUMENT)]
BODIES: dict[str, dict[str, Any]] = {
    "add_note": {"text": "Vu."},
    "hand": {"member_id": "{member_id}"},
    "later": {"hours": 3},
    "close": {"outcome": "by_member"},
    "set_place": {"place_id": "{place_id}"},
    "answer_question": {"answer": "place", "place_id": "{place_id}"},
    "check_draft": {"text": "Bonjour, nous arrivons."},
    "send_reply": {"text": "Bonjour, nous arrivons."},
    "judge_delivery": {"judgement": "useful"},
    "add_route": {"notifier": "email", "member_id": "{member_id}", "place_id": "{place_id}"},
    "add_webhook": {"url": "https://till.example/", "place_id": "{place_id}"},
    "add_place": {"name": "Un lieu", "town": "Rennes"},
    "change_place": {"name": "Un autre nom"},
    "add_watch": {"names": ["Un nom"], "place_id": "{place_id}"},
    "change_watch": {"names": ["Un nom"]},
}
"""A body that each operation takes; an operation that takes one has its line here."""


def asked(caller: Caller, scene: Scene, method: str, path: str, operation: dict[str, Any]) -> Any:
    """Ask for what is Alice's, with a body that could be good."""
    body = {
        name: value.format(**scene.ids) if isinstance(value, str) else value
        for name, value in BODIES.get(operation["operationId"], {}).items()
    }
    return caller.ask(method, path.format(**scene.ids), json=body or None)


def test_every_operation_that_takes_a_body_has_one_here() -> None:
    assert sorted(BODIES) == sorted(one["operationId"] for _, _, one in OPERATIONS if "requestBody" in one)


def test_every_operation_says_what_it_needs_and_is_told_in_words() -> None:
    scopes = {one["operationId"]: one["security"] for _, _, one in OPERATIONS}
    assert len(scopes) == len(OPERATIONS)
    free = [name for name, [needed] in scopes.items() if needed["token"] == []]
    assert free == ["who_am_i"]
    assert all(Scope(needed["token"][0]) for name, [needed] in scopes.items() if name not in free)
    assert [one["operationId"] for _, _, one in OPERATIONS if not one.get("description")] == []
    writes = [one for method, _, one in OPERATIONS if method != "GET"]
    reading = [one["operationId"] for one in writes if one["security"][0]["token"][0].endswith(":read")]
    assert reading == ["check_draft"]


def test_an_operation_that_does_not_say_its_scope_cannot_be_made() -> None:
    with pytest.raises(KeyError, match="security"):
        router("/secrets", "secrets").add_api_route("", lambda: None)


def test_without_its_scope_nothing_is_done(scene: Scene) -> None:
    """Each operation, asked by a program of the owner that was let do all but this."""
    callers = {scope: scene.program(scene.alice.owner, without=scope) for scope in Scope}
    let = []
    for method, path, operation in OPERATIONS:
        for scope in operation["security"][0]["token"]:
            answer = asked(callers[scope], scene, method, path, operation)
            if (answer.status_code, answer.json().get("scope")) != (403, scope):
                let.append(operation["operationId"])
    assert let == []


def test_with_every_scope_the_owner_is_refused_nothing_for_want_of_one(scene: Scene) -> None:
    """Otherwise the test above would be content with a door that lets nobody in."""
    caller = scene.program(scene.alice.owner)
    scene.app.notifiers.pop("webhook")  # nothing leaves this machine
    refused = {}
    for method, path, operation in sorted(OPERATIONS, key=lambda one: one[0] == "DELETE"):
        answer = asked(caller, scene, method, path, operation)
        if answer.status_code not in (200, 201, 204, 409):
            refused[operation["operationId"]] = answer.text
    # The alert was the manager's, and only who gets one judges it; once a webhook is gone, so is its route.
    assert sorted(refused) == ["judge_delivery", "remove_webhook"]


def test_a_viewers_program_reads_and_acts_on_nothing(scene: Scene) -> None:
    viewer = scene.program(scene.alice.viewer)
    acts = {Scope.CONVERSATIONS_WRITE, Scope.REPLIES_SEND, Scope.LISTENING_WRITE, Scope.TEAM_READ}
    assert acts.isdisjoint(viewer.get("/me")["scopes"])
    with pytest.raises(Exception, match="cannot let a program"):
        scene.program(scene.alice.viewer, Scope.REPLIES_SEND)


def test_a_program_may_no_more_than_its_member_may_now(scene: Scene) -> None:
    caller = scene.program(scene.alice.manager)
    caller.post(f"/conversations/{scene.said.conversation_id}/take")
    with scene.app.store.transaction() as tx:
        team.change(tx, scene.alice.owner, scene.alice.manager.id, Role.VIEWER, [scene.alice.crescent.id])
    problem = caller.post(f"/conversations/{scene.said.conversation_id}/take", 403)
    assert problem["scope"] == "conversations:write"
    assert "conversations:write" not in caller.get("/me")["scopes"]


@pytest.mark.parametrize("how", ["none", "basic", "unknown", "malformed", "over", "ended", "left"])
def test_who_has_no_good_token_is_told_so_and_nothing_else(scene: Scene, how: str) -> None:
    caller = scene.program(scene.alice.manager)
    given = {"none": "", "basic": "Basic YTpi", "unknown": "Bearer ouid_" + "x" * 43, "malformed": "Bearer \x80é"}
    with scene.app.store.transaction() as tx:
        if how == "over":
            scene.clock.advance(days=91)
        elif how == "ended":
            programs.end(tx, scene.alice.owner, programs.programs.of(tx, scene.alice.owner)[0].id)
        elif how == "left":
            team.leave(tx, scene.alice.owner, scene.alice.manager.id)
    headers = {b"authorization": given.get(how, f"Bearer {caller.token}").encode()}
    answer = caller.client.get("/api/v1/me", headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["type"]) == (401, TYPE + "no-token")
    assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_page_cannot_ask_with_the_cookie_of_who_reads_it(scene: Scene) -> None:
    from ouidire.people import signin

    with scene.app.store.transaction() as tx:
        session = signin.open_session(tx, scene.alice.owner)
    browser = TestClient(scene.web, cookies={"ouidire": session})
    assert browser.get("/settings").status_code == 200
    assert browser.get("/api/v1/me").status_code == 401
    cross = browser.options("/api/v1/me", headers={"Origin": "https://x.example"})
    assert not [name for name in cross.headers if name.startswith("access-control")]


def test_the_time_a_token_was_last_used_is_known_to_the_minute(scene: Scene) -> None:
    caller = scene.program(scene.alice.owner)
    caller.get("/me")
    scene.clock.advance(seconds=30)
    caller.get("/me")
    with scene.app.store.reading() as tx:
        (one,) = programs.programs.of(tx, scene.alice.owner)
    assert one.last_used_at == NOW


def test_a_flood_is_slowed_down_and_told_how_long_to_wait(scene: Scene) -> None:
    scene.app.settings = replace_settings(scene, api_per_minute=3)
    caller, other = scene.program(scene.alice.owner), scene.program(scene.alice.owner)
    left = [caller.ask("GET", "/me").headers["ratelimit"] for _ in range(3)]
    assert left == ['"program";r=2;t=20', '"program";r=1;t=40', '"program";r=0;t=60']
    answer = caller.ask("GET", "/me")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "20")
    assert answer.headers["ratelimit-policy"] == '"program";q=3;w=60'
    other.get("/me")
    scene.clock.advance(seconds=20)
    caller.get("/me")
    caller.get("/me", 429)


def replace_settings(scene: Scene, **changes: object) -> Any:
    return scene.app.settings.model_copy(update=changes)


def test_a_clock_that_goes_back_takes_no_calls_away() -> None:
    buckets = Buckets()
    assert buckets.take("p", 60, NOW).calls == 59
    assert buckets.take("p", 60, NOW.replace(year=2020)).calls == 58
    assert buckets.take("p", 60, NOW).calls == 59


JSON = {"Content-Type": "application/json"}
UNUSABLE: list[tuple[str, str, dict[str, Any], str]] = [
    ("GET", "/nothing", {}, "not-found"),
    ("GET", "/places/not-an-id", {}, "not-found"),
    ("GET", "/places/%00", {}, "not-found"),
    ("GET", "/places/%0A", {}, "not-found"),
    ("PUT", "/conversations", {}, "wrong-method"),
    ("GET", "/places", {"headers": {"Accept": "text/html"}}, "only-json"),
    ("POST", "/places", {"content": b"name=x"}, "not-json"),
    ("POST", "/places", {"content": b"{", "headers": JSON}, "unreadable"),
    ("POST", "/places", {"content": b'"\xff"', "headers": JSON}, "unreadable"),
    ("POST", "/places", {"content": b"x" * 300_000, "headers": JSON}, "too-large"),
    ("POST", "/places", {"json": {"name": "x", "surprise": 1}}, "invalid"),
    ("POST", "/places", {"json": {"name": "a\0b"}}, "invalid"),
    ("POST", "/places", {"content": rb'{"name": "\ud800"}', "headers": JSON}, "invalid"),
    ("POST", "/places", {"json": {"name": "x", "time_zone": "../../etc/passwd"}}, "invalid"),
    ("POST", "/places", {"json": {"name": "x"}, "headers": {"Idempotency-Key": "k" * 256}}, "invalid"),
    ("GET", "/places?limit=" + "9" * 5000, {}, "invalid"),
    ("GET", "/places?cursor=nonsense", {}, "invalid"),
    ("GET", "/places?wish=1", {}, "invalid"),
    ("GET", "/mentions?since=0001-01-01T00:00:00%2B23:59", {}, "invalid"),
    ("GET", "/mentions?since=1760000000", {}, "invalid"),
]  # fmt: skip


def test_what_cannot_be_used_is_a_problem_with_a_name(scene: Scene) -> None:
    caller = scene.program(scene.alice.owner)
    for method, path, more, kind in UNUSABLE:
        answer = caller.ask(method, path, **more)
        said = answer.json()
        assert answer.headers["content-type"] == MEDIA_TYPE, (method, path)
        assert (said["type"], said["status"], answer.status_code) == (TYPE + kind, KINDS[kind][0], KINDS[kind][0]), path
        assert kind != "wrong-method" or answer.headers["allow"] == "GET"


def test_a_problem_is_told_in_the_language_that_is_asked_for(scene: Scene) -> None:
    caller = scene.program(scene.alice.owner)
    french = caller.ask("GET", f"/places/{scene.charlie.crescent.id}", headers={"Accept-Language": "fr-CA"})
    assert french.headers["content-language"] == "fr"
    assert french.json()["detail"] == "Ce lieu n’existe pas."
    assert caller.get(f"/places/{scene.charlie.crescent.id}", 404)["detail"] == "There is no such place."


def test_a_bug_of_ours_says_nothing_of_our_inside(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise LookupError("zibeline")

    monkeypatch.setattr(members, "colleagues", broken)
    caller = scene.program(scene.alice.owner)
    with capture_logs() as logged:
        problem = caller.get("/members", 500)
    assert [one["path"] for one in logged if one["log_level"] == "error"] == ["/api/v1/members"]
    assert problem["type"] == TYPE + "broken"
    assert "zibeline" not in str(problem)


# --- keys ---------------------------------------------------------------------------------------------------------


def notes(scene: Scene) -> list[str]:
    with scene.app.store.reading() as tx:
        return [one.text for one in conversations.notes(tx, scene.said.conversation_id)]


def test_the_same_key_gets_the_same_answer_and_does_it_once(scene: Scene) -> None:
    path, caller = f"/conversations/{scene.said.conversation_id}/notes", scene.program(scene.alice.owner)
    first = caller.ask("POST", path, json={"text": "Vu."}, headers={"Idempotency-Key": "k1"})
    again = caller.ask("POST", path, json={"text": "Vu."}, headers={"Idempotency-Key": "k1"})
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert caller.post(path, 422, key="k1", text="Autre.")["type"] == TYPE + "key-reused"
    assert notes(scene).count("Vu.") == 1

    scene.program(scene.alice.owner).post(path, 201, key="k1", text="Vu.")
    scene.clock.advance(hours=24)
    caller.post(path, 201, key="k1", text="Autre.")
    assert notes(scene).count("Vu.") == 2


def test_a_key_of_a_refused_request_is_free_again(scene: Scene) -> None:
    path, caller = f"/conversations/{scene.said.conversation_id}/notes", scene.program(scene.alice.owner)
    caller.post(f"/conversations/{scene.charlie.crescent.id}/notes", 404, key="k1", text="Vu.")
    caller.post(path, 201, key="k1", text="Vu.")


def test_killed_between_work_and_answer_neither_stands(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    path, caller = f"/conversations/{scene.said.conversation_id}/notes", scene.program(scene.alice.owner)

    def killed(*_: object) -> None:
        raise KeyError("killed")

    with capture_logs(), monkeypatch.context() as patched:
        patched.setattr(request_keys, "answer", killed)
        caller.post(path, 500, key="k1", text="Vu.")
    assert "Vu." not in notes(scene)
    caller.post(path, 201, key="k1", text="Vu.")
    assert notes(scene).count("Vu.") == 1


def test_many_at_once_with_one_key_do_it_once(scene: Scene) -> None:
    path, caller, gate = (
        f"/conversations/{scene.said.conversation_id}/notes",
        scene.program(scene.alice.owner),
        Barrier(6),
    )

    def ask(_: int) -> int:
        gate.wait(10)
        mine = replace(caller, client=TestClient(scene.web))
        return mine.ask("POST", path, json={"text": "Vu."}, headers={"Idempotency-Key": "k1"}).status_code

    with ThreadPoolExecutor(6) as pool:
        statuses = set(pool.map(ask, range(6)))
    assert 201 in statuses
    assert statuses <= {201, 409}
    assert notes(scene).count("Vu.") == 1
