"""What programs do with the nouns of the house."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ouidire.api.problems import TYPE
from ouidire.domain.conversation import ConversationState
from ouidire.domain.enrichment import Aspect, Opinion, Sentiment, Unsure
from ouidire.domain.member import Member
from ouidire.store import conversations, replies, work
from tests import builders
from tests.api.conftest import Caller, Scene
from tests.builders import NOW
from tests.notifiers.servers import HookServer


@pytest.fixture
def caller(scene: Scene) -> Caller:
    return scene.program(scene.alice.owner)


def test_a_program_learns_who_it_is_and_what_it_may(scene: Scene) -> None:
    said = scene.program(scene.alice.manager).get("/me")
    assert said["member"]["id"] == scene.alice.manager.id
    assert said["program"]["hint"].startswith("ouid_")
    assert "listening:write" not in said["scopes"]
    assert "token" not in said["program"]


def test_a_conversation_is_told_with_all_that_belongs_to_it(scene: Scene) -> None:
    told = scene.program(scene.alice.manager).get(f"/conversations/{scene.said.conversation_id}")
    assert [one["text"] for one in told["messages"]] == [
        "Zibeline ! Léa m'ignore depuis trente minutes",
        "Zibeline encore",
    ]
    first = told["messages"][0]["reading"]
    assert (first["sentiment"], first["urgency"], first["because"][0]["rule"]) == ("negative", 2, "waiting_now")
    assert [one["id"] for one in told["replies"]] == [scene.reply.id]
    assert [one["text"] for one in told["notes"]] == ["Léa était seule."]
    assert [one["route_id"] for one in told["told"]] == [scene.webhook.id]


def test_lists_are_read_to_their_end_whatever_is_new_meanwhile(scene: Scene, caller: Caller) -> None:
    said = [
        builders.said(scene.app.store, scene.alice, f"Encore {n}", scene.alice.crescent, author=f"a{n}")
        for n in range(5)
    ]
    every = [one["message"]["mention_id"] for one in caller.get("/mentions")["items"]]
    assert len(every) == 7
    assert every == sorted(every, reverse=True)

    first = caller.ask("GET", "/mentions", params={"limit": 3, "urgency": 1})
    builders.said(scene.app.store, scene.alice, "Nouveau", scene.alice.crescent, author="b")
    seen, following = first.json()["items"], first.headers.get("link")
    while following:
        path, _, rel = following.partition(">")
        assert rel == '; rel="next"'
        answer = caller.ask("GET", path.removeprefix("<"))
        seen, following = seen + answer.json()["items"], answer.headers.get("link")
    assert [one["message"]["mention_id"] for one in seen] == every
    cards = caller.get("/conversations", limit=2)
    more = caller.get("/conversations", limit=200, cursor=cards["next"])
    assert len({one["id"] for one in cards["items"] + more["items"]}) == 7 == len(said) + 2
    assert more["next"] is None


def test_mentions_are_narrowed_as_one_wishes(scene: Scene, caller: Caller) -> None:
    content = builders.reading("Merci, délicieux", **builders.CONTENT, language="en")  # type: ignore[arg-type]
    happy = builders.said(
        scene.app.store, scene.alice, "Merci, délicieux", scene.alice.yorkville, author="max", reading=content
    )

    def found(**wish: object) -> list[str]:
        return [one["message"]["author_handle"] for one in caller.get("/mentions", **wish)["items"]]

    for wish in (
        "sentiment=positive",
        "act=thanks",
        "language=en",
        f"place_id={scene.alice.yorkville.id}",
        "q=DELICIEUX",
    ):
        name, _, value = wish.partition("=")
        assert found(**{name: value}) == ["max"], wish
    assert found(urgency=2) == ["violaine", "violaine"]
    assert len(found(network="gazouille")) == len(found(network="simulated")) == 3
    assert found(network="bluesky") == found(state="muted") == found(q="…") == []
    assert found(since=(NOW + timedelta(seconds=1)).isoformat()) == []
    assert len(found(until=(NOW + timedelta(seconds=1)).isoformat())) == 3
    assert found(since="2026-10-17T21:26:00+02:00", own="true") == ["max", "violaine", "violaine"]

    caller.post(f"/mentions/{happy.mention_id}/not-ours")
    assert found(state="not_ours") == ["max"]
    assert found(sentiment="positive") == []


def test_a_conversation_is_taken_put_off_handed_on_closed_and_opened(scene: Scene, caller: Caller) -> None:
    path = f"/conversations/{scene.said.conversation_id}"
    assert caller.post(f"{path}/take")["assignee_id"] == scene.alice.owner.id
    assert caller.post(f"{path}/hand", member_id=scene.alice.manager.id)["assignee_id"] == scene.alice.manager.id
    problem = caller.post(f"{path}/hand", 409, member_id=scene.alice.other_manager.id)
    assert problem["detail"] == "This person cannot see this place: choose somebody else."
    caller.post(f"{path}/later", hours=2.5)
    assert caller.get("/conversations")["items"] == []
    assert len(caller.get("/conversations", put_off="true")["items"]) == 1
    scene.clock.advance(hours=3)
    closed = caller.post(f"{path}/close", outcome="by_member")
    assert (closed["state"], closed["outcome"]) == ("closed", "by_member")
    assert caller.get("/conversations", state=["waiting", "ours"])["items"] == []
    assert len(caller.get("/conversations", state="closed", updated_since="2026-10-17T22:00:00Z")["items"]) == 1
    assert caller.get("/incidents", open="true")["items"] == []
    assert len(caller.get("/incidents", open="false")["items"]) == 1
    assert caller.post(f"{path}/reopen")["state"] == "waiting"
    assert caller.post(f"{path}/place", place_id=scene.alice.yorkville.id)["place_id"] == scene.alice.yorkville.id
    apart = caller.post(f"/mentions/{scene.second}/apart")
    assert apart["conversation_id"] != scene.said.conversation_id


def test_an_answer_is_sent_by_a_persons_decision_and_with_the_guards_word(scene: Scene) -> None:
    caller, path = scene.program(scene.alice.manager), f"/conversations/{scene.said.conversation_id}"
    bribe = "Nous vous offrons un dessert si vous retirez votre avis."
    verdict = caller.post(f"{path}/replies/check", text=bribe)
    refused = caller.post(f"{path}/replies", 422, text=bribe)
    assert not verdict["may_be_said"]
    assert refused["type"] == TYPE + "objected"
    assert refused["objections"] == verdict["objections"] != []

    sent = caller.post(f"{path}/replies", 201, key="k1", text="Bonjour Violaine, nous arrivons tout de suite.")
    assert (sent["state"], sent["member_name"]) == ("due", scene.alice.manager.name)
    assert caller.post(f"{path}/replies", 201, key="k1", text="Bonjour Violaine, nous arrivons tout de suite.") == sent
    assert caller.get(f"/replies/{sent['id']}")["text"] == sent["text"]
    with scene.app.store.transaction() as tx:
        kept = [one for one, _ in replies.of_conversation(tx, scene.said.conversation_id) if one.id == sent["id"]]
        assert [one.member_id for one in kept] == [scene.alice.manager.id]
        assert len(replies.claim(tx, NOW, 10)) == 2  # this one and the scene's own: both wait for the speaker alone


def test_a_place_and_what_is_listened_for_there(scene: Scene, caller: Caller) -> None:
    place = caller.post(
        "/places", 201, name="Au Rendez-vous", town="Rennes", quiet_hours={"start": "22:00", "end": "07:00"}
    )
    assert round(place["coordinates"]["lat"]) == 48
    moved = caller.ask("PATCH", f"/places/{place['id']}", json={"town": "Lille", "quiet_hours": None}).json()
    assert round(moved["coordinates"]["lat"]) == 51
    assert (moved["name"], moved["quiet_hours"]) == ("Au Rendez-vous", None)

    refused = caller.post("/watches", 422, names=["x"], place_id=place["id"])
    assert refused["errors"][0]["where"] == "body.names"
    watch = caller.post("/watches", 201, names=["Au Rendez-vous"], handles=["@rdv"], place_id=place["id"])
    assert watch["handles"] == ["rdv"]
    changed = caller.ask("PUT", f"/watches/{watch['id']}", json={"names": ["Le Rendez-vous"]}).json()
    assert (changed["names"], changed["handles"], changed["place_id"]) == (["Le Rendez-vous"], [], place["id"])
    assert changed["rule"] == ""
    assert caller.ask("DELETE", f"/watches/{watch['id']}").status_code == 204
    caller.get(f"/watches/{watch['id']}", 404)
    scene.program(scene.alice.manager).get("/watches", 403)


def test_what_is_known_of_a_place_is_told_and_changed(scene: Scene, caller: Caller) -> None:
    known = {
        "category": "bakery", "landmarks": ["métro Guy-Concordia"], "products": ["kouign-amann"], "roles": ["serveur"],
        "languages": ["fr", "en"], "opening_hours": "Mo-Fr 09:00-12:30,14:00-19:00",
    }  # fmt: skip
    place = caller.post(
        "/places", 201, name="Levain", town="Niort", street="1 rue X", listing_ids=["google:1"], **known
    )
    assert {name: place[name] for name in known} == known
    path = f"/places/{place['id']}"
    assert caller.ask("PATCH", path, json={"landmarks": ["Halles"]}).json()["landmarks"] == ["Halles"]
    assert {**caller.get(path), "landmarks": []} == {**place, "landmarks": []}
    assert caller.ask("PATCH", path, json={"opening_hours": ""}).json()["opening_hours"] == ""

    for field, said in {"category": "astrologue", "landmarks": ["🚇"], "opening_hours": "quand on veut"}.items():
        answer = caller.ask("PATCH", path, json={field: said})
        assert (answer.status_code, answer.json()["errors"][0]["where"]) == (422, f"body.{field}")
    swapped = caller.post("/places", 422, name="Loin", town="Niort", coordinates={"lat": -0.46, "lon": 46.32})
    assert "look swapped" in swapped["detail"]
    assert caller.post("/places", 409, name="LEVAIN", town="niort", street="1, rue X")["type"].endswith("not-possible")
    assert caller.get(path)["landmarks"] == ["Halles"]


def test_a_former_name_is_listened_for(scene: Scene, caller: Caller) -> None:
    former = [{"name": "Chez Jo", "until": "2019-12-31"}, {"name": "Chez Jeanne", "until": None}]
    watch = caller.post("/watches", 201, former=former)
    assert watch["former"] == former
    assert caller.get(f"/watches/{watch['id']}")["former"] == former
    for no_day in (0, 1577750400, "0", "31/12/2019", "2019-12-31T00:00:00Z", "2019-02-30"):
        refused = caller.post("/watches", 422, former=[{"name": "Chez Jo", "until": no_day}])
        assert refused["errors"][0]["where"] == "body.former.0.until"
    too_many = caller.post("/watches", 422, names=["Levain"], aliases=[f"Levain {n}" for n in range(5000)])
    assert "500" in too_many["errors"][0]["why"]
    emoji = caller.post("/watches", 422, names=["Levain"], aliases=["🍞"])
    assert "emoji" in emoji["errors"][0]["why"]


def test_a_source_tells_its_health_its_gaps_and_what_it_dropped(scene: Scene, caller: Caller) -> None:
    source = caller.get(f"/sources/{scene.own.id}")
    assert [gap["because"] for gap in source["gaps"]] == ["asleep"]
    drops = caller.get(f"/sources/{scene.own.id}/drops")
    assert drops == {"items": [{"stage": "listen", "reason": "not JSON", "count": 1}]}
    assert caller.post(f"/sources/{scene.own.id}/pause")["state"] == "paused"
    assert caller.post(f"/sources/{scene.own.id}/resume")["state"] == "new"
    caller.post(f"/sources/{scene.alice.stream.id}/pause", 403)


def test_who_is_told_and_what_was_told(scene: Scene, caller: Caller) -> None:
    route = caller.post("/routes", 201, notifier="email", min_gravity=2, member_id=scene.alice.viewer.id)
    assert route["id"] in {one["id"] for one in caller.get("/routes")["items"]}
    assert caller.ask("DELETE", f"/routes/{route['id']}").status_code == 204
    scene.program(scene.alice.manager).post("/routes", 403, notifier="email", member_id=scene.alice.owner.id)
    log = caller.get("/deliveries", route_id=scene.webhook.id)["items"]
    assert [(one["id"], one["state"]) for one in log] == [(scene.delivery.id, "sent")]
    assert caller.get("/deliveries", state="failed")["items"] == []
    manager = scene.program(scene.alice.manager)
    manager.post(f"/deliveries/{scene.delivery.id}/judgement", 204, judgement="too_much")
    assert manager.get("/deliveries")["items"][0]["judgement"] == "too_much"


def test_a_webhook_is_made_tried_and_removed(scene: Scene, caller: Caller, hook: HookServer) -> None:
    made = caller.post("/webhooks", 201, key="k1", url=hook.url, min_gravity=0)
    assert caller.post("/webhooks", 201, key="k1", url=hook.url, min_gravity=0) == made
    tried = caller.post(f"/webhooks/{made['id']}/test", key="k2")
    assert caller.post(f"/webhooks/{made['id']}/test", key="k2") == tried
    assert tried["arrived"]
    ((headers, _),) = hook.got
    assert (headers["ouidire-event"], headers["ouidire-delivery"]) == ("test.v1", tried["event_id"])

    hook.answers = [404]
    failed = caller.post(f"/webhooks/{made['id']}/test")
    assert not failed["arrived"]
    assert "404" in failed["why_not"]
    assert caller.ask("DELETE", f"/webhooks/{made['id']}").status_code == 204
    assert [one["id"] for one in caller.get("/webhooks")["items"]] == [scene.webhook.id]
    caller.post("/webhooks", 422, url="ftp://x.example/")


def test_what_its_author_deleted_is_gone_from_every_answer(scene: Scene, caller: Caller) -> None:
    from ouidire.domain.item import Batch, Gone
    from ouidire.store import keep

    path = f"/conversations/{scene.said.conversation_id}"
    caller.post(f"{path}/take", key="k1")
    caller.post(f"/mentions/{scene.second}/apart", key="k2")
    gone = Gone("simulated", author_uri="sim://gazouille/@violaine")
    with scene.app.store.transaction() as tx:
        keep.keep(
            tx, scene.alice.stream.id, Batch(gone=(gone,), cursor="c2"), (), NOW, first_stage="enrich", retain_days=9
        )
    answers = [
        caller.get("/mentions"),
        caller.get("/conversations"),
        caller.get(path),
        caller.post(f"{path}/take", key="k1"),
    ]
    assert "Zibeline" not in str(answers)
    assert [one["message"]["is_gone"] for one in answers[0]["items"]] == [True, True]


def test_what_a_program_did_is_looked_at_by_the_stages_at_once(scene: Scene, caller: Caller) -> None:
    rung: list[str] = []
    scene.app.wake = lambda: rung.append("wake")  # type: ignore[method-assign]
    caller.post(f"/conversations/{scene.said.conversation_id}/place", place_id=scene.alice.yorkville.id)
    caller.get("/places")
    assert rung == ["wake"]
    with scene.app.store.transaction() as tx:
        assert work.claim(tx, "alert", "w", NOW + timedelta(seconds=1), 9) != []
        assert conversations.get(tx, scene.said.conversation_id).state is ConversationState.OURS


def test_members_are_told_with_role_and_places_and_without_their_way_in(scene: Scene, caller: Caller) -> None:
    told: dict[str, dict[str, object]] = {one["id"]: one for one in caller.get("/members")["items"]}
    manager: Member = scene.alice.manager
    assert told[manager.id] == {
        "id": manager.id, "name": manager.name, "role": "place_manager", "place_ids": [scene.alice.crescent.id],
        "language": "fr",
    }  # fmt: skip
    assert len(told) == 5


def test_a_rule_is_written_and_one_that_cannot_be_read_says_where(scene: Scene) -> None:
    caller = scene.program(scene.alice.owner)
    watch = caller.post("/watches", 201, rule=" pain (froid OR sec) ")
    assert (watch["rule"], watch["names"]) == ("pain (froid OR sec)", [])
    change = {"names": ["Au Rendez-vous"], "rule": "pain (froid"}
    refused = caller.ask("PUT", f"/watches/{watch['id']}", json=change)
    assert refused.status_code == 422
    why = "At character 6: this “(” is never closed."
    assert refused.json()["errors"] == [{"where": "body.rule", "why": why}]
    assert caller.get(f"/watches/{watch['id']}") == watch, "nothing half-kept"
    assert caller.post("/watches", 422, rule="lang:fr")["errors"][0]["where"] == "body.rule"
    caller.post("/watches", 422, rule="pain " * 2_000)


def test_a_question_is_listed_answered_once_and_taken_back(scene: Scene) -> None:
    manager, owner = scene.program(scene.alice.manager), scene.program(scene.alice.owner)
    (one,) = manager.get("/questions")["items"]
    assert (one["ask"], one["answer"], one["p"], one["message"]["is_masked"]) == ("about_us", None, 0.7, True)
    assert one["choices"] == [
        {"place_id": scene.alice.crescent.id, "short": "rue Crescent", "name": scene.alice.crescent.name, "p": 0.9}
    ]
    path = f"/questions/{one['id']}"
    assert manager.post(f"{path}/answer", 409, answer="place")["type"].endswith("not-possible")
    said = manager.post(f"{path}/answer", answer="place", place_id=scene.alice.crescent.id)
    assert (said["answer"], said["place_id"]) == ("place", scene.alice.crescent.id)
    again = owner.post(f"{path}/answer", answer="not_ours")
    assert (again["answer"], again["answered_by"]) == ("place", scene.alice.manager.name)
    assert owner.get("/questions")["items"] == []
    assert [q["id"] for q in owner.get("/questions", open="false")["items"]] == [one["id"]]
    owner.post(f"{path}/undo", 409)
    assert manager.post(f"{path}/undo")["answer"] is None
    assert scene.program(scene.alice.viewer).get("/questions")["items"] == []


def test_what_is_judged_and_why_it_would_rather_not_say_are_told(scene: Scene) -> None:
    text = "Une heure d'attente, mais quel pain !"
    reading = replace(
        builders.reading(text),
        aspects=(Opinion(Aspect.WAITING, Sentiment.NEGATIVE, 0.9, (builders.span(text, "attente"),)),),
        unsure=(Unsure.MIXED,),
        sure=False,
    )
    said = builders.said(scene.app.store, scene.alice, text, scene.alice.crescent, author="bo", reading=reading)
    told = scene.program(scene.alice.manager).get(f"/conversations/{said.conversation_id}")["messages"][0]["reading"]
    assert told["aspects"] == [{"aspect": "waiting", "polarity": "negative", "p": 0.9, "words": [[12, 19]]}]
    assert (told["sure"], told["unsure"]) == (False, ["mixed"])
